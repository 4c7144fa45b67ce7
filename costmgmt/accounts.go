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

// BillingAccount is a billing account.
type BillingAccount struct {
	// Name identifies the account in other calls, such as [AccountScope]: several parts with colons
	// between them.
	Name string
	// ID is the path of the resource.
	ID string
	// DisplayName is the name of the organization.
	DisplayName string
	// Agreement is the kind of the agreement with Microsoft.
	Agreement AgreementType
	// Type is the kind of the account.
	Type AccountType
	// Status is the state of the account.
	Status AccountStatus
	// TenantID is the primary billing tenant.
	TenantID string
	// Raw is the resource as the service sent it.
	Raw json.RawMessage
}

// IsPartner reports whether the account belongs to a Microsoft Partner Agreement.
func (a BillingAccount) IsPartner() bool {
	return strings.EqualFold(string(a.Agreement), string(AgreementTypeMicrosoftPartnerAgreement))
}

// BillingAccountsOptions are the options of [Client.BillingAccounts]. There are none so far.
type BillingAccountsOptions struct{}

// BillingAccounts lists the billing accounts that the identity can see. For an identity without a
// billing role the list is empty, which is not an error.
func (c *Client) BillingAccounts(ctx context.Context, o *BillingAccountsOptions) iter.Seq2[BillingAccount, error] {
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
			Name: string(r.Name), ID: string(r.ID), DisplayName: string(p.Display), Agreement: AgreementType(p.Agreement),
			Type: AccountType(p.Type), Status: AccountStatus(p.Status), TenantID: string(p.Tenant), Raw: raw,
		}, err
	})
}

// PartnerAccountOptions are the options of [Client.PartnerAccount]. There are none so far.
type PartnerAccountOptions struct{}

// PartnerAccount returns the one billing account of a Microsoft Partner Agreement among those that
// the identity can see. If there is none, the error matches [ErrNoPartnerAccount]; if there are
// several, [ErrSeveralPartnerAccounts].
func (c *Client) PartnerAccount(ctx context.Context, o *PartnerAccountOptions) (BillingAccount, error) {
	var found []BillingAccount
	for a, err := range c.BillingAccounts(ctx, nil) {
		if err != nil {
			return BillingAccount{}, err
		}
		if a.IsPartner() {
			found = append(found, a)
		}
	}
	switch len(found) {
	case 0:
		return BillingAccount{}, fmt.Errorf("costmgmt: partner account: %w", ErrNoPartnerAccount)
	case 1:
		return found[0], nil
	}
	return BillingAccount{}, fmt.Errorf("costmgmt: partner account: %w", ErrSeveralPartnerAccounts)
}

// Customer is a customer of a partner.
type Customer struct {
	// Name identifies the customer in other calls, such as [CustomerScope]. It is a GUID.
	Name string
	// ID is the path of the resource.
	ID string
	// DisplayName is the name of the customer.
	DisplayName string
	// TenantID is the customer's tenant, which the service calls systemId.
	TenantID string
	// ProfileID is the path of the billing profile, ProfileName its display name.
	ProfileID, ProfileName string
	// Status is the state of the customer.
	Status CustomerStatus
	// Raw is the resource as the service sent it.
	Raw json.RawMessage
}

// CustomersOptions are the options of [Client.Customers]. There are none so far.
type CustomersOptions struct{}

// Customers lists the customers of a partner's billing account.
func (c *Client) Customers(ctx context.Context, account string, o *CustomersOptions) iter.Seq2[Customer, error] {
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
			ProfileID: string(p.ProfileID), ProfileName: string(p.ProfileName), Status: CustomerStatus(p.Status), Raw: raw,
		}, err
	})
}

// Subscription is a billing subscription: an Azure plan, a license, a reservation.
type Subscription struct {
	// Name and ID are the name and the path of the resource.
	Name, ID string
	// SubscriptionID is the ID of the Azure subscription, if it is one.
	SubscriptionID string
	// DisplayName is the name of the subscription.
	DisplayName string
	// Status is the state of the subscription.
	Status SubscriptionStatus
	// CustomerID is the path of the customer, CustomerName its display name.
	CustomerID, CustomerName string
	// ProfileID is the path of the billing profile.
	ProfileID string
	// ProductType, SKUID and SKUDescription identify the product.
	ProductType, SKUID, SKUDescription string
	// Quantity is the number of licenses or units, null where it does not apply.
	Quantity lineitem.Decimal
	// LastMonth and MonthToDate are charges.
	LastMonth, MonthToDate Amount
	// Purchased, TermStart and TermEnd are in UTC; zero where the service gave none.
	Purchased, TermStart, TermEnd time.Time
	// Raw is the resource as the service sent it.
	Raw json.RawMessage
}

// SubscriptionsOptions are the options of [Client.Subscriptions]. The zero value and nil list the
// subscriptions of the whole account.
type SubscriptionsOptions struct {
	// Customer is the name of a customer: only its subscriptions are listed.
	Customer string
	// IncludeDeleted adds deleted subscriptions, IncludeTenant those that the tenant holds.
	IncludeDeleted, IncludeTenant bool
	// Filter is an OData filter that the service applies.
	Filter string
}

// Subscriptions lists the billing subscriptions of an account, or of one of its customers.
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
			Name: string(r.Name), ID: string(r.ID), SubscriptionID: string(p.SubscriptionID), DisplayName: string(p.Display), Status: SubscriptionStatus(p.Status),
			CustomerID: string(p.CustomerID), CustomerName: string(p.CustomerName), ProfileID: string(p.ProfileID), ProductType: string(p.ProductType),
			SKUID: string(p.SKUID), SKUDescription: string(p.SKUDescription), Quantity: p.Quantity, LastMonth: p.LastMonth, MonthToDate: p.MonthToDate,
			Purchased: p.Purchased.Time, TermStart: p.TermStart.Time, TermEnd: p.TermEnd.Time, Raw: raw,
		}, err
	})
}
