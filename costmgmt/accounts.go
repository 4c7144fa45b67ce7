package costmgmt

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/partnerbilling/sdk-go/internal/jsonscalar"
	"github.com/partnerbilling/sdk-go/lineitem"
)

// BillingAccount is who has an agreement with Microsoft.
type BillingAccount struct {
	// Name is what other calls want: several parts with colons between them.
	Name string
	// ID is the resource's path.
	ID string
	// DisplayName is the organisation's.
	DisplayName string
	// Agreement is the kind of the agreement, for instance MicrosoftPartnerAgreement.
	Agreement string
	// Type is the kind of the account: Partner, Enterprise, Individual and others.
	Type string
	// Status is for instance Active.
	Status string
	// TenantID is the primary billing tenant.
	TenantID string
	// Raw is the resource as the service sent it.
	Raw json.RawMessage
}

// partnerAgreement is the agreement of partners.
const partnerAgreement = "MicrosoftPartnerAgreement"

// IsPartner reports whether it is an account of a Microsoft Partner Agreement.
func (a BillingAccount) IsPartner() bool { return strings.EqualFold(a.Agreement, partnerAgreement) }

// BillingAccounts lists the accounts that the identity can see. One without a billing role sees none.
func (c *Client) BillingAccounts(ctx context.Context) iter.Seq2[BillingAccount, error] {
	return list(ctx, c, &call{
		what: "billing accounts", api: "AccountsClient.NewListPager", method: http.MethodGet,
		scope: "/providers/Microsoft.Billing", path: "/billingAccounts", version: billingVersion,
	}, func(raw json.RawMessage) (BillingAccount, error) {
		var r resource[struct {
			Agreement jsonscalar.Text `json:"agreementType"`
			Type      jsonscalar.Text `json:"accountType"`
			Status    jsonscalar.Text `json:"accountStatus"`
			Display   jsonscalar.Text `json:"displayName"`
			Tenant    jsonscalar.Text `json:"primaryBillingTenantId"`
		}]
		err := json.Unmarshal(raw, &r)
		p := &r.Properties
		return BillingAccount{
			Name: string(r.Name), ID: string(r.ID), DisplayName: string(p.Display), Agreement: string(p.Agreement), Type: string(p.Type),
			Status: string(p.Status), TenantID: string(p.Tenant), Raw: raw,
		}, err
	})
}

// PartnerAccount returns the one account of a Microsoft Partner Agreement. Where there is none, the
// error matches [ErrNoPartnerAccount], and where there are several, [ErrSeveralPartnerAccounts].
func (c *Client) PartnerAccount(ctx context.Context) (BillingAccount, error) {
	var found []BillingAccount
	for a, err := range c.BillingAccounts(ctx) {
		if err != nil {
			return BillingAccount{}, err
		}
		if a.IsPartner() {
			found = append(found, a)
		}
	}
	switch len(found) {
	case 0:
		return BillingAccount{}, fmt.Errorf("costmgmt: %w", ErrNoPartnerAccount)
	case 1:
		return found[0], nil
	}
	return BillingAccount{}, fmt.Errorf("costmgmt: %w", ErrSeveralPartnerAccounts)
}

// Customer is a customer of a partner.
type Customer struct {
	// Name is what other calls want, a GUID.
	Name string
	// ID is the resource's path.
	ID string
	// DisplayName is the customer's.
	DisplayName string
	// TenantID is the customer's tenant: the system id of the resource.
	TenantID string
	// ProfileID and ProfileName are those of the billing profile.
	ProfileID, ProfileName string
	// Status is for instance Active.
	Status string
	// Raw is the resource as the service sent it.
	Raw json.RawMessage
}

// Customers lists the customers of a partner's account.
func (c *Client) Customers(ctx context.Context, account string) iter.Seq2[Customer, error] {
	return list(ctx, c, &call{
		what: "customers", api: "CustomersClient.NewListByBillingAccountPager", method: http.MethodGet,
		scope: AccountScope(account), path: "/customers", version: billingVersion,
	}, func(raw json.RawMessage) (Customer, error) {
		var r resource[struct {
			Display     jsonscalar.Text `json:"displayName"`
			SystemID    jsonscalar.Text `json:"systemId"`
			ProfileID   jsonscalar.Text `json:"billingProfileId"`
			ProfileName jsonscalar.Text `json:"billingProfileDisplayName"`
			Status      jsonscalar.Text `json:"status"`
		}]
		err := json.Unmarshal(raw, &r)
		p := &r.Properties
		return Customer{
			Name: string(r.Name), ID: string(r.ID), DisplayName: string(p.Display), TenantID: string(p.SystemID),
			ProfileID: string(p.ProfileID), ProfileName: string(p.ProfileName), Status: string(p.Status), Raw: raw,
		}, err
	})
}

// Subscription is what a customer has bought: an Azure plan, a licence, a reservation.
type Subscription struct {
	// Name and ID are the resource's.
	Name, ID string
	// SubscriptionID is the id of the Azure subscription, where it is one.
	SubscriptionID string
	// DisplayName and Status are the subscription's.
	DisplayName, Status string
	// CustomerID is the path of the customer, CustomerName its display name.
	CustomerID, CustomerName string
	// ProfileID is the path of the billing profile.
	ProfileID string
	// ProductType, SKUID and SKUDescription say what was bought.
	ProductType, SKUID, SKUDescription string
	// Quantity is how many, null where it does not apply.
	Quantity lineitem.Decimal
	// LastMonth and MonthToDate are charges, in the currency that they name.
	LastMonth, MonthToDate Amount
	// Purchased, TermStart and TermEnd are in UTC; zero where the service gave none.
	Purchased, TermStart, TermEnd time.Time
	// Raw is the resource as the service sent it.
	Raw json.RawMessage
}

// SubscriptionsOptions narrow a list of subscriptions down. The zero value and nil list all of the
// account.
type SubscriptionsOptions struct {
	// Customer is the name of the customer whose subscriptions are wanted.
	Customer string
	// IncludeDeleted adds those that are gone, IncludeTenant those that the tenant has.
	IncludeDeleted, IncludeTenant bool
	// Filter is an OData filter, as the service understands it.
	Filter string
}

// Subscriptions lists the billing subscriptions of an account, or of one customer.
func (c *Client) Subscriptions(ctx context.Context, account string, o *SubscriptionsOptions) iter.Seq2[Subscription, error] {
	if o == nil {
		o = &SubscriptionsOptions{}
	}
	k := &call{
		what: "subscriptions", api: "SubscriptionsClient.NewListByBillingAccountPager", method: http.MethodGet,
		scope: AccountScope(account), path: "/billingSubscriptions", version: billingVersion, query: url.Values{},
	}
	if o.Customer != "" {
		k.scope, k.api = CustomerScope(account, o.Customer), "SubscriptionsClient.NewListByCustomerAtBillingAccountPager"
	}
	if o.IncludeDeleted {
		k.query.Set("includeDeleted", "true")
	}
	if o.IncludeTenant {
		k.query.Set("includeTenantSubscriptions", "true")
	}
	if o.Filter != "" {
		k.query.Set("filter", o.Filter)
	}
	return list(ctx, c, k, func(raw json.RawMessage) (Subscription, error) {
		var r resource[struct {
			SubscriptionID jsonscalar.Text  `json:"subscriptionId"`
			Display        jsonscalar.Text  `json:"displayName"`
			Status         jsonscalar.Text  `json:"status"`
			CustomerID     jsonscalar.Text  `json:"customerId"`
			CustomerName   jsonscalar.Text  `json:"customerDisplayName"`
			ProfileID      jsonscalar.Text  `json:"billingProfileId"`
			ProductType    jsonscalar.Text  `json:"productType"`
			SKUID          jsonscalar.Text  `json:"skuId"`
			SKUDescription jsonscalar.Text  `json:"skuDescription"`
			Quantity       lineitem.Decimal `json:"quantity"`
			LastMonth      Amount           `json:"lastMonthCharges"`
			MonthToDate    Amount           `json:"monthToDateCharges"`
			Purchased      jsonscalar.Time  `json:"purchaseDate"`
			TermStart      jsonscalar.Time  `json:"termStartDate"`
			TermEnd        jsonscalar.Time  `json:"termEndDate"`
		}]
		err := json.Unmarshal(raw, &r)
		p := &r.Properties
		return Subscription{
			Name: string(r.Name), ID: string(r.ID), SubscriptionID: string(p.SubscriptionID), DisplayName: string(p.Display), Status: string(p.Status),
			CustomerID: string(p.CustomerID), CustomerName: string(p.CustomerName), ProfileID: string(p.ProfileID), ProductType: string(p.ProductType),
			SKUID: string(p.SKUID), SKUDescription: string(p.SKUDescription), Quantity: p.Quantity, LastMonth: p.LastMonth, MonthToDate: p.MonthToDate,
			Purchased: p.Purchased.Time, TermStart: p.TermStart.Time, TermEnd: p.TermEnd.Time, Raw: raw,
		}, err
	})
}
