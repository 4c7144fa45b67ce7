package gunzip

import (
	"errors"
	"hash/crc32"
	"io"
	"math"

	"github.com/partnerbilling/sdk-go/internal/checksum"
)

var (
	// ErrNotGzip reports data without a gzip header where gzip is required.
	ErrNotGzip = errors.New("not gzip data")

	// ErrCorrupt reports gzip data that is corrupt or truncated.
	ErrCorrupt = errors.New("corrupt gzip data")
)

// Reader decompresses gzip'd text, or reads plain text as it is; the first bytes decide. It reads
// any number of gzip members and returns io.EOF only after it has verified the trailer of each.
// After a member, zero padding of less than a block of 512 bytes is accepted.
type Reader struct {
	inflater
	requireGzip bool
	started     bool
	plain       bool
	returned    int          // end of the data in out that Read has returned
	ended       bool         // a member was decompressed, and its trailer is next
	before      checksum.Sum // of the members before the current one
	sum         checksum.Sum // of the data of the current member that Read has returned
	final       error        // returned after the data in out
}

// NewReader returns a Reader of src. If requireGzip is set, plain text is an error that matches
// [ErrNotGzip]. An empty source is an empty text in any case.
func NewReader(src io.Reader, requireGzip bool) *Reader {
	r := new(Reader)
	r.Reset(src, requireGzip)
	return r
}

// Reset makes r a new Reader of src that reuses its buffers.
func (r *Reader) Reset(src io.Reader, requireGzip bool) {
	r.input = input{src: src, buf: r.buf}
	if r.out == nil {
		r.out = new([bufferSize]byte)
	}
	r.written, r.returned, r.final, r.block, r.ended = 0, 0, nil, blockNone, false
	r.before, r.sum = checksum.Sum{}, checksum.Sum{}
	r.requireGzip, r.started, r.plain = requireGzip, false, false
}

// Read implements [io.Reader]. Errors are sticky and are returned after the data before them: those
// of the source, unwrapped, and errors that match ErrNotGzip or [ErrCorrupt].
func (r *Reader) Read(p []byte) (n int, err error) {
	for r.returned == r.written && len(p) > 0 {
		if r.final != nil {
			return 0, r.final
		}
		if r.plain {
			return r.readPlain(p), nil
		}
		r.final = r.produce()
	}
	n = copy(p, r.out[r.returned:r.written])
	r.sum = r.sum.Add(r.out[r.returned : r.returned+n])
	r.returned += n
	return n, nil
}

// Sum returns the length and checksum of all text that Read has returned.
func (r *Reader) Sum() checksum.Sum { return r.before.Then(r.sum) }

// produce decompresses more text into out, after all of out has been returned. An error comes after
// that text.
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
	r.returned = r.written
	err := r.inflate()
	r.ended = err == nil && r.block == blockNone
	return err
}

// start decides by the first bytes whether the data is gzip'd.
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

// readPlain reads plain text: the bytes that start has read, and then from the source.
func (r *Reader) readPlain(p []byte) (n int) {
	if n = copy(p, r.buf[r.pos:r.end]); n > 0 {
		r.pos += n
	} else if r.final = r.err; r.final == nil {
		n, r.final = r.src.Read(p)
	}
	r.sum = r.sum.Add(p[:n])
	return n
}

// blockPadding is the size of the blocks that files are padded to. Padding is shorter than a block.
const blockPadding = 512

// nextMember reads the header of the next member. If there is none, it returns io.EOF or the error
// of the source. More zeros than padding has are not skipped: they may have overwritten a member.
func (r *Reader) nextMember() error {
	r.align()
	for zeros := 0; ; zeros++ {
		if zeros == blockPadding {
			return corrupt("a block of zeros after a member")
		}
		if r.pos == r.end && !r.fill() {
			return r.err
		}
		if r.buf[r.pos] != 0 {
			break
		}
		r.pos++
	}
	r.begin()
	r.returned = 0
	r.before, r.sum = r.Sum(), checksum.Sum{}
	return r.header()
}

// Flags of a header.
const (
	flagHeaderSum = 1 << 1
	flagExtra     = 1 << 2
	flagName      = 1 << 3
	flagComment   = 1 << 4
)

// header reads and verifies a member's header. Its fields are not used.
func (r *Reader) header() error {
	h := header{in: &r.input}
	magic := h.bytes(3)
	flags := h.bytes(1)
	h.bytes(4) // time
	h.bytes(2) // compression and system
	if h.err == nil && magic != 0x088b1f {
		return corrupt("invalid header")
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
		return corrupt("wrong checksum of a header")
	}
	return h.err
}

// header reads the bytes of a header and computes their checksum.
type header struct {
	in  *input
	sum uint32
	one [1]byte
	err error // sticky
}

// bytes reads a little-endian number of n bytes, four at most.
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

// trailer verifies checksum and length of a member.
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
		return corrupt("wrong checksum")
	case size != uint32(r.sum.Length&math.MaxUint32): // the length modulo 2^32
		return corrupt("wrong length")
	}
	return nil
}
