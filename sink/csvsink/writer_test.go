package csvsink_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/costmgmt"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/sink/csvsink"
)

// written returns the file of some rows, written one at a time.
func written[T any](t testing.TB, o *csvsink.Options, schema *lineitem.SchemaOptions, rows []T) string {
	t.Helper()
	var file bytes.Buffer
	w, err := csvsink.NewWriter(&file, schemaOf[T](t, schema), o)
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		if err := w.Write(rows[i : i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil || w.Rows() != int64(len(rows)) {
		t.Fatal(err, w.Rows())
	}
	return file.String()
}

type row struct {
	Name    string
	Note    *string
	Amount  lineitem.Decimal
	Day     time.Time `json:"UsageDate"`
	At      *time.Time
	Tags    lineitem.JSONText
	Count   int
	Share   float64
	Is      *bool
	Unknown map[string]json.RawMessage
}

func examples(t testing.TB) []row {
	t.Helper()
	empty, note, is := "", "say \"hi\",\nplease", false
	at := time.Date(2026, 9, 1, 10, 0, 0, 500, time.FixedZone("", 7200))
	amount, err := lineitem.ParseDecimal("-1.1999968000511991808131")
	if err != nil {
		t.Fatal(err)
	}
	return []row{
		{Name: "=1+1", Note: &note, Amount: amount, Day: time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC), At: &at, Tags: `{"a":"b"}`, Count: -3, Share: -0.5, Is: &is, Unknown: map[string]json.RawMessage{"b": json.RawMessage("1"), "a": json.RawMessage(`"x"`)}},
		{Note: &empty},
		{Name: " Åse; ", Tags: "-1"},
	}
}

func TestExactFile(t *testing.T) {
	const want = `Name,Note,Amount,UsageDate,At,Tags,Count,Share,Is,Unknown
=1+1,"say ""hi"",
please",-1.1999968000511991808131,2026-09-01,2026-09-01T08:00:00.0000005Z,"{""a"":""b""}",-3,-0.5,false,"{""a"":""x"",""b"":1}"
,"",,,,,0,0,,
" Åse; ",,,,,-1,0,0,,
`
	if got := written(t, nil, nil, examples(t)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestSpreadsheetFile(t *testing.T) {
	want := "\ufeff" + strings.ReplaceAll(`Name;Note;Amount;UsageDate;At;Tags;Count;Share;Is;Unknown
'=1+1;"say ""hi"",|please";-1,1999968000511991808131;2026-09-01;2026-09-01 08:00:00,0000005;"{""a"":""b""}";-3;-0,5;false;"{""a"":""x"",""b"":1}"
;"";;;;;0;0;;
" Åse; ";;;;;'-1;0;0;;
`, "\n", "\r\n")
	want = strings.ReplaceAll(want, "|", "\n") // that of a text is as it was
	if got := written(t, &csvsink.Options{Mode: csvsink.ModeSpreadsheet, DecimalComma: true}, nil, examples(t)); got != want {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
}

// TestSpreadsheetHasNoFormulas: no text is a formula, whatever separator a program assumes, and
// every number is as it was.
func TestSpreadsheetHasNoFormulas(t *testing.T) {
	type text struct {
		Text   string
		Amount lineitem.Decimal
	}
	minus, err := lineitem.ParseDecimal("-12.5")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "a;=1", "a,=1", "a\t=1", `";=1`, "a", "1", "é=", "'"} {
		for _, comma := range []byte(",;\t") {
			file := written(t, &csvsink.Options{Mode: csvsink.ModeSpreadsheet, Comma: comma}, nil, []text{{s, minus}})
			body, is := strings.CutPrefix(file, "\ufeffText"+string(comma)+"Amount\r\n")
			field, after := strings.CutSuffix(body, string(comma)+"-12.5\r\n")
			if !is || !after {
				t.Fatalf("%q", file)
			}
			if strings.ContainsAny(field, ",;\t\r\n\"") {
				in := strings.TrimSuffix(strings.TrimPrefix(field, `"`), `"`)
				if len(field) < 2 || len(in) != len(field)-2 || strings.Contains(strings.ReplaceAll(in, `""`, ""), `"`) {
					t.Fatalf("%q: field %q is not quoted", s, field)
				}
				field = strings.ReplaceAll(in, `""`, `"`)
			}
			want := s
			if strings.ContainsAny(s[:1], "=+-@\t\r\n") {
				want = "'" + s
			}
			if field != want {
				t.Errorf("%q: got %q, want %q", s, field, want)
			}
		}
	}
}

// TestRoundTrip writes rows and reads them back: they are equal in every attribute.
func TestRoundTrip(t *testing.T) {
	roundTrip[lineitem.Usage](t, billingtest.Export{InvoiceID: "G1", Rows: 500, Blobs: 1})
	roundTrip[lineitem.Usage](t, billingtest.Export{InvoiceID: "G1", Rows: 500, Blobs: 1, Shape: billingtest.ShapeEscaped})
	roundTrip[lineitem.UsageBasic](t, billingtest.Export{InvoiceID: "G1", Rows: 500, Blobs: 1, Shape: billingtest.ShapeLeftOut})
	roundTrip[lineitem.Reconciliation](t, billingtest.Export{Dataset: billingtest.Reconciliation, InvoiceID: "G1", Rows: 500, Blobs: 1})
	roundTrip[lineitem.ReconciliationBasic](t, billingtest.Export{Dataset: billingtest.Reconciliation, InvoiceID: "G1", Rows: 500, Blobs: 1})
}

func roundTrip[T any](t *testing.T, e billingtest.Export) {
	t.Helper()
	var lines bytes.Buffer
	if err := e.WriteLines(&lines, 0); err != nil {
		t.Fatal(err)
	}
	want := read[T](t, &lines, lineitem.FormatJSONLines)
	got := read[T](t, strings.NewReader(written(t, nil, nil, want)), lineitem.FormatCSV)
	if len(got) != len(want) || len(got) == 0 {
		t.Fatalf("%d rows, want %d", len(got), len(want))
	}
	for i := range want {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Fatalf("%T %d: got\n%+v\nwant\n%+v", want[i], i, got[i], want[i])
		}
	}
}

func TestCostDetails(t *testing.T) {
	const report = "invoiceId,costInBillingCurrency,billingCurrency,date,tags\nG1,-1.50,EUR,09/30/2026,\"\"\"a\"\": \"\"b\"\"\"\nG1,,EUR,09/29/2026,\n"
	read := func(text string) (rows []costmgmt.CostDetail) {
		t.Helper()
		for row, err := range lineitem.NewReader[costmgmt.CostDetail](strings.NewReader(text), &lineitem.ReaderOptions{Format: lineitem.FormatCSV, DateOrder: lineitem.DateOrderMonthFirst}).All() {
			if err != nil {
				t.Fatal(err)
			}
			rows = append(rows, row)
		}
		return rows
	}
	want := read(report)
	if got := read(written(t, nil, nil, want)); len(got) != 2 || !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

// TestNullAndEmpty: a null is nothing, an empty text is quotes, and a table of one column has no
// empty lines.
func TestNullAndEmpty(t *testing.T) {
	empty := ""
	type one struct{ A *string }
	type two struct{ A, B *string }
	if got, want := written(t, nil, nil, []two{{}, {&empty, nil}, {nil, &empty}}), "A,B\n,\n\"\",\n,\"\"\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := written(t, nil, nil, []one{{}, {&empty}}), "A\n\"\"\n\"\"\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := read[one](t, strings.NewReader(written(t, nil, nil, make([]one, 3))), lineitem.FormatCSV); len(got) != 3 {
		t.Errorf("%d rows, want 3", len(got))
	}
}

func TestNoRowsAreAHeader(t *testing.T) {
	if got := written(t, nil, &lineitem.SchemaOptions{Choose: []string{"Name", "Count"}, Rename: map[string]string{"Count": "n,\"o\""}}, []row{}); got != "Name,\"n,\"\"o\"\"\"\n" {
		t.Errorf("got %q", got)
	}
	if got := written(t, &csvsink.Options{Mode: csvsink.ModeSpreadsheet, NoHeader: true}, nil, []row{}); got != "" {
		t.Errorf("got %q", got)
	}
}

func TestRowsAreAddedToAFile(t *testing.T) {
	choose := &lineitem.SchemaOptions{Choose: []string{"Name", "Count"}}
	rows := examples(t)
	whole := written(t, nil, choose, rows)
	if got := written(t, nil, choose, rows[:1]) + written(t, &csvsink.Options{NoHeader: true}, choose, rows[1:]); got != whole {
		t.Errorf("got %q, want %q", got, whole)
	}
}

func FuzzText(f *testing.F) {
	for _, s := range []string{"", "a", "\x00", "\r\n", "\r", "\"", `\.`, "\ufeff", " a", "a ", "=1", "#", "\xff", "\t"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		type texts struct{ A, B *string }
		schema := schemaOf[texts](t, nil)
		var file bytes.Buffer
		w, err := csvsink.NewWriter(&file, schema, nil)
		if err != nil {
			t.Fatal(err)
		}
		valid := a == strings.ToValidUTF8(a, "") && b == strings.ToValidUTF8(b, "")
		if err := w.Write([]texts{{&a, &b}}); (err == nil) != valid {
			t.Fatalf("valid %v: %v", valid, err)
		}
		if err := w.Close(); (err == nil) != valid {
			t.Fatalf("valid %v: %v", valid, err)
		}
		if !valid {
			return
		}
		records, err := csv.NewReader(bytes.NewReader(file.Bytes())).ReadAll()
		if err != nil || len(records) != 2 {
			t.Fatalf("%q: %q, %v", file.String(), records, err)
		}
		lines := strings.NewReplacer("\r\n", "\n") // which encoding/csv does
		if records[1][0] != lines.Replace(a) || records[1][1] != lines.Replace(b) {
			t.Fatalf("encoding/csv reads %q, not %q and %q", records[1], a, b)
		}
		back := read[texts](t, &file, lineitem.FormatCSV)
		if len(back) != 1 || text(back[0].A) != a || text(back[0].B) != b {
			t.Fatalf("lineitem reads %q and %q, not %q and %q", text(back[0].A), text(back[0].B), a, b)
		}
	})
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// brokenWriter is a full disk.
type brokenWriter struct{ left int }

var errFull = errors.New("no space left on device")

func (w *brokenWriter) Write(p []byte) (int, error) {
	n := min(w.left, len(p))
	if w.left -= n; n < len(p) {
		return n, errFull
	}
	return n, nil
}

func TestFullDisk(t *testing.T) {
	rows := usage(t, billingtest.Export{InvoiceID: "G1", Rows: 200, Blobs: 1})
	for _, space := range []int{0, 100, 100_000} {
		w, err := csvsink.NewWriter(&brokenWriter{space}, schemaOf[lineitem.Usage](t, nil), nil)
		if err != nil {
			t.Fatal(err)
		}
		first := w.Write(rows)
		if first == nil {
			t.Fatal("the disk was not full")
		}
		for _, err := range []error{first, w.Write(rows), w.Close(), w.Close()} {
			if !errors.Is(err, errFull) || err.Error() != first.Error() {
				t.Errorf("got %v, want %v", err, first)
			}
		}
		if w.Abort(); !errors.Is(w.Close(), errFull) {
			t.Error("Abort hides the error")
		}
	}
	w, err := csvsink.NewWriter(&brokenWriter{0}, schemaOf[lineitem.Usage](t, nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(rows[:1]); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); !errors.Is(err, errFull) || !errors.Is(w.Close(), errFull) {
		t.Errorf("Close returns %v", err)
	}
}

type shortWriter struct{}

func (shortWriter) Write(p []byte) (int, error) { return len(p) / 2, nil }

func TestShortWrite(t *testing.T) {
	w, err := csvsink.NewWriter(shortWriter{}, schemaOf[row](t, nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("got %v", err)
	}
}

// TestBadValues: the error names row and column and not the value, and the file is not finished.
func TestBadValues(t *testing.T) {
	bad := examples(t)
	bad[2].Name = "secret \xff"
	record := lineitem.NewReader[lineitem.Record](strings.NewReader("{\"n\":1}\n{\"n\":2}\n{\"n\":\"secret\"}\n"), nil)
	var records []lineitem.Record
	for r, err := range record.All() {
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, r)
	}
	refused(t, nil, bad, "Name", "csvsink: write after 2 rows: lineitem: value of row 2: column \"Name\": text is not valid UTF-8")
	refused(t, &lineitem.SchemaOptions{Choose: []string{"n"}, Kinds: map[string]lineitem.Kind{"n": lineitem.KindInt}}, records, "n",
		"csvsink: write after 0 rows: lineitem: value of row 2: column \"n\": invalid decimal number")
}

func refused[T any](t *testing.T, o *lineitem.SchemaOptions, rows []T, column, want string) {
	t.Helper()
	var file bytes.Buffer
	w, err := csvsink.NewWriter(&file, schemaOf[T](t, o), nil)
	if err != nil {
		t.Fatal(err)
	}
	err = w.Write(rows)
	value := new(lineitem.ValueError)
	if !errors.As(err, &value) || value.Row != 2 || value.Column != column || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if again := w.Close(); !errors.Is(again, err) || file.Len() != 0 {
		t.Errorf("Close returns %v, and %q is written", again, file.String())
	}
}

func TestAbort(t *testing.T) {
	var file bytes.Buffer
	w, err := csvsink.NewWriter(&file, schemaOf[row](t, nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(examples(t)); err != nil {
		t.Fatal(err)
	}
	w.Abort()
	w.Abort()
	if err := w.Close(); !errors.Is(err, csvsink.ErrAborted) || file.Len() != 0 {
		t.Errorf("Close returns %v, and %q is written", err, file.String())
	}
	if err := w.Write(nil); !errors.Is(err, csvsink.ErrAborted) {
		t.Errorf("Write returns %v", err)
	}
}

func TestAfterClose(t *testing.T) {
	var file bytes.Buffer
	w, err := csvsink.NewWriter(&file, schemaOf[row](t, nil), nil)
	if err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	size := file.Len()
	if err := w.Write(examples(t)); !errors.Is(err, csvsink.ErrClosed) {
		t.Errorf("Write returns %v", err)
	}
	if w.Abort(); w.Close() != nil || file.Len() != size || size == 0 {
		t.Errorf("Close returns %v, and %d bytes are written, not %d", w.Close(), file.Len(), size)
	}
}

func TestOptions(t *testing.T) {
	for want, o := range map[string]csvsink.Options{
		"unsupported Mode(7)":         {Mode: 7},
		"unsupported separator '|'":   {Comma: '|'},
		"needs ModeSpreadsheet":       {DecimalComma: true},
		"fields separated by commas;": {Mode: csvsink.ModeSpreadsheet, DecimalComma: true, Comma: ','},
	} {
		if _, err := csvsink.NewWriter(io.Discard, schemaOf[row](t, nil), &o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: got %v, want %s", o, err, want)
		}
	}
	for _, m := range csvsink.PossibleModeValues() {
		if m.String() == "" || strings.Contains(m.String(), "(") {
			t.Errorf("%d has no name", m)
		}
	}
}

func TestRowsDoNotAllocate(t *testing.T) {
	rows := usage(t, billingtest.Export{InvoiceID: "G1", Rows: 1000, Blobs: 1})
	for _, mode := range csvsink.PossibleModeValues() {
		w, err := csvsink.NewWriter(io.Discard, schemaOf[lineitem.Usage](t, nil), &csvsink.Options{Mode: mode})
		if err != nil {
			t.Fatal(err)
		}
		if n := testing.AllocsPerRun(5, func() {
			if err := w.Write(rows); err != nil {
				t.Fatal(err)
			}
		}); n > 10 {
			t.Errorf("%v: %v allocations for %d rows", mode, n, len(rows))
		}
	}
}
