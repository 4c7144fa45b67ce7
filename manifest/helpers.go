package manifest

import (
	"context"
	"sync/atomic"
)

// helpers are the workers that have nothing of their own to do at the moment. They decode for the
// others, so that one large blob keeps all cores busy as well as many small ones do.
type helpers[T any] struct {
	count  atomic.Int32
	work   chan *batch[T]
	decode func(*batch[T])
}

func newHelpers[T any](most int, decode func(*batch[T])) *helpers[T] {
	return &helpers[T]{work: make(chan *batch[T], most), decode: decode}
}

// available reports whether there is a helper for another batch.
func (h *helpers[T]) available() bool { return int(h.count.Load()) > len(h.work) }

// offer gives a batch to the helpers, if there is one for it. A batch that is still waiting when
// the last helper turns to work of its own is decoded when a worker has to wait again, which is
// soon, since queues are short.
func (h *helpers[T]) offer(b *batch[T]) bool {
	if !h.available() {
		return false
	}
	select {
	case h.work <- b:
		return true
	default:
		return false
	}
}

// sendHelping sends e, and decodes for other workers until that is possible. It reports whether it
// was, before ctx ended.
func sendHelping[E, T any](ctx context.Context, h *helpers[T], to chan<- E, e E) bool {
	select {
	case to <- e:
		return true
	default:
	}
	h.count.Add(1)
	defer h.count.Add(-1)
	for {
		select {
		case to <- e:
			return true
		case b := <-h.work:
			h.decode(b)
		case <-ctx.Done():
			return false
		}
	}
}
