// Package sqlsink loads the rows of exports into databases through database/sql, so that readers of
// a view see each export whole and once, however often a load is killed.
//
//	unit := sink.Unit{Dataset: "billed_usage", Invoice: "G016907411"}
//	result, err := sqlsink.Load(ctx, db, unit, m, schema, nil)
//
// [Load] loads an export and resumes a load that was killed, [NewWriter] loads rows that come from
// no export, and [Forget] deletes a unit. Package sink says how a load works.
//
// # Tables
//
// Rows of a dataset are in a table, billed_usage_rows for instance, with a column for each column
// of the schema and the number of the load, [LoadColumn]. Readers use the view billed_usage, which
// has the rows of the loads that are current. All tables share a ledger, billing_loads. They are
// created where they do not exist. A column that a table lacks is added, so that rows of the full
// and of the basic attribute set can replace each other. A table that does not fit for another
// reason is a [*sink.TableError], which names the column.
//
// The columns of the ledger can be read: target (the table of rows), unit ([sink.Unit.Key]),
// load_number, etag, manifest_id, attribute_set, schema_hash, row_count, sums (JSON) and loaded_at
// are about the rows that readers see.
//
// # SQLite
//
// [SQLite] is the default [Dialect]. Decimals are TEXT with all digits, times TEXT in RFC 3339, and
// dates TEXT such as 2026-10-31. The sum of SQLite rounds: add up with decimal_sum, which module
// sink/sqlsink/sqlitedb registers, or in Go with [lineitem.Totals]. Open the database with a
// write-ahead log, so that readers and a load do not wait for each other, and a busy timeout;
// sqlitedb.Open does both.
//
// SQLite has one writer. Between its transactions a load leaves the database to others.
package sqlsink
