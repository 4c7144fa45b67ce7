package billingtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/partnerbilling/sdk-go/lineitem"
)

// Account is a partner's billing account, as Azure Resource Manager shows it.
type Account struct {
	Name        string // empty: a name like the real ones, with colons
	DisplayName string // empty: a made-up partner
	Invoices    []Invoice
}

// Invoice is a document of an account.
type Invoice struct {
	Number   string
	Currency string // empty: DefaultCurrency
	Document string // empty: Invoice; CreditNote, VoidNote and others
	Status   string // empty: Due

	// Amount is the invoice's total. Empty: what the rows of the reconciliation export of that number come to in the
	// invoice's currency, and Difference more.
	Amount     string
	Difference string

	// Month is any time in the month of the invoice. Zero: the month before the one in which it is asked for.
	Month time.Time
}

// defaultAccount is the name of an account that has none.
const defaultAccount = "7a1f2c3d-0b4e-5f60-8a91-b2c3d4e5f607:1c2d3e4f-5061-4728-93a4-b5c6d7e8f901_2019-05-31"

// profile is the account's one billing profile.
const profile = "PARTNER-BP1-EUR"

// invoicesPage is how many invoices a page has.
const invoicesPage = 3

// account is what a server knows of the side of Resource Manager.
type account struct {
	Account
	amounts []string // of the invoices
	budgets map[string]json.RawMessage
	reports map[string]*report // by id of the operation
}

// report is a cost details report that was asked for.
type report struct {
	content *content // nil: no data
	looks   int
}

// SetAccount gives the server a billing account. Export what its invoices bill with [Server.Add] first: an invoice without an
// Amount is worth what its rows come to.
func (s *Server) SetAccount(a Account) error {
	setDefault(&a.Name, defaultAccount)
	setDefault(&a.DisplayName, "Fabrikam Partner")
	made := &account{Account: a, budgets: map[string]json.RawMessage{}, reports: map[string]*report{}}
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

// amountOf fills an invoice's defaults in and returns its amount.
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
		return "", errors.New("it has neither an Amount nor a reconciliation export")
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

// resourceManager answers what is sent to Azure Resource Manager.
func (s *Server) resourceManager(x *Exchange) *Answer {
	if refusal := s.authorised(x.Request); refusal != "" {
		return armError(http.StatusUnauthorized, "InvalidAuthenticationToken", refusal)
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
	case strings.Contains(rest, "/budgets/"):
		return s.budget(x, a)
	}
	return armError(http.StatusNotFound, "ResourceNotFound", "The embedded service does not know this call.")
}

// list is the list of billing accounts; without an account it is empty, as for an identity without a role.
func (a *account) list() *Answer {
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

// invoices lists the invoices of the months asked for, page by page.
func (a *account) invoices(u *url.URL) *Answer {
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

// beginReport accepts a cost details report of an invoice: its usage, as CSV.
func (s *Server) beginReport(x *Exchange, a *account) *Answer {
	var q struct {
		InvoiceID string `json:"invoiceId"`
	}
	if json.Unmarshal(x.Body, &q) != nil || q.InvoiceID == "" {
		return armError(http.StatusBadRequest, "BadRequest", "The embedded service makes reports of invoices: set invoiceId.")
	}
	s.mu.Lock()
	offer := s.exports[Export{Dataset: Usage, InvoiceID: q.InvoiceID}.address()]
	s.mu.Unlock()
	made := &report{}
	if offer != nil {
		var err error
		if made.content, err = s.costDetails(offer); err != nil {
			return &Answer{Err: err}
		}
	}
	id := newID()
	s.mu.Lock()
	a.reports[id] = made
	s.mu.Unlock()
	answer := armJSON(http.StatusAccepted, nil)
	answer.Header.Set(headerLocation, "https://"+x.Request.URL.Host+":443/providers/Microsoft.Billing/billingAccounts/"+a.Name+
		"/providers/Microsoft.CostManagement/costDetailsOperationResults/"+id+"?api-version=2025-03-01")
	answer.Header.Set(headerRetryAfter, "1")
	return answer
}

// reportResult answers a look at a report, the first of which comes too early.
func (s *Server) reportResult(a *account, id string) *Answer {
	s.mu.Lock()
	r := a.reports[id]
	if r != nil {
		r.looks++
	}
	s.mu.Unlock()
	switch {
	case r == nil:
		return armError(http.StatusNotFound, "NotFound", "The operation was not found.")
	case r.looks == 1:
		answer := armJSON(http.StatusAccepted, nil)
		answer.Header.Set(headerRetryAfter, "1")
		return answer
	case r.content == nil:
		return armJSON(http.StatusOK, map[string]any{"id": id, "name": id, "status": "NoDataFound"})
	}
	directory := r.content.directory()
	var blobs []any
	var total int
	for _, b := range s.blobsOf(r.content) {
		size := len(b.fixed)
		total += size
		blobs = append(blobs, map[string]any{"blobLink": "https://" + s.options.StorageHost + directory + "/" + b.name + "?" + s.SASToken(directory, s.options.SASLife), "byteCount": size})
	}
	return armJSON(http.StatusOK, map[string]any{
		"id": id, "name": id, "status": "Completed", "validTill": time.Now().UTC().Add(s.options.SASLife).Format(time.RFC3339),
		"manifest": map[string]any{
			"manifestVersion": "2022-05-01", "dataFormat": "Csv", "blobCount": len(blobs), "byteCount": total, "compressData": false,
			"requestContext": map[string]any{"requestScope": a.Name}, "blobs": blobs,
		},
	})
}

// costColumns are the columns of a report, with the attributes of usage that they are made of.
var costColumns = []struct{ column, attribute string }{
	{"invoiceId", "InvoiceNumber"},
	{"partnerTenantId", "PartnerId"},
	{"partnerName", "PartnerName"},
	{"customerTenantId", "CustomerId"},
	{"customerName", "CustomerName"},
	{"resellerMpnId", "Tier2MpnId"},
	{"date", "UsageDate"},
	{"meterId", "MeterId"},
	{"meterName", "MeterName"},
	{"meterCategory", "MeterCategory"},
	{"meterSubCategory", "MeterSubCategory"},
	{"meterRegion", "MeterRegion"},
	{"ProductId", "ProductId"},
	{"ProductName", "ProductName"},
	{"SubscriptionId", "SubscriptionId"},
	{"resourceGroupName", "ResourceGroup"},
	{"ResourceId", "ResourceUri"},
	{"resourceLocation", "ResourceLocation"},
	{"consumedService", "ConsumedService"},
	{"quantity", "Quantity"},
	{"unitOfMeasure", "Unit"},
	{"chargeType", "ChargeType"},
	{"unitPrice", "UnitPrice"},
	{"effectivePrice", "EffectiveUnitPrice"},
	{"billingCurrency", "BillingCurrency"},
	{"costInBillingCurrency", "BillingPreTaxTotal"},
	{"pricingCurrency", "PricingCurrency"},
	{"costInPricingCurrency", "PricingPreTaxTotal"},
	{"tags", "Tags"},
	{"additionalInfo", "AdditionalInfo"},
}

// costDetails makes the usage of an export a report, with a blob for each of its blobs, and stores it.
func (s *Server) costDetails(offer *offered) (*content, error) {
	e := offer.export
	c, err := newContent(e)
	if err != nil {
		return nil, err
	}
	var files []File
	for i := range c.blobs {
		var lines bytes.Buffer
		if err := e.WriteLines(&lines, i); err != nil {
			return nil, err
		}
		text, err := costCSV(&lines, i)
		if err != nil {
			return nil, err
		}
		files = append(files, File{Name: fmt.Sprintf("part_%d.csv", i), Raw: text})
	}
	made, err := newContent(Export{Dataset: e.Dataset, InvoiceID: e.InvoiceID, Seed: hash(e.Seed, "cost details"), Files: files})
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serial++
	made.stored, made.serial = offer.added, s.serial
	s.stored[made.directory()] = made
	return made, nil
}

// costCSV writes rows of usage as CSV, with a byte order mark in odd places, and US dates.
func costCSV(lines io.Reader, blob int) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("\ufeff")
	for i, c := range costColumns {
		if i > 0 {
			b.WriteByte(',')
		}
		if blob%2 == 1 {
			b.WriteString(strings.ToUpper(c.column))
		} else {
			b.WriteString(c.column)
		}
	}
	b.WriteString("\r\n\ufeff")
	r := lineitem.NewReader[lineitem.Record](lines, nil)
	for row, err := range r.All() {
		if err != nil {
			return nil, err
		}
		for i, c := range costColumns {
			if i > 0 {
				b.WriteByte(',')
			}
			cell := row.Text(c.attribute)
			if c.column == "date" {
				t, err := lineitem.ParseTime(cell)
				if err != nil {
					return nil, err
				}
				cell = t.Format("01/02/2006")
			}
			if strings.ContainsAny(cell, "\",\r\n") {
				cell = `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
			}
			b.WriteString(cell)
		}
		b.WriteString("\r\n")
	}
	return b.Bytes(), nil
}

// budget keeps budgets as they are sent.
func (s *Server) budget(x *Exchange, a *account) *Answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	path := strings.ToLower(x.Request.URL.Path)
	known, is := a.budgets[path]
	switch x.Request.Method {
	case http.MethodPut:
		var object map[string]json.RawMessage
		if json.Unmarshal(x.Body, &object) != nil || object["properties"] == nil {
			return armError(http.StatusBadRequest, "BadRequest", "A budget has properties.")
		}
		name := x.Request.URL.Path[strings.LastIndexByte(x.Request.URL.Path, '/')+1:]
		kept, err := json.Marshal(map[string]any{"name": name, "id": x.Request.URL.Path, "eTag": `"` + newID() + `"`, "properties": object["properties"]})
		if err != nil {
			return &Answer{Err: err}
		}
		a.budgets[path] = kept
		if is {
			return armRaw(http.StatusOK, kept)
		}
		return armRaw(http.StatusCreated, kept)
	case http.MethodDelete:
		if !is {
			return armError(http.StatusNotFound, "ResourceNotFound", "The budget was not found.")
		}
		delete(a.budgets, path)
		return armRaw(http.StatusOK, nil)
	case http.MethodGet:
		if is {
			return armRaw(http.StatusOK, known)
		}
	}
	return armError(http.StatusNotFound, "ResourceNotFound", "The budget was not found.")
}

func armJSON(status int, object any) *Answer {
	if object == nil {
		return armRaw(status, nil)
	}
	body, err := json.Marshal(object)
	if err != nil {
		return &Answer{Err: err}
	}
	return armRaw(status, body)
}

func armRaw(status int, body []byte) *Answer {
	return respond(status, http.Header{"Date": {timestamp(time.Now())}, "X-Ms-Request-Id": {newID()}, headerContentType: {"application/json; charset=utf-8"}}, body)
}

func armError(status int, code, message string) *Answer {
	return armJSON(status, map[string]any{"error": map[string]any{"code": code, "message": message}})
}
