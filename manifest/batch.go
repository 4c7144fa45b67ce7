package manifest

import (
	"context"
	"errors"
	"fmt"

	"github.com/partnerbilling/sdk-go/lineitem"
)

const (
	// batchRows is how many rows travel together. Each hand-over costs about as much
	// as decoding a row.
	batchRows = 256
	// batchBytes ends a batch early where rows are long, so that a batch's memory has
	// a bound: this and one row more.
	batchBytes = 512 << 10
)

// batch is a run of rows of one blob. Rows are yielded by value, so a batch can be
// filled again as soon as the loop is through with it.
type batch[T any] struct {
	blob int // index in the stream
	rows []T // n of them are filled
	at   []lineitem.Position
	n    int

	report BlobReport // of the blob, up to the end of this batch; Rows is left out
	done   bool       // the blob ended here, proved whole
	err    error      // the blob ended here, behind the rows

	panicked any // the caller's code panicked in the worker, with this
}

func newBatch[T any]() *batch[T] {
	return &batch[T]{rows: make([]T, batchRows), at: make([]lineitem.Position, batchRows)}
}

// opened is a blob in reading.
type opened[T any] struct {
	index int
	name  string
	raw   *blobReader
	rows  *lineitem.Reader[T]
	next  int // rows in the next batch
}

// open begins a blob; nothing is sent yet.
func (s *Stream[T]) open(ctx context.Context, index int) (*opened[T], error) {
	name := s.blobs[index].Name
	raw, err := newBlobReader(ctx, s.source, name, s.options.limits())
	if err != nil {
		return nil, fmt.Errorf("manifest: blob %q: %w", name, err)
	}
	return &opened[T]{
		index: index,
		name:  name,
		raw:   raw,
		rows: lineitem.NewReader[T](raw, &lineitem.ReaderOptions{
			Blob:         name,
			MaxLineBytes: s.options.MaxLineBytes,
			RequireGzip:  !s.options.AllowPlain,
			OnBadLine:    s.badLine(),
		}),
		next: 1,
	}, nil
}

// fill puts the next rows into b. The first batch of a blob has one row, so that the
// loop can start at once; the others grow.
func (o *opened[T]) fill(b *batch[T]) {
	b.blob, b.n, b.done, b.err, b.panicked = o.index, 0, false, nil, nil
	for b.n < o.next {
		if err := o.rows.Read(&b.rows[b.n]); err != nil {
			b.done, b.err = o.end(err)
			break
		}
		b.at[b.n] = o.rows.Position()
		b.n++
		if b.at[b.n-1].Offset-b.at[0].Offset >= batchBytes {
			break
		}
	}
	o.next = min(batchRows, o.next*16)
	stats := o.rows.Stats()
	b.report = BlobReport{
		Name:            o.name,
		Size:            max(0, o.raw.total),
		Bytes:           o.raw.offset,
		Skipped:         stats.Skipped,
		Blank:           stats.Blank,
		Replaced:        stats.Replaced,
		Reopened:        o.raw.reopened,
		ContentEncoding: o.raw.encoding,
		Verified:        b.done,
	}
}

// end tells what the last answer of the row reader means for the blob.
func (o *opened[T]) end(err error) (done bool, _ error) {
	var read *ReadError
	var decode *lineitem.DecodeError
	switch {
	case o.rows.Done() && o.raw.whole():
		return true, nil
	case o.rows.Done():
		return false, o.raw.final(badAnswer("the rows ended before the blob did"))
	case errors.As(err, &read), errors.As(err, &decode):
		return false, err
	}
	return false, fmt.Errorf("manifest: blob %q: %w", o.name, err)
}

// close lets go of the connection.
func (o *opened[T]) close() {
	// A blobReader's Close has nothing to report.
	_ = o.raw.Close()
}
