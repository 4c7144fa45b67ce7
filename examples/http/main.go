// Http serves the rows of invoices as a stream of JSON lines: exact, as they are read, no faster
// than the client reads them, and such that a client cannot take a part for the whole.
//
// By default it shows that with an in-memory service and a client: a whole body, one that is
// aborted because storage fails, and a client that stops reading.
//
//	go run ./examples/http
//
// With -addr it serves until it is interrupted; add -live to serve the invoices of your own. It
// checks nobody's identity: let it listen on this machine alone, or behind something that does.
//
//	go run ./examples/http -live -addr localhost:8080
//	curl -fN http://localhost:8080/invoices/G016907411/usage
//
// curl ends with exit code 18 where the body was aborted.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/examples/internal/cli"
)

const about = `Http serves the rows of invoices as a stream of JSON lines: exact, as they are
read, no faster than the client reads them, and such that a client cannot take
a part for the whole. By default it shows that with an in-memory service and a
client: a whole body, one that is aborted because storage fails, and a client
that stops reading:

  go run ./examples/http

With -addr it serves until it is interrupted; add -live to serve the invoices
of your own. It checks nobody's identity: let it listen on this machine alone,
or behind something that does:

  go run ./examples/http -live -addr localhost:8080
  curl -fN http://localhost:8080/invoices/G016907411/usage

curl ends with exit code 18 where the body was aborted.`

func main() { cli.Main(about, run) }

func run(ctx context.Context, c *cli.Call) error {
	live := c.Flags.Bool("live", false, "call Microsoft instead of the in-memory service, with DefaultAzureCredential")
	address := c.Flags.String("addr", "", "`address` to serve, such as localhost:8080, instead of the demo")
	rows := c.Flags.Int("rows", 50_000, "`number` of rows that the in-memory service generates")
	if err := c.Parse(); err != nil {
		return err
	}
	switch {
	case *rows <= 0:
		return cli.Usagef("-rows must be positive")
	case *live && c.IsSet("rows"):
		return cli.Usagef("-rows has no effect with -live")
	case *live && *address == "":
		return cli.Usagef("-live needs -addr, such as -addr localhost:8080")
	case *live:
		client, err := liveClient()
		if err != nil {
			return err
		}
		return serve(ctx, *address, client, c)
	}
	memory, client, err := inMemory(*rows)
	if err != nil {
		return err
	}
	if *address != "" {
		return serve(ctx, *address, client, c)
	}
	if err := demo(ctx, memory, client, c); err != nil {
		return err
	}
	c.Next("-addr localhost:8080 serves the demo's invoices until it is interrupted; add -live for your own")
	return nil
}

func liveClient() (*billing.Client, error) {
	cred, err := azidentity.NewDefaultAzureCredential(nil)
	if err != nil {
		return nil, err
	}
	return billing.NewClient(cred, nil)
}

// The invoices of the in-memory service.
const (
	invoice    = billingtest.DefaultInvoiceID
	unreadable = "G000000007" // storage loses one of its blobs
	missing    = "G000000404"
)

// generated is the export of an invoice in the in-memory service.
func generated(invoice string, rows int) billingtest.Export {
	return billingtest.Export{InvoiceID: invoice, Rows: rows, Blobs: 8, Currencies: []string{"EUR", "USD"}}
}

func inMemory(rows int) (*billingtest.Server, *billing.Client, error) {
	memory := billingtest.NewServer(&billingtest.Options{RunningPolls: -1})
	if err := memory.Add(generated(invoice, rows), generated(unreadable, rows)); err != nil {
		return nil, nil, err
	}
	names, err := generated(unreadable, rows).BlobNames()
	if err != nil {
		return nil, nil, err
	}
	memory.Script(billingtest.Step{
		On: billingtest.BlobCall, Blob: names[len(names)-1], For: -1,
		Do: billingtest.StorageError(http.StatusNotFound, "BlobNotFound", "The specified blob does not exist."),
	})
	client, err := billing.NewClient(memory.Credential(), &billing.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: memory}})
	return memory, client, err
}

// serve serves until the context ends.
func serve(ctx context.Context, address string, client *billing.Client, c *cli.Call) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.Out, "serving http://%s/invoices/%s/usage\n", listener.Addr(), invoice)
	return start(ctx, listener, &service{client: client, log: c.Progress.Line, reading: c.Progress.Reading})()
}

// start serves a listener, until the context ends or the server fails. The function that it returns
// waits for that.
func start(ctx context.Context, listener net.Listener, s *service) (wait func() error) {
	ctx, stop := context.WithCancelCause(ctx)
	server := &http.Server{
		Handler: s.handler(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute,
		BaseContext: func(net.Listener) context.Context { return ctx }, // ends the reads of all requests
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		stop(server.Serve(listener))
	}()
	return func() error {
		<-ctx.Done()
		// Requests whose reads have ended abort their responses; then there is nothing to wait for.
		brief, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		err := server.Shutdown(brief)
		<-served
		return errors.Join(context.Cause(ctx), err)
	}
}
