package csvheader_test

import (
	"strings"
	"testing"

	"github.com/partnerbilling/sdk-go/internal/csvheader"
)

func TestHeaders(t *testing.T) {
	for _, line := range []string{
		"invoiceId,date,costInBillingCurrency",
		"\ufeffInvoiceId, Date ,COSTINBILLINGCURRENCY\r",
		`"Meter ID","Meter name","Unit of measure, per month","Price; in ""EUR""",` + `"a` + "\r" + `b"`,
		"Cost",
		"a,,b,",
		"serviceInfo1,serviceInfo2,x_SkuPart-2,resource.id,Tier 1 (max),50%",
		"x;y,z",
		"Kosten für September,Währung,料金",
		"",
	} {
		if err := csvheader.Check([]byte(line)); err != nil {
			t.Errorf("%q: %v", line, err)
		}
	}
}

func TestWhatIsNoHeader(t *testing.T) {
	for line, want := range map[string]string{
		"<!DOCTYPE html><html>":           "HTML",
		"\ufeff  <?xml version=\"1.0\"?>": "XML",
		`{"error":{"code":"ServerBusy"}}`: "JSON",
		"[]":                              "JSON",
		"PK\x03\x04\x14\x00":              "ZIP",
		"PAR1\x15\x04":                    "Parquet",
		"%PDF-1.7":                        "PDF",
		"a\x00,\x00b\x00":                 "UTF-8",
		"a,b\r1,2\r3,4":                   "carriage return",
		"kundenname;betrag":               "semicolons",
		"name\tamount":                    "tabs",
		`"kundenname";"betrag"`:           "semicolons",
		"G016907411,EUR,-12.50":           "the header is missing",
		`Contoso,"1.234,56"`:              "the header is missing",
		"Contoso,1E-7":                    "the header is missing",
		"Contoso,09/30/2024":              "the header is missing",
		"Contoso,30.09.2024,x":            "the header is missing",
		"Contoso,2024-09-30T00:00:00Z":    "the header is missing",
		"Contoso,196e2273-9651-43A3-ba7e-7cbcd918fc40,x": "the header is missing",
		` "20240930" `: "the header is missing",
	} {
		err := csvheader.Check([]byte(line))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "Contoso") || strings.Contains(err.Error(), "betrag") {
			t.Errorf("%q: %v, want %s", line, err, want)
		}
	}
}

func TestFirst(t *testing.T) {
	for text, want := range map[string]struct {
		line           string
		number, offset int64
	}{
		"":                  {"", 1, 0},
		"a\nb":              {"a", 1, 0},
		"a\r\nb":            {"a\r", 1, 0},
		"\n \r\n\t\na,b\nc": {"a,b", 4, 6},
		"\n\n":              {"", 3, 2},
		"\na,b":             {"a,b", 2, 1},
	} {
		if line, number, offset := csvheader.First([]byte(text)); string(line) != want.line || number != want.number || offset != want.offset {
			t.Errorf("%q: %q, line %d, byte %d", text, line, number, offset)
		}
	}
}
