package apierror_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/partnerbilling/sdk-go/apierror"
)

func TestErrorsSayWhatHappenedAndWhatToDo(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{
			&apierror.RequestError{
				Op: "billing: export request", StatusCode: 403, Code: "Forbidden", Message: "No access.", RequestID: "r1",
				RetryAfter: time.Minute, Advice: "ask an administrator", Err: apierror.ErrPermission,
			},
			`billing: export request: permission missing (HTTP 403 Forbidden "No access."); ask an administrator; retry after 1m0s [request-id r1]`,
		},
		{
			&apierror.RequestError{Op: "costmgmt: budget", StatusCode: 418},
			`costmgmt: budget: request rejected (HTTP 418)`,
		},
		{
			&apierror.OperationError{OperationID: "o1", Code: "5000", Message: "No data.", RequestID: "r1", Advice: "check the input", Err: apierror.ErrNoData},
			`poller: operation o1 failed: no data for this request (service error 5000 "No data."); check the input [request-id r1]`,
		},
		{
			&apierror.OperationError{OperationID: "o1"},
			`poller: operation o1 failed`,
		},
		{
			&apierror.TimeoutError{OperationID: "o1", Status: "running", Waited: 90 * time.Second, RetryAfter: time.Hour, ResumeToken: "t"},
			`poller: operation o1: not done after 1m30s, last status "running": the service asks to wait another 1h0m0s, which is longer than the time left; continue later with the resume token`,
		},
		{
			&apierror.OperationError{OperationID: "o1", Status: "NoDataFound", Advice: "check the input", Err: apierror.ErrNoData},
			`poller: operation o1 failed: no data for this request (status NoDataFound); check the input`,
		},
		{
			&apierror.OperationError{OperationID: "o1", Status: "failed", Code: "X"},
			`poller: operation o1 failed (service error X)`,
		},
		{
			&apierror.TimeoutError{OperationID: "o1", Waited: 2500*time.Millisecond + 6789},
			`poller: operation o1: not done after 2.5s; continue later with the resume token`,
		},
		{
			&apierror.TimeoutError{OperationID: "o1", Waited: 400 * time.Millisecond},
			`poller: operation o1: not done after 400ms; continue later with the resume token`,
		},
		{
			&apierror.TimeoutError{OperationID: "o1", Waited: 90*time.Second + 400*time.Millisecond},
			`poller: operation o1: not done after 1m30s; continue later with the resume token`,
		},
		{
			&apierror.TimeoutError{OperationID: "o1", Waited: time.Second, Err: apierror.ErrUnavailable},
			`poller: operation o1: not done after 1s: no usable response for too long; continue later with the resume token; last failure: service unavailable`,
		},
	} {
		if got := c.err.Error(); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
		if strings.HasSuffix(c.err.Error(), ".") {
			t.Errorf("%s: ends in a full stop", c.err)
		}
	}
}

func TestErrorsMatchTheirKindsAndTheResponse(t *testing.T) {
	response := &azcore.ResponseError{StatusCode: 404, ErrorCode: "NotFound"}
	for _, err := range []error{
		&apierror.RequestError{Err: apierror.ErrNoData, Response: response},
		&apierror.OperationError{Err: apierror.ErrNoData, Response: response},
	} {
		err = fmt.Errorf("caller: %w", err)
		if found, ok := errors.AsType[*azcore.ResponseError](err); !errors.Is(err, apierror.ErrNoData) || !ok || found != response {
			t.Errorf("%v: %v, %v", err, errors.Is(err, apierror.ErrNoData), found)
		}
	}
	if err := error(&apierror.RequestError{}); errors.Is(err, apierror.ErrNoData) {
		t.Errorf("%v matches ErrNoData", err)
	}
	timeout := &apierror.TimeoutError{Err: apierror.ErrUnavailable}
	if !errors.Is(timeout, apierror.ErrUnavailable) || !timeout.Timeout() {
		t.Errorf("%v: %v, %v", timeout, errors.Is(timeout, apierror.ErrUnavailable), timeout.Timeout())
	}
}
