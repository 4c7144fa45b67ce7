package gunzip_test

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"testing"
	"testing/iotest"

	"github.com/partnerbilling/sdk-go/internal/gunzip"
)

// reference decompresses with the standard library, by the same rules about members and padding.
func reference(data []byte, requireGzip bool) (text []byte, err error) {
	if len(data) == 0 {
		return nil, nil
	}
	if !bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		if requireGzip {
			return nil, gunzip.ErrNotGzip
		}
		return data, nil
	}
	src := bufio.NewReader(bytes.NewReader(data))
	z, err := gzip.NewReader(src)
	for err == nil {
		z.Multistream(false)
		var member []byte
		member, err = io.ReadAll(z)
		text = append(text, member...)
		if err != nil {
			break
		}
		for zeros := 0; ; zeros++ {
			if zeros == 512 {
				return text, gunzip.ErrCorrupt
			}
			next, err := src.Peek(1)
			if err != nil {
				return text, nil
			}
			if next[0] != 0 {
				break
			}
			if _, err := src.Discard(1); err != nil {
				return text, err
			}
		}
		err = z.Reset(src)
	}
	return text, gunzip.ErrCorrupt
}

// used returns a reader that has read part of other data, which must not affect what it reads next.
func used(tb testing.TB) *gunzip.Reader {
	r := gunzip.NewReader(bytes.NewReader(otherData), true)
	if _, err := io.CopyN(io.Discard, r, 40_000); err != nil {
		tb.Fatal(err)
	}
	return r
}

var otherData = zipped(nil, text(50_000, 5), 6)

// check reads data in several ways and compares each with the reference.
func check(t *testing.T, data []byte, requireGzip bool) {
	t.Helper()
	want, wantErr := reference(data, requireGzip)
	sources := map[string]func(io.Reader) io.Reader{
		"whole":       func(r io.Reader) io.Reader { return r },
		"byte a time": iotest.OneByteReader,
		"halves":      iotest.HalfReader,
		"with error":  iotest.DataErrReader,
	}
	r := used(t)
	for how, source := range sources {
		r.Reset(source(bytes.NewReader(data)), requireGzip)
		compare(t, how, r, want, wantErr, len(data)%7+1)
	}
	compare(t, "new", gunzip.NewReader(bytes.NewReader(data), requireGzip), want, wantErr, 64<<10)
}

func compare(t *testing.T, how string, r io.Reader, want []byte, wantErr error, size int) {
	t.Helper()
	var got bytes.Buffer
	p := make([]byte, size)
	var err error
	for err == nil {
		var n int
		n, err = r.Read(p)
		got.Write(p[:n])
	}
	if _, again := r.Read(p); !errors.Is(again, err) {
		t.Fatalf("%s: %v, and then %v", how, err, again)
	}
	if wantErr != nil {
		if !errors.Is(err, wantErr) {
			t.Fatalf("%s: %d bytes, %v; want %v", how, got.Len(), err, wantErr)
		}
		// The amount of data before an error may differ, but not the data.
		if n := min(got.Len(), len(want)); !bytes.Equal(got.Bytes()[:n], want[:n]) {
			t.Fatalf("%s: wrong bytes before the error", how)
		}
		return
	}
	if err != io.EOF || !bytes.Equal(got.Bytes(), want) {
		t.Fatalf("%s: %d bytes, want %d; %v", how, got.Len(), len(want), err)
	}
}

// FuzzRead compares the reader with the standard library, for any data.
func FuzzRead(f *testing.F) {
	for _, data := range samples(f) {
		f.Add(data, true)
	}
	f.Add([]byte("plain"), false)
	f.Add([]byte{}, true)
	f.Add([]byte{0x1f}, false)
	f.Add([]byte{0x1f, 0x8b}, true)
	f.Fuzz(check)
}

// FuzzDeflate compares the reader with compress/flate, for any deflate stream with a valid trailer.
func FuzzDeflate(f *testing.F) {
	for _, data := range samples(f) {
		f.Add(data[10 : len(data)-8])
	}
	for _, data := range handmade {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, deflated []byte) { check(t, wrapped(deflated), true) })
}

// wrapped makes a gzip member of a deflate stream. The trailer is that of the data that can be
// decompressed.
func wrapped(deflated []byte) []byte {
	src := bytes.NewReader(deflated) // an io.ByteReader, so that no more is taken than needed
	text, _ := io.ReadAll(flate.NewReader(src))
	data := append([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255}, deflated[:len(deflated)-src.Len()]...)
	data = binary.LittleEndian.AppendUint32(data, crc32.ChecksumIEEE(text))
	return binary.LittleEndian.AppendUint32(data, uint32(len(text)))
}

// bitsOf packs fields, each of a value and how many bits of it, as a deflate stream does.
func bitsOf(fields ...[2]uint64) (data []byte) {
	var have, count uint64
	for _, f := range fields {
		have |= f[0] << count
		for count += f[1]; count >= 8; count -= 8 {
			data = append(data, byte(have&255))
			have >>= 8
		}
	}
	return append(data, byte(have&255), 0, 0, 0, 0, 0, 0, 0, 0)
}

// handmade are streams that no compressor writes.
var handmade = [][]byte{
	bitsOf([2]uint64{1, 1}, [2]uint64{3, 2}),                                                                          // reserved block type
	bitsOf([2]uint64{1, 1}, [2]uint64{1, 2}, [2]uint64{0, 7}),                                                         // fixed code, empty
	bitsOf([2]uint64{1, 1}, [2]uint64{1, 2}, [2]uint64{0x63, 8}, [2]uint64{0, 7}),                                     // literal 286
	bitsOf([2]uint64{1, 1}, [2]uint64{1, 2}, [2]uint64{0x40, 7}, [2]uint64{0, 5}),                                     // distance too far back
	bitsOf([2]uint64{1, 1}, [2]uint64{1, 2}, [2]uint64{0x40, 7}, [2]uint64{15, 5}),                                    // distance symbol 30
	bitsOf([2]uint64{1, 1}, [2]uint64{2, 2}, [2]uint64{30, 5}, [2]uint64{0, 5}),                                       // 287 literals
	bitsOf([2]uint64{1, 1}, [2]uint64{2, 2}, [2]uint64{0, 5}, [2]uint64{31, 5}),                                       // 32 distances
	bitsOf([2]uint64{1, 1}, [2]uint64{2, 2}, [2]uint64{0, 5}, [2]uint64{0, 5}, [2]uint64{0, 4}, [2]uint64{0x49, 12}),  // over-subscribed
	bitsOf([2]uint64{1, 1}, [2]uint64{2, 2}, [2]uint64{0, 5}, [2]uint64{0, 5}, [2]uint64{0, 4}, [2]uint64{1, 12}),     // one code, repeats nothing
	bitsOf([2]uint64{1, 1}, [2]uint64{2, 2}, [2]uint64{0, 5}, [2]uint64{0, 5}, [2]uint64{0, 4}, [2]uint64{0, 12}),     // no code
	bitsOf([2]uint64{1, 1}, [2]uint64{2, 2}, [2]uint64{0, 5}, [2]uint64{0, 5}, [2]uint64{0, 4}, [2]uint64{2 << 6, 9}), // incomplete
	// A valid stream except that it has 288 codes for literals, of which it uses two.
	bitsOf([2]uint64{1, 1}, [2]uint64{2, 2}, [2]uint64{31, 5}, [2]uint64{0, 5}, [2]uint64{14, 4}, [2]uint64{1<<6 | 1<<51, 54}, [2]uint64{0, 1},
		[2]uint64{1, 1}, [2]uint64{127, 7}, [2]uint64{1, 1}, [2]uint64{106, 7}, [2]uint64{0, 1}, [2]uint64{1, 1}, [2]uint64{21, 7}, [2]uint64{1, 1}),
	{0, 1, 0, 254, 255, 'x', 1, 0, 0, 255, 255}, // stored, and stored again
	{1, 1, 0, 255, 255, 'x'},                    // wrong length
	{1, 0, 0, 255, 255},
	{},
}
