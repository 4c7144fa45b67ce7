package costmgmt

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/partnerbilling/sdk-go/internal/jsonscalar"
)

// Scope is what a call is about: a billing account, a profile, a customer, a subscription. It is the
// path of the resource, from its first slash on.
type Scope string

// Account is the scope of a whole billing account, whose name is that of a [BillingAccount].
func AccountScope(name string) Scope {
	return "/providers/Microsoft.Billing/billingAccounts" + segment(name)
}

// Profile is the scope of a billing profile: what is billed in one currency.
func ProfileScope(account, profile string) Scope {
	return AccountScope(account) + "/billingProfiles" + segment(profile)
}

// CustomerScope is the scope of a customer of a partner account.
func CustomerScope(account, customer string) Scope {
	return AccountScope(account) + "/customers" + segment(customer)
}

// InvoiceScope is the scope of an invoice. profileID is that of an [Invoice]; its path does not follow
// from the invoice's own.
func InvoiceScope(profileID, number string) Scope {
	return Scope("/"+strings.Trim(profileID, "/")+"/invoices") + segment(number)
}

// SubscriptionScope is the scope of an Azure subscription.
func SubscriptionScope(id string) Scope { return "/subscriptions" + segment(id) }

// segment is a part of a path. An empty one is found by check.
func segment(name string) Scope { return Scope("/" + url.PathEscape(name)) }

// ParseScope reads a scope as it stands in documentation and in the ids of resources, with or without
// its first slash. The error matches [ErrInvalidRequest].
func ParseScope(s string) (Scope, error) {
	scope := Scope("/" + strings.Trim(s, "/"))
	return scope, scope.check("scope")
}

// check refuses what would be another request.
func (s Scope) check(what string) error {
	lower := strings.ToLower(string(s))
	if !strings.HasPrefix(lower, "/providers/") && !strings.HasPrefix(lower, "/subscriptions/") {
		return invalid(what, fmt.Sprintf("%.128q is no scope: it begins with /providers/ or /subscriptions/", string(s)))
	}
	u, err := url.Parse(string(s))
	if err != nil || u.RawQuery != "" || u.ForceQuery || strings.ContainsAny(string(s), "#\\") || strings.Contains(lower, "%2f") || strings.Contains(lower, "%5c") {
		return invalid(what, fmt.Sprintf("%.128q is no scope: it holds more than a path, or a slash in a name", string(s)))
	}
	for part := range strings.SplitSeq(u.Path[1:], "/") {
		if part == "" || part == "." || part == ".." {
			return invalid(what, fmt.Sprintf("%.128q is no scope: a part of it is empty", string(s)))
		}
	}
	return nil
}

// Period is a time from one day to another, both included. Only the dates count.
type Period struct{ Start, End time.Time }

// MonthOf returns the calendar month, in UTC, that contains t.
func MonthOf(t time.Time) Period {
	year, month, _ := t.UTC().Date()
	first := time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
	return Period{first, first.AddDate(0, 1, -1)}
}

// LastMonth is the month before the one that now is in. Its invoices come in the first days of the
// month after: a list without any may just be too early.
func LastMonth(now time.Time) Period { return MonthOf(MonthOf(now).Start.AddDate(0, 0, -1)) }

// LastMonths are so many months before the one that now is in.
func LastMonths(now time.Time, n int) Period {
	return Period{MonthOf(now).Start.AddDate(0, -n, 0), LastMonth(now).End}
}

func (p Period) check(what string) error {
	if p.Start.IsZero() || p.End.Before(p.Start) {
		return invalid(what, "the period needs a start, and an end that is not before it")
	}
	return nil
}

const day = time.DateOnly

// midnights is a period as Cost Management wants it: with times.
func (p Period) midnights() map[string]string {
	return map[string]string{"from": p.Start.Format(day) + "T00:00:00Z", "to": p.End.Format(day) + "T00:00:00Z"}
}

// midnight returns the date of t at midnight UTC, the zero time for the zero time.
func midnight(t time.Time) jsonscalar.Time {
	if t.IsZero() {
		return jsonscalar.Time{}
	}
	year, month, day := t.Date()
	return jsonscalar.Time{Time: time.Date(year, month, day, 0, 0, 0, 0, time.UTC)}
}
