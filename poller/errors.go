package poller

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/partnerbilling/sdk-go/internal/httpguard"
	"github.com/partnerbilling/sdk-go/internal/kind"
)

// What can become of an export, for errors.Is. The errors that wrap these add the service's own words.
var (
	// ErrNoData means that the service has no data for what was asked: the invoice number is unknown, it is a legacy invoice, or
	// nothing was charged in the period and currency. Asking again will not help.
	ErrNoData = errors.New("there is no data for this input")

	// ErrExpired means that the service no longer knows the operation or its manifest. Begin a new export.
	ErrExpired = errors.New("the export is no longer available")

	// ErrUnauthenticated means that there is no access token, or that the service refused even a fresh one. Repair the
	// credential; an export under way is not lost, its resume token stays valid.
	ErrUnauthenticated = errors.New("not authenticated")

	// ErrPermission means that the app may not read partner billing data. An administrator has to act; afterwards an export under
	// way can be resumed.
	ErrPermission = errors.New("permission missing")

	// ErrNotPartner means that the tenant of the credential is not a partner's. Sign in to the partner's own tenant.
	ErrNotPartner = errors.New("the tenant is not a partner's")

	// ErrUnavailable means that there was no usable answer this time: no connection, throttling, a server in trouble, an answer
	// cut short. Trying again later may well help. PollUntilDone does that by itself.
	ErrUnavailable = errors.New("the service gave no usable answer")

	// ErrMalformed means that the answer is not what the service is known to send, for instance a proxy's HTML page.
	ErrMalformed = errors.New("the answer makes no sense")

	// ErrForeignLocation means that the service, or someone in its place, sent the poller to another host. Nothing was sent there.
	ErrForeignLocation = errors.New("the service points to an address that is not its own")

	// ErrResumeToken means that a resume token is damaged, from a newer version, or made for another kind of export or another
	// endpoint. Nothing was sent.
	ErrResumeToken = errors.New("unusable resume token")

	// ErrNotDone is what Result returns while the operation is still running.
	ErrNotDone = errors.New("the operation is still running")

	// ErrRedirect means that the service answered with a redirect. It is never followed, because the access token would travel
	// along. A proxy that wants a sign-in is the usual reason.
	ErrRedirect = httpguard.ErrRedirect

	// ErrCertificate means that the TLS certificate or version of whoever answered is not acceptable. Often a proxy that inspects
	// traffic: its root certificate must be installed on this machine.
	ErrCertificate = httpguard.ErrCertificate
)

// advice says what to do now. It becomes part of the text of errors that stem from the service's answers.
var advice = map[error]string{
	ErrNoData:          "check invoice number, period and currency; legacy invoices (D...) cannot be exported, and where nothing was charged there is nothing to export",
	ErrExpired:         "begin a new export",
	ErrUnauthenticated: "not even a fresh access token was accepted; check the credential, whose app registration must live in the partner's tenant",
	ErrPermission: "the app registration in the partner's tenant needs Microsoft Graph's permission PartnerBilling.Read.All, " +
		"with the consent of an administrator of that tenant",
	ErrNotPartner:  "the credential signed in to a tenant that is not enrolled as a Cloud Solution Provider partner; use an app registration in the partner's own tenant, not in a customer's",
	ErrUnavailable: "try again later",
}

// RequestError is the service's refusal of a request, by its HTTP status. errors.Is matches it with the sentinel error that fits,
// errors.As finds an *azcore.ResponseError in it, which holds a cleaned copy of the response: no token, no signature.
type RequestError struct {
	// StatusCode is the HTTP status.
	StatusCode int
	// Code and Message are the service's, if its answer had any; secrets are blanked out, and the length is bounded.
	Code, Message string
	// RequestID and ClientRequestID name the request to Microsoft's support.
	RequestID, ClientRequestID string
	// RetryAfter is how long the service asks to wait; zero if it does not say.
	RetryAfter time.Duration

	what     string
	from     string // the package, if it is another
	todo     string
	kind     error
	response error
}

// Error says what was refused and what to do about it.
func (e *RequestError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s: ", first(e.from, "poller"), e.what)
	if e.kind != nil {
		b.WriteString(e.kind.Error())
	} else {
		b.WriteString("the service refused the request")
	}
	fmt.Fprintf(&b, " (HTTP %d", e.StatusCode)
	writeDetails(&b, e.Code, e.Message)
	b.WriteString(")")
	if e.todo != "" {
		b.WriteString(": " + e.todo)
	}
	if e.RetryAfter > 0 {
		fmt.Fprintf(&b, ", not before %v have passed", e.RetryAfter)
	}
	writeRequestID(&b, e.RequestID)
	return b.String()
}

// Unwrap returns the sentinel error and the cleaned *azcore.ResponseError.
func (e *RequestError) Unwrap() []error { return present(e.kind, e.response) }

// OperationError is an operation that ended in failure. That is final: the way forward is a new export. errors.Is matches it with
// [ErrNoData] where that is the reason.
type OperationError struct {
	// OperationID names the operation.
	OperationID string
	// Code and Message are the service's, if it gave any; secrets are blanked out, and the length is bounded.
	Code, Message string
	// RequestID names the request that brought the news to Microsoft's support.
	RequestID string

	kind     error
	response error
}

// Error says why the operation failed and what to do about it.
func (e *OperationError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "poller: export operation %s failed", e.OperationID)
	if e.kind != nil {
		b.WriteString(": " + e.kind.Error())
	}
	if e.Code != "" || e.Message != "" {
		b.WriteString(" (the service says")
		writeDetails(&b, e.Code, e.Message)
		b.WriteString(")")
	}
	if todo := advice[e.kind]; todo != "" {
		b.WriteString(": " + todo)
	} else {
		b.WriteString(": begin a new export")
	}
	writeRequestID(&b, e.RequestID)
	return b.String()
}

// Unwrap returns [ErrNoData], where it applies, and a cleaned *azcore.ResponseError.
func (e *OperationError) Unwrap() []error { return present(e.kind, e.response) }

// TimeoutError means that the waiting ended before the operation did, which goes on in the service. With the resume token the
// waiting can be continued later, in this process or another.
type TimeoutError struct {
	// OperationID names the operation, Status is what the service last said about it.
	OperationID, Status string
	// Waited is the time spent in PollUntilDone.
	Waited time.Duration
	// RetryAfter is set where the service asked to wait longer than there was time left: do not resume earlier.
	RetryAfter time.Duration
	// ResumeToken continues the waiting.
	ResumeToken string
	// Err is the last fault, where the waiting ended because there was no good answer for too long.
	Err error
}

// Error says why the waiting ended and how to go on.
func (e *TimeoutError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "poller: gave up waiting for export operation %s after %v", e.OperationID, e.Waited.Round(time.Second))
	switch {
	case e.RetryAfter > 0:
		fmt.Fprintf(&b, ": the service asks not to be called for another %v, which is longer than the time left", e.RetryAfter)
	case e.Err != nil:
		fmt.Fprintf(&b, ": no good answer for %v", faultBudget)
	}
	if e.Status != "" {
		fmt.Fprintf(&b, ", the last status was %q", e.Status)
	}
	b.WriteString("; continue later with the resume token")
	if e.Err != nil {
		b.WriteString("; last fault: " + e.Err.Error())
	}
	return b.String()
}

// Unwrap returns the last fault.
func (e *TimeoutError) Unwrap() error { return e.Err }

// Timeout reports true, as for the errors of package net.
func (e *TimeoutError) Timeout() bool { return true }

// newError is every other error of this package.
func newError(text string, kinds ...error) error { return kind.Error("poller: "+text, kinds...) }

func present(errs ...error) []error {
	var found []error
	for _, err := range errs {
		if err != nil {
			found = append(found, err)
		}
	}
	return found
}

func writeDetails(b *strings.Builder, code, message string) {
	if code != "" {
		b.WriteString(" " + code)
	}
	if message != "" {
		fmt.Fprintf(b, " %q", message)
	}
}

func writeRequestID(b *strings.Builder, id string) {
	if id != "" {
		b.WriteString(" [request-id " + id + "]")
	}
}
