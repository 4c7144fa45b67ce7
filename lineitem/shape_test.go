package lineitem_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"testing"

	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/lineitem"
)

// TestRowsOfEveryShape compares the rows of every shape with those of encoding/json, and their sums
// with those of the generator. One decoder reads all rows of a type, so that each shape meets what
// the decoder remembers of the shapes before.
func TestRowsOfEveryShape(t *testing.T) {
	usage := newDecoder[lineitem.Usage](t)
	basic := newDecoder[lineitem.UsageBasic](t)
	lines := newDecoder[lineitem.Reconciliation](t)
	three := newDecoder[threeColumns](t)
	for _, shape := range billingtest.PossibleShapeValues() {
		full := billingtest.Export{InvoiceID: "G016907411", Rows: 1500, Blobs: 1, Seed: 3, Shape: shape, Currencies: []string{"EUR", "USD"}}
		t.Run(shape.String()+"/usage", func(t *testing.T) {
			sameRows(t, full, usage, func(row *lineitem.Usage, line []byte) error {
				var naive naiveUsage
				err := json.Unmarshal(line, &naive)
				*row = naive.Usage
				if err == nil && naive.UsageDate != "" {
					row.UsageDate, err = lineitem.ParseTime(naive.UsageDate)
				}
				return err
			}, func(row *lineitem.Usage) (string, lineitem.Decimal) {
				return row.BillingCurrency, row.BillingPreTaxTotal
			})
		})
		t.Run(shape.String()+"/three columns", func(t *testing.T) {
			sameRows(t, full, three, unmarshal, func(row *threeColumns) (string, lineitem.Decimal) { return row.Currency, row.Total })
		})
		e := full
		e.AttributeSet = "basic"
		t.Run(shape.String()+"/usage basic", func(t *testing.T) {
			sameRows(t, e, basic, func(row *lineitem.UsageBasic, line []byte) error {
				var naive struct {
					lineitem.UsageBasic
					UsageDate string
				}
				err := json.Unmarshal(line, &naive)
				*row = naive.UsageBasic
				if err == nil && naive.UsageDate != "" {
					row.UsageDate, err = lineitem.ParseTime(naive.UsageDate)
				}
				return err
			}, func(row *lineitem.UsageBasic) (string, lineitem.Decimal) {
				return row.BillingCurrency, row.BillingPreTaxTotal
			})
		})
		if shape == billingtest.ShapeLongTags {
			continue // for usage alone
		}
		e = full
		e.Dataset = billingtest.Reconciliation
		t.Run(shape.String()+"/reconciliation", func(t *testing.T) {
			sameRows(t, e, lines, unmarshal, func(row *lineitem.Reconciliation) (string, lineitem.Decimal) { return row.Currency, row.Total })
		})
	}
}

func newDecoder[T any](t *testing.T) *lineitem.Decoder[T] {
	t.Helper()
	dec, err := lineitem.NewDecoder[T]()
	if err != nil {
		t.Fatal(err)
	}
	return dec
}

func unmarshal[T any](row *T, line []byte) error { return json.Unmarshal(line, row) }

func sameRows[T any](t *testing.T, e billingtest.Export, dec *lineitem.Decoder[T], naive func(*T, []byte) error, total func(*T) (string, lineitem.Decimal)) {
	t.Helper()
	var text bytes.Buffer
	if err := e.WriteLines(&text, 0); err != nil {
		t.Fatal(err)
	}
	var totals lineitem.Totals
	rows := int64(0)
	for line := range bytes.Lines(text.Bytes()) {
		var got, want T
		if err := naive(&want, line); err != nil {
			t.Fatal(err)
		}
		if err := dec.Decode(line, &got); err != nil {
			t.Fatalf("row %d: %v", rows, err)
		}
		clear(line) // the row must not look into the line any more
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("row %d:\n%+v\nwant\n%+v", rows, got, want)
		}
		totals.Add(total(&got))
		rows++
	}
	truth, err := e.Truth()
	if err != nil {
		t.Fatal(err)
	}
	sums := map[string]string{}
	for _, currency := range totals.Currencies() {
		sums[currency] = totals.Text(currency)
	}
	if rows != truth.Rows || !maps.Equal(sums, truth.Sums()) {
		t.Errorf("%d rows, sums %v; want %d, %v", rows, sums, truth.Rows, truth.Sums())
	}
}
