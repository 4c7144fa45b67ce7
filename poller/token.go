package poller

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/partnerbilling/sdk-go/apierror"
)

// tokenPrefix carries the version. A token is text without spaces or quotes, fit for a file, a database or a command line.
const tokenPrefix = "partnerbilling-export.v1."

// maxToken keeps a hostile token from costing memory.
const maxToken = 16 << 10

// token is what a resume token holds. None of it is secret: whoever has it still needs an access token.
type token struct {
	Endpoint  string `json:"endpoint"`
	Operation string `json:"operation"`
	Kind      string `json:"kind"`
	// Request is there where it is known and may be made again.
	Request *request `json:"request,omitempty"`
}

func (s *service) token(operation *url.URL) (string, error) {
	data, err := json.Marshal(token{Endpoint: s.endpoint.String(), Operation: operation.String(), Kind: s.kind, Request: s.request})
	if err != nil {
		return "", fmt.Errorf("poller: writing the resume token: %w", err)
	}
	return tokenPrefix + base64.RawURLEncoding.EncodeToString(data), nil
}

// operation reads a token and returns the operation's address, after the same checks that every Location passes, and the request
// that began it, if the token has it.
func (s *service) operation(text string) (*url.URL, *request, error) {
	unusable := func(why string, kinds ...error) (*url.URL, *request, error) {
		return nil, nil, newError(apierror.ErrResumeToken.Error()+": "+why, append(kinds, apierror.ErrResumeToken)...)
	}
	text = strings.TrimSpace(text)
	encoded, ok := strings.CutPrefix(text, tokenPrefix)
	switch {
	case len(text) > maxToken:
		return unusable("it is too long")
	case !ok && strings.HasPrefix(text, "partnerbilling-export."):
		return unusable("it was written by another version of this package")
	case !ok:
		return unusable("this is not a token of this package")
	}
	data, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	if err != nil {
		return unusable("it is damaged")
	}
	var t token
	if err := json.Unmarshal(data, &t); err != nil {
		return unusable("it is damaged")
	}
	if t.Kind != s.kind {
		return unusable(fmt.Sprintf("it belongs to an export of kind %.64q, this one is of kind %.64q", t.Kind, s.kind))
	}
	endpoint, err := s.endpoint.Resolve(nil, t.Endpoint)
	if err != nil || t.Endpoint == "" {
		return unusable("it belongs to another endpoint than "+s.endpoint.String(), apierror.ErrForeignLocation)
	}
	u, err := s.endpoint.Resolve(endpoint, t.Operation)
	if err != nil || t.Operation == "" {
		return unusable("it names an operation that is not on "+s.endpoint.String(), apierror.ErrForeignLocation)
	}
	if t.Request != nil {
		if _, err := s.endpoint.Resolve(nil, t.Request.Address); err != nil || t.Request.Address == "" {
			return unusable("it names a request that is not to "+s.endpoint.String(), apierror.ErrForeignLocation)
		}
	}
	return u, t.Request, nil
}
