package gunzip

import (
	"errors"
	"hash/crc32"
	"io"
	"math"

	"github.com/partnerbilling/sdk-go/internal/checksum"
)

var (
	// ErrNotGzip says that the data is not gzip'd although it had to be.
	ErrNotGzip = errors.New("not gzip data")

	// ErrCorrupt says that gzip data is damaged or ends too early.
	ErrCorrupt = errors.New("gzip data is damaged or cut off")
)

// Reader reads a text that may be gzip'd, which its first bytes tell. It reads any number
// of gzip members and ends with io.EOF only after the trailer of each was verified.
// Padding with zeros after a member is accepted.
type Reader struct {
	inflater
	requireGzip bool
	started     bool
	plain       bool
	handed      int          // end of what has been handed out of out
	ended       bool         // a member was inflated, and its trailer is next
	before      checksum.Sum // of the members that are through
	sum         checksum.Sum // of what was handed out of the current one
	over        error        // after what is in out
}

// NewReader reads from src. It refuses a text that is not gzip'd with [ErrNotGzip] if
// requireGzip is set. No data at all are an empty text in any case.
func NewReader(src io.Reader, requireGzip bool) *Reader {
	r := new(Reader)
	r.Reset(src, requireGzip)
	return r
}

// Reset makes r a new reader that uses the memory of the old.
func (r *Reader) Reset(src io.Reader, requireGzip bool) {
	r.input = input{src: src, buf: r.buf}
	if r.out == nil {
		r.out = new([bufferSize]byte)
	}
	r.written, r.handed, r.over, r.block, r.ended = 0, 0, nil, blockNone, false
	r.before, r.sum = checksum.Sum{}, checksum.Sum{}
	r.requireGzip, r.started, r.plain = requireGzip, false, false
}

// Read implements [io.Reader]. Errors are sticky and come after all that was inflated
// before them: those of the source as they are, ErrNotGzip, [ErrCorrupt].
func (r *Reader) Read(p []byte) (n int, err error) {
	for r.handed == r.written && len(p) > 0 {
		if r.over != nil {
			return 0, r.over
		}
		if r.plain {
			return r.pass(p), nil
		}
		r.over = r.produce()
	}
	n = copy(p, r.out[r.handed:r.written])
	r.sum = r.sum.Add(r.out[r.handed : r.handed+n])
	r.handed += n
	return n, nil
}

// Sum returns length and checksum of all the text that was handed out since the start.
func (r *Reader) Sum() checksum.Sum { return r.before.Then(r.sum) }

// produce puts more text into out, all of which was handed out. It may come with an
// error behind it.
func (r *Reader) produce() error {
	if !r.started {
		r.started = true
		if err := r.start(); err != nil || r.plain {
			return err
		}
	}
	if r.ended {
		if err := r.trailer(); err != nil {
			return err
		}
		r.ended = false
	}
	if r.block == blockNone {
		if err := r.nextMember(); err != nil {
			return err
		}
	}
	r.slide()
	r.handed = r.written
	err := r.inflate()
	r.ended = err == nil && r.block == blockNone
	return err
}

// start looks at the first bytes.
func (r *Reader) start() error {
	for r.end < 2 && r.fill() {
	}
	magic := r.buf[:min(r.end, 2)]
	if len(magic) == 0 || len(magic) == 1 && r.err != io.EOF { //nolint:errorlint // Readers return io.EOF itself.
		return r.err
	}
	if string(magic) != "\x1f\x8b" {
		if r.requireGzip {
			return ErrNotGzip
		}
		r.plain = true
	}
	return nil
}

// pass hands on text that is not gzip'd: what was looked at, and then straight from the source.
func (r *Reader) pass(p []byte) (n int) {
	if n = copy(p, r.buf[r.pos:r.end]); n > 0 {
		r.pos += n
	} else if r.over = r.err; r.over == nil {
		n, r.over = r.src.Read(p)
	}
	r.sum = r.sum.Add(p[:n])
	return n
}

// nextMember reads the header of the next member. If there is none, its error is
// io.EOF, or that of the source.
func (r *Reader) nextMember() error {
	r.align()
	for {
		if r.pos == r.end && !r.fill() {
			return r.err
		}
		if r.buf[r.pos] != 0 {
			break
		}
		r.pos++
	}
	r.begin()
	r.handed = 0
	r.before, r.sum = r.Sum(), checksum.Sum{}
	return r.header()
}

// What a header has in its flags.
const (
	flagHeaderSum = 1 << 1
	flagExtra     = 1 << 2
	flagName      = 1 << 3
	flagComment   = 1 << 4
)

// header reads a member's header; nothing in it is of interest.
func (r *Reader) header() error {
	h := header{in: &r.input}
	magic := h.bytes(3)
	flags := h.bytes(1)
	h.bytes(4) // time
	h.bytes(2) // compression and system
	if h.err == nil && magic != 0x088b1f {
		return corrupt("header")
	}
	if flags&flagExtra != 0 {
		for range h.bytes(2) {
			h.bytes(1)
		}
	}
	for _, text := range []uint32{flagName, flagComment} {
		for flags&text != 0 && h.bytes(1) != 0 && h.err == nil {
		}
	}
	if sum := h.sum & 0xffff; flags&flagHeaderSum != 0 && h.bytes(2) != sum && h.err == nil {
		return corrupt("checksum of a header")
	}
	return h.err
}

// header is what reads the bytes of a header and computes their checksum.
type header struct {
	in  *input
	sum uint32
	one [1]byte
	err error // sticky
}

// bytes reads a number of n bytes, four at most.
func (h *header) bytes(n int) (v uint32) {
	for i := range n {
		if h.err != nil {
			return 0
		}
		var b uint32
		b, h.err = h.in.take(8)
		h.one[0] = byte(b & 255)
		h.sum = crc32.Update(h.sum, crc32.IEEETable, h.one[:])
		v |= b << (8 * i)
	}
	return v
}

// trailer compares what was inflated with what the member says of it.
func (r *Reader) trailer() error {
	if _, err := r.take(r.count & 7); err != nil {
		return err
	}
	sum, err := r.take(32)
	if err != nil {
		return err
	}
	size, err := r.take(32)
	switch {
	case err != nil:
		return err
	case sum != r.sum.CRC:
		return corrupt("checksum")
	case size != uint32(r.sum.Length&math.MaxUint32): // It is the length modulo 2^32.
		return corrupt("length")
	}
	return nil
}
