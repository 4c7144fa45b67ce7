// Package redact keeps secrets out of everything that can be printed.
//
// A [Secret] holds a credential that no formatter, logger or encoder prints. [Text] and [Error]
// redact text and errors of other code: URLs with a signature, bearer tokens, transport errors with
// the whole URL of a blob. They recognize a secret by what is around it, and one that is [Known] by
// its value.
package redact

import (
	"fmt"
	"io"
	"log/slog"
)

// Placeholder replaces a secret.
const Placeholder = "REDACTED"

// Secret holds a text that must not be printed by accident. The text is inside a closure, so
// neither package fmt nor another dump by reflection prints it, not even from an unexported field,
// where fmt ignores the methods below.
//
// The zero value is an empty secret.
type Secret struct{ reveal func() string }

// New returns a Secret that holds s. New("") is the zero Secret.
func New(s string) Secret {
	if s == "" {
		return Secret{}
	}
	return Secret{reveal: func() string { return s }}
}

// Reveal returns the secret itself. Call it only to send it.
func (s Secret) Reveal() string {
	if s.reveal == nil {
		return ""
	}
	return s.reveal()
}

// IsZero reports whether the secret is empty.
func (s Secret) IsZero() bool { return s.reveal == nil }

// String returns [Placeholder].
func (s Secret) String() string { return Placeholder }

// GoString returns [Placeholder].
func (s Secret) GoString() string { return Placeholder }

// Format writes [Placeholder] for every verb and flag.
func (s Secret) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, Placeholder) // fmt reports an error of the writer to its caller
}

// LogValue returns [Placeholder] for package log/slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(Placeholder) }

// MarshalJSON writes [Placeholder] as a JSON string.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + Placeholder + `"`), nil }

// MarshalText writes [Placeholder].
func (s Secret) MarshalText() ([]byte, error) { return []byte(Placeholder), nil }
