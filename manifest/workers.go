package manifest

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/partnerbilling/sdk-go/internal/gunzip"
	"github.com/partnerbilling/sdk-go/internal/lines"
)

// errGoexit says that code of the caller ended the goroutine of a worker.
var errGoexit = errors.New("manifest: UnmarshalJSON or the transport called runtime.Goexit")

// workers read the blobs of a plan. Each reads one: it decompresses a block of lines after the
// other, queues them for the consumers and decodes them, unless a helper does. A worker that has no
// blob, or must wait because the queue is full, is a helper. What is in memory is bounded by the
// number of workers, not by the export.
type workers[T any] struct {
	plan    *plan
	next    atomic.Int64 // the blob that the next free worker takes
	queue   *queue[T]
	helpers *helpers[T]

	batches  spares[batch[T]]
	blocks   spares[lines.Block] // in cache where they are filled, so they are returned once decoded
	texts    spares[gunzip.Reader]
	decoders spares[decoder[T]]
}

// startWorkers begins to read. The function that it returns ends that, and returns when all workers
// have.
func startWorkers[T any](ctx context.Context, p *plan) (w *workers[T], stop func()) {
	w = &workers[T]{plan: p, queue: newQueue[T](p)}
	w.helpers = newHelpers(p.throttle.Workers(), w.decode)
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	for range p.throttle.Workers() {
		running.Go(func() { w.work(ctx) })
	}
	return w, func() {
		cancel()
		running.Wait()
	}
}

// release takes back a batch when a consumer is done with it.
func (w *workers[T]) release(b *batch[T]) {
	w.batches.put(b)
	w.queue.undelivered.Done()
}

// work reads blobs until there are none left, or one fails, and then helps.
func (w *workers[T]) work(ctx context.Context) {
	for w.slot(ctx) && sendHelping(ctx, w.helpers, w.plan.throttle.Seats(), struct{}{}) {
		next := int(w.next.Add(1)) - 1
		if next >= len(w.plan.todo) || !w.blob(ctx, w.plan.todo[next]) {
			break
		}
	}
	sendHelping(ctx, w.helpers, nil, struct{}{}) // a nil channel: until ctx ends
}

// slot waits until another blob may be started.
func (w *workers[T]) slot(ctx context.Context) bool {
	if w.queue.slots == nil {
		return ctx.Err() == nil
	}
	return sendHelping(ctx, w.helpers, w.queue.slots, struct{}{})
}

// blob reads one blob. It reports whether that was complete.
func (w *workers[T]) blob(ctx context.Context, blob int) (complete bool) {
	guarded(func() { complete = w.read(ctx, blob) }, func(panicked any, err error) {
		b := w.batches.takeOr(newBatch[T])
		b.reset(blob, w.plan.blobs[blob].Name)
		b.panicked, b.err = panicked, err
		b.ready <- struct{}{}
		w.send(ctx, b)
	})
	return complete
}

func (w *workers[T]) read(ctx context.Context, blob int) (complete bool) {
	text := w.texts.takeOr(func() *gunzip.Reader { return new(gunzip.Reader) })
	r := newReading(ctx, w.plan, blob, text)
	defer w.texts.put(text)
	defer r.close()
	defer func() { w.plan.throttle.Leave(!r.text.Blob().Throttled()) }()
	for {
		b := w.batches.takeOr(newBatch[T])
		b.block = w.blocks.takeOr(func() *lines.Block { return new(lines.Block) })
		b.reset(blob, r.name)
		b.err = r.next(&b.section)
		done, failed := b.until.done, b.err != nil // once it is decoded, b belongs to its consumer
		if !w.pass(ctx, b) {
			return false
		}
		if done || failed {
			return done
		}
	}
}

// pass decodes a batch and queues it. Where there are helpers it is queued first, so that the next
// batch of the blob can be read meanwhile.
func (w *workers[T]) pass(ctx context.Context, b *batch[T]) bool {
	if !w.helpers.available() {
		w.decode(b)
		return w.send(ctx, b)
	}
	if !w.send(ctx, b) {
		return false
	}
	if !w.helpers.offer(b) {
		w.decode(b)
	}
	return true
}

// send queues a batch for the consumers.
func (w *workers[T]) send(ctx context.Context, b *batch[T]) bool {
	to := w.queue.of(b.blob)
	if !sendHelping(ctx, w.helpers, to, b) {
		return false
	}
	if 2*len(to) >= cap(to) {
		runtime.Gosched() // yield to the consumer before the queue is full and every worker blocked
	}
	return true
}

// decode makes a batch ready for the consumer that has taken it or will take it.
func (w *workers[T]) decode(b *batch[T]) {
	defer func() { b.ready <- struct{}{} }()
	guarded(func() {
		d := w.decoders.takeOr(func() *decoder[T] { return new(decoder[T]) })
		b.decode(d, w.plan)
		w.decoders.put(d)
		w.blocks.put(b.block)
		b.block = nil
	}, func(panicked any, err error) { b.panicked, b.err = panicked, err })
}

// guarded calls code that may be the caller's, UnmarshalJSON or a transport. A panic in it belongs
// to the goroutine that ranges: there it can be recovered. Nor may it end a worker (as testing's
// Fatal does) without the consumer's noticing.
func guarded(call func(), failed func(panicked any, err error)) {
	returned := false
	defer func() {
		if !returned {
			failed(recover(), errGoexit)
		}
	}()
	call()
	returned = true
}
