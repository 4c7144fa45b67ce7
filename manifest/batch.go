package manifest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/partnerbilling/sdk-go/internal/gunzip"
	"github.com/partnerbilling/sdk-go/internal/jsonl"
	"github.com/partnerbilling/sdk-go/lineitem"
)

// batch is a block of a blob's lines on its way through a stream: first it is read,
// then decoded, by whoever has time, and then its rows go to the loop. It is used
// again as soon as the loop is through with it, since rows are yielded by value. The
// block is used again as soon as it is decoded: its text is still in the core's cache.
type batch[T any] struct {
	// Of reading:
	blob   int // index in the stream
	name   string
	block  *jsonl.Block
	report BlobReport // of the blob, up to the end of this block, as far as reading knows
	done   bool       // the blob ended here, proved whole
	err    error      // the blob ended here, behind the rows

	// Of decoding:
	rows     []T     // n of them are filled
	places   []place // where each stands
	n        int
	bad      []badLine
	blank    int64
	replaced int64
	panicked any           // the caller's code panicked, with this
	ready    chan struct{} // has an element when all this is set
}

// place is a line and the offset of its start.
type place struct{ line, offset int64 }

// badLine is a line that is no row. So many rows of the batch come before it.
type badLine struct {
	rows int
	err  *lineitem.DecodeError
}

func newBatch[T any]() *batch[T] { return &batch[T]{ready: make(chan struct{}, 1)} }

// position returns where a row of the batch stands.
func (b *batch[T]) position(row int) lineitem.Position {
	return lineitem.Position{Blob: b.name, Line: b.places[row].line, Offset: b.places[row].offset}
}

// at returns where a line of the batch stands.
func (b *batch[T]) at(line int) lineitem.Position {
	return lineitem.Position{Blob: b.name, Line: b.block.Number(line), Offset: b.block.Offset(line)}
}

// decode decodes the lines. After a bad line it goes on only where the caller wants
// to decide about such lines.
func (b *batch[T]) decode(d *lineitem.Decoder[T], onBad bool) {
	if lines := b.block.Lines(); lines > len(b.rows) {
		b.rows, b.places = make([]T, lines), make([]place, lines)
	}
	before := d.Replaced()
	for i := range b.block.Lines() {
		line := b.block.Line(i)
		if len(line) == 0 || line[0] != '{' && len(bytes.TrimLeft(line, " \t\r")) == 0 {
			b.blank++
			continue
		}
		if err := d.Decode(line, &b.rows[b.n]); err != nil {
			b.bad = append(b.bad, badLine{rows: b.n, err: b.locate(err, i)})
			if !onBad {
				break
			}
			continue
		}
		b.places[b.n] = place{b.block.Number(i), b.block.Offset(i)}
		b.n++
	}
	b.replaced = d.Replaced() - before
}

// locate says in which line an error is.
func (b *batch[T]) locate(err error, line int) *lineitem.DecodeError {
	e, ok := errors.AsType[*lineitem.DecodeError](err)
	if !ok {
		e = &lineitem.DecodeError{Err: err}
	}
	e.Position = b.at(line)
	return e
}

// opened is a blob in reading.
type opened[T any] struct {
	index int
	name  string
	raw   *blobReader
	text  *gunzip.Reader
	lines *jsonl.Blocks
	max   int64 // of text; 0: no limit
}

// open begins a blob; nothing is sent yet. The reader of its text may have been used for
// another blob.
func (s *Stream[T]) open(ctx context.Context, index int, text *gunzip.Reader) (*opened[T], error) {
	name := s.blobs[index].Name
	raw, err := newBlobReader(ctx, s.source, name, s.options.limits(s.throttle))
	if err != nil {
		return nil, fmt.Errorf("manifest: blob %q: %w", name, err)
	}
	text.Reset(raw, !s.options.AllowPlain)
	return &opened[T]{index: index, name: name, raw: raw, text: text, lines: jsonl.NewBlocks(text, s.options.MaxLineBytes),
		max: s.options.MaxBlobBytes}, nil
}

// begin empties a batch for a blob.
func (b *batch[T]) begin(index int, name string, block *jsonl.Block) {
	b.blob, b.name, b.block, b.done, b.err = index, name, block, false, nil
	b.report = BlobReport{Name: name}
	b.n, b.bad, b.blank, b.replaced, b.panicked = 0, nil, 0, 0, nil
}

// read puts the blob's next lines into b.
func (o *opened[T]) read(b *batch[T], block *jsonl.Block) {
	b.begin(o.index, o.name, block)
	if err := o.lines.Next(block); err != nil {
		b.done, b.err = o.end(err, b)
	} else if size := block.Offset(block.Lines()); o.max > 0 && size > o.max {
		b.begin(o.index, o.name, new(jsonl.Block)) // not even those rows that would still fit
		b.err = o.raw.final(&failure{kind: ErrBlobTooLarge, reason: fmt.Sprintf("it is over %d bytes already", o.max)})
	}
	b.report.Size = max(0, o.raw.total)
	b.report.Bytes = o.raw.offset
	b.report.Reopened = o.raw.reopened
	b.report.ContentEncoding = o.raw.encoding
	b.report.Verified = b.done
}

// end tells what the last answer of the lines means for the blob.
func (o *opened[T]) end(err error, b *batch[T]) (done bool, _ error) {
	var read *ReadError
	switch {
	case err == io.EOF && o.raw.whole(): //nolint:errorlint // The end is io.EOF itself.
		return true, nil
	case err == io.EOF: //nolint:errorlint // As above.
		return false, o.raw.final(badAnswer("the rows ended before the blob did"))
	case errors.As(err, &read):
		return false, err
	case errors.Is(err, jsonl.ErrTooLong):
		err = lineitem.ErrLineTooLong
	case errors.Is(err, lineitem.ErrCorrupt), errors.Is(err, lineitem.ErrNotGzip):
	default:
		return false, fmt.Errorf("manifest: blob %q: %w", o.name, err)
	}
	return false, &lineitem.DecodeError{Position: b.at(0), Err: err}
}

// close lets go of the connection.
func (o *opened[T]) close() {
	// A blobReader's Close has nothing to report.
	_ = o.raw.Close()
}
