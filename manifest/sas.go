package manifest

import (
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/partnerbilling/sdk-go/internal/redact"
)

// SAS is a shared access signature: who holds its text can read the export until
// it expires. The text comes out through [SAS.Reveal] and [Manifest.MarshalWithSAS]
// alone. Printed, logged or marshalled in any other way, also as a part of
// something else, it reads REDACTED.
type SAS struct {
	secret  redact.Secret
	start   time.Time
	expires time.Time
}

// NewSAS takes a token as the service hands it out. A leading "?" or "&" is
// dropped, and of a whole URL the query is taken; apart from that the token stays
// as it is, byte for byte, since a signature does not survive being decoded and
// encoded again.
//
// A token that cannot work is an [*Error] matching [ErrSAS]: one without a
// signature, an expiry or the right to read, or one that holds parameters which
// would turn the request into a different one. An expired token is accepted here;
// whether it still works is for the reader to find out.
func NewSAS(token string) (SAS, error) {
	token = strings.TrimSpace(token)
	if strings.Contains(token, "://") {
		_, token, _ = strings.Cut(token, "?")
	}
	token = strings.TrimLeft(token, "?&")
	if token == "" {
		return SAS{}, sasError("it is empty; poll the operation again for a fresh one")
	}
	for i := range len(token) {
		if c := token[i]; c <= ' ' || c >= 0x7f || c == '#' {
			return SAS{}, sasError("it holds a character that has no place in a query")
		}
	}
	fields, err := sasFields(token)
	if err != nil {
		return SAS{}, err
	}
	if fields["sig"] == "" {
		return SAS{}, sasError("it has no signature (sig)")
	}
	if !strings.Contains(fields["sp"], "r") {
		return SAS{}, sasError("it does not grant reading (no r in sp)")
	}
	expires, ok := sasTime(fields["se"])
	if !ok {
		return SAS{}, sasError("it has no expiry that can be understood (se)")
	}
	// Where the token does not say since when it is valid, it counts from now.
	s := SAS{secret: redact.New(token), start: time.Now(), expires: expires}
	for _, key := range []string{"st", "skt"} {
		if t, ok := sasTime(fields[key]); ok {
			s.start = t
			break
		}
	}
	return s, nil
}

// sasFields reads the parameters by hand: net/url would take a "+" for a blank.
func sasFields(token string) (map[string]string, error) {
	fields := make(map[string]string)
	for pair := range strings.SplitSeq(token, "&") {
		if pair == "" {
			continue
		}
		key, value, _ := strings.Cut(pair, "=")
		key, err := url.PathUnescape(key)
		if err != nil {
			return nil, sasError("a parameter's name is wrongly escaped")
		}
		key = strings.ToLower(key)
		if value, err = url.PathUnescape(value); err != nil {
			return nil, sasError("a parameter's value is wrongly escaped")
		}
		switch key {
		case "comp", "restype", "snapshot", "versionid", "timeout":
			return nil, sasError("it holds a parameter that would change the request")
		}
		if _, twice := fields[key]; twice {
			return nil, sasError("it holds a parameter twice")
		}
		fields[key] = value
	}
	return fields, nil
}

// sasTime reads the forms in which Azure writes times into a SAS.
func sasTime(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

func sasError(reason string) *Error {
	return &Error{Field: "sasToken", Reason: reason, Err: ErrSAS}
}

// Expires is when the token stops to be accepted for new requests, in UTC. The
// zero SAS gives the zero time.
func (s SAS) Expires() time.Time { return s.expires }

// Reveal gives the token's text, without a leading "?". Whoever sees it can read
// the export: keep it out of logs and errors.
func (s SAS) Reveal() string { return s.secret.Reveal() }

// IsZero reports whether there is no token.
func (s SAS) IsZero() bool { return s.secret.IsZero() }

// staleAt is when to look for a fresh token before a new request is begun: a tenth
// of the token's life ahead of its end, five minutes at most.
func (s SAS) staleAt() time.Time {
	return s.expires.Add(-min(5*time.Minute, max(0, s.expires.Sub(s.start)/10)))
}

// String gives REDACTED.
func (s SAS) String() string { return redact.Placeholder }

// GoString gives REDACTED.
func (s SAS) GoString() string { return redact.Placeholder }

// Format writes REDACTED, whatever the verb.
func (s SAS) Format(f fmt.State, _ rune) {
	// A failed write is fmt's own affair, it keeps the state.
	_, _ = f.Write([]byte(redact.Placeholder))
}

// LogValue gives REDACTED.
func (s SAS) LogValue() slog.Value { return slog.StringValue(redact.Placeholder) }

// MarshalText gives REDACTED.
func (s SAS) MarshalText() ([]byte, error) { return []byte(redact.Placeholder), nil }

// MarshalJSON gives "REDACTED".
func (s SAS) MarshalJSON() ([]byte, error) { return []byte(`"` + redact.Placeholder + `"`), nil }
