package rest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/internal/httpguard"
	"github.com/partnerbilling/sdk-go/internal/retry"
)

// Op describes a request to the errors that it can end with.
type Op struct {
	// Name is the package and the operation. It begins the text of every error: "costmgmt: budget".
	Name string
	// MaxBody limits the body of a successful response, in bytes. Zero leaves the limit to the
	// transport.
	MaxBody int64
	// Statuses are the expected ones. Where there are none, every 2xx is expected.
	Statuses []int
	// NotFound is the error that HTTP status 404 matches, Gone that of 410. Where one is nil, it is
	// [apierror.ErrExpired].
	NotFound, Gone error
	// Advice replaces what the errors say to do, by the error of package apierror that they match.
	Advice map[error]string
}

// Response is a successful response, read to its end.
type Response struct {
	// Status is the HTTP status.
	Status int
	// Header is the response's.
	Header http.Header
	// Body has neither a byte order mark nor surrounding white space. It may hold secrets.
	Body []byte
	// RequestID identifies the request to Microsoft's support.
	RequestID string
	// RetryAfter is how long the service asks to wait; zero if it does not say.
	RetryAfter time.Duration

	raw *http.Response
}

// maxErrorBody limits how much is read of a response that rejects the request.
const maxErrorBody = 1 << 20

// Do sends a request through the pipeline and reads the response. Where the status is expected but the
// body cannot be read, it returns the response without a body next to the error.
func Do(ctx context.Context, pl runtime.Pipeline, req *policy.Request, op Op) (*Response, error) {
	resp, err := Send(ctx, pl, req, op)
	if err != nil {
		return nil, err
	}
	r := &Response{
		Status: resp.StatusCode, Header: resp.Header, RequestID: requestID(resp.Header), RetryAfter: retryAfter(resp.Header), raw: resp,
	}
	if r.Body, err = read(resp, op); err != nil && ctx.Err() != nil {
		err = op.Ended(ctx)
	}
	return r, err
}

// Send sends a request through the pipeline and returns the response if its status is expected. Read
// and close its body.
func Send(ctx context.Context, pl runtime.Pipeline, req *policy.Request, op Op) (*http.Response, error) {
	resp, err := pl.Do(req)
	if err != nil {
		if resp != nil {
			runtime.Drain(resp)
		}
		return nil, op.Failed(ctx, err)
	}
	if resp.Body == nil {
		resp.Body = http.NoBody
	}
	status := resp.StatusCode
	switch {
	case status < 200 || status > 299:
		defer closeBody(resp)
		// The status stands even if the text cannot be read.
		text, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
		return nil, rejected(resp, text, op)
	case len(op.Statuses) == 0 || slices.Contains(op.Statuses, status):
		return resp, nil
	}
	defer closeBody(resp)
	if status == http.StatusNoContent {
		return nil, op.Errorf(apierror.ErrNoData, "HTTP status %d", status)
	}
	return nil, op.Errorf(apierror.ErrMalformed, "unexpected HTTP status %d", status)
}

// URL returns the address that was requested, nil if the response does not tell.
func (r *Response) URL() *url.URL {
	if r.raw == nil || r.raw.Request == nil {
		return nil
	}
	return r.raw.Request.URL
}

func read(resp *http.Response, op Op) (body []byte, err error) {
	limited := io.Reader(resp.Body)
	if op.MaxBody > 0 {
		limited = io.LimitReader(resp.Body, op.MaxBody+1)
	}
	body, err = io.ReadAll(limited)
	closed := resp.Body.Close()
	switch {
	case errors.Is(err, httpguard.ErrBodyTooLarge), op.MaxBody > 0 && int64(len(body)) > op.MaxBody:
		return nil, op.TooLong(cmp.Or(op.MaxBody, int64(len(body))))
	case err != nil:
		return nil, op.cutShort(err)
	case closed != nil:
		return nil, op.cutShort(closed)
	}
	return bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff"))), nil
}

func requestID(h http.Header) string {
	return cmp.Or(h.Get("request-id"), h.Get("x-ms-request-id"))
}

// retryAfter is how long a response asks to wait; zero if it does not say, or makes no sense.
func retryAfter(h http.Header) time.Duration {
	d, _ := retry.After(h, time.Now())
	return d
}

// closeBody closes the body of a response that is an error anyway.
func closeBody(resp *http.Response) { _ = resp.Body.Close() }
