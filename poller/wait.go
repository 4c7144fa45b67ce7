package poller

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/internal/retry"
	"github.com/partnerbilling/sdk-go/manifest"
)

var (
	errMaxWait = errors.New("the time to wait is over")
	errSilent  = fmt.Errorf("%w within %v", apierror.ErrUnavailable, faultBudget)
)

// PollUntilDone waits for the operation and returns its manifest. Between polls it pauses for as long as the service asks, or as
// Frequency says.
//
// Faults that may pass, those of [apierror.ErrUnavailable], are waited out for up to a quarter of an hour without a good answer. The
// waiting as a whole is limited by MaxWait. When it ends before the operation does, the error is a [*apierror.TimeoutError], which holds a
// resume token; so it is at once when the service asks for a pause that is longer than the time left. When ctx ends, the error
// matches ctx's error and its cause; the operation in the service goes on, and ResumeToken still works. Other errors are those of
// Poll and Result.
func (p *Poller[T]) PollUntilDone(ctx context.Context, o *PollUntilDoneOptions) (m *manifest.Manifest[T], err error) {
	options, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	ctx, end := runtime.StartSpan(ctx, "Poller.PollUntilDone", p.service.tracer, nil)
	defer func() { end(err) }()
	w := &wait[T]{poller: p, options: options, pace: pace{fixed: options.Frequency}, start: time.Now()}
	within, cancel := ctx, context.CancelFunc(func() {})
	if options.MaxWait > 0 {
		within, cancel = context.WithDeadlineCause(ctx, w.start.Add(options.MaxWait), errMaxWait)
	}
	defer cancel()
	return w.until(ctx, within)
}

// wait is one call of PollUntilDone.
type wait[T any] struct {
	poller  *Poller[T]
	options PollUntilDoneOptions
	pace    pace
	start   time.Time
}

// until polls until there is an end to it. Both contexts are the caller's, within with MaxWait on top.
func (w *wait[T]) until(ctx, within context.Context) (*manifest.Manifest[T], error) {
	// The answer to the POST may already have asked for a pause.
	if pause := w.poller.last.RetryAfter; pause > 0 && !w.poller.done {
		if err := w.pause(ctx, within, pause, nil); err != nil {
			return nil, err
		}
	}
	for {
		m, silent, err := w.try(within)
		switch {
		case m != nil:
			return m, nil
		case ctx.Err() != nil:
			return nil, ended(ctx, aboutOperation)
		case within.Err() != nil:
			return nil, w.timeout(0, nil)
		case err == nil:
			w.pace.good()
		case !silent && !errors.Is(err, apierror.ErrUnavailable):
			return nil, err
		case w.pace.exhausted(time.Now()):
			return nil, w.timeout(0, err)
		}
		pause := w.poller.last.RetryAfter
		if err != nil {
			pause = asked(err)
		}
		if err := w.pause(ctx, within, pause, err); err != nil {
			return nil, err
		}
	}
}

// try makes one request: for the operation, or, when that is done and its manifest still has to be fetched, for the manifest.
// It reports whether the request was given up for being silent.
func (w *wait[T]) try(within context.Context) (m *manifest.Manifest[T], silent bool, err error) {
	ctx, cancel := context.WithDeadlineCause(within, w.pace.begin(time.Now()), errSilent)
	defer cancel()
	if !w.poller.Done() {
		op, err := w.poller.Poll(ctx)
		if err != nil {
			return nil, ctx.Err() != nil, err
		}
		w.options.OnProgress(op)
		if !w.poller.Done() {
			return nil, false, nil
		}
	}
	m, err = w.poller.Result(ctx)
	return m, ctx.Err() != nil, err
}

// pause waits for as long as was asked, or else for as long as is good manners.
func (w *wait[T]) pause(ctx, within context.Context, asked time.Duration, fault error) error {
	d := asked
	if d == 0 {
		d = w.pace.pause()
	} else if deadline, ok := within.Deadline(); ok && d > time.Until(deadline) {
		// There is no point in waiting for a moment at which we may not call. If it is the caller's own deadline, the same holds.
		return w.timeout(d, fault)
	}
	if retry.Sleep(within, d) == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ended(ctx, aboutOperation)
	}
	return w.timeout(0, nil)
}

func (w *wait[T]) timeout(retryAfter time.Duration, fault error) error {
	token, err := w.poller.ResumeToken()
	if err != nil {
		return err
	}
	return &apierror.TimeoutError{
		OperationID: w.poller.last.ID, Status: w.poller.last.Status, Waited: time.Since(w.start),
		RetryAfter: retryAfter, ResumeToken: token, Err: fault,
	}
}

// asked is how long a refusal asks to wait; zero if it does not.
func asked(err error) time.Duration {
	if refusal, is := errors.AsType[*apierror.RequestError](err); is {
		return refusal.RetryAfter
	}
	return 0
}

// isFinal reports whether an error about the operation is its end.
func isFinal(err error) bool {
	return errors.Is(err, apierror.ErrExpired) || errors.Is(err, apierror.ErrNoData)
}
