package billingtest

import (
	"encoding/json"
	"errors"
	"time"
)

// invoicesPage is how many invoices a page has.
const invoicesPage = 3

// usDate is how some of the service's documents write dates: 10/31/2026.
const usDate = "01/02/2006"

// listInvoices returns one page of the invoices of the requested months.
func (s *Server) listInvoices(c *armCall) *Response {
	q := c.Request.URL.Query()
	start, err1 := time.Parse(time.DateOnly, q.Get("periodStartDate"))
	end, err2 := time.Parse(time.DateOnly, q.Get("periodEndDate"))
	if err := errors.Join(err1, err2); err != nil {
		return armBadRequest("periodStartDate and periodEndDate are dates.")
	}
	return c.page(s.invoiceResources(c, func(month time.Time) bool { return !month.Before(start) && !month.After(end) }), invoicesPage)
}

// invoiceResources returns the invoices of the months that in reports; nil: all.
func (s *Server) invoiceResources(c *armCall, in func(month time.Time) bool) (value []any) {
	date := func(t time.Time) string {
		if s.options.USDates {
			return t.Format(usDate)
		}
		return t.Format(time.RFC3339)
	}
	for i, invoice := range c.account.Invoices {
		year, month, _ := invoice.Month.UTC().Date()
		if invoice.Month.IsZero() {
			year, month, _ = time.Now().UTC().Date()
			month--
		}
		first := time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
		if in != nil && !in(first) {
			continue
		}
		amount := map[string]any{"currency": invoice.Currency, "value": json.Number(c.account.amounts[i])}
		value = append(value, map[string]any{
			"id": c.account.id() + "/invoices/" + invoice.Number, "name": invoice.Number, "type": "Microsoft.Billing/billingAccounts/invoices",
			"properties": map[string]any{
				"billingProfileId": c.account.profileID(), "billingProfileDisplayName": DefaultProfile,
				"documentType": invoice.Document, "invoiceType": "AzureServices", "status": invoice.Status,
				"invoiceDate": date(first.AddDate(0, 1, 7)), "dueDate": date(first.AddDate(0, 2, 7)),
				"invoicePeriodStartDate": date(first), "invoicePeriodEndDate": date(first.AddDate(0, 1, -1)),
				"totalAmount": amount, "billedAmount": amount, "amountDue": amount,
			},
		})
	}
	return value
}
