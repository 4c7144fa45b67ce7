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
	"syscall"
)

// Error returns an error that says what err says, without what err must not say.
//
// Its text is scrubbed as by [Text]; the address which net/http puts into every transport error is dropped and only the
// operation kept. errors.Is answers as it does for err. errors.As reaches the errors of the network, TLS and operating system
// in err's chain, and nothing else: not a *url.Error, and no error that holds a request or a response. A time-out is still a
// net.Error, and an error which azcore must not retry is still marked so.
//
// A nil err gives nil. Cleaning twice changes nothing.
func Error(err error) error {
	if err == nil || isPlain(err) {
		return err
	}
	//nolint:errorlint // Of interest is err itself, not what it wraps.
	if _, clean := err.(cleaned); clean {
		return err
	}
	base := scrubbed{
		text:     Text(describe(err)),
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

// isPlain knows the errors that callers compare with == and that hold nothing.
func isPlain(err error) bool {
	//nolint:errorlint // Only the bare values may pass, never something wrapped around them.
	return err == io.EOF || err == io.ErrUnexpectedEOF || err == context.Canceled || err == context.DeadlineExceeded
}

// describe is err's text; where net/http made the error, the operation and the inner text.
func describe(err error) string {
	//nolint:errorlint // Deeper down the text is already part of another's; Text takes care of it there.
	if u, ok := err.(*url.Error); ok && u.Err != nil {
		return u.Op + ": " + describe(u.Err)
	}
	return err.Error()
}

// collect walks the tree under err and keeps the topmost errors of harmless types.
func collect(err error, found []error) []error {
	if err == nil {
		return found
	}
	if isHarmless(err) && Text(err.Error()) == err.Error() {
		return append(found, err)
	}
	//nolint:errorlint // This is the walk which errorlint asks for elsewhere.
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

// isHarmless knows the types of the standard library that hold no address beyond a host and no message of a peer.
func isHarmless(err error) bool {
	if isPlain(err) {
		return true
	}
	//nolint:errorlint // Asked of one node only; collect walks.
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

// scrubbed is the cleaned error. The original is reachable by errors.Is alone, through a closure that nothing prints.
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

// Timeout reports whether the original was a time-out.
func (e *scrubbedNet) Timeout() bool { return e.timeout }

// Temporary is there because net.Error asks for it; its meaning was never well defined.
func (e *scrubbedNet) Temporary() bool { return e.timeout }

// scrubbedFinal is a scrubbed error that azcore must not retry.
type scrubbedFinal struct{ scrubbed }

// NonRetriable marks the error for azcore's retry policy.
func (e *scrubbedFinal) NonRetriable() {}

// scrubbedFinalNet is both.
type scrubbedFinalNet struct{ scrubbedNet }

// NonRetriable marks the error for azcore's retry policy.
func (e *scrubbedFinalNet) NonRetriable() {}
