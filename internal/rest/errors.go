package rest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/internal/errtext"
	"github.com/partnerbilling/sdk-go/internal/httpguard"
	"github.com/partnerbilling/sdk-go/internal/origin"
	"github.com/partnerbilling/sdk-go/internal/redact"
)

// Failed returns the error for what a pipeline returned instead of a response.
func (op Op) Failed(ctx context.Context, err error) error {
	if response, is := errors.AsType[*azcore.ResponseError](err); is {
		// Microsoft's servers for tests, and azcore's own pollers, report a status in this way.
		return rejectedBy(response, op)
	}
	var final interface{ NonRetriable() }
	switch clean := redact.Error(err); {
	case ctx.Err() != nil:
		return op.Ended(ctx)
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

// Ended returns the error for a context that has ended. It matches the context's error and its cause.
func (op Op) Ended(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if errors.Is(cause, err) {
		return errtext.New(fmt.Sprintf("%s: %v", op.Name, cause), cause)
	}
	return errtext.New(fmt.Sprintf("%s: %v: %v", op.Name, err, cause), err, cause)
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

// WithAdvice returns a copy of op with further advice.
func (op Op) WithAdvice(kind error, text string) Op {
	advice := map[error]string{kind: text}
	maps.Copy(advice, op.Advice)
	op.Advice = advice
	return op
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

// isNotPartner recognizes the message for a tenant without a partner billing account.
func isNotPartner(message string) bool {
	return strings.HasSuffix(strings.ToLower(strings.TrimRight(message, " .")), "(no addressurl for microsoft.partner.billing,false)")
}
