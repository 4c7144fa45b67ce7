package sqlitedb_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/sink/sqlsink"
)

// openFaulty opens a file with the driver that fails. There is no write-ahead log, so that a
// database is one file.
func openFaulty(t testing.TB, file string) *sql.DB {
	t.Helper()
	db, err := sql.Open(faultyDriver, "file:"+file+"?_pragma=synchronous(OFF)&_pragma=busy_timeout(1000)")
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// operation is something that is tried with a fault at every call.
type operation struct {
	name  string
	run   func(ctx context.Context, db *sql.DB) error
	after content // what readers see when it has succeeded
}

// TestFaultAtEveryCall runs each operation with a fault at each of its calls to the driver, one
// after the other. Readers see what was there before, or what is there after, and when the
// operation is repeated without a fault, nothing else is left in the table.
func TestFaultAtEveryCall(t *testing.T) {
	first, second := export(25, 1), export(40, 2)
	m1, m2 := manifestOf(t, first), manifestOf(t, second)
	schema := schemaOf[lineitem.Usage](t, nil)
	options := &sqlsink.LoadOptions{CommitRows: 13}
	loading := func(ctx context.Context, db *sql.DB) error {
		_, err := sqlsink.Load(ctx, db, unit, m2, schema, options)
		return err
	}
	items := itemsOf(t, m2)
	writing := func(ctx context.Context, db *sql.DB) error {
		w, err := sqlsink.NewWriter(ctx, db, unit, schema, &sqlsink.WriterOptions{CommitRows: 13})
		if err != nil {
			return err
		}
		if err := w.Write(ctx, items); err != nil {
			_ = w.Abort(ctx)
			return err
		}
		_, err = w.Close(ctx)
		return err
	}
	forgetting := func(ctx context.Context, db *sql.DB) error { return sqlsink.Forget(ctx, db, unit, nil) }

	// An older export, and a database in which a load over it was interrupted.
	folder := t.TempDir()
	older, interrupted := filepath.Join(folder, "older.db"), filepath.Join(folder, "interrupted.db")
	db := openFaulty(t, older)
	if _, err := sqlsink.Load(t.Context(), db, unit, m1, schema, options); err != nil {
		t.Fatal(err)
	}
	closeDB(t, db)
	copyFile(t, older, interrupted)
	db = openFaulty(t, interrupted)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := sqlsink.Load(ctx, db, unit, m2, schema, &sqlsink.LoadOptions{CommitRows: 13, OnCommit: func(int64) { cancel() }})
	if err == nil {
		t.Fatal("the load was not interrupted")
	}
	closeDB(t, db)

	whole, before := truth(t, second), truth(t, first)
	for _, c := range []struct {
		name   string
		file   string // the database before
		before content
		operation
	}{
		{"into an empty database", "", content{}, operation{name: "load", run: loading, after: whole}},
		{"over an older export", older, before, operation{name: "load", run: loading, after: whole}},
		{"resumed", interrupted, before, operation{name: "load", run: loading, after: whole}},
		{"over a load that was interrupted", interrupted, before, operation{name: "write", run: writing, after: whole}},
		{"a load that was interrupted", interrupted, before, operation{name: "forget", run: forgetting, after: content{}}},
	} {
		for _, f := range allFaults {
			t.Run(c.operation.name+" "+c.name+", "+f.name, func(t *testing.T) {
				everyCall(t, c.file, c.before, c.operation, f)
			})
		}
	}
}

func everyCall(t *testing.T, from string, before content, o operation, f fault) {
	folder := t.TempDir()
	seen := map[string]int{}
	for n := 1; ; n++ {
		file := filepath.Join(folder, "bill.db")
		if from == "" {
			remove(t, file)
		} else {
			copyFile(t, from, file)
		}
		db := openFaulty(t, file)
		inject(n, f)
		err := o.run(t.Context(), db)
		calls, what := injected()
		inject(0, fault{})
		if calls < n {
			if err != nil {
				t.Errorf("without a fault: %v", err)
			}
			if n < 10 {
				t.Errorf("only %d calls", n)
			}
			closeDB(t, db)
			return
		}
		got := visibleOrNone(t, db)
		switch {
		case got.equal(o.after):
			seen["after"]++
		case got.equal(before) && err != nil:
			seen["before"]++
		default:
			t.Errorf("call %d (%s): %v; readers see %v", n, what, err, got)
		}
		if err != nil && strings.Contains(err.Error(), "c1") {
			t.Errorf("call %d (%s): %v", n, what, err)
		}
		if err := o.run(t.Context(), db); err != nil {
			t.Errorf("call %d (%s): repeated: %v", n, what, err)
		}
		if got := visibleOrNone(t, db); !got.equal(o.after) {
			t.Errorf("call %d (%s): repeated: readers see %v", n, what, got)
		}
		if number(t, db, `SELECT count(*) FROM sqlite_schema WHERE name = 'billed_usage_rows'`) > 0 {
			expectOnly(t, db, o.after.rows)
		}
		closeDB(t, db)
		if t.Failed() {
			return
		}
	}
}

// visibleOrNone is visible, without rows if there is no view yet.
func visibleOrNone(t testing.TB, db *sql.DB) content {
	t.Helper()
	if number(t, db, `SELECT count(*) FROM sqlite_schema WHERE name = 'billed_usage'`) == 0 {
		return content{}
	}
	c, err := visible(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func closeDB(t testing.TB, db *sql.DB) {
	t.Helper()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func copyFile(t testing.TB, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	remove(t, to)
	if err := os.WriteFile(to, data, 0o600); err != nil { //nolint:gosec // A file in the test's own folder.
		t.Fatal(err)
	}
}

func remove(t testing.TB, file string) {
	t.Helper()
	for _, name := range []string{file, file + "-journal", file + "-wal", file + "-shm"} {
		if err := os.RemoveAll(name); err != nil {
			t.Fatal(err)
		}
	}
}
