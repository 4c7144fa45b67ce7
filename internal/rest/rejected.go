package rest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/internal/errtext"
	"github.com/partnerbilling/sdk-go/internal/jsonscalar"
	"github.com/partnerbilling/sdk-go/internal/redact"
)

// maxErrorBody limits how much is read of a response that rejects the request.
const maxErrorBody = 1 << 20

// CodeNoData is the error code by which Graph says that it has no data for an export. It comes as a
// string and is documented as a number.
const CodeNoData = "5000"

// ServiceError is the error object of a response, redacted and of bounded length.
type ServiceError struct {
	Code, Message, RequestID, ClientRequestID string
}

// ParseError reads an error object in any form in which it may come. It reports false if it is
// absent or empty.
func ParseError(raw json.RawMessage) (e ServiceError, present bool) {
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
		e.Message = errtext.Clip(jsonscalar.TextOf(raw), errtext.MessageLimit)
	case json.Unmarshal(raw, &object) != nil:
		// Its fields are of unexpected types; the object as such is still worth showing.
		e.Message = errtext.Clip(string(raw), errtext.MessageLimit)
	default:
		e.Code = clipCode(object.Code)
		e.Message = errtext.Clip(jsonscalar.TextOf(object.Message), errtext.MessageLimit)
		e.RequestID = clipCode(object.InnerError.RequestID)
		e.ClientRequestID = clipCode(object.InnerError.ClientRequestID)
	}
	return e, true
}

func clipCode(raw json.RawMessage) string {
	return errtext.Clip(jsonscalar.TextOf(raw), errtext.CodeLimit)
}

// Failure returns the error of an operation that a successful response reports as failed, from the
// response's error object.
func (r *Response) Failure(raw json.RawMessage, op Op) *apierror.OperationError {
	e, present := ParseError(raw)
	if !present {
		e.Message = errtext.Clip(string(r.Body), errtext.ExcerptLimit)
	}
	failure := &apierror.OperationError{
		Code: e.Code, Message: e.Message, Advice: op.AdviceFor(apierror.ErrExpired), Response: redacted(r.raw, r.Body, e.Code),
		RequestID: cmp.Or(errtext.Clip(r.RequestID, errtext.CodeLimit), e.RequestID),
	}
	if e.Code == CodeNoData {
		failure.Err, failure.Advice = apierror.ErrNoData, op.AdviceFor(apierror.ErrNoData)
	}
	return failure
}

// rejected returns the error for a status other than 2xx.
func rejected(resp *http.Response, body []byte, op Op) *apierror.RequestError {
	var wrapper struct {
		Error json.RawMessage `json:"error"`
	}
	var e ServiceError
	if json.Unmarshal(body, &wrapper) == nil {
		e, _ = ParseError(wrapper.Error)
	} else {
		e.Message = errtext.Clip(string(body), errtext.ExcerptLimit)
	}
	kind := kindOf(resp.StatusCode, e, op)
	return &apierror.RequestError{
		Op: op.Name, StatusCode: resp.StatusCode, Code: e.Code, Message: e.Message,
		RequestID:       cmp.Or(errtext.Clip(requestID(resp.Header), errtext.CodeLimit), e.RequestID),
		ClientRequestID: cmp.Or(errtext.Clip(resp.Header.Get("client-request-id"), errtext.CodeLimit), e.ClientRequestID),
		RetryAfter:      retryAfter(resp.Header),
		Err:             kind,
		Advice:          op.AdviceFor(kind),
		Response:        redacted(resp, body, e.Code),
	}
}

// rejectedBy returns the error for a status that came as an error of azcore.
func rejectedBy(response *azcore.ResponseError, op Op) *apierror.RequestError {
	if resp := response.RawResponse; resp != nil && resp.Body != nil {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody)) // as in Send
		e := rejected(resp, text, op)
		e.Code = cmp.Or(e.Code, errtext.Clip(response.ErrorCode, errtext.CodeLimit))
		return e
	}
	e := ServiceError{Code: errtext.Clip(response.ErrorCode, errtext.CodeLimit)}
	kind := kindOf(response.StatusCode, e, op)
	return &apierror.RequestError{Op: op.Name, StatusCode: response.StatusCode, Code: e.Code, Err: kind, Advice: op.AdviceFor(kind)}
}

// kindOf returns the sentinel error for a rejected request, nil if there is none.
func kindOf(status int, e ServiceError, op Op) error {
	switch {
	case e.Code == CodeNoData, status == 5000:
		return apierror.ErrNoData
	case status == http.StatusBadRequest && isNotPartner(e.Message):
		return apierror.ErrNotPartner
	case status == http.StatusUnauthorized:
		return apierror.ErrUnauthenticated
	case status == http.StatusForbidden:
		return apierror.ErrPermission
	case status == http.StatusNotFound && slices.ContainsFunc(op.NoDataCodes, func(code string) bool { return strings.EqualFold(code, e.Code) }):
		return apierror.ErrNoData
	case status == http.StatusNotFound && op.NotFound != nil:
		return op.NotFound
	case status == http.StatusGone && op.Gone != nil:
		return op.Gone
	case status == http.StatusNotFound, status == http.StatusGone:
		return apierror.ErrExpired
	case status == http.StatusRequestTimeout, status == http.StatusTooManyRequests, status >= 500:
		return apierror.ErrUnavailable
	default:
		return nil
	}
}

// isNotPartner recognizes the message for a tenant without a partner billing account.
func isNotPartner(message string) bool {
	return strings.HasSuffix(strings.ToLower(strings.TrimRight(message, " .")), "(no addressurl for microsoft.partner.billing,false)")
}

// redacted returns azcore's error with what may be known of a response: harmless headers, no query,
// and a body without secrets.
func redacted(resp *http.Response, body []byte, code string) error {
	const maxCopy = 4 << 10
	c := &http.Response{
		Status: resp.Status, StatusCode: resp.StatusCode, Proto: resp.Proto, ProtoMajor: resp.ProtoMajor, ProtoMinor: resp.ProtoMinor,
		Header: http.Header{}, Body: io.NopCloser(strings.NewReader(errtext.Clip(string(body), maxCopy))),
	}
	for _, name := range []string{"Content-Type", "Date", "Request-Id", "Client-Request-Id", "Retry-After"} {
		if v := resp.Header.Get(name); v != "" {
			c.Header.Set(name, redact.Text(v))
		}
	}
	if req := resp.Request; req != nil && req.URL != nil {
		u := &url.URL{Scheme: req.URL.Scheme, Host: req.URL.Host, Path: req.URL.Path, RawPath: req.URL.RawPath}
		c.Request = &http.Request{Method: req.Method, Header: http.Header{}, URL: u}
	}
	return runtime.NewResponseErrorWithErrorCode(c, code)
}
