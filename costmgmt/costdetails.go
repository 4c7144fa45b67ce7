package costmgmt

import (
	"context"
	"fmt"
	"net/http"

	"github.com/partnerbilling/sdk-go/internal/lro"
	"github.com/partnerbilling/sdk-go/poller"
)

// CostDetailsRequest is a request for a report of all costs of a scope: of a period, of an invoice,
// or of a billing period. Exactly one of the three is set.
type CostDetailsRequest struct {
	// Metric is whether reservations and savings plans are charged when they are bought,
	// [MetricActualCost], or spread over their term, [MetricAmortizedCost]; empty stands for
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
	// instead of requesting a new one. It is what the poller's ResumeToken returned. A token of
	// another scope or request is refused with apierror.ErrResumeToken. Microsoft wants the same
	// report to be requested once a day at most.
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
	k := &call{
		what: op, api: "GenerateCostDetailsReportClient.BeginCreateOperation", method: http.MethodPost,
		scope: s, path: "/providers/Microsoft.CostManagement/generateCostDetailsReport", version: costVersion,
	}
	token := ""
	if o != nil {
		token = o.ResumeToken
	}
	if k.body, k.invalid = r.wire(k.what); k.invalid != nil && token == "" {
		return nil, k.invalid
	}
	begun, err := c.begin(ctx, k, "costdetails", lro.CostDetails{}, token)
	if err != nil {
		return nil, err
	}
	return poller.New[T](begun, c.manifest), nil
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
