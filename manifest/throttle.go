package manifest

import (
	"sync"
	"time"

	"github.com/partnerbilling/sdk-go/internal/retry"
)

// overloadTime is how long refusals are taken for the same overload, which meets many
// workers at once.
const overloadTime = time.Second

// throttle is what the workers of a stream know together of storage's load. When storage
// says that it is busy, half as many blobs are read at once, and one more again after as
// many as that came through without such an answer. Only the next blob waits: one that is being
// read keeps its seat, so that a stream can always go on.
type throttle struct {
	bucket retry.Bucket
	seats  chan struct{} // has an element for each blob being read, and for each kept back

	mu   sync.Mutex
	keep int // seats to keep back
	kept int
	calm int       // blobs without a refusal, since the last change
	last time.Time // of a refusal
}

// newThrottle lets so many blobs be read at once, as long as all is well.
func newThrottle(workers int) *throttle {
	return &throttle{seats: make(chan struct{}, workers)}
}

// busy notes that storage refused a request because of its load.
func (t *throttle) busy() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now := time.Now(); now.Sub(t.last) >= overloadTime {
		t.last, t.calm = now, 0
		t.keep = cap(t.seats) - max(1, (cap(t.seats)-t.keep)/2)
	}
}

// leave frees a seat, or keeps it back. Calm says that its blob was read
// without a refusal.
func (t *throttle) leave(calm bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if calm {
		t.calm++
	}
	if t.keep > 0 && t.calm >= cap(t.seats)-t.keep {
		t.keep, t.calm = t.keep-1, 0
	}
	t.kept++
	for t.kept > t.keep {
		t.kept--
		<-t.seats
	}
}
