package sqlitedb_test

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
	"github.com/partnerbilling/sdk-go/sink"
	"github.com/partnerbilling/sdk-go/sink/sqlsink"
	"github.com/partnerbilling/sdk-go/sink/sqlsink/sqlitedb"
)

const invoice = billingtest.DefaultInvoiceID

var unit = sink.Unit{Dataset: "billed_usage", Invoice: invoice}

// export is what the tests load unless they say otherwise.
func export(rows int, seed uint64) billingtest.Export {
	return billingtest.Export{InvoiceID: invoice, Rows: rows, Seed: seed, Blobs: 3, Currencies: []string{"EUR", "USD"}}
}

// manifestOf returns the manifest of an export on a service of its own.
func manifestOf(t testing.TB, e billingtest.Export) *manifest.Manifest[lineitem.Usage] {
	t.Helper()
	server := billingtest.NewServer(&billingtest.Options{RunningPolls: -1})
	if err := server.Add(e); err != nil {
		t.Fatal(err)
	}
	m, err := fetch(t.Context(), server.Credential(), azcore.ClientOptions{Transport: server})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func fetch(ctx context.Context, credential azcore.TokenCredential, o azcore.ClientOptions) (*manifest.Manifest[lineitem.Usage], error) {
	client, err := billing.NewClient(credential, &billing.ClientOptions{ClientOptions: o})
	if err != nil {
		return nil, err
	}
	p, err := billing.BeginExport(ctx, client, billing.BilledUsage{InvoiceID: invoice}, nil)
	if err != nil {
		return nil, err
	}
	return p.PollUntilDone(ctx, nil)
}

func schemaOf[T any](t testing.TB, o *lineitem.SchemaOptions) *lineitem.Schema[T] {
	t.Helper()
	s, err := lineitem.SchemaOf[T](o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func open(t testing.TB, file string) *sql.DB {
	t.Helper()
	db, err := sqlitedb.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func newDB(t testing.TB) *sql.DB { return open(t, filepath.Join(t.TempDir(), "bill.db")) }

// content is what readers see.
type content struct {
	rows int64
	sums map[string]string // of BillingPreTaxTotal by currency
}

func (c content) equal(o content) bool { return c.rows == o.rows && maps.Equal(c.sums, o.sums) }

// truth is the content of a view with an export.
func truth(t testing.TB, e billingtest.Export) content {
	t.Helper()
	truth, err := e.Truth()
	if err != nil {
		t.Fatal(err)
	}
	return content{truth.Rows, truth.Sums()}
}

// visible returns the content of the view, in one statement.
func visible(ctx context.Context, db *sql.DB) (c content, err error) {
	c.sums = make(map[string]string)
	rows, err := db.QueryContext(ctx, `SELECT BillingCurrency, count(*), decimal_sum(BillingPreTaxTotal) FROM billed_usage GROUP BY 1`)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var currency, sum string
		var n int64
		if err := rows.Scan(&currency, &n, &sum); err != nil {
			return c, err
		}
		c.rows += n
		c.sums[currency] = sum
	}
	return c, rows.Err()
}

// expect compares what readers see.
func expect(t testing.TB, db *sql.DB, want content) {
	t.Helper()
	got, err := visible(t.Context(), db)
	if err != nil || !got.equal(want) {
		t.Errorf("readers see %v, %v; want %v", got, err, want)
	}
}

// expectOnly makes sure that the table has no rows but those that readers see.
func expectOnly(t testing.TB, db *sql.DB, want int64) {
	t.Helper()
	if n := number(t, db, `SELECT count(*) FROM billed_usage_rows`); n != want {
		t.Errorf("the table has %d rows, want %d", n, want)
	}
}

func number(t testing.TB, db *sql.DB, query string, args ...any) (n int64) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func execute(t testing.TB, db *sql.DB, statement string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement, args...); err != nil {
		t.Fatal(err)
	}
}

func load(t testing.TB, db *sql.DB, e billingtest.Export, o *sqlsink.LoadOptions) sink.Result {
	t.Helper()
	r, err := sqlsink.Load(t.Context(), db, unit, manifestOf(t, e), schemaOf[lineitem.Usage](t, nil), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// sumsOf returns the sums of a column in a result.
func sumsOf(r sink.Result, column string) map[string]string {
	sums := make(map[string]string)
	totals := r.Sums[column]
	for _, currency := range totals.Currencies() {
		sums[currency] = totals.Text(currency)
	}
	return sums
}

func columnsOf(t testing.TB, db *sql.DB, table string) (names []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), `SELECT name FROM pragma_table_xinfo(?) ORDER BY cid`, table)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return slices.Clip(names)
}

// itemsOf returns the rows of an export.
func itemsOf(t testing.TB, m *manifest.Manifest[lineitem.Usage]) (items []lineitem.Usage) {
	t.Helper()
	for item, err := range m.Items(t.Context(), nil) {
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, item)
	}
	return items
}
