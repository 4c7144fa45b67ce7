// Package sas parses shared access signatures of Azure Storage.
package sas

import (
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/partnerbilling/sdk-go/internal/redact"
)

// Token is a shared access signature. It prints as redacted. The zero Token is none.
type Token struct {
	redact.Secret
	known   *redact.Known // its signature
	start   time.Time
	expires time.Time
}

// New reads a token. A leading "?" or "&" is dropped, and of a URL the query is taken; apart from
// that the token stays as it is, byte for byte, since a signature does not survive being decoded
// and encoded again.
//
// A token is refused that has no signature, does not grant reading, has no expiry, or has
// parameters that would turn the request into a different one. With a stored access policy (si),
// permissions and expiry may be part of the policy instead of the token; the expiry is unknown
// then. An error says what is wrong with the token ("it ...") and never quotes it.
func New(text string) (Token, error) {
	text = strings.TrimSpace(text)
	if isURL(text) {
		_, text, _ = strings.Cut(text, "?")
	}
	text = strings.TrimLeft(text, "?&")
	if text == "" {
		return Token{}, errors.New("it is empty")
	}
	for i := range len(text) {
		if c := text[i]; c <= ' ' || c >= 0x7f || c == '#' {
			return Token{}, errors.New("it holds a character that is not allowed in a query")
		}
	}
	parameters, err := parse(text)
	if err != nil {
		return Token{}, err
	}
	t := Token{Secret: redact.New(text), start: time.Now()} // a token without a start counts from now
	if parameters["sig"] == "" {
		return Token{}, errors.New("it has no signature (sig)")
	}
	t.known = redact.Know(parameters["sig"])
	stored := parameters["si"] != ""
	if permissions, has := parameters["sp"]; !strings.Contains(permissions, "r") && (has || !stored) {
		return Token{}, errors.New("it does not grant reading (no r in sp)")
	}
	if expiry, has := parameters["se"]; has || !stored {
		var ok bool
		if t.expires, ok = parseTime(expiry); !ok || t.expires.IsZero() {
			return Token{}, errors.New("it has no valid expiry (se)")
		}
	}
	for _, key := range []string{"st", "skt"} {
		if start, ok := parseTime(parameters[key]); ok {
			t.start = start
			break
		}
	}
	return t, nil
}

// isURL reports whether text begins with a scheme. A URL may also be part of the value of a
// parameter, where the name of the parameter comes first.
func isURL(text string) bool {
	scheme, _, found := strings.Cut(text, "://")
	return found && !strings.ContainsAny(scheme, "?&=")
}

// parse splits the query by hand: net/url would take a "+" for a blank.
func parse(query string) (map[string]string, error) {
	parameters := make(map[string]string)
	for pair := range strings.SplitSeq(query, "&") {
		if pair == "" {
			continue
		}
		key, value, _ := strings.Cut(pair, "=")
		key, err := url.PathUnescape(key)
		if err != nil {
			return nil, errors.New("the name of a parameter is wrongly escaped")
		}
		key = strings.ToLower(key)
		if value, err = url.PathUnescape(value); err != nil {
			return nil, errors.New("the value of a parameter is wrongly escaped")
		}
		switch key {
		case "comp", "restype", "snapshot", "versionid", "timeout":
			return nil, errors.New("it holds a parameter that would change the request")
		}
		if _, repeated := parameters[key]; repeated {
			return nil, errors.New("it holds a parameter twice")
		}
		parameters[key] = value
	}
	return parameters, nil
}

// parseTime reads the forms in which Azure writes times into a token.
func parseTime(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// Used is to be called before a token is sent. From then on its signature may come back in a
// response.
func Used(t Token) { t.known.Used() }

// Expires returns when the token stops being accepted for new requests, in UTC. The zero time means
// that the expiry is unknown.
func (t Token) Expires() time.Time { return t.expires }

// ExpiredAt reports whether the token has expired at a time. A token whose expiry is unknown never
// has.
func ExpiredAt(t Token, now time.Time) bool { return !t.expires.IsZero() && !now.Before(t.expires) }

// StaleAt reports whether the token is to be refreshed before a new request: a tenth of its
// lifetime before its expiry, five minutes at most. A token whose expiry is unknown never is.
func StaleAt(t Token, now time.Time) bool {
	ahead := min(5*time.Minute, max(0, t.expires.Sub(t.start)/10))
	return ExpiredAt(t, now.Add(ahead))
}
