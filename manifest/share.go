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

// Share is the part of an export that one of several loops gets. See [Stream.Parallel].
type Share[T any] struct {
	stream *Stream[T]
	pool   *pool[T]
	ctx    context.Context //nolint:containedctx // That of Parallel, which the share does not outlive.
	failed func(*Share[T], error)
	used   atomic.Bool
	cursor cursor[T]

	err      error // how the rows ended, if it was not well
	result   error // of the body
	panicked any   // the body, with this
}

// Parallel reads the export with several loops at once, where what is done with a row
// takes longer than reading it. It calls body in as many goroutines as loops says, 0
// for GOMAXPROCS, each with its share of the rows, waits for all of them, and returns the
// first error. Every row comes to exactly one loop. Rows that come to the same
// loop are, within a blob, in line order.
//
//	err := stream.Parallel(ctx, 0, func(rows *manifest.Share[lineitem.Usage]) error {
//		for item, err := range rows.All() {
//			if err != nil {
//				return err
//			}
//			...
//		}
//		return nil // every row of the export has gone through some loop
//	})
//
// The body runs in several goroutines: what they share must be guarded, and is best kept
// apart until the end, as one [lineitem.Totals] for each. An error, a loop that is left
// early and a panic end the reading for all: the other loops get an error as their last
// element, so none of them can take its share for the whole. Parallel then returns that
// error, [ErrLeft] where there was none, or goes on with the panic. It returns nil only
// if the export was read whole and every row has gone through a loop.
func (s *Stream[T]) Parallel(ctx context.Context, loops int, body func(rows *Share[T]) error) error {
	if s.used.Swap(true) {
		return fmt.Errorf("manifest: %w; make a new one to read again", ErrUsed)
	}
	if loops <= 0 {
		loops = runtime.GOMAXPROCS(0)
	}
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	p, stop := s.start(ctx)
	defer stop()
	var once sync.Once
	var first *Share[T] // that failed; the others failed for it
	failed := func(r *Share[T], err error) {
		once.Do(func() { first = r })
		end(err)
	}
	var running sync.WaitGroup
	for range loops {
		r := &Share[T]{stream: s, pool: p, ctx: ctx, failed: failed}
		running.Go(func() { r.run(body) })
	}
	running.Wait()
	switch {
	case first == nil && s.whole() != nil:
		return fmt.Errorf("manifest: %w", ErrLeft) // no body ranged at all
	case first == nil:
		return nil
	case first.panicked != nil:
		panic(first.panicked) //nolint:forbidigo // The caller's own panic goes on in the caller's goroutine.
	}
	return first.result
}

// run calls the body. An error that the body keeps to itself is one all the same.
func (r *Share[T]) run(body func(rows *Share[T]) error) {
	guarded(func() { r.result = cmp.Or(body(r), r.err) },
		func(panicked any, err error) { r.panicked, r.result = panicked, err })
	if r.result != nil {
		r.failed(r, r.result)
	}
}

// All yields the share's rows, and an error as [Stream.All] does. It returns a
// single-use iterator. Where no error comes, every row of the export has gone through
// one of the loops.
func (r *Share[T]) All() iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		err := fmt.Errorf("manifest: %w", ErrUsed)
		if !r.used.Swap(true) {
			err = r.rows(yield)
		}
		if err != nil && err != ErrLeft { //nolint:errorlint // Never wrapped.
			var none T
			yield(none, err)
		}
	}
}

// Position tells where the row in the loop's body stands. It is meant to be called
// there.
func (r *Share[T]) Position() lineitem.Position { return r.cursor.position }

func (r *Share[T]) rows(yield func(T, error) bool) error {
	for {
		b, err := r.pool.take(r.ctx)
		if b == nil && err == nil {
			r.pool.open.Wait() // until the other loops are through as well
			if r.ctx.Err() == nil {
				return nil
			}
			err = ended(r.ctx)
		}
		if err == nil {
			err = r.deliver(b, yield)
		}
		if err != nil {
			r.err = err
			r.failed(r, err)
			return err
		}
	}
}

// deliver is the stream's. The other loops hear of a failure before they could take
// themselves for the last.
func (r *Share[T]) deliver(b *batch[T], yield func(T, error) bool) (err error) {
	defer r.pool.delivered(b)
	err = ErrLeft // what it is when the body panics
	defer func() {
		if err != nil {
			r.failed(r, err)
		}
	}()
	err = r.stream.deliver(r.ctx, b, &r.cursor, yield)
	return err
}
