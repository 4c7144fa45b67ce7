package manifest

import (
	"context"
	"iter"

	"github.com/partnerbilling/sdk-go/lineitem"
)

// Batch is some consecutive rows of one blob, as [Stream.Batches] yields them: up to a thousand,
// and not none. It is valid in its loop body only.
type Batch[T any] struct {
	// Rows are the rows, in line order. The slice is reused for later batches: copy the rows that
	// are to be kept. What they refer to, such as their strings, is never written again.
	Rows []T

	cursor *cursor[T]
	number uint64
	end    lineStart // of the line after the rows
	reason string    // why there is no checkpoint; "": there may be one
}

// Batches yields every row of every blob, as [Stream.All] does, but many at a time, for what takes
// many at a time, such as a database. It returns a single-use iterator, which does nothing until it
// is ranged over. It copies no row.
//
// The rows of a batch are those of a piece of a blob, and how many they are depends on the length
// of their lines. Batches of a blob come in their order, and with [ReadOptions.InOrder] the blobs
// in that of the manifest. OnBadLine is called for the bad lines among the rows of a batch before
// the batch is yielded.
//
// An error comes once, as the last element, together with a Batch without rows, and is one of those
// of [Stream.All]. The rows that precede it in its blob come before it, as a short batch. Without
// an error everything was read, to the letter of All.
//
//	for batch, err := range stream.Batches(ctx) {
//		if err != nil {
//			return err
//		}
//		checkpoint, err := batch.Checkpoint()
//		if err != nil {
//			return err
//		}
//		... write batch.Rows and checkpoint in one transaction ...
//	}
//	... the export is complete ...
//
// However the loop is left, no goroutine and no connection of the stream outlives it.
func (s *Stream[T]) Batches(ctx context.Context) iter.Seq2[Batch[T], error] {
	return func(yield func(Batch[T], error) bool) {
		if err := s.read(ctx, eachBatch(yield, false)); err != nil && err != ErrLeft { //nolint:errorlint // Never wrapped.
			yield(Batch[T]{}, err)
		}
	}
}

// Position returns where a row of the batch is; it is counted as in Rows. After the loop body, it
// is the zero Position.
func (b Batch[T]) Position(row int) lineitem.Position {
	if !b.current() {
		return lineitem.Position{}
	}
	return b.cursor.batch.position(row)
}

// Checkpoint returns how far the stream has come with this batch: it covers every row up to the
// last of the batch, also before the loop body has completed. Written in one transaction with the
// rows, it makes every row come exactly once, however often the program is killed; a stream that
// resumes from it delivers all rows after the batch.
//
// After the last batch, [Stream.Checkpoint] says in addition that the blobs were read to their end:
// a stream that resumes from the checkpoint of a batch reads the rest of its blob to verify that.
//
// The error matches [ErrCheckpoint]: one of those of [Stream.Checkpoint], or the batch is one of a
// [Share], its rows are refused by the error that follows, or it is not that of the loop body any
// more.
func (b Batch[T]) Checkpoint() (*Checkpoint, error) {
	switch {
	case !b.current():
		return nil, checkpointError("the batch is not that of the loop body; make its checkpoint there")
	case b.reason != "":
		return nil, checkpointError(b.reason)
	}
	return b.cursor.progress.checkpoint(b.cursor.markAt(b.end, len(b.Rows)))
}

// current reports whether the batch is in its loop body.
func (b *Batch[T]) current() bool { return b.cursor != nil && b.cursor.number == b.number }

// eachBatch returns the handler of a loop over batches. Those of a loop that is one of several have
// no checkpoints.
func eachBatch[T any](yield func(Batch[T], error) bool, shared bool) handler[T] {
	return func(ctx context.Context, c *cursor[T], b *batch[T]) error {
		of := Batch[T]{Rows: b.rows[:b.n:b.n], cursor: c, end: b.until.at}
		var failed error
		for ; c.skipped < len(b.bad); c.skipped++ {
			bad := b.bad[c.skipped]
			if failed = c.progress.bad(bad.err); failed != nil {
				of.Rows, of.end = b.rows[:bad.rows:bad.rows], lineStart{bad.err.Position.Line, bad.err.Position.Offset}
				break
			}
		}
		c.batch = b
		if len(of.Rows) > 0 {
			switch {
			case ctx.Err() != nil:
				return readCanceled(ctx)
			case shared:
				of.reason = "the batch is that of one of several loops; use Batches of the stream in one loop"
			case b.err != nil && failed == nil:
				of.reason = "the rows of the batch are refused by the error that follows it"
			}
			c.position, c.rows = b.position(0), len(of.Rows)
			if !c.yield(yield, of) {
				return ErrLeft
			}
			c.row = len(of.Rows)
		}
		if failed != nil {
			c.badLine = b.bad[c.skipped].err
		}
		return failed
	}
}

// yield calls the body of a loop over batches. The batch is current until that returns or panics.
func (c *cursor[T]) yield(yield func(Batch[T], error) bool, of Batch[T]) bool {
	c.numbers++
	c.number, of.number = c.numbers, c.numbers
	defer func() { c.number = 0 }()
	return yield(of, nil)
}
