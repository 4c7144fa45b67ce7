package sqlsink

import (
	"context"
	"database/sql"

	"github.com/partnerbilling/sdk-go/internal/ledger"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/sink"
)

// Writer makes rows those of a unit that come from no export, such as findings of a reconciliation.
// Readers see them after [Writer.Close], which replaces the rows of before. It is not safe for
// concurrent use.
type Writer[T any] struct {
	unit   sink.Unit
	writer *ledger.Writer[T]
}

// NewWriter begins a load of a unit. It supersedes other loads of the unit, which end with
// [sink.ErrSuperseded]. End it with [Writer.Close] or [Writer.Abort]; what a killed program has
// written is deleted by the next load of the unit. The errors are those of [Load].
func NewWriter[T any](ctx context.Context, db *sql.DB, unit sink.Unit, schema *lineitem.Schema[T], o *WriterOptions) (*Writer[T], error) {
	if o == nil {
		o = new(WriterOptions)
	}
	s, err := newStore(db, unit, schema, o.Options)
	if err != nil {
		return nil, failed("write", unit, err)
	}
	w, err := ledger.NewWriter(ctx, s, unit, schema, o.CommitRows)
	if err != nil {
		return nil, failed("write", unit, err)
	}
	return &Writer[T]{unit, w}, nil
}

// Write adds rows, whose slice it does not keep. They are inserted when there are enough for a
// transaction. After an error, which may be about rows of an earlier call, call Abort. Row of a
// [*lineitem.ValueError] counts all rows that were written, from 0.
func (w *Writer[T]) Write(ctx context.Context, rows []T) error {
	return failed("write", w.unit, w.writer.Write(ctx, rows))
}

// Close inserts the last rows and makes all of them those of the unit. With an error, the result is
// not zero if they are, as with [Load].
func (w *Writer[T]) Close(ctx context.Context) (sink.Result, error) {
	result, err := w.writer.Close(ctx)
	return result, failed("write", w.unit, err)
}

// Abort deletes the rows that were written. Readers see those of before. After Close it does
// nothing, so it can be deferred.
func (w *Writer[T]) Abort(ctx context.Context) error {
	return failed("abort", w.unit, w.writer.Abort(ctx))
}
