// Lastmonth exports every invoice of the last month and compares the sum of its rows with the
// amount of the invoice. By default it uses an in-memory service with known differences; add -live
// to call Microsoft:
//
//	go run ./examples/lastmonth
//	go run ./examples/lastmonth -live
//
// The invoices come from Azure Resource Manager, the rows from Microsoft Graph. Many partners use
// different identities for the two; this program uses one credential for both.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/costmgmt"
	"github.com/partnerbilling/sdk-go/lineitem"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "lastmonth:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("lastmonth", flag.ContinueOnError)
	flags.SetOutput(out)
	live := flags.Bool("live", false, "call Microsoft instead of the in-memory service, with DefaultAzureCredential")
	if err := flags.Parse(args); err != nil {
		return err
	}
	c, err := connect(*live)
	if err != nil {
		return err
	}
	lines, err := c.lastMonth(ctx, time.Now())
	if err != nil {
		return err
	}
	return write(out, lines)
}

// clients are the clients of Azure Resource Manager and Microsoft Graph.
type clients struct {
	costs *costmgmt.Client
	bills *billing.Client
}

func connect(live bool) (*clients, error) {
	var cred azcore.TokenCredential
	var azure azcore.ClientOptions
	if live {
		var err error
		if cred, err = azidentity.NewDefaultAzureCredential(nil); err != nil {
			return nil, err
		}
	} else {
		service, err := inMemory()
		if err != nil {
			return nil, err
		}
		cred, azure.Transport = service.Credential(), service
	}
	costs, err := costmgmt.NewClient(cred, &costmgmt.ClientOptions{ClientOptions: azure})
	if err != nil {
		return nil, err
	}
	bills, err := billing.NewClient(cred, &billing.ClientOptions{ClientOptions: azure})
	return &clients{costs, bills}, err
}

// made are the invoices of the in-memory service. The amount of each of the first three is the sum
// of its rows plus the difference.
var made = []billingtest.Invoice{
	{Number: "G000000101", Currency: "EUR"},
	{Number: "G000000102", Currency: "USD", Difference: "1234.56"},
	{Number: "G000000103", Currency: "JPY", Difference: "-0.01"},
	{Number: "G000000104", Currency: "EUR", Document: "VoidNote", Status: "Void", Amount: "-500.00"},
	{Number: "D0400A1B2C", Currency: "EUR", Amount: "98765432109.87"},
	{Number: "G000000105", Currency: "EUR", Document: "CreditNote", Amount: "-12.34"},
}

// inMemory returns the in-memory service with the rows of the first three invoices.
func inMemory() (*billingtest.Server, error) {
	service := billingtest.NewServer(nil)
	for i, invoice := range made[:3] {
		if err := service.Add(billingtest.Export{
			Dataset: billingtest.Reconciliation, InvoiceID: invoice.Number, Currencies: []string{invoice.Currency}, Rows: 5000 * (i + 1), Seed: uint64(i + 1),
		}); err != nil {
			return nil, err
		}
	}
	return service, service.SetAccount(billingtest.Account{Invoices: made})
}

// line is the result for an invoice.
type line struct {
	invoice    costmgmt.Invoice
	rows       int64
	sum        lineitem.Decimal // of the rows, in the currency of the invoice
	difference lineitem.Decimal // the amount of the invoice minus sum
	remark     string
	err        error
}

// parallel is the number of exports that run at the same time.
const parallel = 3

// lastMonth exports the invoices of the month before now.
func (c *clients) lastMonth(ctx context.Context, now time.Time) ([]line, error) {
	account, err := c.costs.PartnerAccount(ctx, nil)
	if err != nil {
		return nil, err
	}
	var lines []line
	for invoice, err := range c.costs.Invoices(ctx, account.Name, costmgmt.LastMonth(now), nil) {
		if err != nil {
			return nil, err
		}
		lines = append(lines, line{invoice: invoice})
	}
	slots := make(chan struct{}, parallel)
	var exports sync.WaitGroup
	for i := range lines {
		slots <- struct{}{}
		exports.Go(func() {
			defer func() { <-slots }()
			lines[i].err = c.read(ctx, &lines[i])
		})
	}
	exports.Wait()
	for _, l := range lines {
		err = errors.Join(err, l.err)
	}
	return lines, err
}

// read exports one invoice and sums its rows.
func (c *clients) read(ctx context.Context, l *line) error {
	switch {
	case l.invoice.Family() == costmgmt.FamilyLegacy:
		l.remark = "skipped: legacy invoices cannot be exported"
		return nil
	case l.invoice.IsVoid():
		l.remark = "skipped: void"
		return nil
	}
	p, err := billing.BeginExport(ctx, c.bills, billing.BilledReconciliation{InvoiceID: l.invoice.Number}, nil)
	if err != nil {
		return err
	}
	m, err := p.PollUntilDone(ctx, nil)
	if errors.Is(err, apierror.ErrNoData) {
		l.remark = "no rows to export: " + string(l.invoice.Document)
		return nil
	}
	if err != nil {
		return err
	}
	var totals lineitem.Totals
	for item, err := range m.Items(ctx, nil) {
		if err != nil {
			return err
		}
		totals.Add(item.Currency, item.Total)
		l.rows++
	}
	if l.sum, err = totals.Sum(l.invoice.Currency()); err != nil {
		return err
	}
	if len(totals.Currencies()) > 1 {
		l.remark = "rows in several currencies: " + totals.String()
	}
	l.difference, err = l.invoice.Total.Value.Sub(l.sum)
	return err
}

func write(out io.Writer, lines []line) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "invoice\tcurrency\tamount\texported\tdifference\trows\t")
	for _, l := range lines {
		sum, difference := l.sum.String(), l.difference.String()
		if l.sum.IsNull() {
			sum, difference = "", ""
		}
		fmt.Fprintf(w, "%s\t%s\t%v\t%s\t%s\t%d\t %s\n", l.invoice.Number, l.invoice.Currency(), l.invoice.Total.Value, sum, difference, l.rows, l.remark)
	}
	if len(lines) == 0 {
		fmt.Fprintln(w, "no invoices; in the first days of a month they may not be available yet")
	}
	return w.Flush()
}
