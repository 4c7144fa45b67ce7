package costmgmt

import (
	"bytes"
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"slices"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/internal/jsonscalar"
	"github.com/partnerbilling/sdk-go/lineitem"
)

// Query is a query for aggregated costs.
type Query struct {
	// Type is what is added up; empty stands for [QueryTypeActualCost].
	Type QueryType
	// Timeframe is a period that the service computes; empty stands for Period.
	Timeframe Timeframe
	// Period is the period of the costs. Required if there is no Timeframe, ignored otherwise.
	Period Period
	// Granularity is the period of each row; empty stands for one row for the whole period.
	Granularity Granularity
	// Sums are the columns to add up, such as Cost or PreTaxCost, by the name of the sum in the
	// result. At least one is required.
	Sums map[string]string
	// GroupBy are dimensions, such as InvoiceId or CustomerTenantId; GroupByTags are tags.
	GroupBy, GroupByTags []string
	// Filter selects costs, in the JSON of the service; nil stands for all of the scope.
	Filter json.RawMessage
}

// QueryOptions are the options of [Client.Query]. The zero value and nil are the defaults.
type QueryOptions struct {
	// OnPage is called after each page with what the service reports about the quota, in the
	// goroutine of the loop.
	OnPage func(Quota)
}

// Quota is the use of the tenant's quota, in query units: one month of data in one query is one
// unit. The fields are as the service writes them, empty where it does not report them.
type Quota struct{ Consumed, Remaining string }

type queryPage struct {
	Properties *struct {
		NextLink jsonscalar.Text `json:"nextLink"`
		Columns  []struct {
			Name jsonscalar.Text `json:"name"`
		} `json:"columns"`
		Rows [][]json.RawMessage `json:"rows"`
	} `json:"properties"`
}

// Query runs a query and returns the rows of all its pages. Amounts are exact: row.Decimal("Cost").
// Dates are numbers, such as 20240930. A query without Sums or a period is an error that matches
// [ErrInvalidRequest]; if the service has no content for it, the error matches
// [apierror.ErrNoData].
//
// Costs are in USD by default at the scope of an account, and in the billing currency at the scope
// of a profile.
func (c *Client) Query(ctx context.Context, s Scope, q Query, o *QueryOptions) iter.Seq2[lineitem.Record, error] {
	var options QueryOptions
	if o != nil {
		options = *o
	}
	k := &call{
		what: "query", api: "QueryClient.Usage", method: http.MethodPost,
		scope: s, path: "/providers/Microsoft.CostManagement/query", version: costVersion, status: []int{http.StatusOK, http.StatusNoContent},
	}
	var invalid error
	k.body, invalid = q.wire(k.what)
	return func(yield func(lineitem.Record, error) bool) {
		err := invalid
		if err == nil {
			err = c.query(ctx, k, options.OnPage, yield)
		}
		if err != nil {
			yield(lineitem.Record{}, err)
		}
	}
}

func (c *Client) query(ctx context.Context, k *call, onPage func(Quota), yield func(lineitem.Record, error) bool) error {
	req, err := c.request(ctx, k)
	for links := (pageLinks{}); err == nil; {
		var p queryPage
		header, err := c.send(ctx, req, k, &p)
		if err != nil {
			return err
		}
		if onPage != nil {
			onPage(Quota{
				Consumed:  header.Get("x-ms-ratelimit-microsoft.costmanagement-qpu-consumed"),
				Remaining: header.Get("x-ms-ratelimit-microsoft.costmanagement-qpu-remaining"),
			})
		}
		if p.Properties == nil || p.Properties.Columns == nil {
			return k.op().Errorf(apierror.ErrMalformed, `response has no "columns" array`)
		}
		for i, row := range p.Properties.Rows {
			record, err := p.record(row)
			if err != nil {
				// The text of err is left out, because it may quote the row.
				return failed(k.what, "%v: row %d has not the %d fields of the columns", []any{apierror.ErrMalformed, i + 1, len(p.Properties.Columns)}, apierror.ErrMalformed, err)
			}
			if !yield(record, nil) {
				return nil
			}
		}
		// The next page is requested by a POST of the same body, unlike that of a list.
		next := string(p.Properties.NextLink)
		if next == "" {
			return nil
		}
		if err := links.follow(k, next, len(p.Properties.Rows)); err != nil {
			return err
		}
		if req, err = c.requestTo(ctx, k, req.Raw().URL, next); err != nil {
			return err
		}
	}
	return err
}

// record returns a row as a record with the names of the columns.
func (p *queryPage) record(row []json.RawMessage) (r lineitem.Record, err error) {
	columns := p.Properties.Columns
	if len(row) != len(columns) {
		return r, lineitem.ErrFieldCount
	}
	var object bytes.Buffer
	object.WriteByte('{')
	for i, value := range row {
		name, err := json.Marshal(string(columns[i].Name))
		if err != nil {
			return r, err
		}
		if i > 0 {
			object.WriteByte(',')
		}
		object.Write(append(append(name, ':'), value...))
	}
	object.WriteByte('}')
	return r, r.UnmarshalJSON(object.Bytes())
}

// timeframeCustom is the service's word for a period of one's own.
const timeframeCustom Timeframe = "Custom"

// wire is the query in the form of the service.
func (q *Query) wire(op string) (any, error) {
	type column struct {
		Type     string `json:"type,omitempty"`
		Name     string `json:"name"`
		Function string `json:"function,omitempty"`
	}
	type dataset struct {
		Granularity Granularity       `json:"granularity,omitempty"`
		Aggregation map[string]column `json:"aggregation"`
		Grouping    []column          `json:"grouping,omitempty"`
		Filter      json.RawMessage   `json:"filter,omitempty"`
	}
	type definition struct {
		Type       QueryType      `json:"type"`
		Timeframe  Timeframe      `json:"timeframe"`
		TimePeriod map[string]any `json:"timePeriod,omitempty"`
		Dataset    dataset        `json:"dataset"`
	}
	d := definition{Type: q.Type, Timeframe: q.Timeframe, Dataset: dataset{Granularity: q.Granularity, Aggregation: map[string]column{}, Filter: slices.Clone(q.Filter)}}
	if d.Type == "" {
		d.Type = QueryTypeActualCost
	}
	if d.Timeframe == "" {
		if err := q.Period.checkOr(op, "Timeframe"); err != nil {
			return nil, err
		}
		d.Timeframe, d.TimePeriod = timeframeCustom, q.Period.midnights()
	}
	if len(q.Sums) == 0 {
		return nil, invalid(op, "missing Sums: name at least one column to add up, such as Cost")
	}
	for as, name := range q.Sums {
		d.Dataset.Aggregation[as] = column{Name: name, Function: "Sum"}
	}
	for _, name := range q.GroupBy {
		d.Dataset.Grouping = append(d.Dataset.Grouping, column{Type: "Dimension", Name: name})
	}
	for _, name := range q.GroupByTags {
		d.Dataset.Grouping = append(d.Dataset.Grouping, column{Type: "TagKey", Name: name})
	}
	return d, nil
}
