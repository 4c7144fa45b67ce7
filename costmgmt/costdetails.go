package costmgmt

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/partnerbilling/sdk-go/internal/jsonscalar"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/poller"
)

// CostDetailsRequest asks for a report of all costs of a scope: of a period of a month at most, of an invoice,
// or of a billing period. One of the three is set.
type CostDetailsRequest struct {
	// Metric is ActualCost or AmortizedCost; empty is ActualCost.
	Metric string
	// Period is a month at most, not longer ago than 13 months.
	Period Period
	// InvoiceID is the number of an invoice. The scope is then a billing profile or a customer.
	InvoiceID string
	// BillingPeriod is for instance 202409.
	BillingPeriod string
}

// BeginCostDetailsOptions are the options of [BeginCostDetails]. The zero value and nil are the defaults.
type BeginCostDetailsOptions struct {
	// ResumeToken continues with a report that was begun before, instead of asking for a new one. The
	// service wants the same report to be asked for once a day at most.
	ResumeToken string
}

// BeginCostDetails asks for a cost details report and returns the poller that waits for it. T is the
// type of its rows: [CostDetail], [lineitem.Record], or a struct with the columns that are needed.
//
//	p, err := costmgmt.BeginCostDetails[costmgmt.CostDetail](ctx, client, scope, costmgmt.CostDetailsRequest{InvoiceID: number}, nil)
//	m, err := p.PollUntilDone(ctx, nil)
//	for row, err := range m.Items(ctx, nil) { ... }
//
// The report is read as an export is, by package manifest, with the same promises. Two things differ:
// its signatures cannot be renewed, so a reading that takes longer than they live ends with
// [manifest.ErrSAS] and needs a new report; and there is no checkpoint. Where there is nothing, the
// error matches [apierror.ErrNoData]; a report that failed is a [*apierror.OperationError].
func BeginCostDetails[T any](ctx context.Context, c *Client, s Scope, r CostDetailsRequest, o *BeginCostDetailsOptions) (*poller.Poller[T], error) {
	options := c.polled("costdetails", costDetailsAnswer)
	if o != nil && o.ResumeToken != "" {
		return poller.Resume[T](o.ResumeToken, c.pipeline, options)
	}
	k := &call{
		what: "cost details report", api: "GenerateCostDetailsReportClient.BeginCreateOperation", method: http.MethodPost,
		scope: s, path: "/providers/Microsoft.CostManagement/generateCostDetailsReport", version: costVersion,
	}
	var err error
	if k.body, err = r.wire(k.what); err != nil {
		return nil, err
	}
	return begin[T](ctx, c, k, options)
}

// polled are the options of a poller of Resource Manager. An operation is never begun anew: each counts
// against limits.
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

// wire is the request as the service wants it.
func (r *CostDetailsRequest) wire(what string) (any, error) {
	type definition struct {
		Metric        string            `json:"metric"`
		TimePeriod    map[string]string `json:"timePeriod,omitempty"`
		InvoiceID     string            `json:"invoiceId,omitempty"`
		BillingPeriod string            `json:"billingPeriod,omitempty"`
	}
	d := definition{Metric: r.Metric, InvoiceID: r.InvoiceID, BillingPeriod: r.BillingPeriod}
	if d.Metric == "" {
		d.Metric = "ActualCost"
	}
	set := 0
	for _, is := range []bool{r.Period != (Period{}), r.InvoiceID != "", r.BillingPeriod != ""} {
		if is {
			set++
		}
	}
	if set != 1 {
		return nil, invalid(what, "set one of Period, InvoiceID and BillingPeriod")
	}
	if r.Period != (Period{}) {
		if err := r.Period.check(what); err != nil {
			return nil, err
		}
		if r.Period.End.After(r.Period.Start.AddDate(0, 1, 0)) {
			return nil, invalid(what, "the period is longer than a month, which is the most that a report covers")
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

// costDetailsAnswer translates an answer about a report. It says in a 200 that it failed, or that there
// is nothing, and a 204 says that too.
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

// CostDetail is a row of a cost details report at the scopes of a partner account, with the columns of
// the schema of 2023-12-01-preview. Reports of other scopes have others; what has no field here is in
// Unknown. Amounts are exact and null where the cell is empty; dates are in UTC.
type CostDetail struct {
	InvoiceID                 string            `json:"invoiceId"`
	PreviousInvoiceID         string            `json:"previousInvoiceId"`
	BillingAccountID          string            `json:"billingAccountId"`
	BillingAccountName        string            `json:"billingAccountName"`
	BillingProfileID          string            `json:"billingProfileId"`
	BillingProfileName        string            `json:"billingProfileName"`
	InvoiceSectionID          string            `json:"invoiceSectionId"`
	InvoiceSectionName        string            `json:"invoiceSectionName"`
	PartnerTenantID           string            `json:"partnerTenantId"`
	PartnerName               string            `json:"partnerName"`
	ResellerName              string            `json:"resellerName"`
	ResellerMPNID             string            `json:"resellerMpnId"`
	CustomerTenantID          string            `json:"customerTenantId"`
	CustomerName              string            `json:"customerName"`
	CostCenter                string            `json:"costCenter"`
	BillingPeriodStart        time.Time         `json:"billingPeriodStartDate"`
	BillingPeriodEnd          time.Time         `json:"billingPeriodEndDate"`
	ServicePeriodStart        time.Time         `json:"servicePeriodStartDate"`
	ServicePeriodEnd          time.Time         `json:"servicePeriodEndDate"`
	Date                      time.Time         `json:"date"`
	ServiceFamily             string            `json:"serviceFamily"`
	ProductOrderID            string            `json:"productOrderId"`
	ProductOrderName          string            `json:"productOrderName"`
	ConsumedService           string            `json:"consumedService"`
	MeterID                   string            `json:"meterId"`
	MeterName                 string            `json:"meterName"`
	MeterCategory             string            `json:"meterCategory"`
	MeterSubCategory          string            `json:"meterSubCategory"`
	MeterRegion               string            `json:"meterRegion"`
	ProductID                 string            `json:"ProductId"`
	ProductName               string            `json:"ProductName"`
	SubscriptionID            string            `json:"SubscriptionId"`
	SubscriptionName          string            `json:"subscriptionName"`
	PublisherType             string            `json:"publisherType"`
	PublisherID               string            `json:"publisherId"`
	PublisherName             string            `json:"publisherName"`
	ResourceGroupName         string            `json:"resourceGroupName"`
	ResourceID                string            `json:"ResourceId"`
	ResourceLocation          string            `json:"resourceLocation"`
	Location                  string            `json:"location"`
	EffectivePrice            lineitem.Decimal  `json:"effectivePrice"`
	Quantity                  lineitem.Decimal  `json:"quantity"`
	UnitOfMeasure             string            `json:"unitOfMeasure"`
	ChargeType                string            `json:"chargeType"`
	BillingCurrency           string            `json:"billingCurrency"`
	PricingCurrency           string            `json:"pricingCurrency"`
	CostInBillingCurrency     lineitem.Decimal  `json:"costInBillingCurrency"`
	CostInPricingCurrency     lineitem.Decimal  `json:"costInPricingCurrency"`
	CostInUSD                 lineitem.Decimal  `json:"costInUsd"`
	PayGCostInBillingCurrency lineitem.Decimal  `json:"paygCostInBillingCurrency"`
	PayGCostInUSD             lineitem.Decimal  `json:"paygCostInUsd"`
	ExchangeRate              lineitem.Decimal  `json:"exchangeRatePricingToBilling"`
	ExchangeRateDate          time.Time         `json:"exchangeRateDate"`
	IsAzureCreditEligible     string            `json:"isAzureCreditEligible"`
	ServiceInfo1              string            `json:"serviceInfo1"`
	ServiceInfo2              string            `json:"serviceInfo2"`
	AdditionalInfo            lineitem.JSONText `json:"additionalInfo"`
	Tags                      lineitem.JSONText `json:"tags"`
	PartnerEarnedCreditRate   lineitem.Decimal  `json:"partnerEarnedCreditRate"`
	PartnerEarnedCreditUsed   string            `json:"partnerEarnedCreditApplied"`
	PayGPrice                 lineitem.Decimal  `json:"PayGPrice"`
	Frequency                 string            `json:"frequency"`
	Term                      string            `json:"term"`
	ReservationID             string            `json:"reservationId"`
	ReservationName           string            `json:"reservationName"`
	PricingModel              string            `json:"pricingModel"`
	UnitPrice                 lineitem.Decimal  `json:"unitPrice"`
	CostAllocationRuleName    string            `json:"costAllocationRuleName"`
	BenefitID                 string            `json:"benefitId"`
	BenefitName               string            `json:"benefitName"`
	Provider                  string            `json:"provider"`

	Unknown map[string]json.RawMessage `json:"Unknown,omitempty"`
}
