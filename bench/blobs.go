package main

import (
	"context"
	"time"
)

// blobCounts reads the same number of rows from one blob, from some, and from many small ones.
// One blob is the hard case: a gzip file cannot be inflated from its middle, so the floor uses one
// processor for it.
func blobCounts(ctx context.Context, s *settings, out *report) error {
	one, err := serveBytes(ctx, shuffled(s.rows, 1))
	if err != nil {
		return err
	}
	some, err := s.data(ctx)
	if err != nil {
		return err
	}
	many, err := serveBytes(ctx, shuffled(s.rows, 400))
	if err != nil {
		return err
	}
	data := []*dataset{one, some, many}
	var contenders []contender
	for _, d := range data {
		contenders = append(contenders, itemsFull(d, nil), floor(d))
	}
	t, err := rounds(ctx, "blobs", s.rounds, contenders, func(i int, r result) error { return contenders[i].check(r, data[i/2]) })
	if err != nil {
		return err
	}
	out.title("Items full by number of blobs, %s", plural(s.rows, "row"))
	table := newTable("blobs", "Items full, s", "min – max", "floor, s", "min – max", "/ floor", "goal", "<")
	for i, d := range data {
		full, fullSpan := t[2*i].cells(time.Second, 3)
		base, baseSpan := t[2*i+1].cells(time.Second, 3)
		ratio := t[2*i].over(t[2*i+1])
		what := plural(len(d.blobs), "blob")
		var cell, verdict string
		if len(d.blobs) == 1 {
			what += ", floor on one core"
			cell, verdict = out.judge(goalOneBlob, "", ratio)
		}
		table.add(what, full, fullSpan, base, baseSpan, number(ratio, 2), cell, verdict)
	}
	table.write(out)
	return nil
}
