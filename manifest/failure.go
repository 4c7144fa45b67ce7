package manifest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"

	"github.com/partnerbilling/sdk-go/internal/httpguard"
	"github.com/partnerbilling/sdk-go/internal/redact"
	"github.com/partnerbilling/sdk-go/internal/retry"
)

// failure is what went wrong in one try, and what that means for the next.
type failure struct {
	kind   error // why it is final; nil: worth another try
	reason string
	cause  error

	denied  bool          // storage refused the SAS: a fresh one may help
	missing bool          // the blob is not there: the export may have another place
	again   bool          // what was in the way is gone
	alive   bool          // the service itself asks for patience
	after   time.Duration // for how long it asks
	status  int
	code    string
	id      string
}

// classify tells what an error of azcore's pipeline means.
func classify(err error) *failure {
	if answer, ok := errors.AsType[*azcore.ResponseError](err); ok {
		return classifyAnswer(answer)
	}
	f := &failure{cause: err, reason: redact.Error(err).Error()}
	var final interface{ NonRetriable() }
	switch {
	case errors.Is(err, httpguard.ErrRedirect):
		f.kind = ErrBadAnswer
	case errors.Is(err, httpguard.ErrCertificate):
		f.kind = ErrUntrusted
	case errors.Is(err, httpguard.ErrForeignHost), errors.Is(err, httpguard.ErrInsecure), errors.Is(err, httpguard.ErrAuthorization):
		f.kind = ErrUntrusted
	case errors.As(err, &final):
		f.kind = ErrUnavailable
	}
	return f
}

// classifyAnswer goes by status and by Azure's error code.
func classifyAnswer(answer *azcore.ResponseError) *failure {
	f := &failure{cause: answer, status: answer.StatusCode, code: printable(answer.ErrorCode)}
	var header http.Header
	if answer.RawResponse != nil {
		header = answer.RawResponse.Header
	}
	f.id = printable(header.Get("X-Ms-Request-Id"))
	switch status := answer.StatusCode; {
	case status == http.StatusUnauthorized, status == http.StatusForbidden, bloberror.HasCode(answer, bloberror.AuthenticationFailed):
		f.kind, f.denied = ErrSAS, true
	case status == http.StatusNotFound, status == http.StatusGone:
		f.kind, f.missing, f.reason = ErrBlobMissing, true, "make a new export"
	case status == http.StatusPreconditionFailed, status == http.StatusRequestedRangeNotSatisfiable:
		f.kind, f.reason = ErrBlobChanged, "its rows so far belong to a content that is gone; start over"
	case status == http.StatusRequestTimeout, status == http.StatusTooManyRequests, status >= http.StatusInternalServerError:
		f.alive = true
		f.reason = fmt.Sprintf("storage answered %d", status)
		f.after, _ = retry.After(header, time.Now())
	case status == http.StatusProxyAuthRequired:
		f.kind, f.reason = ErrUnavailable, "a proxy asks for credentials; set them in HTTPS_PROXY"
	default:
		f.kind, f.reason = ErrBadAnswer, fmt.Sprintf("storage answered %d", status)
	}
	return f
}

// badAnswer is an answer that must not be used.
func badAnswer(format string, args ...any) *failure {
	return &failure{kind: ErrBadAnswer, reason: fmt.Sprintf(format, args...)}
}

// cancelled is the failure of a context that ended.
func cancelled(ctx context.Context) *failure {
	f := &failure{kind: ctx.Err()}
	if cause := context.Cause(ctx); cause != f.kind { //nolint:errorlint // Asks whether there is a cause of its own.
		f.cause, f.reason = cause, redact.Text(cause.Error())
	}
	return f
}

// printable makes a server's text fit for an error's: short, clean, on one line.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)
	return clip(redact.Text(s))
}
