package billingtest_test

import (
	"encoding/json"
	"maps"
	"math/big"
	"strings"
	"testing"

	"github.com/partnerbilling/sdk-go/billingtest"
)

func TestTruthEqualsTheSumOfTheRows(t *testing.T) {
	exports := kinds()
	maps.Copy(exports, shapes())
	for name, e := range exports {
		t.Run(name, func(t *testing.T) {
			truth, err := e.Truth()
			if err != nil {
				t.Fatal(err)
			}
			sums := map[string]*big.Rat{} // by attribute and currency
			customers := map[string]*billingtest.CustomerTruth{}
			customerSums := map[string]*big.Rat{}
			all := allLines(t, e)
			for _, line := range all {
				var row map[string]any
				d := json.NewDecoder(strings.NewReader(line))
				d.UseNumber()
				if err := d.Decode(&row); err != nil {
					t.Fatal(err)
				}
				currency, _ := row["BillingCurrency"].(string)
				if currency == "" {
					currency, _ = row["Currency"].(string)
				}
				for _, attribute := range truth.Columns {
					key := attribute + " " + currency
					if sums[key] == nil {
						sums[key] = new(big.Rat)
					}
					sums[key].Add(sums[key], rat(t, as[json.Number](t, row[attribute]).String()))
				}
				id := as[string](t, row["CustomerId"])
				if customers[id] == nil {
					customers[id] = &billingtest.CustomerTruth{ID: id, Name: as[string](t, row["CustomerName"]), Currency: currency}
					customerSums[id] = new(big.Rat)
				}
				customers[id].Rows++
				customerSums[id].Add(customerSums[id], rat(t, as[json.Number](t, row[truth.Total]).String()))
			}
			if truth.Rows != int64(len(all)) || len(truth.BlobRows) != 4 {
				t.Errorf("truth has %d rows in blobs of %v; want %d in 4", truth.Rows, truth.BlobRows, len(all))
			}
			for _, currency := range truth.Currencies() {
				for _, attribute := range truth.Columns {
					got := truth.Sum(attribute, currency)
					if want := sums[attribute+" "+currency]; want == nil || rat(t, got).Cmp(want) != 0 {
						t.Errorf("sum of %s in %s is %s; want %v", attribute, currency, got, want)
					}
				}
				if truth.Sums()[currency] != truth.Sum(truth.Total, currency) {
					t.Errorf("Sums and Sum differ in %s", currency)
				}
			}
			if len(sums) != len(truth.Currencies())*len(truth.Columns) {
				t.Errorf("truth has currencies %v; the text has %d sums", truth.Currencies(), len(sums))
			}
			if len(truth.Customers) != len(customers) {
				t.Errorf("truth has %d customers; want %d", len(truth.Customers), len(customers))
			}
			for i, got := range truth.Customers {
				want := customers[got.ID]
				if want == nil || got.Rows != want.Rows || got.Name != want.Name || got.Currency != want.Currency || rat(t, got.Total).Cmp(customerSums[got.ID]) != 0 {
					t.Errorf("customer %+v; want %+v, total %v", got, want, customerSums[got.ID])
				}
				if i > 0 && got.Rows > truth.Customers[i-1].Rows {
					t.Errorf("customer %d has more rows than the one before", i)
				}
			}
		})
	}
}

func BenchmarkTruth(b *testing.B) {
	e := billingtest.Export{InvoiceID: invoice, Rows: 1_000_000}
	for b.Loop() {
		if _, err := e.Truth(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(e.Rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
