package httpguard

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"strings"

	"github.com/partnerbilling/sdk-go/internal/redact"
)

// Errors of the guard. They are marked as non-retriable for azcore's retry policy.
var (
	// ErrForeignHost is returned for a request whose host is not on the allow list; it was not
	// sent.
	ErrForeignHost = errors.New("host is not allowed")
	// ErrInsecure is returned for a request that is not https; it was not sent.
	ErrInsecure = errors.New("only https is allowed")
	// ErrAuthorization is returned for a request with an Authorization header where there must be
	// none; it was not sent.
	ErrAuthorization = errors.New("an Authorization header is not allowed here")
	// ErrRedirect is returned for a redirect response. It is never followed: a redirect could send
	// a token or a signature to another host.
	ErrRedirect = errors.New("redirects are not followed")
	// ErrLocalAddress is returned where a host has an address that no such host has; no connection
	// was made.
	ErrLocalAddress = errors.New("host name resolves to an address of this machine or network")
	// ErrCertificate is returned when the server's certificate or TLS version is not acceptable.
	ErrCertificate = errors.New("the server's TLS certificate or version is not acceptable")
	// ErrBodyTooLarge is returned when reading a response body that is longer than Rules.MaxBody.
	ErrBodyTooLarge = errors.New("response body too large")
)

// guardError is an error of the guard: a text, the sentinel, and an optional cause.
type guardError struct {
	text    string
	reasons []error
}

func newError(name, detail string, reasons ...error) *guardError {
	text := name + ": " + reasons[0].Error()
	if detail != "" {
		text += ": " + redact.Text(detail)
	}
	return &guardError{text: text, reasons: reasons}
}

func (e *guardError) Error() string   { return e.text }
func (e *guardError) Unwrap() []error { return e.reasons }

// NonRetriable tells azcore's retry policy that another try would fail in the same way.
func (e *guardError) NonRetriable() {}

// cleanCause returns the error of an Allow function, redacted if its text contains a secret.
func cleanCause(err error) error {
	if redact.Text(err.Error()) == err.Error() {
		return err
	}
	return redact.Error(err)
}

// IsCertificate reports whether err means that the server, as configured, cannot be trusted.
// Retrying cannot help.
func IsCertificate(err error) bool {
	if errors.Is(err, ErrCertificate) {
		return true
	}
	var verification *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var hostname x509.HostnameError
	var invalid x509.CertificateInvalidError
	var roots x509.SystemRootsError
	var record tls.RecordHeaderError
	if errors.As(err, &verification) || errors.As(err, &authority) || errors.As(err, &hostname) ||
		errors.As(err, &invalid) || errors.As(err, &roots) || errors.As(err, &record) {
		return true
	}
	// The alert for an unacceptable version has no exported type.
	text := err.Error()
	return strings.Contains(text, "tls: ") && strings.Contains(text, "protocol version")
}
