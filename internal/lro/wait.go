package lro

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/internal/errtext"
)

// WaitOptions are the options of [Operation.PollUntilDone].
type WaitOptions struct {
	// Frequency is the pause between polls where the service does not ask for one. Zero is ten
	// seconds, growing to a minute. It is a second at least.
	Frequency time.Duration
	// MaxWait limits the wait. Zero is two hours; a negative value is no limit.
	MaxWait time.Duration
	// OnProgress is called with each status. It may be nil.
	OnProgress func(Status)
}

const defaultMaxWait = 2 * time.Hour

func (o *WaitOptions) check() error {
	if o.Frequency != 0 && o.Frequency < time.Second {
		return fmt.Errorf("poller: PollUntilDoneOptions.Frequency is %v; it must be a second at least", o.Frequency)
	}
	return nil
}

var errMaxWait = errors.New("MaxWait has passed")

// wait polls until the operation is done and returns its result as the service sent it.
func (t *tracker) wait(ctx context.Context, o WaitOptions) (data []byte, err error) {
	start := time.Now()
	within, cancel := ctx, context.CancelFunc(func() {})
	if o.MaxWait == 0 {
		o.MaxWait = defaultMaxWait
	}
	if o.MaxWait > 0 {
		within, cancel = context.WithDeadlineCause(ctx, start.Add(o.MaxWait), errMaxWait)
	}
	defer cancel()
	pace := Pace{Frequency: o.Frequency}
	if !t.done() {
		pace.First = t.status.RetryAfter // as the response to the request may say
	}
	err = pace.Repeat(within, func(ctx context.Context) (bool, time.Duration, error) {
		if !t.done() {
			status, err := t.poll(ctx)
			if err != nil {
				return false, 0, err
			}
			if o.OnProgress != nil {
				o.OnProgress(status)
			}
			if !t.done() {
				return false, status.RetryAfter, nil
			}
		}
		var err error
		data, err = t.load(ctx)
		return true, 0, err
	})
	switch gaveUp, is := errors.AsType[*GaveUp](err); {
	case err == nil:
		return data, nil
	case ctx.Err() != nil:
		return nil, t.ended(ctx, start, pace.Last())
	case within.Err() != nil:
		return nil, t.timeout(start, 0, pace.Last())
	case is:
		err := t.timeout(start, gaveUp.RetryAfter, gaveUp.Err)
		if deadline, has := ctx.Deadline(); has && gaveUp.RetryAfter > time.Until(deadline) {
			return nil, errtext.New(err.Error(), err, context.DeadlineExceeded) // which would pass during the pause
		}
		return nil, err
	default:
		return nil, err
	}
}

// ended is the error of a wait whose context ended. After a deadline it is also a TimeoutError.
func (t *tracker) ended(ctx context.Context, start time.Time, last error) error {
	op := t.service.operation()
	op.Name += " " + t.status.ID
	ended := op.EndedAfter(ctx, last)
	if _, err := t.token(); err != nil {
		return ended
	}
	kinds := []error{ended}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		kinds = append(kinds, t.timeout(start, 0, ended))
	}
	return errtext.New(ended.Error()+"; continue later with the resume token", kinds...)
}

func (t *tracker) timeout(start time.Time, retryAfter time.Duration, last error) error {
	token, err := t.token()
	if err != nil {
		return err
	}
	return &apierror.TimeoutError{
		OperationID: t.status.ID, Status: t.status.Status, Waited: time.Since(start),
		RetryAfter: retryAfter, ResumeToken: token, Err: last,
	}
}
