package costmgmt_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"path"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/costmgmt"
	"github.com/partnerbilling/sdk-go/lineitem"
)

// service returns a client of an in-memory service that has the invoices of a month. Your program
// calls costmgmt.NewClient(cred, nil) instead, with a credential of azidentity.
func service() (*costmgmt.Client, error) {
	server := billingtest.NewServer(&billingtest.Options{RunningPolls: -1})
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

// List the invoices of the last month. Those of new commerce can be exported.
func ExampleClient_Invoices() {
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

// Request a cost details report, and add up its rows.
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
	report, err := costmgmt.BeginCostDetails[row](ctx, client, costmgmt.ProfileScope(account.Name, billingtest.DefaultProfile), costmgmt.CostDetailsRequest{InvoiceID: "G000000001"}, nil)
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
			log.Fatal(err) // the rows before it are not the whole report
		}
		totals.Add(item.Currency, item.Cost)
		rows++
	}
	fmt.Println(rows, "rows,", totals)
	// Output: 1000 rows, EUR 200749.039871868279632
}

// A monthly budget, with a mail when 90 percent of it are spent.
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

// Change the amount of a budget. Its ETag makes sure that no other change is lost.
func ExampleClient_PutBudget_change() {
	ctx := context.Background()
	client, err := service()
	if err != nil {
		log.Fatal(err)
	}
	account, err := client.PartnerAccount(ctx, nil)
	if err != nil {
		log.Fatal(err)
	}
	scope := costmgmt.AccountScope(account.Name)
	if err := putBudget(ctx, client, scope, "cloud", "1000.00"); err != nil {
		log.Fatal(err)
	}

	budget, err := client.GetBudget(ctx, scope, "cloud", nil)
	if err != nil {
		log.Fatal(err)
	}
	if budget.Amount, err = lineitem.ParseDecimal("1500.50"); err != nil {
		log.Fatal(err)
	}
	changed, err := client.PutBudget(ctx, scope, budget, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(changed.Name, changed.Amount)

	// The budget that was read before is not the latest version any more.
	_, err = client.PutBudget(ctx, scope, budget, nil)
	fmt.Println(errors.Is(err, apierror.ErrConflict))

	for budget, err := range client.Budgets(ctx, scope, nil) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(budget.Name, budget.Amount)
	}
	// Output:
	// cloud 1500.50
	// true
	// cloud 1500.50
}

// putBudget puts a monthly budget.
func putBudget(ctx context.Context, client *costmgmt.Client, scope costmgmt.Scope, name, amount string) error {
	value, err := lineitem.ParseDecimal(amount)
	if err != nil {
		return err
	}
	_, err = client.PutBudget(ctx, scope, costmgmt.Budget{
		Name: name, Amount: value, TimeGrain: costmgmt.TimeGrainMonthly, Period: costmgmt.MonthOf(time.Now()),
	}, nil)
	return err
}

// Configure an export into a storage account, run it for the last month, and wait.
func ExampleClient_RunExport() {
	ctx := context.Background()
	client, err := service()
	if err != nil {
		log.Fatal(err)
	}
	account, err := client.PartnerAccount(ctx, nil)
	if err != nil {
		log.Fatal(err)
	}
	scope := costmgmt.AccountScope(account.Name)
	export, err := client.PutExport(ctx, scope, costmgmt.Export{
		Name: "focus", Type: costmgmt.ExportTypeFocusCost, Timeframe: costmgmt.TimeframeMonthToDate,
		Format: costmgmt.ExportFormatCSV, Compression: costmgmt.ExportCompressionGzip, Partition: true,
		Destination: costmgmt.Destination{
			ResourceID: "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/billing/providers/Microsoft.Storage/storageAccounts/billing",
			Container:  "exports", Folder: "focus",
		},
	}, nil)
	if err != nil {
		log.Fatal(err)
	}
	run, err := client.RunExport(ctx, scope, export.Name, &costmgmt.RunExportOptions{Period: costmgmt.LastMonth(time.Now())})
	if err != nil {
		log.Fatal(err)
	}
	// Another process continues with this run by the token: RunExportOptions.ResumeToken.
	if _, err := run.ResumeToken(); err != nil {
		log.Fatal(err)
	}
	result, err := run.Wait(ctx, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Status, path.Base(result.Manifest))
	// Output: Completed manifest.json
}
