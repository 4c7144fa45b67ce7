package lineitem_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/partnerbilling/sdk-go/lineitem"
)

// present returns the attributes that have a value in the last row.
func present[T any](t *testing.T, d *lineitem.Decoder[T]) (names []string) {
	t.Helper()
	attributes, err := lineitem.AttributesOf[T]()
	if err != nil {
		t.Fatal(err)
	}
	bits := d.AppendPresent(nil)
	if len(bits) != lineitem.PresentWords(len(attributes)) {
		t.Fatalf("%d words for %d attributes", len(bits), len(attributes))
	}
	for i, a := range attributes {
		if bits[i/64]>>(i%64)&1 != 0 {
			names = append(names, a.Name)
		}
	}
	return names
}

// A null and an empty text are no values, a zero is one, in whatever form they are written, and
// also where rows before had the same texts.
func TestPresent(t *testing.T) {
	d, err := lineitem.NewDecoder[lineitem.Usage]()
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		for _, c := range []struct {
			line string
			want []string
		}{
			{`{"PartnerId":"p","Quantity":0,"UsageDate":"2024-01-02","Tags":"x"}`, []string{"PartnerId", "UsageDate", "Quantity", "Tags"}},
			{`{"PartnerId":"","Quantity":null,"UsageDate":"","Tags":null,"MeterId":"m"}`, []string{"MeterId"}},
			{`{"PartnerId":null,"Quantity":"","UsageDate":null,"Tags":"","UnitOfMeasure":"h"}`, []string{"Unit"}},
			{`{"partnerid":"p","Quantity":"1.5","Other":1,"Tags":{"a":1}}`, []string{"PartnerId", "Quantity", "Tags"}},
			{`{"PartnerId" : "" , "Quantity" : "" , "MeterId" : "m"}`, []string{"MeterId"}},
		} {
			var row lineitem.Usage
			if err := d.Decode([]byte(c.line), &row); err != nil {
				t.Fatalf("%s: %v", c.line, err)
			}
			if got := present(t, d); !slices.Equal(got, c.want) {
				t.Errorf("%s: %q; want %q", c.line, got, c.want)
			}
		}
	}
	if got := d.Unknown(); !slices.Equal(got, []string{"Other"}) {
		t.Errorf("unknown are %q", got)
	}
}

func TestPresentOfCSV(t *testing.T) {
	d, err := lineitem.NewCSVDecoder[lineitem.Usage]([]byte("PartnerId,Other,Quantity,UsageDate,MeterId"))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		for _, c := range []struct {
			line string
			want []string
		}{
			{`p,x,0,2024-01-02,m`, []string{"PartnerId", "UsageDate", "MeterId", "Quantity"}},
			{`,,,,`, nil},
			{`"","","","",""`, nil},
			{`"p","","1","",""`, []string{"PartnerId", "Quantity"}},
		} {
			var row lineitem.Usage
			if err := d.Decode([]byte(c.line), &row); err != nil {
				t.Fatalf("%s: %v", c.line, err)
			}
			if got := present(t, d); !slices.Equal(got, c.want) {
				t.Errorf("%s: %q; want %q", c.line, got, c.want)
			}
		}
	}
	if got := d.Unknown(); !slices.Equal(got, []string{"Other"}) {
		t.Errorf("unknown are %q", got)
	}
}

func TestInvalidRequirement(t *testing.T) {
	type unknownTag struct {
		N int `json:"n" lineitem:"needed"`
	}
	type nothing struct {
		N int `json:"n" lineitem:"required="`
	}
	type withoutField struct {
		N int `json:"n" lineitem:"required=Other"`
	}
	for _, make := range []func() error{
		func() error { _, err := lineitem.AttributesOf[unknownTag](); return err },
		func() error { _, err := lineitem.AttributesOf[nothing](); return err },
		func() error { _, err := lineitem.NewDecoder[withoutField](); return err },
	} {
		if err := make(); !errors.Is(err, lineitem.ErrRowType) {
			t.Errorf("%v", err)
		}
	}
}
