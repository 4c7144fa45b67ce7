package main

import (
	"context"
	"errors"
	"time"
)

// firstRows is how often the time to the first row is measured.
const firstRows = 20

// firstRow measures the time from the start of a loop over Items to its first row. The data are in
// memory, so none of it is spent on the network.
func firstRow(ctx context.Context, s *settings, out *report) error {
	d, err := s.data(ctx)
	if err != nil {
		return err
	}
	var t timing
	for range firstRows {
		took, err := awaitRow(ctx, d)
		if err != nil {
			return err
		}
		t = append(t, took)
	}
	out.title("First row of Items full, %s, in memory", plural(s.rows, "row"))
	median, span := t.cells(time.Millisecond, 2)
	cell, verdict := out.judge(goalFirstRow, "", float64(t.median())/float64(time.Millisecond))
	table := newTable("", "median ms", "min – max", "goal", "<")
	table.add("first row, "+plural(firstRows, "time"), median, span, cell, verdict)
	table.write(out)
	return nil
}

// awaitRow leaves the loop at its first row. Leaving it is not measured.
func awaitRow(ctx context.Context, d *dataset) (took time.Duration, err error) {
	defer paceCollector()()
	began := time.Now()
	for item, err := range d.manifest.Items(ctx, nil) {
		took = time.Since(began)
		if err != nil {
			return 0, err
		}
		if item.CustomerID == "" {
			return 0, errors.New("the first row has no customer")
		}
		return took, nil
	}
	return 0, errors.New("there is no first row")
}
