package rest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/internal/origin"
	"github.com/partnerbilling/sdk-go/internal/rest"
)

const secret = "Canary0SigThatNobodyMaySee"

// transport returns the same response to each request.
type transport func(*http.Request) (*http.Response, error)

func (f transport) Do(r *http.Request) (*http.Response, error) { return f(r) }

func respond(status int, body io.Reader, headers ...string) transport {
	return func(r *http.Request) (*http.Response, error) {
		h := http.Header{}
		for i := 1; i < len(headers); i += 2 {
			h.Set(headers[i-1], headers[i])
		}
		return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(body), Request: r}, nil
	}
}

func text(s string) io.Reader { return strings.NewReader(s) }

func do(ctx context.Context, t *testing.T, tr transport, op rest.Op) (*rest.Response, error) {
	t.Helper()
	pl := runtime.NewPipeline("test", "v0.0.0", runtime.PipelineOptions{}, &azcore.ClientOptions{Transport: tr, Retry: policy.RetryOptions{MaxRetries: -1}})
	req, err := runtime.NewRequest(ctx, http.MethodPost, "https://host.example/a?sig="+secret)
	if err != nil {
		t.Fatal(err)
	}
	runtime.SkipBodyDownload(req)
	r, err := rest.Do(ctx, pl, req, op)
	if err != nil && strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), secret) {
		t.Errorf("a secret is in the error: %v", err)
	}
	return r, err
}

var errTeapot = errors.New("teapot")

func TestErrorsNameTheOperationTheCauseAndWhatToDo(t *testing.T) {
	op := rest.Op{
		Name: "costmgmt: budget", MaxBody: 100, Statuses: []int{200, 202}, NotFound: apierror.ErrNotFound,
		Advice: map[error]string{apierror.ErrNotFound: "check the scope", apierror.ErrPermission: "get a role"},
	}
	for _, c := range []struct {
		name string
		transport
		kind error
		want string
	}{
		{"404", respond(404, text(`{"error":{"code":"X","message":"Y"}}`), "x-ms-request-id", "r1"), apierror.ErrNotFound, `costmgmt: budget: not found (HTTP 404 X "Y"); check the scope [request-id r1]`},
		{"410", respond(410, text(``)), apierror.ErrExpired, `costmgmt: budget: no longer available (HTTP 410); begin a new export`},
		{"403", respond(403, text(`{}`)), apierror.ErrPermission, `costmgmt: budget: permission missing (HTTP 403); get a role`},
		{"429", respond(429, text(`{}`), "Retry-After", "7"), apierror.ErrUnavailable, `costmgmt: budget: service unavailable (HTTP 429); try again later; retry after 7s`},
		{"418", respond(418, text(`<p>https://h/?sig=`+secret)), nil, `costmgmt: budget: request rejected (HTTP 418 "<p>https://h/?REDACTED")`},
		{"5000", respond(400, text(`{"error":{"code":5000}}`)), apierror.ErrNoData, `costmgmt: budget: no data for this request (HTTP 400 5000)`},
		{"204", respond(204, text("")), apierror.ErrNoData, `costmgmt: budget: no data for this request: HTTP status 204`},
		{"201", respond(201, text("")), apierror.ErrMalformed, `costmgmt: budget: malformed response: unexpected HTTP status 201`},
		{"too long", respond(200, text(strings.Repeat("x", 101))), apierror.ErrMalformed, `costmgmt: budget: malformed response: longer than 100 bytes`},
		{"cut short", respond(200, io.MultiReader(text("{"), broken{})), apierror.ErrUnavailable, `costmgmt: budget: service unavailable: response cut short: unexpected EOF`},
		{"no connection", func(*http.Request) (*http.Response, error) { return nil, io.EOF }, apierror.ErrUnavailable, `costmgmt: budget: service unavailable: EOF`},
		{"foreign", func(*http.Request) (*http.Response, error) { return nil, origin.ErrForeign }, apierror.ErrForeignLocation, `costmgmt: budget: link to a foreign address: ` + origin.ErrForeign.Error()},
		{"error of azcore", func(*http.Request) (*http.Response, error) {
			return nil, &azcore.ResponseError{StatusCode: 404, ErrorCode: "Gone"}
		}, apierror.ErrNotFound, `costmgmt: budget: not found (HTTP 404 Gone); check the scope`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := do(t.Context(), t, c.transport, op)
			if err == nil || err.Error() != c.want || c.kind != nil && !errors.Is(err, c.kind) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestAnEndedContextIsReportedWithItsCause(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errTeapot)
	_, err := do(ctx, t, func(r *http.Request) (*http.Response, error) { return nil, r.Context().Err() }, rest.Op{Name: "poller: operation"})
	if !errors.Is(err, context.Canceled) || !errors.Is(err, errTeapot) || err.Error() != "poller: operation: context canceled: teapot" {
		t.Errorf("%v", err)
	}
}

func TestDoReadsTheResponse(t *testing.T) {
	r, err := do(t.Context(), t, respond(202, text("\ufeff {} \n"), "request-id", "r1", "Retry-After", "3"), rest.Op{})
	if err != nil || r.Status != 202 || string(r.Body) != "{}" || r.RequestID != "r1" || r.RetryAfter != 3*time.Second || r.URL().Host != "host.example" {
		t.Errorf("%+v, %v", r, err)
	}
	// A body that is lost leaves the header.
	r, err = do(t.Context(), t, respond(202, broken{}, "Location", "/x"), rest.Op{})
	if !errors.Is(err, apierror.ErrUnavailable) || r == nil || r.Header.Get("Location") != "/x" {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestDecode(t *testing.T) {
	for body, want := range map[string]struct {
		kind error
		text string
	}{
		`{"n":1}`:      {nil, ""},
		``:             {apierror.ErrUnavailable, "empty response body"},
		`{"n":`:        {apierror.ErrUnavailable, "response cut short"},
		`{"n":1]`:      {apierror.ErrMalformed, "invalid JSON"},
		`{"n":"text"}`: {apierror.ErrMalformed, "unexpected type of a JSON value"},
		`<html>`:       {apierror.ErrMalformed, `expected a JSON object, got "<html>"`},
	} {
		var v struct{ N int }
		r := &rest.Response{Body: []byte(body)}
		err := r.Decode(rest.Op{Name: "poller: operation"}, &v)
		if !errors.Is(err, want.kind) || err != nil && !strings.HasSuffix(err.Error(), want.text) || err == nil && v.N != 1 {
			t.Errorf("%s: %v, %v", body, v, err)
		}
	}
}

func TestFailure(t *testing.T) {
	r, err := do(t.Context(), t, respond(200, text(`{"status":"failed"}`), "request-id", "r1"), rest.Op{})
	if err != nil {
		t.Fatal(err)
	}
	op := rest.Op{Advice: map[error]string{apierror.ErrNoData: "check the input"}}
	for raw, want := range map[string]string{
		`{"code":"5000","message":"No data","innerError":{"request-id":"r2"}}`: `no data for this request (service error 5000 "No data"); check the input [request-id r1]`,
		`"out of order"`: `poller: operation failed (service error "out of order"); begin a new export [request-id r1]`,
		`{}`:             `poller: operation failed (service error "{\"status\":\"failed\"}"); begin a new export [request-id r1]`,
		`{"code":[1]}`:   `poller: operation failed (service error [1]); begin a new export [request-id r1]`,
	} {
		failure := r.Failure([]byte(raw), op)
		failure.OperationID = ""
		if got := failure.Error(); !strings.HasSuffix(got, want) {
			t.Errorf("%s: got  %s\nwant %s", raw, got, want)
		}
		if response, is := errors.AsType[*azcore.ResponseError](failure); !is || response.StatusCode != 200 {
			t.Errorf("%s: %v", raw, response)
		}
	}
}

func TestEndedContextComesBeforeTheResponse(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	op := rest.Op{Name: "poller: operation"}
	err := op.Failed(ctx, &azcore.ResponseError{StatusCode: http.StatusNotFound, ErrorCode: "NotFound"})
	if !errors.Is(err, context.Canceled) || errors.Is(err, apierror.ErrExpired) {
		t.Errorf("got %v", err)
	}
}
