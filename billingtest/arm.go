package billingtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/partnerbilling/sdk-go/lineitem"
)

// Account is a partner's billing account in Azure Resource Manager.
type Account struct {
	Name        string // empty: a name like the real ones, with colons
	DisplayName string // empty: a made-up partner
	Invoices    []Invoice
}

// Invoice is an invoice, or another document, of an account.
type Invoice struct {
	Number   string
	Currency string // empty: DefaultCurrency
	Document string // empty: Invoice; CreditNote, VoidNote and others
	Status   string // empty: Due

	// Amount is the invoice's total. Empty: the sum of the rows of the reconciliation export of
	// this invoice, in the invoice's currency, plus Difference.
	Amount     string
	Difference string

	// Month is any time in the invoice's month. Zero: the month before the request.
	Month time.Time
}

// defaultAccount is the name of an account without one.
const defaultAccount = "7a1f2c3d-0b4e-5f60-8a91-b2c3d4e5f607:1c2d3e4f-5061-4728-93a4-b5c6d7e8f901_2019-05-31"

// profile is the account's one billing profile.
const profile = "PARTNER-BP1-EUR"

// invoicesPage is how many invoices a page has.
const invoicesPage = 3

// account is the state of Resource Manager.
type account struct {
	Account
	amounts []string             // of the invoices
	kept    map[string]*resource // budgets and exports, by path in lower case
	reports map[string]*report   // by id of the operation
}

// SetAccount sets the billing account. The reconciliation exports of invoices without an Amount
// must have been added with [Server.Add] before.
func (s *Server) SetAccount(a Account) error {
	setDefault(&a.Name, defaultAccount)
	setDefault(&a.DisplayName, "Fabrikam Partner")
	made := &account{Account: a, kept: map[string]*resource{}, reports: map[string]*report{}}
	made.Invoices = append([]Invoice(nil), a.Invoices...)
	for i := range made.Invoices {
		amount, err := s.amountOf(&made.Invoices[i])
		if err != nil {
			return fmt.Errorf("billingtest: invoice %s: %w", made.Invoices[i].Number, err)
		}
		made.amounts = append(made.amounts, amount)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.account = made
	return nil
}

// amountOf sets an invoice's defaults and returns its amount.
func (s *Server) amountOf(i *Invoice) (string, error) {
	setDefault(&i.Currency, DefaultCurrency)
	setDefault(&i.Document, "Invoice")
	setDefault(&i.Status, "Due")
	if i.Amount != "" {
		return i.Amount, nil
	}
	s.mu.Lock()
	offer := s.exports[Export{Dataset: Reconciliation, InvoiceID: i.Number}.address()]
	s.mu.Unlock()
	if offer == nil {
		return "", errors.New("no Amount and no reconciliation export; set Amount, or call Server.Add first")
	}
	truth, err := offer.export.Truth()
	if err != nil {
		return "", err
	}
	var total lineitem.Totals
	for _, part := range []string{truth.Sum(truth.Total, i.Currency), i.Difference} {
		if part == "" {
			continue
		}
		d, err := lineitem.ParseDecimal(part)
		if err != nil {
			return "", err
		}
		total.Add(i.Currency, d)
	}
	sum, err := total.Sum(i.Currency)
	if sum.IsNull() {
		return "0", err
	}
	return sum.String(), err
}

// resourceManager handles requests to Azure Resource Manager.
func (s *Server) resourceManager(x *Exchange) *Response {
	if problem := s.checkToken(x.Request, s.armAudiences()); problem != tokenValid {
		return armTokenError(problem)
	}
	if x.refusal != 0 {
		code, message := x.refusalText()
		return armError(x.refusal, code, message)
	}
	s.mu.Lock()
	a := s.account
	s.mu.Unlock()
	u := x.Request.URL
	const accounts = "/providers/Microsoft.Billing/billingAccounts"
	if strings.EqualFold(u.Path, accounts) {
		return a.list()
	}
	if a == nil || !strings.HasPrefix(u.Path, accounts+"/"+a.Name) {
		return armError(http.StatusNotFound, "ResourceNotFound", "The resource was not found.")
	}
	rest := strings.TrimPrefix(u.Path, accounts+"/"+a.Name)
	switch method := x.Request.Method; {
	case method == http.MethodGet && rest == "/invoices":
		return a.invoices(u)
	case method == http.MethodGet && rest == "/customers":
		return armJSON(http.StatusOK, map[string]any{"value": []any{}})
	case method == http.MethodPost && strings.HasSuffix(rest, "/providers/Microsoft.CostManagement/generateCostDetailsReport"):
		return s.beginReport(x, a)
	case method == http.MethodGet && strings.Contains(rest, "/costDetailsOperationResults/"):
		return s.reportResult(a, rest[strings.LastIndexByte(rest, '/')+1:])
	}
	if r := resourcePath.FindStringSubmatch(u.Path); r != nil {
		return s.resource(x, a, resourceCall{strings.ToLower(r[1]), strings.ToLower(r[2] + r[3]), r[4], strings.ToLower(r[5])})
	}
	return armError(http.StatusNotFound, "ResourceNotFound", "The in-memory service does not implement this call.")
}

// list returns the list of billing accounts. Without an account it is empty, as for an identity
// without a role.
func (a *account) list() *Response {
	value := []any{}
	if a != nil {
		value = append(value, map[string]any{
			"id": "/providers/Microsoft.Billing/billingAccounts/" + a.Name, "name": a.Name, "type": "Microsoft.Billing/billingAccounts",
			"properties": map[string]any{
				"accountStatus": "Active", "accountType": "Partner", "agreementType": "MicrosoftPartnerAgreement", "displayName": a.DisplayName, "primaryBillingTenantId": partnerTenant,
			},
		})
	}
	return armJSON(http.StatusOK, map[string]any{"value": value})
}

// invoices returns one page of the invoices of the requested months.
func (a *account) invoices(u *url.URL) *Response {
	const day = time.DateOnly
	q := u.Query()
	start, err1 := time.Parse(day, q.Get("periodStartDate"))
	end, err2 := time.Parse(day, q.Get("periodEndDate"))
	if err := errors.Join(err1, err2); err != nil {
		return armError(http.StatusBadRequest, "BadRequest", "periodStartDate and periodEndDate are dates.")
	}
	var skip int
	if text := q.Get("skip"); text != "" {
		if _, err := fmt.Sscan(text, &skip); err != nil || skip < 0 {
			return armError(http.StatusBadRequest, "BadRequest", "skip is a number.")
		}
	}
	value := []any{}
	for i, invoice := range a.Invoices {
		year, month, _ := invoice.Month.UTC().Date()
		if invoice.Month.IsZero() {
			year, month, _ = time.Now().UTC().Date()
			month--
		}
		first := time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
		if first.Before(start) || first.After(end) {
			continue
		}
		amount := map[string]any{"currency": invoice.Currency, "value": json.Number(a.amounts[i])}
		value = append(value, map[string]any{
			"id": "/providers/Microsoft.Billing/billingAccounts/" + a.Name + "/invoices/" + invoice.Number, "name": invoice.Number, "type": "Microsoft.Billing/billingAccounts/invoices",
			"properties": map[string]any{
				"billingProfileId":          "/providers/Microsoft.Billing/billingAccounts/" + a.Name + "/billingProfiles/" + profile,
				"billingProfileDisplayName": profile, "documentType": invoice.Document, "invoiceType": "AzureServices", "status": invoice.Status,
				"invoiceDate": first.AddDate(0, 1, 7).Format(time.RFC3339), "invoicePeriodStartDate": first.Format(day), "invoicePeriodEndDate": first.AddDate(0, 1, -1).Format("01/02/2006"),
				"dueDate": first.AddDate(0, 2, 7).Format(time.RFC3339), "totalAmount": amount, "billedAmount": amount, "amountDue": amount,
			},
		})
	}
	object := map[string]any{}
	if len(value) > skip+invoicesPage {
		next := *u
		q.Set("skip", strconv.Itoa(skip+invoicesPage))
		next.RawQuery = q.Encode()
		object["nextLink"] = next.String()
	}
	object["value"] = value[min(skip, len(value)):min(skip+invoicesPage, len(value))]
	return armJSON(http.StatusOK, object)
}

func armJSON(status int, object any) *Response {
	if object == nil {
		return armRaw(status, nil)
	}
	body, err := json.Marshal(object)
	if err != nil {
		return &Response{Err: err}
	}
	return armRaw(status, body)
}

func armRaw(status int, body []byte) *Response {
	return respond(status, http.Header{"Date": {timestamp(time.Now())}, "X-Ms-Request-Id": {newID()}, headerContentType: {"application/json; charset=utf-8"}}, body)
}

func armError(status int, code, message string) *Response {
	return armJSON(status, map[string]any{"error": map[string]any{"code": code, "message": message}})
}
