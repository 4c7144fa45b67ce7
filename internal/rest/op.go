package rest

import (
	"context"
	"errors"
	"fmt"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/internal/errtext"
	"github.com/partnerbilling/sdk-go/internal/redact"
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
	// NoDataCodes are the codes of error objects with which HTTP status 404 matches
	// [apierror.ErrNoData], whatever the case of their letters.
	NoDataCodes []string
	// Advice replaces what the errors say to do, by the error of package apierror that they match.
	Advice map[error]string
}

// Ended returns the error for a context that has ended. It matches the context's error and its
// cause.
func (op Op) Ended(ctx context.Context) error { return op.EndedAfter(ctx, nil) }

// EndedAfter returns the error for a context that has ended while a request was being retried. Its
// text has the last failure, which it does not match: the time that was allowed may be to blame.
func (op Op) EndedAfter(ctx context.Context, last error) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	text, kinds := fmt.Sprintf("%s: %v", op.Name, err), []error{err}
	if errors.Is(cause, err) {
		text, kinds = fmt.Sprintf("%s: %v", op.Name, cause), []error{cause}
	} else {
		text, kinds = text+": "+cause.Error(), append(kinds, cause)
	}
	if last != nil {
		text += "; the last attempt failed: " + last.Error()
	}
	return errtext.New(text, kinds...)
}

// Foreign returns the error for an address that must not be called.
func (op Op) Foreign(cause error) error { return op.wrap(apierror.ErrForeignLocation, cause) }

// TooLong returns the error for a response that is longer than limit bytes.
func (op Op) TooLong(limit int64) error {
	return op.Errorf(apierror.ErrMalformed, "longer than %d bytes", limit)
}

// Errorf returns an error of a kind with a text of its own behind that of the kind.
func (op Op) Errorf(kind error, format string, args ...any) error {
	return errtext.New(fmt.Sprintf("%s: %v: %s", op.Name, kind, fmt.Sprintf(format, args...)), kind)
}

func (op Op) cutShort(err error) error {
	clean := redact.Error(err)
	return errtext.New(fmt.Sprintf("%s: %v: response cut short: %v", op.Name, apierror.ErrUnavailable, clean), apierror.ErrUnavailable, clean)
}

func (op Op) wrap(kind, cause error) error {
	return errtext.New(fmt.Sprintf("%s: %v: %v", op.Name, kind, cause), kind, cause)
}

// AdviceFor returns what an error says to do that matches kind; it may be empty.
func (op Op) AdviceFor(kind error) string {
	if text, is := op.Advice[kind]; is {
		return text
	}
	return general[kind]
}

// general says what to do, whatever the operation.
var general = map[error]string{
	apierror.ErrExpired: "begin a new export",
	apierror.ErrUnauthenticated: "the service rejected even a fresh access token; check the credential, " +
		"whose app registration must be in the partner's tenant",
	apierror.ErrNotPartner: "the credential signed in to a tenant that is not enrolled as a Cloud Solution Provider partner; " +
		"use an app registration in the partner's own tenant, not in a customer's",
	apierror.ErrUnavailable: "try again later",
}
