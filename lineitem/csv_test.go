package lineitem_test

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/partnerbilling/sdk-go/lineitem"
)

// cost is a CSV row with a field of each type.
type cost struct {
	ID       string            `json:"invoiceId"`
	Product  string            `json:"ProductName"`
	Cost     lineitem.Decimal  `json:"costInBillingCurrency"`
	Date     time.Time         `json:"date"`
	Quantity *int64            `json:"quantity"`
	Credit   bool              `json:"isAzureCreditEligible"`
	Tags     lineitem.JSONText `json:"tags"`
	Info     json.RawMessage   `json:"additionalInfo"`
	Unknown  map[string]json.RawMessage
}

func readCSV[T any](text string) (rows []T, err error) {
	r := lineitem.NewReader[T](strings.NewReader(text), &lineitem.ReaderOptions{Blob: "cost.csv", Format: lineitem.FormatCSV})
	for row, err := range r.All() {
		if err != nil {
			return rows, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func number(t *testing.T, s string) lineitem.Decimal {
	t.Helper()
	d, err := lineitem.ParseDecimal(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestCSV(t *testing.T) {
	three := int64(3)
	day := time.Date(2024, 9, 30, 0, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		name, text string
		want       []cost
	}{
		{"no data", "", nil},
		{"header only", "invoiceId,date\r\n", nil},
		{"plain", "invoiceId,date\nG1,2024-09-30\n", []cost{{ID: "G1", Date: day}}},
		{"no final line ending", "invoiceId,date\nG1,2024-09-30", []cost{{ID: "G1", Date: day}}},
		{"header in another case, US date", "INVOICEID,Date\r\nG1,09/30/2024\r\n", []cost{{ID: "G1", Date: day}}},
		{"US date without zeros", "invoiceId,date\r\nG1,9/30/2024\r\n", []cost{{ID: "G1", Date: day}}},
		{"exact money", "invoiceId,costInBillingCurrency\nG1,98765432109.87\nG2,12345678.90\nG3,1E-7\n", []cost{
			{ID: "G1", Cost: number(t, "98765432109.87")}, {ID: "G2", Cost: number(t, "12345678.90")}, {ID: "G3", Cost: number(t, "0.0000001")},
		}},
		{"empty fields", "invoiceId,costInBillingCurrency,date,quantity,tags,additionalInfo,more\n,,,,,,\n\"\",\"\",\"\",\"\",\"\",\"\",\"\"\n", []cost{{}, {}}},
		{"every type", "invoiceId,quantity,isAzureCreditEligible,tags,additionalInfo\nG1,3,True,\"{\"\"env\"\": \"\"a,b\"\"}\",x\n", []cost{
			{ID: "G1", Quantity: &three, Credit: true, Tags: `{"env": "a,b"}`, Info: json.RawMessage(`"x"`)},
		}},
		{"quotes", "\"invoiceId\",\"ProductName\"\n\"G1\",\"5\"\" disk, \r\nlarge\"\n", []cost{{ID: "G1", Product: "5\" disk, \r\nlarge"}}},
		{"byte order marks", "\ufeffinvoiceId,ProductName\n\ufeffG1,a\nG2,b\n", []cost{{ID: "G1", Product: "a"}, {ID: "G2", Product: "b"}}},
		{"byte order marks before quotes", "\ufeff\"invoiceId\",ProductName\n\ufeff\"G1\",a\n", []cost{{ID: "G1", Product: "a"}}},
		{"blank lines", "\n\r\ninvoiceId,date\n\nG1,\n\n", []cost{{ID: "G1"}}},
		{"blanks around names", " invoiceId , date\nG1,2024-09-30\n", []cost{{ID: "G1", Date: day}}},
		{"unknown columns", "invoiceId,new,other\nG1,\"a\"\"b\",\n", []cost{{ID: "G1", Unknown: map[string]json.RawMessage{"new": json.RawMessage(`"a\"b"`)}}}},
		{"columns without a name", "invoiceId,,\nG1,a,b\n", []cost{{ID: "G1"}}},
		{"invalid UTF-8", "invoiceId,ProductName\nG1,a\xffb\xc3\n", []cost{{ID: "G1", Product: "a\ufffdb\ufffd"}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := readCSV[cost](tc.text)
			if err != nil || !reflect.DeepEqual(got, tc.want) {
				t.Errorf("got  %+v, %v\nwant %+v", got, err, tc.want)
			}
		})
	}
}

func TestCSVErrors(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		want       error
		rows       int
		line       int64
		attribute  string
	}{
		{"too few fields", "invoiceId,date\nG1,\nG2\n", lineitem.ErrFieldCount, 1, 3, ""},
		{"too many fields", "invoiceId,date\nG1,\nG2,,\n", lineitem.ErrFieldCount, 1, 3, ""},
		{"quote in an unquoted field", "invoiceId,date\nG\"1,\n", lineitem.ErrCSV, 0, 2, "invoiceId"},
		{"text after a quote", "invoiceId,date\n\"G1\"x,\n", lineitem.ErrCSV, 0, 2, "invoiceId"},
		{"missing closing quote", "invoiceId,date\nG1,\n\"G2,\nG3,\n", lineitem.ErrCSV, 1, 3, "invoiceId"},
		{"quote in the header", "invoice\"Id,date\nG1,\n", lineitem.ErrCSV, 0, 1, ""},
		{"duplicate column", "invoiceId,InvoiceID\nG1,G1\n", lineitem.ErrDuplicate, 0, 1, "invoiceId"},
		{"duplicate unknown column", "invoiceId,new,new\nG1,,\n", lineitem.ErrDuplicate, 0, 1, "new"},
		{"too many columns", strings.Repeat("a,", 5000) + "\n", lineitem.ErrCSV, 0, 1, ""},
		{"invalid number", "invoiceId,costInBillingCurrency\nG1,1\nG2,n/a\n", lineitem.ErrNotNumber, 1, 3, "costInBillingCurrency"},
		{"number followed by a letter", "costInBillingCurrency\n12a\n", lineitem.ErrNotNumber, 0, 2, "costInBillingCurrency"},
		{"number followed by a quote", "costInBillingCurrency,date\n12\",\n", lineitem.ErrCSV, 0, 2, "costInBillingCurrency"},
		{"number with too many digits", "costInBillingCurrency\n" + strings.Repeat("7", 40) + "\n", lineitem.ErrInexact, 0, 2, "costInBillingCurrency"},
		{"invalid date", "invoiceId,date\nG1,30.9.2024\n", lineitem.ErrNotTime, 0, 2, "date"},
		{"line after a record of several lines", "invoiceId,date\n\"G\n\n1\",\nG2,x\n", lineitem.ErrNotTime, 1, 5, "date"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			rows, err := readCSV[cost](tc.text)
			e, ok := errors.AsType[*lineitem.DecodeError](err)
			if !ok || !errors.Is(err, tc.want) || len(rows) != tc.rows || e.Line != tc.line || e.Attribute != tc.attribute || e.Blob != "cost.csv" {
				t.Errorf("got %d rows and %v; want %d rows and %v in line %d", len(rows), err, tc.rows, tc.want, tc.line)
			}
		})
	}
}

// TestCSVRowMismatch: a header without any column that has a field would give empty rows.
func TestCSVRowMismatch(t *testing.T) {
	type narrow struct {
		Cost lineitem.Decimal `json:"cost"`
	}
	if _, err := readCSV[narrow]("a,b\n1,2\n"); !errors.Is(err, lineitem.ErrRowMismatch) {
		t.Errorf("got %v", err)
	}
	if _, err := readCSV[lineitem.Usage]("PartnerId,InvoiceNumber,OrderId\n1,2,3\n"); !errors.Is(err, lineitem.ErrRowMismatch) {
		t.Errorf("reconciliation as usage: %v", err)
	}
	rows, err := readCSV[lineitem.Reconciliation]("PartnerId,OrderId,TotalForCustomer\n1,2,3.50\n")
	if err != nil || len(rows) != 1 || rows[0].OrderID != "2" || rows[0].Total.String() != "3.50" {
		t.Errorf("got %+v, %v", rows, err)
	}
}

// TestCSVIntoRecordsAndMaps: types that decode a row as one value get an object of strings.
func TestCSVIntoRecordsAndMaps(t *testing.T) {
	const text = "a,B\n1,\n\"x\ty\"\"\",\"é\"\n"
	records, err := readCSV[lineitem.Record](text)
	if err != nil || len(records) != 2 || records[1].Text("a") != "x\ty\"" || records[1].Text("b") != "é" {
		t.Errorf("%v, %v", records, err)
	}
	if got, err := json.Marshal(records); err != nil || string(got) != `[{"a":"1","B":""},{"a":"x\u0009y\"","B":"é"}]` {
		t.Errorf("%s, %v", got, err)
	}
	maps, err := readCSV[map[string]string](text)
	if err != nil || len(maps) != 2 || maps[1]["B"] != "é" {
		t.Errorf("%v, %v", maps, err)
	}
	for _, bad := range []string{"a,b\n1\n", "a\n1,2\n", "a,b\n1,\"2\n"} {
		if _, err := readCSV[lineitem.Record](bad); !errors.Is(err, lineitem.ErrFieldCount) && !errors.Is(err, lineitem.ErrCSV) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// TestCSVHeaderOfOtherData: a type that takes all columns still needs one that it knows, unless it
// knows none.
func TestCSVHeaderOfOtherData(t *testing.T) {
	type base struct {
		Date time.Time `json:"date"`
	}
	type embedding struct {
		base
		Unknown map[string]json.RawMessage
	}
	type open struct {
		Unknown map[string]json.RawMessage
	}
	const foreign = "kundenname,betrag\nContoso,1.5\n"
	if rows, err := readCSV[cost](foreign); !errors.Is(err, lineitem.ErrRowMismatch) || len(rows) > 0 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	if rows, err := readCSV[embedding](foreign); !errors.Is(err, lineitem.ErrRowMismatch) || len(rows) > 0 {
		t.Errorf("embedded: %d rows, %v", len(rows), err)
	}
	e, ok := errors.AsType[*lineitem.DecodeError](func() error { _, err := readCSV[cost]("\n" + foreign); return err }())
	if !ok || e.Line != 2 || e.Offset != 1 || e.Blob != "cost.csv" || strings.Contains(e.Error(), "kunde") {
		t.Errorf("got %v", e)
	}
	for _, header := range []string{"INVOICEID,betrag\n", "betrag, date \n", "betrag,\"tags\"\n"} {
		if _, err := readCSV[cost](header); err != nil {
			t.Errorf("%q: %v", header, err)
		}
	}
	if rows, err := readCSV[embedding]("betrag,date\n1.5,2024-09-30\n"); err != nil || len(rows) != 1 || len(rows[0].Unknown) != 1 {
		t.Errorf("embedded: %+v, %v", rows, err)
	}
	if rows, err := readCSV[open](foreign); err != nil || len(rows) != 1 || len(rows[0].Unknown) != 2 {
		t.Errorf("any columns: %+v, %v", rows, err)
	}
	if rows, err := readCSV[lineitem.Record](foreign); err != nil || len(rows) != 1 {
		t.Errorf("records: %+v, %v", rows, err)
	}
}

// TestCSVOnBadLine: a bad line can be skipped, a bad header cannot.
func TestCSVOnBadLine(t *testing.T) {
	var bad []int64
	options := &lineitem.ReaderOptions{Format: lineitem.FormatCSV, OnBadLine: func(e *lineitem.DecodeError) error {
		bad = append(bad, e.Line)
		return nil
	}}
	r := lineitem.NewReader[cost](strings.NewReader("invoiceId,date\nG1,\nG2\nG3,\n"), options)
	n := 0
	for _, err := range r.All() {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if s := r.Stats(); n != 2 || len(bad) != 1 || bad[0] != 3 || s.Rows != 2 || s.Skipped != 1 {
		t.Errorf("%d rows, bad %v, %+v", n, bad, s)
	}
	var row cost
	r = lineitem.NewReader[cost](strings.NewReader("in\"voiceId\nG1\n"), options)
	if err := r.Read(&row); !errors.Is(err, lineitem.ErrCSV) || len(bad) != 1 {
		t.Errorf("got %v, %v", err, bad)
	}
}

// TestCSVHeaders: each file has its own order of columns.
func TestCSVHeaders(t *testing.T) {
	for i := range 100 {
		header, line := "invoiceId,ProductName", fmt.Sprintf("G%d,a", i/10)
		if i%2 == 1 {
			header, line = "productname,INVOICEID", fmt.Sprintf("a,G%d", i/10)
		}
		var row cost
		d, err := lineitem.NewCSVDecoder[cost]([]byte(header))
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Decode([]byte(line), &row); err != nil || row.ID != fmt.Sprintf("G%d", i/10) || row.Product != "a" {
			t.Fatalf("%q below %q: %+v, %v", line, header, row, err)
		}
	}
}

// TestCSVHeaderErrors: there is no decoder without a header that belongs to the row type.
func TestCSVHeaderErrors(t *testing.T) {
	type invoice struct {
		ID string `json:"invoiceId"`
	}
	for header, want := range map[string]error{
		"":                       lineitem.ErrRowMismatch,
		"new,\"other\"":          lineitem.ErrRowMismatch,
		"invoiceId,INVOICEID":    lineitem.ErrDuplicate,
		"invoiceId,\"date":       lineitem.ErrCSV,
		strings.Repeat(",", 1e4): lineitem.ErrCSV,
	} {
		d, err := lineitem.NewCSVDecoder[invoice]([]byte(header))
		if _, ok := errors.AsType[*lineitem.DecodeError](err); d != nil || !ok || !errors.Is(err, want) {
			t.Errorf("%.20q: %v, %v", header, d, err)
		}
	}
	if d, err := lineitem.NewCSVDecoder[chan int]([]byte("invoiceId")); d != nil || !errors.Is(err, lineitem.ErrRowType) {
		t.Errorf("%v, %v", d, err)
	}
	for _, header := range []string{"a,a", "a"} { // a Record takes any columns, once
		d, err := lineitem.NewCSVDecoder[lineitem.Record]([]byte(header))
		if err != nil {
			t.Fatal(err)
		}
		var row lineitem.Record
		if err := d.Decode([]byte("1,2")[:len(header)], &row); (err == nil) != (header == "a") {
			t.Errorf("%q: %v", header, err)
		}
	}
}

func TestCSVGzip(t *testing.T) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	text := "invoiceId,costInBillingCurrency\n"
	for i := range 20_000 {
		text += fmt.Sprintf("G%d,%d.25\n", i%100, i)
	}
	if _, err := io.WriteString(z, text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	rows, err := readCSV[cost](b.String())
	if err != nil || len(rows) != 20_000 || rows[19_999].Cost.String() != "19999.25" || rows[19_999].ID != "G99" {
		t.Errorf("%d rows, %v", len(rows), err)
	}
}

// referenceCSV parses CSV with encoding/csv and decodes the fields as JSON.
func referenceCSV(t *testing.T, text []byte) (rows []cost, err error) {
	t.Helper()
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	records, err := r.ReadAll()
	if err != nil || len(records) == 0 {
		return nil, err
	}
	known := []string{"invoiceId", "ProductName", "costInBillingCurrency", "date", "quantity", "isAzureCreditEligible", "tags", "additionalInfo"}
	if !slices.ContainsFunc(records[0], func(name string) bool {
		return slices.ContainsFunc(known, func(of string) bool { return strings.EqualFold(of, strings.TrimSpace(name)) })
	}) {
		return nil, lineitem.ErrRowMismatch
	}
	d, err := lineitem.NewDecoder[cost]()
	if err != nil {
		t.Fatal(err)
	}
	for _, record := range records[1:] {
		var object bytes.Buffer
		object.WriteByte('{')
		for i, field := range record {
			name := strings.TrimSpace(records[0][i])
			if field == "" || name == "" {
				continue
			}
			if object.Len() > 1 {
				object.WriteByte(',')
			}
			n, err := json.Marshal(name)
			if err != nil {
				t.Fatal(err)
			}
			c, err := json.Marshal(field)
			if err != nil {
				t.Fatal(err)
			}
			object.Write(append(append(n, ':'), c...))
		}
		object.WriteByte('}')
		var row cost
		if err := d.Decode(object.Bytes(), &row); err != nil {
			return rows, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// FuzzCSV compares this package with encoding/csv whose fields are decoded as strings of a JSON
// object, for data in one piece and in several; both must return the same rows or an error. The
// data is read as it is, and as rows after a header of known columns, three times so that the cache
// is used.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{
		"invoiceId,date\nG1,2024-09-30\n", "\ufeffINVOICEID,new\n\"a\"\"b\",\"c\nd\"\n", "quantity,costInBillingCurrency\n1,2.50\n1,2.50\n2,x\n",
		"tags,additionalInfo\n\"{\"\"a\"\":1}\",y\n", "invoiceId\n\n\"\"\n", "a,b\n1\n", "invoiceId,date\n\"G1\n",
		"G1,5,-2.50,2024-09-30,\"{\"\"a\"\":\"\"b,c\"\"}\",Disk,true,x\nG1,5,1E-7,9/3/2024,,\"5\"\" disk\",True,\n", "G1,5,007,,,,,\n", "G1,,0.5x,,,,,",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		// Intended differences: invalid bytes in names are replaced only here; a CR in a field is
		// kept, and a byte order mark before a record is not.
		if bytes.ContainsAny(text, "\r\x00") || bytes.Count(text, []byte("\ufeff")) > 0 || bytes.HasPrefix(text, []byte{0x1f, 0x8b}) || blank(text) {
			return
		}
		if first, _, _ := bytes.Cut(text, []byte("\n")); !bytes.ContainsAny(first, "\"\\") && isText(first) {
			sameAsReference(t, text)
		}
		const known = "invoiceId,quantity,costInBillingCurrency,date,tags,ProductName,isAzureCreditEligible,new\n"
		sameAsReference(t, slices.Concat([]byte(known), bytes.Repeat(append(slices.Clip(text), '\n'), 3)))
	})
}

func sameAsReference(t *testing.T, text []byte) {
	t.Helper()
	got, err := readCSV[cost](string(text))
	want, wantErr := referenceCSV(t, text)
	if (err == nil) != (wantErr == nil) {
		if errors.Is(err, lineitem.ErrDuplicate) {
			return // seen in the header, before there is a row
		}
		t.Fatalf("%q: %v, and the reference: %v", text, err, wantErr)
	}
	if canonical(t, got); err == nil && !reflect.DeepEqual(got, canonical(t, want)) {
		t.Fatalf("%q:\n%+v\nand the reference\n%+v", text, got, want)
	}
	r := lineitem.NewReader[cost](iotest.OneByteReader(bytes.NewReader(text)), &lineitem.ReaderOptions{Format: lineitem.FormatCSV})
	n := 0
	for _, again := range r.All() {
		if (again == nil) != (err == nil) && again != nil {
			t.Fatalf("%q: in pieces %v", text, again)
		}
		n++
	}
	if err == nil && n != len(got) {
		t.Fatalf("%q: %d rows in pieces, %d at once", text, n, len(got))
	}
}

// canonical returns JSON in a canonical form.
func canonical(t *testing.T, rows []cost) []cost {
	t.Helper()
	again := func(raw json.RawMessage) json.RawMessage {
		var s string
		if len(raw) == 0 {
			return raw
		}
		if err := json.Unmarshal(raw, &s); err != nil {
			t.Fatal(err)
		}
		return json.RawMessage(s)
	}
	for i := range rows {
		rows[i].Info = again(rows[i].Info)
		for name, raw := range rows[i].Unknown {
			rows[i].Unknown[name] = again(raw)
		}
	}
	return rows
}

// blank reports whether a line has only spaces, which is a row for encoding/csv.
func blank(text []byte) bool {
	for line := range bytes.Lines(text) {
		if line = bytes.TrimRight(line, "\n"); len(line) > 0 && len(bytes.TrimSpace(line)) == 0 {
			return true
		}
	}
	return false
}

func isText(b []byte) bool { return bytes.Equal(b, bytes.ToValidUTF8(b, nil)) }

func TestUnsupportedFormat(t *testing.T) {
	formats := lineitem.PossibleFormatValues()
	if fmt.Sprint(formats) != "[JSONLines CSV]" {
		t.Errorf("formats %v", formats)
	}
	unsupported := lineitem.Format(len(formats))
	r := lineitem.NewReader[lineitem.Record](strings.NewReader("{}"), &lineitem.ReaderOptions{Format: unsupported})
	var row lineitem.Record
	for range 2 {
		if err := r.Read(&row); err == nil || !strings.Contains(err.Error(), "unsupported format Format(2)") {
			t.Errorf("got %v", err)
		}
	}
}
