package lineitem_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/partnerbilling/sdk-go/lineitem"
)

// io.EOF from OnBadLine must not be mistaken for the end of the data.
func TestOnBadLineReturnsEOF(t *testing.T) {
	in := "{\"N\":1}\nbad\n{\"N\":2}\n"
	r := lineitem.NewReader[mini](strings.NewReader(in), &lineitem.ReaderOptions{OnBadLine: func(*lineitem.DecodeError) error { return io.EOF }})
	rows, err := readAll(t, r)
	if numbers(rows) != "1" || !errors.Is(err, lineitem.ErrSyntax) || r.Done() {
		t.Errorf("rows %s, %v, done %t", numbers(rows), err, r.Done())
	}
	good := lineitem.NewReader[mini](strings.NewReader("{\"N\":1}\n"), nil)
	if rows, err := readAll(t, good); numbers(rows) != "1" || err != nil || !good.Done() {
		t.Errorf("rows %s, %v, done %t", numbers(rows), err, good.Done())
	}
}

// ends is a type whose UnmarshalJSON returns io.EOF, as one that uses a decoder might.
type ends struct{}

func (*ends) UnmarshalJSON([]byte) error { return io.EOF }

func TestUnmarshalerReturnsEOF(t *testing.T) {
	_, err := readAll(t, lineitem.NewReader[struct{ N ends }](strings.NewReader(`{"N":1}`), nil))
	if err == nil || errors.Is(err, io.EOF) {
		t.Errorf("got %v", err)
	}
}

// Usage and reconciliation share many attributes. A row of one dataset must not be decoded as a row
// of the other with null amounts.
func TestUsageAndReconciliationAreDistinguished(t *testing.T) {
	read := func(path string) string {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	usage, lines := read("testdata/usage-full.jsonl"), read("testdata/reconciliation-full.jsonl")
	for name, err := range map[string]error{
		"usage as reconciliation":       errReading[lineitem.Reconciliation](t, usage),
		"usage as basic reconciliation": errReading[lineitem.ReconciliationBasic](t, usage),
		"reconciliation as usage":       errReading[lineitem.Usage](t, lines),
		"reconciliation as basic usage": errReading[lineitem.UsageBasic](t, lines),
	} {
		if !errors.Is(err, lineitem.ErrRowMismatch) {
			t.Errorf("%s: %v, want ErrRowMismatch", name, err)
		}
	}
	for name, err := range map[string]error{
		"usage":                     errReading[lineitem.Usage](t, usage),
		"basic usage":               errReading[lineitem.UsageBasic](t, usage),
		"reconciliation":            errReading[lineitem.Reconciliation](t, lines),
		"basic reconciliation":      errReading[lineitem.ReconciliationBasic](t, lines),
		"shared attributes only":    errReading[lineitem.Usage](t, `{"CustomerId":"c","UnitPrice":1}`),
		"an undocumented attribute": errReading[lineitem.Usage](t, `{"CustomerId":"c","UsageDate":"2024-01-01","Total":1}`),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func errReading[T any](t *testing.T, in string) error {
	t.Helper()
	_, err := readAll(t, lineitem.NewReader[T](strings.NewReader(in), nil))
	return err
}

// TestLongKeysAreNotCached: the cache of keys is bounded in bytes too.
func TestLongKeysAreNotCached(t *testing.T) {
	dec, err := lineitem.NewDecoder[mini]()
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range 200 {
		line := fmt.Sprintf(`{"%d%s":1,"N":%d,"%[2]s":2}`, i, strings.Repeat("k", 200_000), i)
		var row mini
		if err := dec.Decode([]byte(line), &row); err != nil || row.N.String() != fmt.Sprint(i) {
			t.Fatalf("row %d: %+v, %v", i, row, err)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if kept := int64(after.HeapAlloc) - int64(before.HeapAlloc); kept > 4<<20 {
		t.Errorf("%d bytes are still in use", kept)
	}
	runtime.KeepAlive(dec)
}

func TestDuplicateKeysInMaps(t *testing.T) {
	for _, in := range []string{`{"Total":1,"Total":2}`, `{"a":1,"\u0061":2}`} {
		if err := errReading[map[string]lineitem.Decimal](t, in); !errors.Is(err, lineitem.ErrDuplicate) {
			t.Errorf("%s: %v, want ErrDuplicate", in, err)
		}
	}
}

type (
	deep   struct{ X, Y string }
	middle struct{ deep }
	flat   struct{ X string }
)

func TestDuplicateFieldNames(t *testing.T) {
	type untagged struct {
		Total  lineitem.Decimal
		Amount lineitem.Decimal `json:"Total"`
	}
	type sideBySide struct {
		flat
		deep
	}
	type selfPointer *selfPointer
	for name, err := range map[string]error{
		"tag and name":   errOf[untagged](),
		"side by side":   errOf[sideBySide](),
		"endless":        errOf[struct{ P selfPointer }](),
		"with methods":   errOf[struct{ R io.Reader }](),
		"pointer to one": errOf[struct{ R *io.Reader }](),
	} {
		if !errors.Is(err, lineitem.ErrRowType) {
			t.Errorf("%s: %v, want ErrRowType", name, err)
		}
	}
	// The less nested field wins, as in encoding/json, also if the other comes first.
	type shadowed struct {
		middle
		flat
	}
	rows, err := readAll(t, lineitem.NewReader[shadowed](strings.NewReader(`{"X":"x","Y":"y"}`), nil))
	var want shadowed
	if jsonErr := json.Unmarshal([]byte(`{"X":"x","Y":"y"}`), &want); err != nil || jsonErr != nil || !reflect.DeepEqual(rows[0], want) {
		t.Errorf("%+v, %v, want %+v", rows, err, want)
	}
}

func TestEmptyStringForUnmarshalers(t *testing.T) {
	rows, err := readAll(t, lineitem.NewReader[struct{ A, B big.Int }](strings.NewReader(`{"A":"","B":7}`), nil))
	if err != nil || rows[0].A.Sign() != 0 || rows[0].B.Int64() != 7 {
		t.Errorf("%v, %v", rows, err)
	}
}

func TestReplacedTextIsCountedEverywhere(t *testing.T) {
	type row struct {
		P *string
		L []string
		Q lineitem.Qualifiers
	}
	r := lineitem.NewReader[row](strings.NewReader("{\"P\":\"\xff\",\"L\":[\"ok\",\"\\ud800\"],\"Q\":[\"\xfe\"]}\n{\"P\":\"ok\"}\n"), nil)
	if _, err := readAll(t, r); err != nil || r.Stats().Replaced != 3 {
		t.Errorf("%d replaced, %v", r.Stats().Replaced, err)
	}
}

func TestErrorsAreOneLine(t *testing.T) {
	in := "{\"CustomerId\":\"c\",\"x\\n2024 FORGED \\u001b[31m" + strings.Repeat("ü", 100) + "\":[}"
	err := errReading[lineitem.Usage](t, in)
	if err == nil || strings.ContainsAny(err.Error(), "\n\x1b") || !strings.Contains(err.Error(), "x?2024 FORGED ?[31m") || strings.Contains(err.Error(), "\ufffd") {
		t.Errorf("got %q", err)
	}
}

func TestMergeSelfAndNil(t *testing.T) {
	var totals lineitem.Totals
	totals.Add("USD", decimal(t, "1.25"))
	totals.Merge(nil)
	if none := (lineitem.Totals{}); !none.Equal(nil) || totals.Equal(nil) {
		t.Error("a nil Totals must equal empty ones alone")
	}
	totals.Merge(&totals)
	totals.Merge(&totals)
	if got := totals.Text("USD"); got != "5" {
		t.Errorf("got %s, want 5", got)
	}
}

func TestUnmarshalNothingAndNull(t *testing.T) {
	var d lineitem.Decimal
	if err := d.UnmarshalJSON(nil); err == nil {
		t.Error("empty input was accepted as a number")
	}
	var records []lineitem.Record
	if err := json.Unmarshal([]byte(`[null,{"a":1}]`), &records); err != nil || len(records) != 2 || records[1].Len() != 1 {
		t.Errorf("%v, %v", records, err)
	}
}

// Rows that encoding/json has written are decoded to the same values.
func TestUnknownRoundTrip(t *testing.T) {
	in := `{"CustomerId":"c","New":5,"Newer":{"a":[1]}}`
	rows, err := readAll(t, lineitem.NewReader[lineitem.Usage](strings.NewReader(in), nil))
	if err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(rows[0])
	if err != nil {
		t.Fatal(err)
	}
	back, err := readAll(t, lineitem.NewReader[lineitem.Usage](strings.NewReader(string(out)), nil))
	if err != nil || !reflect.DeepEqual(back, rows) {
		t.Errorf("%s was decoded as %+v, %v", out, back, err)
	}
	if err := errReading[lineitem.Usage](t, `{"CustomerId":"c","New":5,"Unknown":{"New":6}}`); !errors.Is(err, lineitem.ErrDuplicate) {
		t.Errorf("twice: %v", err)
	}
}
