// Package errtext builds the texts of errors: errors that match several kinds under a text of their
// own, and foreign text made fit to be part of one.
package errtext

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/partnerbilling/sdk-go/internal/redact"
)

type kindError struct {
	text  string
	kinds []error
}

// New returns an error with a text of its own. errors.Is and errors.As find the kinds, whose texts
// do not appear.
func New(text string, kinds ...error) error { return &kindError{text, kinds} }

// Error implements error.
func (e *kindError) Error() string { return e.text }

// Unwrap returns the kinds.
func (e *kindError) Unwrap() []error { return e.kinds }

// Bounds on foreign text in errors, in bytes.
const (
	// CodeLimit bounds an error code, an ID or another short text.
	CodeLimit = 128
	// ExcerptLimit bounds the beginning of an unexpected response body.
	ExcerptLimit = 256
	// MessageLimit bounds a service's error message.
	MessageLimit = 1 << 10
)

// Clip makes foreign text fit for an error: without secrets, without control characters, in valid
// UTF-8 and at most limit bytes long.
func Clip(s string, limit int) string {
	// Redaction sees more than is shown, lest a secret be cut into something that does not look
	// like one.
	const seen = 16
	if len(s) > seen*limit {
		s = s[:seen*limit]
	}
	s = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, redact.Text(s))
	if len(s) > limit {
		s = s[:limit]
		for !utf8.ValidString(s) {
			s = s[:len(s)-1]
		}
	}
	return strings.TrimSpace(s)
}
