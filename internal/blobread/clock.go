package blobread

import (
	"net/http"
	"sync"
	"time"
)

// clock tells the time as storage sees it, by which a SAS expires.
type clock struct {
	mu       sync.Mutex
	skew     time.Duration
	observed bool
}

// known reports whether storage has told its time.
func (c *clock) known() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.observed
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.skew)
}

// observe reads the Date of a response.
func (c *clock) observe(h http.Header) {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return // without a Date, the skew stays as it is
	}
	skew := time.Until(date)
	if skew.Abs() < 2*time.Second {
		skew = 0 // Date has whole seconds only
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.skew, c.observed = skew, true
}
