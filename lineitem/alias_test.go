package lineitem_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/partnerbilling/sdk-go/lineitem"
)

// priced has attributes with another name in the older API, in types of several kinds.
type priced struct {
	Unit    string           `json:"Unit"`
	Total   lineitem.Decimal `json:"Total"`
	Benefit *string          `json:"BenefitID"`
	MPN     int              `json:"Tier2MpnId"`
	N       int              `json:"N"`
}

// TestAttributeAndItsAlias: both in one row are no contradiction if their values are equal, or one
// is null.
func TestAttributeAndItsAlias(t *testing.T) {
	for _, tc := range []struct {
		row, unit, total string
		between          []string // the two names in the error; nil: none
	}{
		{`{"Unit":"1 Hour","UnitOfMeasure":"1 Hour"}`, "1 Hour", "", nil},
		{`{"UnitOfMeasure":"1 Hour","N":1,"Unit":"1 Hour"}`, "1 Hour", "", nil},
		{`{"Unit":"1 Hour","UnitOfMeasure":null}`, "1 Hour", "", nil},
		{`{"Unit":"1 Hour","UnitOfMeasure":""}`, "1 Hour", "", nil},
		{`{"Unit":null,"UnitOfMeasure":"1 Hour"}`, "1 Hour", "", nil},
		{`{"Unit":"","UnitOfMeasure":""}`, "", "", nil},
		{`{"Unit":"1 Hour","unitofmeasure":"1\u0020Hour"}`, "1 Hour", "", nil},
		{`{"Total":1.50,"TotalForCustomer":"1.5"}`, "", "1.50", nil},
		{`{"Total":1.50,"TotalForCustomer":null}`, "", "1.50", nil},
		{`{"Total":null,"TotalForCustomer":0}`, "", "0", nil},
		{`{"BenefitID":"b","BenefitId":"b","Tier2MpnId":5,"ResellerMpnId":"5"}`, "", "", nil},
		{`{"BenefitID":"b","BenefitId":null}`, "", "", nil},
		{`{"Unit":"1 Hour","UnitOfMeasure":"1 GB"}`, "", "", []string{"Unit", "UnitOfMeasure"}},
		{`{"Total":0,"TotalForCustomer":5}`, "", "", []string{"Total", "TotalForCustomer"}},
		{`{"TotalForCustomer":5,"Total":0}`, "", "", []string{"Total", "TotalForCustomer"}},
		{`{"Tier2MpnId":0,"ResellerMpnId":5}`, "", "", []string{"Tier2MpnId", "ResellerMpnId"}},
		{`{"BenefitID":"b","BenefitId":"c"}`, "", "", []string{"BenefitID", "BenefitId"}},
		{`{"Unit":"1 Hour","Unit":"1 Hour"}`, "", "", []string{"Unit"}},
		{`{"Unit":"1 Hour","unit":"1 Hour"}`, "", "", []string{"Unit"}},
		{`{"Unit":"h","UnitOfMeasure":"h","UnitOfMeasure":"h"}`, "", "", []string{"Unit"}},
	} {
		rows, err := readAll(t, lineitem.NewReader[priced](strings.NewReader(tc.row+"\n"+tc.row), nil))
		if tc.between != nil {
			wantAlias(t, tc.row, err, tc.between)
			continue
		}
		if err != nil || len(rows) != 2 || rows[1].Unit != tc.unit || rows[1].Total.String() != lineitemText(tc.total) {
			t.Errorf("%s: %+v, %v", tc.row, rows, err)
		}
	}
}

func lineitemText(total string) string {
	if total == "" {
		return lineitem.Decimal{}.String()
	}
	return total
}

// wantAlias asserts that an error names what contradicts each other, and no value.
func wantAlias(t *testing.T, what string, err error, names []string) {
	t.Helper()
	if !errors.Is(err, lineitem.ErrDuplicate) || strings.Contains(err.Error(), "1 GB") {
		t.Errorf("%s: %v; want ErrDuplicate", what, err)
		return
	}
	for _, name := range names {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v; want the name %s in it", what, err, name)
		}
	}
}

// TestColumnAndItsAlias is about CSV, where an attribute and its alias are columns of each row.
func TestColumnAndItsAlias(t *testing.T) {
	for _, tc := range []struct {
		header, record, unit, total string
		between                     []string
	}{
		{"Unit,UnitOfMeasure,N", "1 Hour,1 Hour,1", "1 Hour", "", nil},
		{"UnitOfMeasure,N,Unit", `1 Hour,1,"1 Hour"`, "1 Hour", "", nil},
		{"Unit,UnitOfMeasure", "1 Hour,", "1 Hour", "", nil},
		{"Unit,UnitOfMeasure", `1 Hour,""`, "1 Hour", "", nil},
		{"Unit,UnitOfMeasure,N", ",1 Hour,1", "1 Hour", "", nil},
		{"Total,N,TotalForCustomer", "1.50,1,1.5", "", "1.50", nil},
		{"Total,N,TotalForCustomer", "0,1,5", "", "", []string{"Total", "TotalForCustomer"}},
		{"Tier2MpnId,ResellerMpnId", "0,5", "", "", []string{"Tier2MpnId", "ResellerMpnId"}},
		{"Unit,UnitOfMeasure", "1 Hour,1 GB", "", "", []string{"Unit", "UnitOfMeasure"}},
		{"Unit,unit", "1 Hour,1 Hour", "", "", []string{"Unit"}},
		{"Unit,UnitOfMeasure,unitOfMeasure", "h,h,h", "", "", []string{"Unit"}},
	} {
		text := tc.header + "\n" + tc.record + "\n" + tc.record + "\n"
		rows, err := readAll(t, lineitem.NewReader[priced](strings.NewReader(text), &lineitem.ReaderOptions{Format: lineitem.FormatCSV}))
		if tc.between != nil {
			wantAlias(t, text, err, tc.between)
			continue
		}
		if err != nil || len(rows) != 2 || rows[1].Unit != tc.unit || rows[1].Total.String() != lineitemText(tc.total) {
			t.Errorf("%s: %+v, %v", text, rows, err)
		}
	}
}

// TestEmptyColumnBesideItsAlias: an empty field takes no value away from the column of the other
// name, in whichever order they are.
func TestEmptyColumnBesideItsAlias(t *testing.T) {
	for _, tc := range []struct {
		header, record string
		has            bool
	}{
		{"Total,TotalForCustomer", "5,", true},
		{"Total,TotalForCustomer", ",5", true},
		{"TotalForCustomer,Total", "5,", true},
		{"Total,TotalForCustomer", `5,""`, true},
		{"Total,TotalForCustomer", ",", false},
		{"Total,TotalForCustomer", `,""`, false},
	} {
		type row struct{ Total lineitem.Decimal }
		dec, err := lineitem.NewCSVDecoder[row]([]byte(tc.header))
		if err != nil {
			t.Fatal(err)
		}
		var got row
		for range 5 {
			if err := dec.Decode([]byte(tc.record), &got); err != nil {
				t.Fatal(err)
			}
			if has := dec.AppendPresent(nil)[0] != 0; has != tc.has || got.Total.IsNull() == tc.has {
				t.Errorf("%s, %s: %v, present %t", tc.header, tc.record, got, has)
			}
		}
	}
}
