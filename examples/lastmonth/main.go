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
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"text/tabwriter"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/costmgmt"
	"github.com/partnerbilling/sdk-go/examples/internal/cli"
	"github.com/partnerbilling/sdk-go/lineitem"
)

const about = `Lastmonth exports every invoice of the last month and compares the sum of its
rows with the amount of the invoice. By default it uses an in-memory service
with known differences; add -live to call Microsoft:

  go run ./examples/lastmonth
  go run ./examples/lastmonth -live

The invoices come from Azure Resource Manager, the rows from Microsoft Graph.
Many partners use different identities for the two; this program uses one
credential for both.`

func main() { cli.Main(about, run) }

func run(ctx context.Context, c *cli.Call) error {
	live := c.Flags.Bool("live", false, "call Microsoft instead of the in-memory service, with DefaultAzureCredential")
	if err := c.Parse(); err != nil {
		return err
	}
	services, err := connect(*live)
	if err != nil {
		return err
	}
	return services.report(ctx, time.Now(), c)
}

// report prints the table of the month before now. An invoice that fails has its line in the table,
// and its error follows.
func (c *clients) report(ctx context.Context, now time.Time, call *cli.Call) error {
	lines, err := c.lastMonth(ctx, now, func(done, all int) {
		call.Progress.Step("exporting", fmt.Sprintf("%d of %d invoices", done, all), done, all)
	})
	if lines == nil && err != nil {
		return err
	}
	if written := write(call.Out, lines); written != nil || err != nil {
		return errors.Join(written, err)
	}
	call.Next("go run ./examples/costdetails -h: the costs of an invoice by service")
	return nil
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
	return newClients(cred, azure)
}

func newClients(cred azcore.TokenCredential, azure azcore.ClientOptions) (*clients, error) {
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

// lastMonth exports the invoices of the month before now. The lines are there also if exports have
// failed; the error is then about all of these.
func (c *clients) lastMonth(ctx context.Context, now time.Time, progress func(done, all int)) ([]line, error) {
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
	var done atomic.Int64
	for i := range lines {
		slots <- struct{}{}
		exports.Go(func() {
			defer func() { <-slots }()
			lines[i].err = c.read(ctx, &lines[i])
			progress(int(done.Add(1)), len(lines))
		})
	}
	exports.Wait()
	for _, l := range lines {
		if l.err != nil {
			err = errors.Join(err, fmt.Errorf("invoice %s: %w", l.invoice.Number, l.err))
		}
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
	if len(lines) == 0 {
		_, err := fmt.Fprintln(out, "no invoices; in the first days of a month they may not be available yet")
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "invoice\tamount\texported\tdifference\trows\t")
	var remarks strings.Builder
	for _, l := range lines {
		sum, difference, rows := l.sum.String(), l.difference.String(), strconv.FormatInt(l.rows, 10)
		if errors.Is(l.err, context.Canceled) {
			sum, difference, rows, l.remark = "", "", "", "interrupted"
		} else if l.err != nil {
			sum, difference, rows, l.remark = "failed", "", "", "failed; see the error below"
		} else if l.sum.IsNull() {
			sum, difference, rows = "", "", ""
		}
		fmt.Fprintf(w, "%s\t%v %s\t%s\t%s\t%s\t\n", l.invoice.Number, l.invoice.Total.Value, l.invoice.Currency(), sum, difference, rows)
		if l.remark != "" {
			fmt.Fprintf(&remarks, "%s: %s\n", l.invoice.Number, l.remark)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := io.WriteString(out, "\n"+remarks.String())
	return err
}
