package billing

import (
	"context"
	"fmt"
	"net/http"
	"strings"

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
	// beginning a new one. It is what the poller's ResumeToken returned. The request must be the
	// one that began the export: a token holds its request, and that of another invoice, period,
	// currency or attribute set is refused with apierror.ErrResumeToken. A token without a request,
	// of an earlier version of this package or of an Operation with NoReexport, is accepted with
	// any request of the same kind.
	ResumeToken string

	// Operation continues an export by the ID or the URL of its operation, such as one from a log
	// or another program, instead of beginning a new one. It is for exports of which there is no
	// resume token: if you decide what to store, store a ResumeToken. Set one of the two, not both.
	//
	// The URL is the Location header of the response to the export request, and must be on the
	// client's endpoint. The ID is the last segment of the URL's path. The ID in the body of the
	// service's later responses, which poller.Operation.ID has, can be another one.
	//
	// The request must be of the kind of the export's rows, which neither an ID nor a URL tells. If
	// you know the request that began the export, pass it: a read can need it, see NoReexport. If
	// you do not, pass one of the same kind and set NoReexport: its fields are then ignored.
	Operation string

	// NoReexport keeps a read from beginning the same export again. A read does that where it needs
	// a fresh SAS after the service has dropped both the manifest and the operation, once an hour
	// at most, and continues only if the new export has the very same data. The resume token of
	// such an export says so, too.
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
// (where Graph says so; another HTTP status 404 is apierror.ErrNotFound) and others;
// apierror.ErrUnauthenticated where the credential has no token; apierror.ErrUnavailable where
// there is no usable response; apierror.ErrResumeToken where the resume token cannot be used;
// apierror.ErrForeignLocation where Operation is a URL off the endpoint.
func BeginExport[T any](ctx context.Context, c *Client, r Request[T], o *BeginExportOptions) (p *poller.Poller[T], err error) {
	if c == nil || c.azure == nil || r == nil {
		return nil, errNilRequest
	}
	var options BeginExportOptions
	if o != nil {
		options = *o
	}
	if err := options.check(); err != nil {
		return nil, err
	}
	w, invalid := r.wire()
	switch {
	case invalid == nil || options.ResumeToken != "":
	case options.Operation == "":
		return nil, invalid
	case !options.NoReexport:
		return nil, fmt.Errorf("%w; or set NoReexport if the request that began the operation is not known", invalid)
	}
	endpoint, err := c.versioned(w)
	if err != nil {
		return nil, fmt.Errorf("billing: %w", err)
	}
	ctx, end := runtime.StartSpan(ctx, "Client.BeginExport", c.azure.Tracer(), nil)
	defer func() { end(err) }()
	begun, err := c.begin(ctx, endpoint, w, invalid, options)
	if err != nil {
		return nil, err
	}
	return poller.New[T](begun, c.manifest), nil
}

func (o *BeginExportOptions) check() error {
	switch {
	case o.ResumeToken != "" && o.Operation != "":
		return errtext.New("billing: BeginExportOptions: set ResumeToken or Operation, not both", ErrInvalidRequest)
	case o.Operation != "" && strings.TrimSpace(o.Operation) == "":
		return errtext.New("billing: BeginExportOptions.Operation is blank: give the ID or the URL of an operation", ErrInvalidRequest)
	}
	return nil
}

var errNilRequest = errtext.New("billing: BeginExport: it needs a client of NewClient and a request", ErrInvalidRequest)

// begin begins an export, or continues one. invalid says what is wrong with the request, where that
// does not matter by itself.
func (c *Client) begin(ctx context.Context, endpoint origin.Endpoint, w wire, invalid error, o BeginExportOptions) (lro.Begun, error) {
	service := lro.Service{
		Pipeline: c.azure.Pipeline(), Endpoint: endpoint, Decoder: lro.Graph{Endpoint: endpoint}, Kind: w.kind,
		Request: lro.GraphExport("billing: export request"), Reexport: !o.NoReexport, Tracer: c.azure.Tracer(),
	}
	request := func() (*policy.Request, error) {
		if invalid != nil {
			return nil, invalid
		}
		return newExportRequest(ctx, endpoint, w)
	}
	if o.ResumeToken != "" {
		return lro.Resume(service, o.ResumeToken, request)
	}
	req, err := newExportRequest(ctx, endpoint, w)
	switch {
	case err != nil:
		return lro.Begun{}, err
	case o.Operation != "":
		return lro.TakeUp(service, o.Operation, req)
	default:
		return lro.Begin(ctx, service, req)
	}
}

func newExportRequest(ctx context.Context, endpoint origin.Endpoint, w wire) (*policy.Request, error) {
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
	return req, nil
}
