package billingtest

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/flate"

	"github.com/partnerbilling/sdk-go/internal/checksum"
)

// A generated blob is one gzip member:
//
//	header (10 bytes) | segment | segment | … | empty last block, CRC-32 and length (10 bytes)
//
// Each segment has the same number of rows, is compressed independently of the others and ends at a
// byte boundary. So the bytes at any offset can be generated from the rows of one segment, and only
// an index of the segments' lengths has to be kept.
const (
	rowsPerSegment = 1000
	headerLength   = 10
	trailerLength  = 10
)

var gzipHeader = [headerLength]byte{0x1f, 0x8b, 8} // no name, no time, no flags

// blob is a file of an export: generated from rows, or fixed bytes.
type blob struct {
	content *content
	name    string
	eTag    string
	first   int64 // row
	rows    int64
	fixed   []byte   // non-nil: the bytes
	lines   []string // lines of fixed, if they were given
	deleted bool     // still in the manifest, but deleted from storage

	modified time.Time // when it was replaced; zero: it was stored with its export

	mu    sync.Mutex
	index *index
	md5   string // of the whole blob, in base 64; "": not computed yet
}

// index has the offsets of the segments of a generated blob.
type index struct {
	starts []int64 // offset of each segment, and of the trailer
	tail   [trailerLength]byte
}

func (x *index) size() int64 { return x.starts[len(x.starts)-1] + trailerLength }

// segmentSum has the compressed length of a segment, and the checksum of its text for the trailer.
type segmentSum struct {
	packed int64
	text   checksum.Sum
}

func (b *blob) lastModified() time.Time {
	if b.modified.IsZero() {
		return b.content.stored
	}
	return b.modified
}

func (b *blob) segments() int { return int((b.rows + rowsPerSegment - 1) / rowsPerSegment) }

// size returns the length of the blob in bytes. The first call for a generated blob builds the
// index.
func (b *blob) size(ctx context.Context, cache *segmentCache) (int64, error) {
	if b.fixed != nil {
		return int64(len(b.fixed)), nil
	}
	x, err := b.indexed(ctx, cache)
	if err != nil {
		return 0, err
	}
	return x.size(), nil
}

// indexed returns the index. The first call builds it by generating all segments on all processors.
func (b *blob) indexed(ctx context.Context, cache *segmentCache) (*index, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.index != nil {
		return b.index, nil
	}
	sums := make([]segmentSum, b.segments())
	errs := make([]error, min(runtime.GOMAXPROCS(0), len(sums)))
	var next atomic.Int64
	var workers sync.WaitGroup
	for w := range errs {
		workers.Go(func() {
			var packed bytes.Buffer
			for errs[w] == nil {
				i := int(next.Add(1)) - 1
				if i >= len(sums) {
					return
				}
				if errs[w] = context.Cause(ctx); errs[w] != nil {
					return
				}
				packed.Reset()
				if sums[i], errs[w] = b.pack(&packed, i); errs[w] == nil {
					cache.put(b, i, packed.Bytes())
				}
			}
		})
	}
	workers.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	b.index = newIndex(sums)
	return b.index, nil
}

func newIndex(sums []segmentSum) *index {
	x := &index{starts: make([]int64, 1, len(sums)+1)}
	x.starts[0] = headerLength
	var total checksum.Sum
	for _, s := range sums {
		x.starts = append(x.starts, x.starts[len(x.starts)-1]+s.packed)
		total = total.Then(s.text)
	}
	x.tail = trailer(total)
	return x
}

// trailer returns the last, empty block of deflate and the end of the gzip member.
func trailer(total checksum.Sum) (tail [trailerLength]byte) {
	tail[0] = 3
	binary.LittleEndian.PutUint32(tail[2:], total.CRC)
	binary.LittleEndian.PutUint32(tail[6:], uint32(total.Length)) //nolint:gosec // the format stores the length modulo 2^32
	return tail
}

// compressors holds one pool of *flate.Writer per level.
var compressors [10]sync.Pool

// pack compresses segment i.
func (b *blob) pack(to *bytes.Buffer, i int) (segmentSum, error) {
	level := b.content.export.Level
	z, ok := compressors[level].Get().(*flate.Writer)
	if !ok {
		var err error
		if z, err = flate.NewWriter(nil, level); err != nil {
			return segmentSum{}, fmt.Errorf("billingtest: %w", err)
		}
	}
	defer compressors[level].Put(z)
	start := to.Len()
	z.Reset(to)
	var s segmentSum
	first := int64(i) * rowsPerSegment
	err := b.eachText(first, min(first+rowsPerSegment, b.rows), func(text []byte) error {
		s.text = s.text.Add(text)
		_, err := z.Write(text)
		return err
	})
	if err == nil {
		err = z.Flush()
	}
	s.packed = int64(to.Len() - start)
	return s, err
}

// textLength is about how much text eachText passes on at a time.
const textLength = 64 << 10

var texts = sync.Pool{New: func() any { b := make([]byte, 0, textLength+8<<10); return &b }}

// eachText generates the rows first to next-1 of the blob and calls do with chunks of their text.
func (b *blob) eachText(first, next int64, do func([]byte) error) error {
	buffer, ok := texts.Get().(*[]byte)
	if !ok {
		buffer = new([]byte)
	}
	defer texts.Put(buffer)
	text := (*buffer)[:0]
	var f facts
	for row := first; row < next; row++ {
		b.content.rows.decide(b.first+row, &f)
		text = b.content.rows.append(text, &f)
		if len(text) >= textLength {
			if err := do(text); err != nil {
				return err
			}
			text = text[:0]
		}
	}
	*buffer = text[:0]
	if len(text) == 0 {
		return nil
	}
	return do(text)
}

// writeGenerated writes the whole blob. It holds one segment in memory and does not need the index.
func (b *blob) writeGenerated(w io.Writer) error {
	if _, err := w.Write(gzipHeader[:]); err != nil {
		return err
	}
	var total checksum.Sum
	var packed bytes.Buffer
	for i := range b.segments() {
		packed.Reset()
		s, err := b.pack(&packed, i)
		if err != nil {
			return err
		}
		if _, err := packed.WriteTo(w); err != nil {
			return err
		}
		total = total.Then(s.text)
	}
	tail := trailer(total)
	_, err := w.Write(tail[:])
	return err
}
