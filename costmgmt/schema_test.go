package costmgmt_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/partnerbilling/sdk-go/costmgmt"
	"github.com/partnerbilling/sdk-go/lineitem"
)

// TestCostDetailAsTable: every column of a report is one of the table's, of the kind of its field,
// and described.
func TestCostDetailAsTable(t *testing.T) {
	s, err := lineitem.SchemaOf[costmgmt.CostDetail](nil)
	if err != nil {
		t.Fatal(err)
	}
	currencies := map[string]string{
		"costInBillingCurrency": "billingCurrency", "paygCostInBillingCurrency": "billingCurrency", "costInPricingCurrency": "pricingCurrency",
	}
	typ := reflect.TypeFor[costmgmt.CostDetail]()
	columns := s.Columns()
	if len(columns) != typ.NumField() {
		t.Fatalf("%d columns", len(columns))
	}
	for i, c := range columns {
		f := typ.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		want := map[string]lineitem.Kind{
			"string": lineitem.KindText, "lineitem.Decimal": lineitem.KindDecimal, "time.Time": lineitem.KindDate,
			"lineitem.JSONText": lineitem.KindJSON, "map[string]json.RawMessage": lineitem.KindJSON,
		}[f.Type.String()]
		if c.Name != name || c.Kind != want || c.Currency != currencies[name] || c.Doc == "" || (c.Scale == 24) != (want == lineitem.KindDecimal) {
			t.Errorf("%+v, want %q of kind %v", c, name, want)
		}
	}
	row := costmgmt.CostDetail{Provider: "Azure"}
	if v, ok := s.Text(&row, len(columns)-2); v != "Azure" || !ok {
		t.Errorf("%q, %v", v, ok)
	}
}
