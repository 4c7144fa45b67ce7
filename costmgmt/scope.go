package costmgmt

import (
	"fmt"
	"net/url"
	"strings"
)

// Scope is the resource that a call is about: a billing account, a billing profile, a customer, a
// subscription and others. It is the path of that resource in Azure Resource Manager, from the
// first slash on. A call whose scope is no such path returns an error that matches
// [ErrInvalidRequest].
type Scope string

// AccountScope returns the scope of a billing account. Costs are in USD there by default.
func AccountScope(account string) Scope {
	return "/providers/Microsoft.Billing/billingAccounts" + segment(account)
}

// ProfileScope returns the scope of a billing profile: what is billed in one currency.
func ProfileScope(account, profile string) Scope {
	return AccountScope(account) + "/billingProfiles" + segment(profile)
}

// CustomerScope returns the scope of a customer of a partner's account.
func CustomerScope(account, customer string) Scope {
	return AccountScope(account) + "/customers" + segment(customer)
}

// InvoiceScope returns the scope of an invoice, given its ProfileID and Number. The invoice's own
// ID cannot be used: it need not contain the profile.
func InvoiceScope(profileID, number string) Scope {
	return Scope("/"+strings.Trim(profileID, "/")+"/invoices") + segment(number)
}

// SubscriptionScope returns the scope of an Azure subscription.
func SubscriptionScope(id string) Scope { return "/subscriptions" + segment(id) }

// ParseScope parses a scope as it stands in documentation and in the IDs of resources, with or
// without the first slash. The error matches [ErrInvalidRequest].
func ParseScope(s string) (Scope, error) {
	scope := Scope("/" + strings.Trim(s, "/"))
	return scope, scope.check("scope")
}

// segment is a part of a path. An empty one is found by check.
func segment(name string) Scope { return Scope("/" + url.PathEscape(name)) }

// check refuses a scope that would make another request of a call.
func (s Scope) check(op string) error {
	lower := strings.ToLower(string(s))
	if !strings.HasPrefix(lower, "/providers/") && !strings.HasPrefix(lower, "/subscriptions/") {
		return invalid(op, fmt.Sprintf("invalid scope %s: must begin with /providers/ or /subscriptions/", clipped(string(s))))
	}
	for i, part := range strings.Split(string(s)[1:], "/") {
		if fault := segmentFault(part); fault != "" {
			return invalid(op, fmt.Sprintf("invalid scope %s: segment %d %s", clipped(string(s)), i+1, fault))
		}
	}
	return nil
}

// segmentFault says why a segment cannot be part of a scope; empty if it can.
func segmentFault(part string) string {
	u, err := url.Parse("/" + part)
	switch {
	case part == "":
		return "is empty"
	case err != nil, strings.ContainsAny(part, `?#\`), strings.ContainsAny(u.Path[1:], `/\`):
		return fmt.Sprintf("is %s: must be a path-escaped name, without a slash, a backslash, ? or #", clipped(part))
	case u.Path == "/." || u.Path == "/..":
		return fmt.Sprintf("is %s: must be a name", clipped(part))
	}
	return ""
}

// clipped quotes text for an error, and shows where it is cut.
func clipped(s string) string {
	const limit = 128
	if runes := []rune(s); len(runes) > limit {
		return fmt.Sprintf("%q", string(runes[:limit])+"…")
	}
	return fmt.Sprintf("%q", s)
}
