package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/sink"
)

// Store is a database with a ledger, and with a table and a view for the rows of a unit. Each
// method is one transaction. Those that save an entry do it only if the ledger has its fence, and
// return [sink.ErrSuperseded] otherwise, without any change.
type Store[T any] interface {
	// Read returns the unit's entry, the zero one if there is none. Ready says that table and view
	// fit, and that the table has as many rows of the current load as the entry says.
	Read(ctx context.Context) (e Entry, ready bool, err error)
	// Start takes the next number of the ledger as the entry's fence, so that older loads of the
	// unit can save no more, creates or changes table and view so that they fit, and saves the
	// entry as begin has changed it. Complete says that the table has the rows of the current load.
	Start(ctx context.Context, begin func(e *Entry, complete bool) error) error
	// Append saves the entry and inserts rows as those of e.Next. A [*lineitem.ValueError] has the
	// index of the row.
	Append(ctx context.Context, e *Entry, rows []T) error
	// Finish saves the entry if the table has as many rows of the current load as it says, and
	// returns [sink.ErrRows] otherwise.
	Finish(ctx context.Context, e *Entry) error
	// Sweep saves the entry and deletes the rows of loads.
	Sweep(ctx context.Context, e *Entry, loads []int64) error
}

// DefaultCommitRows is how many rows a transaction inserts unless options say otherwise. While that
// takes place, a stream decodes about as many: with more, both would wait for each other.
const DefaultCommitRows = 2_000

// amount is a column whose values are added up.
type amount struct {
	name          string
	col, currency int
	totals        lineitem.Totals
}

// session is a load in progress.
type session[T any] struct {
	store   Store[T]
	schema  *lineitem.Schema[T]
	unit    sink.Unit
	entry   Entry
	resumed int64 // rows that were there at the start
	amounts []amount
	limit   int // rows of a transaction
	rows    []T // that are not in the database yet
	at      []lineitem.Position
}

func newSession[T any](store Store[T], unit sink.Unit, schema *lineitem.Schema[T], limit int) *session[T] {
	if limit <= 0 {
		limit = DefaultCommitRows
	}
	s := &session[T]{store: store, schema: schema, unit: unit, limit: limit}
	columns := schema.Columns()
	for i, c := range columns {
		if c.Currency == "" {
			continue
		}
		currency := slices.IndexFunc(columns, func(o lineitem.Column) bool { return o.Name == c.Currency })
		s.amounts = append(s.amounts, amount{name: c.Name, col: i, currency: currency})
	}
	return s
}

// started takes over the entry after a start.
func (s *session[T]) started(e *Entry) {
	s.entry, s.resumed = *e, e.Next.Rows
	for i := range s.amounts {
		totals := e.Next.Sums[s.amounts[i].name]
		s.amounts[i].totals = lineitem.Totals{}
		s.amounts[i].totals.Merge(&totals)
	}
}

// flush inserts the rows that are not in the database yet, with the checkpoint after them.
func (s *session[T]) flush(ctx context.Context, checkpoint string) error {
	rows := s.rows
	if len(rows) == 0 && checkpoint == s.entry.Checkpoint {
		return nil
	}
	if err := s.append(ctx, rows, s.at, checkpoint); err != nil {
		return err
	}
	clear(rows) // their texts are not needed any more
	s.rows, s.at = rows[:0], s.at[:0]
	return nil
}

// append inserts rows in one transaction.
func (s *session[T]) append(ctx context.Context, rows []T, at []lineitem.Position, checkpoint string) error {
	if err := s.schema.Check(rows); err != nil {
		return s.located(err, at)
	}
	next := &s.entry.Next
	sums := make(Sums, len(s.amounts))
	for i := range s.amounts {
		a := &s.amounts[i]
		for r := range rows {
			currency, _ := s.schema.Text(&rows[r], a.currency)
			a.totals.Add(currency, s.schema.Decimal(&rows[r], a.col))
		}
		sums[a.name] = a.totals
	}
	before := next.Rows
	next.Rows, next.Sums, s.entry.Checkpoint = before+int64(len(rows)), sums, checkpoint
	if err := s.store.Append(ctx, &s.entry, rows); err != nil {
		next.Rows = before
		return s.located(err, at)
	}
	return nil
}

// located puts the position of the row into an error about a value. Row counts those of the load.
func (s *session[T]) located(err error, at []lineitem.Position) error {
	if value, is := errors.AsType[*lineitem.ValueError](err); is {
		if value.Row < len(at) {
			value.Position = at[value.Row]
		}
		value.Row += int(s.entry.Next.Rows)
	}
	return err
}

// finish makes the load the current one and deletes what is obsolete.
func (s *session[T]) finish(ctx context.Context) (sink.Result, error) {
	s.entry.finish(time.Now().UTC())
	if err := s.store.Finish(ctx, &s.entry); err != nil {
		return sink.Result{}, err
	}
	err := s.sweep(ctx)
	if err != nil {
		err = fmt.Errorf("the rows are loaded, but former ones, which readers do not see, were not deleted; the next load tries again: %w", err)
	}
	return s.result(sink.Loaded), err
}

// sweep deletes the rows of obsolete loads.
func (s *session[T]) sweep(ctx context.Context) error {
	obsolete := s.entry.Obsolete
	if len(obsolete) == 0 {
		return nil
	}
	s.entry.Obsolete = nil
	if err := s.store.Sweep(ctx, &s.entry, obsolete); err != nil && !errors.Is(err, sink.ErrSuperseded) {
		return err // otherwise the newer load deletes them
	}
	return nil
}

func (s *session[T]) result(status sink.Status) sink.Result {
	c := &s.entry.Current
	r := sink.Result{
		Status: status, Unit: s.unit, Load: c.Number, ETag: c.ETag, ManifestID: c.ManifestID, AttributeSet: c.AttributeSet,
		Rows: c.Rows, Sums: c.Sums.clone(), LoadedAt: s.entry.LoadedAt,
	}
	if status == sink.Loaded {
		r.Resumed = s.resumed
	}
	return r
}

// RowsError returns the error for a table that has another number of rows than were inserted.
func RowsError(table string, have, want int64) error {
	return fmt.Errorf("%w: table %q has %d rows of the load, and %d were inserted; look for triggers and other programs that change it", sink.ErrRows, table, have, want)
}
