package sqlitedb_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
	"github.com/partnerbilling/sdk-go/sink"
	"github.com/partnerbilling/sdk-go/sink/sqlsink"
)

func TestLoad(t *testing.T) {
	db, first := newDB(t), export(2500, 1)
	want := truth(t, first)
	commits := 0
	r := load(t, db, first, &sqlsink.LoadOptions{AttributeSet: "full", CommitRows: 700, OnCommit: func(int64) { commits++ }})
	if r.Status != sink.Loaded || r.Rows != 2500 || r.Resumed != 0 || r.ETag == "" || r.ManifestID == "" || r.Unit != unit || r.AttributeSet != "full" || time.Since(r.LoadedAt) > time.Minute {
		t.Errorf("result %+v", r)
	}
	if commits < 3 {
		t.Errorf("%d commits", commits)
	}
	if got := (content{r.Rows, sumsOf(r, "BillingPreTaxTotal")}); !got.equal(want) {
		t.Errorf("result has %v, want %v", got, want)
	}
	expect(t, db, want)
	expectOnly(t, db, 2500)

	// The ledger says the same.
	var rows int64
	var etag, text string
	if err := db.QueryRowContext(t.Context(), `SELECT row_count, etag, sums FROM billing_loads WHERE target = 'billed_usage_rows' AND unit = ?`, unit.Key()).Scan(&rows, &etag, &text); err != nil {
		t.Fatal(err)
	}
	var sums map[string]lineitem.Totals
	if err := json.Unmarshal([]byte(text), &sums); err != nil || rows != 2500 || etag != r.ETag {
		t.Errorf("ledger: %d rows, eTag %q, %v", rows, etag, err)
	}
	if got := sums["BillingPreTaxTotal"]; got.Text("EUR") != want.sums["EUR"] || sums["PricingPreTaxTotal"].Currencies() == nil {
		t.Errorf("ledger: sums %s", text)
	}

	// Every value is the one of the row.
	var stored []string
	schema := schemaOf[lineitem.Usage](t, nil)
	query, err := db.QueryContext(t.Context(), `SELECT * FROM billed_usage`)
	if err != nil {
		t.Fatal(err)
	}
	defer query.Close()
	for query.Next() {
		values := make([]sql.NullString, len(schema.Columns()))
		into := make([]any, len(values))
		for i := range values {
			into[i] = &values[i]
		}
		if err := query.Scan(into...); err != nil {
			t.Fatal(err)
		}
		stored = append(stored, rowText(func(i int) (string, bool) { return values[i].String, values[i].Valid }, len(values)))
	}
	if err := query.Err(); err != nil {
		t.Fatal(err)
	}
	var delivered []string
	for _, item := range itemsOf(t, manifestOf(t, first)) {
		delivered = append(delivered, rowText(func(i int) (string, bool) { return schema.Text(&item, i) }, len(schema.Columns())))
	}
	slices.Sort(stored)
	slices.Sort(delivered)
	if !slices.Equal(stored, delivered) {
		t.Errorf("%d rows were stored, %d delivered, and they differ", len(stored), len(delivered))
	}
}

func rowText(value func(i int) (string, bool), n int) string {
	var b strings.Builder
	for i := range n {
		v, ok := value(i)
		if !ok {
			v = "NULL"
		}
		b.WriteString(v + "|")
	}
	return b.String()
}

func TestSameExportIsUnchanged(t *testing.T) {
	db, e := newDB(t), export(300, 1)
	first := load(t, db, e, nil)
	changes := number(t, db, `PRAGMA data_version`)
	if again := load(t, db, e, nil); again.Status != sink.Unchanged || again.Load != first.Load || again.Rows != 300 || !again.LoadedAt.Equal(first.LoadedAt) ||
		sumsOf(again, "BillingPreTaxTotal")["EUR"] != sumsOf(first, "BillingPreTaxTotal")["EUR"] {
		t.Errorf("%+v, want %+v", again, first)
	}
	if n := number(t, db, `PRAGMA data_version`); n != changes {
		t.Error("the database was changed")
	}
	// What readers see was lost.
	execute(t, db, `DELETE FROM billed_usage_rows WHERE rowid IN (SELECT rowid FROM billed_usage_rows LIMIT 1)`)
	if r := load(t, db, e, nil); r.Status != sink.Loaded {
		t.Errorf("a row was deleted: %+v", r)
	}
	execute(t, db, `DROP VIEW billed_usage`)
	if r := load(t, db, e, nil); r.Status != sink.Unchanged {
		t.Errorf("the view was dropped: %+v", r)
	}
	expect(t, db, truth(t, e))
	// Another attribute set, schema or eTag is another version.
	if r := load(t, db, e, &sqlsink.LoadOptions{AttributeSet: "basic"}); r.Status != sink.Loaded || r.Load == first.Load {
		t.Errorf("another attribute set: %+v", r)
	}
	r, err := sqlsink.Load(t.Context(), db, unit, manifestOf(t, e), schemaOf[lineitem.Usage](t, &lineitem.SchemaOptions{Omit: []string{"Tags"}}), &sqlsink.LoadOptions{AttributeSet: "basic"})
	if err != nil || r.Status != sink.Loaded {
		t.Errorf("another schema: %+v, %v", r, err)
	}
	e.Seed = 2
	if r := load(t, db, e, nil); r.Status != sink.Loaded {
		t.Errorf("other data: %+v", r)
	}
	expect(t, db, truth(t, e))
	expectOnly(t, db, 300)
}

func TestExportWithoutETagIsAlwaysLoaded(t *testing.T) {
	db, e := newDB(t), export(300, 1)
	e.EditManifest = func(m map[string]any) { delete(m, "eTag") }
	for range 2 {
		if r := load(t, db, e, &sqlsink.LoadOptions{CommitRows: 100}); r.Status != sink.Loaded || r.Resumed != 0 {
			t.Errorf("%+v", r)
		}
		expect(t, db, truth(t, e))
		expectOnly(t, db, 300)
	}
}

// interrupt loads an export until so many transactions have inserted rows.
func interrupt(t *testing.T, db *sql.DB, m *manifest.Manifest[lineitem.Usage], commits int, o sqlsink.LoadOptions) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	o.OnCommit = func(int64) {
		if commits--; commits == 0 {
			cancel()
		}
	}
	if _, err := sqlsink.Load(ctx, db, unit, m, schemaOf[lineitem.Usage](t, nil), &o); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
}

func TestInterruptedLoadIsResumed(t *testing.T) {
	db, e := newDB(t), export(5000, 1)
	o := sqlsink.LoadOptions{CommitRows: 500}
	interrupt(t, db, manifestOf(t, e), 3, o)
	expect(t, db, content{sums: map[string]string{}})
	inserted := number(t, db, `SELECT count(*) FROM billed_usage_rows`)
	r := load(t, db, e, &o)
	if r.Resumed != inserted || inserted < 1500 || inserted > 4000 {
		t.Errorf("resumed %d of %d rows", r.Resumed, inserted)
	}
	if got := (content{r.Rows, sumsOf(r, "BillingPreTaxTotal")}); !got.equal(truth(t, e)) {
		t.Errorf("result has %v", got)
	}
	expect(t, db, truth(t, e))
	expectOnly(t, db, 5000)

	// Other data begin again, and nobody sees rows of both.
	second, third := export(4000, 2), export(3000, 3)
	interrupt(t, db, manifestOf(t, second), 2, o)
	expect(t, db, truth(t, e))
	if r := load(t, db, third, &o); r.Resumed != 0 {
		t.Errorf("resumed %d rows of other data", r.Resumed)
	}
	expect(t, db, truth(t, third))
	expectOnly(t, db, 3000)

	// A checkpoint that is damaged begins again, too.
	interrupt(t, db, manifestOf(t, second), 2, o)
	execute(t, db, `UPDATE billing_loads SET next_checkpoint = replace(next_checkpoint, '.', '')`)
	if r := load(t, db, second, &o); r.Resumed != 0 || r.Rows != 4000 {
		t.Errorf("%+v", r)
	}
	expectOnly(t, db, 4000)
	// And so does a load whose current version is the one that is there: the other is abandoned.
	interrupt(t, db, manifestOf(t, third), 2, o)
	if r := load(t, db, second, &o); r.Status != sink.Unchanged {
		t.Errorf("%+v", r)
	}
	expect(t, db, truth(t, second))
	expectOnly(t, db, 4000)
}

// TestNewerLoadWins starts a load while another one is in the middle.
func TestNewerLoadWins(t *testing.T) {
	for _, other := range []uint64{1, 2} { // the same data, and others
		db, older, newer := newDB(t), export(4000, 1), export(4000, other)
		m1, m2 := manifestOf(t, older), manifestOf(t, newer)
		schema := schemaOf[lineitem.Usage](t, nil)
		var result sink.Result
		var newErr error
		started := false
		_, err := sqlsink.Load(t.Context(), db, unit, m1, schema, &sqlsink.LoadOptions{CommitRows: 500, OnCommit: func(int64) {
			if !started {
				started = true
				result, newErr = sqlsink.Load(t.Context(), db, unit, m2, schema, nil)
			}
		}})
		if !errors.Is(err, sink.ErrSuperseded) {
			t.Errorf("the older load ended with %v", err)
		}
		if newErr != nil || result.Rows != 4000 || (result.Resumed > 0) != (other == 1) {
			t.Errorf("the newer load: %+v, %v", result, newErr)
		}
		expect(t, db, truth(t, newer))
		expectOnly(t, db, 4000)
	}
}

// TestManyLoadsAtOnce runs loads of one unit and of others, each from goroutines of its own, while
// readers look.
func TestManyLoadsAtOnce(t *testing.T) {
	db := newDB(t)
	exports := make([]content, 4)
	var wg sync.WaitGroup
	schema := schemaOf[lineitem.Usage](t, nil)
	for i := range exports {
		e := export(1500+i, uint64(i+1))
		exports[i] = truth(t, e)
		m := manifestOf(t, e)
		wg.Go(func() {
			_, err := sqlsink.Load(t.Context(), db, unit, m, schema, &sqlsink.LoadOptions{CommitRows: 200})
			if err != nil && !errors.Is(err, sink.ErrSuperseded) {
				t.Error(err)
			}
		})
	}
	other := sink.Unit{Dataset: "billed_usage", Invoice: "another"}
	m := manifestOf(t, export(700, 9))
	wg.Go(func() {
		if _, err := sqlsink.Load(t.Context(), db, other, m, schema, &sqlsink.LoadOptions{CommitRows: 200}); err != nil {
			t.Error(err)
		}
	})
	wg.Wait()
	if err := sqlsink.Forget(t.Context(), db, other, nil); err != nil {
		t.Error(err)
	}
	got, err := visible(t.Context(), db)
	if err != nil || !slices.ContainsFunc(exports, got.equal) {
		t.Errorf("readers see %v, %v", got, err)
	}
	expectOnly(t, db, got.rows)
}

func TestFullAndBasicSetReplaceEachOther(t *testing.T) {
	db, e := newDB(t), export(400, 1)
	basic := manifest.As[lineitem.UsageBasic](manifestOf(t, e))
	basicSchema := schemaOf[lineitem.UsageBasic](t, nil)
	loadBasic := func() {
		t.Helper()
		if r, err := sqlsink.Load(t.Context(), db, unit, basic, basicSchema, &sqlsink.LoadOptions{AttributeSet: "basic"}); err != nil || r.Status != sink.Loaded || r.Rows != 400 {
			t.Errorf("basic: %+v, %v", r, err)
		}
		expect(t, db, truth(t, e))
		expectOnly(t, db, 400)
	}
	loadBasic()
	if n := len(columnsOf(t, db, "billed_usage")); n != len(basicSchema.Columns()) {
		t.Errorf("%d columns", n)
	}
	if r := load(t, db, e, &sqlsink.LoadOptions{AttributeSet: "full"}); r.Status != sink.Loaded {
		t.Errorf("full: %+v", r)
	}
	expect(t, db, truth(t, e))
	expectOnly(t, db, 400)
	full := schemaOf[lineitem.Usage](t, nil).Columns()
	if n := len(columnsOf(t, db, "billed_usage")); n != len(full) {
		t.Errorf("%d columns, want %d", n, len(full))
	}
	if n := number(t, db, `SELECT count(PublisherId) FROM billed_usage`); n == 0 {
		t.Error("columns of the full set are empty")
	}
	loadBasic()
	if n := number(t, db, `SELECT count(PublisherId) FROM billed_usage`); n != 0 {
		t.Error("columns of the full set have values of another load")
	}
}

func TestUnitsShareAView(t *testing.T) {
	db := newDB(t)
	schema := schemaOf[lineitem.Usage](t, nil)
	for i, u := range []sink.Unit{
		unit,
		{Dataset: "billed_usage", Invoice: "G2"},
		{Dataset: "billed_usage", Scope: "tenant / other", Invoice: invoice},
		{Dataset: "billed_usage", Month: "2026-10", Currency: "EUR"},
	} {
		if _, err := sqlsink.Load(t.Context(), db, u, manifestOf(t, export(100, uint64(i+1))), schema, nil); err != nil {
			t.Fatal(err)
		}
		expectOnly(t, db, int64(100*(i+1)))
	}
	if err := sqlsink.Forget(t.Context(), db, unit, nil); err != nil {
		t.Error(err)
	}
	expectOnly(t, db, 300)
	if n := number(t, db, `SELECT count(*) FROM billed_usage`); n != 300 {
		t.Errorf("readers see %d rows", n)
	}
	// Rows of another dataset would be added up with these.
	_, err := sqlsink.Load(t.Context(), db, sink.Unit{Dataset: "unbilled_usage", Month: "2026-10", Currency: "EUR"}, manifestOf(t, export(100, 7)), schema,
		&sqlsink.LoadOptions{Options: sqlsink.Options{View: "billed_usage"}})
	if !errors.Is(err, sink.ErrTable) || !strings.Contains(err.Error(), `rows of dataset "billed_usage"`) {
		t.Errorf("got %v", err)
	}
	expectOnly(t, db, 300)
}

func TestForgottenLoadIsSuperseded(t *testing.T) {
	db, e := newDB(t), export(4000, 1)
	_, err := sqlsink.Load(t.Context(), db, unit, manifestOf(t, e), schemaOf[lineitem.Usage](t, nil), &sqlsink.LoadOptions{CommitRows: 500, OnCommit: func(int64) {
		if err := sqlsink.Forget(t.Context(), db, unit, nil); err != nil {
			t.Error(err)
		}
	}})
	if !errors.Is(err, sink.ErrSuperseded) {
		t.Errorf("got %v", err)
	}
	expectOnly(t, db, 0)
	for range 2 {
		if err := sqlsink.Forget(t.Context(), db, unit, nil); err != nil {
			t.Error(err)
		}
	}
	if err := sqlsink.Forget(t.Context(), newDB(t), unit, nil); err != nil {
		t.Errorf("empty database: %v", err)
	}
}

func TestOnlyWholeExports(t *testing.T) {
	db, e := newDB(t), export(100, 1)
	m := manifestOf(t, e)
	schema := schemaOf[lineitem.Usage](t, nil)
	refused := func(what string, m *manifest.Manifest[lineitem.Usage], read *manifest.ReadOptions, want error) {
		t.Helper()
		_, err := sqlsink.Load(t.Context(), db, unit, m, schema, &sqlsink.LoadOptions{Read: read})
		if !errors.Is(err, want) {
			t.Errorf("%s: %v", what, err)
		}
		if n := number(t, db, `SELECT count(*) FROM sqlite_schema WHERE name = 'billed_usage'`); n > 0 {
			expect(t, db, content{sums: map[string]string{}})
		}
	}
	part, err := m.Select(m.Blobs()[0].Name)
	if err != nil {
		t.Fatal(err)
	}
	refused("a selection", part, nil, sink.ErrPartial)
	s, err := m.NewStream(nil)
	if err != nil {
		t.Fatal(err)
	}
	for range s.All(t.Context()) {
	}
	c, err := s.Checkpoint()
	if err != nil {
		t.Fatal(err)
	}
	refused("a checkpoint", m, &manifest.ReadOptions{Resume: c}, sink.ErrPartial)
	bad := e
	bad.Lines = []string{`{"BillingPreTaxTotal":1,"BillingCurrency":"EUR","CustomerId":"a"}`, `{"BillingPreTaxTotal":}`, `{"BillingPreTaxTotal":2,"BillingCurrency":"EUR","CustomerId":"b"}`}
	skip := &manifest.ReadOptions{OnBadLine: func(*lineitem.DecodeError) error { return nil }}
	refused("a line that is skipped", manifestOf(t, bad), skip, sink.ErrPartial)
	refused("a bad line", manifestOf(t, bad), nil, lineitem.ErrSyntax)
	lacking := e
	lacking.Lines = []string{`{"CustomerId":"a","BillingCurrency":"EUR"}`}
	refused("no amounts", manifestOf(t, lacking), nil, manifest.ErrAttributeMissing)
	for _, u := range []sink.Unit{
		{},
		{Dataset: "billed usage", Invoice: "G1"},
		{Dataset: "billed_usage"},
		{Dataset: "billed_usage", Invoice: "current"},
		{Dataset: "billed_usage", Month: "last", Currency: "EUR"},
		{Dataset: "billed_usage", Month: "2026-13", Currency: "EUR"},
		{Dataset: "billed_usage", Month: "2026-10"},
		{Dataset: "billed_usage", Month: "2026-10", Currency: "eur"},
		{Dataset: "billed_usage", Month: "2026-10", Currency: "EUR", Invoice: "G1"},
		{Dataset: "billed_usage", Invoice: strings.Repeat("x", 300)},
	} {
		if _, err := sqlsink.Load(t.Context(), db, u, m, schema, nil); !errors.Is(err, sink.ErrUnit) {
			t.Errorf("%+v: %v", u, err)
		}
	}
	// An export without rows is whole.
	none := e
	none.Rows = -1
	if r := load(t, db, none, nil); r.Status != sink.Loaded || r.Rows != 0 {
		t.Errorf("%+v", r)
	}
	if r := load(t, db, none, nil); r.Status != sink.Unchanged {
		t.Errorf("%+v", r)
	}
}
