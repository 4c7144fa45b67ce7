package blobread

import (
	"sync"
	"time"

	"github.com/partnerbilling/sdk-go/internal/retry"
)

// overloadTime is how long refusals count as the same overload, which meets many workers at once.
const overloadTime = time.Second

// Throttle is what the workers of a stream know together about the load of storage. When storage
// says that it is busy, half as many blobs are read at once, and one more again after as many as
// that were read without such a response. Only the next blob waits: one that is being read keeps
// its seat, so that a stream always makes progress.
type Throttle struct {
	bucket retry.Bucket
	seats  chan struct{} // has an element for each blob being read, and for each seat withheld

	mu       sync.Mutex
	withhold int // how many seats to withhold
	withheld int
	calm     int       // blobs without a refusal, since the last change
	last     time.Time // of a refusal
}

// NewThrottle lets so many blobs be read at once, as long as storage is not busy.
func NewThrottle(workers int) *Throttle {
	return &Throttle{seats: make(chan struct{}, workers)}
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
