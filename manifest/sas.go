package manifest

import (
	"time"

	"github.com/partnerbilling/sdk-go/internal/sas"
)

// SAS is a shared access signature: whoever holds its text can read the export until it expires.
// The text is returned by its method Reveal and by [Manifest.MarshalWithSAS] alone; in fmt,
// log/slog and encoding/json, also as a part of something else, it is REDACTED, also if there is
// no SAS. IsZero reports whether there is none.
type SAS struct{ token }

type token = sas.Token

// NewSAS parses a token as the service returns it. A leading "?" or "&" is dropped, and of a URL
// the query is taken; apart from that the token stays as it is, byte for byte.
//
// A token that cannot work is an [*Error] matching [ErrSAS]: one without a signature, an expiry or
// the right to read, or one with parameters that would turn the request into a different one.
// Expiry and rights may also be part of a stored access policy (si). An expired token is accepted
// here; whether it still works is found out by reading.
func NewSAS(text string) (SAS, error) {
	t, err := sas.New(text)
	if err != nil {
		return SAS{}, sasError(err.Error())
	}
	return SAS{t}, nil
}

// Expires returns when the SAS stops being accepted for new requests, in UTC. The zero time means
// that the expiry is unknown, because a stored access policy has it, or that there is no SAS.
func (s SAS) Expires() time.Time { return s.token.Expires() }

func sasError(reason string) *Error {
	return &Error{Field: "sasToken", Reason: reason, Err: ErrSAS}
}
