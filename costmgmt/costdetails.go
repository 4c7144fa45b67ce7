package costmgmt

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/partnerbilling/sdk-go/internal/jsonscalar"
	"github.com/partnerbilling/sdk-go/poller"
)

// CostDetailsRequest is a request for a report of all costs of a scope: of a period, of an invoice,
// or of a billing period. Exactly one of the three is set.
type CostDetailsRequest struct {
	// Metric is how purchases count: [MetricActualCost] or [MetricAmortizedCost]; empty stands for
	// MetricActualCost.
	Metric Metric
	// Period is a month at most, and reaches back 13 months at most.
	Period Period
	// InvoiceID is the number of an invoice. The scope is then a billing profile or a customer.
	InvoiceID string
	// BillingPeriod is year and month of a billing period, such as 202409.
	BillingPeriod string
}

// BeginCostDetailsOptions are the options of [BeginCostDetails]. The zero value and nil are the
// defaults.
type BeginCostDetailsOptions struct {
	// ResumeToken continues with a report that was requested before, here or in another process,
	// instead of requesting a new one. It is what the poller's ResumeToken returned. Microsoft
	// wants the same report to be requested once a day at most.
	ResumeToken string
}

// BeginCostDetails requests a cost details report and returns the poller that waits for it. T is
// the type of its rows: [CostDetail], [lineitem.Record], or a struct with the columns that are
// needed.
//
//	r := costmgmt.CostDetailsRequest{InvoiceID: number}
//	p, err := costmgmt.BeginCostDetails[costmgmt.CostDetail](ctx, client, scope, r, nil)
//	m, err := p.PollUntilDone(ctx, nil)
//	for row, err := range m.Items(ctx, nil) { ... }
//
// The report is read by package manifest, as an export of package billing is. Two things differ:
// its SAS cannot be refreshed, so a read that takes longer than the SAS is valid ends with
// [manifest.ErrSAS] and needs a new report; and there is no checkpoint.
//
// A request that is not allowed is an error that matches [ErrInvalidRequest]. If there are no
// costs, the error, of this function or of the poller, matches [apierror.ErrNoData]; a report that
// failed is an [*apierror.OperationError].
func BeginCostDetails[T any](ctx context.Context, c *Client, s Scope, r CostDetailsRequest, o *BeginCostDetailsOptions) (*poller.Poller[T], error) {
	const op = "cost details report"
	if err := c.ready(op); err != nil {
		return nil, err
	}
	options := c.polled("costdetails", costDetailsAnswer)
	if o != nil && o.ResumeToken != "" {
		return poller.Resume[T](o.ResumeToken, c.pipeline, options)
	}
	k := &call{
		what: op, api: "GenerateCostDetailsReportClient.BeginCreateOperation", method: http.MethodPost,
		scope: s, path: "/providers/Microsoft.CostManagement/generateCostDetailsReport", version: costVersion,
	}
	var err error
	if k.body, err = r.wire(k.what); err != nil {
		return nil, err
	}
	return begin[T](ctx, c, k, options)
}

// polled are the options of a poller of Resource Manager. An operation is never begun anew: each
// counts against limits.
func (c *Client) polled(kind string, answer func(status int, body []byte) []byte) *poller.Options {
	return &poller.Options{
		Endpoint: c.endpoint.String(), Kind: kind, Manifest: c.manifest, NoReexport: true, Tracer: c.tracer, Answer: answer, Permission: permission,
	}
}

// begin sends the request of an operation.
func begin[T any](ctx context.Context, c *Client, k *call, options *poller.Options) (_ *poller.Poller[T], err error) {
	ctx, end := runtime.StartSpan(ctx, "Client.Begin", c.tracer, nil)
	defer func() { end(err) }()
	req, err := c.request(ctx, k)
	if err != nil {
		return nil, err
	}
	return poller.Begin[T](req, c.pipeline, options)
}

// wire is the request in the form of the service.
func (r *CostDetailsRequest) wire(what string) (any, error) {
	type definition struct {
		Metric        Metric            `json:"metric"`
		TimePeriod    map[string]string `json:"timePeriod,omitempty"`
		InvoiceID     string            `json:"invoiceId,omitempty"`
		BillingPeriod string            `json:"billingPeriod,omitempty"`
	}
	d := definition{Metric: r.Metric, InvoiceID: r.InvoiceID, BillingPeriod: r.BillingPeriod}
	switch d.Metric {
	case "":
		d.Metric = MetricActualCost
	case MetricActualCost, MetricAmortizedCost:
	default:
		return nil, invalid(what, fmt.Sprintf("invalid Metric %.64q: must be %s or %s", string(d.Metric), MetricActualCost, MetricAmortizedCost))
	}
	set := 0
	for _, is := range []bool{r.Period != (Period{}), r.InvoiceID != "", r.BillingPeriod != ""} {
		if is {
			set++
		}
	}
	if set != 1 {
		return nil, invalid(what, "set exactly one of Period, InvoiceID and BillingPeriod")
	}
	if r.Period != (Period{}) {
		if err := r.Period.check(what); err != nil {
			return nil, err
		}
		if r.Period.End.After(r.Period.Start.AddDate(0, 1, 0)) {
			return nil, invalid(what, "invalid period: a report covers a month at most")
		}
		d.TimePeriod = map[string]string{"start": r.Period.Start.Format(day), "end": r.Period.End.Format(day)}
	}
	return d, nil
}

// graph is an operation in the form of Graph, which is the poller's.
type graph struct {
	Status   string          `json:"status"`
	Location json.RawMessage `json:"resourceLocation,omitempty"`
	Error    json.RawMessage `json:"error,omitempty"`
}

func (g graph) json() []byte {
	data, err := json.Marshal(g)
	if err != nil {
		return nil // unreachable: its parts were parsed
	}
	return data
}

// noData is what Graph says where there is nothing.
func noData(message string) []byte {
	e, err := json.Marshal(map[string]string{"code": "5000", "message": message})
	if err != nil {
		return nil // unreachable
	}
	return graph{Status: "failed", Error: e}.json()
}

// costDetailsAnswer translates an answer about a report. It says in a 200 that it failed, or that
// there is nothing, and a 204 says that too.
func costDetailsAnswer(status int, body []byte) []byte {
	if status == http.StatusNoContent {
		return noData("No content.")
	}
	var w struct {
		Status   jsonscalar.Text `json:"status"`
		Manifest json.RawMessage `json:"manifest"`
		Error    json.RawMessage `json:"error"`
	}
	if status == http.StatusAccepted {
		return nil
	}
	if json.Unmarshal(body, &w) != nil {
		return body // for the poller to complain about
	}
	switch strings.ToLower(string(w.Status)) {
	case "nodatafound":
		return noData("No data found.")
	case "failed", "canceled", "cancelled":
		return graph{Status: "failed", Error: w.Error}.json()
	case "completed", "succeeded", "":
		return graph{Status: "succeeded", Location: w.Manifest}.json()
	}
	return graph{Status: "running"}.json()
}
