// Package sqlitedb opens SQLite databases for package sqlsink, with the driver modernc.org/sqlite,
// which needs no cgo. It is a module of its own, so that no driver becomes a dependency of the SDK.
//
// Importing it registers the aggregate decimal_sum with the driver: the exact sum of decimals that
// are stored as text, NULL for no values, also as a window function. The sum of SQLite rounds.
//
//	SELECT BillingCurrency, decimal_sum(BillingPreTaxTotal) FROM billed_usage GROUP BY 1
package sqlitedb

import (
	"database/sql"
	"database/sql/driver"
	"fmt"
	"path/filepath"
	"strings"

	"modernc.org/sqlite"

	"github.com/partnerbilling/sdk-go/sink/sqlsink"
)

// settings make readers and a writer not wait for each other, and a writer wait for another one. A
// killed process loses no transaction, and a power failure none that was written to the disk. With
// 8,000 pages, which are 32 MB, the log is synchronized as often as there are that many, and not
// after every other transaction of a load.
const settings = "_pragma=busy_timeout(60000)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_pragma=wal_autocheckpoint(8000)"

// Open opens a database file, which is created if it does not exist, with a write-ahead log and a
// busy timeout of one minute. Beside it SQLite keeps two files while it is open, with the endings
// -wal and -shm. The file must be on a local disk. Nothing is read or created before the first
// statement.
func Open(file string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", "file:"+escaped(file)+"?"+settings)
	if err != nil {
		return nil, fmt.Errorf("sqlitedb: open: %w", err)
	}
	return db, nil
}

// escaped returns the name of a file as the path of a URI.
func escaped(file string) string {
	path := filepath.ToSlash(file)
	if volume := filepath.VolumeName(file); volume != "" && !strings.HasPrefix(path, "/") {
		path = "/" + path // file:/C:/folder/name
	}
	return strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path)
}

func init() { //nolint:gochecknoinits // As drivers register themselves.
	sqlite.MustRegisterFunction("decimal_sum", &sqlite.FunctionImpl{
		NArgs: 1, Deterministic: true,
		MakeAggregate: func(sqlite.FunctionContext) (sqlite.AggregateFunction, error) { return new(decimalSum), nil },
	})
}

// decimalSum is an aggregate of the driver.
type decimalSum struct{ sum sqlsink.DecimalSum }

// Step implements [sqlite.AggregateFunction].
func (d *decimalSum) Step(_ *sqlite.FunctionContext, args []driver.Value) error {
	return d.sum.Add(args[0])
}

// WindowInverse implements [sqlite.AggregateFunction].
func (d *decimalSum) WindowInverse(_ *sqlite.FunctionContext, args []driver.Value) error {
	return d.sum.Remove(args[0])
}

// WindowValue implements [sqlite.AggregateFunction].
func (d *decimalSum) WindowValue(*sqlite.FunctionContext) (driver.Value, error) {
	return d.sum.Value(), nil
}

// Final implements [sqlite.AggregateFunction].
func (d *decimalSum) Final(*sqlite.FunctionContext) {}
