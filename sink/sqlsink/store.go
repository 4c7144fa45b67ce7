package sqlsink

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"github.com/partnerbilling/sdk-go/internal/ledger"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/sink"
)

// store is a [ledger.Store].
type store[T any] struct {
	*database
	columns []lineitem.Column
	encoder encoder[T]
	written []string // the names of the columns in the table
}

func newStore[T any](db *sql.DB, unit sink.Unit, schema *lineitem.Schema[T], o Options) (*store[T], error) {
	d, err := newDatabase(db, unit, o)
	if err != nil {
		return nil, err
	}
	s := &store[T]{database: d, columns: schema.Columns()}
	if i := slices.IndexFunc(s.columns, func(c lineitem.Column) bool { return find([]TableColumn{{Name: LoadColumn}}, c.Name) != nil }); i >= 0 {
		return nil, &sink.TableError{Table: d.rows, Column: s.columns[i].Name, Reason: "it has the number of the load; rename the column of the schema"}
	}
	s.encoder = newEncoder(schema, d.dialect)
	return s, nil
}

// Read implements [ledger.Store].
func (s *store[T]) Read(ctx context.Context) (e ledger.Entry, ready bool, err error) {
	err = s.transaction(ctx, func(t *transaction) error {
		exists, err := t.checkLedger(ctx)
		if err != nil || !exists {
			return err
		}
		if e, exists, err = t.read(ctx); err != nil || !exists {
			return err
		}
		ready, err = t.ready(ctx, s.columns, &e)
		return err
	})
	return e, ready, err
}

// ready reports whether table and view fit and have the rows of the current load.
func (t *transaction) ready(ctx context.Context, columns []lineitem.Column, e *ledger.Entry) (bool, error) {
	rows, err := t.columns(ctx, t.rows)
	if err != nil || rows == nil {
		return false, err
	}
	view, err := t.columns(ctx, t.view)
	if err != nil {
		return false, err
	}
	missing, err := t.checkRows(rows, columns)
	if err != nil || len(missing) > 0 || !slices.Equal(columnNames(view), visible(rows)) {
		return false, err
	}
	n, err := t.count(ctx, e.Current.Number)
	return n == e.Current.Rows, err
}

// Start implements [ledger.Store].
func (s *store[T]) Start(ctx context.Context, begin func(e *ledger.Entry, complete bool) error) error {
	if err := s.ensureLedger(ctx); err != nil {
		return err
	}
	return s.transaction(ctx, func(t *transaction) error {
		if err := t.fence(ctx); err != nil {
			return err
		}
		if err := t.checkDataset(ctx); err != nil {
			return err
		}
		var err error
		if s.written, err = t.ensureRows(ctx, s.columns); err != nil {
			return err
		}
		e, _, err := t.read(ctx)
		if err != nil {
			return err
		}
		n, err := t.count(ctx, e.Current.Number)
		if err != nil {
			return err
		}
		if err := begin(&e, n == e.Current.Rows); err != nil {
			return err
		}
		return t.save(ctx, &e)
	})
}

// Append implements [ledger.Store].
func (s *store[T]) Append(ctx context.Context, e *ledger.Entry, rows []T) error {
	return s.transaction(ctx, func(t *transaction) error {
		if err := t.save(ctx, e); err != nil || len(rows) == 0 {
			return err
		}
		return s.insert(ctx, t, e.Next.Number, rows)
	})
}

// insert inserts rows with a prepared statement.
func (s *store[T]) insert(ctx context.Context, t *transaction, load int64, rows []T) (err error) {
	into := t.sql("INSERT INTO @ (@", t.rows, LoadColumn)
	for _, name := range s.written {
		into.add(", " + t.dialect.Quote(name))
	}
	into.add(") VALUES (").arg(load)
	for range s.written {
		into.add(", ").arg(nil)
	}
	text := into.add(")").text.String()
	prepared, err := t.tx.PrepareContext(ctx, text)
	if err != nil {
		return into.failed(err)
	}
	defer func() {
		if closed := prepared.Close(); closed != nil && err == nil {
			err = into.failed(closed)
		}
	}()
	each := ctx
	if t.dialect.Local() {
		each = context.WithoutCancel(ctx)
	}
	for i := range rows {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := s.encoder.encode(&rows[i], into.args[1:]); err != nil {
			return located(err, i)
		}
		if _, err := prepared.ExecContext(each, into.args...); err != nil {
			return into.failed(err)
		}
	}
	return nil
}

// located puts the index of the row into an error about a value.
func located(err error, row int) error {
	if value, is := errors.AsType[*lineitem.ValueError](err); is {
		value.Row = row
	}
	return err
}

// Finish implements [ledger.Store].
func (s *store[T]) Finish(ctx context.Context, e *ledger.Entry) error {
	return s.transaction(ctx, func(t *transaction) error {
		if err := t.save(ctx, e); err != nil {
			return err
		}
		n, err := t.count(ctx, e.Current.Number)
		if err == nil && n != e.Current.Rows {
			err = ledger.RowsError(s.rows, n, e.Current.Rows)
		}
		return err
	})
}

// Sweep implements [ledger.Store].
func (s *store[T]) Sweep(ctx context.Context, e *ledger.Entry, loads []int64) error {
	return s.transaction(ctx, func(t *transaction) error {
		if err := t.save(ctx, e); err != nil {
			return err
		}
		return t.remove(ctx, loads)
	})
}
