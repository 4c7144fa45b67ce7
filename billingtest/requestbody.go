package billingtest

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// maxRequestBody is far more than any request of this API needs.
const maxRequestBody = 1 << 20

// readBody reads the request's body, decodes its Content-Encoding and closes it. It sets refusal to
// the status that a body gets that cannot be decoded.
func (x *Exchange) readBody(request *http.Request) error {
	if request.Body == nil {
		return nil
	}
	var err error
	x.Body, err = io.ReadAll(io.LimitReader(request.Body, maxRequestBody))
	if err = errors.Join(err, request.Body.Close()); err != nil {
		return err
	}
	switch coding := x.Request.Header.Get("Content-Encoding"); strings.ToLower(coding) {
	case "", "identity":
	case "gzip", "x-gzip":
		plain, err := inflated(x.Body)
		if err != nil {
			x.refusal = http.StatusBadRequest
			return nil //nolint:nilerr // the response says it
		}
		x.Body = plain
	default:
		x.refusal = http.StatusUnsupportedMediaType
	}
	return nil
}

// inflated decompresses a body.
func inflated(body []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	plain, err := io.ReadAll(io.LimitReader(z, maxRequestBody))
	return plain, errors.Join(err, z.Close())
}

// refusalText explains a refusal.
func (x *Exchange) refusalText() (code, message string) {
	if x.refusal == http.StatusUnsupportedMediaType {
		return "UnsupportedMediaType", "The Content-Encoding of the request body is not supported."
	}
	return "BadRequest", "The request body does not have the Content-Encoding of its header."
}
