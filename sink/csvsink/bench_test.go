package csvsink_test

import (
	"bytes"
	"io"
	"testing"

	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/sink/csvsink"
)

// BenchmarkWrite writes rows with all attributes, in batches, as they come from an export.
func BenchmarkWrite(b *testing.B) {
	for _, mode := range csvsink.PossibleModeValues() {
		b.Run(mode.String(), func(b *testing.B) {
			rows := usage(b, billingtest.Export{InvoiceID: "G1", Rows: 20_000, Blobs: 1, Shuffled: true})
			w, err := csvsink.NewWriter(io.Discard, schemaOf[lineitem.Usage](b, nil), &csvsink.Options{Mode: mode})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				batch := rows[i%20*1000:][:1000]
				if err := w.Write(batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/row")
		})
	}
}

// usage returns the rows of an export.
func usage(t testing.TB, e billingtest.Export) []lineitem.Usage {
	t.Helper()
	var text bytes.Buffer
	if err := e.WriteLines(&text, 0); err != nil {
		t.Fatal(err)
	}
	return read[lineitem.Usage](t, &text, lineitem.FormatJSONLines)
}

// read returns all rows of a text.
func read[T any](t testing.TB, text io.Reader, f lineitem.Format) (rows []T) {
	t.Helper()
	for row, err := range lineitem.NewReader[T](text, &lineitem.ReaderOptions{Format: f}).All() {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	return rows
}

func schemaOf[T any](t testing.TB, o *lineitem.SchemaOptions) *lineitem.Schema[T] {
	t.Helper()
	s, err := lineitem.SchemaOf[T](o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
