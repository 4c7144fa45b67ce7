package billingtest_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/partnerbilling/sdk-go/billingtest"
)

// packed returns a blob as WriteBlob writes it.
func packed(t testing.TB, e billingtest.Export, blob int) []byte {
	t.Helper()
	var buffer bytes.Buffer
	if err := e.WriteBlob(&buffer, blob); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

// inflate decompresses one gzip member with the standard library.
func inflate(t testing.TB, data []byte) string {
	t.Helper()
	source := bytes.NewReader(data)
	z, err := gzip.NewReader(source)
	if err != nil {
		t.Fatal(err)
	}
	z.Multistream(false)
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	if source.Len() > 0 {
		t.Fatalf("%d bytes after the first gzip member", source.Len())
	}
	return string(text)
}

func TestBlobInflatesToItsLines(t *testing.T) {
	exports := kinds()
	for level := range 10 {
		exports["usage, level "+strconv.Itoa(level)] = billingtest.Export{InvoiceID: invoice, Rows: 1500, Blobs: 1, Level: level}
	}
	for name, e := range exports {
		names, err := e.BlobNames()
		if err != nil {
			t.Fatal(err)
		}
		for i := range names {
			var want bytes.Buffer
			if err := e.WriteLines(&want, i); err != nil {
				t.Fatal(err)
			}
			if got := inflate(t, packed(t, e, i)); got != want.String() {
				t.Errorf("%s: blob %d differs from its lines", name, i)
			}
		}
	}
}

func TestBlobSizes(t *testing.T) {
	for _, rows := range []int{-1, 1, 3, 4, 999, 1000, 1001, 2000} {
		e := billingtest.Export{InvoiceID: invoice, Rows: rows, Blobs: 1}
		text := inflate(t, packed(t, e, 0))
		if got := strings.Count(text, "\n"); got != max(rows, 0) {
			t.Errorf("%d rows for %d", got, rows)
		}
		data := packed(t, e, 0)
		if got := fetchAll(t, e, 0); !bytes.Equal(got, data) {
			t.Errorf("%d rows: served and written blob differ", rows)
		}
	}
	e := billingtest.Export{InvoiceID: invoice, Rows: 3, Blobs: 5}
	truth, err := e.Truth()
	if err != nil {
		t.Fatal(err)
	}
	if truth.Rows != 3 || len(truth.BlobRows) != 5 {
		t.Errorf("truth is %+v", truth)
	}
	none := billingtest.Export{InvoiceID: invoice, Blobs: -1}
	if names, err := none.BlobNames(); err != nil || len(names) != 0 {
		t.Errorf("blobs %v, %v; want none", names, err)
	}
}

// fetchAll reads a blob from a server without a cache.
func fetchAll(t testing.TB, e billingtest.Export, blob int) []byte {
	t.Helper()
	s, urls := serve(t, &billingtest.Options{CacheBytes: -1}, e)
	return read(t, s, urls[blob], "", http.StatusOK)
}

func TestAnyRangeIsASliceOfTheBlob(t *testing.T) {
	e := billingtest.Export{InvoiceID: invoice, Rows: 4500, Blobs: 2, Level: 2}
	whole := packed(t, e, 1)
	for _, budget := range []int64{-1, 300_000, 0} {
		s, urls := serve(t, &billingtest.Options{CacheBytes: budget}, e)
		n := len(whole)
		offsets := []int{0, 1, 9, 10, 11, n / 2, n - 19, n - 11, n - 10, n - 9, n - 1}
		for i := 7; i < n; i += n / 11 {
			offsets = append(offsets, i)
		}
		for _, from := range offsets {
			got := read(t, s, urls[1], "bytes="+strconv.Itoa(from)+"-", http.StatusPartialContent)
			if !bytes.Equal(got, whole[from:]) {
				t.Fatalf("cache %d: bytes from %d on differ", budget, from)
			}
			to := from + (n-1-from)/2
			got = read(t, s, urls[1], "bytes="+strconv.Itoa(from)+"-"+strconv.Itoa(to), http.StatusPartialContent)
			if !bytes.Equal(got, whole[from:to+1]) {
				t.Fatalf("cache %d: bytes %d to %d differ", budget, from, to)
			}
		}
	}
}

// TestReusedCompressorsWriteTheSameBytes: otherwise a blob would change between two requests.
func TestReusedCompressorsWriteTheSameBytes(t *testing.T) {
	for _, level := range []int{1, 6, 9} {
		e := billingtest.Export{InvoiceID: invoice, Rows: 3000, Blobs: 2, Level: level}
		want := [2][32]byte{sha256.Sum256(packed(t, e, 0)), sha256.Sum256(packed(t, e, 1))}
		s, urls := serve(t, &billingtest.Options{CacheBytes: -1}, e)
		var readers sync.WaitGroup
		for i := range 6 {
			readers.Go(func() {
				if got := sha256.Sum256(read(t, s, urls[i%2], "", http.StatusOK)); got != want[i%2] {
					t.Errorf("level %d: blob %d differs", level, i%2)
				}
			})
		}
		readers.Wait()
	}
}

func BenchmarkWriteBlob(b *testing.B) {
	e := billingtest.Export{InvoiceID: invoice, Rows: 50_000, Blobs: 1}
	var text, data counter
	if err := e.WriteLines(&text, 0); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		data = 0
		if err := e.WriteBlob(&data, 0); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(text))
	b.ReportMetric(float64(text)/float64(data), "ratio")
}

func BenchmarkServe(b *testing.B) {
	e := billingtest.Export{InvoiceID: invoice, Rows: 50_000, Blobs: 1}
	for name, budget := range map[string]int64{"cached": 0, "generated": -1} {
		b.Run(name, func(b *testing.B) {
			s, urls := serve(b, &billingtest.Options{CacheBytes: budget}, e)
			n := len(read(b, s, urls[0], "", http.StatusOK))
			b.SetBytes(int64(n))
			b.ReportAllocs()
			for b.Loop() {
				response := get(b, s, urls[0], nil)
				if _, err := io.Copy(io.Discard, response.Body); err != nil {
					b.Fatal(err)
				}
				if err := response.Body.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
