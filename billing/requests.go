package billing

import "github.com/partnerbilling/sdk-go/lineitem"

// Request is a request for an export. T is the type of the export's rows. Five structs of this
// package implement it; it cannot be implemented elsewhere.
type Request[T any] interface {
	// wire checks the request and returns what to send.
	wire() (wire, error)
	// row lets the compiler infer T.
	row(T)
}

// BilledUsage requests the daily rated usage of one invoice. It has the charges of Azure by day and
// meter, but not those of reservations, savings plans, licenses and marketplace software, which are
// only in [BilledReconciliation].
type BilledUsage struct {
	// InvoiceID is the number of a new-commerce invoice, such as G016907411. Required.
	InvoiceID string
	// AttributeSet is [AttributeSetFull] unless set.
	AttributeSet AttributeSet
	// AllowLegacy allows a number that begins with D. The service is known to have no data for such
	// invoices.
	AllowLegacy bool
}

// UnbilledUsage requests the daily rated usage that has not been invoiced yet. New usage shows up
// within a day, and later in the first days of a month.
type UnbilledUsage struct {
	// BillingPeriod is [BillingPeriodCurrent] or [BillingPeriodLast]. Required.
	BillingPeriod BillingPeriod
	// CurrencyCode is the billing currency, three letters such as USD. Required. An export has the
	// rows of one currency.
	CurrencyCode string
	// AttributeSet is [AttributeSetFull] unless set.
	AttributeSet AttributeSet
}

// BilledReconciliation requests the line items of one invoice.
type BilledReconciliation struct {
	// InvoiceID is the number of a new-commerce invoice, such as G016907411. Required.
	InvoiceID string
	// AttributeSet is [AttributeSetFull] unless set.
	AttributeSet AttributeSet
	// AllowLegacy allows a number that begins with D. The service is known to have no data for such
	// invoices.
	AllowLegacy bool
}

// UnbilledReconciliation requests the line items that have not been invoiced yet.
type UnbilledReconciliation struct {
	// BillingPeriod is [BillingPeriodCurrent] or [BillingPeriodLast]. Required.
	BillingPeriod BillingPeriod
	// CurrencyCode is the billing currency, three letters such as USD. Required. An export has the
	// rows of one currency.
	CurrencyCode string
	// AttributeSet is [AttributeSetFull] unless set.
	AttributeSet AttributeSet
}

// BilledAggregatedUsage requests the usage of one invoice, aggregated by the service. Microsoft has
// documented the request but not the columns, so its rows are [lineitem.Record]; declare a struct
// of your own once you know them. It is only in Graph beta so far and is sent there unless
// [ClientOptions] name a version.
type BilledAggregatedUsage struct {
	// InvoiceID is the number of a new-commerce invoice, such as G016907411. Required.
	InvoiceID string
	// AllowLegacy allows a number that begins with D. The service is known to have no data for such
	// invoices.
	AllowLegacy bool
}

func (BilledUsage) row(lineitem.Usage)                     {}
func (UnbilledUsage) row(lineitem.Usage)                   {}
func (BilledReconciliation) row(lineitem.Reconciliation)   {}
func (UnbilledReconciliation) row(lineitem.Reconciliation) {}
func (BilledAggregatedUsage) row(lineitem.Record)          {}

// The kinds of rows. A resume token of one kind is invalid for another.
const (
	kindUsage          = "usage"
	kindReconciliation = "reconciliation"
	kindAggregated     = "aggregatedUsage"
)

// wire is a checked request in the form of the service.
type wire struct {
	kind   string
	billed bool
	beta   bool // not in v1.0
	body   body
}

// body is the JSON of a request. Fields that a request does not have are omitted.
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
