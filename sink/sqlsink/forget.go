package sqlsink

import (
	"context"
	"database/sql"

	"github.com/partnerbilling/sdk-go/sink"
)

// Forget deletes a unit: its rows, and its entry in the ledger. A load of it that runs ends with
// [sink.ErrSuperseded]. A unit that does not exist is no error. Options may be nil.
func Forget(ctx context.Context, db *sql.DB, unit sink.Unit, o *Options) error {
	if o == nil {
		o = new(Options)
	}
	d, err := newDatabase(db, unit, *o)
	if err == nil {
		err = d.forget(ctx)
	}
	return failed("forget", unit, err)
}

func (d *database) forget(ctx context.Context) error {
	exists, err := d.ledgerExists(ctx)
	if err != nil || !exists {
		return err
	}
	return d.transaction(ctx, func(t *transaction) error {
		// The update locks the entry. Fences are positive: no load can save any more.
		n, err := t.exec(ctx, t.where(t.sql("UPDATE @ SET ", t.ledger).equals("fence", -1)))
		if err != nil || n == 0 {
			return err
		}
		e, _, err := t.read(ctx)
		if err != nil {
			return err
		}
		have, err := t.columns(ctx, t.rows)
		if err != nil {
			return err
		}
		if have != nil {
			if err := t.remove(ctx, e.Numbers()); err != nil {
				return err
			}
		}
		_, err = t.exec(ctx, t.where(t.sql("DELETE FROM @", t.ledger)))
		return err
	})
}
