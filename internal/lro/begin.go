package lro

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/internal/rest"
)

// Begun is an operation that was begun. The zero Begun is none: an [Operation] of it has only
// errors.
type Begun struct{ tracker *tracker }

var errNotBegun = errors.New("poller: no operation was begun; use the poller that a Begin function returns")

// Begin sends the request that begins an operation. The operation is at the response's Location or
// Azure-AsyncOperation; where both are missing, the body names it or has the result at once.
func Begin(ctx context.Context, s Service, req *policy.Request) (Begun, error) {
	sent, err := newReplay(req)
	if err != nil {
		return Begun{}, err
	}
	t, err := begin(ctx, &s, req)
	if err != nil {
		return Begun{}, err
	}
	t.request, t.once = sent, !s.Reexport
	return Begun{t}, nil
}

// Resume continues the operation of a token from [Operation.ResumeToken]. No request is sent. A
// token that cannot be used, leads off the endpoint, or is of another request than the caller's is
// an error that matches [apierror.ErrResumeToken].
//
// request returns the caller's request, or why it is invalid. It is called only for a token that
// holds a request, which tokens of earlier versions may lack.
func Resume(s Service, token string, request func() (*policy.Request, error)) (Begun, error) {
	address, content, err := s.parseToken(token)
	if err != nil {
		return Begun{}, err
	}
	if content.Replay != nil {
		if err := s.compare(&content, request); err != nil {
			return Begun{}, err
		}
	}
	t := newTracker(&s, address)
	t.request, t.once = content.Replay, content.Once || !s.Reexport
	return Begun{t}, nil
}

// TakeUp continues an operation of which the ID is known, or the URL. No request is sent. A URL off
// the endpoint is an error that matches [apierror.ErrForeignLocation]. req is the request that
// would begin such an operation, for a re-export.
func TakeUp(s Service, operation string, req *policy.Request) (Begun, error) {
	address, err := s.find(operation)
	if err != nil {
		return Begun{}, s.operation().Foreign(err)
	}
	t := newTracker(&s, address)
	t.unconfirmed = true
	if s.Reexport { // otherwise the request may be made up
		if t.request, err = newReplay(req); err != nil {
			return Begun{}, err
		}
	}
	return Begun{t}, nil
}

// find returns the address of an operation by its ID, its URL or its absolute path.
func (s *Service) find(operation string) (*url.URL, error) {
	operation = strings.TrimSpace(operation)
	directory, is := s.Decoder.(Directory)
	if !is || strings.Contains(operation, "://") || strings.HasPrefix(operation, "/") {
		return s.Endpoint.Resolve(nil, operation)
	}
	return directory.OperationAddress(operation)
}

// begin sends a request and returns the operation that its response names.
func begin(ctx context.Context, s *Service, req *policy.Request) (*tracker, error) {
	op := s.Request
	op.MaxBody = maxOperation
	runtime.SkipBodyDownload(req)
	r, err := rest.Do(ctx, s.Pipeline, req, op)
	if r == nil {
		return nil, err
	}
	location := cmp.Or(r.Header.Get("Location"), r.Header.Get("Azure-AsyncOperation"))
	if location == "" {
		if err != nil {
			return nil, err
		}
		return fromBody(s, r, op)
	}
	// The service has accepted the request, whatever became of the body.
	address, err := s.resolve(r.URL(), location, op)
	if err != nil {
		return nil, err
	}
	return justAccepted(s, address, r), nil
}

// justAccepted is the tracker of an operation that a response has named.
func justAccepted(s *Service, address *url.URL, r *rest.Response) *tracker {
	t := newTracker(s, address)
	t.status.RetryAfter = r.RetryAfter
	t.operationLag.possible, t.resultLag.possible = true, true
	return t
}

// resolve returns the address that a response names as that of an operation.
func (s *Service) resolve(base *url.URL, location string, op rest.Op) (*url.URL, error) {
	address, err := s.Endpoint.Resolve(base, location)
	if err != nil {
		return nil, op.Foreign(err)
	}
	if n := len(address.String()); n > maxAddress {
		return nil, op.Errorf(apierror.ErrMalformed, "the URL of the operation has %d bytes", n)
	}
	return address, nil
}

// fromBody finds the operation, or its result, in the body of a response without a Location.
func fromBody(s *Service, r *rest.Response, op rest.Op) (*tracker, error) {
	t := &tracker{service: s, state: Pending{}}
	directory, is := s.Decoder.(Directory)
	if !is {
		if err := t.take(r, op); err != nil {
			return nil, err
		}
		if !t.done() {
			return nil, op.Errorf(apierror.ErrMalformed, "it names no operation")
		}
		return t, nil
	}
	id, err := directory.OperationID(r, op)
	switch {
	case err != nil:
		return nil, err
	case id == "":
		return nil, op.Errorf(apierror.ErrMalformed, "it names no operation")
	}
	address, err := directory.OperationAddress(id)
	if err == nil {
		address, err = s.resolve(nil, address.String(), op)
	} else {
		err = op.Foreign(err)
	}
	if err != nil {
		return nil, err
	}
	return justAccepted(s, address, r), nil
}
