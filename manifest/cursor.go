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
}

// deliver yields the rows of a batch. It returns ErrLeft if the loop was left, and the batch's own
// error after its rows.
func (c *cursor[T]) deliver(ctx context.Context, b *batch[T], yield func(T, error) bool) (err error) {
	if b.panicked != nil {
		panic(b.panicked) //nolint:forbidigo // The caller's own panic continues in the caller's goroutine.
	}
	yielded, skipped := 0, 0
	c.batch, c.row, c.badLine = b, 0, nil
	defer func() { // also when the loop body panics
		d := delivery{rows: yielded, skipped: skipped, complete: c.batch == nil && b.err == nil}
		d.values, d.unknown = c.values(b, yielded), b.present.unknown
		if wrong := c.progress.account(&b.section, d, b.blank, b.replaced); err == nil {
			err = wrong
		}
	}()
	for i := range b.n + 1 {
		for ; skipped < len(b.bad) && b.bad[skipped].rows == i; skipped++ {
			c.badLine = b.bad[skipped].err
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
		yielded++
		if !yield(b.rows[i], nil) {
			return ErrLeft
		}
		c.row++
	}
	c.batch = nil
	return b.err
}

// values returns in how many of the first rows of a batch each attribute has a value.
func (c *cursor[T]) values(b *batch[T], rows int) []int64 {
	return b.present.of(rows, b.n, len(c.progress.plan.attributes))
}

// next returns where the first line of the batch starts that is not done.
func (c *cursor[T]) next() lineStart {
	if c.badLine != nil {
		return lineStart{c.badLine.Position.Line, c.badLine.Position.Offset}
	}
	return c.batch.starts[c.row]
}
