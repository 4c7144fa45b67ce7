package apierror

import (
	"errors"

	"github.com/partnerbilling/sdk-go/internal/httpguard"
)

// What a call can fail with, for errors.Is. The errors that wrap these add the service's own words.
var (
	// ErrNoData means that the service has no data for the request: the invoice number is unknown,
	// it is a legacy invoice, or nothing was charged in the period and currency. A retry cannot
	// help.
	ErrNoData = errors.New("no data for this request")

	// ErrNotFound means that a resource does not exist, or that the identity may not see it. Where
	// an export was requested, it means that the response has HTTP status 404 without saying that
	// there is no data: it comes from a proxy or a gateway, and the export is not known to be
	// empty.
	ErrNotFound = errors.New("not found")

	// ErrConflict means that a resource was changed or created by somebody else in the meantime.
	// Get it again and change that.
	ErrConflict = errors.New("conflict with another change")

	// ErrExpired means that the service no longer knows the operation or its manifest. Begin a new
	// export.
	ErrExpired = errors.New("no longer available")

	// ErrUnauthenticated means that there is no access token, or that the service rejected even a
	// fresh one. Repair the credential; an export under way is not lost, its resume token stays
	// valid.
	ErrUnauthenticated = errors.New("not authenticated")

	// ErrPermission means that the identity lacks a permission or a role. An administrator has to
	// act; afterwards an export under way can be resumed.
	ErrPermission = errors.New("permission missing")

	// ErrNotPartner means that the tenant of the credential is not a partner's. Sign in to the
	// partner's own tenant.
	ErrNotPartner = errors.New("tenant is not a partner's")

	// ErrUnavailable means that there was no usable response this time: no connection, throttling,
	// a server error, a response cut short. Trying again later may help; PollUntilDone does that by
	// itself.
	ErrUnavailable = errors.New("service unavailable")

	// ErrMalformed means that a response is not what the service is known to send, for instance a
	// proxy's HTML page.
	ErrMalformed = errors.New("malformed response")

	// ErrForeignLocation means that a response links to an address outside the configured endpoint.
	// Nothing was sent there.
	ErrForeignLocation = errors.New("link to a foreign address")

	// ErrResumeToken means that a resume token is damaged, from a newer version, or made for
	// another kind of export or another endpoint. Nothing was sent.
	ErrResumeToken = errors.New("invalid resume token")

	// ErrNotDone is what a poller's Result returns while the operation is still running.
	ErrNotDone = errors.New("operation is still running")

	// ErrRedirect means that the response is a redirect. It is never followed, because the access
	// token would be sent along. A proxy that wants a sign-in is the usual reason.
	ErrRedirect = httpguard.ErrRedirect

	// ErrCertificate means that the server's TLS certificate or version is not acceptable. Often it
	// is a proxy that inspects traffic: its root certificate must be installed on this machine.
	ErrCertificate = httpguard.ErrCertificate
)
