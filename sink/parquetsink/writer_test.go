package parquetsink_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/schema"

	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/costmgmt"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/sink/parquetsink"
)

func schemaOf[T any](t testing.TB, o *lineitem.SchemaOptions) *lineitem.Schema[T] {
	t.Helper()
	s, err := lineitem.SchemaOf[T](o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// read returns the rows of a blob.
func read[T any](t testing.TB, e billingtest.Export, blob int) (rows []T) {
	t.Helper()
	var text bytes.Buffer
	if err := e.WriteLines(&text, blob); err != nil {
		t.Fatal(err)
	}
	return readText[T](t, &text, lineitem.FormatJSONLines)
}

func readText[T any](t testing.TB, text io.Reader, f lineitem.Format) (rows []T) {
	t.Helper()
	for row, err := range lineitem.NewReader[T](text, &lineitem.ReaderOptions{Format: f, DateOrder: lineitem.DateOrderMonthFirst}).All() {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	return rows
}

// written returns the file of some rows, written in batches.
func written[T any](t testing.TB, o *parquetsink.Options, s *lineitem.Schema[T], rows []T, batch int) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := parquetsink.NewWriter(&out, s, o)
	if err != nil {
		t.Fatal(err)
	}
	for start := 0; start < len(rows); start += batch {
		if err := w.Write(rows[start:min(len(rows), start+batch)]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil || w.Rows() != int64(len(rows)) {
		t.Fatal(err, w.Rows())
	}
	return out.Bytes()
}

// judge is what Apache Arrow's reader finds in a file: values as text, by column and row, nil for
// null.
type judge struct {
	reader *file.Reader
	values [][]*string
}

// judged reads a file with Apache Arrow's reader, and compares the statistics of each chunk with
// its values.
func judged(t testing.TB, data []byte) *judge {
	t.Helper()
	r, err := file.NewParquetReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	j := &judge{reader: r, values: make([][]*string, r.MetaData().Schema.NumColumns())}
	for g := range r.NumRowGroups() {
		group := r.RowGroup(g)
		for col := range j.values {
			c, err := group.Column(col)
			if err != nil {
				t.Fatal(err)
			}
			before := len(j.values[col])
			j.values[col] = append(j.values[col], values(t, c, group.NumRows())...)
			j.checkStatistics(t, g, col, j.values[col][before:])
		}
	}
	return j
}

// values returns the values of a chunk.
func values(t testing.TB, c file.ColumnChunkReader, rows int64) (texts []*string) {
	t.Helper()
	levels := make([]int16, 1000)
	for left := rows; left > 0; {
		n := min(left, 1000)
		var total int64
		var some []string
		var err error
		switch c := c.(type) {
		case *file.ByteArrayColumnChunkReader:
			v := make([]parquet.ByteArray, n)
			var k int
			total, k, err = c.ReadBatch(n, v, levels, nil)
			for _, v := range v[:k] {
				some = append(some, string(v))
			}
		case *file.FixedLenByteArrayColumnChunkReader:
			v := make([]parquet.FixedLenByteArray, n)
			var k int
			total, k, err = c.ReadBatch(n, v, levels, nil)
			for _, v := range v[:k] {
				some = append(some, plain(c.Descriptor(), v))
			}
		case *file.Int32ColumnChunkReader:
			v := make([]int32, n)
			var k int
			total, k, err = c.ReadBatch(n, v, levels, nil)
			for _, v := range v[:k] {
				some = append(some, time.Unix(int64(v)*24*60*60, 0).UTC().Format(time.DateOnly))
			}
		case *file.Int64ColumnChunkReader:
			v := make([]int64, n)
			var k int
			total, k, err = c.ReadBatch(n, v, levels, nil)
			for _, v := range v[:k] {
				some = append(some, integer(c.Descriptor(), v))
			}
		case *file.Float64ColumnChunkReader:
			v := make([]float64, n)
			var k int
			total, k, err = c.ReadBatch(n, v, levels, nil)
			for _, v := range v[:k] {
				some = append(some, fmt.Sprint(v))
			}
		case *file.BooleanColumnChunkReader:
			v := make([]bool, n)
			var k int
			total, k, err = c.ReadBatch(n, v, levels, nil)
			for _, v := range v[:k] {
				some = append(some, fmt.Sprint(v))
			}
		default:
			t.Fatalf("column of type %T", c)
		}
		if err != nil || total == 0 {
			t.Fatalf("%s: %d values, %v", c.Descriptor().Name(), total, err)
		}
		for _, level := range levels[:total] {
			if level == 0 {
				texts = append(texts, nil)
				continue
			}
			texts = append(texts, &some[0])
			some = some[1:]
		}
		left -= total
	}
	return texts
}

// plain returns the text of a decimal without zeros at its end.
func plain(c *schema.Column, unscaled []byte) string {
	n := new(big.Int).SetBytes(unscaled)
	if unscaled[0] >= 0x80 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), 128))
	}
	scale := int(c.LogicalType().(schema.DecimalLogicalType).Scale()) //nolint:errcheck,forcetypeassert // A panic is a failed test.
	text := new(big.Rat).SetFrac(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)).FloatString(scale)
	return trimmed(text)
}

// trimmed returns the text of a decimal without zeros at its end.
func trimmed(text string) string {
	if strings.Contains(text, ".") {
		text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	}
	return text
}

func integer(c *schema.Column, v int64) string {
	switch logical := c.LogicalType().(type) {
	case schema.TimestampLogicalType:
		if !logical.IsAdjustedToUTC() {
			return "not UTC"
		}
		if logical.TimeUnit() == schema.TimeUnitMicros {
			return time.UnixMicro(v).UTC().Format(time.RFC3339Nano)
		}
		return time.Unix(0, v).UTC().Format(time.RFC3339Nano)
	default:
		return fmt.Sprint(v)
	}
}

// checkStatistics compares what the file says of a chunk with its values.
func (j *judge) checkStatistics(t testing.TB, group, col int, values []*string) {
	t.Helper()
	chunk, err := j.reader.MetaData().RowGroup(group).ColumnChunk(col)
	if err != nil {
		t.Fatal(err)
	}
	c := j.reader.MetaData().Schema.Column(col)
	s, err := chunk.Statistics()
	if err != nil {
		t.Fatal(err)
	}
	var low, high *string
	var nulls int64
	long := false
	for _, v := range values {
		switch {
		case v == nil:
			nulls++
			continue
		case *v == "NaN":
			continue
		}
		if low == nil || less(c, *v, *low) {
			low = v
		}
		if high == nil || less(c, *high, *v) {
			high = v
		}
	}
	if c.PhysicalType() == parquet.Types.ByteArray && low != nil {
		long = len(*low) > 256 || len(*high) > 256
	}
	if !s.HasNullCount() || s.NullCount() != nulls || s.NumValues() != int64(len(values))-nulls {
		t.Errorf("%s: %d nulls of %d, want %d", c.Name(), s.NullCount(), len(values), nulls)
	}
	if want := low != nil && !long; s.HasMinMax() != want {
		t.Errorf("%s: has minimum and maximum: %v, want %v", c.Name(), s.HasMinMax(), want)
		return
	}
	if !s.HasMinMax() {
		return
	}
	gotLow, gotHigh := bound(c, s.EncodeMin()), bound(c, s.EncodeMax())
	if equal := func(a, b string) bool { return a == b || !less(c, a, b) && !less(c, b, a) }; !equal(gotLow, *low) || !equal(gotHigh, *high) {
		t.Errorf("%s: from %q to %q, want %q to %q", c.Name(), gotLow, gotHigh, *low, *high)
	}
}

// bound returns a minimum or maximum as text.
func bound(c *schema.Column, b []byte) string {
	var bits uint64
	for i := range b {
		bits |= uint64(b[i]) << (8 * i % 64)
	}
	switch c.PhysicalType() {
	case parquet.Types.FixedLenByteArray:
		return plain(c, b)
	case parquet.Types.Int32:
		return time.Unix(int64(int32(bits))*24*60*60, 0).UTC().Format(time.DateOnly)
	case parquet.Types.Int64:
		return integer(c, int64(bits))
	case parquet.Types.Double:
		return fmt.Sprint(math.Float64frombits(bits))
	case parquet.Types.Boolean:
		return fmt.Sprint(b[0] == 1)
	}
	return string(b)
}

func less(c *schema.Column, a, b string) bool {
	switch c.PhysicalType() {
	case parquet.Types.FixedLenByteArray, parquet.Types.Double:
		x, ok := new(big.Rat).SetString(a)
		y, is := new(big.Rat).SetString(b)
		return ok && is && x.Cmp(y) < 0 || a == "-Inf" && b != a || b == "+Inf" && a != b
	case parquet.Types.Int64:
		x, ok := new(big.Int).SetString(a, 10)
		y, is := new(big.Int).SetString(b, 10)
		if ok && is {
			return x.Cmp(y) < 0
		}
	}
	return a < b
}

// compare compares every value in a file with the schema's.
func compare[T any](t testing.TB, data []byte, s *lineitem.Schema[T], rows []T) *judge {
	t.Helper()
	j := judged(t, data)
	if j.reader.NumRows() != int64(len(rows)) {
		t.Fatalf("%d rows, want %d", j.reader.NumRows(), len(rows))
	}
	for col, c := range s.Columns() {
		if name := j.reader.MetaData().Schema.Column(col).Name(); name != c.Name {
			t.Fatalf("column %q, want %q", name, c.Name)
		}
		if len(j.values[col]) != len(rows) {
			t.Fatalf("%s: %d values, want %d", c.Name, len(j.values[col]), len(rows))
		}
		for i := range rows {
			want, ok := s.Text(&rows[i], col)
			switch c.Kind { //nolint:exhaustive // The others are the same.
			case lineitem.KindDecimal:
				want = trimmed(want)
			case lineitem.KindFloat:
				if v, ok := s.Float(&rows[i], col); ok {
					want = fmt.Sprint(v)
				}
			}
			if got := j.values[col][i]; (got != nil) != ok || ok && *got != want {
				t.Fatalf("%s, row %d: %v, want %q (%v)", c.Name, i, got, want, ok)
			}
		}
	}
	return j
}

// TestEveryRowType writes rows of every type, in row groups, pages and batches of several sizes.
func TestEveryRowType(t *testing.T) {
	same[lineitem.Usage](t, billingtest.Export{InvoiceID: "G1", Rows: 3000, Blobs: 1, Shuffled: true, Currencies: []string{"EUR", "USD"}})
	same[lineitem.Usage](t, billingtest.Export{InvoiceID: "G1", Rows: 1000, Blobs: 1, Shape: billingtest.ShapeEscaped})
	same[lineitem.UsageBasic](t, billingtest.Export{InvoiceID: "G1", Rows: 1000, Blobs: 1, Shape: billingtest.ShapeLeftOut})
	same[lineitem.Reconciliation](t, billingtest.Export{Dataset: billingtest.Reconciliation, InvoiceID: "G1", Rows: 1000, Blobs: 1})
	same[lineitem.ReconciliationBasic](t, billingtest.Export{Dataset: billingtest.Reconciliation, InvoiceID: "G1", Rows: 1000, Blobs: 1})
}

func same[T any](t *testing.T, e billingtest.Export) {
	t.Helper()
	s, rows := schemaOf[T](t, nil), read[T](t, e, 0)
	var first []byte
	for _, concurrency := range []int{1, 4} {
		data := written(t, &parquetsink.Options{RowGroupRows: 700, Concurrency: concurrency}, s, rows, 1000)
		if first == nil {
			first = data
			compare(t, data, s, rows)
		} else if !bytes.Equal(data, first) {
			t.Errorf("%T: with %d goroutines the file is another one", rows, concurrency)
		}
	}
	compare(t, written(t, nil, s, rows, 1), s, rows)
	compare(t, written(t, nil, s, rows, len(rows)), s, rows)
}

func TestCostDetails(t *testing.T) {
	const report = "invoiceId,costInBillingCurrency,billingCurrency,date,tags\nG1,-1.50,EUR,09/30/2026,\"\"\"a\"\": \"\"b\"\"\"\nG1,,EUR,09/29/2026,\n"
	rows := readText[costmgmt.CostDetail](t, strings.NewReader(report), lineitem.FormatCSV)
	s := schemaOf[costmgmt.CostDetail](t, nil)
	compare(t, written(t, nil, s, rows, 1), s, rows)
}

func TestRecord(t *testing.T) {
	const lines = "{\"CustomerId\":\"c-1\",\"BillingPreTaxTotal\":0.1,\"Cores\":8,\"On\":true,\"At\":\"2026-09-01T00:00:00Z\",\"F\":-0.5}\n{}\n"
	rows := readText[lineitem.Record](t, strings.NewReader(lines), lineitem.FormatJSONLines)
	s := schemaOf[lineitem.Record](t, &lineitem.SchemaOptions{
		Choose: []string{"CustomerId", "BillingPreTaxTotal", "Cores", "On", "At", "F"},
		Kinds:  map[string]lineitem.Kind{"Cores": lineitem.KindInt, "On": lineitem.KindBool, "At": lineitem.KindTime, "F": lineitem.KindFloat},
	})
	compare(t, written(t, nil, s, rows, 2), s, rows)
}

type own struct {
	Text    string
	TextP   *string
	JSON    lineitem.JSONText
	Amount  lineitem.Decimal `json:"BillingPreTaxTotal"`
	AmountP *lineitem.Decimal
	Day     time.Time `json:"UsageDate"`
	At      time.Time
	AtP     *time.Time
	Int     int
	IntP    *int64
	Uint    uint64
	Float   float64
	FloatP  *float32
	Bool    bool
	BoolP   *bool
	List    []int
	Unknown map[string]json.RawMessage
}

// TestOwnStruct has null and empty, zero bytes, and values at the ends of their ranges.
func TestOwnStruct(t *testing.T) {
	pointer := func(s string) *string { return &s }
	decimal := func(s string) lineitem.Decimal {
		d, err := lineitem.ParseDecimal(s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	is, not, n, f := true, false, int64(math.MinInt64), float32(0.1)
	most := decimal("99999999999999.99999999999999999999")
	edge := time.Date(1969, 12, 31, 23, 59, 59, 123456700, time.UTC)
	rows := []own{
		{Text: "a\x00b", TextP: pointer(""), JSON: `{"a":`, Amount: decimal("-0.10"), AmountP: &most, Day: edge, At: edge, AtP: &edge, Int: math.MaxInt64, IntP: &n, Uint: math.MaxUint64, Float: math.Inf(1), FloatP: &f, Bool: true, BoolP: &not, List: []int{1}},
		{TextP: pointer("x"), Amount: decimal("0"), Float: math.Copysign(0, -1), BoolP: &is, Unknown: map[string]json.RawMessage{"b": json.RawMessage("1")}},
		{Text: strings.Repeat("z", 300), Amount: decimal("-99999999999999.99999999999999999999"), Float: math.NaN(), At: time.Date(2261, 12, 31, 0, 0, 0, 1, time.UTC), Day: time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)},
		{Text: "é", Day: time.Date(1, 1, 2, 0, 0, 0, 0, time.UTC), At: time.Date(1678, 1, 1, 0, 0, 0, 0, time.UTC), AtP: &edge},
		{},
	}
	s := schemaOf[own](t, nil)
	for n := range len(rows) + 1 {
		compare(t, written(t, nil, s, rows[:n], 1), s, rows[:n])
		compare(t, written(t, &parquetsink.Options{RowGroupRows: 2}, s, rows[n:], 3), s, rows[n:])
	}
}
