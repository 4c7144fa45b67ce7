package lines

import (
	"bytes"
	"errors"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/partnerbilling/sdk-go/internal/checksum"
)

// ErrTooLong reports a line that exceeds the limit.
var ErrTooLong = errors.New("line too long")

const byteOrderMark = "\ufeff"

var quote = []byte{'"'}

const (
	// blockSize is how much text a block takes: enough that passing it to another goroutine costs
	// little in comparison, and little enough for a core's cache.
	blockSize = 128 << 10
	// maxLines limits the number of short lines in a block.
	maxLines = 1024
	// readSize is the minimum size of a read from the source.
	readSize = 32 << 10
	// MaxBlock is an upper bound for the text of a block, apart from one long line.
	MaxBlock = 4 * blockSize
)

// Blocks reads a text block by block. A byte order mark at its start is skipped.
type Blocks struct {
	// Quoted says that a line continues after a line break between double quotes. It must be set
	// before the first call of Next.
	Quoted bool
	// SkipBlank says that lines of spaces and tabs alone are mostly not among the lines of a block,
	// which counts them instead. A million blank lines then cost no more than a row of their
	// length. A block can be without lines.
	SkipBlank bool

	src io.Reader
	max int

	carry   []byte // text that was read and is in no block yet
	size    int    // approximate size of the next block
	started bool   // the byte order mark, if any, was skipped
	lines   int64  // returned so far
	offset  int64  // of the next block
	err     error  // of src, or ErrTooLong; returned after the lines before it
	ahead   checksum.Sum

	// Where lines are quoted:
	open  bool  // the current line has an odd number of quotes so far
	inner int32 // line breaks inside quotes, in the block so far
}

// NewBlocks reads from src. A line longer than limit bytes is an error.
func NewBlocks(src io.Reader, limit int) *Blocks {
	return &Blocks{src: src, max: min(limit, math.MaxInt32/2)}
}

// NewBlocksAt reads the rest of a text from the start of a line, whose number and offset are given.
func NewBlocksAt(src io.Reader, limit int, number, offset int64) *Blocks {
	r := NewBlocks(src, limit)
	r.lines, r.offset, r.started = number-1, offset, offset > 0
	return r
}

// Ahead returns the sum of the text that was read from the source beyond the last block with lines.
func (r *Blocks) Ahead() checksum.Sum { return r.ahead }

// Next fills b with the next lines, which are none where SkipBlank has left none. The first block
// is small, so that the first line is available early. A last line without a line break is returned
// only at io.EOF; before any other error it is incomplete and left out.
//
// Errors are those of the source, unwrapped, and [ErrTooLong]. They are returned after the lines
// before them, and are sticky. With an error, b has no lines and starts at the line that could not
// be read.
func (r *Blocks) Next(b *Block) error {
	if cap(b.text) > 4*blockSize {
		b.text = nil // release the memory of a long line
	}
	b.text, b.ends, b.inner, b.gaps = append(b.text[:0], r.carry...), b.ends[:0], b.inner[:0], b.gaps[:0]
	r.carry, r.open, r.inner = r.carry[:0], false, 0
	full := false
	for searched := 0; ; {
		if r.begin(b) {
			full = r.search(b, searched)
			searched = len(b.text)
		}
		if full || r.err != nil {
			break
		}
		r.fill(b)
	}
	end := b.start(len(b.ends))
	if r.err == io.EOF && int(end) < len(b.text) && !full { //nolint:errorlint // Readers return io.EOF itself.
		end = int32(len(b.text)) //nolint:gosec // A line and a block at most.
		r.add(b, end)
	}
	tail := b.text[end:]
	if full && r.err != ErrTooLong { //nolint:errorlint // Never wrapped.
		r.carry = append(r.carry, tail...)
	}
	if len(b.ends) > 0 || len(b.gaps) > 0 {
		r.ahead = checksum.Of(tail)
	}
	b.number, b.offset = r.lines+1, r.offset
	r.lines = b.Number(len(b.ends)) - 1
	r.offset += int64(end)
	r.size = min(blockSize, r.size+readSize)
	if len(b.ends) == 0 && (!full || r.err == ErrTooLong) { //nolint:errorlint // Never wrapped.
		return r.err
	}
	return nil // what is full of blank lines has been read as far as it goes, and no further
}

// begin removes the byte order mark. It reports whether enough text was read to decide.
func (r *Blocks) begin(b *Block) bool {
	if r.started {
		return true
	}
	if r.err == nil && len(b.text) < len(byteOrderMark) && strings.HasPrefix(byteOrderMark, string(b.text)) {
		return false
	}
	r.started = true
	if bytes.HasPrefix(b.text, []byte(byteOrderMark)) {
		b.text = slices.Delete(b.text, 0, len(byteOrderMark))
		r.offset = int64(len(byteOrderMark))
	}
	return true
}

// search records the line breaks from an index on. It reports whether the block is full. A line
// over the limit makes it full and is not part of it.
func (r *Blocks) search(b *Block, from int) (full bool) {
	for len(b.ends) < maxLines {
		if r.SkipBlank && !r.open {
			from = r.skipBlank(b, from)
		}
		end := bytes.IndexByte(b.text[from:], '\n')
		line := len(b.text) // where the line ends, as far as is known
		if end >= 0 {
			line = from + end
		}
		if line -= int(b.start(len(b.ends))); line > r.max {
			r.err = ErrTooLong
			return true
		}
		if r.Quoted {
			searched := b.text[from:]
			if end >= 0 {
				searched = searched[:end]
			}
			r.open = r.open != (bytes.Count(searched, quote)%2 == 1)
		}
		if end < 0 {
			return (len(b.ends) > 0 || len(b.gaps) > 0) && len(b.text) >= r.size
		}
		if from += end + 1; r.open {
			r.inner++
		} else {
			r.add(b, int32(from)) //nolint:gosec // A line and a block at most.
		}
	}
	return true
}

// skipBlank skips blank lines from an index on, if a line starts there. A blank line that has not
// been read to its end is left.
func (r *Blocks) skipBlank(b *Block, from int) int {
	if from < len(b.text) && b.text[from] > ' ' || from != int(b.start(len(b.ends))) {
		return from
	}
	at, blank := from, 0
	for i := from; i < len(b.text); i++ {
		switch b.text[i] {
		case '\n':
			at, blank = i+1, blank+1
			continue
		case ' ', '\t', '\r':
			if i-at < r.max {
				continue
			}
		}
		break
	}
	if blank > 0 {
		b.skip(int32(at-from), blank) //nolint:gosec // A block at most.
	}
	return at
}

// add ends a line of the block.
func (r *Blocks) add(b *Block, end int32) {
	b.ends = append(b.ends, end)
	if r.Quoted {
		b.inner = append(b.inner, r.inner)
	}
}

// fill reads more text.
func (r *Blocks) fill(b *Block) {
	have := len(b.text)
	if cap(b.text)-have < readSize {
		b.text = slices.Grow(b.text, max(blockSize+readSize-have, have))
	}
	room := b.text[have:cap(b.text)]
	if r.size == 0 {
		room = room[:readSize]
	}
	for range 100 {
		n, err := r.src.Read(room)
		b.text = b.text[:have+n]
		r.err = err
		if n > 0 || err != nil {
			return
		}
	}
	r.err = io.ErrNoProgress
}
