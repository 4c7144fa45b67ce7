package main

import (
	"context"
	"runtime"
	"slices"
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
// looks in MiB above what there was before, the prepared data among it, least first.
func watchHeap(ctx context.Context, d *dataset, every time.Duration) (looks []float64, err error) {
	runtime.GC()
	runtime.GC() // twice: what lies in a sync.Pool outlives one collection
	before := liveHeap()
	c := itemsFull(d, &manifest.ReadOptions{Concurrency: heapBlobs})
	for len(looks) < leastLooks {
		seen, err := watchReading(ctx, &c, d, every)
		if err != nil {
			return nil, err
		}
		for _, heap := range seen {
			looks = append(looks, (float64(heap)-float64(before))/(1<<20))
		}
	}
	slices.Sort(looks)
	return looks, nil
}

func watchReading(ctx context.Context, c *contender, d *dataset, every time.Duration) (looks []uint64, err error) {
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
				looks = append(looks, liveHeap())
			}
		}
	})
	r, err := c.read(ctx)
	close(over)
	watcher.Wait()
	if err == nil {
		err = c.check(r, d)
	}
	return looks, err
}
