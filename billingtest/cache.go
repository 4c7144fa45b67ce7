package billingtest

import (
	"bytes"
	"sync"
)

// segmentCache keeps compressed segments until its budget is used up. Nothing is evicted: blobs are
// read repeatedly from start to end, where eviction of the least recently used would always evict
// the segment needed next. A nil cache keeps nothing.
type segmentCache struct {
	mu     sync.Mutex
	budget int64
	kept   map[segmentKey][]byte
}

type segmentKey struct {
	blob *blob
	i    int
}

func newSegmentCache(budget int64) *segmentCache {
	if budget < 0 {
		return nil
	}
	return &segmentCache{budget: budget, kept: map[segmentKey][]byte{}}
}

func (c *segmentCache) get(b *blob, i int) []byte {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.kept[segmentKey{b, i}]
}

// put keeps a copy if there is room.
func (c *segmentCache) put(b *blob, i int, packed []byte) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	key := segmentKey{b, i}
	if _, ok := c.kept[key]; ok || c.budget < int64(len(packed)) {
		return
	}
	c.budget -= int64(len(packed))
	c.kept[key] = bytes.Clone(packed)
}

// drop removes the segments of blobs that are no longer served.
func (c *segmentCache) drop(gone *content) {
	if c == nil || gone == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, packed := range c.kept {
		if key.blob.content == gone {
			c.budget += int64(len(packed))
			delete(c.kept, key)
		}
	}
}
