// Package redact keeps secrets out of everything that can be printed.
//
// A [Secret] holds a credential that no formatter, logger or encoder can reach. [Text] and [Error] clean what other
// code has already put into words: URLs with a signature in their query, bearer tokens, transport errors that quote
// the whole address of a blob.
package redact

import (
	"fmt"
	"io"
	"log/slog"
)

// Placeholder stands wherever a secret would have been.
const Placeholder = "REDACTED"

// Secret holds a text that must not be printed by accident. The text lives behind a closure, so neither package fmt
// nor a debugger-like dump by reflection walks into it, not even when the Secret sits in an unexported field, where
// fmt ignores the methods below.
//
// The zero value is an empty secret.
type Secret struct{ reveal func() string }

// New wraps s. An empty s gives the zero Secret.
func New(s string) Secret {
	if s == "" {
		return Secret{}
	}
	return Secret{reveal: func() string { return s }}
}

// Reveal returns the secret itself. Call it only on the way to the wire.
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
	// A failing writer is reported by fmt to whoever called it.
	_, _ = io.WriteString(f, Placeholder)
}

// LogValue gives package log/slog [Placeholder].
func (s Secret) LogValue() slog.Value { return slog.StringValue(Placeholder) }

// MarshalJSON writes [Placeholder] as a JSON string.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + Placeholder + `"`), nil }

// MarshalText writes [Placeholder].
func (s Secret) MarshalText() ([]byte, error) { return []byte(Placeholder), nil }
