package manifest

import (
	"context"
	"runtime"
	"sync"
)

// queueLength is how many batches wait for a consumer, for each blob of an ordered read and for
// each processor otherwise: enough that consumers and workers rarely wake each other.
const queueLength = 4

// queue hands batches from workers to consumers: those of a blob in their order, and in an ordered
// read the blobs in theirs.
type queue[T any] struct {
	plan   *plan
	todo   []int          // the blobs
	shared chan *batch[T] // as they become available
	// In order: a channel for each blob, and as many slots as there are workers, so that they
	// cannot run further ahead of the consumer than that.
	ordered []chan *batch[T]
	slots   chan struct{}

	// turn has an element while a consumer takes a batch. It is a channel, since a consumer may
	// wait there for as long as a batch takes to come: testing/synctest advances its clock only if
	// all goroutines wait on channels and timers.
	turn        chan struct{}
	taken       int            // blobs whose last batch was taken
	undelivered sync.WaitGroup // batches that were taken and are not delivered
}

func newQueue[T any](p *plan) *queue[T] {
	q := &queue[T]{plan: p, todo: p.todo, turn: make(chan struct{}, 1)}
	if !p.options.InOrder {
		q.shared = make(chan *batch[T], max(p.throttle.Workers(), queueLength*runtime.GOMAXPROCS(0)))
		return q
	}
	q.ordered = make([]chan *batch[T], len(p.blobs))
	for i := range q.ordered {
		q.ordered[i] = make(chan *batch[T], queueLength)
	}
	q.slots = make(chan struct{}, p.throttle.Workers())
	return q
}

// of returns the channel for the batches of a blob.
func (q *queue[T]) of(blob int) chan *batch[T] {
	if q.ordered != nil {
		return q.ordered[blob]
	}
	return q.shared
}

// take returns the next batch once it is decoded, nil after the last.
func (q *queue[T]) take(ctx context.Context) (*batch[T], error) {
	b, err := q.first(ctx)
	if b == nil || err != nil {
		return nil, err
	}
	select {
	case <-b.ready:
		return b, nil
	case <-ctx.Done():
		q.undelivered.Done()
		return nil, readStuck(ctx, q.plan.throttle)
	}
}

func (q *queue[T]) first(ctx context.Context) (*batch[T], error) {
	select {
	case q.turn <- struct{}{}:
		defer func() { <-q.turn }()
	case <-ctx.Done():
		return nil, readCanceled(ctx)
	}
	if q.taken == len(q.todo) {
		return nil, nil
	}
	select {
	case b := <-q.of(q.todo[q.taken]):
		q.undelivered.Add(1)
		if b.until.done {
			q.taken++
			if q.slots != nil {
				<-q.slots
			}
		}
		return b, nil
	case <-ctx.Done():
		return nil, readStuck(ctx, q.plan.throttle)
	}
}
