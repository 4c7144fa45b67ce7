package lro

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"net/url"
	"strings"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/internal/errtext"
)

// A token is text without spaces or quotes, fit for a file, a database or a command line. The
// prefix has the version: the second one ends in a checksum, the first one, which is still read,
// has none.
const (
	tokenPrefix  = "partnerbilling-export.v2."
	tokenPrefix1 = "partnerbilling-export.v1."
)

const (
	// maxToken bounds the memory that a hostile token costs.
	maxToken = 64 << 10
	// maxAddress bounds the URL of an operation, so that its token is no longer than maxToken.
	// Services and proxies allow 8 to 16 KiB.
	maxAddress = 16 << 10
)

// tokenContent is what a resume token holds. None of it is secret: it is of no use without an
// access token.
type tokenContent struct {
	Endpoint string  `json:"endpoint"`
	Address  string  `json:"operation"`
	Kind     string  `json:"kind"`
	Replay   *replay `json:"request,omitempty"`
	// Once says that the request must not be sent again.
	Once bool `json:"once,omitempty"`
}

func (s *Service) formatToken(u *url.URL, request *replay, once bool) (string, error) {
	// Without a request there is none to send, as tokens without one have always said.
	content := tokenContent{Endpoint: s.Endpoint.String(), Address: u.String(), Kind: s.Kind, Replay: request, Once: once && request != nil}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // an ampersand takes one byte instead of six
	if err := e.Encode(content); err != nil {
		return "", fmt.Errorf("poller: resume token: %w", err)
	}
	data := bytes.TrimSpace(b.Bytes())
	text := fmt.Sprintf("%s%s.%08x", tokenPrefix, base64.RawURLEncoding.EncodeToString(data), crc32.ChecksumIEEE(data))
	if len(text) > maxToken {
		return "", fmt.Errorf("poller: resume token: longer than %d bytes", maxToken)
	}
	return text, nil
}

// decodeToken returns the content of a token, or why it is unusable.
func decodeToken(text string) (t tokenContent, problem string) {
	encoded, checked := strings.CutPrefix(text, tokenPrefix)
	first := !checked
	if first {
		encoded, first = strings.CutPrefix(text, tokenPrefix1)
	}
	switch {
	case len(text) > maxToken:
		return t, "it is too long to be a token; "
	case !checked && !first && strings.HasPrefix(text, "partnerbilling-export."):
		return t, "it is from another version of this SDK; use that version, or "
	case !checked && !first:
		return t, fmt.Sprintf("it does not begin with %q: it is truncated or not a token; ", tokenPrefix)
	}
	encoded, sum, _ := strings.Cut(encoded, ".")
	data, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	if err != nil || checked && sum != fmt.Sprintf("%08x", crc32.ChecksumIEEE(data)) || first && sum != "" || json.Unmarshal(data, &t) != nil {
		return t, "it is damaged or truncated; "
	}
	return t, ""
}

// unusable is the error of a token that cannot be used. why ends in what else to do than to begin
// anew, or in a semicolon.
func (s *Service) unusable(why string, kinds ...error) error {
	text := "poller: " + apierror.ErrResumeToken.Error() + ": " + why + s.Request.AdviceFor(apierror.ErrExpired)
	return errtext.New(text, append(kinds, apierror.ErrResumeToken)...)
}

// parseToken returns the address of a token's operation, after the checks that every Location
// passes, and what else is in the token.
func (s *Service) parseToken(text string) (*url.URL, tokenContent, error) {
	unusable := func(why string, kinds ...error) (*url.URL, tokenContent, error) {
		return nil, tokenContent{}, s.unusable(why, kinds...)
	}
	t, problem := decodeToken(strings.TrimSpace(text))
	if problem != "" {
		return unusable(problem)
	}
	if t.Kind != s.Kind {
		return unusable(fmt.Sprintf("it is for an operation of kind %.64q, not %.64q; use a request of that kind, or ", t.Kind, s.Kind))
	}
	endpoint, err := s.Endpoint.Resolve(nil, t.Endpoint)
	if err != nil || t.Endpoint == "" {
		return unusable("it is for another endpoint than "+s.Endpoint.String()+"; use a client of that endpoint, or ", apierror.ErrForeignLocation)
	}
	u, err := s.Endpoint.Resolve(endpoint, t.Address)
	if err != nil || t.Address == "" {
		return unusable("its operation is not on "+s.Endpoint.String()+"; ", apierror.ErrForeignLocation)
	}
	if t.Replay != nil {
		if _, err := s.Endpoint.Resolve(nil, t.Replay.Address); err != nil || t.Replay.Address == "" {
			return unusable("its request is not to "+s.Endpoint.String()+"; ", apierror.ErrForeignLocation)
		}
	}
	return u, t, nil
}
