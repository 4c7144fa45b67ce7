package lineitem_test

import (
	"encoding/json"
	"errors"
	"math/big"
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"github.com/partnerbilling/sdk-go/lineitem"
)

// cents is a type with UnmarshalText, like those of decimal packages.
type cents int

func (c *cents) UnmarshalText(text []byte) error {
	if strings.Contains(string(text), "?") {
		return errors.New("bad cents: " + string(text))
	}
	*c = cents(len(text))
	return nil
}

// shout is a type with UnmarshalJSON.
type shout string

func (s *shout) UnmarshalJSON(data []byte) error {
	*s = shout(strings.ToUpper(string(data)))
	return nil
}

type location struct {
	Region string `json:"ResourceLocation"`
	Unit   string
}

type own struct {
	location
	Customer string      `json:"CustomerId"`
	Unit     string      // wins over the embedded one
	Price    float64     `json:"UnitPrice"`
	Quantity *big.Rat    `json:"Quantity"`
	Credit   cents       `json:"CreditPercentage"`
	SKU      shout       `json:"SkuId"`
	Addr     *netip.Addr `json:"Addr"`
	Tags     map[string]string
	Rest     any    `json:"AdditionalInfo"`
	Never    string `json:"-"`
	Dash     string `json:"-,"` //nolint:staticcheck // The odd tag is what is tested.
	hidden   string
}

func TestOwnStruct(t *testing.T) {
	line := `{"ResourceLocation":"EASTUS2","CustomerId":"c","unit":"1 Hour","UnitPrice":"0.5","Quantity":0.1,"CreditPercentage":100,"SkuId":"006g",` +
		`"Addr":"127.0.0.1","Tags":"{\"env\":\"prod\"}","AdditionalInfo":{"n":12345678901234567890.1},"Never":"x","-":"y","hidden":"z"}`
	rows, err := readAll(t, lineitem.NewReader[own](strings.NewReader(line), nil))
	if err != nil {
		t.Fatal(err)
	}
	got := rows[0]
	addr := netip.MustParseAddr("127.0.0.1")
	want := own{
		location: location{Region: "EASTUS2"}, Customer: "c", Unit: "1 Hour", Price: 0.5, Quantity: big.NewRat(1, 10), Credit: 3, SKU: `"006G"`,
		Addr: &addr, Tags: map[string]string{"env": "prod"}, Rest: map[string]any{"n": json.Number("12345678901234567890.1")}, Dash: "y",
	}
	if !reflect.DeepEqual(got, want) || got.hidden != "" {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestRowAsMapOrRawJSON(t *testing.T) {
	in := "{\"a\":1,\"b\":\"x\"}\n{\"c\":null}\n"
	maps, err := readAll(t, lineitem.NewReader[map[string]json.RawMessage](strings.NewReader(in), nil))
	if err != nil || len(maps) != 2 || string(maps[0]["b"]) != `"x"` || len(maps[1]) != 1 {
		t.Errorf("maps %v, %v", maps, err)
	}
	raws, err := readAll(t, lineitem.NewReader[json.RawMessage](strings.NewReader(in), nil))
	if err != nil || len(raws) != 2 || string(raws[0]) != `{"a":1,"b":"x"}` {
		t.Errorf("raw rows %s, %v", raws, err)
	}
	for _, bad := range []string{"[1]\n", "null\n"} {
		if _, err := readAll(t, lineitem.NewReader[map[string]any](strings.NewReader(bad), nil)); !errors.Is(err, lineitem.ErrNotObject) {
			t.Errorf("%q: %v, want ErrNotObject", bad, err)
		}
	}
}

func TestUnsupportedRowTypes(t *testing.T) {
	type channel struct{ C chan int }
	type function struct{ F func() }
	type pointed struct{ *location }
	for name, err := range map[string]error{
		"channel":          errOf[channel](),
		"function":         errOf[function](),
		"embedded pointer": errOf[pointed](),
		"number":           errOf[int](),
		"pointer":          errOf[*own](),
		"slice":            errOf[[]string](),
	} {
		if !errors.Is(err, lineitem.ErrRowType) {
			t.Errorf("%s: %v, want ErrRowType", name, err)
		}
	}
	var row channel
	if err := lineitem.NewReader[channel](strings.NewReader("{}"), nil).Read(&row); !errors.Is(err, lineitem.ErrRowType) {
		t.Errorf("Read: %v, want ErrRowType", err)
	}
}

func errOf[T any]() error {
	_, err := lineitem.NewDecoder[T]()
	return err
}

// TestErrorsOfFieldTypesHideValues: an error of a field's own type may quote the value, so it can
// be unwrapped but is not printed.
func TestErrorsOfFieldTypesHideValues(t *testing.T) {
	for _, line := range []string{`{"CreditPercentage":"?secret"}`, `{"Addr":"secret"}`, `{"Tags":"secret"}`, `{"Tags":{"a":{"secret":1}}}`, `{"UnitPrice":"secret"}`, `{"Quantity":"secret"}`} {
		_, err := readAll(t, lineitem.NewReader[own](strings.NewReader(line), nil))
		var decodeErr *lineitem.DecodeError
		if !errors.As(err, &decodeErr) || decodeErr.Attribute == "" || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", line, err)
		}
	}
}

func TestRecord(t *testing.T) {
	line := `{"Z":1.50,"a":"2018-11-13","N":null,"O":{"x": [1]}}`
	rows, err := readAll(t, lineitem.NewReader[lineitem.Record](strings.NewReader(line), nil))
	if err != nil || len(rows) != 1 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	r := rows[0]
	var names []string
	for name := range r.All() {
		names = append(names, name)
	}
	if strings.Join(names, "") != "ZaNO" || r.Len() != 4 {
		t.Errorf("names %v", names)
	}
	if d, err := r.Decimal("z"); err != nil || d.String() != "1.50" {
		t.Errorf("Z: %s, %v", d, err)
	}
	if d, err := r.Decimal("missing"); err != nil || !d.IsNull() {
		t.Errorf("missing: %s, %v", d, err)
	}
	if _, err := r.Decimal("a"); !errors.Is(err, lineitem.ErrNotNumber) {
		t.Errorf("a as a number: %v", err)
	}
	if d, err := r.Time("A"); err != nil || d.Day() != 13 {
		t.Errorf("A: %v, %v", d, err)
	}
	if r.Text("O") != `{"x": [1]}` || r.Text("N") != "" || r.Raw("missing") != nil {
		t.Errorf("texts %q, %q", r.Text("O"), r.Text("N"))
	}
	if out, err := json.Marshal(r); err != nil || string(out) != `{"Z":1.50,"a":"2018-11-13","N":null,"O":{"x":[1]}}` {
		t.Errorf("written: %s, %v", out, err)
	}
	if _, err := readAll(t, lineitem.NewReader[lineitem.Record](strings.NewReader(`{"a":1,"a":2}`), nil)); !errors.Is(err, lineitem.ErrDuplicate) {
		t.Errorf("twice: %v", err)
	}
	var null lineitem.Record
	if out, err := json.Marshal(null); err != nil || string(out) != "{}" {
		t.Errorf("nothing: %s, %v", out, err)
	}
}

// TestRowsAreNotOverwritten: rows and their strings must not change when more rows are read.
func TestRowsAreNotOverwritten(t *testing.T) {
	var in strings.Builder
	for i := range 5000 {
		in.WriteString(`{"N":` + strings.Repeat("7", i%30+1) + `,"S":"` + strings.Repeat(string(rune('a'+i%26)), i%2000) + "\\n\"}\n")
	}
	rows, err := readAll(t, lineitem.NewReader[mini](strings.NewReader(in.String()), nil))
	if err != nil || len(rows) != 5000 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for i, r := range rows {
		if r.N.String() != strings.Repeat("7", i%30+1) || r.S != strings.Repeat(string(rune('a'+i%26)), i%2000)+"\n" {
			t.Fatalf("row %d has changed: %.100v", i, r)
		}
	}
}

// TestChangingKeys: the cache of keys must be bounded and must not select wrong fields.
func TestChangingKeys(t *testing.T) {
	var in strings.Builder
	for i := range 3000 {
		in.WriteString(`{"k` + strings.Repeat("x", i%7) + string(rune('0'+i%10)) + lineNumber(i) + `":1,"N":` + lineNumber(i) + `,"S":"s"}` + "\n")
		in.WriteString(`{"s":"t","n":` + lineNumber(i) + "}\n")
	}
	rows, err := readAll(t, lineitem.NewReader[mini](strings.NewReader(in.String()), nil))
	if err != nil || len(rows) != 6000 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for i, r := range rows {
		if r.N.String() != lineNumber(i/2) || r.S != [2]string{"s", "t"}[i%2] {
			t.Fatalf("row %d is %+v", i, r)
		}
	}
}

func lineNumber(i int) string { return json.Number(big.NewInt(int64(i)).String()).String() }

// JSON rows are not checked against a struct of the caller's, as ErrRowMismatch says.
func TestOwnStructWithoutAMatchingTag(t *testing.T) {
	type misspelled struct {
		Total lineitem.Decimal `json:"BilingTotal"`
	}
	d, err := lineitem.NewDecoder[misspelled]()
	if err != nil {
		t.Fatal(err)
	}
	var row misspelled
	if err := d.Decode([]byte(`{"BillingTotal":1}`), &row); err != nil || row != (misspelled{}) {
		t.Errorf("%+v, %v", row, err)
	}
}
