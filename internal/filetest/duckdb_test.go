package filetest_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/duckdb/duckdb-go/v2"

	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/sink/csvsink"
	"github.com/partnerbilling/sdk-go/sink/parquetsink"
)

// writer is what the sinks have in common.
type writer interface {
	Write(rows []lineitem.Usage) error
	Close() error
}

// found is the least and the greatest value of a column, and its number of values.
type found struct {
	low, high string
	values    int64
}

// TestMillionRows: count, sums, minima and maxima that DuckDB finds in the files are those of the
// generator and of the rows, to the last digit.
func TestMillionRows(t *testing.T) {
	export := billingtest.Export{InvoiceID: "G1", Rows: 1_000_000, Blobs: 1, Currencies: []string{"EUR", "USD", "JPY"}, Shuffled: true}
	if testing.Short() {
		export.Rows = 50_000
	}
	truth, err := export.Truth()
	if err != nil {
		t.Fatal(err)
	}
	schema, err := lineitem.SchemaOf[lineitem.Usage](nil)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	parquet, err := os.Create(filepath.Join(folder, "usage.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	csv, err := os.Create(filepath.Join(folder, "usage.csv"))
	if err != nil {
		t.Fatal(err)
	}
	toParquet, err := parquetsink.NewWriter(parquet, schema, nil)
	if err != nil {
		t.Fatal(err)
	}
	toCSV, err := csvsink.NewWriter(csv, schema, nil)
	if err != nil {
		t.Fatal(err)
	}
	expected := write(t, export, schema, toParquet, toCSV)
	if err := parquet.Close(); err != nil {
		t.Fatal(err)
	}
	if err := csv.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	judge(t, db, fmt.Sprintf("read_parquet('%s')", parquet.Name()), schema, truth, expected)
	judge(t, db, fmt.Sprintf("read_csv('%s', header = true, delim = ',', quote = '\"', escape = '\"', strict_mode = true, allow_quoted_nulls = false, columns = {%s})", csv.Name(), columns(schema)), schema, truth, expected)
	filters(t, db, parquet.Name(), truth)
}

// write writes all rows into the sinks, and returns what is in each column.
func write(t *testing.T, export billingtest.Export, schema *lineitem.Schema[lineitem.Usage], sinks ...writer) []found {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = export.WriteLines(w, 0) // what is missing is seen in the number of rows
		_ = w.Close()
	}()
	all := make([]found, len(schema.Columns()))
	rows := make([]lineitem.Usage, 2000)
	in := lineitem.NewReader[lineitem.Usage](r, nil)
	for !in.Done() {
		n, err := in.ReadBatch(rows, nil)
		if err != nil && !in.Done() {
			t.Fatal(err)
		}
		for _, sink := range sinks {
			if err := sink.Write(rows[:n]); err != nil {
				t.Fatal(err)
			}
		}
		for i := range rows[:n] {
			for col, c := range schema.Columns() {
				v, ok := schema.Text(&rows[i], col)
				if !ok {
					continue
				}
				f := &all[col]
				if f.values++; f.values == 1 {
					f.low, f.high = v, v
				}
				if less(c, v, f.low) {
					f.low = v
				}
				if less(c, f.high, v) {
					f.high = v
				}
			}
		}
	}
	for _, sink := range sinks {
		if err := sink.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func less(c lineitem.Column, a, b string) bool {
	if c.Kind != lineitem.KindDecimal {
		return a < b
	}
	x, err := lineitem.ParseDecimal(a)
	y, err2 := lineitem.ParseDecimal(b)
	return err == nil && err2 == nil && x.Cmp(y) < 0
}

// columns returns DuckDB's types of the columns of a CSV file.
func columns(schema *lineitem.Schema[lineitem.Usage]) string {
	var list []string
	for _, c := range schema.Columns() {
		typ := "VARCHAR"
		switch c.Kind { //nolint:exhaustive // The others are texts.
		case lineitem.KindDecimal:
			typ = fmt.Sprintf("DECIMAL(38, %d)", c.Scale)
		case lineitem.KindDate:
			typ = "DATE"
		case lineitem.KindTime:
			typ = "TIMESTAMP"
		}
		list = append(list, fmt.Sprintf("'%s': '%s'", c.Name, typ))
	}
	return strings.Join(list, ", ")
}

// judge compares what DuckDB finds in a file with what is expected.
func judge(t *testing.T, db *sql.DB, file string, schema *lineitem.Schema[lineitem.Usage], truth *billingtest.Truth, expected []found) {
	t.Helper()
	name, _, _ := strings.Cut(file, "(")
	if got := query(t, db, "SELECT count(*) FROM "+file)[0][0]; got != fmt.Sprint(truth.Rows) {
		t.Errorf("%s: %s rows, want %d", name, got, truth.Rows)
	}
	var sums []string
	for _, row := range query(t, db, "SELECT BillingCurrency, sum(BillingPreTaxTotal) FROM "+file+" GROUP BY 1 ORDER BY 1") {
		sums = append(sums, row[0])
		if got := trimmed(row[1]); got != truth.Sums()[row[0]] {
			t.Errorf("%s: sum in %s is %s, want %s", name, row[0], got, truth.Sums()[row[0]])
		}
	}
	if want := truth.Currencies(); len(sums) != len(want) {
		t.Errorf("%s: currencies %v, want %v", name, sums, want)
	}
	byCustomer := query(t, db, "SELECT CustomerId, count(*) FROM "+file+" GROUP BY 1")
	if len(byCustomer) != len(truth.Customers) {
		t.Errorf("%s: %d customers, want %d", name, len(byCustomer), len(truth.Customers))
	}
	for _, row := range byCustomer {
		i := slices.IndexFunc(truth.Customers, func(c billingtest.CustomerTruth) bool { return c.ID == row[0] })
		if i < 0 || fmt.Sprint(truth.Customers[i].Rows) != row[1] {
			t.Errorf("%s: customer %s has %s rows", name, row[0], row[1])
		}
	}
	var parts []string
	for i, c := range schema.Columns() {
		parts = append(parts, fmt.Sprintf(`min("%s") AS low%d, max("%[1]s") AS high%[2]d, count("%[1]s") AS n%[2]d`, c.Name, i))
	}
	row := query(t, db, "SELECT "+strings.Join(parts, ", ")+" FROM "+file)[0]
	for i, c := range schema.Columns() {
		got, want := found{low: row[3*i], high: row[3*i+1]}, expected[i]
		if _, err := fmt.Sscan(row[3*i+2], &got.values); err != nil {
			t.Fatal(err)
		}
		if c.Kind == lineitem.KindDecimal {
			got.low, got.high, want.low, want.high = trimmed(got.low), trimmed(got.high), trimmed(want.low), trimmed(want.high)
		}
		if got != want {
			t.Errorf("%s: %s: got %+v, want %+v", name, c.Name, got, want)
		}
	}
}

// filters: DuckDB skips row groups by their statistics, and must not skip a row that it needs.
func filters(t *testing.T, db *sql.DB, file string, truth *billingtest.Truth) {
	t.Helper()
	all := fmt.Sprintf("read_parquet('%s')", file)
	for _, column := range []string{"BillingPreTaxTotal", "UsageDate", "CustomerName", "MeterName", "EffectiveUnitPrice", "Quantity"} {
		for _, half := range []string{"min", "max", "median_of"} {
			value := fmt.Sprintf(`(SELECT %s("%s") FROM %s)`, half, column, all)
			if half == "median_of" {
				value = fmt.Sprintf(`(SELECT "%s" FROM %s LIMIT 1)`, column, all)
			}
			literal := query(t, db, "SELECT CAST("+value+" AS VARCHAR)")[0][0]
			quoted := "'" + strings.ReplaceAll(literal, "'", "''") + "'"
			if strings.Contains(column, "Total") || strings.Contains(column, "Price") || column == "Quantity" {
				quoted += "::DECIMAL(38, 24)"
			}
			var n int64
			for _, op := range []string{"<", "=", ">"} {
				var part int64
				if _, err := fmt.Sscan(query(t, db, fmt.Sprintf(`SELECT count(*) FROM %s WHERE "%s" %s %s`, all, column, op, quoted))[0][0], &part); err != nil {
					t.Fatal(err)
				}
				if op == "=" && part == 0 {
					t.Errorf("%s = %s finds no row", column, quoted)
				}
				n += part
			}
			var some int64
			if _, err := fmt.Sscan(query(t, db, fmt.Sprintf(`SELECT count("%s") FROM %s`, column, all))[0][0], &some); err != nil || n != some {
				t.Errorf("%s: filters find %d rows of %d, %v", column, n, some, err)
			}
		}
	}
	groups := query(t, db, fmt.Sprintf("SELECT count(DISTINCT row_group_id), max(row_group_num_rows), count(*) FILTER (stats_null_count IS NULL), string_agg(DISTINCT compression) FROM parquet_metadata('%s')", file))[0]
	want := (truth.Rows + parquetsink.DefaultRowGroupRows - 1) / parquetsink.DefaultRowGroupRows
	if groups[0] != fmt.Sprint(want) || groups[2] != "0" || groups[3] != "ZSTD" {
		t.Errorf("row groups %v, want %d", groups, want)
	}
}

// query returns all rows as text.
func query(t *testing.T, db *sql.DB, text string) (rows [][]string) {
	t.Helper()
	//nolint:gosec // The test's own text.
	r, err := db.QueryContext(t.Context(), "SELECT COLUMNS(*)::VARCHAR FROM ("+text+")")
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	defer r.Close()
	names, err := r.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for r.Next() {
		values, row := make([]any, len(names)), make([]sql.NullString, len(names))
		for i := range row {
			values[i] = &row[i]
		}
		if err := r.Scan(values...); err != nil {
			t.Fatal(err)
		}
		var texts []string
		for _, v := range row {
			texts = append(texts, v.String)
		}
		rows = append(rows, texts)
	}
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	return rows
}

// trimmed returns the text of a decimal without zeros at its end.
func trimmed(text string) string {
	if strings.Contains(text, ".") {
		text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	}
	return text
}

// TestEveryKind has DuckDB read each kind of column at the ends of its range, from both files. It
// shows times in microseconds.
func TestEveryKind(t *testing.T) {
	type row struct {
		Text   *string
		Amount lineitem.Decimal
		At     *time.Time
		Day    time.Time `json:"UsageDate"`
		Int    int
		Float  float64
		Is     *bool
	}
	schema, err := lineitem.SchemaOf[row](nil)
	if err != nil {
		t.Fatal(err)
	}
	empty, text, is := "", "a\n\"b\",é", true
	at := time.Date(2021, 5, 20, 18, 30, 6, 604569200, time.UTC)
	amount, err := lineitem.ParseDecimal("-99999999999999.999999999999999999991")
	if err != nil {
		amount, err = lineitem.ParseDecimal("-99999999999999.9999999999999999999")
	}
	if err != nil {
		t.Fatal(err)
	}
	rows := []row{
		{Text: &text, Amount: amount, At: &at, Day: time.Date(1960, 2, 29, 0, 0, 0, 0, time.UTC), Int: -1 << 63, Float: -0.5, Is: &is},
		{Text: &empty},
		{},
	}
	var parquet, csv bytes.Buffer
	p, err := parquetsink.NewWriter(&parquet, schema, nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := csvsink.NewWriter(&csv, schema, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, sink := range []interface {
		Write(rows []row) error
		Close() error
	}{p, c} {
		if err := sink.Write(rows); err != nil {
			t.Fatal(err)
		}
		if err := sink.Close(); err != nil {
			t.Fatal(err)
		}
	}
	folder := t.TempDir()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	for name, data := range map[string][]byte{"f.parquet": parquet.Bytes(), "f.csv": csv.Bytes()} {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		from := fmt.Sprintf("read_parquet('%s')", path)
		if name == "f.csv" {
			from = fmt.Sprintf("read_csv('%s', header = true, allow_quoted_nulls = false, columns = {'Text': 'VARCHAR', 'Amount': 'DECIMAL(38, 24)', 'At': 'TIMESTAMP', 'UsageDate': 'DATE', 'Int': 'BIGINT', 'Float': 'DOUBLE', 'Is': 'BOOLEAN'})", path)
		}
		got := query(t, db, `SELECT coalesce("Text", 'null'), Amount, epoch_us("At"), UsageDate, "Int", "Float", "Is" FROM `+from)
		want := [][]string{
			{text, amount.String(), fmt.Sprint(at.UnixMicro()), "1960-02-29", "-9223372036854775808", "-0.5", "true"},
			{"", "", "", "", "0", "0.0", ""},
			{"null", "", "", "", "0", "0.0", ""},
		}
		for i := range got {
			got[i][1] = trimmed(got[i][1])
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: got\n%q\nwant\n%q", name, got, want)
		}
	}
}
