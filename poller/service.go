package poller

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/tracing"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/internal/httpguard"
	"github.com/partnerbilling/sdk-go/internal/origin"
	"github.com/partnerbilling/sdk-go/internal/redact"
	"github.com/partnerbilling/sdk-go/internal/retry"
	"github.com/partnerbilling/sdk-go/manifest"
)

// Limits on what is read into memory. A manifest lists blobs, of which an export can have very many.
const (
	maxOperation = 4 << 20
	maxManifest  = 64 << 20
	maxRefusal   = 1 << 20
)

// service is the remote side, as one poller sees it. It does not change once made, so the refreshing of a manifest may use it
// while the poller does something else.
type service struct {
	pl       runtime.Pipeline
	endpoint origin.Endpoint
	kind     string
	manifest manifest.Options
	tracer   tracing.Tracer
	request  *request // to make again if need be; nil: never

	// Of a service that is not Graph:
	translate  func(status int, body []byte) []byte
	permission string
}

// What a request is about. The words appear in error texts.
const (
	aboutExport    = "export request"
	aboutOperation = "operation"
	aboutManifest  = "manifest"
)

// answer is a 2xx response, read to its end.
type answer struct {
	status    int
	header    http.Header
	body      []byte
	requestID string
}

// get fetches an address of the endpoint. Errors are those of read, or say that the request did not come through.
func (s *service) get(ctx context.Context, u *url.URL, about string, limit int64) (*answer, error) {
	if err := s.endpoint.Check(u); err != nil {
		return nil, foreign(about, err)
	}
	req, err := runtime.NewRequest(ctx, http.MethodGet, u.String())
	if err != nil {
		return nil, newError(about+": its address cannot be requested", apierror.ErrForeignLocation)
	}
	req.Raw().Header.Set("Accept", "application/json")
	resp, err := s.do(ctx, req, about) //nolint:bodyclose // read closes it.
	if err != nil {
		return nil, err
	}
	a, err := s.read(resp, about, limit)
	if err != nil && ctx.Err() != nil {
		return nil, ended(ctx, about)
	}
	return a, err
}

// do sends a request of ctx through the pipeline. The body of the response is left to read, which bounds it.
func (s *service) do(ctx context.Context, req *policy.Request, about string) (*http.Response, error) {
	runtime.SkipBodyDownload(req)
	resp, err := s.pl.Do(req)
	if err == nil {
		return resp, nil
	}
	if resp != nil {
		runtime.Drain(resp)
	}
	var final interface{ NonRetriable() }
	switch clean := redact.Error(err); {
	case ctx.Err() != nil:
		return nil, ended(ctx, about)
	case errors.Is(err, origin.ErrForeign), errors.Is(err, httpguard.ErrForeignHost), errors.Is(err, httpguard.ErrInsecure):
		return nil, newError(about+": "+clean.Error(), apierror.ErrForeignLocation, clean)
	case httpguard.IsCertificate(err):
		return nil, newError(about+": "+clean.Error(), apierror.ErrCertificate, clean)
	case errors.As(err, &final):
		// Refused by the guard or by the credential; another try would end the same way.
		return nil, newError(about+": "+clean.Error(), clean)
	default:
		return nil, newError(about+": "+apierror.ErrUnavailable.Error()+": "+clean.Error(), apierror.ErrUnavailable, clean)
	}
}

// read reads a response, closes it, and turns everything but a 2xx status into an error.
func (s *service) read(resp *http.Response, about string, limit int64) (a *answer, err error) {
	if resp.Body == nil {
		resp.Body = http.NoBody
	}
	defer func() {
		if cerr := resp.Body.Close(); cerr != nil && err == nil {
			a, err = nil, cut(about, cerr)
		}
	}()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		// What the refusal says is a bonus; its status stands even if the text cannot be read.
		text, _ := io.ReadAll(io.LimitReader(resp.Body, maxRefusal))
		return nil, refused(resp, text, about, s.permission)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	switch {
	case errors.Is(err, httpguard.ErrBodyTooLarge), int64(len(body)) > limit:
		return nil, newError(fmt.Sprintf("%s: %v: it is longer than %d bytes", about, apierror.ErrMalformed, limit), apierror.ErrMalformed)
	case err != nil:
		return nil, cut(about, err)
	}
	return &answer{
		status:    resp.StatusCode,
		header:    resp.Header,
		body:      bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))),
		requestID: first(resp.Header.Get("request-id"), resp.Header.Get("x-ms-request-id")),
	}, nil
}

// graphs puts an answer about an operation into Graph's form.
func (s *service) graphs(a *answer) {
	if s.translate == nil {
		return
	}
	a.body = s.translate(a.status, a.body)
	if a.status = http.StatusOK; len(a.body) == 0 {
		a.status = http.StatusAccepted
	}
}

// retryAfter is what the answer asks to wait; zero if it asks for nothing, or for nonsense.
func retryAfter(h http.Header) time.Duration {
	d, _ := retry.After(h, time.Now())
	return d
}

// cut is a body that ended too early.
func cut(about string, cause error) error {
	clean := redact.Error(cause)
	return newError(fmt.Sprintf("%s: %v: it was cut off: %v", about, apierror.ErrUnavailable, clean), apierror.ErrUnavailable, clean)
}

// foreign is an address off the endpoint.
func foreign(about string, cause error) error {
	return newError(fmt.Sprintf("%s: %v: %v", about, apierror.ErrForeignLocation, cause), apierror.ErrForeignLocation, cause)
}

// ended says that the context is over, and why.
func ended(ctx context.Context, about string) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if errors.Is(cause, err) {
		return newError(fmt.Sprintf("%s: %v", about, cause), cause)
	}
	return newError(fmt.Sprintf("%s: %v: %v", about, err, cause), err, cause)
}
