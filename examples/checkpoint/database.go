package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	_ "modernc.org/sqlite" // a driver without cgo

	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
)

// The key is the position of a row in the export, so a duplicate row would be an error.
const schema = `
CREATE TABLE IF NOT EXISTS usage (
	blob INTEGER NOT NULL, line INTEGER NOT NULL,
	customer TEXT, product TEXT, day TEXT, quantity TEXT, price TEXT, total TEXT, currency TEXT,
	PRIMARY KEY (blob, line)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS blobs (id INTEGER PRIMARY KEY, name TEXT UNIQUE);
CREATE TABLE IF NOT EXISTS state (
	one INTEGER PRIMARY KEY CHECK (one = 1), invoice TEXT NOT NULL DEFAULT '', token TEXT NOT NULL DEFAULT '', checkpoint TEXT NOT NULL DEFAULT ''
);
INSERT OR IGNORE INTO state (one) VALUES (1);`

// database contains the rows of one export, its resume token and the checkpoint of its load. It is
// a poller.TokenStore.
type database struct {
	*sql.DB
}

func open(ctx context.Context, file string) (*database, error) {
	// With a write-ahead log, a killed process leaves only complete transactions.
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_pragma=busy_timeout(10000)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // SQLite has one writer
	if _, err := db.ExecContext(ctx, schema); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &database{db}, nil
}

// Load returns the resume token of the export, or "" if there is none.
func (db *database) Load(ctx context.Context) (token string, err error) {
	err = db.QueryRowContext(ctx, `SELECT token FROM state`).Scan(&token)
	return token, err
}

// Save replaces the resume token.
func (db *database) Save(ctx context.Context, token string) error {
	_, err := db.ExecContext(ctx, `UPDATE state SET token = ?`, token)
	return err
}

// Forget removes the resume token. The checkpoint stays with the rows: a load of all rows that is
// repeated inserts none.
func (db *database) Forget(ctx context.Context) error { return db.Save(ctx, "") }

// claim makes the database that of an invoice. It returns an error if it is that of another one.
func (db *database) claim(ctx context.Context, invoice string) error {
	var owner string
	if err := db.QueryRowContext(ctx, `UPDATE state SET invoice = CASE invoice WHEN '' THEN ? ELSE invoice END RETURNING invoice`, invoice).Scan(&owner); err != nil {
		return err
	}
	if owner != invoice {
		return fmt.Errorf("the database is that of invoice %s; choose another file for %s", owner, invoice)
	}
	return nil
}

// checkpoint returns the checkpoint of the load; nil means the start.
func (db *database) checkpoint(ctx context.Context) (*manifest.Checkpoint, error) {
	var text string
	if err := db.QueryRowContext(ctx, `SELECT checkpoint FROM state`).Scan(&text); err != nil || text == "" {
		return nil, err
	}
	return manifest.ParseCheckpoint(text)
}

// count returns the number of rows.
func (db *database) count(ctx context.Context) (rows int64, err error) {
	err = db.QueryRowContext(ctx, `SELECT count(*) FROM usage`).Scan(&rows)
	return rows, err
}

// transaction inserts rows together with the checkpoint after them.
type transaction struct {
	tx    *sql.Tx
	row   *sql.Stmt
	blobs map[string]int64 // IDs by name
}

func (db *database) begin(ctx context.Context) (*transaction, error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	row, err := tx.PrepareContext(ctx, `INSERT INTO usage VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`)
	if err != nil {
		return nil, errors.Join(err, tx.Rollback())
	}
	return &transaction{tx, row, map[string]int64{}}, nil
}

// insert inserts a row. Amounts are stored as text, because SQLite has no decimal type. An amount
// or a day that a row does not have is NULL.
func (t *transaction) insert(ctx context.Context, at lineitem.Position, item *lineitem.Usage) error {
	blob, known := t.blobs[at.Blob]
	if !known {
		if _, err := t.tx.ExecContext(ctx, `INSERT OR IGNORE INTO blobs (name) VALUES (?)`, at.Blob); err != nil {
			return err
		}
		if err := t.tx.QueryRowContext(ctx, `SELECT id FROM blobs WHERE name = ?`, at.Blob).Scan(&blob); err != nil {
			return err
		}
		t.blobs[at.Blob] = blob
	}
	_, err := t.row.ExecContext(ctx, blob, at.Line, item.CustomerID, item.ProductID, day(item.UsageDate),
		amount(item.Quantity), amount(item.UnitPrice), amount(item.BillingPreTaxTotal), item.BillingCurrency)
	return err
}

func day(t time.Time) sql.NullString {
	return sql.NullString{String: t.Format(time.DateOnly), Valid: !t.IsZero()}
}

func amount(d lineitem.Decimal) sql.NullString {
	return sql.NullString{String: d.String(), Valid: !d.IsNull()}
}

// commit commits the rows and the checkpoint atomically.
func (t *transaction) commit(ctx context.Context, c *manifest.Checkpoint) error {
	if _, err := t.tx.ExecContext(ctx, `UPDATE state SET checkpoint = ?`, c.String()); err != nil {
		return err
	}
	return t.tx.Commit()
}

// rollback discards uncommitted rows, which are read again.
func (t *transaction) rollback() {
	if t != nil {
		_ = t.tx.Rollback() // after a commit there is nothing to roll back
	}
}
