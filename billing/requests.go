package billing

import "github.com/partnerbilling/sdk-go/lineitem"

// Request is an export that can be asked for. T is the type of its rows. The five
// structs of this package implement it; it cannot be implemented elsewhere.
type Request[T any] interface {
	// wire checks the request and says what to send.
	wire() (wire, error)
	// row lets the compiler infer T.
	row(T)
}

// BilledUsage asks for the daily rated usage of one invoice. It has the charges of Azure
// by day and meter, and not those of reservations, savings plans, licences and
// marketplace software, which are in [BilledReconciliation] alone.
type BilledUsage struct {
	// InvoiceID is the number of a new-commerce invoice, such as G016907411. Required.
	InvoiceID string
	// AttributeSet is [AttributeSetFull] unless set.
	AttributeSet AttributeSet
	// AllowLegacy sends a number that begins with D all the same. The service is known
	// to have no data for such invoices.
	AllowLegacy bool
}

// UnbilledUsage asks for the daily rated usage that has not been invoiced yet. New usage
// shows up within a day.
type UnbilledUsage struct {
	// BillingPeriod is [BillingPeriodCurrent] or [BillingPeriodLast]. Required.
	BillingPeriod BillingPeriod
	// CurrencyCode is the currency that the partner is billed in, three letters such as
	// USD. Required. An export has the rows of one currency.
	CurrencyCode string
	// AttributeSet is [AttributeSetFull] unless set.
	AttributeSet AttributeSet
}

// BilledReconciliation asks for the line items of one invoice.
type BilledReconciliation struct {
	// InvoiceID is the number of a new-commerce invoice, such as G016907411. Required.
	InvoiceID string
	// AttributeSet is [AttributeSetFull] unless set.
	AttributeSet AttributeSet
	// AllowLegacy sends a number that begins with D all the same. The service is known
	// to have no data for such invoices.
	AllowLegacy bool
}

// UnbilledReconciliation asks for the line items that have not been invoiced yet.
type UnbilledReconciliation struct {
	// BillingPeriod is [BillingPeriodCurrent] or [BillingPeriodLast]. Required.
	BillingPeriod BillingPeriod
	// CurrencyCode is the currency that the partner is billed in, three letters such as
	// USD. Required. An export has the rows of one currency.
	CurrencyCode string
	// AttributeSet is [AttributeSetFull] unless set.
	AttributeSet AttributeSet
}

// BilledAggregatedUsage asks for the usage of one invoice, summed up by the service.
// Microsoft has documented the request but not the columns, so its rows are
// [lineitem.Record]; declare a struct of your own once you know them. It is part of
// Graph beta alone so far and goes there unless [ClientOptions] name a version.
type BilledAggregatedUsage struct {
	// InvoiceID is the number of a new-commerce invoice, such as G016907411. Required.
	InvoiceID string
	// AllowLegacy sends a number that begins with D all the same. The service is known
	// to have no data for such invoices.
	AllowLegacy bool
}

func (BilledUsage) row(lineitem.Usage)                     {}
func (UnbilledUsage) row(lineitem.Usage)                   {}
func (BilledReconciliation) row(lineitem.Reconciliation)   {}
func (UnbilledReconciliation) row(lineitem.Reconciliation) {}
func (BilledAggregatedUsage) row(lineitem.Record)          {}

// The kinds of rows. A resume token of one kind is refused for another.
const (
	kindUsage          = "usage"
	kindReconciliation = "reconciliation"
	kindAggregated     = "aggregatedUsage"
)

// wire is a checked request as the service wants it.
type wire struct {
	kind   string
	billed bool
	beta   bool // not in v1.0
	body   body
}

// body is the JSON of a request. What a request does not have is left out.
type body struct {
	InvoiceID     string        `json:"invoiceId,omitempty"`
	CurrencyCode  string        `json:"currencyCode,omitempty"`
	BillingPeriod BillingPeriod `json:"billingPeriod,omitempty"`
	AttributeSet  AttributeSet  `json:"attributeSet,omitempty"`
}

func (r BilledUsage) wire() (wire, error) {
	c := checks{request: "BilledUsage"}
	b := body{InvoiceID: c.invoice(r.InvoiceID, r.AllowLegacy), AttributeSet: c.attributes(r.AttributeSet)}
	return wire{kind: kindUsage, billed: true, body: b}, c.err
}

func (r UnbilledUsage) wire() (wire, error) {
	c := checks{request: "UnbilledUsage"}
	b := body{CurrencyCode: c.currency(r.CurrencyCode), BillingPeriod: c.period(r.BillingPeriod), AttributeSet: c.attributes(r.AttributeSet)}
	return wire{kind: kindUsage, body: b}, c.err
}

func (r BilledReconciliation) wire() (wire, error) {
	c := checks{request: "BilledReconciliation"}
	b := body{InvoiceID: c.invoice(r.InvoiceID, r.AllowLegacy), AttributeSet: c.attributes(r.AttributeSet)}
	return wire{kind: kindReconciliation, billed: true, body: b}, c.err
}

func (r UnbilledReconciliation) wire() (wire, error) {
	c := checks{request: "UnbilledReconciliation"}
	b := body{CurrencyCode: c.currency(r.CurrencyCode), BillingPeriod: c.period(r.BillingPeriod), AttributeSet: c.attributes(r.AttributeSet)}
	return wire{kind: kindReconciliation, body: b}, c.err
}

func (r BilledAggregatedUsage) wire() (wire, error) {
	c := checks{request: "BilledAggregatedUsage"}
	b := body{InvoiceID: c.invoice(r.InvoiceID, r.AllowLegacy)}
	return wire{kind: kindAggregated, billed: true, beta: true, body: b}, c.err
}

// path returns the segments of the action's path.
func (w wire) path() []string {
	side := "unbilled"
	if w.billed {
		side = "billed"
	}
	return []string{"reports", "partners", "billing", w.kind, side, "export"}
}
