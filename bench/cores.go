package main

import (
	"context"
	"runtime"
	"time"
)

// cores compares one processor with two, for Items full and for the floor, which shows how much
// faster two processors can be on this machine.
func cores(ctx context.Context, s *settings, out *report) error {
	d, err := s.data(ctx)
	if err != nil {
		return err
	}
	contenders := []contender{
		withProcs(1, itemsFull(d, nil)), withProcs(2, itemsFull(d, nil)),
		withProcs(1, floor(d)), withProcs(2, floor(d)),
	}
	t, err := rounds(ctx, "cores", s.rounds, contenders, func(i int, r result) error { return contenders[i].check(r, d) })
	if err != nil {
		return err
	}
	out.title("Two cores over one, %s, %s", plural(s.rows, "row"), plural(len(d.blobs), "blob"))
	if runtime.NumCPU() < 2 {
		out.line("This machine has one core: there is nothing to compare.")
		return nil
	}
	table := newTable("contender", "GOMAXPROCS=1, s", "min – max", "GOMAXPROCS=2, s", "min – max", "times as fast", "goal", "<")
	for i := 0; i < len(contenders); i += 2 {
		one, oneSpan := t[i].cells(time.Second, 3)
		two, twoSpan := t[i+1].cells(time.Second, 3)
		gain := t[i].over(t[i+1])
		var cell, verdict string
		if i == 0 {
			cell, verdict = out.judge(goalCores, "", gain)
		}
		table.add(contenders[i].name, one, oneSpan, two, twoSpan, number(gain, 2), cell, verdict)
	}
	table.write(out)
	return nil
}

// withProcs sets GOMAXPROCS for one reading.
func withProcs(n int, c contender) contender {
	read := c.read
	c.read = func(ctx context.Context) (result, error) {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(n))
		return read(ctx)
	}
	return c
}
