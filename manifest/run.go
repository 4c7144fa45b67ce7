package manifest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
)

// errLeft says that the loop over the rows was left.
var errLeft = errors.New("loop left")

// errGoexit says that code of the caller's ended the goroutine of a worker.
var errGoexit = errors.New("manifest: OnBadLine or UnmarshalJSON called runtime.Goexit")

// queued is how many batches of a blob wait for an ordered loop.
const queued = 2

// ended is the error of a stream whose context ended.
func ended(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if err == cause { //nolint:errorlint // Asks whether there is a cause of its own.
		return fmt.Errorf("manifest: reading was ended: %w", err)
	}
	return fmt.Errorf("manifest: reading was ended: %w: %w", err, cause)
}

// sequential reads one blob after the other in the caller's goroutine.
func (s *Stream[T]) sequential(ctx context.Context, yield func(T, error) bool) error {
	b := newBatch[T]()
	for i := range s.blobs {
		if err := s.readBlob(ctx, i, b, yield); err != nil {
			return err
		}
	}
	return s.whole()
}

func (s *Stream[T]) readBlob(ctx context.Context, index int, b *batch[T], yield func(T, error) bool) error {
	o, err := s.open(ctx, index)
	if err != nil {
		return err
	}
	defer o.close()
	for {
		o.fill(b)
		if err := s.deliver(ctx, b, yield); err != nil {
			return err
		}
		if b.done {
			return nil
		}
	}
}

// parallel reads several blobs at once, each by one worker. What is in memory is
// bounded by the number of workers, not by the export: workers wait when their
// batches are not taken.
func (s *Stream[T]) parallel(ctx context.Context, yield func(T, error) bool) error {
	workers := min(s.options.Concurrency, len(s.blobs))
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	defer running.Wait() // after cancel, and also when the loop's body panics
	defer cancel()

	p := &pool[T]{stream: s, free: make(chan *batch[T], workers*(queued+2))}
	if s.options.InOrder {
		p.order(len(s.blobs), workers)
	} else {
		p.shared = make(chan *batch[T], workers)
	}
	for range workers {
		running.Go(func() { p.work(ctx) })
	}
	for i := 0; i < len(s.blobs); {
		b, err := p.take(ctx, i)
		if err != nil {
			return err
		}
		if err := s.deliver(ctx, b, yield); err != nil {
			return err
		}
		if b.done {
			i++
			p.finished()
		}
		p.recycle(b)
	}
	return s.whole()
}

// pool is what the workers of a stream share with the loop.
type pool[T any] struct {
	stream *Stream[T]
	next   atomic.Int64 // the blob that the next free worker takes
	free   chan *batch[T]

	shared chan *batch[T] // as they come

	// In order: a queue for each blob, and as many slots as there are workers, so that
	// they cannot run further ahead of the loop than that.
	queues []chan *batch[T]
	slots  chan struct{}
}

func (p *pool[T]) order(blobs, workers int) {
	p.queues = make([]chan *batch[T], blobs)
	for i := range p.queues {
		p.queues[i] = make(chan *batch[T], queued)
	}
	p.slots = make(chan struct{}, workers)
}

// work reads blobs until there are none left, or one fails.
func (p *pool[T]) work(ctx context.Context) {
	for {
		if p.slots != nil {
			select {
			case p.slots <- struct{}{}:
			case <-ctx.Done():
				return
			}
		}
		index := int(p.next.Add(1)) - 1
		if index >= len(p.stream.blobs) || !p.read(ctx, index) {
			return
		}
	}
}

// read sends the batches of one blob. It reports whether the blob came to its end.
//
// A panic in code of the caller's, OnBadLine or a row's UnmarshalJSON, belongs to the
// goroutine that ranges: there it can be recovered. Nor may that code end the worker
// (as testing's Fatal does) without the loop's knowing.
func (p *pool[T]) read(ctx context.Context, index int) (ended bool) {
	queue := p.shared
	if p.queues != nil {
		queue = p.queues[index]
	}
	returned := false
	defer func() {
		if returned {
			return
		}
		b := p.batch()
		b.blob, b.n, b.done, b.err, b.panicked = index, 0, false, errGoexit, recover()
		b.report = BlobReport{Name: p.stream.blobs[index].Name}
		p.send(ctx, queue, b)
	}()
	ended = p.batches(ctx, index, queue)
	returned = true
	return ended
}

func (p *pool[T]) batches(ctx context.Context, index int, queue chan<- *batch[T]) (ended bool) {
	o, err := p.stream.open(ctx, index)
	if err != nil {
		b := p.batch()
		b.blob, b.n, b.done, b.err, b.panicked = index, 0, false, err, nil
		b.report = BlobReport{Name: p.stream.blobs[index].Name}
		p.send(ctx, queue, b)
		return false
	}
	defer o.close()
	for {
		b := p.batch()
		o.fill(b)
		done := b.done // b is not ours any more once it is sent
		if failed := b.err != nil; !p.send(ctx, queue, b) || failed {
			return false
		}
		if done {
			return true
		}
	}
}

func (p *pool[T]) send(ctx context.Context, queue chan<- *batch[T], b *batch[T]) bool {
	select {
	case queue <- b:
		return true
	case <-ctx.Done():
		return false
	}
}

// take gives the next batch: of the blob at index in order, of any otherwise.
func (p *pool[T]) take(ctx context.Context, index int) (*batch[T], error) {
	queue := p.shared
	if p.queues != nil {
		queue = p.queues[index]
	}
	select {
	case b := <-queue:
		return b, nil
	case <-ctx.Done():
		return nil, ended(ctx)
	}
}

// finished lets a worker begin another blob.
func (p *pool[T]) finished() {
	if p.slots != nil {
		<-p.slots
	}
}

// batch gives an empty batch, a used one if there is one.
func (p *pool[T]) batch() *batch[T] {
	select {
	case b := <-p.free:
		return b
	default:
		return newBatch[T]()
	}
}

func (p *pool[T]) recycle(b *batch[T]) {
	select {
	case p.free <- b:
	default: // enough are waiting
	}
}
