package csvsink

import (
	"errors"
	"fmt"
	"io"

	"github.com/partnerbilling/sdk-go/lineitem"
)

// ErrAborted is returned by the methods of a [Writer] after Abort.
var ErrAborted = errors.New("writer was aborted; the file is not complete")

// ErrClosed is returned by Write after Close.
var ErrClosed = errors.New("writer is closed")

// flushBytes is how much is collected before it is written.
const flushBytes = 64 << 10

// Writer writes rows of type T into a CSV file. It is not safe for concurrent use.
//
// The first error ends it: every method returns that error from then on, so that Close returns nil
// only if the file has all rows.
type Writer[T any] struct {
	w       io.Writer
	schema  *lineitem.Schema[T]
	format  format
	buf     []byte
	rows    int64
	started bool  // the header was written
	err     error // the first, or why it ended
	closed  bool
}

// NewWriter returns a writer of rows with the columns of a schema. It writes nothing before the
// first rows or Close. The writer w is not closed. Options may be nil.
func NewWriter[T any](w io.Writer, schema *lineitem.Schema[T], o *Options) (*Writer[T], error) {
	options, err := o.checked()
	if err != nil {
		return nil, fmt.Errorf("csvsink: new writer: %w", err)
	}
	return &Writer[T]{w: w, schema: schema, format: newFormat(options, schema.Columns()), buf: make([]byte, 0, 2*flushBytes)}, nil
}

// Write writes rows. It keeps nothing of them.
//
// The error is a [*lineitem.ValueError] for a value that a CSV file cannot have: a text that is not
// UTF-8, or a value that [lineitem.Schema.Check] refuses. Its row is an index of this call's rows.
// Errors of the underlying writer are wrapped.
func (w *Writer[T]) Write(rows []T) error {
	switch {
	case w.closed && w.err == nil:
		return fmt.Errorf("csvsink: write: %w", ErrClosed)
	case w.err != nil:
		return w.err
	}
	if err := w.write(rows); err != nil {
		w.end(fmt.Errorf("csvsink: write after %d rows: %w", w.rows, err))
	}
	return w.err
}

func (w *Writer[T]) write(rows []T) error {
	w.start()
	if err := w.schema.Check(rows); err != nil {
		return err
	}
	for i := range rows {
		if err := w.record(&rows[i]); err != nil {
			err.Row = i
			return err
		}
		w.rows++
		if len(w.buf) >= flushBytes {
			if err := w.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// record appends a row.
func (w *Writer[T]) record(row *T) *lineitem.ValueError {
	f := &w.format
	buf := w.buf
	for col := range f.columns {
		if col > 0 {
			buf = append(buf, f.comma)
		}
		start := len(buf)
		var ok bool
		switch c := &f.columns[col]; {
		case c.text:
			if buf, ok = w.schema.AppendText(buf, row, col); ok {
				if buf, ok = f.text(buf, start); !ok {
					return &lineitem.ValueError{Column: c.name, Err: errNotUTF8}
				}
				continue
			}
		case c.time:
			t, ok := w.schema.Time(row, col)
			if ok {
				buf = f.time(buf, t)
				continue
			}
		default:
			if buf, ok = w.schema.AppendText(buf, row, col); ok {
				f.number(buf[start:])
				continue
			}
		}
		if len(f.columns) == 1 {
			buf = append(buf, `""`...)
		}
	}
	w.buf = append(buf, f.newline...)
	return nil
}

// Rows returns the number of rows so far.
func (w *Writer[T]) Rows() int64 { return w.rows }

// Close writes what is left, and the header if there were no rows. Only after it has returned nil
// is the file valid. It does not close the underlying writer. After an error or Abort it returns
// that error; a second call returns what the first did.
func (w *Writer[T]) Close() error {
	if w.closed || w.err != nil {
		return w.err
	}
	w.start()
	err := w.flush()
	if w.end(nil); err != nil {
		w.err = fmt.Errorf("csvsink: close after %d rows: %w", w.rows, err)
	}
	return w.err
}

// Abort ends the writer without writing what is left. What the underlying writer already has is not
// a valid file, although it can look like one, because CSV has no mark at its end: remove it. Abort
// does nothing after Close or an error, so it can be deferred.
func (w *Writer[T]) Abort() {
	if !w.closed && w.err == nil {
		w.end(fmt.Errorf("csvsink: %w", ErrAborted))
	}
}

func (w *Writer[T]) end(err error) { w.closed, w.err, w.buf = true, err, nil }

// start appends the header.
func (w *Writer[T]) start() {
	if !w.started {
		w.started = true
		w.buf = w.format.header(w.buf)
	}
}

func (w *Writer[T]) flush() error {
	if len(w.buf) == 0 {
		return nil
	}
	n, err := w.w.Write(w.buf)
	if err == nil && n < len(w.buf) {
		err = io.ErrShortWrite
	}
	w.buf = w.buf[:0]
	return err
}
