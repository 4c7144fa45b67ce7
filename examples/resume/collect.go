package main

import (
	"context"
	"fmt"
	"io"

	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/examples/internal/filestore"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
	"github.com/partnerbilling/sdk-go/poller"
)

// watch is told how far the program is.
type watch struct {
	started func(billing.Start)
	waiting func(poller.Operation)
	reading func(manifest.Progress)
}

// collect prints the totals of an invoice. Until they are printed, the file contains the resume
// token of the export. The token is not a secret; it is useless without the credential.
func collect(ctx context.Context, client *billing.Client, invoice, file string, w *watch, out io.Writer) error {
	options := &billing.ReadExportOptions{OnStart: w.started, Poll: poller.PollUntilDoneOptions{OnProgress: w.waiting}}
	request := billing.BilledUsage{InvoiceID: invoice}
	return billing.ReadExport(ctx, client, request, filestore.File(file), func(m *manifest.Manifest[lineitem.Usage]) error {
		var totals lineitem.Totals
		rows := 0
		for item, err := range m.Items(ctx, &manifest.ReadOptions{OnProgress: w.reading}) {
			if err != nil {
				return err
			}
			totals.Add(item.BillingCurrency, item.BillingPreTaxTotal)
			rows++
		}
		_, err := fmt.Fprintf(out, "%d rows, %s\n", rows, totals)
		return err
	}, options)
}

// startText says how a program has started.
func startText(s billing.Start) string {
	switch {
	case s.Resumed:
		return "resuming the export"
	case s.Abandoned != nil:
		return "beginning another export: " + s.Abandoned.Error()
	}
	return "beginning an export"
}
