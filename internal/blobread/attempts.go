package blobread

import (
	"fmt"
	"time"

	"github.com/partnerbilling/sdk-go/internal/retry"
)

// progressBytes is how much must have come for an attempt to count as progress.
const progressBytes = 64 << 10

// attempts decides whether and when a failed request is retried.
type attempts struct {
	budget   retry.Budget
	backoff  retry.Backoff
	throttle *Throttle

	// Since the last progress:
	progress  int64 // its offset
	refreshes int   // of the SAS
	busy      int   // responses by which the service asked for a later retry

	retrying  bool // the next request is a retry
	throttled bool // the service was busy at least once
}

func newAttempts(l Limits, t *Throttle) attempts {
	return attempts{
		budget:   retry.Budget{Tries: l.MaxTries, MinElapsed: time.Minute, MaxElapsed: l.RetryBudget},
		backoff:  retry.Backoff{Base: 500 * time.Millisecond, Max: 30 * time.Second},
		throttle: t,
	}
}

// restarted returns the attempts of a reader that begins the blob again.
func (a *attempts) restarted() attempts {
	return attempts{budget: a.budget, backoff: a.backoff, throttle: a.throttle, throttled: a.throttled}
}

// spend takes time without progress from the retry budget.
func (a *attempts) spend(d time.Duration) { a.budget.Spend(d) }

// reached notes the offset, which resets the retry budget if that is progress.
func (a *attempts) reached(offset int64) {
	if offset-a.progress >= progressBytes {
		a.progress, a.refreshes, a.busy = offset, 0, 0
		a.budget.Reset()
	}
}

// none reports whether nothing failed since the last progress.
func (a *attempts) none() bool { return a.budget.Failures() == 0 }

// succeeded notes a response that can be used.
func (a *attempts) succeeded() {
	a.throttle.bucket.Give(a.retrying)
	a.retrying = false
}

// failed returns the delay before a retry. If there is to be none, it makes the failure final.
func (a *attempts) failed(f *failure, immediately bool) (delay time.Duration, ok bool) {
	// A service that says it is busy is worth the whole time, not just a few attempts.
	within := true
	if f.hint == hintBusy {
		a.busy++
		a.throttled = true
		a.throttle.busy()
	} else {
		within = a.budget.Fail()
	}
	failures := a.budget.Failures() + a.busy
	delay = max(f.after, a.backoff.Delay(failures))
	a.retrying = a.throttle.bucket.Take()
	switch {
	case !a.retrying:
		delay = max(delay, a.backoff.Max) // hardly any request of any reader succeeds
	case immediately:
		delay = 0
	}
	if within && a.budget.Allows(delay) {
		return delay, true
	}
	advice := signInAdvice
	if f.kind = f.spent; f.kind == nil {
		f.kind, advice = ErrUnavailable, "read again later"
	}
	if f.after > 0 {
		f.reason += fmt.Sprintf(" and asks for a delay of %v", f.after)
	}
	f.reason = fmt.Sprintf("retry budget exhausted after %d failures in %v without progress, the last: %s; %s",
		failures, a.budget.Spent().Round(time.Second), f.reason, advice)
	return 0, false
}
