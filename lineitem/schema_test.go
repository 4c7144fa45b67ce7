package lineitem_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/lineitem"
)

func schemaOf[T any](t testing.TB, o *lineitem.SchemaOptions) *lineitem.Schema[T] {
	t.Helper()
	s, err := lineitem.SchemaOf[T](o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// names returns the names of the columns.
func names[T any](s *lineitem.Schema[T]) []string {
	var list []string
	for _, c := range s.Columns() {
		list = append(list, c.Name)
	}
	return list
}

// texts returns the values of a row as text, "null" for null.
func texts[T any](t testing.TB, s *lineitem.Schema[T], row *T) []string {
	t.Helper()
	var list []string
	for i, c := range s.Columns() {
		v, ok := s.Text(row, i)
		if !ok {
			if v != "" {
				t.Errorf("%s: null with text %q", c.Name, v)
			}
			v = "null"
		}
		list = append(list, v)
		before := []byte("before")
		if b, is := s.AppendText(before, row, i); is != ok || ok && string(b) != "before"+v || !ok && string(b) != "before" {
			t.Errorf("%s: AppendText %q, %v; Text %q, %v", c.Name, b, is, v, ok)
		}
	}
	return list
}

// TestSchemaOfOurTypes: every attribute of the row types is a column of the kind of its field, in
// the order of the fields, and described.
func TestSchemaOfOurTypes(t *testing.T) {
	ours[lineitem.Usage](t, 55, map[string]string{"BillingPreTaxTotal": "BillingCurrency", "PricingPreTaxTotal": "PricingCurrency"})
	ours[lineitem.UsageBasic](t, 0, map[string]string{"BillingPreTaxTotal": "BillingCurrency", "PricingPreTaxTotal": "PricingCurrency"})
	ours[lineitem.Reconciliation](t, 47, map[string]string{"Subtotal": "Currency", "TaxTotal": "Currency", "Total": "Currency"})
	ours[lineitem.ReconciliationBasic](t, 0, map[string]string{"Subtotal": "Currency", "TaxTotal": "Currency", "Total": "Currency"})
}

func ours[T any](t *testing.T, attributes int, currencies map[string]string) {
	t.Helper()
	columns := schemaOf[T](t, nil).Columns()
	typ := reflect.TypeFor[T]()
	if len(columns) != typ.NumField() || attributes != 0 && len(columns) != attributes+1 {
		t.Fatalf("%s: %d columns", typ, len(columns))
	}
	days := []string{"UsageDate", "ChargeStartDate", "ChargeEndDate", "PCToBCExchangeRateDate", "SubscriptionStartDate", "SubscriptionEndDate"}
	for i, c := range columns {
		f := typ.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		want := lineitem.Column{Name: name, Attribute: name, Kind: lineitem.KindText, Currency: currencies[name], Doc: c.Doc}
		switch f.Type {
		case reflect.TypeFor[lineitem.Decimal]():
			want.Kind, want.Scale = lineitem.KindDecimal, 24
		case reflect.TypeFor[lineitem.JSONText](), reflect.TypeFor[lineitem.Qualifiers](), reflect.TypeFor[map[string]json.RawMessage]():
			want.Kind = lineitem.KindJSON
		case reflect.TypeFor[time.Time]():
			want.Kind = lineitem.KindTime
			if slices.Contains(days, name) {
				want.Kind = lineitem.KindDate
			}
		}
		if c != want {
			t.Errorf("%s: column %+v, want %+v", typ, c, want)
		}
		if c.Doc == "" || strings.ContainsAny(c.Doc, "\n\"") || strings.HasSuffix(c.Doc, ".") {
			t.Errorf("%s: %s is described as %q", typ, c.Name, c.Doc)
		}
	}
}

// TestSchemaAgreesWithReflection compares every value of generated rows with the fields, and the
// rows as a Record with the rows as a struct.
func TestSchemaAgreesWithReflection(t *testing.T) {
	agrees[lineitem.Usage](t, billingtest.Export{InvoiceID: "G1", Rows: 400, Blobs: 1})
	agrees[lineitem.Usage](t, billingtest.Export{InvoiceID: "G1", Rows: 200, Blobs: 1, Shape: billingtest.ShapeEscaped})
	agrees[lineitem.UsageBasic](t, billingtest.Export{InvoiceID: "G1", Rows: 200, Blobs: 1, Shape: billingtest.ShapeLeftOut})
	agrees[lineitem.Reconciliation](t, billingtest.Export{Dataset: billingtest.Reconciliation, InvoiceID: "G1", Rows: 400, Blobs: 1})
	agrees[lineitem.ReconciliationBasic](t, billingtest.Export{Dataset: billingtest.Reconciliation, InvoiceID: "G1", Rows: 200, Blobs: 1, Shape: billingtest.ShapeReordered})
}

func agrees[T any](t *testing.T, e billingtest.Export) {
	t.Helper()
	var text bytes.Buffer
	if err := e.WriteLines(&text, 0); err != nil {
		t.Fatal(err)
	}
	rows, err := readAll(t, lineitem.NewReader[T](bytes.NewReader(text.Bytes()), nil))
	if err != nil || len(rows) == 0 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	records, err := readAll(t, lineitem.NewReader[lineitem.Record](&text, nil))
	if err != nil {
		t.Fatal(err)
	}
	s := schemaOf[T](t, nil)
	asRecord := schemaOf[lineitem.Record](t, &lineitem.SchemaOptions{Choose: names(s)[:len(names(s))-1]})
	if err := errors.Join(s.Check(rows), asRecord.Check(records)); err != nil {
		t.Fatal(err)
	}
	columns := s.Columns()
	nulls := 0
	for i := range rows {
		got := texts(t, s, &rows[i])
		for col, c := range columns {
			field := reflect.ValueOf(&rows[i]).Elem().Field(col).Interface()
			want := ""
			switch v := field.(type) {
			case string:
				want = v
			case lineitem.JSONText:
				want = string(v)
			case lineitem.Decimal:
				text, err := v.MarshalText()
				if want = string(text); err != nil || s.Decimal(&rows[i], col) != v {
					t.Fatalf("%s: %v, %v", c.Name, v, err)
				}
			case time.Time:
				if !v.IsZero() {
					want = v.Format(map[lineitem.Kind]string{lineitem.KindTime: time.RFC3339Nano, lineitem.KindDate: "2006-01-02"}[c.Kind])
				}
				if at, ok := s.Time(&rows[i], col); ok == v.IsZero() || !at.Equal(v) {
					t.Fatalf("%s: %v, %v; want %v", c.Name, at, ok, v)
				}
			default: // Qualifiers and Unknown
				if reflect.ValueOf(v).Len() > 0 {
					b, err := json.Marshal(v)
					if want = string(b); err != nil {
						t.Fatal(err)
					}
				}
			}
			if want == "" {
				nulls++
				want = "null"
			}
			if got[col] != want {
				t.Fatalf("row %d, %s: %q, want %q", i, c.Name, got[col], want)
			}
		}
		for col, v := range texts(t, asRecord, &records[i]) {
			if v != got[col] && !(columns[col].Name == "ProductQualifiers" && v != "null") { // which has several forms
				t.Fatalf("row %d, %s of a Record: %q, want %q", i, columns[col].Name, v, got[col])
			}
		}
	}
	if nulls == 0 {
		t.Error("nothing was null")
	}
}

type region string

type level int8

// grade is text by its own method.
type grade int

func (g grade) MarshalText() ([]byte, error) {
	if g < 0 {
		return nil, fmt.Errorf("bad grade %d", int(g))
	}
	return []byte(strings.Repeat("*", int(g))), nil
}

func (g *grade) UnmarshalText(text []byte) error {
	*g = grade(len(text))
	return nil
}

// pair is JSON by its own method.
type pair struct{ a, b int }

func (p pair) MarshalJSON() ([]byte, error) { return fmt.Appendf(nil, "[%d,%d]", p.a, p.b), nil }

func (p *pair) UnmarshalJSON(data []byte) error {
	_, err := fmt.Sscanf(string(data), "[%d,%d]", &p.a, &p.b)
	return err
}

type inner struct {
	Region region `json:"ResourceLocation"`
	Depth  uint16
}

type everything struct {
	inner
	Text     string
	TextP    *string
	TextPP   **string
	JSON     lineitem.JSONText
	JSONP    *lineitem.JSONText
	Raw      json.RawMessage
	RawP     *json.RawMessage
	Amount   lineitem.Decimal `json:"BillingPreTaxTotal"`
	AmountP  *lineitem.Decimal
	Day      time.Time  `json:"UsageDate"`
	DayP     *time.Time `json:"ChargeStartDate"`
	At       time.Time
	AtP      *time.Time
	Int      int
	Int8     level
	Int16    int16
	Int32    *int32
	Int64    int64
	Uint     uint
	Uint8    uint8
	Uint32   uint32
	Uint64   *uint64
	Float32  float32
	Float64  *float64
	Bool     bool
	BoolP    *bool
	Grade    grade
	GradeP   *grade
	Pair     pair
	PairP    *pair
	Addr     netip.Addr
	Big      *big.Int
	List     []int
	Map      map[string]string
	MapP     *map[string]int
	Any      any
	Quals    lineitem.Qualifiers
	Currency string `json:"BillingCurrency"`
	hidden   string
	Skipped  string `json:"-"`
	Unknown  map[string]json.RawMessage
}

const everyValue = `{"ResourceLocation":"EU","Depth":65535,"Text":"a\u0000b","TextP":"x","TextPP":"y","JSON":"{\"a\": 1}","JSONP":[1, 2],"Raw":{"b": [1]},"RawP":7.50,` +
	`"BillingPreTaxTotal":-0.10,"AmountP":"1e3","UsageDate":"2026-09-01T00:00:00-08:00","ChargeStartDate":"2026-09-02","At":"2026-09-01T12:00:00.5+02:00","AtP":"2026-09-03",` +
	`"Int":-2147483648,"Int8":-128,"Int16":-3,"Int32":-4,"Int64":-9223372036854775808,"Uint":4294967295,"Uint8":255,"Uint32":4294967295,"Uint64":18446744073709551615,` +
	`"Float32":0.1,"Float64":1e300,"Bool":true,"BoolP":false,"Grade":"abc","GradeP":"ab","Pair":[3,4],"PairP":[5,6],"Addr":"127.0.0.1","Big":123456789012345678901234567890,` +
	`"List":[1,2],"Map":{"b":"2","a":"1"},"MapP":{"n":1},"Any":{"n":1.50},"Quals":["Add\"On","b"],"BillingCurrency":"EUR","zz":1.0,"aa":{"q": "\u00e9"},"b\"c":null}`

func TestSchemaOfAnOwnStruct(t *testing.T) {
	s := schemaOf[everything](t, nil)
	rows, err := readAll(t, lineitem.NewReader[everything](strings.NewReader(everyValue+"\n{}\n"), nil))
	if err != nil || s.Check(rows) != nil {
		t.Fatal(err, s.Check(rows))
	}
	full, empty := texts(t, s, &rows[0]), texts(t, s, &rows[1])
	for i, want := range []struct {
		name  string
		kind  lineitem.Kind
		full  string
		empty string
	}{
		{"Text", lineitem.KindText, "a\x00b", "null"},
		{"TextP", lineitem.KindText, "x", "null"},
		{"TextPP", lineitem.KindText, "y", "null"},
		{"JSON", lineitem.KindJSON, `{"a": 1}`, "null"},
		{"JSONP", lineitem.KindJSON, "[1, 2]", "null"},
		{"Raw", lineitem.KindJSON, `{"b": [1]}`, "null"},
		{"RawP", lineitem.KindJSON, "7.50", "null"},
		{"BillingPreTaxTotal", lineitem.KindDecimal, "-0.10", "null"},
		{"AmountP", lineitem.KindDecimal, "1000", "null"},
		{"UsageDate", lineitem.KindDate, "2026-09-01", "null"},
		{"ChargeStartDate", lineitem.KindDate, "2026-09-02", "null"},
		{"At", lineitem.KindTime, "2026-09-01T10:00:00.5Z", "null"},
		{"AtP", lineitem.KindTime, "2026-09-03T00:00:00Z", "null"},
		{"Int", lineitem.KindInt, "-2147483648", "0"},
		{"Int8", lineitem.KindInt, "-128", "0"},
		{"Int16", lineitem.KindInt, "-3", "0"},
		{"Int32", lineitem.KindInt, "-4", "null"},
		{"Int64", lineitem.KindInt, "-9223372036854775808", "0"},
		{"Uint", lineitem.KindDecimal, "4294967295", "0"},
		{"Uint8", lineitem.KindInt, "255", "0"},
		{"Uint32", lineitem.KindInt, "4294967295", "0"},
		{"Uint64", lineitem.KindDecimal, "18446744073709551615", "null"},
		{"Float32", lineitem.KindFloat, "0.1", "0"},
		{"Float64", lineitem.KindFloat, "1e+300", "null"},
		{"Bool", lineitem.KindBool, "true", "false"},
		{"BoolP", lineitem.KindBool, "false", "null"},
		{"Grade", lineitem.KindText, "***", "null"},
		{"GradeP", lineitem.KindText, "**", "null"},
		{"Pair", lineitem.KindJSON, "[3,4]", "[0,0]"},
		{"PairP", lineitem.KindJSON, "[5,6]", "null"},
		{"Addr", lineitem.KindText, "127.0.0.1", "null"},
		{"Big", lineitem.KindText, "123456789012345678901234567890", "null"},
		{"List", lineitem.KindJSON, "[1,2]", "null"},
		{"Map", lineitem.KindJSON, `{"a":"1","b":"2"}`, "null"},
		{"MapP", lineitem.KindJSON, `{"n":1}`, "null"},
		{"Any", lineitem.KindJSON, `{"n":1.50}`, "null"},
		{"Quals", lineitem.KindJSON, `["Add\"On","b"]`, "null"},
		{"BillingCurrency", lineitem.KindText, "EUR", "null"},
		{"ResourceLocation", lineitem.KindText, "EU", "null"}, // embedded structs come after
		{"Depth", lineitem.KindInt, "65535", "0"},
		{"Unknown", lineitem.KindJSON, `{"aa":{"q": "\u00e9"},"b\"c":null,"zz":1.0}`, "null"},
	} {
		c := s.Columns()[i]
		if c.Name != want.name || c.Attribute != want.name || c.Kind != want.kind || full[i] != want.full || empty[i] != want.empty {
			t.Errorf("%+v: %q, %q; want %+v", c, full[i], empty[i], want)
		}
		scale := 0
		if want.kind == lineitem.KindDecimal && !strings.HasPrefix(want.name, "Uint") {
			scale = 24
		}
		if c.Scale != scale {
			t.Errorf("%s: scale %d, want %d", c.Name, c.Scale, scale)
		}
		if currency := c.Currency; (currency == "BillingCurrency") != (c.Name == "BillingPreTaxTotal") {
			t.Errorf("%s: currency %q", c.Name, currency)
		}
		typed(t, s, &rows[0], i, full[i])
		typed(t, s, &rows[1], i, empty[i])
	}
	if len(full) != 41 {
		t.Errorf("%d columns", len(full))
	}
	_ = rows[0].hidden
}

// typed compares the value of a column by its kind with its text.
func typed[T any](t *testing.T, s *lineitem.Schema[T], row *T, col int, want string) {
	t.Helper()
	var got string
	ok := true
	switch c := s.Columns()[col]; c.Kind {
	case lineitem.KindDecimal:
		got = s.Decimal(row, col).String()
	case lineitem.KindTime, lineitem.KindDate:
		var at time.Time
		at, ok = s.Time(row, col)
		got = at.Format(time.RFC3339Nano)
		if c.Kind == lineitem.KindDate {
			got = at.Format(time.DateOnly)
		}
		if at.Location() != time.UTC {
			t.Errorf("%s is in %v", c.Name, at.Location())
		}
	case lineitem.KindInt:
		var n int64
		n, ok = s.Int(row, col)
		got = fmt.Sprint(n)
	case lineitem.KindFloat:
		var f float64
		f, ok = s.Float(row, col)
		if got = fmt.Sprint(f); got == fmt.Sprint(float64(float32(0.1))) {
			got = "0.1"
		}
	case lineitem.KindBool:
		var b bool
		b, ok = s.Bool(row, col)
		got = fmt.Sprint(b)
	default:
		return
	}
	if !ok {
		got = "null"
	}
	if got != want {
		t.Errorf("%s: %q, want %q", s.Columns()[col].Name, got, want)
	}
}

// TestEmptyTextIsNull: of a string, but not of a *string that points to one.
func TestEmptyTextIsNull(t *testing.T) {
	type row struct {
		A string
		B *string
		C **string
	}
	empty := ""
	pointer := &empty
	s := schemaOf[row](t, nil)
	if got := texts(t, s, &row{B: &empty, C: &pointer}); !slices.Equal(got, []string{"null", "", ""}) {
		t.Errorf("%q", got)
	}
	var none *string
	if got := texts(t, s, &row{C: &none}); !slices.Equal(got, []string{"null", "null", "null"}) {
		t.Errorf("%q", got)
	}
}

// TestTimesAreUTC: also those of a row that was not decoded.
func TestTimesAreUTC(t *testing.T) {
	type row struct {
		At  time.Time
		Day *time.Time `json:"UsageDate"`
	}
	zone := time.FixedZone("", -8*3600)
	at := time.Date(2026, 9, 1, 20, 0, 0, 0, zone)
	s := schemaOf[row](t, nil)
	if got := texts(t, s, &row{at, &at}); !slices.Equal(got, []string{"2026-09-02T04:00:00Z", "2026-09-02"}) {
		t.Errorf("%q", got)
	}
}

func TestSchemaOptions(t *testing.T) {
	type row struct {
		Customer string           `json:"CustomerId"`
		Total    lineitem.Decimal `json:"Total"`
		Currency string           `json:"Currency"`
		Day      time.Time        `json:"UsageDate"`
		At       time.Time        `json:"OrderDate"`
		Info     string           `json:"AdditionalInfo"`
		Unknown  map[string]json.RawMessage
	}
	at := time.Date(2026, 9, 1, 12, 30, 0, 0, time.UTC)
	r := row{Customer: "c", Total: decimal(t, "1.50"), Currency: "EUR", Day: at, At: at, Info: "{}"}
	o := &lineitem.SchemaOptions{
		Choose: []string{"Currency", "Total", "OrderDate", "UsageDate", "AdditionalInfo"},
		Rename: map[string]string{"Total": "total", "Currency": "currency code", "CustomerId": "unused"},
		Kinds:  map[string]lineitem.Kind{"OrderDate": lineitem.KindDate, "UsageDate": lineitem.KindTime, "AdditionalInfo": lineitem.KindJSON},
		Scales: map[string]int{"Total": 9},
	}
	s := schemaOf[row](t, o)
	doc := func(c lineitem.Column) lineitem.Column { c.Doc = ""; return c }
	want := []lineitem.Column{
		{Name: "currency code", Attribute: "Currency", Kind: lineitem.KindText},
		{Name: "total", Attribute: "Total", Kind: lineitem.KindDecimal, Scale: 9, Currency: "currency code"},
		{Name: "OrderDate", Attribute: "OrderDate", Kind: lineitem.KindDate},
		{Name: "UsageDate", Attribute: "UsageDate", Kind: lineitem.KindTime},
		{Name: "AdditionalInfo", Attribute: "AdditionalInfo", Kind: lineitem.KindJSON},
	}
	for i, c := range s.Columns() {
		if doc(c) != want[i] {
			t.Errorf("%+v, want %+v", c, want[i])
		}
	}
	if got := texts(t, s, &r); !slices.Equal(got, []string{"EUR", "1.50", "2026-09-01", "2026-09-01T12:30:00Z", "{}"}) {
		t.Errorf("%q", got)
	}
	// Options and columns are copies.
	o.Choose[0] = "Total"
	s.Columns()[0].Name = "broken"
	if names(s)[0] != "currency code" {
		t.Error("the schema has changed")
	}

	asText := schemaOf[row](t, &lineitem.SchemaOptions{
		Omit:  []string{"CustomerId", "Unknown", "Currency", "AdditionalInfo"},
		Kinds: map[string]lineitem.Kind{"Total": lineitem.KindText, "UsageDate": lineitem.KindText, "OrderDate": lineitem.KindText},
	})
	if got := texts(t, asText, &r); !slices.Equal(got, []string{"1.50", "2026-09-01", "2026-09-01T12:30:00Z"}) {
		t.Errorf("%q", got)
	}
	for _, c := range asText.Columns() {
		if c.Kind != lineitem.KindText || c.Scale != 0 || c.Currency != "" {
			t.Errorf("%+v", c)
		}
	}
}

func TestSchemaErrors(t *testing.T) {
	type row struct {
		Customer string           `json:"CustomerId"`
		Total    lineitem.Decimal `json:"Total"`
		N        int
		Unknown  map[string]json.RawMessage
	}
	type twice struct {
		Unit string
		U    string `json:"unit"`
	}
	type unknowns struct {
		X       string `json:"Unknown"`
		Unknown map[string]json.RawMessage
	}
	of := func(o lineitem.SchemaOptions) error { _, err := lineitem.SchemaOf[row](&o); return err }
	record := func(o lineitem.SchemaOptions) error { _, err := lineitem.SchemaOf[lineitem.Record](&o); return err }
	plain := func(_ any, err error) error { return err }
	for what, c := range map[string]struct {
		err  error
		is   error
		text string
	}{
		"map":             {plain(lineitem.SchemaOf[map[string]string](nil)), lineitem.ErrRowType, "decoded as one value"},
		"raw":             {plain(lineitem.SchemaOf[json.RawMessage](nil)), lineitem.ErrRowType, "decoded as one value"},
		"own decoder":     {plain(lineitem.SchemaOf[pair](nil)), lineitem.ErrRowType, "decoded as one value"},
		"not a row":       {plain(lineitem.SchemaOf[int](nil)), lineitem.ErrRowType, "not a struct"},
		"channel":         {plain(lineitem.SchemaOf[struct{ C chan int }](nil)), lineitem.ErrRowType, "chan int"},
		"no fields":       {plain(lineitem.SchemaOf[struct{}](nil)), lineitem.ErrSchema, "no columns"},
		"differ in case":  {plain(lineitem.SchemaOf[twice](nil)), lineitem.ErrSchema, `columns "Unit" and "unit" have the same name; choose each once, or rename one`},
		"two Unknowns":    {plain(lineitem.SchemaOf[unknowns](nil)), lineitem.ErrSchema, "same name"},
		"unknown name":    {of(lineitem.SchemaOptions{Choose: []string{"CustomerID"}}), lineitem.ErrSchema, `Choose: no column for an attribute "CustomerID" (did you mean "CustomerId"?)`},
		"unknown omitted": {of(lineitem.SchemaOptions{Omit: []string{"xyz"}}), lineitem.ErrSchema, `Omit: no column for an attribute "xyz"`},
		"unknown renamed": {of(lineitem.SchemaOptions{Rename: map[string]string{"Totl": "x"}}), lineitem.ErrSchema, `Rename: no column for an attribute "Totl" (did you mean "Total"?)`},
		"unknown kind of": {of(lineitem.SchemaOptions{Kinds: map[string]lineitem.Kind{"x": lineitem.KindText}}), lineitem.ErrSchema, "Kinds: no column"},
		"unknown scale":   {of(lineitem.SchemaOptions{Scales: map[string]int{"x": 1}}), lineitem.ErrSchema, "Scales: no column"},
		"chosen twice":    {of(lineitem.SchemaOptions{Choose: []string{"Total", "Total"}}), lineitem.ErrSchema, "same name"},
		"both lists":      {of(lineitem.SchemaOptions{Choose: []string{"Total"}, Omit: []string{"N"}}), lineitem.ErrSchema, "exclude each other"},
		"nothing chosen":  {of(lineitem.SchemaOptions{Choose: []string{}}), lineitem.ErrSchema, "no columns"},
		"all omitted":     {of(lineitem.SchemaOptions{Omit: []string{"CustomerId", "Total", "N", "Unknown", "N"}}), lineitem.ErrSchema, "no columns"},
		"used name":       {of(lineitem.SchemaOptions{Rename: map[string]string{"Total": "CUSTOMERID"}}), lineitem.ErrSchema, `"CustomerId" and "CUSTOMERID" (attribute "Total") have the same name`},
		"no name":         {of(lineitem.SchemaOptions{Rename: map[string]string{"Total": ""}}), lineitem.ErrSchema, `"Total" has no name`},
		"negative scale":  {of(lineitem.SchemaOptions{Scales: map[string]int{"Total": -1}}), lineitem.ErrSchema, "unsupported scale -1; use 0 to 38"},
		"large scale":     {of(lineitem.SchemaOptions{Scales: map[string]int{"Total": 39}}), lineitem.ErrSchema, "unsupported scale 39"},
		"scale of text":   {of(lineitem.SchemaOptions{Scales: map[string]int{"CustomerId": 2}}), lineitem.ErrSchema, "of kind Text and has no scale"},
		"scale as text":   {of(lineitem.SchemaOptions{Scales: map[string]int{"Total": 2}, Kinds: map[string]lineitem.Kind{"Total": lineitem.KindText}}), lineitem.ErrSchema, "has no scale"},
		"text as decimal": {of(lineitem.SchemaOptions{Kinds: map[string]lineitem.Kind{"CustomerId": lineitem.KindDecimal}}), lineitem.ErrSchema, "of kind Text and cannot be Decimal"},
		"int as float":    {of(lineitem.SchemaOptions{Kinds: map[string]lineitem.Kind{"N": lineitem.KindFloat}}), lineitem.ErrSchema, "of kind Int and cannot be Float"},
		"no kind":         {of(lineitem.SchemaOptions{Kinds: map[string]lineitem.Kind{"N": 0}}), lineitem.ErrSchema, "cannot be Kind(0)"},
		"no columns":      {record(lineitem.SchemaOptions{}), lineitem.ErrSchema, "name its columns in Choose"},
		"no known kind":   {record(lineitem.SchemaOptions{Choose: []string{"Total", "foo"}}), lineitem.ErrSchema, `attribute "foo" is not known; name its kind in Kinds`},
		"not in Choose":   {record(lineitem.SchemaOptions{Choose: []string{"Total"}, Scales: map[string]int{"Subtotal": 3}}), lineitem.ErrSchema, `no column for an attribute "Subtotal"; it is not in Choose`},
		"invalid kind":    {record(lineitem.SchemaOptions{Choose: []string{"Total"}, Kinds: map[string]lineitem.Kind{"Total": 99}}), lineitem.ErrSchema, "cannot be Kind(99)"},
		"record, twice":   {record(lineitem.SchemaOptions{Choose: []string{"Total", "total"}}), lineitem.ErrSchema, "same name"},
	} {
		if !errors.Is(c.err, c.is) || !strings.Contains(fmt.Sprint(c.err), c.text) || !strings.HasPrefix(fmt.Sprint(c.err), "lineitem: ") {
			t.Errorf("%s: %v; want %v with %q", what, c.err, c.is, c.text)
		}
	}
}

func TestSchemaOfARecord(t *testing.T) {
	s := schemaOf[lineitem.Record](t, &lineitem.SchemaOptions{
		Choose: []string{"UsageDate", "Total", "OrderDate", "n", "f", "b", "Tags", "AdditionalInfo", "s", "Unit"},
		Kinds:  map[string]lineitem.Kind{"n": lineitem.KindInt, "f": lineitem.KindFloat, "b": lineitem.KindBool, "s": lineitem.KindText},
		Rename: map[string]string{"Total": "amount"},
	})
	in := `{"UsageDate":"2026-09-01T00:00:00-08:00","Total":"1.50","OrderDate":"2026-09-01T12:00:00+02:00","n":"-7","f":1e2,"b":"True","Tags":"{\"a\":1}","AdditionalInfo":{"b": 2},"s":1.50}
{"b":false,"f":0.25,"n":12,"OrderDate":null,"total":-3,"usagedate":"2026-09-02","s":"\"x\"","Tags":""}
{"z":1}
`
	rows, err := readAll(t, lineitem.NewReader[lineitem.Record](strings.NewReader(in), nil))
	if err != nil || s.Check(rows) != nil {
		t.Fatal(err, s.Check(rows))
	}
	none := slices.Repeat([]string{"null"}, 10)
	for i, want := range [][]string{
		{"2026-09-01", "1.50", "2026-09-01T10:00:00Z", "-7", "100", "true", `{"a":1}`, `{"b": 2}`, "1.50", "null"},
		{"2026-09-02", "-3", "null", "12", "0.25", "false", "null", "null", `"x"`, "null"},
		none,
	} {
		if got := texts(t, s, &rows[i]); !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
		for col, text := range want {
			typed(t, s, &rows[i], col, text)
		}
	}

	for _, c := range []struct {
		line, column string
		is           error
	}{
		{`{"UsageDate":"2026-09-01T23:59:59-08:00"}`, "UsageDate", lineitem.ErrDay},
		{`{"UsageDate":"secret"}`, "UsageDate", lineitem.ErrNotTime},
		{`{"OrderDate":9}`, "OrderDate", lineitem.ErrWrongType},
		{`{"OrderDate":"9/1/2026"}`, "OrderDate", lineitem.ErrDateOrder},
		{`{"Total":"secret"}`, "amount", lineitem.ErrNotNumber},
		{`{"Total":["secret"]}`, "amount", lineitem.ErrWrongType},
		{`{"Total":0.1234567890123456789012345678901234567890}`, "amount", lineitem.ErrInexact},
		{`{"n":1.5}`, "n", lineitem.ErrWrongType},
		{`{"n":"secret"}`, "n", lineitem.ErrNotNumber},
		{`{"f":"0x10"}`, "f", lineitem.ErrNotNumber},
		{`{"b":"secret"}`, "b", lineitem.ErrWrongType},
	} {
		bad, err := readAll(t, lineitem.NewReader[lineitem.Record](strings.NewReader(c.line), nil))
		if err != nil {
			t.Fatal(err)
		}
		err = s.Check(append(rows[:2:2], bad...))
		e, is := errors.AsType[*lineitem.ValueError](err)
		if !is || e.Row != 2 || e.Column != c.column || !errors.Is(err, c.is) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v, want column %s: %v", c.line, err, c.column, c.is)
		}
		if got := texts(t, s, &bad[0]); !slices.Equal(got, none) {
			t.Errorf("%s: %q, want null", c.line, got)
		}
	}
}

// TestCheckOfOwnMethods: a value that cannot be marshaled is an error, which does not print it.
func TestCheckOfOwnMethods(t *testing.T) {
	type row struct {
		Text  string
		Grade grade
	}
	s := schemaOf[row](t, &lineitem.SchemaOptions{Rename: map[string]string{"Grade": "g"}})
	rows := []row{{Grade: 1}, {Grade: 2}, {Grade: -4711}}
	if err := s.Check(rows[:2]); err != nil {
		t.Error(err)
	}
	err := s.Check(rows)
	e, is := errors.AsType[*lineitem.ValueError](err)
	if !is || e.Row != 2 || e.Column != "g" || strings.Contains(err.Error(), "4711") {
		t.Fatalf("%v", err)
	}
	if want := `lineitem: value of row 2: column "g": cannot marshal value of lineitem_test.grade (*errors.errorString)`; err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	e.Position = lineitem.Position{Blob: "part-1", Line: 7, Offset: 99}
	if want := `lineitem: value of part-1:7 (byte 99): column "g": cannot marshal value`; !strings.HasPrefix(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
	if got := texts(t, s, &rows[2]); got[1] != "null" {
		t.Errorf("%q", got)
	}
}

// TestSchemaHash: it changes with what a table is made of, and not with the version of this
// package.
func TestSchemaHash(t *testing.T) {
	type row struct {
		A, B string
		N    lineitem.Decimal
	}
	seen := map[string]string{}
	for what, o := range map[string]*lineitem.SchemaOptions{
		"all":     nil,
		"fewer":   {Omit: []string{"B"}},
		"order":   {Choose: []string{"B", "A", "N"}},
		"rename":  {Rename: map[string]string{"A": "B", "B": "A"}},
		"renamed": {Rename: map[string]string{"N": "n"}},
		"kind":    {Kinds: map[string]lineitem.Kind{"N": lineitem.KindText}},
		"scale":   {Scales: map[string]int{"N": 23}},
	} {
		hash := schemaOf[row](t, o).Hash()
		if other, is := seen[hash]; is {
			t.Errorf("%s has the hash of %s", what, other)
		}
		seen[hash] = what
		if again := schemaOf[row](t, o).Hash(); again != hash {
			t.Errorf("%s: %s, then %s", what, hash, again)
		}
	}
	const want = "v1-fe1684718c5f4bdefa6c88a00e4cf9fd"
	if got := schemaOf[row](t, nil).Hash(); got != want {
		t.Errorf("%s, want %s as in every version", got, want)
	}
	type same struct {
		A, B *string
		N    *lineitem.Decimal
	}
	if schemaOf[same](t, nil).Hash() != schemaOf[row](t, nil).Hash() {
		t.Error("another type with the same columns has another hash")
	}
}

func TestSchemaOfAnotherKindPanics(t *testing.T) {
	s := schemaOf[lineitem.Usage](t, nil)
	row := new(lineitem.Usage)
	for what, call := range map[string]func(){
		`"PartnerId" has kind Text, not Decimal`:    func() { s.Decimal(row, 0) },
		`"PartnerId" has kind Text, not Time`:       func() { s.Time(row, 0) },
		`"PartnerId" has kind Text, not Int`:        func() { s.Int(row, 0) },
		`"PartnerId" has kind Text, not Float`:      func() { s.Float(row, 0) },
		`"PartnerId" has kind Text, not Bool`:       func() { s.Bool(row, 0) },
		`"ChargeStartDate" has kind Date, not Text`: nil,
	} {
		if call == nil {
			s.Text(row, 18) // every kind is text
			continue
		}
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); got != "lineitem: column "+what {
					t.Errorf("%s, want %s", got, what)
				}
			}()
			call()
		}()
	}
}

func TestSchemaDoesNotAllocate(t *testing.T) {
	s := schemaOf[lineitem.Usage](t, nil)
	var text bytes.Buffer
	if err := (billingtest.Export{InvoiceID: "G1", Rows: 1, Blobs: 1}).WriteLines(&text, 0); err != nil {
		t.Fatal(err)
	}
	rows, err := readAll(t, lineitem.NewReader[lineitem.Usage](&text, nil))
	if err != nil {
		t.Fatal(err)
	}
	columns := s.Columns()
	dst := make([]byte, 0, 1<<16)
	if n := testing.AllocsPerRun(100, func() {
		for i, c := range columns {
			switch c.Kind {
			case lineitem.KindText, lineitem.KindJSON:
				s.Text(&rows[0], i)
			case lineitem.KindDecimal:
				s.Decimal(&rows[0], i)
			default:
				s.Time(&rows[0], i)
			}
			dst, _ = s.AppendText(dst[:0], &rows[0], i)
		}
		if s.Check(rows) != nil {
			t.Error("check failed")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	quantity := slices.Index(names(s), "Quantity")
	if n := testing.AllocsPerRun(100, func() { s.Text(&rows[0], quantity) }); n > 1 {
		t.Errorf("%v allocations for the text of a decimal, want the text alone", n)
	}
}

func TestSchemaIsSafeForConcurrentUse(t *testing.T) {
	s := schemaOf[everything](t, nil)
	rows, err := readAll(t, lineitem.NewReader[everything](strings.NewReader(everyValue), nil))
	if err != nil {
		t.Fatal(err)
	}
	want := texts(t, s, &rows[0])
	var running sync.WaitGroup
	for range 4 {
		running.Go(func() {
			for range 50 {
				if got := texts(t, s, &rows[0]); !slices.Equal(got, want) || s.Check(rows) != nil || s.Hash() == "" {
					t.Errorf("%q", got)
				}
			}
		})
	}
	running.Wait()
}

func TestKinds(t *testing.T) {
	var list []string
	for _, k := range lineitem.PossibleKindValues() {
		list = append(list, k.String())
	}
	if got := strings.Join(list, " "); got != "Text JSON Decimal Time Date Int Float Bool" || lineitem.Kind(0).String() != "Kind(0)" {
		t.Error(got)
	}
}

// Invalid bytes in JSON that is passed through do not reach a file or database.
func TestInvalidBytesInUnknown(t *testing.T) {
	type row struct{ Unknown map[string]json.RawMessage }
	s := schemaOf[row](t, nil)
	rows, err := readAll(t, lineitem.NewReader[row](strings.NewReader("{\"a\":\"\xff\"}"), nil))
	if err != nil {
		t.Fatal(err)
	}
	if got := texts(t, s, &rows[0])[0]; got != "{\"a\":\"\ufffd\"}" {
		t.Errorf("%q", got)
	}
}

func BenchmarkSchema(b *testing.B) {
	s := schemaOf[lineitem.Usage](b, nil)
	var text bytes.Buffer
	if err := (billingtest.Export{InvoiceID: "G1", Rows: 1000, Blobs: 1}).WriteLines(&text, 0); err != nil {
		b.Fatal(err)
	}
	var rows []lineitem.Usage
	for row, err := range lineitem.NewReader[lineitem.Usage](&text, nil).All() {
		if err != nil {
			b.Fatal(err)
		}
		rows = append(rows, row)
	}
	columns := s.Columns()
	b.Run("values", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			row := &rows[i%len(rows)]
			for col := range columns {
				switch columns[col].Kind {
				case lineitem.KindDecimal:
					if d := s.Decimal(row, col); !d.IsNull() {
						if _, _, err := d.Unscaled(columns[col].Scale); err != nil {
							b.Fatal(err)
						}
					}
				case lineitem.KindDate, lineitem.KindTime:
					s.Time(row, col)
				default:
					s.Text(row, col)
				}
			}
		}
	})
	b.Run("text", func(b *testing.B) {
		b.ReportAllocs()
		var dst []byte
		for i := 0; b.Loop(); i++ {
			dst = dst[:0]
			for col := range columns {
				dst, _ = s.AppendText(dst, &rows[i%len(rows)], col)
			}
		}
	})
}

// A chosen attribute that exists, and for which the row type has only a misspelled field: the
// error does not suggest the misspelling as the right name.
func TestSchemaOfAMisspelledTag(t *testing.T) {
	type row struct {
		Total lineitem.Decimal `json:"BillingPreTaxTotl"`
		Meter string           `json:"MeterId"`
	}
	choose := func(name string) string {
		_, err := lineitem.SchemaOf[row](&lineitem.SchemaOptions{Choose: []string{name}})
		if !errors.Is(err, lineitem.ErrSchema) {
			t.Fatalf("%s: %v", name, err)
		}
		return err.Error()
	}
	if text := choose("BillingPreTaxTotal"); strings.Contains(text, "did you mean") || !strings.Contains(text, "has no field for it") || !strings.Contains(text, `"BillingPreTaxTotl" is probably misspelled`) {
		t.Error(text)
	}
	if text := choose("UsageDate"); strings.Contains(text, "did you mean") || !strings.Contains(text, "has no field for it") || strings.Contains(text, "misspelled") {
		t.Error(text)
	}
	if text := choose("MeterIdd"); !strings.Contains(text, `did you mean "MeterId"?`) {
		t.Error(text)
	}
}
