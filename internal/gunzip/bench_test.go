package gunzip_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"testing"

	fast "github.com/klauspost/compress/gzip"

	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/internal/gunzip"
)

// BenchmarkRead decompresses the rows of an export, compressed at several levels, with this
// package, with klauspost/compress and with the standard library.
func BenchmarkRead(b *testing.B) {
	for _, level := range []int{1, 6, 9} {
		export := billingtest.Export{InvoiceID: "G016907411", Rows: 20_000, Blobs: 1, Seed: 1, Shuffled: true, Level: level}
		var plain, zipped bytes.Buffer
		if err := errors.Join(export.WriteLines(&plain, 0), export.WriteBlob(&zipped, 0)); err != nil {
			b.Fatal(err)
		}
		source := func() *bufio.Reader { return bufio.NewReaderSize(bytes.NewReader(zipped.Bytes()), 64<<10) }
		own := gunzip.NewReader(nil, true)
		for _, library := range []struct {
			name string
			open func() (io.Reader, error)
		}{
			{"gunzip", func() (io.Reader, error) {
				own.Reset(bytes.NewReader(zipped.Bytes()), true)
				return own, nil
			}},
			{"klauspost", func() (io.Reader, error) { return fast.NewReader(source()) }},
			{"standard", func() (io.Reader, error) { return gzip.NewReader(source()) }},
		} {
			b.Run(fmt.Sprintf("level%d/%s", level, library.name), func(b *testing.B) {
				b.SetBytes(int64(plain.Len()))
				for b.Loop() {
					r, err := library.open()
					if err != nil {
						b.Fatal(err)
					}
					if n, err := io.Copy(io.Discard, r); n != int64(plain.Len()) || err != nil {
						b.Fatal(n, err)
					}
				}
			})
		}
	}
}
