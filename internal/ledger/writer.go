package ledger

import (
	"context"
	"errors"

	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/sink"
)

// Writer loads rows that come from no stream.
type Writer[T any] struct {
	session *session[T]
	err     error // not nil: the writer cannot be used any more
}

// NewWriter begins a load.
func NewWriter[T any](ctx context.Context, store Store[T], unit sink.Unit, schema *lineitem.Schema[T], commitRows int) (*Writer[T], error) {
	if err := unit.Check(); err != nil {
		return nil, err
	}
	s := newSession(store, unit, schema, commitRows)
	err := store.Start(ctx, func(e *Entry, _ bool) error {
		e.begin(Version{Schema: schema.Hash()})
		s.started(e)
		return nil
	})
	if err == nil {
		err = s.sweep(ctx)
	}
	if err != nil {
		return nil, err
	}
	return &Writer[T]{session: s}, nil
}

// Write adds rows.
func (w *Writer[T]) Write(ctx context.Context, rows []T) error {
	if w.err != nil {
		return w.err
	}
	s := w.session
	for len(rows) > 0 {
		n := min(len(rows), s.limit-len(s.rows))
		if n == s.limit {
			w.fail(s.append(ctx, rows[:n], nil, "")) // without copying them
		} else if s.rows = append(s.rows, rows[:n]...); len(s.rows) == s.limit {
			w.fail(s.flush(ctx, ""))
		}
		if w.err != nil {
			return w.err
		}
		rows = rows[n:]
	}
	return nil
}

// fail keeps the first error, with which the load has failed.
func (w *Writer[T]) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

// Close makes the rows the current ones.
func (w *Writer[T]) Close(ctx context.Context) (sink.Result, error) {
	if w.err != nil {
		return sink.Result{}, w.err
	}
	w.err = sink.ErrClosed
	if err := w.session.flush(ctx, ""); err != nil {
		return sink.Result{}, err
	}
	return w.session.finish(ctx)
}

// Abort deletes the rows, unless the writer was closed.
func (w *Writer[T]) Abort(ctx context.Context) error {
	if errors.Is(w.err, sink.ErrClosed) {
		return nil
	}
	w.err = sink.ErrClosed
	w.session.entry.abandon()
	return w.session.sweep(ctx)
}
