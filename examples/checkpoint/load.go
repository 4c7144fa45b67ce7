package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
)

// rowsPerCommit is what a crash costs at most: so many rows come again.
const rowsPerCommit = 2000

// load reads an invoice into the database, from where the last load stood.
func load(ctx context.Context, client *billing.Client, invoice string, db *database, out io.Writer) error {
	m, err := wait(ctx, client, invoice, db)
	if err != nil {
		return err
	}
	from, err := db.checkpoint(ctx)
	if err != nil {
		return err
	}
	stream, err := m.NewStream(&manifest.ReadOptions{Resume: from})
	if errors.Is(err, manifest.ErrDataChanged) {
		return fmt.Errorf("the invoice has other data than the rows that were loaded: empty the database and start over: %w", err)
	}
	if err != nil {
		return err
	}
	tx, err := db.begin(ctx)
	if err != nil {
		return err
	}
	defer func() { tx.rollback() }() // of what is not committed

	n := 0
	for item, err := range stream.All(ctx) {
		if err != nil {
			return err
		}
		// The checkpoint in a body is about the rows before it: those that are in tx.
		if n++; n%rowsPerCommit == 0 {
			if tx, err = save(ctx, db, tx, stream); err != nil {
				return err
			}
			fmt.Fprintln(out, "committed")
		}
		if err := tx.insert(ctx, stream.Position(), &item); err != nil {
			return err
		}
	}
	// Behind the loop it is about all of them.
	tx, err = save(ctx, db, tx, stream)
	return err
}

// save commits the rows together with the checkpoint, and begins the next transaction.
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

// wait goes on with the export that the database knows of, or asks for one and notes it
// there before anything else can go wrong.
func wait(ctx context.Context, client *billing.Client, invoice string, db *database) (*manifest.Manifest[lineitem.Usage], error) {
	request := billing.BilledUsage{InvoiceID: invoice}
	token, err := db.token(ctx)
	if err != nil {
		return nil, err
	}
	if token != "" {
		p, err := billing.BeginExport(ctx, client, request, &billing.BeginExportOptions{ResumeToken: token})
		if err != nil {
			return nil, err
		}
		m, err := p.PollUntilDone(ctx, nil)
		if !errors.Is(err, apierror.ErrExpired) {
			return m, err
		}
		// The service has forgotten it. Another export of the same data does as well.
	}
	p, err := billing.BeginExport(ctx, client, request, nil)
	if err != nil {
		return nil, err
	}
	if token, err = p.ResumeToken(); err != nil {
		return nil, err
	}
	if err := db.setToken(ctx, token); err != nil {
		return nil, err
	}
	return p.PollUntilDone(ctx, nil)
}

// loadInto opens the database of the file, and loads into it.
func loadInto(ctx context.Context, client *billing.Client, invoice, file string, out io.Writer) (err error) {
	db, err := open(ctx, file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := load(ctx, client, invoice, db, out); err != nil {
		return err
	}
	var rows int64
	if err := db.QueryRowContext(ctx, `SELECT count(*) FROM usage`).Scan(&rows); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	fmt.Fprintln(out, "done:", rows, "rows")
	return nil
}
