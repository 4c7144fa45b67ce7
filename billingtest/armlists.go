package billingtest

import (
	"net/http"
	"strconv"
	"strings"
)

// pageLength is how many resources a page of a list has, if the request does not say it.
const pageLength = 50

// list returns a page of a list, with a link to the next one. The request may have the length of a
// page: top or $top.
func (c *armCall) list(value []any) *Response { return c.page(value, pageLength) }

func (c *armCall) page(value []any, length int) *Response {
	u := c.Request.URL
	q := u.Query()
	skip := 0
	for name, field := range map[string]*int{"skip": &skip, "top": &length, "$top": &length} {
		if text := q.Get(name); text != "" {
			n, err := strconv.Atoi(text)
			if err != nil || n < 0 || n == 0 && field == &length {
				return armBadRequest(name + " is not a number.")
			}
			*field = n
		}
	}
	object := map[string]any{}
	if len(value) > skip+length {
		next := *u
		q.Set("skip", strconv.Itoa(skip+length))
		next.RawQuery = q.Encode()
		object["nextLink"] = next.String()
	}
	page := append([]any{}, value[min(skip, len(value)):min(skip+length, len(value))]...)
	object["value"] = page
	return armJSON(http.StatusOK, object)
}

// one returns the resource that the path names.
func (c *armCall) one(value []any) *Response {
	for _, v := range value {
		if object, ok := v.(map[string]any); ok {
			if name, _ := object["name"].(string); strings.EqualFold(name, c.path["name"]) {
				return armJSON(http.StatusOK, object)
			}
		}
	}
	return armNotFound()
}

// accountResources is the list of billing accounts. Without an account it is empty, as for an
// identity without a role.
func (s *Server) accountResources(c *armCall) []any {
	if c.account == nil {
		return nil
	}
	return []any{map[string]any{
		"id": c.account.id(), "name": c.account.Name, "type": "Microsoft.Billing/billingAccounts",
		"properties": map[string]any{
			"accountStatus": "Active", "accountType": "Partner", "agreementType": "MicrosoftPartnerAgreement",
			"displayName": c.account.DisplayName, "primaryBillingTenantId": partnerTenant,
		},
	}}
}

func (s *Server) profileResources(c *armCall) []any {
	return []any{map[string]any{
		"id": c.account.profileID(), "name": DefaultProfile, "type": "Microsoft.Billing/billingAccounts/billingProfiles",
		"properties": map[string]any{"displayName": DefaultProfile, "systemId": DefaultProfile, "currency": DefaultCurrency, "billToStatus": "Active", "status": "Active"},
	}}
}

func (s *Server) customerResources(c *armCall) (value []any) {
	for _, one := range s.customers() {
		value = append(value, map[string]any{
			"id": c.account.id() + "/customers/" + one.id, "name": one.id, "type": "Microsoft.Billing/billingAccounts/customers",
			"properties": map[string]any{
				"displayName": one.name, "systemId": one.id, "status": "Active",
				"billingProfileId": c.account.profileID(), "billingProfileDisplayName": DefaultProfile,
			},
		})
	}
	return value
}

// subscriptionResources is the list of Azure subscriptions, of a customer if the path names one.
func (s *Server) subscriptionResources(c *armCall) (value []any) {
	of, one := c.path["customer"]
	for _, customer := range s.customers() {
		if one && !strings.EqualFold(customer.id, of) {
			continue
		}
		for _, subscription := range customer.subscriptions {
			value = append(value, map[string]any{
				"id": c.account.id() + "/billingSubscriptions/" + subscription.id, "name": subscription.id, "type": "Microsoft.Billing/billingAccounts/billingSubscriptions",
				"properties": map[string]any{
					"subscriptionId": subscription.id, "displayName": subscription.name, "status": "Active",
					"customerId": c.account.id() + "/customers/" + customer.id, "customerDisplayName": customer.name,
					"billingProfileId": c.account.profileID(), "billingProfileDisplayName": DefaultProfile,
					"productType": "Azure plan", "skuId": "0001", "skuDescription": "Microsoft Azure Plan", "quantity": 1,
				},
			})
		}
	}
	return value
}
