package lineitem_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/partnerbilling/sdk-go/lineitem"
)

// runRow has a field of each kind, after texts that decide what follows them.
type runRow struct {
	ID      string           `json:"Id"`
	Name    string           `json:"Name"`
	Price   lineitem.Decimal `json:"Price"`
	Day     time.Time        `json:"UsageDate"`
	Note    string           `json:"Note"`
	Empty   string           `json:"Empty"`
	Null    lineitem.Decimal `json:"Null"`
	Region  string           `json:"Region"`
	Count   *int             `json:"Count"`
	Unit    string           `json:"Unit"`
	Last    string           `json:"Last"`
	Unknown map[string]json.RawMessage
}

// TestRowsAfterARepeatedRow: what follows a text is remembered once it has repeated. A row that is
// cut, or differs from the repeated row in any one byte, is decoded as by a new decoder, and so is
// the row after it.
func TestRowsAfterARepeatedRow(t *testing.T) {
	object := `{"Id":"c1","Name":"Contoso","Price":1.5,"UsageDate":"2026-09-01","Note":"\u00e9\"","Empty":"","Null":null,` +
		`"Region":"west" , "Count":3,"Skipped":[1],"Unit":"1 Hour","Last":"x"}`
	t.Run("JSON", func(t *testing.T) {
		testRepeated(t, lineitem.NewDecoder[runRow], object, append(variants(object),
			`{"Name":"Contoso","Id":"c1","Name":"Contoso","Price":1.5,"UsageDate":"2026-09-01"}`,
			`{"Id":"c1","Name":"Contoso","Price":1.5,"Price":1.5}`,
			`{"Id":"c1","Name":"Contoso","Price":1.5}`,
			`{"Id":"c1","Name":"Contoso","Price":1.5,}`,
			`{"Id":"c1","Name":"Contoso","Price":1.55,"UsageDate":"2026-09-01"}`,
			`{"Id":"c1","name":"Contoso","Price":1.5,"UsageDate":"2026-09-01","Unit":"1 Hour","Last":"y"}`,
			"{\"Id\":\"c1\",\"Name\":\"Cont\xffoso\",\"Price\":1.5}",
		))
	})
	record := `c1,Contoso,1.5,2026-09-01,"é, """,,,west,3,[1],1 Hour,x`
	t.Run("CSV", func(t *testing.T) {
		makeCSV := func() (*lineitem.Decoder[runRow], error) {
			return lineitem.NewCSVDecoder[runRow]([]byte("Id,Name,Price,UsageDate,Note,Empty,Null,Region,Count,Skipped,Unit,Last"))
		}
		testRepeated(t, makeCSV, record, append(variants(record), record+",", "c1,Contoso", "c1,Contoso,1.5,2026-09-01,,,,,,,,"))
	})
}

// TestReplacedTextsAfterARepeatedText: each text with invalid bytes is counted, also where the same
// one follows the same text.
func TestReplacedTextsAfterARepeatedText(t *testing.T) {
	dec, err := lineitem.NewDecoder[runRow]()
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		var row runRow
		if err := dec.Decode([]byte("{\"Id\":\"c1\",\"Name\":\"Cont\xffoso\",\"Price\":1.5,\"Unit\":\"h\"}"), &row); err != nil {
			t.Fatal(err)
		}
	}
	if n := dec.Replaced(); n != 100 {
		t.Errorf("%d texts were replaced", n)
	}
}

// TestDateOrderAfterARepeatedText: a date with slashes in another order than those before is an
// error, also where the same one followed the same text before.
func TestDateOrderAfterARepeatedText(t *testing.T) {
	dec, err := lineitem.NewDecoder[runRow]()
	if err != nil {
		t.Fatal(err)
	}
	line := []byte(`{"Id":"c1","Name":"Contoso","UsageDate":"9/1/2026","Unit":"1 Hour","Last":"x"}`)
	dec.SetDateOrder(lineitem.DateOrderMonthFirst)
	for range 100 {
		var row runRow
		if err := dec.Decode(line, &row); err != nil || row.Day.Month() != time.September {
			t.Fatalf("%s, %v", row.Day, err)
		}
	}
	dec.SetDateOrder(lineitem.DateOrderDayFirst)
	for range 100 {
		var row runRow
		if err := dec.Decode(line, &row); !errors.Is(err, lineitem.ErrDateOrder) {
			t.Fatalf("%s, %v; want ErrDateOrder", row.Day, err)
		}
	}
}

// variants returns a line cut at each byte, and with each byte replaced, removed and doubled.
func variants(line string) (list []string) {
	for i := range len(line) {
		list = append(list, line[:i], line[:i]+line[i+1:], line[:i+1]+line[i:])
		for _, c := range []byte("\"\\,}1 x\xff") {
			list = append(list, line[:i]+string([]byte{c})+line[i+1:])
		}
	}
	return list
}

type decoded struct {
	row      runRow
	err      string
	replaced int64
	present  []uint64
	unknown  []string
}

func testRepeated(t *testing.T, newDecoder func() (*lineitem.Decoder[runRow], error), line string, others []string) {
	t.Helper()
	decode := func(dec *lineitem.Decoder[runRow], line string) (d decoded) {
		before := dec.Replaced()
		if err := dec.Decode([]byte(line), &d.row); err != nil {
			return decoded{err: err.Error()}
		}
		if n := d.row.Count; n != nil {
			own := *n
			d.row.Count, *n = &own, -1 // no other row may have the same one
		}
		d.replaced, d.present = dec.Replaced()-before, dec.AppendPresent(nil)
		d.unknown = slices.Clone(dec.Unknown())
		return d
	}
	fresh := func(line string) decoded {
		dec, err := newDecoder()
		if err != nil {
			t.Fatal(err)
		}
		return decode(dec, line)
	}
	same := func(a, b decoded) bool {
		a.unknown, b.unknown = nil, nil
		return reflect.DeepEqual(a, b)
	}
	want := fresh(line)
	if want.err != "" {
		t.Fatal(want.err)
	}
	for _, other := range others {
		dec, err := newDecoder()
		if err != nil {
			t.Fatal(err)
		}
		for range 8 {
			if got := decode(dec, line); !same(got, want) {
				t.Fatalf("%s\n%+v, want %+v", line, got, want)
			}
		}
		if got, want := decode(dec, other), fresh(other); !same(got, want) {
			t.Errorf("%s\n%s\nwant\n%s", other, fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want))
		}
		if got := decode(dec, line); !same(got, want) {
			t.Errorf("%s after %s\n%+v, want %+v", line, other, got, want)
		}
	}
}

// TestRowsWithoutAttributes: types without a field for an attribute, and with more than 64, are
// decoded like others, also where rows repeat.
func TestRowsWithoutAttributes(t *testing.T) {
	type hidden struct {
		Customer string `json:"-"`
	}
	decodeRepeated[struct{}](t)
	decodeRepeated[hidden](t)
	decodeRepeated[struct{ Unknown map[string]json.RawMessage }](t)
}

func decodeRepeated[T any](t *testing.T) {
	t.Helper()
	dec, err := lineitem.NewDecoder[T]()
	if err != nil {
		t.Fatal(err)
	}
	var first T
	for i := range 100 {
		var row T
		if err := dec.Decode([]byte(`{"CustomerId":"x","BillingPreTaxTotal":1,"Unit":"h"}`), &row); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = row
		}
		if !reflect.DeepEqual(row, first) {
			t.Fatalf("%T: row %d is %+v, and the first was %+v", row, i, row, first)
		}
	}
}

// TestRowsOfManyAttributes: more than 64 fields, which need more than one word of bits, are decoded
// as by a new decoder.
func TestRowsOfManyAttributes(t *testing.T) {
	type more struct{ F0, F1, F2, F3, F4, F5, F6, F7, F8, F9, F10, F11, F12, F13, F14, F15 string }
	type row struct {
		lineitem.Usage
		more
		Last string
	}
	decode := func(dec *lineitem.Decoder[row], line string) (got row, present []uint64) {
		if err := dec.Decode([]byte(line), &got); err != nil {
			t.Fatal(err)
		}
		return got, dec.AppendPresent(nil)
	}
	newDecoder := func() *lineitem.Decoder[row] {
		dec, err := lineitem.NewDecoder[row]()
		if err != nil {
			t.Fatal(err)
		}
		return dec
	}
	dec := newDecoder()
	for i := range 100 {
		line := `{"PartnerId":"p","F0":"a","F1":"","F15":"b","Last":"c","Unit":"h"}`
		if i%10 == 9 {
			line = `{"PartnerId":"p","F0":"a","F15":null,"F1":"x","Last":"c","Unit":"h"}`
		}
		got, present := decode(dec, line)
		want, wantPresent := decode(newDecoder(), line)
		if got.Last != "c" || len(present) != 2 || !slices.Equal(present, wantPresent) || !reflect.DeepEqual(got, want) {
			t.Fatalf("row %d: %b, want %b: %+v", i, present, wantPresent, got)
		}
	}
}

// TestEscapedSlashesAfterARepeatedText is TestDateOrderAfterARepeatedText with escaped slashes.
func TestEscapedSlashesAfterARepeatedText(t *testing.T) {
	for _, slash := range []string{`\u002f`, `\/`} {
		dec, err := lineitem.NewDecoder[runRow]()
		if err != nil {
			t.Fatal(err)
		}
		line := []byte(`{"Id":"c1","Name":"Contoso","UsageDate":"9` + slash + `1` + slash + `2026","Unit":"1 Hour","Last":"x"}`)
		dec.SetDateOrder(lineitem.DateOrderMonthFirst)
		var row runRow
		for range 100 {
			if err := dec.Decode(line, &row); err != nil || row.Day.Month() != time.September {
				t.Fatalf("%s, %v", row.Day, err)
			}
		}
		dec.SetDateOrder(lineitem.DateOrderDayFirst)
		if err := dec.Decode(line, &row); !errors.Is(err, lineitem.ErrDateOrder) {
			t.Errorf("%s: %v; want ErrDateOrder", line, err)
		}
	}
}

// TestErrorsNameNoKeyOfAnotherRow: a row with a syntax error and a space before it is not blamed on
// a long key of the row before.
func TestErrorsNameNoKeyOfAnotherRow(t *testing.T) {
	dec, err := lineitem.NewDecoder[lineitem.Record]()
	if err != nil {
		t.Fatal(err)
	}
	var row lineitem.Record
	if err := dec.Decode([]byte(`{"`+strings.Repeat("long", 100)+`":1}`), &row); err != nil {
		t.Fatal(err)
	}
	err = dec.Decode([]byte(` {"a":1,}`), &row)
	if wrong, ok := errors.AsType[*lineitem.DecodeError](err); !ok || wrong.Attribute != "" {
		t.Errorf("%v; want an error without an attribute", err)
	}
}
