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

// ErrTooLong says that a line exceeds the limit.
var ErrTooLong = errors.New("line too long")

// mark is the byte order mark.
const mark = "\ufeff"

var quote = []byte{'"'}

const (
	// blockSize is how much text a block takes before it is handed out: enough that
	// handing it over costs nothing beside it, and little enough for a core's cache.
	blockSize = 128 << 10
	// maxLines is how many lines a block has at most, where they are short.
	maxLines = 1024
	// readSize is the least room that the source is given.
	readSize = 32 << 10
	// MaxBlock is more than the text of a block, but for the length of a line.
	MaxBlock = 4 * blockSize
)

// Blocks reads a text block by block. A byte order mark at its start is skipped.
type Blocks struct {
	// Quoted says that a line goes on behind a line end that stands between double quotes.
	// It is set before the first block is read.
	Quoted bool

	src io.Reader
	max int

	carry   []byte // what was read and is in no block yet
	size    int    // of the next block, about
	started bool   // the byte order mark is behind us, if there was one
	lines   int64  // handed out
	offset  int64  // where the next starts
	err     error  // of src, or ErrTooLong; handed out after the lines before it
	ahead   checksum.Sum

	// Of the line that is searched, where lines are quoted:
	open  bool  // an odd number of quotes was seen
	inner int32 // line ends were seen inside of quotes, in the block
}

// NewBlocks reads from src. A line longer than limit bytes is an error.
func NewBlocks(src io.Reader, limit int) *Blocks {
	return &Blocks{src: src, max: min(limit, math.MaxInt32/2)}
}

// NewBlocksAt reads the rest of a text, from the start of a line on, whose number and
// offset are given.
func NewBlocksAt(src io.Reader, limit int, number, offset int64) *Blocks {
	r := NewBlocks(src, limit)
	r.lines, r.offset, r.started = number-1, offset, offset > 0
	return r
}

// Ahead returns the sum of what was read from the source beyond the last block that has
// lines.
func (r *Blocks) Ahead() checksum.Sum { return r.ahead }

// Next fills b with the next lines. The first block is small, so that the first line
// comes soon. A last line without an end is handed out only if the text ended cleanly,
// with io.EOF; before any other error it is taken for torn and left out. Errors are
// those of the source, as they are, and [ErrTooLong]. They come alone, after the lines
// before them, and are sticky; b has no lines then and starts at the one that could not
// be read.
func (r *Blocks) Next(b *Block) error {
	if cap(b.text) > 4*blockSize {
		b.text = nil // a long line is over
	}
	b.text, b.ends, b.inner = append(b.text[:0], r.carry...), b.ends[:0], b.inner[:0]
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
	if len(b.ends) > 0 {
		r.ahead = checksum.Of(tail)
	}
	b.number, b.offset = r.lines+1, r.offset
	r.lines = b.Number(len(b.ends)) - 1
	r.offset += int64(end)
	r.size = min(blockSize, r.size+readSize)
	if len(b.ends) == 0 {
		return r.err
	}
	return nil
}

// begin removes the byte order mark. It reports whether enough was read to tell.
func (r *Blocks) begin(b *Block) bool {
	if r.started {
		return true
	}
	if r.err == nil && len(b.text) < len(mark) && strings.HasPrefix(mark, string(b.text)) {
		return false
	}
	r.started = true
	if bytes.HasPrefix(b.text, []byte(mark)) {
		b.text = slices.Delete(b.text, 0, len(mark))
		r.offset = int64(len(mark))
	}
	return true
}

// search notes the ends of the lines from an index on. It reports whether the block is
// full. A line over the limit makes it full, and is not part of it.
func (r *Blocks) search(b *Block, from int) (full bool) {
	for len(b.ends) < maxLines {
		end := bytes.IndexByte(b.text[from:], '\n')
		line := len(b.text) // its length, as far as it is known
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
			return len(b.ends) > 0 && len(b.text) >= r.size
		}
		if from += end + 1; r.open {
			r.inner++
		} else {
			r.add(b, int32(from)) //nolint:gosec // A line and a block at most.
		}
	}
	return true
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
