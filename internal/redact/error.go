package redact

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// Error returns err without the secrets in it.
//
// Its text is redacted as by [Text]; the URL that net/http puts into every transport error is
// dropped and only the operation kept. errors.Is works as it does for err. errors.As finds the
// errors of the network, TLS and operating system in err's tree, and nothing else: no *url.Error,
// and no error that holds a request or a response. A timeout is still a net.Error, and a
// non-retriable error is still marked as such for azcore.
//
// Error(nil) is nil. An error that Error returned is returned as it is.
func Error(err error) error {
	if err == nil || isPlain(err) {
		return err
	}
	return scrub("", err)
}

// ErrorAt is Error for what a transport returns instead of a response from a host. The text begins
// with the host unless the host is in it: the URL that would name it is dropped, and a failure of a
// proxy or of a dialer of the caller does not know it. The errors of a context are returned as they
// are.
func ErrorAt(host string, err error) error {
	//nolint:errorlint // Only the bare values may pass, never something wrapped around them.
	if err == nil || err == context.Canceled || err == context.DeadlineExceeded {
		return err
	}
	return scrub(host, err)
}

func scrub(host string, err error) error {
	//nolint:errorlint // Of interest is err itself, not what it wraps.
	if _, clean := err.(cleaned); clean {
		return err
	}
	text := describe(err)
	if !strings.Contains(text, host) {
		text = host + ": " + text
	}
	base := scrubbed{
		text:     Text(text),
		is:       func(target error) bool { return errors.Is(err, target) },
		harmless: collect(err, nil),
	}
	var timeout net.Error
	isNet := errors.As(err, &timeout)
	var final interface{ NonRetriable() }
	switch isFinal := errors.As(err, &final); {
	case isNet && isFinal:
		return &scrubbedFinalNet{scrubbedNet{base, timeout.Timeout()}}
	case isNet:
		return &scrubbedNet{base, timeout.Timeout()}
	case isFinal:
		return &scrubbedFinal{base}
	default:
		return &base
	}
}

// isPlain reports whether err is one of the errors that callers compare with == and that hold
// nothing.
func isPlain(err error) bool {
	//nolint:errorlint // Only the bare values may pass, never something wrapped around them.
	return err == io.EOF || err == io.ErrUnexpectedEOF || err == context.Canceled || err == context.DeadlineExceeded
}

// describe returns err's text, without the URL of a *url.Error.
func describe(err error) string {
	//nolint:errorlint // Deeper down, the text is already part of another; Text redacts it there.
	if u, ok := err.(*url.Error); ok && u.Err != nil {
		return u.Op + ": " + describe(u.Err)
	}
	return err.Error()
}

// collect walks err's tree and returns the topmost errors of harmless types.
func collect(err error, found []error) []error {
	if err == nil {
		return found
	}
	if isHarmless(err) && Text(err.Error()) == err.Error() {
		return append(found, err)
	}
	//nolint:errorlint // This is the walk which errorlint demands elsewhere.
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		return collect(e.Unwrap(), found)
	case interface{ Unwrap() []error }:
		for _, one := range e.Unwrap() {
			found = collect(one, found)
		}
	}
	return found
}

// isHarmless reports whether err has a type of the standard library that holds nothing of a URL but
// the host, and no message of a server.
func isHarmless(err error) bool {
	if isPlain(err) {
		return true
	}
	//nolint:errorlint // One node of the tree is checked; collect walks.
	switch err.(type) {
	case *net.OpError, *net.DNSError, *net.AddrError, net.UnknownNetworkError, net.InvalidAddrError,
		*os.SyscallError, syscall.Errno, *fs.PathError,
		*tls.CertificateVerificationError, tls.RecordHeaderError, tls.AlertError, *tls.ECHRejectionError,
		x509.UnknownAuthorityError, x509.HostnameError, x509.CertificateInvalidError, x509.SystemRootsError,
		x509.UnhandledCriticalExtension, x509.ConstraintViolationError, x509.InsecureAlgorithmError:
		return true
	default:
		return false
	}
}

// cleaned marks the errors made here.
type cleaned interface {
	error
	cleaned()
}

// scrubbed is the redacted error. The original is used by errors.Is alone, through a closure that
// nothing prints.
type scrubbed struct {
	text     string
	is       func(error) bool
	harmless []error
}

func (e *scrubbed) Error() string        { return e.text }
func (e *scrubbed) GoString() string     { return strconv.Quote(e.text) }
func (e *scrubbed) Is(target error) bool { return e.is(target) }
func (e *scrubbed) Unwrap() []error      { return e.harmless }
func (e *scrubbed) cleaned()             {}

// scrubbedNet is a scrubbed net.Error.
type scrubbedNet struct {
	scrubbed
	timeout bool
}

// Timeout reports whether the original was a timeout.
func (e *scrubbedNet) Timeout() bool { return e.timeout }

// Temporary implements net.Error; its meaning was never well defined.
func (e *scrubbedNet) Temporary() bool { return e.timeout }

// scrubbedFinal is a scrubbed error that azcore must not retry.
type scrubbedFinal struct{ scrubbed }

// NonRetriable marks the error for azcore's retry policy.
func (e *scrubbedFinal) NonRetriable() {}

// scrubbedFinalNet is both.
type scrubbedFinalNet struct{ scrubbedNet }

// NonRetriable marks the error for azcore's retry policy.
func (e *scrubbedFinalNet) NonRetriable() {}
