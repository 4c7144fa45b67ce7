package sqlitedb_test

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"

	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/sink"
	"github.com/partnerbilling/sdk-go/sink/sqlsink"
)

type small struct {
	Customer string           `json:"CustomerId"`
	Total    lineitem.Decimal `json:"BillingPreTaxTotal"`
	Currency string           `json:"BillingCurrency"`
	Lines    *int
	Share    *float64
	Late     bool
}

// TestTableThatDoesNotFit: the error names the column, and nothing was changed.
func TestTableThatDoesNotFit(t *testing.T) {
	const others = "load_number INTEGER NOT NULL, CustomerId TEXT, BillingCurrency VARCHAR(10)"
	for _, c := range []struct{ name, table, column string }{
		{"decimals lose digits", "CREATE TABLE billed_usage_rows (" + others + ", BillingPreTaxTotal DECIMAL(38,24))", "BillingPreTaxTotal"},
		{"floating point", "CREATE TABLE billed_usage_rows (" + others + ", billingpretaxtotal REAL)", "billingpretaxtotal"},
		{"another table", "CREATE TABLE billed_usage_rows (CustomerId TEXT)", "load_number"},
		{"text as number", "CREATE TABLE billed_usage_rows (load_number TEXT, CustomerId TEXT)", "load_number"},
		{"not null", "CREATE TABLE billed_usage_rows (" + others + ", BillingPreTaxTotal TEXT NOT NULL)", "BillingPreTaxTotal"},
		{"needs a value", "CREATE TABLE billed_usage_rows (" + others + ", Batch TEXT NOT NULL)", "Batch"},
		{"computed", "CREATE TABLE billed_usage_rows (" + others + ", BillingPreTaxTotal TEXT GENERATED ALWAYS AS (CustomerId))", "BillingPreTaxTotal"},
		{"integers", "CREATE TABLE billed_usage_rows (" + others + ", Lines TEXT)", "Lines"},
		{"a table in place of the view", "CREATE TABLE billed_usage (n INTEGER)", ""},
		{"another ledger", "CREATE TABLE billing_loads (n INTEGER)", "target"},
	} {
		db := newDB(t)
		execute(t, db, c.table)
		_, err := sqlsink.NewWriter(t.Context(), db, unit, schemaOf[small](t, nil), nil)
		wrong, is := errors.AsType[*sink.TableError](err)
		if !is || !errors.Is(err, sink.ErrTable) || wrong.Column != c.column || wrong.Reason == "" {
			t.Errorf("%s: %v", c.name, err)
		}
		if n := number(t, db, `SELECT count(*) FROM sqlite_schema WHERE name = 'billed_usage_load' OR name = 'billed_usage' AND type = 'view'`); n != 0 {
			t.Errorf("%s: something was created", c.name)
		}
	}
}

// TestTableThatFits: columns of the user's own stay, in another order and case.
func TestTableThatFits(t *testing.T) {
	db := newDB(t)
	execute(t, db, `CREATE TABLE billed_usage_rows (id INTEGER PRIMARY KEY, billingcurrency CHARACTER VARYING(3), Note TEXT NOT NULL DEFAULT 'none', load_number BIGINT, BillingPreTaxTotal,
		Cents AS (CAST(BillingPreTaxTotal * 100 AS INTEGER)))`)
	write(t, db, rowsOf(t, 3), nil)
	var customer, note string
	var lines, cents int64
	if err := db.QueryRowContext(t.Context(), `SELECT CustomerId, Note, Lines, Cents FROM billed_usage WHERE Lines = 2`).Scan(&customer, &note, &lines, &cents); err != nil || customer != "c2" || note != "none" || cents != 225 {
		t.Errorf("%q, %q, %d, %v", customer, note, cents, err)
	}
}

// rowsOf returns some rows.
func rowsOf(t testing.TB, n int) (rows []small) {
	t.Helper()
	for i := range n {
		total, err := lineitem.NewDecimal(int64(i*100+25), -2)
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, small{Customer: "c" + string(rune('0'+i%10)), Total: total, Currency: "EUR", Lines: &i})
	}
	return rows
}

func write(t testing.TB, db *sql.DB, rows []small, o *sqlsink.WriterOptions) sink.Result {
	t.Helper()
	w, err := sqlsink.NewWriter(t.Context(), db, unit, schemaOf[small](t, nil), o)
	if err != nil {
		t.Fatal(err)
	}
	for len(rows) > 0 {
		n := min(len(rows), 7)
		if err := w.Write(t.Context(), rows[:n]); err != nil {
			t.Fatal(err)
		}
		rows = rows[n:]
	}
	r, err := w.Close(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Abort(t.Context()); err != nil {
		t.Errorf("Abort after Close: %v", err)
	}
	return r
}

func TestWriter(t *testing.T) {
	for _, commitRows := range []int{0, 1, 5, 7, 10} {
		db := newDB(t)
		o := &sqlsink.WriterOptions{CommitRows: commitRows}
		r := write(t, db, rowsOf(t, 40), o)
		if r.Status != sink.Loaded || r.Rows != 40 || sumsOf(r, "BillingPreTaxTotal")["EUR"] != "790" || r.ETag != "" {
			t.Errorf("%+v", r)
		}
		expect(t, db, content{40, map[string]string{"EUR": "790"}})
		write(t, db, rowsOf(t, 10), o) // also if the rows are the same
		expect(t, db, content{10, map[string]string{"EUR": "47.5"}})
		expectOnly(t, db, 10)

		w, err := sqlsink.NewWriter(t.Context(), db, unit, schemaOf[small](t, nil), o)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write(t.Context(), rowsOf(t, 30)); err != nil {
			t.Fatal(err)
		}
		if err := w.Abort(t.Context()); err != nil {
			t.Error(err)
		}
		if _, err := w.Close(t.Context()); !errors.Is(err, sink.ErrClosed) {
			t.Errorf("Close after Abort: %v", err)
		}
		if err := w.Write(t.Context(), rowsOf(t, 1)); !errors.Is(err, sink.ErrClosed) {
			t.Errorf("Write after Abort: %v", err)
		}
		expect(t, db, content{10, map[string]string{"EUR": "47.5"}})
		expectOnly(t, db, 10)
	}
}

// TestWriterSupersedes: the older one learns of it, whatever it does next.
func TestWriterSupersedes(t *testing.T) {
	db := newDB(t)
	schema := schemaOf[small](t, nil)
	o := &sqlsink.WriterOptions{CommitRows: 5}
	for _, next := range []string{"write", "close", "abort"} {
		older, err := sqlsink.NewWriter(t.Context(), db, unit, schema, o)
		if err != nil {
			t.Fatal(err)
		}
		if err := older.Write(t.Context(), rowsOf(t, 8)); err != nil {
			t.Fatal(err)
		}
		write(t, db, rowsOf(t, 10), o)
		switch next {
		case "write":
			err = older.Write(t.Context(), rowsOf(t, 8))
		case "close":
			_, err = older.Close(t.Context())
		default:
			if err = older.Abort(t.Context()); err == nil {
				err = sink.ErrSuperseded
			}
		}
		if !errors.Is(err, sink.ErrSuperseded) {
			t.Errorf("%s: %v", next, err)
		}
		if err := older.Abort(t.Context()); err != nil {
			t.Errorf("%s: abort: %v", next, err)
		}
		expect(t, db, content{10, map[string]string{"EUR": "47.5"}})
		expectOnly(t, db, 10)
	}
}

// scaled is SQLite with decimals that have a scale.
type scaled struct{ sqlsink.SQLite }

func (scaled) Column(c lineitem.Column) (typ string, how sqlsink.Binding) {
	typ, _ = sqlsink.SQLite{}.Column(c)
	return typ, sqlsink.BindScaled
}

// TestValuesThatCannotBeStored: the error has position and column, and no value.
func TestValuesThatCannotBeStored(t *testing.T) {
	secret := "4711\x00secret"
	line := func(customer, total string) string {
		return `{"CustomerId":"` + customer + `","BillingCurrency":"EUR","BillingPreTaxTotal":` + total + `}`
	}
	for _, c := range []struct {
		name, bad, column string
		dialect           sqlsink.Dialect
		scale             int
		want              error
	}{
		{"a NUL", line(`4711\u0000secret`, "1"), "CustomerId", nil, 3, sink.ErrValue},
		{"too many places", line("a", "1.4711"), "BillingPreTaxTotal", scaled{}, 3, lineitem.ErrInexact},
		{"too large", line("a", "4711471147114711471147114711471147"), "BillingPreTaxTotal", scaled{}, 5, lineitem.ErrOverflow},
	} {
		db := newDB(t)
		good := export(10, 1)
		good.Lines = []string{line("a", "1"), line("b", "2")}
		load(t, db, good, nil)
		bad := good
		bad.Seed, bad.Blobs, bad.Lines = 2, 1, []string{line("a", "1.5"), line("b", "2"), c.bad, line("c", "3")}
		schema := schemaOf[lineitem.Usage](t, &lineitem.SchemaOptions{Scales: map[string]int{"BillingPreTaxTotal": c.scale}, Omit: []string{"Unknown"}})
		_, err := sqlsink.Load(t.Context(), db, unit, manifestOf(t, bad), schema, &sqlsink.LoadOptions{Options: sqlsink.Options{Dialect: c.dialect}})
		value, is := errors.AsType[*lineitem.ValueError](err)
		if !is || !errors.Is(err, c.want) || value.Column != c.column || value.Line != 3 || value.Blob == "" || strings.Contains(err.Error(), "4711") {
			t.Errorf("%s: %v", c.name, err)
		}
		expect(t, db, content{2, map[string]string{"EUR": "3"}})
	}

	db := newDB(t)
	w, err := sqlsink.NewWriter(t.Context(), db, unit, schemaOf[small](t, nil), &sqlsink.WriterOptions{CommitRows: 4})
	if err != nil {
		t.Fatal(err)
	}
	rows := rowsOf(t, 7)
	rows[6].Customer = secret
	err = w.Write(t.Context(), rows)
	if err == nil {
		_, err = w.Close(t.Context())
	}
	if value, is := errors.AsType[*lineitem.ValueError](err); !is || value.Row != 6 || value.Column != "CustomerId" || strings.Contains(err.Error(), "4711") {
		t.Errorf("writer: %v", err)
	}
	if err := w.Abort(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestFullDisk: what readers see stays, and when there is room the load is resumed.
func TestFullDisk(t *testing.T) {
	db, first, second := newDB(t), export(200, 1), export(3000, 2)
	db.SetMaxOpenConns(1) // the limit is that of a connection
	load(t, db, first, nil)
	execute(t, db, `PRAGMA max_page_count = 500`)
	_, err := sqlsink.Load(t.Context(), db, unit, manifestOf(t, second), schemaOf[lineitem.Usage](t, nil), &sqlsink.LoadOptions{CommitRows: 300})
	if err == nil || !strings.Contains(err.Error(), "full") {
		t.Errorf("got %v", err)
	}
	expect(t, db, truth(t, first))
	execute(t, db, `PRAGMA max_page_count = 500000`)
	if r := load(t, db, second, &sqlsink.LoadOptions{CommitRows: 300}); r.Resumed == 0 {
		t.Errorf("%+v", r)
	}
	expect(t, db, truth(t, second))
	expectOnly(t, db, 3000)
}

// TestTableThatDropsRows: a trigger makes an INSERT do nothing.
func TestTableThatDropsRows(t *testing.T) {
	db := newDB(t)
	write(t, db, rowsOf(t, 5), nil)
	execute(t, db, `CREATE TRIGGER drops BEFORE INSERT ON billed_usage_rows WHEN NEW.Lines = 3 BEGIN SELECT RAISE(IGNORE); END`)
	w, err := sqlsink.NewWriter(t.Context(), db, unit, schemaOf[small](t, nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(t.Context(), rowsOf(t, 5)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Close(t.Context()); !errors.Is(err, sink.ErrRows) {
		t.Errorf("got %v", err)
	}
	expect(t, db, content{5, map[string]string{"EUR": "11.25"}})
}

func TestSchemaAndNamesThatCannotBe(t *testing.T) {
	db := newDB(t)
	type own struct {
		Number int `json:"Load_Number"`
	}
	_, err := sqlsink.NewWriter(t.Context(), db, unit, schemaOf[own](t, nil), nil)
	if wrong, is := errors.AsType[*sink.TableError](err); !is || wrong.Column != "Load_Number" {
		t.Errorf("got %v", err)
	}
	for _, o := range []sqlsink.Options{{View: "a b"}, {Ledger: "x;--"}, {Ledger: "billed_usage"}, {View: "v", Ledger: "v_rows"}} {
		if _, err := sqlsink.NewWriter(t.Context(), db, unit, schemaOf[small](t, nil), &sqlsink.WriterOptions{Options: o}); !errors.Is(err, sink.ErrTable) {
			t.Errorf("%+v: %v", o, err)
		}
		if err := sqlsink.Forget(t.Context(), db, unit, &o); !errors.Is(err, sink.ErrTable) {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

func TestOtherNames(t *testing.T) {
	db := newDB(t)
	o := sqlsink.Options{View: "usage", Ledger: "loads"}
	w, err := sqlsink.NewWriter(t.Context(), db, unit, schemaOf[small](t, &lineitem.SchemaOptions{Rename: map[string]string{"CustomerId": `the "customer"`}}), &sqlsink.WriterOptions{Options: o})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(t.Context(), rowsOf(t, 5)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := number(t, db, `SELECT count("the ""customer""") FROM usage`); n != 5 {
		t.Errorf("%d rows", n)
	}
	if n := number(t, db, `SELECT count(*) FROM loads`); n != 2 {
		t.Errorf("the ledger has %d rows", n)
	}
	if err := sqlsink.Forget(t.Context(), db, unit, &o); err != nil {
		t.Error(err)
	}
	if n := number(t, db, `SELECT count(*) FROM usage_rows`); n != 0 {
		t.Errorf("%d rows", n)
	}
}

func TestDecimalSum(t *testing.T) {
	db := newDB(t)
	text := func(query string) (s sql.NullString, err error) {
		err = db.QueryRowContext(t.Context(), query).Scan(&s)
		return s, err
	}
	for query, want := range map[string]string{
		`SELECT decimal_sum(v) FROM (SELECT '0.1' v UNION ALL SELECT '0.2' UNION ALL SELECT NULL)`:                             "0.3",
		`SELECT decimal_sum(v) FROM (SELECT '9999999999999999999999999999999999' v UNION ALL SELECT '0.00000000000000000001')`: "9999999999999999999999999999999999.00000000000000000001",
		`SELECT decimal_sum(v) FROM (SELECT 3 v UNION ALL SELECT '-5')`:                                                        "-2",
		`SELECT decimal_sum(v) FROM (SELECT '1' v UNION ALL SELECT '-1')`:                                                      "0",
		`SELECT decimal_sum(NULL)`: "NULL",
		`SELECT group_concat(s, ' ') FROM (SELECT decimal_sum(v) OVER (ORDER BY n ROWS 1 PRECEDING) s FROM (SELECT 1 n, '0.1' v UNION ALL SELECT 2, '0.2' UNION ALL SELECT 3, NULL UNION ALL SELECT 4, '0.4'))`: "0.1 0.3 0.2 0.4",
	} {
		s, err := text(query)
		if !s.Valid {
			s.String = "NULL"
		}
		if err != nil || s.String != want {
			t.Errorf("%s: %q, %v; want %q", query, s.String, err, want)
		}
	}
	for _, query := range []string{`SELECT decimal_sum(1.5)`, `SELECT decimal_sum('4711x')`} {
		if s, err := text(query); err == nil || strings.Contains(err.Error(), "4711") {
			t.Errorf("%s: %v, %v", query, s, err)
		}
	}
}

func TestCanceledWriter(t *testing.T) {
	db := newDB(t)
	w, err := sqlsink.NewWriter(t.Context(), db, unit, schemaOf[small](t, nil), &sqlsink.WriterOptions{CommitRows: 3})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.Write(ctx, rowsOf(t, 5)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if err := w.Write(t.Context(), rowsOf(t, 5)); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if err := w.Abort(t.Context()); err != nil {
		t.Error(err)
	}
	expectOnly(t, db, 0)
}
