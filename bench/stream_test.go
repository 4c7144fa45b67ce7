package main

import (
	"context"
	"testing"

	"github.com/partnerbilling/sdk-go/lineitem"
)

// streamRows is the number of rows that each iteration of BenchmarkStream reads.
const streamRows = 100_000

// BenchmarkStream compares the code before and after a change with benchstat:
//
//	go test -run '^$' -bench Stream -count 10 >old.txt
//	go test -run '^$' -bench Stream -count 10 >new.txt
//	go tool benchstat old.txt new.txt
//
// The floor shows whether the machine was the same both times.
func BenchmarkStream(b *testing.B) {
	d, err := serveBytes(b.Context(), shuffled(streamRows, 8))
	if err != nil {
		b.Fatal(err)
	}
	for _, way := range []struct {
		name string
		c    contender
	}{
		{"floor", floor(d)},
		{"full", itemsFull(d, nil)},
		{"batches", batchesFull(d)},
		{"basic", itemsBasic(d)},
		{"three", itemsThree(d, nil)},
	} {
		b.Run(way.name, func(b *testing.B) {
			defer paceCollector()()
			b.SetBytes(d.plain)
			b.ReportAllocs()
			for b.Loop() {
				r, err := way.c.read(b.Context())
				if err == nil {
					err = way.c.check(r, d)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/streamRows, "ns/row")
		})
	}
}

// batchesFull is itemsFull with Batches.
func batchesFull(d *dataset) contender {
	return contender{
		name: "Batches full", threads: procs(),
		read: func(ctx context.Context) (result, error) {
			s, err := d.manifest.NewStream(nil)
			if err != nil {
				return result{}, err
			}
			var rows int64
			var totals lineitem.Totals
			for batch, err := range s.Batches(ctx) {
				if err != nil {
					return result{}, err
				}
				for i := range batch.Rows {
					totals.Add(batch.Rows[i].BillingCurrency, batch.Rows[i].BillingPreTaxTotal)
				}
				rows += int64(len(batch.Rows))
			}
			return found(rows, &totals), nil
		},
	}
}
