package judge_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/billing/armbilling"

	"github.com/partnerbilling/sdk-go/billingtest"
)

// armOptions are options of a client of Resource Manager.
func armOptions(s service) *arm.ClientOptions {
	o := &arm.ClientOptions{ClientOptions: s.listener.ClientOptions()}
	o.Retry.RetryDelay = time.Millisecond
	return o
}

// quick polls without a delay.
var quick = &runtime.PollUntilDoneOptions{Frequency: time.Second}

// all reads all pages of a list.
func all[T, E any](ctx context.Context, pager *runtime.Pager[T], elements func(T) []*E) (list []*E, pages int, err error) {
	for pager.More() {
		page, err := pager.NextPage(ctx)
		if err != nil {
			return list, pages, err
		}
		list = append(list, elements(page)...)
		pages++
	}
	return list, pages, nil
}

// counted is the outcome of a list.
func counted(n, pages int) string { return fmt.Sprintf("%d on %d pages", n, pages) }

// TestBilling: accounts, customers, subscriptions, invoices and policies through armbilling.
func TestBilling(t *testing.T) {
	s := serve(t)
	j := judge{t, "armbilling v1"}
	ctx := t.Context()
	f, err := armbilling.NewClientFactory("", s.Credential(), armOptions(s))
	if err != nil {
		t.Fatal(err)
	}
	var customer string
	j.call("Accounts.List", func() (string, error) {
		list, pages, err := all(ctx, f.NewAccountsClient().NewListPager(nil), func(p armbilling.AccountsClientListResponse) []*armbilling.Account { return p.Value })
		if err != nil || len(list) != 1 {
			return "", fmt.Errorf("%d accounts: %w", len(list), err)
		}
		return counted(len(list), pages), errors.Join(same("name", value(list[0].Name), account),
			same("agreement", value(list[0].Properties.AgreementType), armbilling.AgreementTypeMicrosoftPartnerAgreement), same("type", value(list[0].Properties.AccountType), armbilling.AccountTypePartner))
	})
	j.call("Accounts.Get", func() (string, error) {
		a, err := f.NewAccountsClient().Get(ctx, account, nil)
		return "200", errors.Join(err, same("name", value(a.Name), account))
	})
	j.call("Profiles.ListByBillingAccount", func() (string, error) {
		list, pages, err := all(ctx, f.NewProfilesClient().NewListByBillingAccountPager(account, nil), func(p armbilling.ProfilesClientListByBillingAccountResponse) []*armbilling.Profile { return p.Value })
		return counted(len(list), pages), errors.Join(err, same("profiles", len(list), 1))
	})
	j.call("Profiles.Get", func() (string, error) {
		p, err := f.NewProfilesClient().Get(ctx, account, billingtest.DefaultProfile, nil)
		return "200", errors.Join(err, same("name", value(p.Name), billingtest.DefaultProfile))
	})
	j.call("Customers.ListByBillingAccount", func() (string, error) {
		list, pages, err := all(ctx, f.NewCustomersClient().NewListByBillingAccountPager(account, nil), func(p armbilling.CustomersClientListByBillingAccountResponse) []*armbilling.Customer { return p.Value })
		if err != nil || len(list) < 60 {
			return "", fmt.Errorf("%d customers: %w", len(list), err)
		}
		customer = value(list[0].Name)
		return counted(len(list), pages), errors.Join(same("name", value(list[0].Properties.DisplayName) != "", true), same("status", value(list[0].Properties.Status), armbilling.CustomerStatusActive))
	})
	j.call("Customers.ListByBillingProfile", func() (string, error) {
		list, pages, err := all(ctx, f.NewCustomersClient().NewListByBillingProfilePager(account, billingtest.DefaultProfile, nil), func(p armbilling.CustomersClientListByBillingProfileResponse) []*armbilling.Customer { return p.Value })
		return counted(len(list), pages), errors.Join(err, same("any", len(list) >= 60, true))
	})
	j.call("Customers.GetByBillingAccount", func() (string, error) {
		c, err := f.NewCustomersClient().GetByBillingAccount(ctx, account, customer, nil)
		return "200", errors.Join(err, same("name", value(c.Name), customer))
	})
	var subscription string
	j.call("Subscriptions.ListByBillingAccount", func() (string, error) {
		list, pages, err := all(ctx, f.NewSubscriptionsClient().NewListByBillingAccountPager(account, &armbilling.SubscriptionsClientListByBillingAccountOptions{Top: new(int64(40))}),
			func(p armbilling.SubscriptionsClientListByBillingAccountResponse) []*armbilling.Subscription {
				return p.Value
			})
		if err != nil || len(list) < 60 {
			return "", fmt.Errorf("%d subscriptions: %w", len(list), err)
		}
		subscription = value(list[0].Name)
		return counted(len(list), pages), same("status", value(list[0].Properties.Status), armbilling.BillingSubscriptionStatusActive)
	})
	j.call("Subscriptions.ListByCustomerAtBillingAccount", func() (string, error) {
		list, pages, err := all(ctx, f.NewSubscriptionsClient().NewListByCustomerAtBillingAccountPager(account, customer, nil),
			func(p armbilling.SubscriptionsClientListByCustomerAtBillingAccountResponse) []*armbilling.Subscription {
				return p.Value
			})
		return counted(len(list), pages), errors.Join(err, same("any", len(list) > 0, true))
	})
	j.call("Subscriptions.ListByBillingProfile", func() (string, error) {
		list, pages, err := all(ctx, f.NewSubscriptionsClient().NewListByBillingProfilePager(account, billingtest.DefaultProfile, nil),
			func(p armbilling.SubscriptionsClientListByBillingProfileResponse) []*armbilling.Subscription {
				return p.Value
			})
		return counted(len(list), pages), errors.Join(err, same("any", len(list) > 0, true))
	})
	j.call("Subscriptions.Get", func() (string, error) {
		x, err := f.NewSubscriptionsClient().Get(ctx, account, subscription, nil)
		return "200", errors.Join(err, same("name", value(x.Name), subscription))
	})
	from, until := time.Now().AddDate(0, -2, 0), time.Now()
	j.call("Invoices.ListByBillingAccount", func() (string, error) {
		list, pages, err := all(ctx, f.NewInvoicesClient().NewListByBillingAccountPager(account, &armbilling.InvoicesClientListByBillingAccountOptions{PeriodStartDate: &from, PeriodEndDate: &until}),
			func(p armbilling.InvoicesClientListByBillingAccountResponse) []*armbilling.Invoice { return p.Value })
		if err != nil || len(list) != 2 {
			return "", fmt.Errorf("%d invoices: %w", len(list), err)
		}
		return counted(len(list), pages) + ", with their dates", errors.Join(same("dates", list[0].Properties.InvoiceDate != nil && list[0].Properties.InvoicePeriodEndDate != nil && list[0].Properties.DueDate != nil, true),
			same("kind", value(list[1].Properties.DocumentType), armbilling.InvoiceDocumentTypeCreditNote), same("amount", value(list[1].Properties.TotalAmount.Value), -12.5))
	})
	j.call("Invoices.ListByBillingProfile", func() (string, error) {
		list, pages, err := all(ctx, f.NewInvoicesClient().NewListByBillingProfilePager(account, billingtest.DefaultProfile, &armbilling.InvoicesClientListByBillingProfileOptions{PeriodStartDate: &from, PeriodEndDate: &until}),
			func(p armbilling.InvoicesClientListByBillingProfileResponse) []*armbilling.Invoice { return p.Value })
		return counted(len(list), pages), errors.Join(err, same("invoices", len(list), 2))
	})
	j.call("Invoices.GetByBillingAccount", func() (string, error) {
		i, err := f.NewInvoicesClient().GetByBillingAccount(ctx, account, billingtest.DefaultInvoiceID, nil)
		return "200", errors.Join(err, same("name", value(i.Name), billingtest.DefaultInvoiceID))
	})
	view := func() (armbilling.ViewChargesPolicy, error) {
		p, err := f.NewPoliciesClient().GetByCustomerAtBillingAccount(ctx, account, customer, nil)
		if err != nil {
			return "", err
		}
		return value(p.Properties.ViewCharges), nil
	}
	j.call("Policies.GetByCustomerAtBillingAccount", func() (string, error) {
		v, err := view()
		return string(v), errors.Join(err, same("policy", v, armbilling.ViewChargesPolicyNotAllowed))
	})
	j.call("Policies.BeginCreateOrUpdateByCustomerAtBillingAccount", func() (string, error) {
		allowed := armbilling.CustomerPolicy{Properties: &armbilling.CustomerPolicyProperties{ViewCharges: to.Ptr(armbilling.ViewChargesPolicyAllowed)}}
		p, err := f.NewPoliciesClient().BeginCreateOrUpdateByCustomerAtBillingAccount(ctx, account, customer, allowed, nil)
		if err != nil {
			return "", err
		}
		done, err := p.PollUntilDone(ctx, quick)
		if err != nil {
			return "", err
		}
		v, err := view()
		return "operation, then Allowed", errors.Join(err, same("result", value(done.Properties.ViewCharges), armbilling.ViewChargesPolicyAllowed), same("policy", v, armbilling.ViewChargesPolicyAllowed))
	})

	const missing, code = http.StatusNotImplemented, "NotImplemented"
	j.refused("Accounts.Get of another", http.StatusNotFound, "ResourceNotFound", func() error { _, err := f.NewAccountsClient().Get(ctx, "other", nil); return err })
	j.refused("Customers.GetByBillingAccount of nobody", http.StatusNotFound, "ResourceNotFound", func() error {
		_, err := f.NewCustomersClient().GetByBillingAccount(ctx, account, "nobody", nil)
		return err
	})
	j.refused("Transactions.ListByInvoice", missing, code, func() error {
		_, err := f.NewTransactionsClient().NewListByInvoicePager(account, "G2", nil).NextPage(ctx)
		return err
	})
	j.refused("Products.ListByBillingAccount", missing, code, func() error {
		_, err := f.NewProductsClient().NewListByBillingAccountPager(account, nil).NextPage(ctx)
		return err
	})
	j.refused("Agreements.ListByBillingAccount", missing, code, func() error {
		_, err := f.NewAgreementsClient().NewListByBillingAccountPager(account, nil).NextPage(ctx)
		return err
	})
	j.refused("RoleAssignments.ListByBillingAccount", missing, code, func() error {
		_, err := f.NewRoleAssignmentsClient().NewListByBillingAccountPager(account, nil).NextPage(ctx)
		return err
	})
	j.refused("Reservations.ListByBillingAccount", missing, code, func() error {
		_, err := f.NewReservationsClient().NewListByBillingAccountPager(account, nil).NextPage(ctx)
		return err
	})
	j.refused("SavingsPlans.ListByBillingAccount", missing, code, func() error {
		_, err := f.NewSavingsPlansClient().NewListByBillingAccountPager(account, nil).NextPage(ctx)
		return err
	})
	j.refused("Invoices.BeginDownloadByBillingAccount", missing, code, func() error {
		_, err := f.NewInvoicesClient().BeginDownloadByBillingAccount(ctx, account, "G2", nil)
		return err
	})
	j.refused("AvailableBalances.GetByBillingProfile", missing, code, func() error {
		_, err := f.NewAvailableBalancesClient().GetByBillingProfile(ctx, account, billingtest.DefaultProfile, nil)
		return err
	})
	j.refused("Operations.List", missing, code, func() error { _, err := f.NewOperationsClient().NewListPager(nil).NextPage(ctx); return err })
}
