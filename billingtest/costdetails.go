package billingtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/partnerbilling/sdk-go/lineitem"
)

// report is a requested cost details report.
type report struct {
	content *content // nil: no data
	polls   int
}

// beginReport starts a cost details report of an invoice: its usage as CSV.
func (s *Server) beginReport(x *Exchange, a *account) *Response {
	var q struct {
		InvoiceID string `json:"invoiceId"`
	}
	if json.Unmarshal(x.Body, &q) != nil || q.InvoiceID == "" {
		return armError(http.StatusBadRequest, "BadRequest", "The in-memory service supports reports by invoice only: set invoiceId.")
	}
	s.mu.Lock()
	offer := s.exports[Export{Dataset: Usage, InvoiceID: q.InvoiceID}.address()]
	s.mu.Unlock()
	made := &report{}
	if offer != nil {
		var err error
		if made.content, err = s.costDetails(offer); err != nil {
			return &Response{Err: err}
		}
	}
	id := newID()
	s.mu.Lock()
	a.reports[id] = made
	s.mu.Unlock()
	resp := armJSON(http.StatusAccepted, nil)
	resp.Header.Set(headerLocation, "https://"+x.Request.URL.Host+":443/providers/Microsoft.Billing/billingAccounts/"+a.Name+
		"/providers/Microsoft.CostManagement/costDetailsOperationResults/"+id+"?api-version=2025-03-01")
	resp.Header.Set(headerRetryAfter, "1")
	return resp
}

// reportResult handles a poll of a report. At the first poll it is still running.
func (s *Server) reportResult(a *account, id string) *Response {
	s.mu.Lock()
	r := a.reports[id]
	if r != nil {
		r.polls++
	}
	s.mu.Unlock()
	switch {
	case r == nil:
		return armError(http.StatusNotFound, "NotFound", "The operation was not found.")
	case r.polls == 1:
		resp := armJSON(http.StatusAccepted, nil)
		resp.Header.Set(headerRetryAfter, "1")
		return resp
	case r.content == nil:
		return armJSON(http.StatusOK, map[string]any{"id": id, "name": id, "status": "NoDataFound"})
	}
	directory := r.content.directory()
	var blobs []any
	var total int
	for _, b := range s.blobsOf(r.content) {
		size := len(b.fixed)
		total += size
		blobs = append(blobs, map[string]any{"blobLink": "https://" + s.options.StorageHost + directory + "/" + b.name + "?" + s.SASToken(directory, s.options.SASLifetime), "byteCount": size})
	}
	return armJSON(http.StatusOK, map[string]any{
		"id": id, "name": id, "status": "Completed", "validTill": time.Now().UTC().Add(s.options.SASLifetime).Format(time.RFC3339),
		"manifest": map[string]any{
			"manifestVersion": "2022-05-01", "dataFormat": "Csv", "blobCount": len(blobs), "byteCount": total, "compressData": false,
			"requestContext": map[string]any{"requestScope": a.Name}, "blobs": blobs,
		},
	})
}

// costColumns are the columns of a report, with the attributes of usage that they are derived from.
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

// costDetails converts the usage of an export to a report, blob by blob, and stores it.
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

// costCSV writes rows of usage as CSV with US dates, a byte order mark in the header and another at
// the first record.
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
			field := row.Text(c.attribute)
			if c.column == "date" {
				t, err := lineitem.ParseTime(field)
				if err != nil {
					return nil, err
				}
				field = t.Format("01/02/2006")
			}
			if strings.ContainsAny(field, "\",\r\n") {
				field = `"` + strings.ReplaceAll(field, `"`, `""`) + `"`
			}
			b.WriteString(field)
		}
		b.WriteString("\r\n")
	}
	return b.Bytes(), nil
}
