package blobread

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"

	"github.com/partnerbilling/sdk-go/internal/errtext"
	"github.com/partnerbilling/sdk-go/internal/httpguard"
	"github.com/partnerbilling/sdk-go/internal/redact"
	"github.com/partnerbilling/sdk-go/internal/retry"
	"github.com/partnerbilling/sdk-go/internal/sas"
)

// What to do about a missing token, about a SAS that storage refused, and about a blob that is not
// the one that was begun.
const (
	signInAdvice  = "sign in again, for instance with az login, or correct the credential"
	refreshAdvice = "poll the operation again for a fresh one, or make a new export"
	overwritten   = "the data read so far belong to content that no longer exists; start over"
)

// failure is what went wrong in one attempt, and what that means for the next.
type failure struct {
	kind   error // why it is final; nil: worth a retry
	spent  error // the kind once the retry budget is exhausted; nil: ErrUnavailable
	reason string
	cause  error
	hint   hint
	after  time.Duration // how long the service asks to wait
	status int
	code   string
	id     string
}

// hint is what may help after a failure.
type hint uint8

const (
	_           hint = iota
	hintDenied       // storage refused the authorization: a fresh SAS may help
	hintMissing      // the blob does not exist: the export may have another storage root
	hintBusy         // the service asks for a later retry
	hintRetry        // the obstacle is removed
)

// classify says what an error of azcore's pipeline means.
func classify(err error) *failure {
	if response, ok := errors.AsType[*azcore.ResponseError](err); ok {
		return classifyResponse(response)
	}
	f := &failure{cause: err, reason: redact.Error(err).Error()}
	var final interface{ NonRetriable() }
	var token *tokenError
	switch {
	case errors.As(err, &token):
		if f.spent = ErrDenied; token.final {
			f.kind = ErrDenied
			f.reason += "; " + signInAdvice
		}
	case errors.Is(err, httpguard.ErrRedirect):
		f.kind = ErrBadResponse
	case errors.Is(err, httpguard.ErrCertificate):
		f.kind = ErrUntrusted
	case errors.Is(err, httpguard.ErrLocalAddress):
		f.kind = ErrUntrusted
		f.reason += "; check the DNS server, or admit the host with StorageHosts if that is meant"
	case errors.Is(err, httpguard.ErrForeignHost), errors.Is(err, httpguard.ErrInsecure), errors.Is(err, httpguard.ErrAuthorization):
		f.kind = ErrUntrusted
	case errors.As(err, &final):
		f.kind = ErrUnavailable
	}
	return f
}

// classifyResponse goes by status and by Azure's error code.
func classifyResponse(response *azcore.ResponseError) *failure {
	f := &failure{cause: response, status: response.StatusCode, code: errtext.Clip(response.ErrorCode, errtext.CodeLimit)}
	var header http.Header
	if response.RawResponse != nil {
		header = response.RawResponse.Header
	}
	f.id = errtext.Clip(header.Get("X-Ms-Request-Id"), errtext.CodeLimit)
	switch status := response.StatusCode; {
	case status == http.StatusUnauthorized, status == http.StatusForbidden, bloberror.HasCode(response, bloberror.AuthenticationFailed):
		f.kind, f.hint = ErrSAS, hintDenied
	case status == http.StatusNotFound, status == http.StatusGone:
		f.kind, f.hint, f.reason = ErrBlobMissing, hintMissing, "make a new export"
	case status == http.StatusPreconditionFailed, status == http.StatusRequestedRangeNotSatisfiable:
		f.kind, f.reason = ErrBlobChanged, overwritten
	case status == http.StatusRequestTimeout, status == http.StatusTooManyRequests, status >= http.StatusInternalServerError:
		f.hint = hintBusy
		f.reason = fmt.Sprintf("storage returned status %d", status)
		f.after, _ = retry.After(header, time.Now())
	case status == http.StatusProxyAuthRequired:
		f.kind, f.reason = ErrUnavailable, "a proxy requires credentials; set them in HTTPS_PROXY"
	default:
		f.kind, f.reason = ErrBadResponse, fmt.Sprintf("storage returned status %d", status)
	}
	return f
}

// badResponse is a response that must not be used.
func badResponse(format string, args ...any) *failure {
	return &failure{kind: ErrBadResponse, reason: fmt.Sprintf(format, args...)}
}

// sasRefused says why storage refused a SAS, as far as it can be told.
func sasRefused(token sas.Token, now time.Time) *failure {
	expiry := token.Expires().Format(time.RFC3339)
	f := &failure{kind: ErrSAS}
	switch {
	case token.Expires().IsZero():
		f.reason = "storage refused it; its expiry is in a stored access policy and not known; " + refreshAdvice
	case sas.ExpiredAt(token, now):
		f.reason = fmt.Sprintf("it expired at %s; %s", expiry, refreshAdvice)
	default:
		f.reason = fmt.Sprintf("storage refused it although it is valid until %s; %s", expiry, refreshAdvice)
	}
	return f
}

// canceled is the failure of a context that ended.
func canceled(ctx context.Context) *failure {
	f := &failure{kind: ctx.Err()}
	if cause := context.Cause(ctx); cause != f.kind { //nolint:errorlint // Asks whether there is a cause of its own.
		f.cause, f.reason = cause, redact.Text(cause.Error())
	}
	return f
}
