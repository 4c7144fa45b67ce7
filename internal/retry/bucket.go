package retry

import "sync"

// The size of a Bucket and the cost of a retry: a hundred consecutive retries empty it.
const (
	bucketSize = 500
	retryCost  = 5
)

// Bucket is a retry budget that workers share. A retry takes from it and a success gives back, so
// it is empty only while nearly all requests fail. It is safe for concurrent use.
type Bucket struct {
	mu    sync.Mutex
	spent int
}

// Take pays for a retry. It reports whether the bucket had enough left.
func (b *Bucket) Take() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.spent+retryCost > bucketSize {
		return false
	}
	b.spent += retryCost
	return true
}

// Give gives back for a success: the cost of a retry if a retry succeeded, otherwise one.
func (b *Bucket) Give(retried bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	refund := 1
	if retried {
		refund = retryCost
	}
	b.spent = max(0, b.spent-refund)
}
