package manifest

import (
	"context"

	"github.com/partnerbilling/sdk-go/lineitem"
)

// cursor is where a consumer is, in the loop over a stream or over a share of one.
type cursor[T any] struct {
	progress *progress
	position lineitem.Position // of the row in the loop body, the last one that was there
	batch    *batch[T]         // nil between batches
	row      int               // in the loop body, or the next one
	badLine  *lineitem.DecodeError
	delivery        // of the batch
	number   uint64 // of the Batch in the loop body; 0 if there is none
	numbers  uint64 // of Batches so far
}

// handler passes the rows of a batch to a loop body. It keeps in the cursor how far that came.
type handler[T any] func(ctx context.Context, c *cursor[T], b *batch[T]) error

// deliver has the rows of a batch handled. It returns ErrLeft if the loop was left, and the batch's
// own error after its rows.
func (c *cursor[T]) deliver(ctx context.Context, b *batch[T], handle handler[T]) (err error) {
	if b.panicked != nil {
		panic(b.panicked) //nolint:forbidigo // The caller's own panic continues in the caller's goroutine.
	}
	c.batch, c.row, c.badLine, c.delivery = nil, 0, nil, delivery{}
	defer func() { // also when the loop body panics
		c.complete = c.complete && b.err == nil
		c.values, c.unknown = c.counts(b, c.rows), b.present.unknown
		if wrong := c.progress.account(&b.section, c.delivery, b.blank, b.replaced); err == nil {
			err = wrong
		}
	}()
	if err := handle(ctx, c, b); err != nil {
		return err
	}
	c.batch, c.complete = nil, true
	return b.err
}

// eachRow returns the handler of a loop over rows.
func eachRow[T any](yield func(T, error) bool) handler[T] {
	return func(ctx context.Context, c *cursor[T], b *batch[T]) error {
		c.batch = b
		for i := range b.n + 1 {
			for ; c.skipped < len(b.bad) && b.bad[c.skipped].rows == i; c.skipped++ {
				c.badLine = b.bad[c.skipped].err
				if err := c.progress.bad(c.badLine); err != nil {
					return err
				}
				c.badLine = nil
			}
			if i == b.n {
				break
			}
			if ctx.Err() != nil {
				return readCanceled(ctx)
			}
			c.position = b.position(i)
			c.rows++
			if !yield(b.rows[i], nil) {
				return ErrLeft
			}
			c.row++
		}
		return nil
	}
}

// counts returns in how many of the first rows of a batch each attribute has a value.
func (c *cursor[T]) counts(b *batch[T], rows int) []int64 {
	return b.present.of(rows, b.n, len(c.progress.plan.attributes))
}

// mark returns how far the batch in delivery came, nil between batches.
func (c *cursor[T]) mark() *partial {
	switch {
	case c.batch == nil:
		return nil
	case c.badLine != nil:
		return c.markAt(lineStart{c.badLine.Position.Line, c.badLine.Position.Offset}, c.row)
	default:
		return c.markAt(c.batch.starts[c.row], c.row)
	}
}

// markAt returns how far the batch in delivery came, where that is given.
func (c *cursor[T]) markAt(at lineStart, rows int) *partial {
	b := c.batch
	return &partial{b.blob, mark{
		at: at, rows: int64(rows), values: c.counts(b, rows), unknown: b.present.unknown,
		read: b.until.read, ahead: b.until.ahead,
	}}
}
