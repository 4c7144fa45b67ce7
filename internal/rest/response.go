package rest

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/internal/errtext"
	"github.com/partnerbilling/sdk-go/internal/retry"
)

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

// URL returns the address that was requested, nil if the response does not tell.
func (r *Response) URL() *url.URL {
	if r.raw == nil || r.raw.Request == nil {
		return nil
	}
	return r.raw.Request.URL
}

// Decode reads the JSON object of a response's body. A body that is empty or ends too early is
// [apierror.ErrUnavailable], since the next may be whole; anything else is [apierror.ErrMalformed].
func (r *Response) Decode(op Op, into any) error {
	switch {
	case len(r.Body) == 0:
		return op.Errorf(apierror.ErrUnavailable, "empty response body")
	case r.Body[0] != '{':
		return op.Errorf(apierror.ErrMalformed, "expected a JSON object, got %q", errtext.Clip(string(r.Body), errtext.ExcerptLimit))
	}
	err := json.Unmarshal(r.Body, into)
	// The text of a JSON error may quote the body, which may hold a secret.
	switch syntax, is := errors.AsType[*json.SyntaxError](err); {
	case err == nil:
		return nil
	case is && strings.Contains(syntax.Error(), "unexpected end of JSON input"):
		return op.Errorf(apierror.ErrUnavailable, "response cut short")
	case is:
		return op.Errorf(apierror.ErrMalformed, "invalid JSON")
	default:
		return op.Errorf(apierror.ErrMalformed, "unexpected type of a JSON value")
	}
}

func requestID(h http.Header) string {
	return cmp.Or(h.Get("request-id"), h.Get("x-ms-request-id"))
}

// retryAfter is how long a response asks to wait; zero if it does not say, or not in a
// known form.
func retryAfter(h http.Header) time.Duration {
	d, _ := retry.After(h, time.Now())
	return d
}
