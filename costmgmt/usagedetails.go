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

// UsageRecord is one row of [Client.UsageDetails]: the properties of the resource, whatever its
// kind, with exact numbers.
type UsageRecord struct {
	// Kind is modern or legacy, or another word of the service.
	Kind string
	// ID and Name are the path and the name of the resource.
	ID, Name string
	lineitem.Record
}

// UsageDetailsOptions are the options of [Client.UsageDetails]. The zero value and nil are the
// defaults.
type UsageDetailsOptions struct {
	// Period limits the list to these days; the zero value leaves it to the service. There is no
	// filter, because the service ignores filters for partner accounts.
	Period Period
	// Metric is whether reservations and savings plans are charged when they are bought or spread
	// over their term; empty leaves it to the service.
	Metric Metric
	// Top is the number of rows on each page; 0 leaves it to the service.
	Top int
}

// UsageDetails lists the usage of a scope, usually that of an [InvoiceScope], page by page.
//
// This is the legacy way to get the rows of an invoice. It is part of this package because programs
// depend on its form, pages of JSON that are there at once, where [BeginCostDetails] waits for a
// report of CSV files. It is slow for many rows, and Microsoft has announced the end of the API:
// prefer [BeginCostDetails] or the exports of package billing in new programs.
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
		k.query.Set("metric", string(o.Metric))
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
