package lro

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/tracing"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/internal/origin"
	"github.com/partnerbilling/sdk-go/internal/rest"
)

// Service is where an operation runs.
type Service struct {
	// Pipeline sends the requests. No request leaves for an address off the Endpoint.
	Pipeline runtime.Pipeline
	Endpoint origin.Endpoint
	// Decoder knows the service's responses.
	Decoder Decoder
	// Kind names what the operation makes, for instance "usage". It is part of the resume token,
	// which is only accepted where the Kind is the same.
	Kind string
	// Request describes the request that begins the operation. Its Advice is that of all requests.
	Request rest.Op
	// Reexport allows a refresh to begin the same operation again where the service has dropped
	// both the result and the operation.
	Reexport bool
	// Tracer makes the spans of the operation's methods. The zero value makes none.
	Tracer tracing.Tracer
}

// Limits of what is read into memory. A manifest lists blobs, of which an export can have very
// many.
const (
	maxOperation = 4 << 20
	maxManifest  = 64 << 20
)

// operation describes a request for an operation's state. A manifest in the response has a limit of
// its own.
func (s *Service) operation() rest.Op {
	return rest.Op{Name: "poller: operation", MaxBody: maxOperation + maxManifest, Advice: s.Request.Advice}
}

// resultOp describes a request for a result.
func (s *Service) resultOp() rest.Op {
	return rest.Op{Name: "poller: manifest", MaxBody: maxManifest, Advice: s.Request.Advice}
}

// load returns a result as the service sent it, which it fetches if need be.
func (s *Service) load(ctx context.Context, success Succeeded) ([]byte, error) {
	if success.Link == nil {
		return []byte(success.Embedded.Reveal()), nil
	}
	op := s.resultOp()
	r, err := s.get(ctx, success.Link, op)
	if err != nil {
		return nil, err
	}
	var object map[string]json.RawMessage
	if err := r.Decode(op, &object); err != nil {
		return nil, err
	}
	return r.Body, nil
}

// get fetches an address of the endpoint.
func (s *Service) get(ctx context.Context, u *url.URL, op rest.Op) (*rest.Response, error) {
	if err := s.Endpoint.Check(u); err != nil {
		return nil, op.Foreign(err)
	}
	req, err := runtime.NewRequest(ctx, http.MethodGet, u.String())
	if err != nil {
		return nil, op.Errorf(apierror.ErrForeignLocation, "invalid URL")
	}
	req.Raw().Header.Set("Accept", "application/json")
	runtime.SkipBodyDownload(req)
	r, err := rest.Do(ctx, s.Pipeline, req, op)
	if err != nil {
		return nil, err
	}
	return r, nil
}
