package lro

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/internal/errtext"
)

// tokenPrefix has the version. A token is text without spaces or quotes, fit for a file, a database
// or a command line.
const tokenPrefix = "partnerbilling-export.v1."

// maxToken bounds the memory that a hostile token costs.
const maxToken = 16 << 10

// tokenContent is what a resume token holds. None of it is secret: it is of no use without an
// access token.
type tokenContent struct {
	Endpoint string  `json:"endpoint"`
	Address  string  `json:"operation"`
	Kind     string  `json:"kind"`
	Replay   *replay `json:"request,omitempty"`
}

func (s *Service) formatToken(u *url.URL, again *replay) (string, error) {
	data, err := json.Marshal(tokenContent{Endpoint: s.Endpoint.String(), Address: u.String(), Kind: s.Kind, Replay: again})
	if err != nil {
		return "", fmt.Errorf("poller: resume token: %w", err)
	}
	return tokenPrefix + base64.RawURLEncoding.EncodeToString(data), nil
}

// parseToken returns the address of a token's operation, after the checks that every Location
// passes, and the request that began it, if the token has it.
func (s *Service) parseToken(text string) (*url.URL, *replay, error) {
	unusable := func(why string, kinds ...error) (*url.URL, *replay, error) {
		return nil, nil, errtext.New("poller: "+apierror.ErrResumeToken.Error()+": "+why, append(kinds, apierror.ErrResumeToken)...)
	}
	text = strings.TrimSpace(text)
	encoded, ok := strings.CutPrefix(text, tokenPrefix)
	switch {
	case len(text) > maxToken:
		return unusable("it is too long to be a token; begin a new export")
	case !ok && strings.HasPrefix(text, "partnerbilling-export."):
		return unusable("it is from another version of this SDK; use that version, or begin a new export")
	case !ok:
		return unusable(fmt.Sprintf("it does not begin with %q: it is truncated or not a token; begin a new export", tokenPrefix))
	}
	data, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	if err != nil {
		return unusable("it is damaged; begin a new export")
	}
	var t tokenContent
	if err := json.Unmarshal(data, &t); err != nil {
		return unusable("it is damaged; begin a new export")
	}
	if t.Kind != s.Kind {
		return unusable(fmt.Sprintf("it is for an export of kind %.64q, not %.64q; use a request of that kind, or begin a new export", t.Kind, s.Kind))
	}
	endpoint, err := s.Endpoint.Resolve(nil, t.Endpoint)
	if err != nil || t.Endpoint == "" {
		return unusable("it is for another endpoint than "+s.Endpoint.String()+"; use a client of that endpoint, or begin a new export", apierror.ErrForeignLocation)
	}
	u, err := s.Endpoint.Resolve(endpoint, t.Address)
	if err != nil || t.Address == "" {
		return unusable("its operation is not on "+s.Endpoint.String()+"; begin a new export", apierror.ErrForeignLocation)
	}
	if t.Replay != nil {
		if _, err := s.Endpoint.Resolve(nil, t.Replay.Address); err != nil || t.Replay.Address == "" {
			return unusable("its request is not to "+s.Endpoint.String()+"; begin a new export", apierror.ErrForeignLocation)
		}
	}
	return u, t.Replay, nil
}
