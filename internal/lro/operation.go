package lro

import (
	"context"
	"fmt"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// Operation is an operation whose result is an R. It is not safe for concurrent use.
type Operation[R any] struct {
	tracker *tracker
	parse   Parse[R]
	result  R
	parsed  bool
}

// Parse makes a result of what the service sent. refresh gets it from the service anew, with a
// fresh SAS; it is nil where the service cannot do that.
type Parse[R any] func(data []byte, refresh Refresh) (R, error)

// Refresh gets a result from the service anew, with a fresh SAS. It is safe for concurrent use.
type Refresh = func(context.Context) ([]byte, error)

// New returns the operation that was begun.
func New[R any](b Begun, parse Parse[R]) Operation[R] {
	return Operation[R]{tracker: b.tracker, parse: parse}
}

// Poll requests the operation's state once, unless it is done, and returns its status. That the
// operation failed is an error of Result, not of Poll.
func (o *Operation[R]) Poll(ctx context.Context) (status Status, err error) {
	if o.tracker == nil {
		return Status{}, errNotBegun
	}
	ctx, end := runtime.StartSpan(ctx, "Poller.Poll", o.tracker.service.Tracer, nil)
	defer func() { end(err) }()
	return o.tracker.poll(ctx)
}

// Done reports whether the operation has ended, successfully or not.
func (o *Operation[R]) Done() bool { return o.tracker != nil && o.tracker.done() }

// Result returns the result of an operation that is done, which it fetches if the response did not
// have it. Later calls return the same result.
func (o *Operation[R]) Result(ctx context.Context) (result R, err error) {
	if o.tracker == nil || o.parsed {
		return o.known()
	}
	ctx, end := runtime.StartSpan(ctx, "Poller.Result", o.tracker.service.Tracer, nil)
	defer func() { end(err) }()
	data, err := o.tracker.load(ctx)
	if err != nil {
		return result, err
	}
	return o.accept(data)
}

// PollUntilDone polls the operation until it is done and returns its result.
func (o *Operation[R]) PollUntilDone(ctx context.Context, w WaitOptions) (result R, err error) {
	if err := w.check(); err != nil {
		return result, err
	}
	if o.tracker == nil || o.parsed {
		return o.known()
	}
	ctx, end := runtime.StartSpan(ctx, "Poller.PollUntilDone", o.tracker.service.Tracer, nil)
	defer func() { end(err) }()
	data, err := o.tracker.wait(ctx, w)
	if err != nil {
		return result, err
	}
	return o.accept(data)
}

// ResumeToken returns a text without secrets with which [Resume] continues the operation.
func (o *Operation[R]) ResumeToken() (string, error) {
	if o.tracker == nil {
		return "", errNotBegun
	}
	return o.tracker.token()
}

func (o *Operation[R]) known() (R, error) {
	if o.tracker == nil {
		return o.result, errNotBegun
	}
	return o.result, nil
}

func (o *Operation[R]) accept(data []byte) (R, error) {
	result, err := o.parse(data, newRefresher(o.tracker, data))
	switch id := o.tracker.status.ID; {
	case err != nil && id == "":
		return result, fmt.Errorf("poller: operation: %w", err)
	case err != nil:
		return result, fmt.Errorf("poller: operation %s: %w", id, err)
	}
	o.result, o.parsed = result, true
	return result, nil
}
