package main

import (
	"context"
	"fmt"
	"math"
	"runtime/debug"
	"time"

	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/manifest"
)

// growth reads ten and a hundred times the rows: time should grow with them, and memory should not.
// All sizes are generated once and stay in memory, so that each is read with the same heap.
func growth(ctx context.Context, s *settings, out *report) error {
	defer debug.FreeOSMemory() // gigabytes, which would slow the sections after this one
	var exports []billingtest.Export
	for i, rows := range s.growth {
		export := shuffled(rows, 8)
		export.InvoiceID = fmt.Sprintf("G00000000%d", i)
		exports = append(exports, export)
	}
	doing("generating %s, %s and %s", plural(s.growth[0], "row"), plural(s.growth[1], "row"), plural(s.growth[2], "row"))
	data, err := serve(ctx, exports...)
	if err != nil {
		return err
	}
	if err := timeByRows(ctx, s, data, out); err != nil {
		return err
	}
	return heapByRows(ctx, s, data[1:], out)
}

func timeByRows(ctx context.Context, s *settings, data []*dataset, out *report) error {
	var contenders []contender
	for _, d := range data {
		contenders = append(contenders, itemsFull(d, nil))
	}
	t, err := rounds(ctx, "growth", s.growRounds, contenders, func(i int, r result) error { return contenders[i].check(r, data[i]) })
	if err != nil {
		return err
	}
	out.title("Items full by rows, %s", plural(len(data[0].manifest.Blobs()), "blob"))
	table := newTable("rows", "median s", "min – max", "µs/row", "/ line above", "goal", "<")
	for i, rows := range s.growth {
		median, span := t[i].cells(time.Second, 3)
		var ratio, cell, verdict string
		if i > 0 {
			ratio = number(t[i].over(t[i-1]), 2)
		}
		if i == 2 {
			cell, verdict = out.judge(goalGrowth, thousands(rows)+" over "+thousands(s.growth[1]), t[i].over(t[i-1]))
		}
		table.add(thousands(rows), median, span, number(float64(t[i].median().Nanoseconds())/1000/float64(rows), 3), ratio, cell, verdict)
	}
	table.write(out)
	return nil
}

// heapBlobs is the number of blobs that are read at once while the heap is sampled.
const heapBlobs = 8

func heapByRows(ctx context.Context, s *settings, data []*dataset, out *report) error {
	out.title("Live heap of Items full, %d blobs at once", heapBlobs)
	table := newTable("rows", "median, MiB", "most", "samples", "goal", "<")
	var medians []float64
	for _, d := range data {
		doing("live heap: %s", plural(d.export.Rows, "row"))
		c := itemsFull(d, &manifest.ReadOptions{Concurrency: heapBlobs})
		samples, err := watchHeap(ctx, &c, func(r result) error { return c.check(r, d) }, s.sampling)
		if err != nil {
			return err
		}
		median, most := samples[len(samples)/2], samples[len(samples)-1]
		medians = append(medians, median)
		cell, verdict := out.judge(goalHeap, plural(d.export.Rows, "row")+", most", most)
		table.add(thousands(d.export.Rows), number(median, 2), number(most, 2), thousands(len(samples)), cell, verdict)
	}
	difference := math.Abs(medians[0] - medians[1])
	cell, verdict := out.judge(goalHeapEqual, "medians", difference)
	table.add("difference", number(difference, 2), "", "", cell, verdict)
	table.write(out)
	return nil
}
