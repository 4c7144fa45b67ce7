package parquetsink

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"unicode/utf8"

	"github.com/partnerbilling/sdk-go/lineitem"
)

// ErrAborted is returned by the methods of a [Writer] after Abort.
var ErrAborted = errors.New("writer was aborted; the file is not complete")

// ErrClosed is returned by Write after Close.
var ErrClosed = errors.New("writer is closed")

const (
	magic = "PAR1"
	// maxGroup is the size at which a row group ends before it has all its rows.
	maxGroup = 64 << 20
	// unitColumns is how many columns a goroutine encodes at a time. They are beside each other in
	// memory.
	unitColumns = 4
	// blockRows is how many rows are encoded at a time: they stay in the processor's cache.
	blockRows = 256
	// fewRows is how many rows are not worth another goroutine.
	fewRows = 64
)

// Writer writes rows of type T into a Parquet file. It is not safe for concurrent use.
//
// The first error ends it: every method returns that error from then on, and the file gets no
// footer.
type Writer[T any] struct {
	w       io.Writer
	schema  *lineitem.Schema[T]
	options Options
	columns []*column
	sums    []sum
	scratch []*scratch // one for each goroutine

	offset    int64
	rows      int64
	groupRows int
	groups    thrift // the row groups so far
	count     int
	err       error
	closed    bool
}

// sum is the sums of an amount.
type sum struct {
	name             string
	amount, currency int // columns
	totals           lineitem.Totals
}

// NewWriter returns a writer of rows with the columns of a schema. It writes nothing before the
// first row group is complete. The writer w is not closed. Options may be nil.
func NewWriter[T any](w io.Writer, schema *lineitem.Schema[T], o *Options) (*Writer[T], error) {
	options, err := o.checked()
	if err != nil {
		return nil, fmt.Errorf("parquetsink: new writer: %w", err)
	}
	out := &Writer[T]{w: w, schema: schema, options: options}
	columns := schema.Columns()
	for i, c := range columns {
		if !utf8.ValidString(c.Name) {
			return nil, fmt.Errorf("parquetsink: new writer: name of column %q is not valid UTF-8", c.Name)
		}
		out.columns = append(out.columns, newColumn(c, i, options.TimeUnit))
		if c.Currency != "" {
			currency := slices.IndexFunc(columns, func(o lineitem.Column) bool { return o.Name == c.Currency })
			out.sums = append(out.sums, sum{name: c.Name, amount: i, currency: currency})
		}
	}
	units := (len(columns)+unitColumns-1)/unitColumns + 1
	for range max(1, min(options.Concurrency, units)) {
		s, err := newScratch()
		if err != nil {
			return nil, fmt.Errorf("parquetsink: new writer: %w", err)
		}
		out.scratch = append(out.scratch, s)
	}
	out.groups.open() // as the fields of FileMetaData
	return out, nil
}

// Write writes rows. It keeps nothing of the slice, but texts of the rows until the row group is
// complete. Calls with some hundred rows or more use all processors.
//
// The error is a [*lineitem.ValueError] for a value that its column cannot have: a decimal with
// more places than the scale or too many digits, a text that is not UTF-8, a time that the unit
// cannot represent, or a value that [lineitem.Schema.Check] refuses. Its row is an index of this
// call's rows. Errors of the underlying writer are wrapped.
func (w *Writer[T]) Write(rows []T) error {
	switch {
	case w.err != nil:
		return w.err
	case w.closed:
		return fmt.Errorf("parquetsink: write: %w", ErrClosed)
	}
	before := w.rows
	if err := w.write(rows); err != nil {
		w.end(fmt.Errorf("parquetsink: write after %d rows: %w", before, err))
	}
	return w.err
}

func (w *Writer[T]) write(rows []T) error {
	if err := w.schema.Check(rows); err != nil {
		return err
	}
	for start := 0; start < len(rows); {
		some := rows[start:min(len(rows), start+w.options.RowGroupRows-w.groupRows, start+pageRows)]
		if err := w.encode(some); err != nil {
			err.Row += start
			return err
		}
		start += len(some)
		w.groupRows += len(some)
		w.rows += int64(len(some))
		if w.groupRows == w.options.RowGroupRows || w.groupBytes() > maxGroup {
			if err := w.finishGroup(); err != nil {
				return err
			}
		}
	}
	return nil
}

// encode adds rows to the columns. The error is that of the first row with one, and in it of the
// first column, however many goroutines there are.
func (w *Writer[T]) encode(rows []T) *lineitem.ValueError {
	errs := make([]*lineitem.ValueError, len(w.columns))
	w.each(len(rows) >= fewRows, func(columns []*column, s *scratch) {
		for start := 0; start < len(rows); start += blockRows {
			block := rows[start:min(len(rows), start+blockRows)]
			for _, c := range columns {
				if errs[c.index] != nil {
					continue
				}
				if err := appendRows(c, w.schema, block, s); err != nil {
					err.Row += start
					errs[c.index] = err
				}
			}
		}
	}, func() {
		for i := range w.sums {
			sum := &w.sums[i]
			for row := range rows {
				currency, _ := w.schema.Text(&rows[row], sum.currency)
				sum.totals.Add(currency, w.schema.Decimal(&rows[row], sum.amount))
			}
		}
	})
	var first *lineitem.ValueError
	for _, err := range errs {
		if err != nil && (first == nil || err.Row < first.Row) {
			first = err
		}
	}
	return first
}

// each calls a function for all columns, some at a time, and another one once, on several
// goroutines if that is worth it.
func (w *Writer[T]) each(parallel bool, do func([]*column, *scratch), beside func()) {
	var next atomic.Int64
	work := func(s *scratch) {
		for {
			start := int(next.Add(1)-2) * unitColumns
			switch {
			case start < 0:
				beside()
			case start >= len(w.columns):
				return
			default:
				do(w.columns[start:min(len(w.columns), start+unitColumns)], s)
			}
		}
	}
	var others sync.WaitGroup
	if parallel {
		for _, s := range w.scratch[1:] {
			others.Go(func() { work(s) })
		}
	}
	work(w.scratch[0])
	others.Wait()
}

// groupBytes returns the size of the row group so far.
func (w *Writer[T]) groupBytes() (n int64) {
	for _, c := range w.columns {
		n += c.bytes()
	}
	return n
}

// finishGroup writes the row group.
func (w *Writer[T]) finishGroup() error {
	if w.groupRows == 0 {
		return nil
	}
	w.each(true, func(columns []*column, s *scratch) {
		for _, c := range columns {
			c.finish(s)
		}
	}, func() {})
	if err := w.begin(); err != nil {
		return err
	}
	start, t := w.offset, &w.groups
	var plain int64
	t.open()
	t.list(1, thriftStruct, len(w.columns))
	for _, c := range w.columns {
		c.appendChunk(t, w.offset)
		plain += int64(c.pages.plain + c.page.plain)
		if err := errors.Join(w.put(c.page.buf), w.put(c.pages.buf)); err != nil {
			return err
		}
		c.reset()
	}
	t.i64(2, plain)
	t.i64(3, int64(w.groupRows))
	t.i64(5, start)
	t.i64(6, w.offset-start)
	if w.count <= 1<<15-1 { // the field has 16 bits
		t.i16(7, w.count)
	}
	t.close()
	w.count++
	w.groupRows = 0
	return nil
}

// begin writes the start of the file.
func (w *Writer[T]) begin() error {
	if w.offset > 0 {
		return nil
	}
	return w.put([]byte(magic))
}

func (w *Writer[T]) put(data []byte) error {
	if len(data) == 0 {
		return nil
	}
	n, err := w.w.Write(data)
	if err == nil && n < len(data) {
		err = io.ErrShortWrite
	}
	w.offset += int64(n)
	return err
}

// Rows returns the number of rows so far.
func (w *Writer[T]) Rows() int64 { return w.rows }

// Close writes what is left, and the footer. Only after it has returned nil is the file valid. It
// does not close the underlying writer. After an error or Abort it returns that error; a second
// call returns what the first did.
func (w *Writer[T]) Close() error {
	if w.closed || w.err != nil {
		return w.err
	}
	err := w.finish()
	if w.end(nil); err != nil {
		w.err = fmt.Errorf("parquetsink: close after %d rows: %w", w.rows, err)
	}
	return w.err
}

func (w *Writer[T]) finish() error {
	if err := w.finishGroup(); err != nil {
		return err
	}
	if err := w.begin(); err != nil {
		return err
	}
	metadata, err := w.metadata()
	if err != nil {
		return err
	}
	var t thrift
	t.open()
	appendSchema(&t, w.columns, w.options.TimeUnit)
	t.i64(3, w.rows)
	t.list(4, thriftStruct, w.count)
	t.buf = append(t.buf, w.groups.buf...)
	t.list(5, thriftStruct, len(metadata))
	for _, name := range slices.Sorted(maps.Keys(metadata)) {
		t.open()
		t.text(1, name)
		t.text(2, metadata[name])
		t.close()
	}
	t.text(6, createdBy)
	t.list(7, thriftStruct, len(w.columns))
	for range w.columns {
		t.open()
		t.empty(1) // the order of the column's type
		t.close()
	}
	t.close()
	t.buf = binary.LittleEndian.AppendUint32(t.buf, uint32(len(t.buf))) //nolint:gosec // Far less than 4 GiB.
	return w.put(append(t.buf, magic...))
}

// metadata returns the key-value metadata.
func (w *Writer[T]) metadata() (map[string]string, error) {
	all := map[string]string{MetadataRows: strconv.FormatInt(w.rows, 10)}
	maps.Copy(all, w.options.Metadata)
	if len(w.sums) > 0 {
		sums := make(map[string]map[string]string)
		for _, s := range w.sums {
			sums[s.name] = make(map[string]string)
			for _, currency := range s.totals.Currencies() {
				sums[s.name][currency] = s.totals.Text(currency)
			}
		}
		var text bytes.Buffer
		e := json.NewEncoder(&text)
		e.SetEscapeHTML(false)
		if err := e.Encode(sums); err != nil {
			return nil, err
		}
		all[MetadataSums] = string(bytes.TrimSpace(text.Bytes()))
	}
	return all, nil
}

// Abort ends the writer without a footer: what the underlying writer has is no Parquet file, and
// should be removed. Abort does nothing after Close or an error, so it can be deferred.
func (w *Writer[T]) Abort() {
	if !w.closed && w.err == nil {
		w.end(fmt.Errorf("parquetsink: %w", ErrAborted))
	}
}

func (w *Writer[T]) end(err error) {
	w.closed, w.err = true, err
	w.columns, w.scratch, w.groups = nil, nil, thrift{}
}
