package parquetsink_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/parquet/file"

	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/sink/parquetsink"
)

// fullDisk has space for some bytes.
type fullDisk struct{ left int }

var errFull = errors.New("no space left on device")

func (d *fullDisk) Write(p []byte) (int, error) {
	n := min(d.left, len(p))
	if d.left -= n; n < len(p) {
		return n, errFull
	}
	return n, nil
}

// TestFullDisk fails at every part of the file: no call after it succeeds.
func TestFullDisk(t *testing.T) {
	s, rows := schemaOf[lineitem.Usage](t, nil), read[lineitem.Usage](t, billingtest.Export{InvoiceID: "G1", Rows: 300, Blobs: 1}, 0)
	size := len(written(t, &parquetsink.Options{RowGroupRows: 100}, s, rows, 100))
	for _, space := range []int{0, 3, 100, size / 2, size - 5000, size - 1} {
		w, err := parquetsink.NewWriter(&fullDisk{space}, s, &parquetsink.Options{RowGroupRows: 100})
		if err != nil {
			t.Fatal(err)
		}
		var failed error
		for start := 0; start < len(rows); start += 50 {
			err := w.Write(rows[start : start+50])
			if failed == nil {
				failed = err
			} else if !errors.Is(err, failed) {
				t.Errorf("Write returns %v after %v", err, failed)
			}
		}
		first, second := w.Close(), w.Close()
		if !errors.Is(first, errFull) || !errors.Is(second, errFull) || failed != nil && !errors.Is(first, failed) {
			t.Errorf("%d bytes: Close returns %v and %v", space, first, second)
		}
		if w.Abort(); !errors.Is(w.Close(), errFull) {
			t.Error("Abort hides the error")
		}
	}
}

type shortWriter struct{}

func (shortWriter) Write(p []byte) (int, error) { return len(p) / 2, nil }

func TestShortWrite(t *testing.T) {
	w, err := parquetsink.NewWriter(shortWriter{}, schemaOf[own](t, nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("got %v", err)
	}
}

func noFile(t *testing.T, data []byte) {
	t.Helper()
	if r, err := file.NewParquetReader(bytes.NewReader(data)); err == nil {
		t.Errorf("%d bytes are a file of %d rows", len(data), r.NumRows())
	}
}

// TestBadValues: the error names the row and column of the first bad value and never the value,
// however many processors there are, and the file has no footer.
func TestBadValues(t *testing.T) {
	amount := func(s string) lineitem.Decimal {
		d, err := lineitem.ParseDecimal(s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	micros := &parquetsink.Options{TimeUnit: parquetsink.TimeUnitMicrosecond, RowGroupRows: 100, Concurrency: 8}
	nanos := &parquetsink.Options{RowGroupRows: 100, Concurrency: 8}
	for _, c := range []struct {
		options *parquetsink.Options
		bad     own
		column  string
		want    string
		is      error
	}{
		{nanos, own{Amount: amount("12345.0000000000000000000000001")}, "BillingPreTaxTotal", "more decimal places", lineitem.ErrInexact},
		{nanos, own{Amount: amount("1234567890123456")}, "BillingPreTaxTotal", "too large", lineitem.ErrOverflow},
		{nanos, own{Text: "secret \xff"}, "Text", "not valid UTF-8", nil},
		{micros, own{At: time.Date(2026, 9, 1, 0, 0, 0, 100, time.UTC)}, "At", "more digits than microseconds", nil},
		{nanos, own{At: time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)}, "At", "outside the range", nil},
		{nanos, own{Day: time.Date(9999999, 12, 31, 0, 0, 0, 0, time.UTC)}, "UsageDate", "outside the range", nil},
	} {
		for _, at := range []int{0, 130, 299} {
			rows := make([]own, 300)
			rows[at] = c.bad
			rows[299].Text = "\xff" // a later one, if it is not the same
			var out bytes.Buffer
			w, err := parquetsink.NewWriter(&out, schemaOf[own](t, nil), c.options)
			if err != nil {
				t.Fatal(err)
			}
			err = w.Write(rows)
			if at == 299 && c.column != "Text" {
				c.column, c.want, c.is = "Text", "not valid UTF-8", nil // the first column
			}
			var value *lineitem.ValueError
			if !errors.As(err, &value) || value.Row != at || value.Column != c.column || !strings.Contains(err.Error(), c.want) || c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("row %d, %s: got %v, want %s", at, c.column, err, c.want)
			}
			if err != nil && (strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "12345") || strings.Contains(err.Error(), "9999")) {
				t.Errorf("the error has the value: %v", err)
			}
			if again := w.Close(); !errors.Is(again, err) {
				t.Errorf("Close returns %v, not %v", again, err)
			}
			noFile(t, out.Bytes())
		}
	}
	if compare(t, written(t, micros, schemaOf[own](t, nil), []own{{At: time.Date(9999, 12, 31, 0, 0, 0, 1000, time.UTC)}}, 1), schemaOf[own](t, nil), []own{{At: time.Date(9999, 12, 31, 0, 0, 0, 1000, time.UTC)}}) == nil {
		t.Error("no file")
	}
}

// TestBadAttribute: the values of a Record are checked before anything is written.
func TestBadAttribute(t *testing.T) {
	rows := readText[lineitem.Record](t, strings.NewReader("{\"n\":1}\n{\"n\":\"secret\"}\n"), lineitem.FormatJSONLines)
	var out bytes.Buffer
	w, err := parquetsink.NewWriter(&out, schemaOf[lineitem.Record](t, &lineitem.SchemaOptions{Choose: []string{"n"}, Kinds: map[string]lineitem.Kind{"n": lineitem.KindInt}}), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(rows); err == nil || err.Error() != `parquetsink: write after 0 rows: lineitem: value of row 1: column "n": invalid decimal number` {
		t.Errorf("got %v", err)
	}
	if w.Close() == nil {
		t.Error("Close returns no error")
	}
	noFile(t, out.Bytes())
}

func TestAbort(t *testing.T) {
	var out bytes.Buffer
	s := schemaOf[own](t, nil)
	w, err := parquetsink.NewWriter(&out, s, &parquetsink.Options{RowGroupRows: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(make([]own, 3)); err != nil {
		t.Fatal(err)
	}
	w.Abort()
	w.Abort()
	if err := w.Close(); !errors.Is(err, parquetsink.ErrAborted) {
		t.Errorf("Close returns %v", err)
	}
	if err := w.Write(nil); !errors.Is(err, parquetsink.ErrAborted) {
		t.Errorf("Write returns %v", err)
	}
	noFile(t, out.Bytes())
}

func TestAfterClose(t *testing.T) {
	var out bytes.Buffer
	w, err := parquetsink.NewWriter(&out, schemaOf[own](t, nil), nil)
	if err != nil || w.Close() != nil {
		t.Fatal(err, w.Close())
	}
	size := out.Len()
	if err := w.Write(make([]own, 1)); !errors.Is(err, parquetsink.ErrClosed) {
		t.Errorf("Write returns %v", err)
	}
	if w.Abort(); w.Close() != nil || out.Len() != size {
		t.Errorf("Close returns %v, and %d bytes are written, not %d", w.Close(), out.Len(), size)
	}
}

func TestOptions(t *testing.T) {
	for want, o := range map[string]parquetsink.Options{
		"negative RowGroupRows -1":                                 {RowGroupRows: -1},
		"negative Concurrency -1":                                  {Concurrency: -1},
		"unsupported TimeUnit(7)":                                  {TimeUnit: 7},
		`metadata "partnerbilling.rows" is written by the package`: {Metadata: map[string]string{parquetsink.MetadataRows: "1"}},
	} {
		if _, err := parquetsink.NewWriter(io.Discard, schemaOf[own](t, nil), &o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: got %v, want %s", o, err, want)
		}
	}
	for _, u := range parquetsink.PossibleTimeUnitValues() {
		if u.String() == "" || strings.Contains(u.String(), "(") {
			t.Errorf("%d has no name", u)
		}
	}
	bad := schemaOf[own](t, &lineitem.SchemaOptions{Rename: map[string]string{"Int": "a\xff"}})
	if _, err := parquetsink.NewWriter(io.Discard, bad, nil); err == nil {
		t.Error("a name that is not UTF-8 is accepted")
	}
}

// TestMetadata: what the caller says, the rows, and the exact sums.
func TestMetadata(t *testing.T) {
	e := billingtest.Export{InvoiceID: "G1", Rows: 2000, Blobs: 1, Currencies: []string{"EUR", "USD"}}
	truth, err := e.Truth()
	if err != nil {
		t.Fatal(err)
	}
	metadata := map[string]string{parquetsink.MetadataExport: "BilledUsage G1", parquetsink.MetadataETag: "\"1\""}
	data := written(t, &parquetsink.Options{Metadata: metadata}, schemaOf[lineitem.Usage](t, nil), read[lineitem.Usage](t, e, 0), 500)
	r, err := file.NewParquetReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	found := r.MetaData().KeyValueMetadata()
	for name, want := range map[string]string{
		parquetsink.MetadataExport: "BilledUsage G1",
		parquetsink.MetadataETag:   "\"1\"",
		parquetsink.MetadataRows:   "2000",
	} {
		if got := found.FindValue(name); got == nil || *got != want {
			t.Errorf("%s: %v, want %s", name, got, want)
		}
	}
	sums := found.FindValue(parquetsink.MetadataSums)
	want := fmt.Sprintf(`"BillingPreTaxTotal":{"EUR":"%s","USD":"%s"}`, truth.Sums()["EUR"], truth.Sums()["USD"])
	if sums == nil || !strings.Contains(*sums, want) || !strings.Contains(*sums, "PricingPreTaxTotal") {
		t.Errorf("sums %v, want %s", *sums, want)
	}
}
