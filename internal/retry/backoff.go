// Package retry decides how long to wait before a failed request is tried again,
// and when to give up. It knows time only through package time, so that tests can
// run it on a fake clock.
package retry

import (
	"context"
	"math/rand/v2"
	"time"
)

// Backoff is an exponentially growing pause with full jitter: a random time between
// nothing and the ceiling of the try. Clients that failed together do not come back
// together.
type Backoff struct {
	// Base is the ceiling after the first failure; it doubles with each further one.
	Base time.Duration
	// Max bounds the ceiling.
	Max time.Duration
}

// Delay gives the pause after the given number of failures in a row, from 1.
func (b Backoff) Delay(failures int) time.Duration {
	if ceiling := b.Ceiling(failures); ceiling > 0 {
		return rand.N(ceiling) + 1 //nolint:gosec // Spreading load needs no secrecy.
	}
	return 0
}

// Ceiling is the longest pause that Delay gives after that many failures.
func (b Backoff) Ceiling(failures int) time.Duration {
	ceiling := min(b.Base, b.Max)
	for i := 1; i < failures && ceiling < b.Max; i++ {
		ceiling = min(2*ceiling, b.Max)
	}
	return ceiling
}

// Sleep waits for d, or until ctx ends, and then returns why it ended.
func Sleep(ctx context.Context, d time.Duration) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
