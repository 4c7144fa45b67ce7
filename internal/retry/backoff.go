// Package retry decides how long to wait before a failed request is retried, and when to give up.
package retry

import (
	"context"
	"math/rand/v2"
	"time"
)

// Backoff is exponential backoff with full jitter: the delay is random between zero and a ceiling
// that doubles with each failure. So clients that failed together do not retry together.
type Backoff struct {
	// Base is the ceiling after the first failure.
	Base time.Duration
	// Max bounds the ceiling.
	Max time.Duration
}

// Delay returns the delay after the given number of consecutive failures, from 1.
func (b Backoff) Delay(failures int) time.Duration {
	if ceiling := b.Ceiling(failures); ceiling > 0 {
		return rand.N(ceiling) + 1 //nolint:gosec // Spreading load needs no secrecy.
	}
	return 0
}

// Ceiling returns the longest delay after the given number of consecutive failures.
func (b Backoff) Ceiling(failures int) time.Duration {
	ceiling := min(b.Base, b.Max)
	for i := 1; i < failures && ceiling < b.Max; i++ {
		ceiling = min(2*ceiling, b.Max)
	}
	return ceiling
}

// Sleep waits for d. If ctx is done first, it returns the cause.
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
