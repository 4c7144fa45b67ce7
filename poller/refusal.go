package poller

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/internal/redact"
)

// Bounds on what of the service's words goes into errors.
const (
	maxCode    = 128
	maxMessage = 1 << 10
	maxCopy    = 4 << 10
	maxExcerpt = 256
)

// codeNoData is the one error code the export API is known to have. It was seen as a string and is documented as a number.
const codeNoData = "5000"

// notAPartner ends the message for a tenant that has no partner billing account.
const notAPartner = "(no addressurl for microsoft.partner.billing,false)"

// publicError is the error object of Graph, of which the service fills code and message.
type publicError struct {
	code, message, requestID, clientRequestID string
}

// readError reads an error object in whatever form it comes. It reports false for one that is absent or empty.
func readError(raw json.RawMessage) (publicError, bool) {
	var e publicError
	var object struct {
		Code       json.RawMessage `json:"code"`
		Message    json.RawMessage `json:"message"`
		InnerError struct {
			RequestID       json.RawMessage `json:"request-id"`
			ClientRequestID json.RawMessage `json:"client-request-id"`
		} `json:"innerError"`
	}
	raw = bytes.TrimSpace(raw)
	switch {
	case len(raw) == 0 || string(raw) == "null" || string(raw) == "{}" || string(raw) == `""`:
		return e, false
	case raw[0] != '{':
		e.message = clean(text(raw), maxMessage)
	case json.Unmarshal(raw, &object) != nil:
		// Members of odd types; the object as such is still worth showing.
		e.message = clean(string(raw), maxMessage)
	default:
		e.code = clean(text(object.Code), maxCode)
		e.message = clean(text(object.Message), maxMessage)
		e.requestID = clean(text(object.InnerError.RequestID), maxCode)
		e.clientRequestID = clean(text(object.InnerError.ClientRequestID), maxCode)
	}
	return e, true
}

// refused makes the error for a status other than 2xx.
func refused(resp *http.Response, body []byte, about, permission string) *apierror.RequestError {
	var wrapper struct {
		Error json.RawMessage `json:"error"`
	}
	var e publicError
	if json.Unmarshal(body, &wrapper) == nil {
		e, _ = readError(wrapper.Error)
	} else {
		e.message = excerpt(body)
	}
	out := &apierror.RequestError{
		StatusCode: resp.StatusCode, Code: e.code, Message: e.message, Op: "poller: " + about,
		RequestID:       first(clean(first(resp.Header.Get("request-id"), resp.Header.Get("x-ms-request-id")), maxCode), e.requestID),
		ClientRequestID: first(clean(resp.Header.Get("client-request-id"), maxCode), e.clientRequestID),
		RetryAfter:      retryAfter(resp.Header),
		Err:             kindOf(resp.StatusCode, e, about),
	}
	if out.Advice = advice[out.Err]; errors.Is(out.Err, apierror.ErrPermission) && permission != "" {
		out.Advice = permission
	}
	out.Response = responseError(resp, body, e.code)
	return out
}

// Refusal says of a request what a refusal of it means.
type Refusal struct {
	// Package is the one that made the request, and What what it is about, for the text of the error.
	Package, What string
	// NotFound is the error that a 404 or 410 matches, and NotFoundAdvice what to do then.
	NotFound       error
	NotFoundAdvice string
	// Permission says what the identity is lacking after a 403.
	Permission string
}

// NewRequestError makes the error of an answer that refuses a request, and closes it. It is for packages that call a service of
// Azure for more than one operation; the errors here are made in the same way.
func NewRequestError(resp *http.Response, r Refusal) *apierror.RequestError {
	defer resp.Body.Close() //nolint:errcheck // The answer is a refusal in any case.
	// What the refusal says is a bonus; its status stands even if the text cannot be read.
	text, _ := io.ReadAll(io.LimitReader(resp.Body, maxRefusal))
	e := refused(resp, text, r.What, r.Permission)
	e.Op = r.Package + ": " + r.What
	if resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusGone {
		e.Err, e.Advice = r.NotFound, r.NotFoundAdvice
	}
	return e
}

// kindOf finds the sentinel error for a refusal; nil if there is none.
func kindOf(status int, e publicError, about string) error {
	switch {
	case e.code == codeNoData, status == 5000:
		return apierror.ErrNoData
	case status == http.StatusBadRequest && strings.HasSuffix(strings.ToLower(strings.TrimRight(e.message, " .")), notAPartner):
		return apierror.ErrNotPartner
	case status == http.StatusUnauthorized:
		return apierror.ErrUnauthenticated
	case status == http.StatusForbidden:
		return apierror.ErrPermission
	case status == http.StatusNotFound && about == aboutExport:
		return apierror.ErrNoData
	case status == http.StatusNotFound, status == http.StatusGone:
		return apierror.ErrExpired
	case status == http.StatusRequestTimeout, status == http.StatusTooManyRequests, status >= 500:
		return apierror.ErrUnavailable
	default:
		return nil
	}
}

// responseError makes azcore's error out of what may be known of a response: no headers but harmless ones, no query, and a body
// without secrets.
func responseError(resp *http.Response, body []byte, code string) error {
	c := &http.Response{
		Status: resp.Status, StatusCode: resp.StatusCode, Proto: resp.Proto, ProtoMajor: resp.ProtoMajor, ProtoMinor: resp.ProtoMinor,
		Header: http.Header{}, Body: io.NopCloser(strings.NewReader(clean(string(body), maxCopy))),
	}
	for _, name := range []string{"Content-Type", "Date", "Request-Id", "Client-Request-Id", "Retry-After"} {
		if v := resp.Header.Get(name); v != "" {
			c.Header.Set(name, redact.Text(v))
		}
	}
	if r := resp.Request; r != nil && r.URL != nil {
		c.Request = &http.Request{Method: r.Method, Header: http.Header{}, URL: &url.URL{Scheme: r.URL.Scheme, Host: r.URL.Host, Path: r.URL.Path, RawPath: r.URL.RawPath}}
	}
	return runtime.NewResponseErrorWithErrorCode(c, code)
}

// text is what a JSON value says: a string's content, the literal of a number, nothing for null.
func text(raw json.RawMessage) string {
	var s string
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return ""
	case json.Unmarshal(raw, &s) == nil:
		return strings.TrimSpace(s)
	default:
		return string(raw)
	}
}

// excerpt shows the beginning of an answer that should not be.
func excerpt(body []byte) string {
	return clean(string(body), maxExcerpt)
}

// clean makes foreign text fit for an error: no secrets, no control characters, at most limit bytes.
func clean(s string, limit int) string {
	// Scrubbing must see more than is shown, lest a secret be cut into something that does not look like one.
	const seen = 16
	if len(s) > seen*limit {
		s = s[:seen*limit]
	}
	s = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.IsControl(r) {
			return ' '
		}
		return r
	}, redact.Text(s))
	if len(s) > limit {
		s = s[:limit]
		for !utf8.ValidString(s) {
			s = s[:len(s)-1]
		}
	}
	return strings.TrimSpace(s)
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
