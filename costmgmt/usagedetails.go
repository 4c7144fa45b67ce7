package costmgmt

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"net/url"
	"strconv"

	"github.com/partnerbilling/sdk-go/lineitem"
)

// UsageRecord is a row of [Client.UsageDetails]: the attributes of its properties, of whatever kind it
// is. Numbers are exact.
type UsageRecord struct {
	// Kind is modern or legacy, or what the service says.
	Kind string
	// ID and Name are the resource's.
	ID, Name string
	lineitem.Record
}

// UsageDetailsOptions are the options of [Client.UsageDetails]. The zero value and nil are the defaults.
type UsageDetailsOptions struct {
	// Period is sent as startDate and endDate, where it is set. Filters are ignored by the service
	// for modern accounts.
	Period Period
	// Metric is ActualCost, AmortizedCost or Usage; empty leaves it to the service.
	Metric string
	// Top is how many rows a page has; 0 leaves it to the service.
	Top int
}

// UsageDetails lists the usage of a scope, mostly that of an [InvoiceScope]. The service answers page
// by page, slowly.
//
// Deprecated: Microsoft has announced the end of this API and advises against new programs on it. Use
// [BeginCostDetails], or the exports of package billing.
func (c *Client) UsageDetails(ctx context.Context, s Scope, o *UsageDetailsOptions) iter.Seq2[UsageRecord, error] {
	if o == nil {
		o = &UsageDetailsOptions{}
	}
	k := &call{
		what: "usage details", api: "UsageDetailsClient.NewListPager", method: http.MethodGet,
		scope: s, path: "/providers/Microsoft.Consumption/usageDetails", version: consumptionVersion, query: url.Values{},
	}
	if o.Period != (Period{}) {
		if err := o.Period.check(k.what); err != nil {
			return func(yield func(UsageRecord, error) bool) { yield(UsageRecord{}, err) }
		}
		k.query.Set("startDate", o.Period.Start.Format(day))
		k.query.Set("endDate", o.Period.End.Format(day))
	}
	if o.Metric != "" {
		k.query.Set("metric", o.Metric)
	}
	if o.Top > 0 {
		k.query.Set("$top", strconv.Itoa(o.Top))
	}
	return list(ctx, c, k, func(raw json.RawMessage) (UsageRecord, error) {
		var r resource[lineitem.Record]
		err := json.Unmarshal(raw, &r)
		return UsageRecord{Kind: string(r.Kind), ID: string(r.ID), Name: string(r.Name), Record: r.Properties}, err
	})
}
