package manifest

import (
	"context"
	"fmt"
	"iter"
	"sync/atomic"

	"github.com/partnerbilling/sdk-go/internal/gunzip"
	"github.com/partnerbilling/sdk-go/internal/lines"
	"github.com/partnerbilling/sdk-go/lineitem"
)

// Stream is one read of an export. It is made by [Manifest.NewStream], used once with [Stream.All],
// [Stream.Batches] or [Stream.Parallel], and knows where it is and what it has read.
type Stream[T any] struct {
	plan     *plan
	progress *progress
	cursor   cursor[T] // of the goroutine that ranges
	used     atomic.Bool
}

func newStream[T any](p *plan) *Stream[T] {
	s := &Stream[T]{plan: p, progress: newProgress(p)}
	s.cursor.progress = s.progress
	return s
}

// All yields every row of every blob. It returns a single-use iterator, which does nothing until it
// is ranged over.
//
// An error comes once, as the last element, together with the zero row, after all rows that were
// decoded before it in the same blob. It matches, with errors.Is or errors.As,
//   - *[lineitem.DecodeError]: a line is not a row, or a blob is damaged;
//   - *[ReadError]: a blob could not be read, with [ErrSAS], [ErrDenied], [ErrDataChanged],
//     [ErrBlobChanged], [ErrBlobMissing], [ErrBadResponse], [ErrUntrusted], [ErrUnavailable] or
//     [ErrIncomplete] as the reason;
//   - *[Error] with [ErrAttributeMissing], after all rows: an amount or a currency is in none;
//   - ctx's error, and its cause, if ctx ended;
//   - [ErrUsed], if the stream was ranged over before;
//   - what OnBadLine returned.
//
// Without an error, everything was read: every blob of the manifest, every byte of each, every
// checksum right, and in a whole export every required attribute came. Then, and only then, a sum
// over the rows is the sum of the export.
//
// However the loop is left, no goroutine and no connection of the stream outlives it.
func (s *Stream[T]) All(ctx context.Context) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		if err := s.read(ctx, eachRow(yield)); err != nil && err != ErrLeft { //nolint:errorlint // Never wrapped.
			var none T
			yield(none, err)
		}
	}
}

// read has all batches handled in the caller's goroutine.
func (s *Stream[T]) read(ctx context.Context, handle handler[T]) error {
	switch {
	case s.used.Swap(true):
		return fmt.Errorf("manifest: %w; make a new one to read again", ErrUsed)
	case s.plan.options.Concurrency == 1:
		return s.sequential(ctx, handle)
	default:
		return s.concurrent(ctx, handle)
	}
}

// sequential reads one blob after the other in the caller's goroutine.
func (s *Stream[T]) sequential(ctx context.Context, handle handler[T]) error {
	d, b, text := new(decoder[T]), newBatch[T](), new(gunzip.Reader)
	b.block = new(lines.Block)
	read := func(blob int) error {
		r := newReading(ctx, s.plan, blob, text)
		defer r.close()
		for {
			b.reset(blob, r.name)
			b.err = r.next(&b.section)
			b.decode(d, s.plan)
			if err := s.cursor.deliver(ctx, b, handle); err != nil || b.until.done {
				return err
			}
		}
	}
	for _, blob := range s.plan.todo {
		if err := read(blob); err != nil {
			return err
		}
	}
	return s.progress.finish()
}

// concurrent reads with several workers and yields in the caller's goroutine.
func (s *Stream[T]) concurrent(ctx context.Context, handle handler[T]) error {
	w, stop := startWorkers[T](ctx, s.plan)
	defer stop() // also when the loop body panics
	for {
		b, err := w.queue.take(ctx)
		if err != nil {
			return err
		}
		if b == nil {
			return s.progress.finish()
		}
		if err := s.cursor.deliver(ctx, b, handle); err != nil {
			return err
		}
		w.release(b)
	}
}

// Position returns where the row in the loop body is, or the first row of a [Batch]. Call it in the
// loop body.
func (s *Stream[T]) Position() lineitem.Position { return s.cursor.position }

// Report returns what has been read so far. It may be called at any time, from any goroutine; the
// result does not change any more.
func (s *Stream[T]) Report() Report { return s.progress.total() }

// Checkpoint returns how far the stream has come. It covers the rows whose loop body has completed;
// a stream that resumes from it delivers all others. In a loop over [Stream.Batches], the same is
// true of batches; [Batch.Checkpoint] covers the current one as well.
//   - In a loop body, it covers the rows before the current one, and not the current one.
//   - After a loop that ended by itself, it covers every row that was delivered.
//   - After a loop that was left by break, return or a panic, it does not cover the row in whose
//     body that happened, even if the body had processed it.
//
// To process every row exactly once, write rows and checkpoint in one transaction. Make the
// checkpoint at the beginning of a loop body, before the current row is written, or after a loop
// that ended by itself:
//
//	for item, err := range stream.All(ctx) {
//		if err != nil {
//			return err
//		}
//		if n++; n%10_000 == 0 {
//			... save stream.Checkpoint() and commit: all rows before item ...
//		}
//		... write item ...
//	}
//	... save stream.Checkpoint() and commit: all rows ...
//
// Call it in the goroutine that ranges, or in one of those of [Stream.Parallel]. In Parallel, it
// covers only whole batches of some hundred rows: a stream that resumes delivers every row of a
// batch again that was not delivered completely.
//
// The error matches [ErrCheckpoint]: the rows are CSV, or the manifest has no eTag, without which
// it cannot be verified later that the data are the same.
func (s *Stream[T]) Checkpoint() (*Checkpoint, error) {
	return s.progress.checkpoint(s.cursor.mark())
}
