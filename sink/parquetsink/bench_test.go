package parquetsink_test

import (
	"io"
	"runtime"
	"testing"

	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/sink/parquetsink"
)

// BenchmarkWrite writes rows with all attributes, in batches, as they come from an export.
func BenchmarkWrite(b *testing.B) {
	for name, concurrency := range map[string]int{"one processor": 1, "all": runtime.GOMAXPROCS(0)} {
		b.Run(name, func(b *testing.B) {
			rows := read[lineitem.Usage](b, billingtest.Export{InvoiceID: "G1", Rows: 100_000, Blobs: 1, Shuffled: true}, 0)
			var size counter
			w, err := parquetsink.NewWriter(&size, schemaOf[lineitem.Usage](b, &lineitem.SchemaOptions{Scales: map[string]int{"EffectiveUnitPrice": 24}}), &parquetsink.Options{Concurrency: concurrency, RowGroupRows: 50_000})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if err := w.Write(rows[i%100*1000:][:1000]); err != nil {
					b.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(w.Rows()), "ns/row")
			b.ReportMetric(float64(size)/float64(w.Rows()), "B/row")
		})
	}
}

type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

var _ io.Writer = (*counter)(nil)
