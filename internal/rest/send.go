package rest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/internal/errtext"
	"github.com/partnerbilling/sdk-go/internal/httpguard"
	"github.com/partnerbilling/sdk-go/internal/origin"
	"github.com/partnerbilling/sdk-go/internal/redact"
)

// Do sends a request through the pipeline and reads the response. Where the status is expected but
// the body cannot be read, it returns the response without a body next to the error.
func Do(ctx context.Context, pl runtime.Pipeline, req *policy.Request, op Op) (*Response, error) {
	resp, err := Send(ctx, pl, req, op)
	if err != nil {
		return nil, err
	}
	r := &Response{
		Status: resp.StatusCode, Header: resp.Header, RequestID: requestID(resp.Header), RetryAfter: retryAfter(resp.Header), raw: resp,
	}
	if r.Body, err = readBody(resp, op); err != nil && ctx.Err() != nil {
		err = op.Ended(ctx)
	}
	return r, err
}

// Send sends a request through the pipeline and returns the response if its status is expected.
// Read and close its body.
func Send(ctx context.Context, pl runtime.Pipeline, req *policy.Request, op Op) (*http.Response, error) {
	within, last := httpguard.WithLast(req.Raw().Context())
	resp, err := pl.Do(req.WithContext(within)) //nolint:contextcheck // It is the request's own.
	if err != nil {
		if resp != nil {
			runtime.Drain(resp)
		}
		if ctx.Err() != nil {
			return nil, op.EndedAfter(ctx, last.Err())
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

// Failed returns the error for what a pipeline returned instead of a response.
func (op Op) Failed(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return op.Ended(ctx)
	}
	if response, is := errors.AsType[*azcore.ResponseError](err); is {
		// Microsoft's servers for tests, and azcore's own pollers, report a status in this way.
		return rejectedBy(response, op)
	}
	var final interface{ NonRetriable() }
	switch clean := redact.Error(err); {
	case errors.Is(err, httpguard.ErrBodyTooLarge) && op.MaxBody > 0:
		return op.TooLong(op.MaxBody)
	case errors.Is(err, origin.ErrForeign), errors.Is(err, httpguard.ErrForeignHost), errors.Is(err, httpguard.ErrInsecure):
		return op.Foreign(clean)
	case httpguard.IsCertificate(err):
		return errtext.New(op.Name+": "+clean.Error(), apierror.ErrCertificate, clean)
	case errors.As(err, &final):
		// Refused by the guard or the credential: trying again would end in the same way.
		return errtext.New(op.Name+": "+clean.Error(), clean)
	default:
		return op.wrap(apierror.ErrUnavailable, clean)
	}
}

func readBody(resp *http.Response, op Op) (body []byte, err error) {
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

// closeBody closes the body of a response that is an error anyway.
func closeBody(resp *http.Response) { _ = resp.Body.Close() }
