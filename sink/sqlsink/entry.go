package sqlsink

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/partnerbilling/sdk-go/internal/ledger"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/sink"
)

// ledgerColumn is a column of the ledger.
type ledgerColumn struct {
	name string
	kind lineitem.Kind
	key  bool
}

// ledgerColumns are in the order of values.
var ledgerColumns = []ledgerColumn{
	{"target", lineitem.KindText, true}, // the table of rows; empty for the counter of fences
	{"unit", lineitem.KindText, true},
	{"dataset", lineitem.KindText, false},
	{"fence", lineitem.KindInt, false},
	{"load_number", lineitem.KindInt, false},
	{"etag", lineitem.KindText, false},
	{"manifest_id", lineitem.KindText, false},
	{"attribute_set", lineitem.KindText, false},
	{"schema_hash", lineitem.KindText, false},
	{"row_count", lineitem.KindInt, false},
	{"sums", lineitem.KindText, false},
	{"loaded_at", lineitem.KindText, false},
	{"next_load", lineitem.KindInt, false},
	{"next_etag", lineitem.KindText, false},
	{"next_manifest_id", lineitem.KindText, false},
	{"next_attribute_set", lineitem.KindText, false},
	{"next_schema_hash", lineitem.KindText, false},
	{"next_rows", lineitem.KindInt, false},
	{"next_sums", lineitem.KindText, false},
	{"next_checkpoint", lineitem.KindText, false},
	{"obsolete", lineitem.KindText, false}, // numbers of loads, separated by spaces
}

// identifying are the columns that no update changes.
const identifying = 3

// values returns the values of an entry for the columns after the identifying ones.
func values(e *ledger.Entry) ([]any, error) {
	sums, err := e.Current.Sums.Text()
	if err != nil {
		return nil, err
	}
	next, err := e.Next.Sums.Text()
	if err != nil {
		return nil, err
	}
	at := ""
	if !e.LoadedAt.IsZero() {
		at = e.LoadedAt.Format(time.RFC3339Nano)
	}
	return []any{
		e.Fence,
		e.Current.Number, e.Current.ETag, e.Current.ManifestID, e.Current.AttributeSet, e.Current.Schema, e.Current.Rows, sums, at,
		e.Next.Number, e.Next.ETag, e.Next.ManifestID, e.Next.AttributeSet, e.Next.Schema, e.Next.Rows, next, e.Checkpoint,
		ledger.FormatNumbers(e.Obsolete),
	}, nil
}

// ensureLedger creates the ledger, with the counter of fences.
func (d *database) ensureLedger(ctx context.Context) error {
	exists, err := d.ledgerExists(ctx)
	if err != nil || exists {
		return err
	}
	err = d.transaction(ctx, func(t *transaction) error {
		s := t.sql("CREATE TABLE @ (", t.ledger)
		for _, c := range ledgerColumns {
			typ := t.typeOf(c.kind)
			if c.key {
				typ = t.dialect.KeyType()
			}
			s.add(t.dialect.Quote(c.name) + " " + typ + " NOT NULL, ")
		}
		if err := t.define(ctx, s.add("PRIMARY KEY ("+t.dialect.Quote("target")+", "+t.dialect.Quote("unit")+"))")); err != nil {
			return err
		}
		return t.insertEntry(ctx, "", "", "")
	})
	if err != nil {
		// Another load may have created it in the meantime.
		if exists, _ := d.ledgerExists(ctx); exists {
			return nil
		}
	}
	return err
}

func (d *database) ledgerExists(ctx context.Context) (exists bool, err error) {
	err = d.transaction(ctx, func(t *transaction) error {
		exists, err = t.checkLedger(ctx)
		return err
	})
	return exists, err
}

// checkLedger returns whether there is a ledger, and an error if it is another table.
func (t *transaction) checkLedger(ctx context.Context) (exists bool, err error) {
	have, err := t.columns(ctx, t.ledger)
	if err != nil || have == nil {
		return false, err
	}
	for _, c := range ledgerColumns {
		typ := t.typeOf(c.kind)
		if c.key {
			typ = t.dialect.KeyType()
		}
		if err := t.fits(t.ledger, have, c.name, typ); err != nil {
			return false, err
		}
	}
	return true, nil
}

// insertEntry inserts an empty entry.
func (t *transaction) insertEntry(ctx context.Context, target, unit, dataset string) error {
	rest, err := values(new(ledger.Entry))
	if err != nil {
		return err
	}
	s := t.sql("INSERT INTO @ (", t.ledger)
	for i, c := range ledgerColumns {
		if i > 0 {
			s.add(", ")
		}
		s.add(t.dialect.Quote(c.name))
	}
	s.add(") VALUES (")
	for i, v := range append([]any{target, unit, dataset}, rest...) {
		if i > 0 {
			s.add(", ")
		}
		s.arg(v)
	}
	_, err = t.exec(ctx, s.add(")"))
	return err
}

// where adds the condition for an entry.
func (t *transaction) where(s *statement) *statement {
	return s.add(" WHERE ").equals("target", t.rows).add(" AND ").equals("unit", t.unit.Key())
}

// fence takes the next fence and gives it to the unit's entry, which it locks.
func (t *transaction) fence(ctx context.Context) error {
	counter := func(s *statement) *statement {
		return s.add(" WHERE ").equals("target", "").add(" AND ").equals("unit", "")
	}
	next := counter(t.sql("UPDATE @ SET @ = @ + 1", t.ledger, "fence", "fence"))
	n, err := t.exec(ctx, next)
	if err == nil && n == 0 { // a start was killed before it had inserted the counter
		if err = t.insertEntry(ctx, "", "", ""); err == nil {
			_, err = t.exec(ctx, next)
		}
	}
	if err != nil {
		return err
	}
	var fence int64
	if _, err := t.query(ctx, counter(t.sql("SELECT @ FROM @", "fence", t.ledger)), &fence); err != nil {
		return err
	}
	claim := t.where(t.sql("UPDATE @ SET ", t.ledger).equals("fence", fence))
	n, err = t.exec(ctx, claim)
	if err == nil && n == 0 {
		if err = t.insertEntry(ctx, t.rows, t.unit.Key(), t.unit.Dataset); err == nil {
			_, err = t.exec(ctx, claim)
		}
	}
	return err
}

// read returns the unit's entry, the zero one if there is none.
func (t *transaction) read(ctx context.Context) (e ledger.Entry, found bool, err error) {
	s := t.sql("SELECT ")
	for i, c := range ledgerColumns[identifying:] {
		if i > 0 {
			s.add(", ")
		}
		s.add(t.dialect.Quote(c.name))
	}
	s.add(" FROM " + t.dialect.Quote(t.ledger))
	var sums, next, at, obsolete string
	found, err = t.query(ctx, t.where(s), &e.Fence,
		&e.Current.Number, &e.Current.ETag, &e.Current.ManifestID, &e.Current.AttributeSet, &e.Current.Schema, &e.Current.Rows, &sums, &at,
		&e.Next.Number, &e.Next.ETag, &e.Next.ManifestID, &e.Next.AttributeSet, &e.Next.Schema, &e.Next.Rows, &next, &e.Checkpoint, &obsolete)
	if err != nil || !found {
		return ledger.Entry{}, false, err
	}
	if e.Current.Sums, err = ledger.ParseSums(sums); err == nil {
		e.Next.Sums, err = ledger.ParseSums(next)
	}
	if err == nil {
		e.Obsolete, err = ledger.ParseNumbers(obsolete)
	}
	if err == nil && at != "" {
		e.LoadedAt, err = time.Parse(time.RFC3339Nano, at)
	}
	if err != nil {
		return ledger.Entry{}, false, &sink.TableError{Table: t.ledger, Reason: fmt.Sprintf("the entry of %s is damaged (%v); call Forget and load it again", t.unit, err)}
	}
	return e, true, nil
}

// save writes an entry if the ledger has its fence.
func (t *transaction) save(ctx context.Context, e *ledger.Entry) error {
	list, err := values(e)
	if err != nil {
		return err
	}
	s := t.sql("UPDATE @ SET ", t.ledger)
	for i, c := range ledgerColumns[identifying:] {
		if i > 0 {
			s.add(", ")
		}
		s.equals(c.name, list[i])
	}
	n, err := t.exec(ctx, t.where(s).add(" AND ").equals("fence", e.Fence))
	if err == nil && n == 0 {
		err = sink.ErrSuperseded
	}
	return err
}

// checkDataset makes sure that the table has the rows of one dataset. They would be added up twice:
// rows of an unbilled export are billed later.
func (t *transaction) checkDataset(ctx context.Context) error {
	s := t.sql("SELECT min(@) FROM @ WHERE ", "dataset", t.ledger).equals("target", t.rows)
	s.add(" AND " + t.dialect.Quote("dataset") + " <> ").arg(t.unit.Dataset)
	var other *string
	if _, err := t.query(ctx, s, &other); err != nil {
		return err
	}
	if other != nil {
		return &sink.TableError{Table: t.rows, Reason: fmt.Sprintf("it has rows of dataset %q, which must not be mixed with those of %q; use another View", strings.ToValidUTF8(*other, "?"), t.unit.Dataset)}
	}
	return nil
}

// count returns how many rows of a load the table has.
func (t *transaction) count(ctx context.Context, load int64) (n int64, err error) {
	if load == 0 {
		return 0, nil
	}
	_, err = t.query(ctx, t.sql("SELECT count(*) FROM @ WHERE ", t.rows).equals(LoadColumn, load), &n)
	return n, err
}

// remove deletes the rows of loads.
func (t *transaction) remove(ctx context.Context, loads []int64) error {
	for _, load := range loads {
		if _, err := t.exec(ctx, t.sql("DELETE FROM @ WHERE ", t.rows).equals(LoadColumn, load)); err != nil {
			return err
		}
	}
	return nil
}
