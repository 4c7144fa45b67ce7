package apierror

import (
	"fmt"
	"strings"
	"time"
)

// RequestError is a request that the service rejected, by its HTTP status. errors.Is matches it
// with the sentinel error that fits; errors.As finds an *azcore.ResponseError in it, which holds a
// redacted copy of the response.
type RequestError struct {
	// Op is the package and the operation, for instance "billing: export request".
	Op string
	// StatusCode is the HTTP status.
	StatusCode int
	// Code and Message are the service's, if the response had any; secrets are redacted, and the
	// length is bounded.
	Code, Message string
	// RequestID and ClientRequestID identify the request to Microsoft's support.
	RequestID, ClientRequestID string
	// RetryAfter is how long the service asks to wait; zero if it does not say.
	RetryAfter time.Duration
	// Advice says what to do now; it may be empty.
	Advice string
	// Err is one of this package's sentinel errors, nil if none fits.
	Err error
	// Response is the redacted *azcore.ResponseError.
	Response error
}

// Error says what was rejected and what to do about it.
func (e *RequestError) Error() string {
	var b strings.Builder
	b.WriteString(e.Op + ": ")
	if e.Err != nil {
		b.WriteString(e.Err.Error())
	} else {
		b.WriteString("request rejected")
	}
	fmt.Fprintf(&b, " (HTTP %d", e.StatusCode)
	writeDetails(&b, e.Code, e.Message)
	b.WriteString(")")
	if e.Advice != "" {
		b.WriteString("; " + e.Advice)
	}
	if e.RetryAfter > 0 {
		fmt.Fprintf(&b, "; retry after %v", e.RetryAfter)
	}
	writeRequestID(&b, e.RequestID)
	return b.String()
}

// Unwrap returns the sentinel error and the redacted *azcore.ResponseError.
func (e *RequestError) Unwrap() []error { return present(e.Err, e.Response) }

// OperationError is an operation that failed. That is final: begin a new one. errors.Is matches it
// with [ErrNoData] where that is the reason.
type OperationError struct {
	// OperationID identifies the operation; empty where the response to the request already
	// reported the failure.
	OperationID string
	// Code and Message are the service's, if it gave any; secrets are redacted, and the length is
	// bounded.
	Code, Message string
	// Status is the service's word for the state, as it wrote it. The text of the error has it
	// where there is neither a Code nor a Message.
	Status string
	// RequestID identifies the request whose response reported the failure to Microsoft's support.
	RequestID string
	// Advice says what to do now.
	Advice string
	// Err is [ErrNoData] where that is the reason, else nil.
	Err error
	// Response is the redacted *azcore.ResponseError.
	Response error
}

// Error says why the operation failed and what to do about it.
func (e *OperationError) Error() string {
	var b strings.Builder
	b.WriteString("poller: operation ")
	if e.OperationID != "" {
		b.WriteString(e.OperationID + " ")
	}
	b.WriteString("failed")
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	switch {
	case e.Code != "" || e.Message != "":
		b.WriteString(" (service error")
		writeDetails(&b, e.Code, e.Message)
		b.WriteString(")")
	case e.Status != "":
		b.WriteString(" (status " + e.Status + ")")
	}
	if e.Advice != "" {
		b.WriteString("; " + e.Advice)
	}
	writeRequestID(&b, e.RequestID)
	return b.String()
}

// Unwrap returns [ErrNoData], where it applies, and the redacted *azcore.ResponseError.
func (e *OperationError) Unwrap() []error { return present(e.Err, e.Response) }

// TimeoutError means that PollUntilDone ended before the operation did. The operation goes on in
// the service; continue to wait with the resume token, in this process or another.
type TimeoutError struct {
	// OperationID identifies the operation, Status is what the service last reported.
	OperationID, Status string
	// Waited is the time spent in PollUntilDone.
	Waited time.Duration
	// RetryAfter is set where the service asked to wait longer than there was time left: do not
	// resume earlier.
	RetryAfter time.Duration
	// ResumeToken continues the waiting.
	ResumeToken string
	// Err is the last failure, where there was no usable response for too long.
	Err error
}

// Error says why the waiting ended and how to continue.
func (e *TimeoutError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "poller: operation %s: not done after %v", e.OperationID, round(e.Waited))
	if e.Status != "" {
		fmt.Fprintf(&b, ", last status %q", e.Status)
	}
	switch {
	case e.RetryAfter > 0:
		fmt.Fprintf(&b, ": the service asks to wait another %v, which is longer than the time left", e.RetryAfter)
	case e.Err != nil:
		b.WriteString(": no usable response for too long")
	}
	b.WriteString("; continue later with the resume token")
	if e.Err != nil {
		b.WriteString("; last failure: " + e.Err.Error())
	}
	return b.String()
}

// Unwrap returns the last failure.
func (e *TimeoutError) Unwrap() error { return e.Err }

// Timeout reports true, as for the errors of package net.
func (e *TimeoutError) Timeout() bool { return true }

// round drops what nobody reads of a duration.
func round(d time.Duration) time.Duration {
	if d < time.Minute {
		return d.Round(time.Millisecond)
	}
	return d.Round(time.Second)
}

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
