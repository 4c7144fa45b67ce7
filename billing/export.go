package billing

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/partnerbilling/sdk-go/internal/errtext"
	"github.com/partnerbilling/sdk-go/internal/lro"
	"github.com/partnerbilling/sdk-go/internal/origin"
	"github.com/partnerbilling/sdk-go/poller"
)

// BeginExportOptions change what [BeginExport] does. The zero value and nil are the defaults.
type BeginExportOptions struct {
	// ResumeToken continues an export that was begun before, here or in another process, instead of
	// beginning a new one. It is what the poller's ResumeToken returned. The request must be of the
	// same kind; its fields are not used.
	ResumeToken string

	// Operation continues an export of which no more is known than its operation's ID or URL, from
	// a log or another program, instead of beginning a new one. A URL must be on the client's
	// endpoint. The rows must be of the request's kind: neither an ID nor a URL tells. The request
	// is the one that began the export; where that is not known, set NoReexport, and its fields are
	// not used. Operation and ResumeToken exclude each other.
	Operation string

	// NoReexport keeps a read from beginning the same export again. A read does that where it needs
	// a fresh SAS after the service has dropped both the manifest and the operation, once an hour
	// at most, and continues only if the new export has the very same data.
	NoReexport bool
}

// BeginExport begins an export and returns the poller that waits for it. The type of the request
// decides the type of the rows. Canceling ctx afterwards does not end the export.
//
//	p, err := billing.BeginExport(ctx, client, billing.BilledUsage{InvoiceID: "G016907411"}, nil)
//	m, err := p.PollUntilDone(ctx, nil)
//
// Where the response is lost, the request is sent again, as often as ClientOptions.Retry says; a
// second request only makes a second export of the same data.
//
// Errors: [ErrInvalidRequest] before anything is sent; *apierror.RequestError where the service
// rejects the request, matching apierror.ErrPermission, apierror.ErrNotPartner, apierror.ErrNoData
// and others; apierror.ErrUnauthenticated where the credential has no token;
// apierror.ErrUnavailable where there is no usable response; apierror.ErrResumeToken where the
// resume token cannot be used; apierror.ErrForeignLocation where Operation is a URL off the
// endpoint.
func BeginExport[T any](ctx context.Context, c *Client, r Request[T], o *BeginExportOptions) (p *poller.Poller[T], err error) {
	if c == nil || c.azure == nil || r == nil {
		return nil, errNilRequest
	}
	var options BeginExportOptions
	if o != nil {
		options = *o
	}
	w, err := r.wire()
	resumed := options.ResumeToken != "" || options.Operation != "" && options.NoReexport
	if err != nil && !resumed {
		return nil, err
	}
	if options.ResumeToken != "" && options.Operation != "" {
		return nil, errtext.New("billing: BeginExportOptions: set ResumeToken or Operation, not both", ErrInvalidRequest)
	}
	endpoint, err := c.versioned(w)
	if err != nil {
		return nil, fmt.Errorf("billing: %w", err)
	}
	ctx, end := runtime.StartSpan(ctx, "Client.BeginExport", c.azure.Tracer(), nil)
	defer func() { end(err) }()
	begun, err := c.begin(ctx, endpoint, w, options)
	if err != nil {
		return nil, err
	}
	return poller.New[T](begun, c.manifest), nil
}

var errNilRequest = errors.New("billing: BeginExport: it needs a client of NewClient and a request")

// begin begins an export, or continues one.
func (c *Client) begin(ctx context.Context, endpoint origin.Endpoint, w wire, o BeginExportOptions) (lro.Begun, error) {
	service := lro.Service{
		Pipeline: c.azure.Pipeline(), Endpoint: endpoint, Decoder: lro.Graph{Endpoint: endpoint}, Kind: w.kind,
		Request: lro.GraphExport("billing: export request"), Reexport: !o.NoReexport, Tracer: c.azure.Tracer(),
	}
	if o.ResumeToken != "" {
		return lro.Resume(service, o.ResumeToken)
	}
	req, err := newExportRequest(ctx, endpoint, w)
	switch {
	case err != nil:
		return lro.Begun{}, fmt.Errorf("billing: %w", err)
	case o.Operation != "":
		return lro.TakeUp(service, o.Operation, req)
	default:
		return lro.Begin(ctx, service, req)
	}
}

func newExportRequest(ctx context.Context, endpoint origin.Endpoint, w wire) (*policy.Request, error) {
	u, err := endpoint.Join(w.path()...)
	if err != nil {
		return nil, err
	}
	req, err := runtime.NewRequest(ctx, http.MethodPost, u.String())
	if err != nil {
		return nil, err
	}
	req.Raw().Header.Set("Accept", "application/json")
	return req, runtime.MarshalAsJSON(req, w.body)
}
