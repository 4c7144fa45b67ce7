package parquetsink

import (
	"encoding/binary"
	"hash/crc32"
	"math/bits"

	"github.com/klauspost/compress/zstd"
)

// Numbers of Parquet's enumerations.
const (
	typeBoolean = 0
	typeInt32   = 1
	typeInt64   = 2
	typeDouble  = 5
	typeBytes   = 6
	typeFixed   = 7

	encodingPlain      = 0
	encodingRLE        = 3
	encodingDictionary = 8

	pageData       = 0
	pageDictionary = 2

	codecZstd = 6
)

// Sizes of pages and dictionaries.
const (
	pageRows      = 20_480
	pageBytes     = 1 << 20 // of values, PLAIN
	maxDictionary = 1 << 20
)

// pages are the pages of a column chunk: compressed, with their headers.
type pages struct {
	buf    []byte
	plain  int // bytes before compression, with headers
	counts [2]int
}

// Indexes in counts: how many data pages have which encoding.
const (
	plainPages = iota
	dictionaryPages
)

// scratch is what a goroutine needs to encode a page.
type scratch struct {
	page   []byte
	zipped []byte
	header thrift
	zstd   *zstd.Encoder
}

func newScratch() (*scratch, error) {
	// A window of a page is enough; the default is 8 MiB.
	e, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithWindowSize(pageBytes), zstd.WithLowerEncoderMem(true))
	if err != nil {
		return nil, err
	}
	return &scratch{zstd: e}, nil
}

// add compresses the page in the scratch and appends it. The callback writes the part of the header
// that is particular to the type of page.
func (p *pages) add(s *scratch, kind int, particular func(*thrift)) {
	s.zipped = s.zstd.EncodeAll(s.page, s.zipped[:0])
	h := &s.header
	h.buf = h.buf[:0]
	h.open()
	h.i32(1, kind)
	h.i32(2, len(s.page))
	h.i32(3, len(s.zipped))
	h.i32(4, int(int32(crc32.ChecksumIEEE(s.zipped)))) //nolint:gosec // Thrift has no unsigned numbers.
	particular(h)
	h.close()
	p.plain += len(h.buf) + len(s.page)
	p.buf = append(append(p.buf, h.buf...), s.zipped...)
}

// addData adds a page of values. The levels say of each row whether it has one, and the callback
// appends the values.
func (p *pages) addData(s *scratch, levels []uint8, nulls, encoding int, values func([]byte) []byte) {
	s.page = append(s.page[:0], 0, 0, 0, 0)
	switch nulls {
	case 0:
		s.page = append(binary.AppendUvarint(s.page, uint64(len(levels))<<1), 1)
	case len(levels):
		s.page = append(binary.AppendUvarint(s.page, uint64(len(levels))<<1), 0)
	default:
		s.page = appendHybrid(s.page, levels, 1)
	}
	binary.LittleEndian.PutUint32(s.page, uint32(len(s.page)-4)) //nolint:gosec // A page has at most pageRows levels.
	s.page = values(s.page)
	if encoding == encodingPlain {
		p.counts[plainPages]++
	} else {
		p.counts[dictionaryPages]++
	}
	p.add(s, pageData, func(h *thrift) {
		h.begin(5)
		h.i32(1, len(levels))
		h.i32(2, encoding)
		h.i32(3, encodingRLE)
		h.i32(4, encodingRLE)
		h.close()
	})
}

// addIndexes adds a page of indexes of a dictionary of a size.
func (p *pages) addIndexes(s *scratch, levels []uint8, nulls int, indexes []uint32, size int) {
	p.addData(s, levels, nulls, encodingDictionary, func(page []byte) []byte {
		width := max(1, bits.Len(uint(size-1)))
		return appendHybrid(append(page, byte(width)), indexes, width) //nolint:gosec // at most 32
	})
}

// addDictionary adds the page of a dictionary.
func (p *pages) addDictionary(s *scratch, data []byte, size int) {
	s.page = append(s.page[:0], data...)
	p.add(s, pageDictionary, func(h *thrift) {
		h.begin(7)
		h.i32(1, size)
		h.i32(2, encodingPlain)
		h.close()
	})
}
