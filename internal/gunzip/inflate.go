package gunzip

import "fmt"

// window is the largest distance of a match.
const window = 32 << 10

const (
	// outputSize is how much is decompressed at a time, after the window.
	outputSize = 128 << 10
	// slack is how far a match may be written beyond the limit: its length, and the excess of
	// copying 32 bytes at a time.
	slack = 258 + 32

	bufferSize  = window + outputSize + slack
	outputLimit = window + outputSize
)

// inflater inflates one deflate stream after the other.
type inflater struct {
	input
	out     *[bufferSize]byte
	written int // end of the data in out
	block   block
	last    bool // the current block is the last of the stream
	stored  int  // remaining bytes of a stored block

	literals  literalTable
	distances distanceTable
	fixed     bool // the tables are those of the fixed code
}

// block is the state of a stream: what is read next.
type block uint8

const (
	blockBegins block = iota
	blockStored
	blockCodes
	blockNone // the stream has ended
)

// begin starts a stream.
func (z *inflater) begin() {
	z.block, z.last, z.written = blockBegins, false, 0
}

// inflate decompresses into out until out is full or the stream ends.
func (z *inflater) inflate() (err error) {
	for z.written < outputLimit && err == nil {
		switch z.block {
		case blockBegins:
			err = z.blockHeader()
		case blockStored:
			err = z.copyStored()
		case blockCodes:
			err = z.symbols()
		case blockNone:
			return nil
		}
	}
	return err
}

// slide makes room in out, by keeping only the window.
func (z *inflater) slide() {
	if z.written > window {
		z.written = copy(z.out[:], z.out[z.written-window:z.written])
	}
}

// next ends a block.
func (z *inflater) next() {
	z.block = blockBegins
	if z.last {
		z.block = blockNone
	}
}

func (z *inflater) blockHeader() error {
	v, err := z.take(3)
	if err != nil {
		return err
	}
	z.last = v&1 == 1
	switch v >> 1 {
	case 0:
		return z.beginStored()
	case 1:
		z.useFixed()
	case 2:
		err = z.readCodes()
	default:
		return corrupt("reserved block type")
	}
	z.block = blockCodes
	return err
}

func (z *inflater) beginStored() error {
	if _, err := z.take(z.count & 7); err != nil {
		return err
	}
	v, err := z.take(32)
	if err != nil {
		return err
	}
	if v>>16 != ^v&0xffff {
		return corrupt("wrong length of a stored block")
	}
	z.align()
	z.stored = int(v & 0xffff)
	z.block = blockStored
	return nil
}

func (z *inflater) copyStored() error {
	for z.stored > 0 {
		if z.written == outputLimit {
			return nil
		}
		if z.pos == z.end && !z.fill() {
			return z.truncated()
		}
		room := z.out[z.written:min(outputLimit, z.written+z.stored)]
		n := copy(room, z.buf[z.pos:z.end])
		z.pos += n
		z.written += n
		z.stored -= n
	}
	z.next()
	return nil
}

// fixedLiterals and fixedDistances are the code lengths of the fixed code.
var fixedLiterals, fixedDistances = func() (l [288]uint8, d [32]uint8) {
	for i := range l {
		switch {
		case i < 144, i >= 280:
			l[i] = 8
		case i < 256:
			l[i] = 9
		default:
			l[i] = 7
		}
	}
	for i := range d {
		d[i] = 5
	}
	return l, d
}()

func (z *inflater) useFixed() {
	if z.fixed {
		return
	}
	z.fixed = build(z.literals[:], literalBits, fixedLiterals[:], literalEntries[:]) &&
		build(z.distances[:], distanceBits, fixedDistances[:], distanceEntries[:])
}

// lengthOrder is the order of the code lengths of the code for code lengths.
var lengthOrder = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// readCodes reads the codes of a dynamic block.
func (z *inflater) readCodes() error {
	z.fixed = false
	v, err := z.take(14)
	if err != nil {
		return err
	}
	literals, distances, lengths := int(v&31)+257, int(v>>5&31)+1, int(v>>10)+4
	if literals > maxLits || distances > maxDist {
		return corrupt("too many codes")
	}
	var first [19]uint8
	for _, symbol := range lengthOrder[:lengths] {
		v, err := z.take(3)
		if err != nil {
			return err
		}
		first[symbol] = uint8(v) //nolint:gosec // Three bits.
	}
	var table [1 << lengthBits]entry
	if !build(table[:], lengthBits, first[:], lengthEntries[:]) {
		return corrupt("invalid code for code lengths")
	}
	var both [maxLits + maxDist]uint8
	if err := z.readLengths(both[:literals+distances], &table); err != nil {
		return err
	}
	if !build(z.literals[:], literalBits, both[:literals], literalEntries[:]) {
		return corrupt("invalid code for literals")
	}
	if !build(z.distances[:], distanceBits, both[literals:literals+distances], distanceEntries[:]) {
		return corrupt("invalid code for distances")
	}
	return nil
}

// lengthEntries are the entries of the code for code lengths.
var lengthEntries = func() (t [19]entry) {
	for i := range t {
		t[i] = entry(i) << 16
	}
	return t
}()

// readLengths reads code lengths, which are run-length encoded.
func (z *inflater) readLengths(lengths []uint8, table *[1 << lengthBits]entry) error {
	for i := 0; i < len(lengths); {
		if z.count < 14 {
			z.more()
		}
		e := table[z.bits&(1<<lengthBits-1)]
		if e&isSpecial != 0 {
			return z.invalid()
		}
		if _, err := z.take(uint(e & 63)); err != nil {
			return err
		}
		symbol := uint8(e >> 16) //nolint:gosec // 18 at most.
		if symbol < 16 {
			lengths[i] = symbol
			i++
			continue
		}
		value, least, extra := uint8(0), 3, uint(3)
		switch symbol {
		case 16:
			if i == 0 {
				return corrupt("no code length to repeat")
			}
			value, extra = lengths[i-1], 2
		case 18:
			least, extra = 11, 7
		}
		v, err := z.take(extra)
		if err != nil {
			return err
		}
		n := least + int(v)
		if i+n > len(lengths) {
			return corrupt("too many code lengths")
		}
		for range n {
			lengths[i] = value
			i++
		}
	}
	return nil
}

// corrupt returns an error that matches ErrCorrupt.
func corrupt(cause string) error { return fmt.Errorf("%w: %s", ErrCorrupt, cause) }
