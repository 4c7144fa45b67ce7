package lineitem_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/partnerbilling/sdk-go/lineitem"
)

func TestCheckAttributes(t *testing.T) {
	type known struct {
		Customer      string `json:"CustomerId"`
		Quantity      lineitem.Decimal
		Region        string `json:"METERREGION"`
		UnitOfMeasure string
		ResellerMPNID string         `json:"ResellerMpnId,omitempty"`
		Extra         string         `json:"-"`
		Unknown       map[string]any `json:"-"`
	}
	type region struct {
		Other string `json:"-"`
	}
	type embedding struct {
		lineitem.Usage
		region
	}
	type misspelled struct {
		Customer string           `json:"CustomerId"`
		Total    lineitem.Decimal `json:"BillingPreTaxAmount"`
	}
	type several struct {
		Currency string           `json:"BilingCurrency"`
		Total    lineitem.Decimal `json:"Total"`
		Other    string           `json:"SomethingElseAltogether"`
	}
	usage, lines := "Usage", "Reconciliation"
	for name, tc := range map[string]struct {
		err  error
		want []string // nil: none
	}{
		"known":               {lineitem.CheckAttributes[known, lineitem.Usage](), nil},
		"embedding":           {lineitem.CheckAttributes[embedding, lineitem.Usage](), nil},
		"own type":            {lineitem.CheckAttributes[lineitem.Reconciliation, lineitem.Usage](), nil},
		"record":              {lineitem.CheckAttributes[lineitem.Record, lineitem.Usage](), nil},
		"map":                 {lineitem.CheckAttributes[map[string]string, lineitem.Usage](), nil},
		"unknown dataset":     {lineitem.CheckAttributes[misspelled, lineitem.Record](), nil},
		"misspelled":          {lineitem.CheckAttributes[misspelled, lineitem.Usage](), []string{usage, `"BillingPreTaxAmount" (did you mean "BillingPreTaxTotal"?); a field`, "misspelled"}},
		"several":             {lineitem.CheckAttributes[several, lineitem.Usage](), []string{`"BilingCurrency" (did you mean "BillingCurrency"?), `, `"SomethingElseAltogether"; a field`}},
		"attribute of usage":  {lineitem.CheckAttributes[struct{ BillingPreTaxTotal string }, lineitem.Reconciliation](), []string{lines, `"BillingPreTaxTotal"`}},
		"other case of alias": {lineitem.CheckAttributes[struct{ UNITOFMEASURE string }, lineitem.Usage](), []string{`"UNITOFMEASURE"`}},
	} {
		switch {
		case tc.want == nil && tc.err != nil, tc.want != nil && !errors.Is(tc.err, lineitem.ErrUnknownAttribute):
			t.Errorf("%s: %v", name, tc.err)
		default:
			for _, part := range tc.want {
				if !strings.Contains(tc.err.Error(), part) {
					t.Errorf("%s: %v does not contain %s", name, tc.err, part)
				}
			}
		}
	}
	if err := lineitem.CheckAttributes[chan int, lineitem.Usage](); !errors.Is(err, lineitem.ErrRowType) {
		t.Errorf("a channel: %v", err)
	}
}

// TestAmountInAnIntegerField: the error blames the field, not the number.
func TestAmountInAnIntegerField(t *testing.T) {
	for what, err := range map[string]error{
		"int64": decodeInto[struct{ Total int64 }](t, `{"Total":98765432109.87}`),
		"uint":  decodeInto[struct{ Total uint }](t, `{"Total":"-1"}`),
	} {
		if !errors.Is(err, lineitem.ErrWrongType) || !strings.Contains(err.Error(), "lineitem.Decimal") || strings.Contains(err.Error(), "98765432109") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := decodeInto[struct{ Total int64 }](t, `{"Total":"n/a"}`); !errors.Is(err, lineitem.ErrNotNumber) {
		t.Errorf("no number: %v", err)
	}
}

func decodeInto[T any](t *testing.T, line string) error {
	t.Helper()
	d, err := lineitem.NewDecoder[T]()
	if err != nil {
		t.Fatal(err)
	}
	var row T
	return d.Decode([]byte(line), &row)
}

// TestAliasedField: a field with the former name of an attribute gets the value of the current one.
func TestAliasedField(t *testing.T) {
	type row struct {
		Measure  string           `json:"UnitOfMeasure"`
		Customer lineitem.Decimal `json:"TotalForCustomer"`
	}
	for _, line := range []string{`{"Unit":"1 Hour","Total":1.5}`, `{"UnitOfMeasure":"1 Hour","TotalForCustomer":1.5}`} {
		rows, err := readAll(t, lineitem.NewReader[row](strings.NewReader(line), nil))
		if err != nil || len(rows) != 1 || rows[0].Measure != "1 Hour" || rows[0].Customer.String() != "1.5" {
			t.Errorf("%s: %+v, %v", line, rows, err)
		}
	}
}
