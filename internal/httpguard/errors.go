package httpguard

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"strings"

	"github.com/partnerbilling/sdk-go/internal/redact"
)

// What the guard refuses. None of these is worth a retry, and azcore's retry policy is told so.
var (
	// ErrForeignHost is reported for a request whose host is not on the allow list; it has not been sent.
	ErrForeignHost = errors.New("host is not allowed")
	// ErrInsecure is reported for a request that is not https; it has not been sent.
	ErrInsecure = errors.New("only https is allowed")
	// ErrAuthorization is reported for a request with an Authorization header where there must be none; it has not been sent.
	ErrAuthorization = errors.New("an Authorization header is not allowed here")
	// ErrRedirect is reported when the server answers with a redirect. It is never followed: a redirect could carry a token or a
	// signature to another host.
	ErrRedirect = errors.New("redirects are not followed")
	// ErrCertificate is reported when the server's certificate or TLS version is not acceptable.
	ErrCertificate = errors.New("the server's TLS certificate or version is not acceptable")
	// ErrBodyTooLarge is reported by the body of a response that is longer than Rules.MaxBody.
	ErrBodyTooLarge = errors.New("response body is too large")
)

// refusal is an error of the guard: a text, the sentinel, and perhaps a cause.
type refusal struct {
	text    string
	reasons []error
}

func refuse(name, detail string, reasons ...error) *refusal {
	text := name + ": " + reasons[0].Error()
	if detail != "" {
		text += ": " + redact.Text(detail)
	}
	return &refusal{text: text, reasons: reasons}
}

func (r *refusal) Error() string   { return r.text }
func (r *refusal) Unwrap() []error { return r.reasons }

// NonRetriable tells azcore's retry policy that the next try would end the same way.
func (r *refusal) NonRetriable() {}

// cleanCause keeps the types of an Allow function's error in reach, unless its text quotes what must not be quoted.
func cleanCause(err error) error {
	if redact.Text(err.Error()) == err.Error() {
		return err
	}
	return redact.Error(err)
}

// IsCertificate reports whether err means that the peer, as it is configured, cannot be trusted. Time does not heal that.
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
