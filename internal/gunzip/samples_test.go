package gunzip_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	fast "github.com/klauspost/compress/gzip"
)

// text makes structured text: random letters, runs, and matches of all distances.
func text(n int, seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	alphabet := 1 + r.IntN(256)
	b := make([]byte, 0, n+600)
	for len(b) < n {
		switch r.IntN(6) {
		case 0:
			for range r.IntN(40) {
				b = append(b, byte(r.IntN(alphabet)))
			}
		case 1:
			b = append(b, bytes.Repeat([]byte{byte(r.IntN(alphabet))}, r.IntN(600))...)
		case 2:
			b = fmt.Appendf(b, `{"Number":%d,"Name":"customer %d"}`, r.IntN(1000), r.IntN(50))
		default:
			if len(b) == 0 {
				continue
			}
			distance := 1 + r.IntN(min(len(b), []int{20, 70, 5000, 32768}[r.IntN(4)]))
			if r.IntN(10) == 0 && len(b) > 32768 {
				distance = 32768 - r.IntN(3)
			}
			for range 3 + r.IntN(300) {
				b = append(b, b[len(b)-distance])
			}
		}
	}
	return b[:n]
}

func zipped(tb testing.TB, text []byte, level int) []byte {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, level)
	if err != nil {
		tb.Fatal(err)
	}
	return finish(tb, &b, w, text)
}

func fastZipped(tb testing.TB, text []byte, level int) []byte {
	var b bytes.Buffer
	w, err := fast.NewWriterLevel(&b, level)
	if err != nil {
		tb.Fatal(err)
	}
	return finish(tb, &b, w, text)
}

func finish(tb testing.TB, b *bytes.Buffer, w io.WriteCloser, text []byte) []byte {
	if _, err := w.Write(text); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// samples are small members of every kind.
func samples(tb testing.TB) (all [][]byte) {
	for level := gzip.HuffmanOnly; level <= gzip.BestCompression; level++ {
		all = append(all, zipped(tb, text(600, uint64(level+3)), level))
	}
	for _, s := range []string{"", "a", "abcabcabcabcabcabcabc"} {
		all = append(all, zipped(tb, []byte(s), 9), zipped(tb, []byte(s), 0))
	}
	var distances []byte
	for d := 1; d <= 40; d++ {
		distances = append(distances, byte(d))
		for range 30 {
			distances = append(distances, distances[max(0, len(distances)-d)])
		}
	}
	all = append(all, zipped(tb, distances, 9), fastZipped(tb, distances, 1))
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Extra, w.Name, w.Comment = []byte("extra"), "name", "comment"
	all = append(all, finish(tb, &b, w, []byte("with every field")))
	return append(all, bytes.Join([][]byte{all[0], all[9], make([]byte, 5), all[4]}, nil))
}
