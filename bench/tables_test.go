package main

import (
	"reflect"
	"testing"

	"github.com/partnerbilling/sdk-go/lineitem"
)

// TestFillingRowsRepeatNothing: two rows have nothing in common but currency and total.
func TestFillingRowsRepeatNothing(t *testing.T) {
	dec, err := lineitem.NewDecoder[lineitem.Usage]()
	if err != nil {
		t.Fatal(err)
	}
	var a, b lineitem.Usage
	for n, row := range []*lineitem.Usage{&a, &b} {
		if err := dec.Decode(fillingRow(nil, n), row); err != nil {
			t.Fatal(err)
		}
	}
	x, y := reflect.ValueOf(a), reflect.ValueOf(b)
	for i := range x.NumField() {
		name := x.Type().Field(i).Name
		if name == "Unknown" {
			continue
		}
		if x.Field(i).IsZero() || y.Field(i).IsZero() {
			t.Errorf("%s is empty", name)
		}
		same := reflect.DeepEqual(x.Field(i).Interface(), y.Field(i).Interface())
		if same != (name == "BillingCurrency" || name == "BillingPreTaxTotal") {
			t.Errorf("%s: %v and %v", name, x.Field(i), y.Field(i))
		}
	}
}

func TestFillingBlobsAreRead(t *testing.T) {
	for _, same := range []bool{true, false} {
		d, err := serveFilling(t.Context(), 10, 3, same)
		if err != nil {
			t.Fatal(err)
		}
		r, err := new(itemsFull(d, nil)).read(t.Context())
		if err != nil || r.rows != 30*tablesBlobs || r.sums["EUR"] != "480" {
			t.Errorf("%+v, %v", r, err)
		}
	}
}
