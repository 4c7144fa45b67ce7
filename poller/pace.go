package poller

import (
	"math/rand/v2"
	"time"
)

// faultBudget is how long there may be no good answer before the waiting is given up.
const faultBudget = 15 * time.Minute

// minTry is what a request gets at least, even when the budget is all but spent.
const minTry = 2 * time.Minute

const (
	firstPause = 10 * time.Second
	longPause  = time.Minute
)

// pace says when to call next, and when enough is enough.
type pace struct {
	fixed time.Duration // the caller's Frequency
	next  time.Duration // of our own pauses
	since time.Time     // of the first request since the last good answer
}

// begin notes that a request is about to be sent and returns by when it must be answered.
func (p *pace) begin(now time.Time) time.Time {
	if p.since.IsZero() {
		p.since = now
	}
	deadline := p.since.Add(faultBudget)
	if least := now.Add(minTry); deadline.Before(least) {
		return least
	}
	return deadline
}

// good notes a good answer.
func (p *pace) good() { p.since = time.Time{} }

// exhausted reports, after a fault, whether there has been no good answer for too long.
func (p *pace) exhausted(now time.Time) bool { return now.Sub(p.since) >= faultBudget }

// pause is the time until the next request, where the service does not ask for another. It grows by half each time, and varies,
// so that many programs that began together do not call together.
func (p *pace) pause() time.Duration {
	if p.fixed > 0 {
		return p.fixed
	}
	if p.next == 0 {
		p.next = firstPause
	}
	d := p.next
	p.next = min(p.next*3/2, longPause)
	//nolint:gosec // Spreading calls needs no secrecy.
	return min(time.Duration(float64(d)*(0.8+0.4*rand.Float64())), longPause)
}
