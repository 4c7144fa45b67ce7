package lro

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/internal/errtext"
	"github.com/partnerbilling/sdk-go/internal/rest"
)

// maxEmptySuccesses is how many successes without a result are polled again.
const maxEmptySuccesses = 3

// tracker knows the last state of an operation.
type tracker struct {
	service *Service
	address *url.URL // nil where the response to the request had the result; changes when the service says so
	request *replay  // that began the operation; nil if it is not known
	once    bool     // the request must not be sent again
	status  Status
	state   State

	emptySuccesses int

	unconfirmed bool // the address comes from the caller, and no response has confirmed it

	operationLag, resultLag lag
}

func newTracker(s *Service, address *url.URL) *tracker {
	id := errtext.Clip(path.Base(address.Path), errtext.CodeLimit)
	return &tracker{service: s, address: address, status: Status{ID: id}, state: Pending{}}
}

func (t *tracker) done() bool {
	_, pending := t.state.(Pending)
	return !pending
}

// poll requests the state once, unless it is final.
func (t *tracker) poll(ctx context.Context) (Status, error) {
	if t.done() {
		return t.status, nil
	}
	op := t.service.operation()
	r, err := t.service.get(ctx, t.address, op)
	err = t.operationLag.explain(err)
	if err == nil {
		if err = t.take(r, op); err == nil {
			t.unconfirmed = false
			t.operationLag.found()
		}
	} else if errors.Is(err, apierror.ErrExpired) || errors.Is(err, apierror.ErrNoData) {
		if rejected, is := errors.AsType[*apierror.RequestError](err); is && t.unconfirmed && rejected.StatusCode == http.StatusNotFound {
			rejected.Advice = "check the ID of the operation; if it is right, " + rejected.Advice
		}
		t.state = Failed{Err: err}
	}
	return t.status, err
}

// take makes a state of a response. After an error the state is as it was before, unless it is
// final.
func (t *tracker) take(r *rest.Response, op rest.Op) error {
	status, state, err := t.service.Decoder.Decode(r, op)
	if err != nil {
		return err
	}
	status.ID = cmp.Or(status.ID, t.status.ID)
	status.RetryAfter = r.RetryAfter
	switch s := state.(type) {
	case Pending:
		if err := t.move(r.Header.Get("Location"), op); err != nil {
			return err
		}
	case Succeeded:
		if s.isEmpty() {
			if t.emptySuccesses++; t.emptySuccesses > maxEmptySuccesses {
				err = op.Errorf(apierror.ErrMalformed, "it reports success without a result")
				state = Failed{Err: err}
			} else {
				state = Pending{}
			}
		}
	case Failed:
		if failure, is := errors.AsType[*apierror.OperationError](s.Err); is {
			failure.OperationID, failure.Status = status.ID, status.Status
		}
	}
	t.status, t.state = status, state
	return err
}

// move takes another address for the same operation, if the service names one.
func (t *tracker) move(location string, op rest.Op) error {
	if location == "" {
		return nil
	}
	address, err := t.service.resolve(t.address, location, op)
	if err == nil {
		t.address = address
	}
	return err
}

// load returns the result as the service sent it, which it fetches if need be.
func (t *tracker) load(ctx context.Context) ([]byte, error) {
	switch s := t.state.(type) {
	case Succeeded:
		data, err := t.service.load(ctx, s)
		return data, t.resultLag.explain(err)
	case Failed:
		return nil, s.Err
	default:
		return nil, errtext.New("poller: "+apierror.ErrNotDone.Error()+"; call PollUntilDone to wait for it", apierror.ErrNotDone)
	}
}

// token returns the resume token.
func (t *tracker) token() (string, error) {
	if failed, is := t.state.(Failed); is {
		return "", fmt.Errorf("poller: a failed operation cannot be resumed: %w", failed.Err)
	}
	if t.address == nil {
		return "", errors.New("poller: the operation cannot be resumed: its result came with the response to the request")
	}
	return t.service.formatToken(t.address, t.request, t.once)
}
