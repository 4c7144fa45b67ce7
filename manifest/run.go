package manifest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/partnerbilling/sdk-go/internal/gunzip"
	"github.com/partnerbilling/sdk-go/internal/lines"
	"github.com/partnerbilling/sdk-go/lineitem"
)

// errGoexit says that code of the caller's ended the goroutine of a worker.
var errGoexit = errors.New("manifest: UnmarshalJSON or the transport called runtime.Goexit")

// queued is how many batches wait for a loop, for each blob of an ordered one and for each
// processor otherwise: enough that loop and workers rarely wake each other.
const queued = 4

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
	d, err := lineitem.NewDecoder[T]()
	if err != nil {
		return err
	}
	b, text := newBatch[T](), new(gunzip.Reader)
	b.block = new(lines.Block)
	blob := func(index int) error {
		o, err := s.open(ctx, index, text)
		if err != nil {
			return err
		}
		defer o.close()
		for b.done = false; !b.done; {
			o.read(b)
			b.decode(d, s.options.OnBadLine != nil)
			if err := s.deliver(ctx, b, &s.cursor, yield); err != nil {
				return err
			}
		}
		return nil
	}
	for _, i := range s.todo {
		if err := blob(i); err != nil {
			return err
		}
	}
	return s.whole()
}

// pool is what the workers of a stream share with its loops. Each worker reads a blob:
// it inflates a block of lines after the other, queues them for the loops and decodes
// them, unless another worker has nothing to do at that moment. One that has no blob, or
// must wait because its queue is full, decodes for the others, so that one large blob
// keeps all cores busy as well as many small ones do. What is in memory is bounded by
// the number of workers, not by the export.
type pool[T any] struct {
	stream  *Stream[T]
	next    atomic.Int64   // the blob that the next free worker takes
	helpers atomic.Int32   // workers that have nothing of their own to do
	help    chan *batch[T] // to them

	batches  spares[batch[T]]
	blocks   spares[lines.Block] // in cache where they are filled, so they go back as soon as they are decoded
	texts    spares[gunzip.Reader]
	decoders spares[lineitem.Decoder[T]]

	shared chan *batch[T] // as they come
	// In order: a queue for each blob, and as many slots as there are workers, so that
	// they cannot run further ahead of the loop than that.
	queues []chan *batch[T]
	slots  chan struct{}

	taking sync.Mutex     // held while a loop takes a batch
	taken  int            // blobs whose last batch was taken
	open   sync.WaitGroup // batches that were taken and are not delivered
}

// start begins to read. The function it returns ends that and waits until nothing of it
// is left.
func (s *Stream[T]) start(ctx context.Context) (p *pool[T], stop func()) {
	workers := cap(s.throttle.seats)
	p = &pool[T]{stream: s, help: make(chan *batch[T], workers)}
	if s.options.InOrder {
		p.queues = make([]chan *batch[T], len(s.blobs))
		for i := range p.queues {
			p.queues[i] = make(chan *batch[T], queued)
		}
		p.slots = make(chan struct{}, workers)
	} else {
		p.shared = make(chan *batch[T], max(workers, queued*runtime.GOMAXPROCS(0)))
	}
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	for range workers {
		running.Go(func() { p.work(ctx) })
	}
	return p, func() {
		cancel()
		running.Wait()
	}
}

// parallel reads with several workers and yields in the caller's goroutine.
func (s *Stream[T]) parallel(ctx context.Context, yield func(T, error) bool) error {
	p, stop := s.start(ctx)
	defer stop() // also when the loop's body panics
	for {
		b, err := p.take(ctx)
		if err != nil {
			return err
		}
		if b == nil {
			return s.whole()
		}
		if err := s.deliver(ctx, b, &s.cursor, yield); err != nil {
			return err
		}
		p.delivered(b)
	}
}

// work reads blobs until there are none left, or one fails, and then helps.
func (p *pool[T]) work(ctx context.Context) {
	for p.slot(ctx) && wait(ctx, p, p.stream.throttle.seats, struct{}{}) {
		next := int(p.next.Add(1)) - 1
		if next >= len(p.stream.todo) || !p.blob(ctx, p.stream.todo[next]) {
			break
		}
	}
	wait(ctx, p, nil, struct{}{}) // which nobody takes
}

// wait decodes for other workers until something can be sent, or ctx ends.
func wait[E, T any](ctx context.Context, p *pool[T], to chan<- E, e E) bool {
	select {
	case to <- e:
		return true
	default:
	}
	p.helpers.Add(1)
	defer p.helpers.Add(-1)
	for {
		select {
		case to <- e:
			return true
		case b := <-p.help:
			p.decode(b)
		case <-ctx.Done():
			return false
		}
	}
}

// slot waits until another blob may be begun.
func (p *pool[T]) slot(ctx context.Context) bool {
	if p.slots == nil {
		return ctx.Err() == nil
	}
	return wait(ctx, p, p.slots, struct{}{})
}

// send queues a batch for the loops.
func (p *pool[T]) send(ctx context.Context, b *batch[T]) bool {
	queue := p.shared
	if p.queues != nil {
		queue = p.queues[b.blob]
	}
	if !wait(ctx, p, queue, b) {
		return false
	}
	if 2*len(queue) >= cap(queue) {
		runtime.Gosched() // for the loop, before the queue is full, and all workers asleep
	}
	return true
}

// blob reads one blob. It reports whether it came to its end.
func (p *pool[T]) blob(ctx context.Context, index int) (whole bool) {
	guarded(func() { whole = p.read(ctx, index) }, func(panicked any, err error) {
		p.fail(ctx, index, panicked, err)
	})
	return whole
}

// fail ends a blob that could not be opened.
func (p *pool[T]) fail(ctx context.Context, index int, panicked any, err error) {
	b := p.batches.takeOr(newBatch[T])
	b.begin(index, p.stream.blobs[index].Name)
	b.panicked, b.err = panicked, err
	b.ready <- struct{}{}
	p.send(ctx, b)
}

func (p *pool[T]) read(ctx context.Context, index int) (whole bool) {
	o, err := p.stream.open(ctx, index, p.texts.takeOr(func() *gunzip.Reader { return new(gunzip.Reader) }))
	if err != nil {
		p.fail(ctx, index, nil, err)
		return false
	}
	defer p.texts.put(o.content.text)
	defer o.close()
	defer func() { p.stream.throttle.leave(!o.content.raw.refused) }()
	for {
		b := p.batches.takeOr(newBatch[T])
		b.block = p.blocks.takeOr(func() *lines.Block { return new(lines.Block) })
		o.read(b)
		done, failed := b.done, b.err != nil // b is not ours any more once it is decoded
		if !p.pass(ctx, b) {
			return false
		}
		if done || failed {
			return done
		}
	}
}

// pass decodes a batch and queues it. Where there are helpers it is queued before, so that
// the next batch of the blob can be read meanwhile.
func (p *pool[T]) pass(ctx context.Context, b *batch[T]) bool {
	if !p.helped() {
		p.decode(b)
		return p.send(ctx, b)
	}
	if !p.send(ctx, b) {
		return false
	}
	if !p.offer(b) {
		p.decode(b)
	}
	return true
}

// helped reports whether there is a helper for another batch.
func (p *pool[T]) helped() bool { return int(p.helpers.Load()) > len(p.help) }

// offer gives a batch to the helpers, if there is one for it: who has a batch for now may
// have another one waiting. What waits when the last helper turns to work of its own is
// decoded when a worker has to wait again, which is soon, since queues are short.
func (p *pool[T]) offer(b *batch[T]) bool {
	if !p.helped() {
		return false
	}
	select {
	case p.help <- b:
		return true
	default:
		return false
	}
}

// decode makes a batch ready for the loop that has taken it or will take it.
func (p *pool[T]) decode(b *batch[T]) {
	defer func() { b.ready <- struct{}{} }()
	guarded(func() {
		d := p.decoders.take()
		if d == nil {
			var err error
			if d, err = lineitem.NewDecoder[T](); err != nil {
				b.err = err
				return
			}
		}
		b.decode(d, p.stream.options.OnBadLine != nil)
		p.decoders.put(d)
		p.blocks.put(b.block)
		b.block = nil
	}, func(panicked any, err error) { b.panicked, b.err = panicked, err })
}

// guarded calls code that may be the caller's, UnmarshalJSON or a transport. A panic in
// it belongs to the goroutine that ranges: there it can be recovered. Nor may it end a
// worker (as testing's Fatal does) without the loop's knowing.
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

// take gives a loop the next batch, nil after the last. Batches of one blob come in
// their order, and in order those of the blobs do, too.
func (p *pool[T]) take(ctx context.Context) (*batch[T], error) {
	b, err := p.first(ctx)
	if b == nil || err != nil {
		return nil, err
	}
	select {
	case <-b.ready:
		return b, nil
	case <-ctx.Done():
		p.open.Done()
		return nil, ended(ctx)
	}
}

// delivered takes back a batch that a loop is through with.
func (p *pool[T]) delivered(b *batch[T]) {
	p.batches.put(b)
	p.open.Done()
}

func (p *pool[T]) first(ctx context.Context) (*batch[T], error) {
	p.taking.Lock()
	defer p.taking.Unlock()
	if p.taken == len(p.stream.todo) {
		return nil, nil
	}
	queue := p.shared
	if p.queues != nil {
		queue = p.queues[p.stream.todo[p.taken]]
	}
	select {
	case b := <-queue:
		p.open.Add(1)
		if b.done {
			p.taken++
			if p.slots != nil {
				<-p.slots
			}
		}
		return b, nil
	case <-ctx.Done():
		return nil, ended(ctx)
	}
}
