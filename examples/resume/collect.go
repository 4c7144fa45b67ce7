package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/poller"
)

// collect prints the totals of an invoice. While the export can be resumed, the file contains its
// resume token. The token is not a secret; it is useless without the credential.
func collect(ctx context.Context, client *billing.Client, invoice, file string, out io.Writer) error {
	p, err := begin(ctx, client, invoice, file, out)
	if err != nil {
		return err
	}
	m, err := p.PollUntilDone(ctx, &poller.PollUntilDoneOptions{
		OnProgress: func(o poller.Operation) { fmt.Fprintln(out, "  status:", o.Status) },
	})
	if errors.Is(err, apierror.ErrExpired) || errors.As(err, new(*apierror.OperationError)) {
		// The export cannot be resumed: the next start begins a new one.
		return errors.Join(err, os.Remove(file))
	}
	if err != nil {
		return err
	}

	var totals lineitem.Totals
	rows := 0
	for item, err := range m.Items(ctx, nil) {
		if err != nil {
			return err
		}
		totals.Add(item.BillingCurrency, item.BillingPreTaxTotal)
		rows++
	}
	fmt.Fprintf(out, "  %d rows, %s\n", rows, totals)
	return os.Remove(file)
}

// begin resumes the export in the file, or begins one and saves its resume token at once.
func begin(ctx context.Context, client *billing.Client, invoice, file string, out io.Writer) (*poller.Poller[lineitem.Usage], error) {
	request := billing.BilledUsage{InvoiceID: invoice}

	token, err := os.ReadFile(file)
	if err == nil {
		fmt.Fprintln(out, "resuming the export")
		p, err := billing.BeginExport(ctx, client, request, &billing.BeginExportOptions{ResumeToken: string(token)})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		return p, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}

	fmt.Fprintln(out, "beginning an export")
	p, err := billing.BeginExport(ctx, client, request, nil)
	if err != nil {
		return nil, err
	}
	text, err := p.ResumeToken()
	if err != nil {
		return nil, err
	}
	return p, os.WriteFile(file, []byte(text), 0o600)
}
