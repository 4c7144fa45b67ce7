package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/billingtest"
)

// show ends a collection in the middle and begins it again, with the embedded service
// in the place of Microsoft's. The two share the file and nothing else.
func show(ctx context.Context, out io.Writer) (err error) {
	folder, err := os.MkdirTemp("", "resume-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	file := filepath.Join(folder, "export.token")

	service := billingtest.NewServer(&billingtest.Options{RunningPolls: 4})
	if err := service.Add(billingtest.Export{InvoiceID: billingtest.DefaultInvoiceID, Rows: 20_000}); err != nil {
		return err
	}

	// The export takes about five seconds; the first collection gets half of them.
	brief, end := context.WithCancel(ctx)
	defer end()
	defer time.AfterFunc(2500*time.Millisecond, end).Stop()
	if err := start(brief, service, file, out); !errors.Is(err, context.Canceled) {
		return fmt.Errorf("the collection was not ended in the middle: %w", err)
	}
	fmt.Fprintln(out, "ended in the middle, starting again")
	if err := start(ctx, service, file, out); err != nil {
		return err
	}

	asked := 0
	for _, r := range service.Requests() {
		if r.Call == billingtest.ExportCall {
			asked++
		}
	}
	fmt.Fprintf(out, "exports that the service was asked for: %d\n", asked)
	return nil
}

// start is what a new process would do: a client of its own, and the file.
func start(ctx context.Context, service *billingtest.Server, file string, out io.Writer) error {
	client, err := billing.NewClient(service.Credential(), &billing.ClientOptions{
		ClientOptions: azcore.ClientOptions{Transport: service},
	})
	if err != nil {
		return err
	}
	return collect(ctx, client, billingtest.DefaultInvoiceID, file, out)
}
