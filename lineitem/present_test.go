package lineitem_test

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
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

// wantCounts asserts how many rows of a reader had a value for some attributes, and that the others
// had none.
func wantCounts[T any](t *testing.T, r *lineitem.Reader[T], want map[string]int64) {
	t.Helper()
	attributes, err := lineitem.AttributesOf[T]()
	if err != nil {
		t.Fatal(err)
	}
	got := r.Attributes()
	if len(got) != len(attributes) {
		t.Fatalf("%d attributes, want %d", len(got), len(attributes))
	}
	for i, a := range got {
		if a.Attribute != attributes[i] || a.Values != want[a.Name] {
			t.Errorf("attribute %d is %+v, want %+v with %d values", i, a, attributes[i], want[a.Name])
		}
	}
}

// A reader counts the rows that it returns, at any time and in either format. Bad lines are none.
func TestReaderCountsAttributes(t *testing.T) {
	const rows = 1000
	var data strings.Builder
	for i := range rows {
		amount := "1.5"
		if i%100 == 0 {
			amount = "null"
		}
		fmt.Fprintf(&data, `{"PartnerId":"p","BillingPreTaxAmount":%d,"BillingPreTaxTotal":%s,"Unit":""}`+"\n", i, amount)
	}
	data.WriteString(`{"PartnerId":"p","MeterId":"m","Quantity":"none"}` + "\n")
	r := lineitem.NewReader[lineitem.Usage](strings.NewReader(data.String()), &lineitem.ReaderOptions{
		OnBadLine: func(*lineitem.DecodeError) error { return nil },
	})
	wantCounts(t, r, nil)
	n := int64(0)
	for _, err := range r.All() {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n%70 == 1 {
			wantCounts(t, r, map[string]int64{"PartnerId": n, "BillingPreTaxTotal": n - (n+99)/100})
		}
	}
	wantCounts(t, r, map[string]int64{"PartnerId": rows, "BillingPreTaxTotal": rows - 10})
	if got := r.Unknown(); n != rows || !slices.Equal(got, []string{"BillingPreTaxAmount"}) {
		t.Errorf("%d rows, unknown are %q", n, got)
	}
	for _, a := range r.Attributes() {
		if a.Required != (a.Name == "BillingPreTaxTotal" || a.Name == "BillingCurrency") {
			t.Errorf("%s: required is %v", a.Name, a.Required)
		}
	}
}

func TestReaderCountsColumns(t *testing.T) {
	const text = "\nPartnerId,Other,Quantity,MeterId\np,x,0,\np,,,m\np,x,1,\"\"\n"
	r := lineitem.NewReader[lineitem.Usage](strings.NewReader(text), &lineitem.ReaderOptions{Format: lineitem.FormatCSV})
	rows := make([]lineitem.Usage, 10)
	if n, err := r.ReadBatch(rows, nil); n != 3 || err != io.EOF { //nolint:errorlint // It is io.EOF itself.
		t.Fatalf("%d rows, %v", n, err)
	}
	wantCounts(t, r, map[string]int64{"PartnerId": 3, "Quantity": 2, "MeterId": 1})
	if got := r.Unknown(); !slices.Equal(got, []string{"Other"}) {
		t.Errorf("unknown are %q", got)
	}
}

// Rows that are decoded as one value have no attributes of their own.
func TestReaderWithoutAttributes(t *testing.T) {
	r := lineitem.NewReader[lineitem.Record](strings.NewReader(`{"a":1}`), nil)
	for _, err := range r.All() {
		if err != nil {
			t.Fatal(err)
		}
	}
	if r.Attributes() != nil || r.Unknown() != nil || r.Stats().Rows != 1 {
		t.Errorf("%v, %v", r.Attributes(), r.Unknown())
	}
	wrong := lineitem.NewReader[int](strings.NewReader(`{"a":1}`), nil)
	var row int
	if err := wrong.Read(&row); !errors.Is(err, lineitem.ErrRowType) || wrong.Attributes() != nil || wrong.Unknown() != nil {
		t.Errorf("%v, %v", err, wrong.Attributes())
	}
}
