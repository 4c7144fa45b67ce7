package retry

import "sync"

// What a Bucket holds, and what a retry costs: a hundred retries in a row empty it.
const (
	bucketSize = 500
	retryCost  = 5
)

// Bucket is a budget of retries that workers share. A retry takes from it, a success
// gives back; so it is empty only while nearly nothing succeeds, for anybody. What to do
// then is up to who asks. It is safe for concurrent use.
type Bucket struct {
	mu    sync.Mutex
	spent int
}

// Take pays for a retry. It reports whether there was enough for it.
func (b *Bucket) Take() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.spent+retryCost > bucketSize {
		return false
	}
	b.spent += retryCost
	return true
}

// Give notes a success, and whether it was one of a retry, which gets its price back.
func (b *Bucket) Give(retried bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	back := 1
	if retried {
		back = retryCost
	}
	b.spent = max(0, b.spent-back)
}
