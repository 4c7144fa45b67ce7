package manifest

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/partnerbilling/sdk-go/internal/bitcount"
	"github.com/partnerbilling/sdk-go/internal/lines"
	"github.com/partnerbilling/sdk-go/lineitem"
)

// batch is a block of lines on its way through a stream: first it is read, then decoded, by
// whichever worker is free, and then its rows are delivered. It is reused as soon as the consumer
// is done with it, since rows are yielded by value.
type batch[T any] struct {
	section
	decoded[T]
	err      error         // ends the blob, after the rows
	panicked any           // the caller's code panicked, with this
	ready    chan struct{} // has an element once the batch is decoded
}

// section is what reading made: some lines of a blob.
type section struct {
	blob   int // index in the plan
	number int // in its blob
	name   string
	block  *lines.Block // nil once it is decoded
	header *header      // of CSV; nil if there is none, or none so far
	first  int          // line of the block that is a row
	until  mark         // the end of the block; without rows
	report BlobReport   // of the blob, up to the end of the block, as far as reading knows
}

// decoded is what decoding made: rows, and what is not one.
type decoded[T any] struct {
	rows     []T         // n of them are filled
	starts   []lineStart // of each
	n        int
	present  presence // of the rows
	bad      []badLine
	blank    int64
	replaced int64
}

// badLine is a line that is not a row. That many rows of the batch precede it.
type badLine struct {
	rows int
	err  *lineitem.DecodeError
}

func newBatch[T any]() *batch[T] { return &batch[T]{ready: make(chan struct{}, 1)} }

// reset empties the batch for lines of a blob.
func (b *batch[T]) reset(blob int, name string) {
	b.section = section{blob: blob, name: name, block: b.block, report: BlobReport{Name: name}}
	b.n, b.bad, b.blank, b.replaced = 0, nil, 0, 0
	b.present.reset()
	b.err, b.panicked = nil, nil
}

// position returns where a row of the batch is.
func (b *batch[T]) position(row int) lineitem.Position {
	return lineitem.Position{Blob: b.name, Line: b.starts[row].line, Offset: b.starts[row].offset}
}

// at returns where a line is.
func (s *section) at(line int) lineitem.Position {
	return lineitem.Position{Blob: s.name, Line: s.block.Number(line), Offset: s.block.Offset(line)}
}

// decode decodes the lines. After a bad line it continues only if the caller wants to decide about
// such lines.
func (b *batch[T]) decode(w *decoder[T], p *plan) {
	if n := b.block.Lines(); n > len(b.rows) {
		b.rows, b.starts = make([]T, n), make([]lineStart, n)
		b.present.bits = make([]uint64, 0, n*lineitem.PresentWords(len(p.attributes)))
	}
	b.blank += int64(b.block.Blank())
	if b.header != nil {
		if b.err = b.header.err; b.err != nil {
			return
		}
	}
	d, err := w.below(b.header)
	if err != nil {
		b.err = err
		return
	}
	d.SetDateOrder(p.options.DateOrder)
	before := d.Replaced()
	for i := b.first; i < b.block.Lines(); i++ {
		line := b.block.Line(i)
		if len(line) == 0 || line[0] <= ' ' && len(bytes.TrimLeft(line, " \t\r")) == 0 {
			b.blank++
			continue
		}
		if err := d.Decode(line, &b.rows[b.n]); err != nil {
			b.bad = append(b.bad, badLine{rows: b.n, err: decodeError(err, b.at(i))})
			if p.options.OnBadLine == nil {
				break
			}
			continue
		}
		b.starts[b.n] = lineStart{b.block.Number(i), b.block.Offset(i)}
		b.present.bits = d.AppendPresent(b.present.bits)
		b.n++
	}
	b.replaced = d.Replaced() - before
	b.present.counts = append(b.present.counts, make([]int64, len(p.attributes))...)
	bitcount.Add(b.present.counts, b.present.bits)
	b.present.unknown = w.met()
	if !p.agree(d.DateOrder()) && b.err == nil {
		b.err = &lineitem.DecodeError{Position: b.at(b.first), Err: errDateOrders}
	}
}

// errDateOrders is for dates that a decoder cannot compare, since another one decoded the others.
var errDateOrders = fmt.Errorf("%w: some dates have the day first, and others the month; correct the data", lineitem.ErrDateOrder)

// decoder decodes lines, and is reused for others. The zero value is ready to use.
type decoder[T any] struct {
	rows   *lineitem.Decoder[T]
	header []byte // that rows was made for; nil for JSON Lines
	known  int    // of the unknown attributes, how many met has returned
}

// met returns the attributes without a field that rows has met since the last call.
func (d *decoder[T]) met() []string {
	names := d.rows.Unknown()
	fresh := names[d.known:]
	d.known = len(names)
	return fresh
}

// below returns the decoder of the lines below a header, or of JSON Lines if it is nil.
func (d *decoder[T]) below(h *header) (_ *lineitem.Decoder[T], err error) {
	switch {
	case h == nil && (d.rows == nil || d.header != nil):
		d.rows, err = lineitem.NewDecoder[T]()
		d.header, d.known = nil, 0
	case h != nil && (d.header == nil || !bytes.Equal(d.header, h.text)):
		d.rows, err = lineitem.NewCSVDecoder[T](h.text)
		err, d.header, d.known = located(err, h.at), h.text, 0
	}
	if err != nil {
		d.header, d.rows = nil, nil
	}
	return d.rows, err
}

// located sets the position of a decoding error.
func located(err error, at lineitem.Position) error {
	if e, ok := errors.AsType[*lineitem.DecodeError](err); ok {
		e.Position = at
	}
	return err
}

// decodeError returns the error about a line.
func decodeError(err error, at lineitem.Position) *lineitem.DecodeError {
	e, ok := errors.AsType[*lineitem.DecodeError](err)
	if !ok {
		e = &lineitem.DecodeError{Err: err}
	}
	e.Position = at
	return e
}
