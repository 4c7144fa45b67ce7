package lineitem_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/partnerbilling/sdk-go/lineitem"
)

func TestJSONText(t *testing.T) {
	tags := map[string]string{}
	if err := lineitem.JSONText(`{"env":"prod"}`).Unmarshal(&tags); err != nil || tags["env"] != "prod" {
		t.Errorf("%v, %v", tags, err)
	}
	for _, empty := range []lineitem.JSONText{"", " "} {
		if err := empty.Unmarshal(&tags); err != nil || len(tags) != 1 {
			t.Errorf("%q: %v, %v", empty, tags, err)
		}
	}
	if err := lineitem.JSONText("env=prod").Unmarshal(&tags); err == nil {
		t.Error("invalid JSON was accepted")
	}
}

// TestTextVariants decodes the attributes that the service writes in several forms.
func TestTextVariants(t *testing.T) {
	for _, tc := range []struct {
		in   string
		want lineitem.Qualifiers
	}{
		{`["AddOn","Trial"]`, lineitem.Qualifiers{"AddOn", "Trial"}},
		{`"[\"AddOn\", \"Trial\"]"`, lineitem.Qualifiers{"AddOn", "Trial"}},
		{`" [\"AddOn\"]"`, lineitem.Qualifiers{"AddOn"}},
		{`"Trial"`, lineitem.Qualifiers{"Trial"}},
		{`"[broken"`, lineitem.Qualifiers{"[broken"}},
		{`[1,{"a":2},null]`, lineitem.Qualifiers{"1", `{"a":2}`, ""}},
		{`[]`, nil},
		{`""`, nil},
		{`" "`, nil},
		{`null`, nil},
	} {
		line := fmt.Sprintf(`{"CustomerId":"c","ProductQualifiers":%s}`, tc.in)
		rows, err := readAll(t, lineitem.NewReader[lineitem.Reconciliation](strings.NewReader(line), nil))
		if err != nil || !reflect.DeepEqual(rows[0].ProductQualifiers, tc.want) {
			t.Errorf("%s: %#v, %v", tc.in, rows, err)
		}
	}
	for in, want := range map[string]string{
		`"{\"env\":\"prod\"}"`: `{"env":"prod"}`,
		`{"env": "prod"}`:      `{"env": "prod"}`,
		`"env=prod"`:           "env=prod",
		`""`:                   "",
		`null`:                 "",
		`[1]`:                  "[1]",
	} {
		line := fmt.Sprintf(`{"CustomerId":"c","Tags":%s,"AdditionalInfo":%[1]s,"MpnId":-1,"SkuId":0006}`, in)
		line = strings.Replace(line, `"SkuId":0006`, `"SkuId":"0006"`, 1)
		rows, err := readAll(t, lineitem.NewReader[lineitem.Usage](strings.NewReader(line), nil))
		if err != nil || string(rows[0].Tags) != want || string(rows[0].AdditionalInfo) != want || rows[0].MPNID != "-1" || rows[0].SKUID != "0006" {
			t.Errorf("%s: %+v, %v", in, rows, err)
		}
	}
}

// TestAliases decodes rows of the older API and of the reconciliation files.
func TestAliases(t *testing.T) {
	line := `{"customerId":"c","unitOfMeasure":"1 Hour","resellerMpnId":67890,"benefitOrderId":"o","BenefitId":"b","MPNID":"1","resourceUri":"/x","rateOfCredit":0.15}`
	rows, err := readAll(t, lineitem.NewReader[lineitem.Usage](strings.NewReader(line), nil))
	if err != nil {
		t.Fatal(err)
	}
	want := lineitem.Usage{
		CustomerID: "c", Unit: "1 Hour", Tier2MPNID: "67890", BenefitOrderID: "o", BenefitID: "b", MPNID: "1", ResourceURI: "/x",
		Unknown: map[string]json.RawMessage{"rateOfCredit": json.RawMessage("0.15")}, // a fraction, not a percentage as in the current API
	}
	if !reflect.DeepEqual(rows[0], want) {
		t.Errorf("got %+v", rows[0])
	}
}

// TestCacheEviction decodes more values of a column than are cached, then few again.
func TestCacheEviction(t *testing.T) {
	var in strings.Builder
	value := func(i int) string {
		if i < 100_000 {
			return fmt.Sprintf("value %d", i)
		}
		return fmt.Sprintf("value %d", i%3)
	}
	for i := range 200_000 {
		fmt.Fprintf(&in, "{\"S\":%q}\n", value(i))
	}
	i := 0
	for row, err := range lineitem.NewReader[mini](strings.NewReader(in.String()), nil).All() {
		if err != nil || row.S != value(i) {
			t.Fatalf("row %d: %q, %v", i, row.S, err)
		}
		i++
	}
	if i != 200_000 {
		t.Errorf("%d rows", i)
	}
}

func TestWideRecords(t *testing.T) {
	var wide strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&wide, `"k%d":%d,`, i, i)
	}
	var r lineitem.Record
	if err := json.Unmarshal([]byte("{"+wide.String()+`"last":1}`), &r); err != nil || r.Len() != 3001 || r.Text("K2999") != "2999" {
		t.Errorf("%d attributes, %v", r.Len(), err)
	}
	if err := json.Unmarshal([]byte("{"+wide.String()+`"k7":1}`), &r); !errors.Is(err, lineitem.ErrDuplicate) {
		t.Errorf("twice: %v", err)
	}
	if err := json.Unmarshal([]byte(`{"a":1,"\u0061":2}`), &r); !errors.Is(err, lineitem.ErrDuplicate) {
		t.Errorf("twice in two spellings: %v", err)
	}
	if err := json.Unmarshal([]byte(`[1]`), &r); !errors.Is(err, lineitem.ErrNotObject) {
		t.Errorf("an array: %v", err)
	}
}

// TestDecodeErrorUnwrapsToCause: an error of a field's type is not printed, but can be unwrapped.
func TestDecodeErrorUnwrapsToCause(t *testing.T) {
	line := `{"Tags":{"a":1}}`
	_, err := readAll(t, lineitem.NewReader[own](strings.NewReader(line), nil))
	if _, ok := errors.AsType[*json.UnmarshalTypeError](err); !ok {
		t.Errorf("no cause in %v", err)
	}
}

func TestDecimalText(t *testing.T) {
	keys, err := json.Marshal(map[lineitem.Decimal]int{decimal(t, "1.50"): 1})
	if err != nil || string(keys) != `{"1.50":1}` {
		t.Errorf("%s, %v", keys, err)
	}
	if text, err := (lineitem.Decimal{}).MarshalText(); err != nil || len(text) != 0 {
		t.Errorf("null: %q, %v", text, err)
	}
	var d lineitem.Decimal
	if err := d.UnmarshalText([]byte("x")); !errors.Is(err, lineitem.ErrNotNumber) {
		t.Errorf("x: %v", err)
	}
}
