package costmgmt

import (
	"context"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/internal/lro"
)

// priceSheetKind is the kind of a price sheet's resume token.
const priceSheetKind = "pricesheet"

// begin begins a long-running operation, or continues that of a resume token. It is never begun
// again by itself: each counts against limits.
func (c *Client) begin(ctx context.Context, k *call, kind string, d lro.Decoder, token string) (begun lro.Begun, err error) {
	op := k.op()
	op.Statuses = nil // the decoder knows them
	op.Advice[apierror.ErrExpired] = "request another " + strings.TrimPrefix(k.what, "cost details ")
	op.Advice[apierror.ErrNoData] = "check the scope, the period and the invoice number; where nothing was charged there is no data"
	if kind == priceSheetKind { // which has prices, charged or not, mostly without an invoice
		op.Advice[apierror.ErrNoData] = "check the billing account and the billing profile, and the invoice number if one was given"
	}
	service := lro.Service{Pipeline: c.pipeline, Endpoint: c.endpoint, Decoder: d, Kind: kind, Request: op, Tracer: c.tracer}
	if token != "" {
		return lro.Resume(service, token, func() (*policy.Request, error) { return c.request(ctx, k) })
	}
	ctx, end := runtime.StartSpan(ctx, "Client.Begin", c.tracer, nil)
	defer func() { end(err) }()
	req, err := c.request(ctx, k)
	if err != nil {
		return lro.Begun{}, err
	}
	return lro.Begin(ctx, service, req)
}
