package billing

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/partnerbilling/sdk-go/poller"
)

// BeginExportOptions change what [BeginExport] does. The zero value and nil are the
// defaults.
type BeginExportOptions struct {
	// ResumeToken continues an export that was begun before, here or in another process,
	// instead of asking for a new one. It is what the poller's ResumeToken returned. The
	// request must be of the same kind; its fields are not looked at.
	ResumeToken string

	// NoReexport keeps the reading of the rows from asking for the same export again. It
	// does that where it needs a fresh signature after the service has dropped both the
	// manifest and the operation, once an hour at most, and goes on only if the new export
	// is of the very same data.
	NoReexport bool
}

// BeginExport asks for an export and returns the poller that waits for it. The type of
// the request decides the type of the rows. Ending ctx afterwards does not end the
// export.
//
//	p, err := billing.BeginExport(ctx, client, billing.BilledUsage{InvoiceID: "G016907411"}, nil)
//	m, err := p.PollUntilDone(ctx, nil)
//
// Should an answer get lost, the request is sent again, as often as ClientOptions.Retry
// says; a second request only makes a second export of the same data.
//
// Errors: [ErrInvalidRequest] before anything is sent; [apierror.RequestError] where the
// service refuses, matching [apierror.ErrPermission], [apierror.ErrNotPartner],
// [apierror.ErrNoData] and others; [apierror.ErrUnauthenticated] where the credential gives
// no token; [apierror.ErrUnavailable] where the service could not be reached;
// [apierror.ErrResumeToken] where the token cannot be used.
func BeginExport[T any](ctx context.Context, c *Client, r Request[T], o *BeginExportOptions) (p *poller.Poller[T], err error) {
	if c == nil || r == nil {
		return nil, errNilRequest
	}
	resuming := o != nil && o.ResumeToken != ""
	w, err := r.wire()
	if err != nil && !resuming {
		return nil, err
	}
	endpoint, err := c.versioned(w)
	if err != nil {
		return nil, fmt.Errorf("billing: %w", err)
	}
	options := &poller.Options{Endpoint: endpoint.String(), Kind: w.kind, Manifest: c.manifest, Tracer: c.azure.Tracer(), NoReexport: o != nil && o.NoReexport}
	if resuming {
		return poller.Resume[T](o.ResumeToken, c.azure.Pipeline(), options)
	}

	ctx, end := runtime.StartSpan(ctx, "Client.BeginExport", c.azure.Tracer(), nil)
	defer func() { end(err) }()
	u, err := endpoint.Join(w.path()...)
	if err != nil {
		return nil, fmt.Errorf("billing: %w", err)
	}
	req, err := runtime.NewRequest(ctx, http.MethodPost, u.String())
	if err != nil {
		return nil, fmt.Errorf("billing: %w", err)
	}
	req.Raw().Header.Set("Accept", "application/json")
	if err := runtime.MarshalAsJSON(req, w.body); err != nil {
		return nil, fmt.Errorf("billing: %w", err)
	}
	return poller.Begin[T](req, c.azure.Pipeline(), options)
}

var errNilRequest = errors.New("billing: BeginExport needs a client and a request")
