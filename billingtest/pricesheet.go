package billingtest

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"net/http"
	"slices"
	"strings"
	"time"
)

// beginPriceSheet begins a price sheet, of this month or of an invoice.
func (s *Server) beginPriceSheet(c *armCall) *Response {
	return s.priceSheet(c, c.account.id()+"/operationResults/", func(link string, until time.Time) map[string]any {
		return map[string]any{"downloadUrl": link, "expiryTime": until.Format(time.RFC3339)}
	})
}

// beginLegacyPriceSheet begins a price sheet of the older provider, whose result is nested. The
// format is a parameter of the request.
func (s *Server) beginLegacyPriceSheet(c *armCall) *Response {
	if c.Request.URL.Query().Get("format") != "csv" {
		return armBadRequest("The format of the price sheet is missing or not supported. The supported format is csv.")
	}
	return s.priceSheet(c, c.account.profileID()+"/pricesheetDownloadOperations/", func(link string, until time.Time) map[string]any {
		return map[string]any{"status": "Completed", "properties": map[string]any{"downloadUrl": link, "validTill": until.Format(time.RFC3339)}}
	})
}

func (s *Server) priceSheet(c *armCall, at string, result func(link string, until time.Time) map[string]any) *Response {
	invoice := c.path["invoice"]
	exports := s.costExports(costFilter{invoice: invoice})
	if invoice != "" && len(exports) == 0 {
		return armNotFound()
	}
	data, err := priceArchive(exports)
	if err != nil {
		return &Response{Err: err}
	}
	id := s.beginOperation(c, &armOperation{result: func() *Response {
		directory := "/pricesheets/" + guid(hash(0, invoice))
		name := s.storeFiles(directory, []File{{Name: "PriceSheet.zip", Raw: data}}).blobs[0].name
		link := "https://" + s.options.StorageHost + directory + "/" + name + "?" + s.SASToken(directory, s.options.SASLifetime)
		return armJSON(http.StatusOK, result(link, time.Now().UTC().Add(s.options.SASLifetime)))
	}})
	return c.accepted(at + id)
}

// priceArchive returns a ZIP archive with the prices of the meters of exports, as CSV.
func priceArchive(exports []Export) ([]byte, error) {
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	file, err := z.CreateHeader(&zip.FileHeader{Name: "PriceSheet_1.csv", Method: zip.Deflate})
	if err != nil {
		return nil, err
	}
	w := csv.NewWriter(file)
	w.UseCRLF = true
	rows := [][]string{{"productId", "skuId", "meterId", "meterName", "meterCategory", "meterSubCategory", "product", "unitOfMeasure", "currency", "unitPrice", "tierMinimumUnits", "effectiveStartDate", "priceType"}}
	for _, e := range exports {
		e.AttributeSet = "full"
		first := time.Date(year, time.Month(e.month()), 1, 0, 0, 0, 0, time.UTC).Format(time.RFC3339)
		for _, m := range newFixture(e, usageAttributes).newMeters() {
			rows = append(rows, []string{
				m.productID, m.skuID, m.id, m.subCategory + " - " + m.sku, m.category, m.subCategory, m.product, m.unit,
				"USD", string(m.price.append(nil)), "0", first, "Consumption",
			})
		}
	}
	slices.SortFunc(rows[1:], slices.Compare)
	rows = slices.CompactFunc(rows, func(a, b []string) bool { return strings.Join(a, "\x00") == strings.Join(b, "\x00") })
	if err := w.WriteAll(rows); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return archive.Bytes(), nil
}
