package lineitem

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"

	"github.com/partnerbilling/sdk-go/internal/gunzip"
	"github.com/partnerbilling/sdk-go/internal/lines"
)

// DefaultMaxLineBytes is the default of [ReaderOptions].MaxLineBytes.
const DefaultMaxLineBytes = 16 << 20

// ReaderOptions are the options of [NewReader]. The zero value and nil are the defaults.
type ReaderOptions struct {
	// Blob is the name of the data in positions and errors.
	Blob string
	// Format is the format of the rows; the zero value is [FormatJSONLines]. With [FormatCSV] the
	// first line that is not blank is the header.
	Format Format
	// DateOrder is the order of day and month in dates with slashes. The zero value is
	// [DateOrderUnspecified], with which 9/1/2026 is an error that matches [ErrDateOrder].
	DateOrder DateOrder
	// MaxLineBytes limits the length of a line, and thus the memory of the reader. A longer line
	// is an error that matches [ErrLineTooLong]. 0 means [DefaultMaxLineBytes].
	MaxLineBytes int
	// RequireGzip makes data that is not gzip'd an error that matches [ErrNotGzip]. By default it
	// is read as plain text.
	RequireGzip bool
	// OnBadLine is called for a line that cannot be decoded. If it returns nil, the line is
	// skipped and counted; otherwise Read returns the error. If the error matches io.EOF, which
	// would mean the end of the data, Read returns the DecodeError instead. If OnBadLine is nil,
	// Read returns an error for the first bad line. It is not called for errors that concern all
	// of the data (corrupt gzip data, a line too long); Read always returns them.
	OnBadLine func(*DecodeError) error
}

// Stats are the counts of a [Reader].
type Stats struct {
	// Rows is the number of rows returned, Skipped the number of bad lines that OnBadLine
	// skipped, and Blank the number of blank lines.
	Rows, Skipped, Blank int64
	// Replaced is the number of texts in which invalid bytes or escapes were replaced with
	// U+FFFD.
	Replaced int64
	// Bytes is the length of the lines so far, decompressed.
	Bytes int64
}

// Reader decodes a stream of JSON Lines or CSV. It detects from the first bytes whether the stream
// is gzip'd. It accepts several gzip members, a byte order mark, CRLF, blank lines and a last line
// without a line ending. It is not safe for concurrent use.
//
// Read returns io.EOF only if the checksum and length of every gzip member are correct. A line that
// an error has cut short is never returned.
type Reader[T any] struct {
	dec       *Decoder[T]
	blocks    *lines.Blocks
	block     lines.Block
	line      int // index in block of the current line, -1 before the first
	at        Position
	headless  bool // the header has not been read yet
	dates     DateOrder
	onBadLine func(*DecodeError) error
	stats     Stats
	counts    counts
	err       error // sticky
	done      bool  // err is io.EOF
}

// NewReader returns a reader of rows of type T; see [NewDecoder] for the supported types. It reads
// nothing from r yet. If T is not supported, the first Read returns an error that matches
// [ErrRowType].
func NewReader[T any](r io.Reader, o *ReaderOptions) *Reader[T] {
	var opts ReaderOptions
	if o != nil {
		opts = *o
	}
	if opts.MaxLineBytes <= 0 {
		opts.MaxLineBytes = DefaultMaxLineBytes
	}
	rd := &Reader[T]{
		blocks:    lines.NewBlocks(gunzip.NewReader(r, opts.RequireGzip), opts.MaxLineBytes),
		line:      -1,
		at:        Position{Blob: opts.Blob},
		dates:     opts.DateOrder,
		onBadLine: opts.OnBadLine,
		headless:  opts.Format == FormatCSV,
	}
	rd.blocks.Quoted, rd.blocks.SkipBlank = rd.headless, true
	switch rd.dec, rd.err = NewDecoder[T](); {
	case rd.err != nil:
	case !slices.Contains(PossibleFormatValues(), opts.Format):
		rd.err = fmt.Errorf("lineitem: unsupported format %v", opts.Format)
	case !slices.Contains(PossibleDateOrderValues(), opts.DateOrder):
		rd.err = fmt.Errorf("lineitem: unsupported order of dates %v", opts.DateOrder)
	default:
		rd.dec.SetDateOrder(opts.DateOrder)
		rd.counts, rd.err = countsOf[T]()
	}
	return rd
}

// Read decodes the next row into row, which is overwritten completely and does not share memory
// with later rows. At the end of the data it returns [io.EOF]. A bad line, corrupt gzip data and a
// line that is too long are a [*DecodeError]; errors of the underlying reader are returned
// unchanged. After an error, row is undefined and every further call returns the same error.
func (r *Reader[T]) Read(row *T) error {
	for r.err == nil {
		if r.line++; r.line >= r.block.Lines() {
			r.line = -1
			err := r.blocks.Next(&r.block)
			r.stats.Blank += int64(r.block.Blank())
			if err != nil {
				r.done = err == io.EOF //nolint:errorlint // The end is io.EOF itself.
				r.err = r.failed(err)
			}
			continue
		}
		line := r.block.Line(r.line)
		r.at.Line, r.at.Offset = r.block.Number(r.line), r.block.Offset(r.line)
		r.stats.Bytes = r.block.Offset(r.line + 1)
		if skipSpace(line, 0) == len(line) {
			r.stats.Blank++
			continue
		}
		if r.headless {
			r.headless = false
			var err error
			r.dec, err = NewCSVDecoder[T](line)
			if r.err = r.located(err); err == nil {
				r.dec.SetDateOrder(r.dates)
			}
			continue
		}
		attribute, err := r.dec.decodeRow(line, row)
		if err == nil {
			r.stats.Rows++
			r.counts.add(r.dec.rows)
			return nil
		}
		r.err = r.bad(&DecodeError{Position: r.at, Attribute: attribute, Err: err})
	}
	return r.err
}

// located sets the position of an error of the header.
func (r *Reader[T]) located(err error) error {
	if e, ok := errors.AsType[*DecodeError](err); ok {
		e.Position = r.at
	}
	return err
}

// bad returns the error for a bad line, or nil if OnBadLine skips it.
func (r *Reader[T]) bad(e *DecodeError) error {
	if r.onBadLine == nil {
		return e
	}
	switch err := r.onBadLine(e); {
	case err == nil:
		r.stats.Skipped++
		return nil
	case errors.Is(err, io.EOF):
		return e // io.EOF would mean that all data was read
	default:
		return err
	}
}

// failed adds the position to an error of the data and returns others unchanged.
func (r *Reader[T]) failed(err error) error {
	if errors.Is(err, lines.ErrTooLong) {
		err = ErrLineTooLong
	}
	if errors.Is(err, ErrLineTooLong) || errors.Is(err, ErrCorrupt) || errors.Is(err, ErrNotGzip) {
		return &DecodeError{Position: Position{Blob: r.at.Blob, Line: r.block.Number(0), Offset: r.block.Offset(0)}, Err: err}
	}
	return err
}

// ReadBatch reads up to len(rows) rows and returns their number; the other elements are undefined.
// If at is not nil, it must be as long as rows and is set to their positions. The error is that of
// [Reader.Read]; n may be greater than 0 with an error.
func (r *Reader[T]) ReadBatch(rows []T, at []Position) (n int, err error) {
	for n < len(rows) {
		if err := r.Read(&rows[n]); err != nil {
			return n, err
		}
		if at != nil {
			at[n] = r.Position()
		}
		n++
	}
	return n, nil
}

// All returns a single-use iterator over the remaining rows. An error is the last element; the end
// of the data is not an error.
func (r *Reader[T]) All() iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for {
			var row T
			switch err := r.Read(&row); {
			case r.done:
				return
			case err != nil:
				var zero T
				yield(zero, err)
				return
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

// Done reports whether all data was read: Read has returned [io.EOF], so every gzip checksum was
// correct.
func (r *Reader[T]) Done() bool { return r.done }

// Line returns the line number of the last row, from 1.
func (r *Reader[T]) Line() int64 { return r.at.Line }

// Position returns the position of the last row.
func (r *Reader[T]) Position() Position { return r.at }

// Stats returns the counts so far.
func (r *Reader[T]) Stats() Stats {
	s := r.stats
	if r.dec != nil {
		s.Replaced = r.dec.Replaced()
	}
	return s
}

// Attributes returns how often each attribute of T came in the rows so far, in the order of its
// fields; nil for a T that decodes a row as one value. One with no value in any row is missing in
// the data, or has another name there (see [Reader.Unknown]): a sum over a missing amount is zero,
// without an error. An export read through package manifest ends with an error instead where the
// attribute is Required.
func (r *Reader[T]) Attributes() []AttributeCount { return r.counts.list() }

// Unknown returns the names of the attributes so far for which T has no field, as
// [Decoder.Unknown] does.
func (r *Reader[T]) Unknown() []string {
	if r.dec == nil {
		return nil
	}
	return r.dec.Unknown()
}
