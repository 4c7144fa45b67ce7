package billingtest

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/partnerbilling/sdk-go/lineitem"
)

// queryPage is how many rows a page of a query has.
const queryPage = 1000

// queryRequest is the body of a query.
type queryRequest struct {
	Type       string           `json:"type"`
	Timeframe  string           `json:"timeframe"`
	TimePeriod *requestedPeriod `json:"timePeriod"`
	Dataset    struct {
		Granularity string `json:"granularity"`
		Aggregation map[string]struct {
			Name     string `json:"name"`
			Function string `json:"function"`
		} `json:"aggregation"`
		Grouping []queryGrouping  `json:"grouping"`
		Filter   *queryExpression `json:"filter"`
	} `json:"dataset"`
}

type queryGrouping struct {
	Type string `json:"type"`
	Name string `json:"name"`
}

// queryExpression is a filter of a query.
type queryExpression struct {
	And        []queryExpression `json:"and"`
	Or         []queryExpression `json:"or"`
	Dimensions *queryComparison  `json:"dimensions"`
	Tags       *queryComparison  `json:"tags"`
}

type queryComparison struct {
	Name     string   `json:"name"`
	Operator string   `json:"operator"`
	Values   []string `json:"values"`
}

// dimensions are the dimensions of Cost Management, in lower case, with the attributes of usage
// that they are derived from.
var dimensions = map[string]string{
	"billingcurrency": "BillingCurrency", "chargetype": "ChargeType", "consumedservice": "ConsumedService", "customername": "CustomerName",
	"customertenantid": "CustomerId", "invoiceid": "InvoiceNumber", "invoicenumber": "InvoiceNumber", "meter": "MeterName", "metercategory": "MeterCategory",
	"meterid": "MeterId", "metersubcategory": "MeterSubCategory", "partnername": "PartnerName", "product": "ProductName", "productid": "ProductId",
	"publishername": "PublisherName", "resellermpnid": "Tier2MpnId", "resourcegroup": "ResourceGroup", "resourcegroupname": "ResourceGroup",
	"resourceid": "ResourceURI", "resourcelocation": "ResourceLocation", "servicename": "MeterCategory", "subscriptionid": "EntitlementId",
	"subscriptionname": "EntitlementDescription", "unitofmeasure": "Unit",
}

// sums are the columns that a query adds up, in lower case, with their attributes. Those that
// depend on the scope have none here.
var sums = map[string]string{
	"cost": "", "pretaxcost": "", "costusd": "PricingPreTaxTotal", "pretaxcostusd": "PricingPreTaxTotal", "usagequantity": "Quantity",
}

// check returns what is wrong with a query, or "".
func (q *queryRequest) check() string {
	if len(q.Dataset.Aggregation) == 0 {
		return "Invalid query definition: Dataset is invalid or not supplied. Aggregation is required."
	}
	for _, a := range q.Dataset.Aggregation {
		if _, ok := sums[strings.ToLower(a.Name)]; !ok || !strings.EqualFold(a.Function, "Sum") {
			return "Invalid query definition: the in-memory service does not support the aggregation " + a.Function + " of " + a.Name + "."
		}
	}
	for _, g := range q.Dataset.Grouping {
		_, ok := dimensions[strings.ToLower(g.Name)]
		if !strings.EqualFold(g.Type, "TagKey") && (!ok || !strings.EqualFold(g.Type, "Dimension")) {
			return "Invalid query definition: Invalid dataset grouping: '" + g.Name + "'."
		}
	}
	if !slices.Contains([]string{"", "none", "daily", "monthly"}, strings.ToLower(q.Dataset.Granularity)) {
		return "Invalid query definition: Invalid granularity '" + q.Dataset.Granularity + "'."
	}
	if q.Dataset.Filter != nil && !q.Dataset.Filter.valid() {
		return "Invalid query definition: Invalid filter."
	}
	return ""
}

func (e *queryExpression) valid() bool {
	parts := append(slices.Clone(e.And), e.Or...)
	for i := range parts {
		if !parts[i].valid() {
			return false
		}
	}
	if e.Dimensions != nil && (dimensions[strings.ToLower(e.Dimensions.Name)] == "" || !strings.EqualFold(e.Dimensions.Operator, "In")) {
		return false
	}
	return (e.Tags == nil || strings.EqualFold(e.Tags.Operator, "In")) && (len(parts) > 0 || e.Dimensions != nil || e.Tags != nil)
}

func (e *queryExpression) selects(c *cost) bool {
	for i := range e.And {
		if !e.And[i].selects(c) {
			return false
		}
	}
	if len(e.Or) > 0 && !slices.ContainsFunc(e.Or, func(one queryExpression) bool { return one.selects(c) }) {
		return false
	}
	in := func(values []string, text string) bool {
		return slices.ContainsFunc(values, func(v string) bool { return strings.EqualFold(v, text) })
	}
	return (e.Dimensions == nil || in(e.Dimensions.Values, c.Text(dimensions[strings.ToLower(e.Dimensions.Name)]))) &&
		(e.Tags == nil || in(e.Tags.Values, c.tag(e.Tags.Name)))
}

// tag returns the value of a tag of the resource.
func (c *cost) tag(name string) string {
	var tags map[string]string
	if json.Unmarshal([]byte(c.Text("Tags")), &tags) != nil {
		return ""
	}
	for key, value := range tags {
		if strings.EqualFold(key, name) {
			return value
		}
	}
	return ""
}

// queryGroup is a row of the result.
type queryGroup struct {
	key    []string
	totals []lineitem.Totals // of the aggregations
}

// query adds up costs. Pages are requested by POST of the same body.
func (s *Server) query(c *armCall) *Response {
	var q queryRequest
	filter, ok := s.costsOf(c)
	if !ok {
		return armNotFound()
	}
	if json.Unmarshal(c.Body, &q) != nil {
		return armBadRequest("Invalid query definition.")
	}
	if problem := q.check(); problem != "" {
		return armBadRequest(problem)
	}
	if filter.days, ok = requestedDays(q.Timeframe, q.TimePeriod); !ok {
		return armBadRequest("Invalid query definition: Invalid timeframe or timePeriod.")
	}
	skip, err := strconv.Atoi(cmp.Or(c.Request.URL.Query().Get("$skiptoken"), "0"))
	if err != nil || skip < 0 {
		return armBadRequest("Invalid skip token.")
	}
	columns, rows, err := s.runQuery(&q, filter)
	if err != nil {
		return &Response{Err: err}
	}
	properties := map[string]any{"nextLink": nil, "columns": columns, "rows": append([]any{}, rows[min(skip, len(rows)):min(skip+queryPage, len(rows))]...)}
	if len(rows) > skip+queryPage {
		next := *c.Request.URL
		values := next.Query()
		values.Set("$skiptoken", strconv.Itoa(skip+queryPage))
		next.RawQuery = values.Encode()
		properties["nextLink"] = next.String()
	}
	resp := armJSON(http.StatusOK, map[string]any{
		"id": c.path["scope"] + "/providers/Microsoft.CostManagement/Query/" + newID(), "type": "Microsoft.CostManagement/Query", "properties": properties,
	})
	resp.Header.Set("X-Ms-Ratelimit-Microsoft.costmanagement-Qpu-Consumed", "1")
	resp.Header.Set("X-Ms-Ratelimit-Microsoft.costmanagement-Qpu-Remaining", "11")
	return resp
}

// runQuery returns the columns and the rows of a query, sorted by their key. Columns of sums have
// the name of what is added up.
func (s *Server) runQuery(q *queryRequest, f costFilter) (columns, rows []any, err error) {
	column := func(name, kind string) { columns = append(columns, map[string]any{"name": name, "type": kind}) }
	var names []string
	for _, a := range q.Dataset.Aggregation {
		names = append(names, a.Name)
	}
	slices.Sort(names)
	for _, name := range names {
		column(name, "Number")
	}
	daily, monthly := strings.EqualFold(q.Dataset.Granularity, "Daily"), strings.EqualFold(q.Dataset.Granularity, "Monthly")
	if daily {
		column("UsageDate", "Number")
	} else if monthly {
		column("BillingMonth", "Datetime")
	}
	for _, g := range q.Dataset.Grouping {
		if strings.EqualFold(g.Type, "TagKey") {
			column("TagKey", "String")
			column("TagValue", "String")
		} else {
			column(g.Name, "String")
		}
	}
	column("Currency", "String")
	groups := map[string]*queryGroup{}
	for c, err := range s.allCosts(f) {
		if err != nil {
			return nil, nil, err
		}
		if q.Dataset.Filter == nil || q.Dataset.Filter.selects(&c) {
			if err := q.add(groups, names, f, &c); err != nil {
				return nil, nil, err
			}
		}
	}
	for _, g := range slices.SortedFunc(maps.Values(groups), func(a, b *queryGroup) int { return slices.Compare(a.key, b.key) }) {
		var row []any
		for i := range g.totals {
			row = append(row, json.Number(g.totals[i].Text(g.key[len(g.key)-1])))
		}
		for i, text := range g.key {
			switch {
			case daily && i == 0:
				row = append(row, json.Number(text))
			default:
				row = append(row, text)
			}
		}
		rows = append(rows, row)
	}
	return columns, rows, nil
}

// add adds a row of usage to its group.
func (q *queryRequest) add(groups map[string]*queryGroup, names []string, f costFilter, c *cost) error {
	total, currency := "BillingPreTaxTotal", c.Text("BillingCurrency")
	if f.account {
		total, currency = "PricingPreTaxTotal", c.Text("PricingCurrency")
	}
	var key []string
	switch strings.ToLower(q.Dataset.Granularity) {
	case "daily":
		key = append(key, c.day.Format("20060102"))
	case "monthly":
		key = append(key, c.day.AddDate(0, 0, 1-c.day.Day()).Format("2006-01-02T15:04:05"))
	}
	for _, g := range q.Dataset.Grouping {
		if strings.EqualFold(g.Type, "TagKey") {
			key = append(key, g.Name, c.tag(g.Name))
		} else {
			key = append(key, c.Text(dimensions[strings.ToLower(g.Name)]))
		}
	}
	key = append(key, currency)
	joined := strings.Join(key, "\x00")
	g := groups[joined]
	if g == nil {
		g = &queryGroup{key: key, totals: make([]lineitem.Totals, len(names))}
		groups[joined] = g
	}
	for i, name := range names {
		d, err := c.Decimal(cmp.Or(sums[strings.ToLower(name)], total))
		if err != nil {
			return err
		}
		g.totals[i].Add(currency, d)
	}
	return nil
}
