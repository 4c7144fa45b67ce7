package billing

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/partnerbilling/sdk-go/internal/errtext"
)

var (
	// ErrInvalidRequest means that a field of the request or of the options is invalid; the text
	// names it and what it may be. Nothing was sent.
	ErrInvalidRequest = errors.New("invalid request")

	// ErrLegacyInvoice means that the invoice number begins with D: it is of legacy commerce, whose
	// invoices cannot be exported. Download the reconciliation file from Partner Center instead, or
	// set AllowLegacy to send the request anyway. The error also matches [ErrInvalidRequest].
	// Nothing was sent.
	ErrLegacyInvoice = errors.New("legacy invoices cannot be exported")
)

// maxInvoiceID is longer than any known invoice number.
const maxInvoiceID = 64

// checks keeps the first thing that is wrong with a request.
type checks struct {
	request string
	err     error
}

func (c *checks) wrong(field, reason string, kinds ...error) {
	if c.err != nil {
		return
	}
	text := fmt.Sprintf("billing: %s.%s %s", c.request, field, reason)
	c.err = errtext.New(text, append(kinds, ErrInvalidRequest)...)
}

func (c *checks) invoice(id string, allowLegacy bool) string {
	const field = "InvoiceID"
	switch {
	case id == "":
		c.wrong(field, "is empty: give the number of an invoice, such as G016907411")
	case len(id) > maxInvoiceID:
		c.wrong(field, fmt.Sprintf("has %d characters: an invoice number looks like G016907411", len(id)))
	case strings.ContainsFunc(id, func(r rune) bool { return !isLetter(r) && !(r >= '0' && r <= '9') }):
		c.wrong(field, fmt.Sprintf("is %q: an invoice number has only letters and digits, such as G016907411", id))
	case (id[0] == 'D' || id[0] == 'd') && !allowLegacy:
		c.wrong(field, fmt.Sprintf("is %q: %v, and a number that begins with D is legacy; download its reconciliation file from Partner Center, "+
			"or set AllowLegacy to send the request anyway", id, ErrLegacyInvoice), ErrLegacyInvoice)
	}
	return id
}

func (c *checks) currency(code string) string {
	if len(code) != 3 || strings.ContainsFunc(code, func(r rune) bool { return !isLetter(r) }) {
		c.wrong("CurrencyCode", fmt.Sprintf("is %.16q: it must be the three letters of the billing currency, such as USD", code))
	}
	return strings.ToUpper(code)
}

func (c *checks) period(p BillingPeriod) BillingPeriod {
	if !slices.Contains(PossibleBillingPeriodValues(), p) {
		c.wrong("BillingPeriod", fmt.Sprintf("is %.32q: it must be %q or %q", p, BillingPeriodCurrent, BillingPeriodLast))
	}
	return p
}

// attributes returns the set to send. It is always sent, since the documentation and the metadata
// of the service disagree on whether it may be omitted.
func (c *checks) attributes(s AttributeSet) AttributeSet {
	switch {
	case s == "":
		return AttributeSetFull
	case !slices.Contains(PossibleAttributeSetValues(), s):
		c.wrong("AttributeSet", fmt.Sprintf("is %.32q: it must be %q, %q or empty, which means %[2]q", s, AttributeSetFull, AttributeSetBasic))
	}
	return s
}

func isLetter(r rune) bool { return r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' }
