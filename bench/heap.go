package main

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"time"
)

// minSamples is the number of samples below which the largest one means little. A forced
// collection competes with everything else that runs, so that samples are taken less often than
// requested, and a short read has few of them.
const minSamples = 20

// watchHeap lets a contender read until there are enough samples, while a goroutine periodically
// collects garbage and records the live heap. It returns the samples in MiB, smallest first,
// without what was live before, such as the prepared data.
func watchHeap(ctx context.Context, c *contender, check func(result) error, every time.Duration) (samples []float64, err error) {
	runtime.GC()
	runtime.GC() // twice: what is in a sync.Pool survives one collection
	before := liveHeap()
	for len(samples) < minSamples {
		seen, err := watchRead(ctx, c, check, every)
		if err != nil {
			return nil, err
		}
		for _, heap := range seen {
			samples = append(samples, (float64(heap)-float64(before))/(1<<20))
		}
	}
	slices.Sort(samples)
	return samples, nil
}

func watchRead(ctx context.Context, c *contender, check func(result) error, every time.Duration) (samples []uint64, err error) {
	over := make(chan struct{})
	var watcher sync.WaitGroup
	watcher.Go(func() {
		ticks := time.NewTicker(every)
		defer ticks.Stop()
		for {
			select {
			case <-over:
				return
			case <-ticks.C:
				runtime.GC()
				samples = append(samples, liveHeap())
			}
		}
	})
	r, err := c.read(ctx)
	close(over)
	watcher.Wait()
	if err == nil {
		err = check(r)
	}
	return samples, err
}
