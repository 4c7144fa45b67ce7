package manifest

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/partnerbilling/sdk-go/lineitem"
)

// Share is the part of an export that one of several loops reads. See [Stream.Parallel].
type Share[T any] struct {
	workers *workers[T]
	ctx     context.Context //nolint:containedctx // That of Parallel, which the share does not outlive.
	failed  func(*Share[T], error)
	used    atomic.Bool
	cursor  cursor[T]

	err      error // how the rows ended, if it was not well
	result   error // of the body
	panicked any   // the body, with this
}

// Parallel reads the export in several loops at once, where what is done with a row takes longer
// than reading it. It calls body in as many goroutines as loops says, 0 for GOMAXPROCS, each with
// its share of the rows, waits for all of them, and returns the first error. Every row is delivered
// to exactly one loop. Rows that are delivered to the same loop are, within a blob, in line order.
//
//	err := stream.Parallel(ctx, 0, func(rows *manifest.Share[lineitem.Usage]) error {
//		for item, err := range rows.All() {
//			if err != nil {
//				return err
//			}
//			...
//		}
//		return nil // every row of the export was delivered to some loop
//	})
//
// The body runs in several goroutines: what they share must be guarded, and is best kept apart
// until the end, as one [lineitem.Totals] for each. An error, a loop that is left early and a panic
// end the read for all: the other loops get an error as their last element, so none of them can
// take its share for the whole. Parallel then returns that error, [ErrLeft] where there was none,
// or continues the panic. It returns nil only if the export was read completely and every row was
// delivered.
func (s *Stream[T]) Parallel(ctx context.Context, loops int, body func(rows *Share[T]) error) error {
	if s.used.Swap(true) {
		return fmt.Errorf("manifest: %w; make a new one to read again", ErrUsed)
	}
	if loops <= 0 {
		loops = runtime.GOMAXPROCS(0)
	}
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	w, stop := startWorkers[T](ctx, s.plan)
	defer stop()
	var once sync.Once
	var first *Share[T] // that failed; the others failed because of it
	failed := func(r *Share[T], err error) {
		once.Do(func() { first = r })
		end(err)
	}
	var running sync.WaitGroup
	for range loops {
		r := &Share[T]{workers: w, ctx: ctx, failed: failed}
		r.cursor.progress = s.progress
		running.Go(func() { r.run(body) })
	}
	running.Wait()
	switch {
	case first == nil && s.progress.finish() != nil:
		return fmt.Errorf("manifest: %w", ErrLeft) // no body ranged at all
	case first == nil:
		return nil
	case first.panicked != nil:
		panic(first.panicked) //nolint:forbidigo // The caller's own panic continues in the caller's goroutine.
	}
	return first.result
}

// run calls the body. An error that the body does not return is one all the same.
func (r *Share[T]) run(body func(rows *Share[T]) error) {
	guarded(func() { r.result = cmp.Or(body(r), r.err) },
		func(panicked any, err error) { r.panicked, r.result = panicked, err })
	if r.result != nil {
		r.failed(r, r.result)
	}
}

// All yields the share's rows, and an error as [Stream.All] does. It returns a single-use iterator.
// Without an error, every row of the export was delivered to one of the loops, and every required
// attribute came.
func (r *Share[T]) All() iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		if err := r.read(eachRow(yield)); err != nil && err != ErrLeft { //nolint:errorlint // Never wrapped.
			var none T
			yield(none, err)
		}
	}
}

// Batches yields the share's rows in batches, and an error as [Stream.Batches] does. It returns a
// single-use iterator. The batches have no checkpoints: [Batch.Checkpoint] returns [ErrCheckpoint],
// since a batch of one loop does not follow those of the others. [Stream.Checkpoint] covers the
// batches that all loops have completed.
func (r *Share[T]) Batches() iter.Seq2[Batch[T], error] {
	return func(yield func(Batch[T], error) bool) {
		if err := r.read(eachBatch(yield, true)); err != nil && err != ErrLeft { //nolint:errorlint // Never wrapped.
			yield(Batch[T]{}, err)
		}
	}
}

// Position returns where the row in the loop body is, or the first row of a [Batch]. Call it in the
// loop body.
func (r *Share[T]) Position() lineitem.Position { return r.cursor.position }

func (r *Share[T]) read(handle handler[T]) error {
	if r.used.Swap(true) {
		return fmt.Errorf("manifest: %w", ErrUsed)
	}
	for {
		b, err := r.workers.queue.take(r.ctx)
		if b == nil && err == nil {
			r.workers.queue.undelivered.Wait() // until the other loops are done as well
			if r.ctx.Err() == nil {
				err = r.cursor.progress.judge()
			} else {
				err = readCanceled(r.ctx)
			}
			if err == nil {
				return nil
			}
		}
		if err == nil {
			err = r.deliver(b, handle)
		}
		if err != nil {
			r.err = err
			r.failed(r, err)
			return err
		}
	}
}

// deliver is the cursor's. The other loops learn of a failure before any of them could take its
// share for the last.
func (r *Share[T]) deliver(b *batch[T], handle handler[T]) (err error) {
	defer r.workers.release(b)
	err = ErrLeft // the result if the body panics
	defer func() {
		if err != nil {
			r.failed(r, err)
		}
	}()
	err = r.cursor.deliver(r.ctx, b, handle)
	return err
}
