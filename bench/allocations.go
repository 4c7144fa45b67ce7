package main

import (
	"context"
	"runtime"
)

// allocations counts what reading a whole export allocates, from the request for the first blob to
// the last row. It includes what the transport allocates for eight requests, little beside the
// rows.
func allocations(ctx context.Context, s *settings, out *report) error {
	d, err := s.data(ctx)
	if err != nil {
		return err
	}
	out.title("Allocations per row, %s", plural(s.rows, "row"))
	t := newTable("contender", "allocations", "goal", "<", "bytes", "goal", "<")
	contenders := []contender{itemsFull(d, nil), itemsBasic(d), itemsThree(d, nil), naive(d)}
	for i := range contenders {
		c := &contenders[i]
		doing("allocations: %s", c.name)
		count, bytes, err := allocated(ctx, c, d)
		if err != nil {
			return err
		}
		perRow, bytesPerRow := count/float64(s.rows), bytes/float64(s.rows)
		cells := []string{"", "", "", ""}
		if i == 0 {
			cells[0], cells[1] = out.judge(goalAllocs, "", perRow)
			cells[2], cells[3] = out.judge(goalBytes, "", bytesPerRow)
		}
		t.add(c.name, number(perRow, 2), cells[0], cells[1], number(bytesPerRow, 0), cells[2], cells[3])
	}
	t.write(out)
	return nil
}

// allocated returns the number of objects and bytes that one read allocates.
func allocated(ctx context.Context, c *contender, d *dataset) (count, bytes float64, err error) {
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r, err := c.read(ctx)
	runtime.ReadMemStats(&after)
	if err == nil {
		err = c.check(r, d)
	}
	return float64(after.Mallocs - before.Mallocs), float64(after.TotalAlloc - before.TotalAlloc), err
}
