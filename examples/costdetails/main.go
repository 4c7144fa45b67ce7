// Costdetails prints the costs of an invoice by service, from its cost details report. By default
// it uses an in-memory service. Add -live to call Microsoft, with the number of an invoice of the
// last month:
//
//	go run ./examples/costdetails
//	go run ./examples/costdetails -live -invoice G016907411
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/costmgmt"
	"github.com/partnerbilling/sdk-go/lineitem"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "costdetails:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("costdetails", flag.ContinueOnError)
	flags.SetOutput(out)
	live := flags.Bool("live", false, "call Microsoft instead of the in-memory service, with DefaultAzureCredential")
	number := flags.String("invoice", billingtest.DefaultInvoiceID, "number of an invoice of the last month")
	if err := flags.Parse(args); err != nil {
		return err
	}
	client, err := connect(*live)
	if err != nil {
		return err
	}
	invoice, err := find(ctx, client, *number)
	if err != nil {
		return err
	}
	return report(ctx, client, invoice, out)
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
	return found, fmt.Errorf("invoice %s not found in the last month", number)
}

// cost has the columns that are used; the others are not decoded.
type cost struct {
	Service  string           `json:"meterCategory"`
	Currency string           `json:"billingCurrency"`
	Cost     lineitem.Decimal `json:"costInBillingCurrency"`
}

func report(ctx context.Context, client *costmgmt.Client, invoice costmgmt.Invoice, out io.Writer) error {
	scope, err := costmgmt.ParseScope(invoice.ProfileID)
	if err != nil {
		return err
	}
	p, err := costmgmt.BeginCostDetails[cost](ctx, client, scope, costmgmt.CostDetailsRequest{InvoiceID: invoice.Number}, nil)
	if err != nil {
		return err
	}
	m, err := p.PollUntilDone(ctx, nil)
	if err != nil {
		return err
	}
	services, rows := map[string]*lineitem.Totals{}, 0
	for row, err := range m.Items(ctx, nil) {
		if err != nil {
			return err
		}
		if services[row.Service] == nil {
			services[row.Service] = new(lineitem.Totals)
		}
		services[row.Service].Add(row.Currency, row.Cost)
		rows++
	}
	fmt.Fprintf(out, "%d rows of invoice %s\n", rows, invoice.Number)
	for _, service := range slices.Sorted(maps.Keys(services)) {
		fmt.Fprintf(out, "%s: %v\n", service, services[service])
	}
	return nil
}
