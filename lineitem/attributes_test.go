package lineitem_test

import (
	"encoding/csv"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/partnerbilling/sdk-go/lineitem"
)

// attributeKinds are the Go types allowed for each type of the attribute tables.
var attributeKinds = map[string][]reflect.Type{
	"string":   {reflect.TypeFor[string]()},
	"decimal":  {reflect.TypeFor[lineitem.Decimal]()},
	"datetime": {reflect.TypeFor[time.Time]()},
	"json":     {reflect.TypeFor[lineitem.JSONText](), reflect.TypeFor[lineitem.Qualifiers]()},
}

// TestAttributes compares the row types with the attribute tables: the same names in the same order
// with the right types, and the basic types with the basic set.
func TestAttributes(t *testing.T) {
	for _, tc := range []struct {
		table     string
		row       reflect.Type
		basicOnly bool
		want      int
	}{
		{"usage", reflect.TypeFor[lineitem.Usage](), false, 55},
		{"usage", reflect.TypeFor[lineitem.UsageBasic](), true, 0},
		{"reconciliation", reflect.TypeFor[lineitem.Reconciliation](), false, 47},
		{"reconciliation", reflect.TypeFor[lineitem.ReconciliationBasic](), true, 0},
	} {
		t.Run(tc.row.Name(), func(t *testing.T) {
			rows := readTable(t, "testdata/"+tc.table+".csv")
			if tc.want != 0 && len(rows) != tc.want {
				t.Fatalf("the table has %d attributes, want %d", len(rows), tc.want)
			}
			fields := reflect.VisibleFields(tc.row)
			if last := fields[len(fields)-1]; last.Name != "Unknown" {
				t.Fatalf("the last field is %s, want Unknown", last.Name)
			}
			fields = fields[:len(fields)-1]
			i := 0
			for _, r := range rows {
				if tc.basicOnly && r["basic"] != "y" {
					continue
				}
				if i == len(fields) {
					t.Fatalf("no field for %s", r["name"])
				}
				f := fields[i]
				i++
				name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
				if name != r["name"] {
					t.Errorf("field %s has the name %q, want %q", f.Name, name, r["name"])
				}
				if !strings.EqualFold(f.Name, name) {
					t.Errorf("the Go name of field %s does not match %q", f.Name, name)
				}
				ok := false
				for _, typ := range attributeKinds[r["type"]] {
					ok = ok || f.Type == typ
				}
				if !ok {
					t.Errorf("%s is a %s, but the table says %s", f.Name, f.Type, r["type"])
				}
			}
			if i != len(fields) {
				t.Errorf("field %s is not in the table", fields[i].Name)
			}
		})
	}
}

// TestBasicFieldsEqualFullOnes compares the fields of the basic types with those of the full types.
func TestBasicFieldsEqualFullOnes(t *testing.T) {
	for _, pair := range [][2]reflect.Type{
		{reflect.TypeFor[lineitem.UsageBasic](), reflect.TypeFor[lineitem.Usage]()},
		{reflect.TypeFor[lineitem.ReconciliationBasic](), reflect.TypeFor[lineitem.Reconciliation]()},
	} {
		for _, f := range reflect.VisibleFields(pair[0]) {
			full, ok := pair[1].FieldByName(f.Name)
			if !ok || full.Type != f.Type || full.Tag != f.Tag {
				t.Errorf("%s.%s differs from %s", pair[0].Name(), f.Name, pair[1].Name())
			}
		}
	}
}

func readTable(t *testing.T, path string) (rows []map[string]string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, record := range all[1:] {
		row := make(map[string]string)
		for i, value := range record {
			row[all[0][i]] = value
		}
		rows = append(rows, row)
	}
	return rows
}
