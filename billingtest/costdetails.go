package billingtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// beginReport starts a cost details report: of a period, a billing period or an invoice.
func (s *Server) beginReport(c *armCall) *Response {
	var q struct {
		Metric        string           `json:"metric"`
		TimePeriod    *requestedPeriod `json:"timePeriod"`
		BillingPeriod string           `json:"billingPeriod"`
		InvoiceID     string           `json:"invoiceId"`
	}
	f, ok := s.costsOf(c)
	if !ok {
		return armNotFound()
	}
	if json.Unmarshal(c.Body, &q) != nil {
		return armBadRequest("The request body is invalid.")
	}
	switch month, err := time.Parse("200601", q.BillingPeriod); {
	case q.InvoiceID != "":
		f.invoice = q.InvoiceID
	case q.BillingPeriod != "" && err == nil:
		f.days = period{month, month.AddDate(0, 1, -1)}.ofRows(time.Now())
	case q.TimePeriod != nil && q.BillingPeriod == "":
		f.days, ok = q.TimePeriod.days()
	default:
		ok = false
	}
	if !ok {
		return armBadRequest("One of timePeriod, billingPeriod and invoiceId is required.")
	}
	made, err := s.costReport(f)
	if err != nil {
		return &Response{Err: err}
	}
	operation := &armOperation{}
	id := s.beginOperation(c, operation)
	operation.result = func() *Response { return s.reportResult(c.path["scope"], id, made) }
	return c.accepted(c.path["scope"] + "/providers/Microsoft.CostManagement/costDetailsOperationResults/" + id)
}

// reportResult is the last response about a report. Without content there are no data.
func (s *Server) reportResult(scope, id string, report *content) *Response {
	if report == nil {
		return armJSON(http.StatusOK, map[string]any{"id": id, "name": id, "status": "NoDataFound"})
	}
	directory := report.directory()
	var blobs []any
	var total int
	for _, b := range s.blobsOf(report) {
		size := len(b.fixed)
		total += size
		blobs = append(blobs, map[string]any{"blobLink": "https://" + s.options.StorageHost + directory + "/" + b.name + "?" + s.SASToken(directory, s.options.SASLifetime), "byteCount": size})
	}
	return armJSON(http.StatusOK, map[string]any{
		"id": id, "name": id, "status": "Completed", "validTill": time.Now().UTC().Add(s.options.SASLifetime).Format(time.RFC3339),
		"manifest": map[string]any{
			"manifestVersion": "2022-05-01", "dataFormat": "Csv", "blobCount": len(blobs), "byteCount": total, "compressData": false,
			"requestContext": map[string]any{"requestScope": strings.TrimPrefix(scope, "/")}, "blobs": blobs,
		},
	})
}

// costReport converts the costs that a filter selects to files, one for each blob of usage, and
// stores them. Without a row it returns nil.
func (s *Server) costReport(f costFilter) (*content, error) {
	var files []File
	rows := int64(0)
	for _, e := range s.costExports(f) {
		names, err := e.BlobNames()
		if err != nil {
			return nil, err
		}
		for i := range names {
			text, n, err := costCSV(e, i, f, costColumns)
			if err != nil {
				return nil, err
			}
			rows += n
			files = append(files, File{Name: fmt.Sprintf("part_%d.csv", len(files)), Raw: text})
		}
	}
	if len(files) == 0 || rows == 0 && f != (costFilter{invoice: f.invoice, account: f.account}) {
		return nil, nil //nolint:nilnil // no data is no error
	}
	return s.storeFiles("/costdetails/"+newID(), files), nil
}

// costColumn is a column of a cost file, with the attribute of usage that it is derived from.
type costColumn struct{ column, attribute string }

// costColumns are the columns of a report.
var costColumns = []costColumn{
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

// costCSV writes the costs of a blob as CSV with US dates, a byte order mark in the header and
// another at the first record. Every second file has its header in upper case.
func costCSV(e Export, blob int, f costFilter, columns []costColumn) (text []byte, rows int64, err error) {
	var b bytes.Buffer
	b.WriteString("\ufeff")
	for i, c := range columns {
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
	for row, err := range e.costs(blob, f) {
		if err != nil {
			return nil, 0, err
		}
		rows++
		for i, c := range columns {
			if i > 0 {
				b.WriteByte(',')
			}
			field := row.Text(c.attribute)
			if c.attribute == "UsageDate" {
				field = row.day.Format(usDate)
			}
			if strings.ContainsAny(field, "\",\r\n") {
				field = `"` + strings.ReplaceAll(field, `"`, `""`) + `"`
			}
			b.WriteString(field)
		}
		b.WriteString("\r\n")
	}
	return b.Bytes(), rows, nil
}
