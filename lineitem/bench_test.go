package lineitem_test

import (
	"bufio"
	"bytes"
	stdgzip "compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/lineitem"
)

// benchRows is the number of rows in each benchmark: shuffled full usage rows in one blob.
const benchRows = 20_000

var benchExport = billingtest.Export{InvoiceID: "G016907411", Rows: benchRows, Blobs: 1, Seed: 1, Shuffled: true}

// BenchmarkReader compares ways to read the same rows. Inflate is the lower bound: it only
// decompresses. Naive is the obvious program with encoding/json.
func BenchmarkReader(b *testing.B) {
	var plain, zipped bytes.Buffer
	if err := errors.Join(benchExport.WriteLines(&plain, 0), benchExport.WriteBlob(&zipped, 0)); err != nil {
		b.Fatal(err)
	}
	run := func(name string, read func(zipped io.Reader) (rows int, err error)) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(plain.Len()))
			b.ReportAllocs()
			for b.Loop() {
				rows, err := read(bytes.NewReader(zipped.Bytes()))
				if err != nil || rows != benchRows {
					b.Fatalf("%d rows, %v", rows, err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/row")
		})
	}
	run("Inflate", func(r io.Reader) (int, error) {
		z, err := gzip.NewReader(bufio.NewReaderSize(r, 64<<10))
		if err != nil {
			return 0, err
		}
		_, err = io.Copy(io.Discard, z)
		return benchRows, err
	})
	run("Usage", readBench[lineitem.Usage])
	run("UsageBasic", readBench[lineitem.UsageBasic])
	run("ThreeColumns", readBench[threeColumns])
	run("Record", readBench[lineitem.Record])
	run("Naive", func(r io.Reader) (rows int, err error) {
		z, err := stdgzip.NewReader(r)
		if err != nil {
			return 0, err
		}
		for dec := json.NewDecoder(z); ; rows++ {
			var row naiveUsage
			if err := dec.Decode(&row); err != nil {
				if errors.Is(err, io.EOF) {
					return rows, nil
				}
				return rows, err
			}
		}
	})
}

type threeColumns struct {
	Customer string           `json:"CustomerId"`
	Currency string           `json:"BillingCurrency"`
	Total    lineitem.Decimal `json:"BillingPreTaxTotal"`
}

// naiveUsage is Usage for encoding/json, which cannot decode a date without a time.
type naiveUsage struct {
	lineitem.Usage
	UsageDate string
}

func readBench[T any](r io.Reader) (rows int, err error) {
	rd := lineitem.NewReader[T](r, nil)
	var row T
	for {
		switch err := rd.Read(&row); {
		case err == io.EOF: //nolint:errorlint // The end is io.EOF itself.
			return rows, nil
		case err != nil:
			return rows, err
		}
		rows++
	}
}
