package costmgmt_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/costmgmt"
	"github.com/partnerbilling/sdk-go/lineitem"
)

// service is the embedded one, with the invoices of a month. A program of yours has
// costmgmt.NewClient(cred, nil) instead, with a credential of azidentity.
func service() (*costmgmt.Client, error) {
	server := billingtest.NewServer(nil)
	if err := server.Add(billingtest.Export{Dataset: billingtest.Usage, InvoiceID: "G000000001", Rows: 1000, Blobs: 2}); err != nil {
		return nil, err
	}
	err := server.SetAccount(billingtest.Account{Invoices: []billingtest.Invoice{
		{Number: "G000000001", Amount: "1500.00"}, {Number: "G000000002", Amount: "-98765432109.87", Document: "CreditNote"}, {Number: "D000000003", Amount: "12.5"},
	}})
	if err != nil {
		return nil, err
	}
	return costmgmt.NewClient(server.Credential(), &costmgmt.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: server}})
}

// The invoices of the last month; those of new commerce can be exported.
func Example() {
	ctx := context.Background()
	client, err := service()
	if err != nil {
		log.Fatal(err)
	}
	account, err := client.PartnerAccount(ctx, nil)
	if err != nil {
		log.Fatal(err)
	}
	for invoice, err := range client.Invoices(ctx, account.Name, costmgmt.LastMonth(time.Now()), nil) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(invoice.Number, invoice.Family(), invoice.Total.Value, invoice.Currency())
	}
	// Output:
	// G000000001 new commerce 1500.00 EUR
	// G000000002 new commerce -98765432109.87 EUR
	// D000000003 legacy 12.5 EUR
}

// A cost details report is read as an export is.
func ExampleBeginCostDetails() {
	ctx := context.Background()
	client, err := service()
	if err != nil {
		log.Fatal(err)
	}
	account, err := client.PartnerAccount(ctx, nil)
	if err != nil {
		log.Fatal(err)
	}
	type row struct {
		Currency string           `json:"billingCurrency"`
		Cost     lineitem.Decimal `json:"costInBillingCurrency"`
	}
	report, err := costmgmt.BeginCostDetails[row](ctx, client, costmgmt.ProfileScope(account.Name, "profile"), costmgmt.CostDetailsRequest{InvoiceID: "G000000001"}, nil)
	if err != nil {
		log.Fatal(err)
	}
	m, err := report.PollUntilDone(ctx, nil)
	if err != nil {
		log.Fatal(err)
	}
	var totals lineitem.Totals
	rows := 0
	for item, err := range m.Items(ctx, nil) {
		if err != nil {
			log.Fatal(err) // what came before it is not the whole report
		}
		totals.Add(item.Currency, item.Cost)
		rows++
	}
	fmt.Println(rows, "rows,", totals)
	// Output: 1000 rows, EUR 200749.039871868279632
}

// A monthly budget, and a mail when 90 percent of it are spent.
func ExampleClient_PutBudget() {
	ctx := context.Background()
	client, err := service()
	if err != nil {
		log.Fatal(err)
	}
	account, err := client.PartnerAccount(ctx, nil)
	if err != nil {
		log.Fatal(err)
	}
	amount, err := lineitem.ParseDecimal("12345678.90")
	if err != nil {
		log.Fatal(err)
	}
	threshold, err := lineitem.NewDecimal(90, 0)
	if err != nil {
		log.Fatal(err)
	}
	budget, err := client.PutBudget(ctx, costmgmt.AccountScope(account.Name), costmgmt.Budget{
		Name: "cloud", Amount: amount, TimeGrain: costmgmt.TimeGrainMonthly, Period: costmgmt.Period{Start: costmgmt.MonthOf(time.Now()).Start},
		Notifications: map[string]costmgmt.Notification{
			"nearly": {Enabled: true, Operator: costmgmt.NotificationOperatorGreaterThan, Threshold: threshold, ContactEmails: []string{"finance@example.com"}},
		},
	}, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(budget.Name, budget.Amount)
	// Output: cloud 12345678.90
}
