package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/examples/internal/filestore"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
	"github.com/partnerbilling/sdk-go/poller"
)

// rowsPerCommit is the maximum number of rows that are in memory, and that are read again after a
// crash.
const rowsPerCommit = 5_000

// watch is told how far the program is.
type watch struct {
	started   func(billing.Start)
	waiting   func(poller.Operation)
	reading   func(manifest.Progress)
	committed func(rows int64) // of all runs
}

// row has a field for each attribute that is written, tagged with the name of the attribute.
type row struct {
	CustomerID     string           `json:"CustomerId"`
	UsageDate      time.Time        `json:"UsageDate"`
	SubscriptionID string           `json:"SubscriptionId"`
	ProductName    string           `json:"ProductName"`
	MeterName      string           `json:"MeterName"`
	Unit           string           `json:"Unit"`
	Quantity       lineitem.Decimal `json:"Quantity"`
	UnitPrice      lineitem.Decimal `json:"UnitPrice"`
	Total          lineitem.Decimal `json:"BillingPreTaxTotal" lineitem:"required"`
	Currency       string           `json:"BillingCurrency" lineitem:"required"`
}

var header = []string{
	"CustomerId", "UsageDate", "SubscriptionId", "ProductName", "MeterName", "Unit", "Quantity", "UnitPrice", "BillingPreTaxTotal", "BillingCurrency",
}

// record returns the row in the order of the header. What a row does not have is empty.
func (r *row) record() []string {
	day := ""
	if !r.UsageDate.IsZero() {
		day = r.UsageDate.Format(time.DateOnly)
	}
	return []string{
		r.CustomerID, day, r.SubscriptionID, r.ProductName, r.MeterName, r.Unit, amount(r.Quantity), amount(r.UnitPrice), amount(r.Total), r.Currency,
	}
}

func amount(d lineitem.Decimal) string {
	if d.IsNull() {
		return ""
	}
	return d.String()
}

// result is what export has done.
type result struct {
	now   bool // the files were completed now, not before
	files int
}

// export writes the files of an invoice into a folder of its name, in as many runs of the program
// as that takes. Until they are complete, there are in its place
//
//	G016907411.token    the resume token: which export is read
//	G016907411.state    the checkpoint: which rows of it are in the files, and how long these are
//	G016907411.partial  the folder with the files
func export(ctx context.Context, client *billing.Client, invoice, folder string, w *watch) (result, error) {
	whole := filepath.Join(folder, invoice)
	token, state := filestore.File(whole+".token"), filestore.File(whole+".state")
	if _, err := os.Stat(whole); err == nil {
		// The run that completed them may have been killed before it forgot how far it was.
		return result{}, errors.Join(token.Forget(ctx), state.Forget(ctx))
	} else if !errors.Is(err, fs.ErrNotExist) {
		return result{}, err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return result{}, err
	}
	n := 0
	options := &billing.ReadExportOptions{OnStart: w.started, Poll: poller.PollUntilDoneOptions{OnProgress: w.waiting}}
	err := billing.ReadExport(ctx, client, billing.BilledUsage{InvoiceID: invoice}, token, func(m *manifest.Manifest[lineitem.Usage]) error {
		f, err := openFiles(ctx, whole+".partial", state)
		if err != nil {
			return err
		}
		if err := write(ctx, manifest.As[row](m), f, w); err != nil {
			return err
		}
		n = len(f.sizes)
		// The name tells whoever waits for the files that they are complete.
		if err := os.Rename(whole+".partial", whole); err != nil {
			return err
		}
		return filestore.SyncFolder(folder)
	}, options)
	if err != nil {
		return result{}, err
	}
	return result{now: true, files: n}, state.Forget(ctx)
}

// write writes the rows after the checkpoint of the files.
func write(ctx context.Context, m *manifest.Manifest[row], f *files, w *watch) error {
	// In order, so that the files of two runs are the same.
	stream, err := m.NewStream(&manifest.ReadOptions{Resume: f.checkpoint, InOrder: true, OnProgress: w.reading})
	if errors.Is(err, manifest.ErrDataChanged) {
		return fmt.Errorf("the export has changed since its rows were written; remove %s and the .state beside it, and start again: %w", f.folder, err)
	}
	if err != nil {
		return err
	}
	rows := int64(0)
	commit := func() error {
		c, err := stream.Checkpoint()
		if err != nil {
			return err
		}
		if err := f.commit(ctx, c); err != nil {
			return err
		}
		w.committed(c.Rows())
		return nil
	}
	for r, err := range stream.All(ctx) {
		if err != nil {
			return err
		}
		// Inside the loop the checkpoint covers the rows before this one.
		if rows > 0 && rows%rowsPerCommit == 0 {
			if err := commit(); err != nil {
				return err
			}
		}
		if err := f.add(&r); err != nil {
			return err
		}
		rows++
	}
	// After the loop it covers every row.
	return commit()
}
