package lro

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/internal/retry"
)

const (
	// faultBudget is how long there may be no usable response.
	faultBudget = 15 * time.Minute
	// minTry is the least time that one attempt gets, even when the budget is almost spent.
	minTry = 2 * time.Minute

	firstPause = 10 * time.Second
	maxPause   = time.Minute
)

var errSilent = fmt.Errorf("%w within %v", apierror.ErrUnavailable, faultBudget)

// Pace repeats requests to a service until it has what is requested: at the pace that the service
// asks for, or else with pauses that grow from ten seconds to a minute. Errors that match
// [apierror.ErrUnavailable] are retried until there has been no usable response for 15 minutes. Use
// a Pace once.
type Pace struct {
	// Frequency is the pause where the service does not ask for one; zero stands for the default.
	Frequency time.Duration
	// First is how long to wait before the first attempt.
	First time.Duration
	// MaxPause is the longest pause to wait that the service asks for; zero is no limit.
	MaxPause time.Duration

	next  time.Duration // the next pause
	since time.Time     // of the first attempt since the last usable response
	last  error         // the failure since then
}

// Last returns the failure after which an attempt was due again when the context ended. It is nil
// if the response before was usable.
func (p *Pace) Last() error { return p.last }

// Attempt makes one request. It reports whether that was the last one, and otherwise how long the
// service asks to wait, zero if it does not say.
type Attempt func(context.Context) (done bool, pause time.Duration, err error)

// GaveUp is returned where it was given up to wait.
type GaveUp struct {
	// RetryAfter is the pause that the service asks for, where that is longer than may be waited.
	RetryAfter time.Duration
	// Err is the last failure, nil if there was none.
	Err error
}

// Error returns the last failure and why it was not retried.
func (e *GaveUp) Error() string {
	switch {
	case e.Err == nil:
		return fmt.Sprintf("the service asks to wait %v, which is longer than the time left", e.RetryAfter)
	case e.RetryAfter > 0:
		return fmt.Sprintf("%v; gave up, since that is longer than the time left", e.Err)
	default:
		return fmt.Sprintf("%v; gave up after %v without a usable response", e.Err, faultBudget)
	}
}

// Unwrap returns the last failure.
func (e *GaveUp) Unwrap() error { return e.Err }

// Repeat makes attempts until one is the last. An error is the cause of ctx, where that has ended,
// a [*GaveUp], or that of an attempt.
func (p *Pace) Repeat(ctx context.Context, attempt Attempt) error {
	if p.First > 0 {
		if err := p.sleep(ctx, p.First, nil); err != nil {
			return err
		}
	}
	for {
		attemptCtx, cancel := context.WithDeadlineCause(ctx, p.deadline(time.Now()), errSilent)
		done, pause, err := attempt(attemptCtx)
		silent := attemptCtx.Err() != nil
		cancel()
		switch {
		case err == nil && done:
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err == nil:
			p.since, p.last = time.Time{}, nil
		case !silent && !errors.Is(err, apierror.ErrUnavailable):
			return err
		case time.Since(p.since) >= faultBudget:
			return &GaveUp{Err: err}
		default:
			pause, p.last = requested(err), err
		}
		if err := p.sleep(ctx, pause, err); err != nil {
			return err
		}
	}
}

// deadline returns when to abandon an attempt that begins now.
func (p *Pace) deadline(now time.Time) time.Time {
	if p.since.IsZero() {
		p.since = now
	}
	deadline := p.since.Add(faultBudget)
	if least := now.Add(minTry); deadline.Before(least) {
		return least
	}
	return deadline
}

// sleep waits for as long as the service asks, or else for the next pause. There is no point in
// waiting for a time at which no request may be sent.
func (p *Pace) sleep(ctx context.Context, requested time.Duration, last error) error {
	pause := requested
	if pause == 0 {
		pause = p.pause()
	} else if deadline, ok := ctx.Deadline(); ok && pause > time.Until(deadline) || p.MaxPause > 0 && pause > p.MaxPause {
		return &GaveUp{RetryAfter: pause, Err: last}
	}
	return retry.Sleep(ctx, pause)
}

// pause is the time until the next request, where the service does not ask for another. It grows by
// half each time, and varies, so that programs that began together do not send together.
func (p *Pace) pause() time.Duration {
	if p.Frequency > 0 {
		return p.Frequency
	}
	if p.next == 0 {
		p.next = firstPause
	}
	d := p.next
	p.next = min(p.next*3/2, maxPause)
	//nolint:gosec // Spreading requests needs no secrecy.
	return min(time.Duration(float64(d)*(0.8+0.4*rand.Float64())), maxPause)
}

// requested is how long a rejected request asks to wait; zero if it does not say.
func requested(err error) time.Duration {
	if rejected, is := errors.AsType[*apierror.RequestError](err); is {
		return rejected.RetryAfter
	}
	return 0
}
