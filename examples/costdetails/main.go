// Costdetails prints the costs of an invoice by service, from its cost details report. By default
// it uses an in-memory service. Add -live to call Microsoft, with the number of an invoice of the
// last month:
//
//	go run ./examples/costdetails
//	go run ./examples/costdetails -live -invoice G016907411
package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/costmgmt"
	"github.com/partnerbilling/sdk-go/examples/internal/cli"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
	"github.com/partnerbilling/sdk-go/poller"
)

const about = `Costdetails prints the costs of an invoice by service, from its cost details
report. By default it uses an in-memory service. Add -live to call Microsoft,
with the number of an invoice of the last month:

  go run ./examples/costdetails
  go run ./examples/costdetails -live -invoice G016907411`

func main() { cli.Main(about, run) }

func run(ctx context.Context, c *cli.Call) error {
	live := c.Flags.Bool("live", false, "call Microsoft instead of the in-memory service, with DefaultAzureCredential")
	number := c.Flags.String("invoice", billingtest.DefaultInvoiceID, "`number` of an invoice of the last month; required with -live")
	if err := c.Parse(); err != nil {
		return err
	}
	if *live && !c.IsSet("invoice") {
		return cli.Usagef("-live needs -invoice, such as -invoice G016907411")
	}
	client, err := connect(*live)
	if err != nil {
		return err
	}
	invoice, err := find(ctx, client, *number)
	if err != nil {
		return err
	}
	if err := report(ctx, client, invoice, c.Progress, c.Out); err != nil {
		return err
	}
	c.Next("go run ./examples/lastmonth -h: every invoice of the month")
	return nil
}

func connect(live bool) (*costmgmt.Client, error) {
	if live {
		cred, err := azidentity.NewDefaultAzureCredential(nil)
		if err != nil {
			return nil, err
		}
		return costmgmt.NewClient(cred, nil)
	}
	service := billingtest.NewServer(nil)
	if err := service.SetAccount(billingtest.Account{Invoices: []billingtest.Invoice{{Number: billingtest.DefaultInvoiceID}}}); err != nil {
		return nil, err
	}
	return costmgmt.NewClient(service.Credential(), &costmgmt.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: service}})
}

// find returns an invoice of the last month. Its billing profile is the scope of the report.
func find(ctx context.Context, client *costmgmt.Client, number string) (found costmgmt.Invoice, err error) {
	account, err := client.PartnerAccount(ctx, nil)
	if err != nil {
		return found, err
	}
	for invoice, err := range client.Invoices(ctx, account.Name, costmgmt.LastMonth(time.Now()), nil) {
		if err != nil {
			return found, err
		}
		if invoice.Number == number {
			return invoice, nil
		}
	}
	return found, fmt.Errorf("invoice %s not found in the last month; go run ./examples/lastmonth lists its invoices", number)
}

// cost has the columns that are used; the others are not decoded.
type cost struct {
	Service  string           `json:"meterCategory"`
	Currency string           `json:"billingCurrency"`
	Cost     lineitem.Decimal `json:"costInBillingCurrency"`
}

func report(ctx context.Context, client *costmgmt.Client, invoice costmgmt.Invoice, show *cli.Progress, out io.Writer) error {
	scope, err := costmgmt.ParseScope(invoice.ProfileID)
	if err != nil {
		return err
	}
	p, err := costmgmt.BeginCostDetails[cost](ctx, client, scope, costmgmt.CostDetailsRequest{InvoiceID: invoice.Number}, nil)
	if err != nil {
		return err
	}
	m, err := p.PollUntilDone(ctx, &poller.PollUntilDoneOptions{OnProgress: show.Waiting})
	if err != nil {
		return err
	}
	var services lineitem.Groups[string]
	rows := 0
	for row, err := range m.Items(ctx, &manifest.ReadOptions{OnProgress: show.Reading}) {
		if err != nil {
			return err
		}
		services.Add(row.Service, row.Currency, row.Cost)
		rows++
	}
	fmt.Fprintf(out, "%d rows of invoice %s\n", rows, invoice.Number)
	for service, totals := range services.All() {
		fmt.Fprintf(out, "%s: %v\n", service, totals)
	}
	return nil
}
