package gunzip_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"

	"github.com/partnerbilling/sdk-go/internal/checksum"
	"github.com/partnerbilling/sdk-go/internal/gunzip"
)

// TestEveryBit: with any one bit flipped, output and error are those of the reference.
func TestEveryBit(t *testing.T) {
	for _, data := range samples(t) {
		data = data[:min(len(data), 80)] // headers and code tables
		for i := range 8 * len(data) {
			flipped := bytes.Clone(data)
			flipped[i/8] ^= 1 << (i % 8)
			check(t, flipped, true)
		}
	}
}

// TestTrailer: each bit of the trailer is verified.
func TestTrailer(t *testing.T) {
	data := zipped(t, text(5000, 1), 6)
	for i := range 64 {
		flipped := bytes.Clone(data)
		flipped[len(flipped)-8+i/8] ^= 1 << (i % 8)
		if n, err := io.Copy(io.Discard, gunzip.NewReader(bytes.NewReader(flipped), true)); n != 5000 || !errors.Is(err, gunzip.ErrCorrupt) {
			t.Errorf("bit %d of the trailer: %d bytes, %v", i, n, err)
		}
	}
}

// TestTruncatedEverywhere: truncated data is corrupt, and an error of the source is returned as it
// is.
func TestTruncatedEverywhere(t *testing.T) {
	broken := errors.New("broken")
	for _, data := range samples(t) {
		for i := range data {
			check(t, data[:i], true)
			r := gunzip.NewReader(io.MultiReader(bytes.NewReader(data[:i]), iotest.ErrReader(broken)), true)
			if _, err := io.Copy(io.Discard, r); !errors.Is(err, broken) || errors.Is(err, gunzip.ErrCorrupt) {
				t.Fatalf("the source failed after byte %d: %v", i, err)
			}
		}
	}
}

// TestRoundTrip: the output of any compressor decompresses to its text.
func TestRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	seed := uint64(0)
	for _, around := range []int{0, 300, 32 << 10, 64 << 10, 128 << 10, 160 << 10, 1 << 20} {
		for range 1 + 200_000/(around+40_000) { // more of the small ones, which are fast
			seed++
			want := text(max(0, around-3+r.IntN(7)), seed)
			for level := gzip.HuffmanOnly; level <= gzip.BestCompression; level++ {
				for _, data := range [][]byte{zipped(t, want, level), fastZipped(t, want, level)} {
					twice := append(bytes.Clone(data), data...)
					compare(t, "two members", gunzip.NewReader(bytes.NewReader(twice), true), append(bytes.Clone(want), want...), nil, 1+r.IntN(200_000))
				}
			}
		}
	}
}

// TestStored: random data does not compress, so it is stored.
func TestStored(t *testing.T) {
	want := make([]byte, 1<<20)
	rng := rand.NewChaCha8([32]byte{1})
	if _, err := rng.Read(want); err != nil {
		t.Fatal(err)
	}
	for level := gzip.HuffmanOnly; level <= gzip.BestCompression; level++ {
		check(t, zipped(t, want[:200_000], level), true)
	}
	compare(t, "stored", gunzip.NewReader(bytes.NewReader(fastZipped(t, want, 1)), true), want, nil, 100_000)
}

// TestHandmade: streams that no compressor writes are accepted or rejected as by the reference.
func TestHandmade(t *testing.T) {
	for _, deflated := range handmade {
		check(t, wrapped(deflated), true)
		check(t, append(zipped(t, []byte("a window"), 6), wrapped(deflated)...), true)
	}
}

// TestHeader: optional fields are skipped, and the checksum of a header is verified.
func TestHeader(t *testing.T) {
	body := zipped(t, []byte("text"), 6)[10:]
	for flags := range byte(32) {
		h := []byte{0x1f, 0x8b, 8, flags, 1, 2, 3, 4, 0, 3}
		if flags&4 != 0 {
			h = append(h, 5, 0, 'e', 'x', 't', 'r', 'a')
		}
		if flags&8 != 0 {
			h = append(h, "name\x00"...)
		}
		if flags&16 != 0 {
			h = append(h, "comment\x00"...)
		}
		if flags&2 != 0 {
			sum := crc32.ChecksumIEEE(h)
			h = append(h, byte(sum&255), byte(sum>>8&255))
		}
		data := append(bytes.Clone(h), body...)
		check(t, data, true)
		for i := range data {
			check(t, data[:i], true)
		}
		if text, err := io.ReadAll(gunzip.NewReader(bytes.NewReader(data), true)); string(text) != "text" || err != nil {
			t.Errorf("flags %x: %q, %v", flags, text, err)
		}
		if flags&2 != 0 {
			data[len(h)-1] ^= 1
			if _, err := io.ReadAll(gunzip.NewReader(bytes.NewReader(data), true)); !errors.Is(err, gunzip.ErrCorrupt) {
				t.Errorf("flags %x, wrong checksum: %v", flags, err)
			}
		}
	}
}

// slowReader returns no data in two of three calls.
type slowReader struct {
	r     io.Reader
	calls int
}

func (s *slowReader) Read(p []byte) (int, error) {
	if s.calls++; s.r == nil || s.calls%3 != 0 {
		return 0, nil
	}
	return s.r.Read(p[:min(len(p), 10)])
}

func TestSourceWithoutProgress(t *testing.T) {
	want := text(10_000, 9)
	compare(t, "slow", gunzip.NewReader(&slowReader{r: bytes.NewReader(zipped(t, want, 6))}, true), want, nil, 5000)
	if _, err := io.Copy(io.Discard, gunzip.NewReader(&slowReader{}, true)); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("got %v", err)
	}
}

// TestBuffersAreReused: a reader allocates its buffers once.
func TestBuffersAreReused(t *testing.T) {
	data := zipped(t, text(2<<20, 3), 6)
	r, src := gunzip.NewReader(nil, true), bytes.NewReader(nil)
	allocations := testing.AllocsPerRun(5, func() {
		src.Reset(data)
		r.Reset(src, true)
		if n, err := io.Copy(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{r}); n != 2<<20 || err != nil {
			t.Fatal(n, err)
		}
	})
	if allocations > 10 {
		t.Errorf("%v allocations", allocations)
	}
}

// TestSum: length and checksum are those of the text returned so far, for gzip members and for
// plain text.
func TestSum(t *testing.T) {
	whole := text(100_000, 1)
	members := append(zipped(t, whole[:40_000], 6), zipped(t, whole[40_000:], 1)...)
	for name, data := range map[string][]byte{"gzip": members, "plain": whole} {
		var r gunzip.Reader
		r.Reset(iotest.HalfReader(bytes.NewReader(data)), false)
		var got []byte
		for piece := 1; ; piece = piece*3%7001 + 1 {
			p := make([]byte, piece)
			n, err := r.Read(p)
			got = append(got, p[:n]...)
			if r.Sum() != checksum.Of(got) {
				t.Fatalf("%s: wrong after %d bytes", name, len(got))
			}
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(got, whole) {
			t.Errorf("%s: %d bytes that differ from the text", name, len(got))
		}
	}
}

// TestPlainErrors: the source's error is returned after all text, and is sticky.
func TestPlainErrors(t *testing.T) {
	broken := errors.New("broken")
	var r gunzip.Reader
	r.Reset(&once{[]byte("some text"), broken}, false)
	got, err := io.ReadAll(&r)
	if string(got) != "some text" || !errors.Is(err, broken) {
		t.Errorf("%q, %v", got, err)
	}
	if n, err := r.Read(make([]byte, 1)); n != 0 || !errors.Is(err, broken) {
		t.Errorf("again: %d, %v", n, err)
	}
}

// once returns its text and its error together, and io.EOF afterwards.
type once struct {
	text []byte
	err  error
}

func (o *once) Read(p []byte) (n int, err error) {
	n, err = copy(p, o.text), o.err
	o.text, o.err = nil, io.EOF
	return n, err
}

// TestPadding: fewer than 512 zero bytes after a member are padding of the last block of a file.
// More hide what they have overwritten, which may have been another member.
func TestPadding(t *testing.T) {
	member := zipped(t, []byte("text"), 6)
	// A member that ends with the input's buffer, so that the padding is in the next one.
	long := zipped(t, text(200_000, 7), gzip.NoCompression)
	for _, first := range [][]byte{member, long} {
		want, err := reference(first, true)
		if err != nil && !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		for _, zeros := range []int{1, 511, 512, 513, 1024, 64 << 10, 200 << 10} {
			for _, then := range [][]byte{nil, member} {
				data := append(append(bytes.Clone(first), make([]byte, zeros)...), then...)
				got, err := io.ReadAll(gunzip.NewReader(bytes.NewReader(data), true))
				if zeros < 512 {
					if err != nil || len(got) != len(want)+min(len(then), len("text")) {
						t.Errorf("%d zeros, then %d bytes: %d bytes of text, %v", zeros, len(then), len(got), err)
					}
				} else if !errors.Is(err, gunzip.ErrCorrupt) || !bytes.Equal(got, want) {
					t.Errorf("%d zeros, then %d bytes: %d bytes of text, %v; want corrupt data", zeros, len(then), len(got), err)
				}
				check(t, data, true)
			}
		}
		overwritten := append(bytes.Clone(first), make([]byte, len(long))...)
		if _, err := io.Copy(io.Discard, gunzip.NewReader(bytes.NewReader(overwritten), true)); !errors.Is(err, gunzip.ErrCorrupt) {
			t.Errorf("a member overwritten by zeros: %v", err)
		}
	}
	// Several paddings in one blob are each counted for themselves.
	padded := append(bytes.Clone(member), make([]byte, 300)...)
	if got, err := io.ReadAll(gunzip.NewReader(bytes.NewReader(bytes.Repeat(padded, 5)), true)); err != nil || len(got) != 20 {
		t.Errorf("five padded members: %q, %v", got, err)
	}
	// An error of the source within the padding is returned as it is.
	broken := errors.New("broken")
	r := gunzip.NewReader(io.MultiReader(bytes.NewReader(padded), iotest.ErrReader(broken)), true)
	if _, err := io.ReadAll(r); !errors.Is(err, broken) {
		t.Errorf("the source failed within the padding: %v", err)
	}
}
