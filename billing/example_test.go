package billing_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
)

// newClient returns a client of a service in memory. A real program passes a credential of
// azidentity instead, and no options.
func newClient() (*billing.Client, error) {
	service := billingtest.NewServer(&billingtest.Options{RunningPolls: -1})
	err := service.Add(billingtest.Export{InvoiceID: "G016907411", Lines: []string{
		`{"CustomerName":"Contoso","SkuName":"Tables","BillingPreTaxTotal":0.486031696515249,"BillingCurrency":"USD"}`,
		`{"CustomerName":"Fabrikam","SkuName":"Disks","BillingPreTaxTotal":12.5,"BillingCurrency":"USD"}`,
	}})
	if err != nil {
		return nil, err
	}
	return billing.NewClient(service.Credential(), &billing.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: service}})
}

func Example() {
	ctx := context.Background()
	client, err := newClient()
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := billing.BeginExport(ctx, client, billing.BilledUsage{InvoiceID: "G016907411"}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	m, err := p.PollUntilDone(ctx, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	var totals lineitem.Totals
	for item, err := range m.Items(ctx, nil) {
		if err != nil {
			fmt.Println(err)
			return
		}
		totals.Add(item.BillingCurrency, item.BillingPreTaxTotal)
	}
	fmt.Println(totals)
	// Output: USD 12.986031696515249
}

// Only some columns, in a struct of the program.
func ExampleBeginExport_ownColumns() {
	ctx := context.Background()
	client, err := newClient()
	if err != nil {
		fmt.Println(err)
		return
	}
	p, err := billing.BeginExport(ctx, client, billing.BilledUsage{InvoiceID: "G016907411"}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	m, err := p.PollUntilDone(ctx, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	type row struct {
		Customer string           `json:"CustomerName"`
		Total    lineitem.Decimal `json:"BillingPreTaxTotal"`
	}
	for r, err := range manifest.As[row](m).Items(ctx, &manifest.ReadOptions{InOrder: true}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(r.Customer, r.Total)
	}
	// Unordered output:
	// Contoso 0.486031696515249
	// Fabrikam 12.5
}

// Errors say what to do. Match them with errors.Is.
func ExampleBeginExport_errors() {
	ctx := context.Background()
	client, err := newClient()
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = billing.BeginExport(ctx, client, billing.BilledUsage{InvoiceID: "D0400ABCDE"}, nil)
	fmt.Println(err)

	p, err := billing.BeginExport(ctx, client, billing.BilledReconciliation{InvoiceID: "G000000000"}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = p.PollUntilDone(ctx, nil)
	fmt.Println("no data:", errors.Is(err, apierror.ErrNoData))
	// Output:
	// billing: BilledUsage.InvoiceID is "D0400ABCDE": legacy invoices cannot be exported, and a number that begins with D is legacy; download its reconciliation file from Partner Center, or set AllowLegacy to send the request anyway
	// no data: true
}

// The wait for an export can be continued in another process.
func ExampleBeginExportOptions() {
	ctx := context.Background()
	client, err := newClient()
	if err != nil {
		fmt.Println(err)
		return
	}
	request := billing.BilledUsage{InvoiceID: "G016907411"}
	p, err := billing.BeginExport(ctx, client, request, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	token, err := p.ResumeToken() // text without a secret, to be kept anywhere
	if err != nil {
		fmt.Println(err)
		return
	}

	p, err = billing.BeginExport(ctx, client, request, &billing.BeginExportOptions{ResumeToken: token})
	if err != nil {
		fmt.Println(err)
		return
	}
	m, err := p.PollUntilDone(ctx, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.Info().BlobCount > 0)
	// Output: true
}
