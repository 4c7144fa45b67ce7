package lro

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/internal/redact"
)

// refresher gets a result anew, with a fresh SAS. It requests the result by its ID; where that
// fails, or has the same SAS again, it requests the operation, whose response has the result or its
// address; and where that is no better, it begins the same operation once more. Whether what it
// gets is still the same data is for the reader to check.
type refresher struct {
	service   *Service
	directory Directory
	replay    *replay // nil if the operation is not to be begun again
	operation *url.URL

	mu       sync.Mutex
	result   *url.URL // nil if unknown
	stale    redact.Secret
	exported time.Time // when the operation was last begun again
}

// newRefresher returns the refresh function for a result, nil if the service has none.
func newRefresher(t *tracker, data []byte) Refresh {
	directory, is := t.service.Decoder.(Directory)
	if !is || t.address == nil {
		return nil
	}
	r := &refresher{service: t.service, directory: directory, operation: t.address}
	if !t.once {
		r.replay = t.request
	}
	r.learn(t, data)
	return r.refresh
}

// learn takes the addresses and the SAS of a result.
func (r *refresher) learn(t *tracker, data []byte) {
	byID, sas := r.directory.Identify(data)
	r.operation, r.result, r.stale = t.address, byID, sas
	if s, is := t.state.(Succeeded); is && s.Link != nil {
		r.result = s.Link
	}
}

func (r *refresher) refresh(ctx context.Context) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var data []byte
	gone := false
	err := r.repeat(ctx, func(ctx context.Context) (err error) {
		data, gone, err = r.request(ctx)
		return err
	})
	if gone || err == nil && r.isStale(data) {
		fresh, failure := r.reexport(ctx)
		switch {
		case failure == nil:
			data, err = fresh, nil
		case gone:
			err = fmt.Errorf("%w; %w", err, failure)
		default:
			err = failure
		}
	}
	if err != nil {
		return nil, err
	}
	_, r.stale = r.directory.Identify(data)
	return data, nil
}

// repeat calls f until it succeeds, at the pace of PollUntilDone. A refresh waits for no longer
// than there may be faults.
func (r *refresher) repeat(ctx context.Context, f func(context.Context) error) error {
	pace := Pace{MaxPause: faultBudget}
	err := pace.Repeat(ctx, func(ctx context.Context) (bool, time.Duration, error) { return true, 0, f(ctx) })
	if err != nil && ctx.Err() != nil {
		return r.service.resultOp().EndedAfter(ctx, pace.Last())
	}
	return err
}

// request requests the result and the operation, each at most once. It reports whether the service
// knows neither any longer.
func (r *refresher) request(ctx context.Context) (data []byte, gone bool, err error) {
	var before error
	if r.result != nil {
		data, err := r.service.load(ctx, Succeeded{Link: r.result})
		if err == nil && !r.isStale(data) {
			return data, false, nil
		}
		before = err
	}
	data, err = r.fromOperation(ctx)
	gone = errors.Is(err, apierror.ErrExpired)
	if err != nil && before != nil {
		err = fmt.Errorf("%w; before that, %w", err, before)
	}
	return data, gone, err
}

func (r *refresher) fromOperation(ctx context.Context) ([]byte, error) {
	op := r.service.operation()
	resp, err := r.service.get(ctx, r.operation, op)
	if err != nil {
		return nil, err
	}
	_, state, err := r.service.Decoder.Decode(resp, op)
	if err != nil {
		return nil, err
	}
	if s, is := state.(Succeeded); is && !s.isEmpty() {
		return r.service.load(ctx, s)
	}
	return nil, op.Errorf(apierror.ErrExpired, "it no longer names its manifest; begin a new export")
}

// isStale reports whether a result has the SAS that has to be replaced, or none.
func (r *refresher) isStale(data []byte) bool {
	_, sas := r.directory.Identify(data)
	return sas.IsZero() || sas.Reveal() == r.stale.Reveal()
}

const (
	// reexportEvery bounds how much work a read that cannot continue makes for the service.
	reexportEvery = time.Hour
	// reexportWait is how long a re-export may take: twice as long as any is known to take.
	reexportWait = time.Hour
)

// reexport begins the same operation again, waits for it, and returns its result.
func (r *refresher) reexport(ctx context.Context) ([]byte, error) {
	op := r.service.Request
	switch since := time.Since(r.exported); {
	case r.replay == nil:
		return nil, op.Errorf(apierror.ErrExpired, "the request is unknown or must not be sent again; begin a new export")
	case !r.exported.IsZero() && since < reexportEvery:
		return nil, op.Errorf(apierror.ErrExpired, "the request was already sent again %v ago; begin a new export", since.Round(time.Second))
	}
	r.exported = time.Now()
	var t *tracker
	err := r.repeat(ctx, func(ctx context.Context) error {
		req, err := r.replay.build(ctx, r.service)
		if err == nil {
			t, err = begin(ctx, r.service, req)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	data, err := t.wait(ctx, WaitOptions{MaxWait: reexportWait})
	if err != nil {
		return nil, err
	}
	r.learn(t, data)
	return data, nil
}
