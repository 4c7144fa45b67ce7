package costmgmt

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/partnerbilling/sdk-go/internal/jsonscalar"
)

// Invoice is a document of a billing account. A month can have several: one for each billing
// profile, and so for each currency, and credit notes, void notes and rebills.
type Invoice struct {
	// Number is printed on the document, such as G016907411. It is the InvoiceID of
	// billing.BilledUsage and of [CostDetailsRequest].
	Number string
	// ID is the path of the resource. It is not a scope for costs; see [InvoiceScope].
	ID string
	// ProfileID is the path of the billing profile, ProfileName its display name.
	ProfileID, ProfileName string
	// Document is what the document is.
	Document DocumentType
	// Status is the state of the invoice.
	Status InvoiceStatus
	// Type is the kind of its charges.
	Type InvoiceType
	// Total includes taxes, Subtotal does not, Due is still to be paid. Amounts are exact, and null
	// where the service gave none.
	Total, Subtotal, Tax, Billed, Due Amount
	// Issued, PeriodStart, PeriodEnd and DueDate are in UTC; zero where the service gave none that
	// can be parsed.
	Issued, PeriodStart, PeriodEnd, DueDate time.Time
	// CreditFor is, for a credit note, the number of the invoice that it refers to. BilledAs is the
	// number of the invoice that was billed again.
	CreditFor, BilledAs string
	// Raw is the resource as the service sent it.
	Raw json.RawMessage
}

// Currency returns the currency of the amounts, "" if the invoice has none.
func (i Invoice) Currency() string {
	for _, a := range []Amount{i.Total, i.Billed, i.Subtotal, i.Due} {
		if a.Currency != "" {
			return a.Currency
		}
	}
	return ""
}

// Family returns the commerce that the invoice belongs to, told by its number.
func (i Invoice) Family() Family {
	switch {
	case strings.HasPrefix(strings.ToUpper(i.Number), "G"):
		return FamilyNewCommerce
	case strings.HasPrefix(strings.ToUpper(i.Number), "D"):
		return FamilyLegacy
	}
	return FamilyUnknown
}

// IsVoid reports whether the document cancels an invoice, or was canceled.
func (i Invoice) IsVoid() bool {
	return i.Document == DocumentTypeVoidNote || strings.EqualFold(string(i.Status), string(InvoiceStatusVoid))
}

// InvoicesOptions are the options of [Client.Invoices]. There are none so far.
type InvoicesOptions struct{}

// Invoices lists the invoices of a billing account for a period, such as [LastMonth]. In the first
// days of a month the list for the month before may be empty, because its invoices are not
// published yet; that is not an error.
func (c *Client) Invoices(ctx context.Context, account string, p Period, o *InvoicesOptions) iter.Seq2[Invoice, error] {
	const op = "invoices"
	if err := p.check(op); err != nil {
		return func(yield func(Invoice, error) bool) { yield(Invoice{}, err) }
	}
	return list(ctx, c, &call{
		what: op, api: "InvoicesClient.NewListByBillingAccountPager", method: http.MethodGet,
		scope: AccountScope(account), path: "/invoices", version: billingVersion,
		query: url.Values{"periodStartDate": {p.Start.Format(day)}, "periodEndDate": {p.End.Format(day)}},
	}, readInvoice)
}

func readInvoice(raw json.RawMessage) (Invoice, error) {
	var r resource[struct {
		ProfileID   jsonscalar.Text `json:"billingProfileId"`
		ProfileName jsonscalar.Text `json:"billingProfileDisplayName"`
		Document    jsonscalar.Text `json:"documentType"`
		Status      jsonscalar.Text `json:"status"`
		Type        jsonscalar.Text `json:"invoiceType"`
		Total       Amount          `json:"totalAmount"`
		Subtotal    Amount          `json:"subTotal"`
		Tax         Amount          `json:"taxAmount"`
		Billed      Amount          `json:"billedAmount"`
		Due         Amount          `json:"amountDue"`
		Issued      jsonscalar.Time `json:"invoiceDate"`
		Start       jsonscalar.Time `json:"invoicePeriodStartDate"`
		End         jsonscalar.Time `json:"invoicePeriodEndDate"`
		DueDate     jsonscalar.Time `json:"dueDate"`
		CreditFor   jsonscalar.Text `json:"creditForDocumentId"`
		BilledAs    jsonscalar.Text `json:"billedDocumentId"`
	}]
	err := json.Unmarshal(raw, &r)
	p := &r.Properties
	return Invoice{
		Number: string(r.Name), ID: string(r.ID), ProfileID: string(p.ProfileID), ProfileName: string(p.ProfileName), Document: DocumentType(p.Document),
		Status: InvoiceStatus(p.Status), Type: InvoiceType(p.Type), Total: p.Total, Subtotal: p.Subtotal, Tax: p.Tax, Billed: p.Billed, Due: p.Due,
		Issued: p.Issued.Time, PeriodStart: p.Start.Time, PeriodEnd: p.End.Time, DueDate: p.DueDate.Time,
		CreditFor: string(p.CreditFor), BilledAs: string(p.BilledAs), Raw: raw,
	}, err
}
