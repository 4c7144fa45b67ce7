package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
	"github.com/partnerbilling/sdk-go/poller"
)

// rowsPerCommit is the maximum number of rows that are read again after a crash.
const rowsPerCommit = 2000

// watch is told how far a load is.
type watch struct {
	waiting   func(poller.Operation)
	reading   func(manifest.Progress)
	committed func(rows int)
}

// load loads an invoice into the database, starting at the checkpoint of the last load. The
// database keeps the resume token, too, so that a load that was killed continues with its export.
func load(ctx context.Context, client *billing.Client, invoice string, db *database, w *watch) error {
	return billing.ReadExport(ctx, client, billing.BilledUsage{InvoiceID: invoice}, db, func(m *manifest.Manifest[lineitem.Usage]) error {
		return insert(ctx, m, db, w)
	}, &billing.ReadExportOptions{Poll: poller.PollUntilDoneOptions{OnProgress: w.waiting}})
}

// insert inserts the rows after the checkpoint of the database.
func insert(ctx context.Context, m *manifest.Manifest[lineitem.Usage], db *database, w *watch) error {
	from, err := db.checkpoint(ctx)
	if err != nil {
		return err
	}
	stream, err := m.NewStream(&manifest.ReadOptions{Resume: from, OnProgress: w.reading})
	if errors.Is(err, manifest.ErrDataChanged) {
		return fmt.Errorf("the export has changed since the rows were loaded; delete the database and start again: %w", err)
	}
	if err != nil {
		return err
	}
	tx, err := db.begin(ctx)
	if err != nil {
		return err
	}
	defer func() { tx.rollback() }()

	n := 0
	for item, err := range stream.All(ctx) {
		if err != nil {
			return err
		}
		// Inside the loop the checkpoint covers the rows before this one, which are all in tx.
		if n++; n%rowsPerCommit == 0 {
			if tx, err = save(ctx, db, tx, stream); err != nil {
				return err
			}
			w.committed(n)
		}
		if err := tx.insert(ctx, stream.Position(), &item); err != nil {
			return err
		}
	}
	// After the loop it covers every row.
	tx, err = save(ctx, db, tx, stream)
	return err
}

// save commits the rows with the checkpoint and begins the next transaction.
func save(ctx context.Context, db *database, tx *transaction, stream *manifest.Stream[lineitem.Usage]) (*transaction, error) {
	c, err := stream.Checkpoint()
	if err != nil {
		return tx, err
	}
	if err := tx.commit(ctx, c); err != nil {
		return tx, err
	}
	return db.begin(ctx)
}

// loadInto opens a database, loads the invoice into it, and returns the number of its rows.
func loadInto(ctx context.Context, client *billing.Client, invoice, file string, w *watch) (rows int64, err error) {
	db, err := open(ctx, file)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.claim(ctx, invoice); err != nil {
		return 0, fmt.Errorf("%s: %w", file, err)
	}
	if err := load(ctx, client, invoice, db, w); err != nil {
		return 0, err
	}
	return db.count(ctx)
}
