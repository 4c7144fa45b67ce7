package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/examples/internal/cli"
	"github.com/partnerbilling/sdk-go/lineitem"
)

// demo serves the invoices of the in-memory service to a client in the same process.
func demo(ctx context.Context, memory *billingtest.Server, client *billing.Client, c *cli.Call) (err error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "localhost:0")
	if err != nil {
		return err
	}
	serving, stop := context.WithCancel(ctx)
	logged := make(chan string, 100)
	s := &service{client: client, log: func(text string) { logged <- text }, reading: c.Progress.Reading}
	wait := start(serving, listener, s)
	d := &demonstration{url: "http://" + listener.Addr().String(), http: &http.Client{Transport: new(http.Transport)}, c: c, memory: memory, sent: &s.sent, logged: logged}
	defer func() {
		d.http.CloseIdleConnections()
		stop()
		if ended := wait(); !errors.Is(ended, context.Canceled) {
			err = errors.Join(err, ended)
		}
	}()
	for _, show := range []func(context.Context) error{d.whole, d.aborted, d.missing, d.paused} {
		if err := show(ctx); err != nil {
			return err
		}
	}
	return nil
}

// demonstration is a client of the service.
type demonstration struct {
	url    string
	http   *http.Client
	c      *cli.Call
	memory *billingtest.Server
	sent   *atomic.Int64 // rows, by the service
	logged <-chan string // by the service
}

func (d *demonstration) get(ctx context.Context, invoice, what string) (*http.Response, error) {
	path := "/invoices/" + invoice + "/usage"
	fmt.Fprintf(d.c.Out, "GET %s: %s\n", path, what)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, d.url+path, nil)
	if err != nil {
		return nil, err
	}
	return d.http.Do(r)
}

// row is what the client uses of a row. Other JSON decoders must not read amounts as float64, which
// has too few digits.
type row struct {
	Currency string           `json:"BillingCurrency"`
	Total    lineitem.Decimal `json:"BillingPreTaxTotal"`
}

// sum sums the rows of a body. They count only if there is no error.
func sum(resp *http.Response) (rows int64, totals *lineitem.Totals, err error) {
	totals = new(lineitem.Totals)
	for r, err := range lineitem.NewReader[row](resp.Body, nil).All() {
		if err != nil {
			return rows, nil, err
		}
		totals.Add(r.Currency, r.Total)
		rows++
	}
	if want := resp.Trailer.Get(rowCount); want != strconv.FormatInt(rows, 10) {
		return rows, nil, fmt.Errorf("%d rows, but %s is %q", rows, rowCount, want)
	}
	return rows, totals, nil
}

// whole reads a body to its end and compares it with the generated data.
func (d *demonstration) whole(ctx context.Context) error {
	resp, err := d.get(ctx, invoice, "a client that reads everything")
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	rows, totals, err := sum(resp)
	if err != nil {
		return err
	}
	truth, err := generated(invoice, int(rows)).Truth()
	if err != nil {
		return err
	}
	for currency, want := range truth.Sums() {
		if got := totals.Text(currency); got != want {
			return fmt.Errorf("%s: the sum is %s, want %s", currency, got, want)
		}
	}
	fmt.Fprintf(d.c.Out, "  %s, whole: %d rows,\n  %s, as generated\n", resp.Status, rows, totals)
	return d.service(ctx)
}

// aborted reads a body that the service aborts.
func (d *demonstration) aborted(ctx context.Context) error {
	resp, err := d.get(ctx, unreadable, "storage loses a blob")
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	rows, _, err := sum(resp)
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("a part was taken for the whole: %d rows, %w", rows, err)
	}
	fmt.Fprintf(d.c.Out, "  %s, then after %d rows: %v; the client discards them\n", resp.Status, rows, io.ErrUnexpectedEOF)
	return d.service(ctx)
}

// missing requests an invoice that is not there.
func (d *demonstration) missing(ctx context.Context) error {
	resp, err := d.get(ctx, missing, "an unknown invoice")
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusNotFound {
		return fmt.Errorf("status %s, want 404", resp.Status)
	}
	fmt.Fprintf(d.c.Out, "  %s, before any row\n", resp.Status)
	return d.service(ctx)
}

// paused reads a row and then nothing. The service waits, and stops when the client disconnects.
func (d *demonstration) paused(ctx context.Context) error {
	first := d.sent.Load()
	resp, err := d.get(ctx, invoice, "a client that reads one row and pauses")
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := bufio.NewReaderSize(resp.Body, 4<<10).ReadString('\n'); err != nil {
		return err
	}
	before := int64(-1)
	for now := d.sent.Load(); now != before; now = d.sent.Load() { // until it stands still
		before = now
		select {
		case <-time.After(500 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	fmt.Fprintf(d.c.Out, "  the service has sent %d rows and waits; the client disconnects\n", before-first)
	if err := resp.Body.Close(); err != nil {
		return err
	}
	if err := d.service(ctx); err != nil {
		return err
	}
	if n := d.memory.OpenBodies(); n > 0 {
		return fmt.Errorf("%d connections to storage are still open", n)
	}
	return nil
}

// service prints what the service has logged about the request.
func (d *demonstration) service(ctx context.Context) error {
	select {
	case text := <-d.logged:
		d.c.Progress.Line("service: " + text)
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
