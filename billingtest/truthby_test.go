package billingtest_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"testing"

	"github.com/partnerbilling/sdk-go/billingtest"
)

// TestDefaultExportsHaveTheirTruth: a description without more is that of the server's default.
func TestDefaultExportsHaveTheirTruth(t *testing.T) {
	for path, e := range map[string]billingtest.Export{
		"usage/billed/export":            {InvoiceID: billingtest.DefaultInvoiceID},
		"usage/unbilled/export":          {},
		"reconciliation/billed/export":   {Dataset: billingtest.Reconciliation, InvoiceID: billingtest.DefaultInvoiceID},
		"reconciliation/unbilled/export": {Dataset: billingtest.Reconciliation},
		"aggregatedUsage/billed/export":  {Dataset: billingtest.AggregatedUsage, InvoiceID: billingtest.DefaultInvoiceID},
	} {
		s := billingtest.NewServer(&billingtest.Options{AggregatedInV1: true})
		body := `{"invoiceId":"` + billingtest.DefaultInvoiceID + `"}`
		if !e.Billed() {
			body = `{"currencyCode":"EUR","billingPeriod":"current"}`
		}
		for i, address := range urlsOf(t, manifestOf(t, finish(t, s, begin(t, s, path, body)))) {
			if string(read(t, s, address, "", 200)) != string(packed(t, e, i)) {
				t.Errorf("%s: blob %d is not that of %+v", path, i, e)
			}
		}
	}
}

// TestTruthByAttributes: groups by any attributes have the sums of their rows.
func TestTruthByAttributes(t *testing.T) {
	for name, c := range map[string]struct {
		e  billingtest.Export
		by []string
	}{
		"none":     {billingtest.Export{InvoiceID: invoice, Currencies: []string{"EUR", "USD"}}, nil},
		"customer": {billingtest.Export{InvoiceID: invoice, Currencies: []string{"EUR", "USD"}}, []string{"CustomerId"}},
		"several":  {billingtest.Export{InvoiceID: invoice}, []string{"UsageDate", "MeterCategory", "ChargeType"}},
		"missing":  {billingtest.Export{Shape: billingtest.ShapeLeftOut}, []string{"ResourceGroup", "Tags"}},
		"escaped":  {billingtest.Export{Shape: billingtest.ShapeEscaped}, []string{"ProductName"}},
		"array":    {billingtest.Export{Dataset: billingtest.Reconciliation, InvoiceID: invoice}, []string{"ProductQualifiers", "TermAndBillingCycle"}},
		"numbers":  {billingtest.Export{InvoiceID: invoice}, []string{"PartnerEarnedCreditPercentage"}},
		"basic":    {billingtest.Export{AttributeSet: "basic"}, []string{"SkuId"}},
	} {
		t.Run(name, func(t *testing.T) {
			c.e.Rows = 2500
			groups, err := c.e.TruthBy(c.by...)
			if err != nil {
				t.Fatal(err)
			}
			truth, err := c.e.Truth()
			if err != nil {
				t.Fatal(err)
			}
			sums, rows := map[string]*big.Rat{}, map[string]int64{}
			for _, line := range allLines(t, c.e) {
				var row map[string]json.RawMessage
				if err := json.Unmarshal([]byte(line), &row); err != nil {
					t.Fatal(err)
				}
				text := func(attribute string) string {
					var s string
					if raw := row[attribute]; json.Unmarshal(raw, &s) != nil {
						return string(raw)
					}
					return s
				}
				var key []string
				for _, attribute := range c.by {
					key = append(key, text(attribute))
				}
				k := fmt.Sprintf("%q %s", key, text("BillingCurrency")+text("Currency"))
				rows[k]++
				for _, attribute := range truth.Columns {
					at := attribute + k
					if sums[at] == nil {
						sums[at] = new(big.Rat)
					}
					sums[at].Add(sums[at], rat(t, string(row[attribute])))
				}
			}
			if len(groups) != len(rows) {
				t.Fatalf("%d groups; want %d", len(groups), len(rows))
			}
			for i, g := range groups {
				k := fmt.Sprintf("%q %s", g.Key, g.Currency)
				if g.Rows != rows[k] || g.Total != g.Sum(truth.Total) {
					t.Errorf("%s: %d rows, total %s; want %d", k, g.Rows, g.Total, rows[k])
				}
				for _, attribute := range truth.Columns {
					if want := sums[attribute+k]; want == nil || rat(t, g.Sum(attribute)).Cmp(want) != 0 {
						t.Errorf("%s: %s is %s; want %v", k, attribute, g.Sum(attribute), want)
					}
				}
				if i > 0 && slices.Compare(append(groups[i-1].Key, groups[i-1].Currency), append(g.Key, g.Currency)) >= 0 {
					t.Errorf("group %q does not come after %q", g.Key, groups[i-1].Key)
				}
			}
		})
	}
	for name, e := range map[string]billingtest.Export{"CustomerID": {}, "Total": {}, "Tags": {AttributeSet: "basic"}, "CustomerId": {Lines: []string{"{}"}}} {
		if _, err := e.TruthBy(name); err == nil {
			t.Errorf("%s of %+v: no error", name, e)
		}
	}
}
