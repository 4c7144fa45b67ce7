package billingtest_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partnerbilling/sdk-go/billingtest"
)

func date(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// expected adds up an attribute of the rows of an export by a key.
func expected(t testing.TB, e billingtest.Export, attribute string, key func(row map[string]any) string) map[string]*big.Rat {
	t.Helper()
	sums := map[string]*big.Rat{}
	for _, line := range allLines(t, e) {
		var row map[string]any
		d := json.NewDecoder(strings.NewReader(line))
		d.UseNumber()
		if err := d.Decode(&row); err != nil {
			t.Fatal(err)
		}
		k := key(row)
		if k == "" {
			continue
		}
		if sums[k] == nil {
			sums[k] = new(big.Rat)
		}
		sums[k].Add(sums[k], rat(t, as[json.Number](t, row[attribute]).String()))
	}
	return sums
}

// queried runs a query and returns the first sum by all other columns, joined, and the number of
// pages.
func queried(t testing.TB, s *billingtest.Server, scope, body string) (sums map[string]*big.Rat, pages int) {
	t.Helper()
	sums = map[string]*big.Rat{}
	for path := scope + "/providers/Microsoft.CostManagement/query"; path != ""; pages++ {
		response, object := callARM(t, s, http.MethodPost, path, body)
		if response.StatusCode != http.StatusOK {
			t.Fatalf("query: status %d, %v", response.StatusCode, object)
		}
		p := as[map[string]any](t, object["properties"])
		columns := as[[]any](t, p["columns"])
		for _, r := range as[[]any](t, p["rows"]) {
			row := as[[]any](t, r)
			if len(row) != len(columns) {
				t.Fatalf("row %v of columns %v", row, columns)
			}
			var key []string
			for _, v := range row[1:] {
				if n, ok := v.(float64); ok {
					v = int(n)
				}
				key = append(key, fmt.Sprint(v))
			}
			sums[strings.Join(key, "|")] = new(big.Rat).SetFloat64(as[float64](t, row[0]))
		}
		path, _ = p["nextLink"].(string)
	}
	return sums, pages
}

func near(a, b *big.Rat) bool {
	if a == nil || b == nil {
		return false
	}
	x, _ := new(big.Rat).Sub(a, b).Float64()
	return x < 1e-6 && x > -1e-6
}

// TestQuery: what a query adds up is in the rows of usage.
func TestQuery(t *testing.T) {
	usage := billingtest.Export{InvoiceID: invoice, Rows: 4000, Customers: 5}
	unbilled := billingtest.Export{Rows: 300}
	s := withAccount(t, nil, billingtest.Account{}, usage, unbilled, billingtest.Export{BillingPeriod: "last", Rows: 70})
	text := func(row map[string]any, attribute string) string { v, _ := row[attribute].(string); return v }
	day := func(row map[string]any) string { return strings.ReplaceAll(text(row, "UsageDate")[:10], "-", "") }
	truth, err := usage.Truth()
	if err != nil {
		t.Fatal(err)
	}
	customer := truth.Customers[1].ID
	const september = `"timeframe":"Custom","timePeriod":{"from":"2024-09-01T00:00:00Z","to":"2024-09-30T00:00:00Z"}`
	cost := func(dataset string) string {
		return `{"type":"ActualCost",` + september + `,"dataset":{"aggregation":{"total":{"name":"Cost","function":"Sum"}}` + dataset + `}}`
	}
	for _, c := range []struct {
		name, scope, body string
		export            billingtest.Export
		attribute         string
		key               func(row map[string]any) string
		pages             int
	}{
		{"total", profileID, cost(""), usage, "BillingPreTaxTotal", func(row map[string]any) string { return text(row, "BillingCurrency") }, 1},
		{"in US dollars", accountID, cost(""), usage, "PricingPreTaxTotal", func(row map[string]any) string { return "USD" }, 1},
		{"daily", profileID, cost(`,"granularity":"Daily"`), usage, "BillingPreTaxTotal", func(row map[string]any) string { return day(row) + "|EUR" }, 1},
		{"monthly", profileID, cost(`,"granularity":"Monthly"`), usage, "BillingPreTaxTotal", func(row map[string]any) string { return "2024-09-01T00:00:00|EUR" }, 1},
		{
			"groups", profileID, cost(`,"grouping":[{"type":"Dimension","name":"InvoiceId"},{"type":"Dimension","name":"CustomerTenantId"}]`), usage, "BillingPreTaxTotal",
			func(row map[string]any) string { return invoice + "|" + text(row, "CustomerId") + "|EUR" }, 1,
		},
		{
			"pages", profileID, cost(`,"granularity":"Daily","grouping":[{"type":"Dimension","name":"ResourceId"},{"type":"Dimension","name":"Meter"}]`), usage, "BillingPreTaxTotal",
			func(row map[string]any) string {
				return day(row) + "|" + text(row, "ResourceURI") + "|" + text(row, "MeterName") + "|EUR"
			}, 2,
		},
		{"customer", accountID + "/customers/" + customer, cost(""), usage, "BillingPreTaxTotal", func(row map[string]any) string {
			if text(row, "CustomerId") != customer {
				return ""
			}
			return "EUR"
		}, 1},
		{
			"quantity of a filter", profileID, `{"type":"Usage",` + september + `,"dataset":{"aggregation":{"q":{"name":"UsageQuantity","function":"Sum"}},"filter":{"and":[` +
				`{"dimensions":{"name":"MeterCategory","operator":"In","values":["Storage","bandwidth"]}},{"dimensions":{"name":"InvoiceId","operator":"In","values":["` + invoice + `"]}}]}}}`,
			usage, "Quantity", func(row map[string]any) string {
				if c := text(row, "MeterCategory"); c != "Storage" && c != "Bandwidth" {
					return ""
				}
				return "EUR"
			}, 1,
		},
		{"some days", profileID, strings.Replace(cost(""), "2024-09-30", "2024-09-03", 1), usage, "BillingPreTaxTotal", func(row map[string]any) string {
			if day(row) > "20240903" {
				return ""
			}
			return "EUR"
		}, 1},
		{"unbilled month", profileID, strings.Replace(cost(""), september, `"timeframe":"MonthToDate"`, 1), unbilled, "BillingPreTaxTotal", func(map[string]any) string { return "EUR" }, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, pages := queried(t, s, c.scope, c.body)
			want := expected(t, c.export, c.attribute, c.key)
			if len(got) != len(want) || len(want) == 0 || (pages > 1) != (c.pages > 1) {
				t.Fatalf("%d groups on %d pages; want %d", len(got), pages, len(want))
			}
			for key, sum := range want {
				if !near(got[key], sum) {
					t.Errorf("%s: %v; want %v", key, got[key], sum)
				}
			}
		})
	}
	for name, body := range map[string]string{
		"no body": ``, "no aggregation": `{"timeframe":"MonthToDate","dataset":{}}`, "unknown column": strings.Replace(cost(""), `"Cost"`, `"Price"`, 1),
		"unknown dimension": cost(`,"grouping":[{"type":"Dimension","name":"Mood"}]`), "no period": strings.Replace(cost(""), `"timePeriod"`, `"x"`, 1),
		"unknown filter": cost(`,"filter":{"not":{}}`), "granularity": cost(`,"granularity":"Hourly"`),
	} {
		if response, object := callARM(t, s, http.MethodPost, profileID+"/providers/Microsoft.CostManagement/query", body); response.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: status %d, %v", name, response.StatusCode, object)
		}
	}
}

// TestPeriodsByTheClock: the last month and this one, by the clock, select the rows of the last and
// the current period, which do not depend on it.
func TestPeriodsByTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(date(2031, 3, 30)))
		usage, unbilled := billingtest.Export{InvoiceID: invoice, Rows: 400}, billingtest.Export{Rows: 300}
		s := withAccount(t, nil, billingtest.Account{}, usage, unbilled)
		all := func(map[string]any) string { return "EUR" }
		for days, e := range map[string]billingtest.Export{
			`"from":"2031-02-01","to":"2031-02-28"`: usage,
			`"from":"2031-03-01","to":"2031-03-31"`: unbilled,
			`"from":"2024-09-01","to":"2024-09-30"`: usage,
			`"from":"2024-10-01","to":"2024-10-31"`: unbilled,
			`"from":"2031-01-01","to":"2031-01-31"`: {},
		} {
			got, _ := queried(t, s, profileID, `{"timePeriod":{`+days+`},"dataset":{"aggregation":{"total":{"name":"Cost","function":"Sum"}}}}`)
			if e.Rows == 0 {
				if len(got) != 0 {
					t.Errorf("%s: %v", days, got)
				}
			} else if want := expected(t, e, "BillingPreTaxTotal", all)["EUR"]; !near(got["EUR"], want) {
				t.Errorf("%s: %v; want %v", days, got, want)
			}
		}
	})
}

// TestUsageDetails: all rows of an invoice, page by page.
func TestUsageDetails(t *testing.T) {
	usage := billingtest.Export{InvoiceID: invoice, Rows: 2500, Customers: 5}
	s := withAccount(t, nil, billingtest.Account{}, usage, billingtest.Export{InvoiceID: "G2", Rows: 10})
	rows, pages := armList(t, s, profileID+"/invoices/"+invoice+"/providers/Microsoft.Consumption/usageDetails")
	if len(rows) != 2500 || pages != 3 {
		t.Fatalf("%d rows on %d pages", len(rows), pages)
	}
	ids := map[any]bool{}
	for i, line := range allLines(t, usage) {
		row, p := object(t, []byte(line)), as[map[string]any](t, rows[i]["properties"])
		if p["costInBillingCurrency"] != row["BillingPreTaxTotal"] || p["customerTenantId"] != row["CustomerId"] || p["invoiceId"] != invoice || rows[i]["kind"] != "modern" ||
			as[string](t, p["date"])[:10] != as[string](t, row["UsageDate"])[:10] || as[string](t, p["exchangeRate"]) == "" {
			t.Fatalf("row %d is %v; want %v", i, rows[i], row)
		}
		ids[rows[i]["id"]] = true
	}
	if len(ids) != len(rows) {
		t.Errorf("%d different IDs", len(ids))
	}
	some, pages := armList(t, s, profileID+"/providers/Microsoft.Consumption/usageDetails?startDate=2024-09-02&endDate=2024-09-03&$top=40")
	for _, row := range some {
		if d := as[string](t, as[map[string]any](t, row["properties"])["date"]); d != "2024-09-02T00:00:00Z" && d != "2024-09-03T00:00:00Z" {
			t.Errorf("date %s", d)
		}
	}
	if len(some) == 0 || pages != (len(some)+39)/40 {
		t.Errorf("%d rows on %d pages", len(some), pages)
	}
}

// download reads a link without a token.
func download(t testing.TB, s *billingtest.Server, link string) []byte {
	t.Helper()
	response := get(t, s, link, nil)
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("status %d, %v", response.StatusCode, err)
	}
	if response.Header.Get("Content-MD5") == "" {
		t.Error("no Content-MD5")
	}
	return data
}

// TestPriceSheet: both providers, of a month and of an invoice.
func TestPriceSheet(t *testing.T) {
	s := withAccount(t, nil, billingtest.Account{})
	for _, path := range []string{
		profileID + "/providers/Microsoft.CostManagement/pricesheets/default/download",
		profileID + "/invoices/" + invoice + "/providers/Microsoft.CostManagement/pricesheets/default/download",
		profileID + "/pricesheet/default/download?format=csv",
	} {
		begun, object := callARM(t, s, http.MethodPost, path, "")
		location := begun.Header.Get("Location")
		if begun.StatusCode != http.StatusAccepted || !strings.HasPrefix(location, armHost+":443/") {
			t.Fatalf("%s: status %d, %v", path, begun.StatusCode, object)
		}
		if first, _ := callARM(t, s, http.MethodGet, location, ""); first.StatusCode != http.StatusAccepted || first.Header.Get("Retry-After") == "" {
			t.Errorf("first poll: status %d", first.StatusCode)
		}
		_, done := callARM(t, s, http.MethodGet, location, "")
		if nested, ok := done["properties"].(map[string]any); ok != strings.Contains(path, "/pricesheet/") {
			t.Errorf("%s: %v", path, done)
		} else if ok {
			done = nested
		}
		data := download(t, s, as[string](t, done["downloadUrl"]))
		archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		file, err := archive.File[0].Open()
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(file).ReadAll()
		if err != nil || len(rows) < 50 || rows[0][2] != "meterId" {
			t.Errorf("%d rows, %v", len(rows), err)
		}
	}
	if response, _ := callARM(t, s, http.MethodPost, profileID+"/invoices/G9/providers/Microsoft.CostManagement/pricesheets/default/download", ""); response.StatusCode != http.StatusNotFound {
		t.Errorf("status %d for an unknown invoice", response.StatusCode)
	}
}

// TestLegacyPriceSheetFormat: the older provider makes no price sheet without a format.
func TestLegacyPriceSheetFormat(t *testing.T) {
	s := withAccount(t, nil, billingtest.Account{})
	for _, query := range []string{"", "?format=xlsx"} {
		if begun, object := callARM(t, s, http.MethodPost, profileID+"/pricesheet/default/download"+query, ""); begun.StatusCode != http.StatusBadRequest {
			t.Errorf("%q: status %d, %v", query, begun.StatusCode, object)
		}
	}
}

// TestCostDetails: a report of a period, of a billing period, and of an invoice.
func TestCostDetails(t *testing.T) {
	usage := billingtest.Export{InvoiceID: invoice, Rows: 500, Blobs: 2, Customers: 5}
	s := withAccount(t, nil, billingtest.Account{}, usage, billingtest.Export{Rows: 30})
	days := map[string]int{}
	for _, line := range allLines(t, usage) {
		days[as[string](t, object(t, []byte(line))["UsageDate"])[:10]]++
	}
	for body, rows := range map[string]int{
		`{"metric":"ActualCost","invoiceId":"` + invoice + `"}`:    500,
		`{"billingPeriod":"202409"}`:                               500,
		`{"billingPeriod":"202410"}`:                               30,
		`{"timePeriod":{"start":"2024-09-02","end":"2024-09-03"}}`: days["2024-09-02"] + days["2024-09-03"],
		`{"timePeriod":{"start":"2023-09-02","end":"2023-09-03"}}`: -1,
		`{"invoiceId":"G9"}`:                                       -1,
	} {
		begun, object := callARM(t, s, http.MethodPost, profileID+"/providers/Microsoft.CostManagement/generateCostDetailsReport", body)
		if begun.StatusCode != http.StatusAccepted {
			t.Fatalf("%s: status %d, %v", body, begun.StatusCode, object)
		}
		callARM(t, s, http.MethodGet, begun.Header.Get("Location"), "")
		_, done := callARM(t, s, http.MethodGet, begun.Header.Get("Location"), "")
		if rows < 0 {
			if done["status"] != "NoDataFound" {
				t.Errorf("%s: %v", body, done)
			}
			continue
		}
		got := 0
		for _, b := range as[[]any](t, as[map[string]any](t, done["manifest"])["blobs"]) {
			got += bytes.Count(download(t, s, as[string](t, as[map[string]any](t, b)["blobLink"])), []byte("\r\n")) - 1
		}
		if got != rows {
			t.Errorf("%s: %d rows; want %d", body, got, rows)
		}
	}
	for _, body := range []string{``, `{}`, `{"billingPeriod":"2024-09"}`, `{"timePeriod":{"start":"2024-09-02","end":"2024-09-01"}}`} {
		if response, _ := callARM(t, s, http.MethodPost, profileID+"/providers/Microsoft.CostManagement/generateCostDetailsReport", body); response.StatusCode != http.StatusBadRequest {
			t.Errorf("%q: status %d", body, response.StatusCode)
		}
	}
}
