package manifest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/partnerbilling/sdk-go/internal/checksum"
	"github.com/partnerbilling/sdk-go/internal/gunzip"
	"github.com/partnerbilling/sdk-go/internal/lines"
	"github.com/partnerbilling/sdk-go/lineitem"
)

// batch is a block of a blob's lines on its way through a stream: first it is read,
// then decoded, by whoever has time, and then its rows go to the loop. It is used
// again as soon as the loop is through with it, since rows are yielded by value.
type batch[T any] struct {
	// Of reading:
	blob   int // index in the stream
	number int // in its blob
	name   string
	block  *lines.Block // nil once it is decoded
	end    start        // where the line after the block's last starts
	header *header      // of CSV; nil where there is none, or none so far
	first  int          // line of the block that is a row
	read   checksum.Sum // of the blob's text, as far as it was read when the block was full
	ahead  checksum.Sum // of what of that is behind the block
	report BlobReport   // of the blob, up to the end of this block, as far as reading knows
	done   bool         // the blob ended here, proved whole
	err    error        // the blob ended here, behind the rows

	// Of decoding:
	rows     []T     // n of them are filled
	starts   []start // where each stands
	n        int
	bad      []badLine
	blank    int64
	replaced int64
	panicked any           // the caller's code panicked, with this
	ready    chan struct{} // has an element when all this is set
}

// header is the first line of a blob of CSV.
type header struct {
	text []byte
	at   lineitem.Position
}

// start is where a line starts.
type start struct{ line, offset int64 }

// badLine is a line that is no row. So many rows of the batch come before it.
type badLine struct {
	rows int
	err  *lineitem.DecodeError
}

func newBatch[T any]() *batch[T] { return &batch[T]{ready: make(chan struct{}, 1)} }

// position returns where a row of the batch stands.
func (b *batch[T]) position(row int) lineitem.Position {
	return lineitem.Position{Blob: b.name, Line: b.starts[row].line, Offset: b.starts[row].offset}
}

// sum returns the sum of the blob's text up to the end of the block.
func (b *batch[T]) sum() checksum.Sum { return b.read.Without(b.ahead) }

// at returns where a line of the batch stands.
func (b *batch[T]) at(line int) lineitem.Position {
	return lineitem.Position{Blob: b.name, Line: b.block.Number(line), Offset: b.block.Offset(line)}
}

// decode decodes the lines. After a bad line it goes on only where the caller wants
// to decide about such lines.
func (b *batch[T]) decode(d *lineitem.Decoder[T], onBad bool) {
	if n := b.block.Lines(); n > len(b.rows) {
		b.rows, b.starts = make([]T, n), make([]start, n)
	}
	if b.header != nil {
		if err := d.Header(b.header.text); err != nil {
			b.err = headerError(err, b.header.at)
			return
		}
	}
	before := d.Replaced()
	for i := b.first; i < b.block.Lines(); i++ {
		line := b.block.Line(i)
		if len(line) == 0 || line[0] <= ' ' && len(bytes.TrimLeft(line, " \t\r")) == 0 {
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
		b.starts[b.n] = start{b.block.Number(i), b.block.Offset(i)}
		b.n++
	}
	b.replaced = d.Replaced() - before
}

// headerError says where the header is that an error is about.
func headerError(err error, at lineitem.Position) error {
	if e, ok := errors.AsType[*lineitem.DecodeError](err); ok {
		e.Position = at
	}
	return err
}

// behead takes the header off the first block that has a line.
func (o *opened[T]) behead(b *batch[T]) {
	if !o.lines.Quoted {
		return
	}
	for i := 0; o.header == nil && i < b.block.Lines(); i++ {
		b.first++
		if line := b.block.Line(i); len(bytes.TrimSpace(line)) > 0 {
			o.header = &header{text: bytes.Clone(line), at: b.at(i)}
		}
	}
	b.header = o.header
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
	index   int
	name    string
	batches int
	content *content
	lines   *lines.Blocks
	max     int64 // of text; 0: no limit
	header  *header
}

// open begins a blob; nothing is sent yet. The reader of its text may have been used for
// another blob.
func (s *Stream[T]) open(ctx context.Context, index int, text *gunzip.Reader) (*opened[T], error) {
	name, from := s.blobs[index].Name, s.marks[index].last
	c, err := newContent(ctx, s.source, name, s.options.limits(s.throttle), text, !s.options.AllowPlain, from.sum(), from.at.offset)
	if err != nil {
		return nil, fmt.Errorf("manifest: blob %q: %w", name, err)
	}
	o := &opened[T]{
		index: index, name: name, content: c, max: s.options.MaxBlobBytes,
		lines: lines.NewBlocksAt(c, s.options.MaxLineBytes, max(1, from.at.line), from.at.offset),
	}
	o.lines.Quoted = s.format == lineitem.FormatCSV
	return o, nil
}

// begin empties a batch for a blob.
func (b *batch[T]) begin(index int, name string) {
	b.blob, b.number, b.name, b.done, b.err = index, 0, name, false, nil
	b.report = BlobReport{Name: name}
	b.n, b.bad, b.blank, b.replaced, b.panicked = 0, nil, 0, 0, nil
	b.header, b.first = nil, 0
}

// read puts the blob's next lines into b.
func (o *opened[T]) read(b *batch[T]) {
	b.begin(o.index, o.name)
	b.number = o.batches
	o.batches++
	err := o.lines.Next(b.block)
	b.end = start{b.block.Number(b.block.Lines()), b.block.Offset(b.block.Lines())}
	if err != nil {
		b.done, b.err = o.end(err, b)
	} else if o.max > 0 && b.end.offset > o.max {
		*b.block = lines.Block{} // not even those rows that would still fit
		b.err = o.content.raw.final(&failure{kind: ErrBlobTooLarge, reason: fmt.Sprintf("it is over %d bytes already", o.max)})
	} else {
		o.behead(b)
	}
	b.read, b.ahead = o.content.sum(), o.lines.Ahead()
	raw := o.content.raw
	b.report.Size = max(0, raw.total)
	b.report.Bytes = raw.offset
	b.report.Reopened = raw.reopened
	b.report.ContentEncoding = raw.encoding
	b.report.Verified = b.done
}

// end tells what the last answer of the lines means for the blob.
func (o *opened[T]) end(err error, b *batch[T]) (done bool, _ error) {
	var read *ReadError
	switch {
	case err == io.EOF && o.content.raw.whole(): //nolint:errorlint // The end is io.EOF itself.
		return true, nil
	case err == io.EOF: //nolint:errorlint // As above.
		return false, o.content.raw.final(badAnswer("the rows ended before the blob did"))
	case errors.As(err, &read):
		return false, err
	case errors.Is(err, lines.ErrTooLong):
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
	_ = o.content.raw.Close()
}
