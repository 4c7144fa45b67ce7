package rest

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/internal/errtext"
)

// Decode reads the JSON object of a response's body. A body that is empty or ends too early is
// [apierror.ErrUnavailable], since the next may be whole; anything else is [apierror.ErrMalformed].
func (r *Response) Decode(op Op, into any) error {
	switch {
	case len(r.Body) == 0:
		return op.Errorf(apierror.ErrUnavailable, "empty response body")
	case r.Body[0] != '{':
		return op.Errorf(apierror.ErrMalformed, "expected a JSON object, got %q", errtext.Clip(string(r.Body), errtext.ExcerptLimit))
	}
	err := json.Unmarshal(r.Body, into)
	// The text of a JSON error may quote the body, which may hold a secret.
	switch syntax, is := errors.AsType[*json.SyntaxError](err); {
	case err == nil:
		return nil
	case is && strings.Contains(syntax.Error(), "unexpected end of JSON input"):
		return op.Errorf(apierror.ErrUnavailable, "response cut short")
	case is:
		return op.Errorf(apierror.ErrMalformed, "invalid JSON")
	default:
		return op.Errorf(apierror.ErrMalformed, "unexpected type of a JSON value")
	}
}
