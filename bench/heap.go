package main

import (
	"context"
	"runtime"
	"sync"
	"time"

	"github.com/partnerbilling/sdk-go/manifest"
)

// leastLooks is how often the heap has to be looked at before the most that was seen
// counts. A forced collection gives way to everything else that runs, so that looks
// are rarer than asked for, and a short reading has few of them.
const leastLooks = 20

// watchHeap reads a dataset, again and again until there were enough looks, while a
// goroutine collects garbage every so often and looks at what is left. It returns the
// most there was, in MiB above what there was before, the prepared data among it.
func watchHeap(ctx context.Context, d *dataset, every time.Duration) (most float64, looks int, err error) {
	runtime.GC()
	runtime.GC() // twice: what lies in a sync.Pool outlives one collection
	before := liveHeap()
	peak := before
	c := itemsFull(d, &manifest.ReadOptions{Concurrency: heapBlobs})
	for looks < leastLooks {
		high, n, err := watchReading(ctx, &c, d, every)
		if err != nil {
			return 0, 0, err
		}
		peak = max(peak, high)
		looks += n
	}
	return float64(peak-before) / (1 << 20), looks, nil
}

func watchReading(ctx context.Context, c *contender, d *dataset, every time.Duration) (peak uint64, looks int, err error) {
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
				peak = max(peak, liveHeap())
				looks++
			}
		}
	})
	r, err := c.read(ctx)
	close(over)
	watcher.Wait()
	if err == nil {
		err = c.check(r, d)
	}
	return peak, looks, err
}
