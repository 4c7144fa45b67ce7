package blobread

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/partnerbilling/sdk-go/internal/retry"
)

// overloadTime is how long refusals count as the same overload, which meets many workers at once.
const overloadTime = time.Second

// Throttle is what the workers of a stream know together about the load and the failures of
// storage. When storage says that it is busy, half as many blobs are read at once, and one more
// again after as many as that were read without such a response. Only the next blob waits: one that
// is being read keeps its seat, so that a stream always makes progress.
type Throttle struct {
	bucket retry.Bucket
	seats  chan struct{} // has an element for each blob being read, and for each seat withheld

	mu       sync.Mutex
	withhold int // how many seats to withhold
	withheld int
	calm     int                // blobs without a refusal, since the last change
	last     time.Time          // of a refusal
	retries  map[string]setback // by name: the blobs whose last request failed and is retried
}

// setback is the failure after which a blob is retried.
type setback struct {
	offset int64
	reason string
}

// NewThrottle lets so many blobs be read at once, as long as storage is not busy.
func NewThrottle(workers int) *Throttle {
	return &Throttle{seats: make(chan struct{}, workers), retries: make(map[string]setback)}
}

// Workers returns how many blobs may be read at once.
func (t *Throttle) Workers() int { return cap(t.seats) }

// Seats returns where to send an element before a blob is read; Leave takes it back.
func (t *Throttle) Seats() chan<- struct{} { return t.seats }

// Leave frees a seat, or withholds it. calm says that its blob was read without a refusal.
func (t *Throttle) Leave(calm bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if calm {
		t.calm++
	}
	if t.withhold > 0 && t.calm >= cap(t.seats)-t.withhold {
		t.withhold, t.calm = t.withhold-1, 0
	}
	t.withheld++
	for t.withheld > t.withhold {
		t.withheld--
		<-t.seats
	}
}

// busy notes that storage refused a request because of its load.
func (t *Throttle) busy() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now := time.Now(); now.Sub(t.last) >= overloadTime {
		t.last, t.calm = now, 0
		t.withhold = cap(t.seats) - max(1, (cap(t.seats)-t.withhold)/2)
	}
}

// retried notes that a blob is to be retried after a failure.
func (t *Throttle) retried(name string, offset int64, f *failure) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.retries[name] = setback{offset, f.reason + responseText(f.status, f.code, f.id)}
}

// recovered notes that the retry of a blob succeeded.
func (t *Throttle) recovered(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.retries, name)
}

// canceled is the failure of a context that ended while a blob was read. If the blob was being
// retried, the reason has its last failure.
func (t *Throttle) canceled(ctx context.Context, name string) *failure {
	t.mu.Lock()
	defer t.mu.Unlock()
	f := canceled(ctx)
	if s, is := t.retries[name]; is {
		s.explain(f)
	}
	return f
}

// Stuck returns the error of a stream whose context ended while a blob was being retried: that of
// the blob, or of the first by name of several. It is nil if there was none.
func (t *Throttle) Stuck(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.retries) == 0 {
		return nil
	}
	name := slices.Min(slices.Collect(maps.Keys(t.retries)))
	f, s := canceled(ctx), t.retries[name]
	s.explain(f)
	return &Error{Blob: name, Offset: s.offset, Reason: f.reason, Err: f.kind, Cause: f.cause}
}

// explain adds the setback to the reason of a canceled read.
func (s setback) explain(f *failure) {
	if f.reason != "" {
		f.reason += "; "
	}
	f.reason += "the blob was being retried after this failure: " + s.reason
}
