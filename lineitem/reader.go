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

// DefaultMaxLineBytes is the length of a line beyond which reading ends with
// [ErrLineTooLong], unless the options say otherwise.
const DefaultMaxLineBytes = 16 << 20

// ReaderOptions change how a [Reader] works. The zero value and nil are the defaults.
type ReaderOptions struct {
	// Blob is the name that positions and errors carry.
	Blob string
	// Format is the format of the rows; the zero value is [FormatJSONLines]. With [FormatCSV] the
	// first line that is not blank is the header.
	Format Format
	// MaxLineBytes limits the length of a line, and so the memory that a reader
	// takes; 0 is [DefaultMaxLineBytes].
	MaxLineBytes int
	// RequireGzip refuses data that is not gzip'd with [ErrNotGzip] instead of
	// reading it as plain lines.
	RequireGzip bool
	// OnBadLine is called for a line that cannot be decoded. If it returns nil, the line
	// is skipped and counted; an error ends the reading and is what Read returns, but
	// for io.EOF, which would look like the end: then it is the DecodeError. Where it is nil, the first bad line ends the reading. Damage of the data as a whole
	// (gzip, a line too long) ends the reading without asking.
	OnBadLine func(*DecodeError) error
}

// Stats counts what a [Reader] has seen.
type Stats struct {
	// Rows were returned, Skipped were bad lines that OnBadLine let pass, Blank
	// were empty lines.
	Rows, Skipped, Blank int64
	// Replaced counts texts in which U+FFFD stands for bytes or escapes that were no
	// valid text.
	Replaced int64
	// Bytes is the length of the inflated text of the lines so far.
	Bytes int64
}

// Reader decodes a stream of JSON Lines or CSV, gzip'd or plain, which its first bytes
// tell. It accepts several gzip members, a byte order mark, CRLF, blank lines and
// a last line without an end. It is not safe for concurrent use.
//
// A stream that ends with io.EOF was complete as far as its gzip data can tell: the
// checksum of every member was right. A line that was torn by an error is never
// returned.
type Reader[T any] struct {
	dec       *Decoder[T]
	blocks    *lines.Blocks
	block     lines.Block
	line      int // of the block: the one that was read last, -1 before the first
	at        Position
	headless  bool // the header is still to come
	onBadLine func(*DecodeError) error
	stats     Stats
	err       error // sticky
	done      bool  // err is the end of the data
}

// NewReader returns a reader of rows of type T, see [NewDecoder] for the types that
// can be one. It reads nothing yet; the first Read returns [ErrRowType] where T
// cannot be decoded into.
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
		onBadLine: opts.OnBadLine,
		headless:  opts.Format == FormatCSV,
	}
	rd.blocks.Quoted = rd.headless
	if rd.dec, rd.err = NewDecoder[T](); rd.err == nil && !slices.Contains(PossibleFormatValues(), opts.Format) {
		rd.err = fmt.Errorf("lineitem: unsupported format %v", opts.Format)
	}
	return rd
}

// Read decodes the next row into row, which is overwritten whole; its memory is the
// caller's to keep. At the end it returns [io.EOF]. A bad line, damaged gzip data and a
// line over the limit are a [*DecodeError]; an error of the underlying reader comes
// back as it is. After an error, every further call returns the same; row is then
// not to be used.
func (r *Reader[T]) Read(row *T) error {
	for r.err == nil {
		if r.line++; r.line >= r.block.Lines() {
			r.line = 0
			if err := r.blocks.Next(&r.block); err != nil {
				r.done = err == io.EOF //nolint:errorlint // The end is io.EOF itself.
				r.err = r.failed(err)
				break
			}
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
			r.err = r.located(r.dec.Header(line))
			continue
		}
		attribute, err := r.dec.decodeRow(line, row)
		if err == nil {
			r.stats.Rows++
			return nil
		}
		r.err = r.bad(&DecodeError{Position: r.at, Attribute: attribute, Err: err})
	}
	return r.err
}

// located gives an error of the header its position.
func (r *Reader[T]) located(err error) error {
	if e, ok := errors.AsType[*DecodeError](err); ok {
		e.Position = r.at
	}
	return err
}

// bad asks what to do about a bad line.
func (r *Reader[T]) bad(e *DecodeError) error {
	if r.onBadLine == nil {
		return e
	}
	switch err := r.onBadLine(e); {
	case err == nil:
		r.stats.Skipped++
		return nil
	case errors.Is(err, io.EOF):
		return e // io.EOF would say that the data was read to its end
	default:
		return err
	}
}

// failed gives an error of the data its position and leaves others as they are.
func (r *Reader[T]) failed(err error) error {
	if errors.Is(err, lines.ErrTooLong) {
		err = ErrLineTooLong
	}
	if errors.Is(err, ErrLineTooLong) || errors.Is(err, ErrCorrupt) || errors.Is(err, ErrNotGzip) {
		return &DecodeError{Position: Position{Blob: r.at.Blob, Line: r.block.Number(0), Offset: r.block.Offset(0)}, Err: err}
	}
	return err
}

// ReadBatch reads up to len(rows) rows and returns how many it read; rows beyond
// that are not to be used. Where at is not nil, it must be as long as rows and takes
// their positions. The error is as [Reader.Read] returns it, and may come together
// with rows that were read before it.
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

// All returns a single-use iterator over the rows that are left. An error is the
// last element; the end of the stream is none.
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

// Done reports whether the data was read to its end: Read has returned [io.EOF], and
// every gzip checksum was right.
func (r *Reader[T]) Done() bool { return r.done }

// Line returns the number of the line that the last row came from, from 1.
func (r *Reader[T]) Line() int64 { return r.at.Line }

// Position returns where the last row came from.
func (r *Reader[T]) Position() Position { return r.at }

// Stats returns the counts so far.
func (r *Reader[T]) Stats() Stats {
	s := r.stats
	if r.dec != nil {
		s.Replaced = r.dec.Replaced()
	}
	return s
}
