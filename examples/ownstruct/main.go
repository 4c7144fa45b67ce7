// Ownstruct prints the total of each customer of an invoice. It decodes only three attributes, into
// its own struct. By default it reads an export from an in-memory service; add -live to call
// Microsoft:
//
//	go run ./examples/ownstruct
//	go run ./examples/ownstruct -live -invoice G016907411
package main

import (
	"context"
	"fmt"
	"io"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/examples/internal/cli"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
	"github.com/partnerbilling/sdk-go/poller"
)

// row has a field for each attribute that is used, tagged with the name of the attribute.
type row struct {
	Customer string           `json:"CustomerId"`
	Currency string           `json:"BillingCurrency"`
	Total    lineitem.Decimal `json:"BillingPreTaxTotal"`
}

const about = `Ownstruct prints the total of each customer of an invoice. It decodes only three
attributes, into its own struct. By default it reads an export from an in-memory
service; add -live to call Microsoft:

  go run ./examples/ownstruct
  go run ./examples/ownstruct -live -invoice G016907411`

func main() { cli.Main(about, run) }

func run(ctx context.Context, c *cli.Call) error {
	live := c.Flags.Bool("live", false, "call Microsoft instead of the in-memory service, with DefaultAzureCredential")
	invoice := c.Flags.String("invoice", billingtest.DefaultInvoiceID, "`number` of the invoice; required with -live")
	if err := c.Parse(); err != nil {
		return err
	}
	if *live && !c.IsSet("invoice") {
		return cli.Usagef("-live needs -invoice, such as -invoice G016907411")
	}
	client, err := connect(*live, *invoice)
	if err != nil {
		return err
	}
	if err := printTotals(ctx, client, *invoice, c.Progress, c.Out); err != nil {
		return err
	}
	c.Next("go run ./examples/load loads an invoice into a database")
	return nil
}

// printTotals prints the exact total of each customer.
func printTotals(ctx context.Context, client *billing.Client, invoice string, show *cli.Progress, out io.Writer) error {
	p, err := billing.BeginExport(ctx, client, billing.BilledUsage{InvoiceID: invoice}, nil)
	if err != nil {
		return err
	}
	m, err := p.PollUntilDone(ctx, &poller.PollUntilDoneOptions{OnProgress: show.Waiting})
	if err != nil {
		return err
	}

	var customers lineitem.Groups[string]
	for r, err := range manifest.As[row](m).Items(ctx, &manifest.ReadOptions{OnProgress: show.Reading}) {
		if err != nil {
			return err
		}
		customers.Add(r.Customer, r.Currency, r.Total)
	}

	for id, totals := range customers.All() {
		fmt.Fprintf(out, "%s: %s\n", id, totals)
	}
	return nil
}

func connect(live bool, invoice string) (*billing.Client, error) {
	if live {
		cred, err := azidentity.NewDefaultAzureCredential(nil)
		if err != nil {
			return nil, err
		}
		return billing.NewClient(cred, nil)
	}
	service := billingtest.NewServer(nil)
	if err := service.Add(generated(invoice)); err != nil {
		return nil, err
	}
	return billing.NewClient(service.Credential(), &billing.ClientOptions{
		ClientOptions: azcore.ClientOptions{Transport: service},
	})
}

func generated(invoice string) billingtest.Export {
	return billingtest.Export{InvoiceID: invoice, Rows: 20_000, Customers: 12, Currencies: []string{"EUR", "USD"}}
}
