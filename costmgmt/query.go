package costmgmt

import (
	"bytes"
	"context"
	"encoding/json"
	"iter"
	"net/http"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/internal/jsonscalar"
	"github.com/partnerbilling/sdk-go/lineitem"
)

// Query asks for aggregated costs.
type Query struct {
	// Type is ActualCost, AmortizedCost or Usage; empty is ActualCost.
	Type string
	// Timeframe is MonthToDate, BillingMonthToDate, TheLastMonth, TheLastBillingMonth or WeekToDate.
	// Where it is empty, Period is what counts.
	Timeframe string
	// Period is used where there is no Timeframe.
	Period Period
	// Granularity is Daily or Monthly; empty adds up the whole time.
	Granularity string
	// Sums are columns that are added up, such as Cost or PreTaxCost, by the name that the sum shall
	// have. At least one is needed.
	Sums map[string]string
	// GroupBy are dimensions, such as InvoiceId or CustomerTenantId; GroupByTags are tags.
	GroupBy, GroupByTags []string
	// Filter narrows it down, in the service's own JSON.
	Filter json.RawMessage
}

// QueryOptions are the options of [Client.Query]. The zero value and nil are the defaults.
type QueryOptions struct {
	// OnPage is told, after each page, what the service says about what the query has cost.
	OnPage func(Quota)
}

// Quota is in query units. One month of data in one query is one unit. The fields are as the service
// writes them, empty where it says nothing.
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

// Query returns the rows of all pages, in which amounts are exact: row.Decimal("Cost"). Dates are
// numbers, such as 20240930.
//
// At the scope of an account amounts are in USD by default, at that of a profile in its currency.
func (c *Client) Query(ctx context.Context, s Scope, q Query, o *QueryOptions) iter.Seq2[lineitem.Record, error] {
	return func(yield func(lineitem.Record, error) bool) {
		if err := c.query(ctx, s, q, o, yield); err != nil {
			yield(lineitem.Record{}, err)
		}
	}
}

func (c *Client) query(ctx context.Context, s Scope, q Query, o *QueryOptions, yield func(lineitem.Record, error) bool) error {
	k := &call{
		what: "query", api: "QueryClient.Usage", method: http.MethodPost,
		scope: s, path: "/providers/Microsoft.CostManagement/query", version: costVersion, status: []int{http.StatusOK, http.StatusNoContent},
	}
	var err error
	if k.body, err = q.wire(k.what); err != nil {
		return err
	}
	req, err := c.request(ctx, k)
	for seen := map[string]bool{}; err == nil; {
		var p queryPage
		header, err := c.send(ctx, req, k, &p)
		if err != nil {
			return err
		}
		if o != nil && o.OnPage != nil {
			o.OnPage(Quota{header.Get("x-ms-ratelimit-microsoft.costmanagement-qpu-consumed"), header.Get("x-ms-ratelimit-microsoft.costmanagement-qpu-remaining")})
		}
		if p.Properties == nil || p.Properties.Columns == nil {
			return failed(k.what, "%v: the answer has no columns", []any{apierror.ErrMalformed}, apierror.ErrMalformed)
		}
		for _, row := range p.Properties.Rows {
			record, err := p.record(row)
			if err != nil {
				return failed(k.what, "%v: a row does not fit the columns", []any{apierror.ErrMalformed}, apierror.ErrMalformed, err)
			}
			if !yield(record, nil) {
				return nil
			}
		}
		// The next page is asked for with the same body, not with GET as that of a list.
		next := string(p.Properties.NextLink)
		switch {
		case next == "":
			return nil
		case seen[next]:
			return failed(k.what, "%v: the pages go in a circle", []any{apierror.ErrMalformed}, apierror.ErrMalformed)
		}
		seen[next] = true
		if req, err = c.requestTo(ctx, k, next); err != nil {
			return err
		}
	}
	return err
}

// record makes a row with the names of its columns.
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

// wire is the query as the service wants it.
func (q *Query) wire(what string) (any, error) {
	type column struct {
		Type     string `json:"type,omitempty"`
		Name     string `json:"name"`
		Function string `json:"function,omitempty"`
	}
	type dataset struct {
		Granularity string            `json:"granularity,omitempty"`
		Aggregation map[string]column `json:"aggregation"`
		Grouping    []column          `json:"grouping,omitempty"`
		Filter      json.RawMessage   `json:"filter,omitempty"`
	}
	type definition struct {
		Type       string            `json:"type"`
		Timeframe  string            `json:"timeframe"`
		TimePeriod map[string]string `json:"timePeriod,omitempty"`
		Dataset    dataset           `json:"dataset"`
	}
	d := definition{Type: q.Type, Timeframe: q.Timeframe, Dataset: dataset{Granularity: q.Granularity, Aggregation: map[string]column{}, Filter: q.Filter}}
	if d.Type == "" {
		d.Type = "ActualCost"
	}
	if d.Timeframe == "" {
		if err := q.Period.check(what); err != nil {
			return nil, err
		}
		d.Timeframe, d.TimePeriod = "Custom", q.Period.midnights()
	}
	if len(q.Sums) == 0 {
		return nil, invalid(what, "it needs a column to add up, such as Cost")
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
