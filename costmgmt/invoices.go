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

// DocumentType says what an invoice document is.
type DocumentType string

// The kinds of documents that the service names.
const (
	DocumentTypeInvoice    DocumentType = "Invoice"
	DocumentTypeCreditNote DocumentType = "CreditNote"
	DocumentTypeVoidNote   DocumentType = "VoidNote"
	DocumentTypeTaxReceipt DocumentType = "TaxReceipt"
)

// Family says which commerce an invoice belongs to, by its number.
type Family string

// The families.
const (
	// FamilyNewCommerce invoices begin with G. They are those that Graph exports.
	FamilyNewCommerce Family = "new commerce"
	// FamilyLegacy invoices begin with D: licences and Azure of the former CSP, which Graph does not export.
	FamilyLegacy Family = "legacy"
	// FamilyUnknown invoices begin with something else.
	FamilyUnknown Family = "unknown"
)

// Invoice is a document of a billing account. A month can have several: one for each billing profile,
// and so for each currency, and credit notes, void notes and rebills.
type Invoice struct {
	// Number is what is printed on the document, for instance G016907411, and what
	// billing.BilledUsage wants.
	Number string
	// ID is the resource's path. The scope of its usage does not follow from it, see [InvoiceScope].
	ID string
	// ProfileID and ProfileName are those of the billing profile.
	ProfileID, ProfileName string
	// Document is what it is, Status for instance Due, Paid or Void, Type for instance AzureServices.
	Document     DocumentType
	Status, Type string
	// Total is with taxes, Subtotal without, Due what is still to be paid. All are exact, and null
	// where the service gave none.
	Total, Subtotal, Tax, Billed, Due Amount
	// Issued, PeriodStart, PeriodEnd and DueDate are in UTC; zero where the service gave none that
	// can be read.
	Issued, PeriodStart, PeriodEnd, DueDate time.Time
	// CreditFor is the number of the invoice that a credit note is for, BilledAs that of the
	// invoice that was billed again.
	CreditFor, BilledAs string
	// Raw is the resource as the service sent it.
	Raw json.RawMessage
}

// Currency is that of the invoice's amounts.
func (i Invoice) Currency() string {
	for _, a := range []Amount{i.Total, i.Billed, i.Subtotal, i.Due} {
		if a.Currency != "" {
			return a.Currency
		}
	}
	return ""
}

// Family tells which commerce the invoice belongs to.
func (i Invoice) Family() Family {
	switch {
	case strings.HasPrefix(strings.ToUpper(i.Number), "G"):
		return FamilyNewCommerce
	case strings.HasPrefix(strings.ToUpper(i.Number), "D"):
		return FamilyLegacy
	}
	return FamilyUnknown
}

// Void reports whether the document takes back another, or was taken back.
func (i Invoice) Void() bool {
	return i.Document == DocumentTypeVoidNote || strings.EqualFold(i.Status, "Void")
}

// Invoices lists the invoices of an account for a period, such as [LastMonth]. For some days after the
// end of a month the list may be empty: that is not yet, and no error.
func (c *Client) Invoices(ctx context.Context, account string, p Period) iter.Seq2[Invoice, error] {
	const what = "invoices"
	if err := p.check(what); err != nil {
		return func(yield func(Invoice, error) bool) { yield(Invoice{}, err) }
	}
	return list(ctx, c, &call{
		what: what, api: "InvoicesClient.NewListByBillingAccountPager", method: http.MethodGet,
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
		Status: string(p.Status), Type: string(p.Type), Total: p.Total, Subtotal: p.Subtotal, Tax: p.Tax, Billed: p.Billed, Due: p.Due,
		Issued: p.Issued.Time, PeriodStart: p.Start.Time, PeriodEnd: p.End.Time, DueDate: p.DueDate.Time,
		CreditFor: string(p.CreditFor), BilledAs: string(p.BilledAs), Raw: raw,
	}, err
}
