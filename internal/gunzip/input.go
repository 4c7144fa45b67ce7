package gunzip

import "io"

// inputSize is the size of the buffer of compressed data.
const inputSize = 64 << 10

// input is the compressed data: a bit buffer, followed by bytes.
type input struct {
	src   io.Reader
	buf   []byte
	pos   int   // of the first byte that is not in bits
	end   int   // of the data in buf
	err   error // of src; sticky
	bits  uint64
	count uint // number of bits in bits; higher bits are zero
}

// keepBytes is how many bytes before pos fill keeps, since align can return them.
const keepBytes = 8

// fill reads more data. It reports whether there was any.
func (in *input) fill() bool {
	if in.err != nil {
		return false
	}
	if in.buf == nil {
		in.buf = make([]byte, inputSize)
	}
	keep := min(in.pos, keepBytes)
	in.end = copy(in.buf, in.buf[in.pos-keep:in.end])
	in.pos = keep
	for range 100 {
		n, err := in.src.Read(in.buf[in.end:])
		in.end += n
		in.err = err
		if n > 0 || err != nil {
			return n > 0
		}
	}
	in.err = io.ErrNoProgress
	return false
}

// more fills the bit buffer to at least 56 bits, or with all that is left.
func (in *input) more() {
	for in.count < 56 && (in.pos < in.end || in.fill()) {
		in.bits |= uint64(in.buf[in.pos]) << in.count
		in.pos++
		in.count += 8
	}
}

// take removes n bits, at most 32.
func (in *input) take(n uint) (uint32, error) {
	if in.count < n {
		if in.more(); in.count < n {
			return 0, in.truncated()
		}
	}
	v := uint32(in.bits & (1<<n - 1)) //nolint:gosec // At most 32 bits.
	in.bits >>= n
	in.count -= n
	return v, nil
}

// align drops the bits before the next whole byte and returns the whole bytes to buf.
func (in *input) align() {
	in.pos -= int(in.count / 8)
	in.bits, in.count = 0, 0
}

// truncated returns the error for data that ends too early: that of the source, if it has one.
func (in *input) truncated() error {
	if in.err != nil && in.err != io.EOF { //nolint:errorlint // Readers return io.EOF itself.
		return in.err
	}
	return corrupt("unexpected end of data")
}
