package main

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"time"
)

// timing holds the duration of each round of a contender.
type timing []time.Duration

func (t timing) sorted() timing { return slices.Sorted(slices.Values(t)) }

// median returns the middle duration, or the mean of the two in the middle.
func (t timing) median() time.Duration {
	s := t.sorted()
	if len(s) == 0 {
		return 0
	}
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}

// over returns the ratio of the medians: 1.5 means that t takes half as long again as base.
func (t timing) over(base timing) float64 {
	return float64(t.median()) / float64(base.median())
}

// cells returns the median and the range as cells of a table.
func (t timing) cells(unit time.Duration, decimals int) (median, span string) {
	in := func(d time.Duration) string { return number(float64(d)/float64(unit), decimals) }
	return in(t.median()), in(slices.Min(t)) + " – " + in(slices.Max(t))
}

// rounds measures all contenders in turns: A B C, A B C. A machine that slows down for a while
// slows all of them. The first round warms up and does not count. Every result of every round is
// checked.
func rounds(ctx context.Context, what string, n int, contenders []contender, check func(i int, r result) error) ([]timing, error) {
	timings := make([]timing, len(contenders))
	for round := range n + 1 {
		doing("%s: round %d of %d", what, round, n)
		for i := range contenders {
			c := &contenders[i]
			if c.skipped != "" {
				continue
			}
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			took, r, err := once(ctx, c)
			if err == nil {
				err = check(i, r)
			}
			if err != nil {
				return nil, err
			}
			if round > 0 {
				timings[i] = append(timings[i], took)
			}
		}
	}
	return timings, nil
}

// once measures one read, after a garbage collection.
func once(ctx context.Context, c *contender) (time.Duration, result, error) {
	defer paceCollector()()
	clock := wallTime(time.Now())
	if c.cpu {
		clock = cpuTime
	}
	began, err := clock()
	if err != nil {
		return 0, result{}, err
	}
	r, err := c.read(ctx)
	if err != nil {
		return 0, result{}, fmt.Errorf("%s: %w", c.name, err)
	}
	ended, err := clock()
	return ended - began, r, err
}

func wallTime(began time.Time) func() (time.Duration, error) {
	return func() (time.Duration, error) { return time.Since(began), nil }
}

// smallestHeap is the heap size at which Go first collects garbage in a small program.
const smallestHeap = 4 << 20

// paceCollector makes garbage collection as frequent as in a program that holds only what it reads.
// Here the prepared data are in the same heap, hundreds of megabytes. Go collects when the heap has
// doubled, so it would never collect, and allocations would look free. A hundredth of the heap is
// the smallest setting. The returned function restores the setting from before.
func paceCollector() (restore func()) {
	runtime.GC()
	percent := math.Round(100 * smallestHeap / float64(liveHeap()))
	before := debug.SetGCPercent(int(min(max(percent, 1), 100)))
	return func() { debug.SetGCPercent(before) }
}

// liveHeap returns what the last garbage collection found in use.
func liveHeap() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
