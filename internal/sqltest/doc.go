// Package sqltest stores decimals through the drivers of database/sql and reads them back: SQLite
// and DuckDB run in this process, PostgreSQL is started for the test, MySQL is a fake that returns
// its arguments, and SQL Server's driver checks arguments without a server. The test prints a table
// of driver, type and values.
//
// It is a module of its own, so that no driver becomes a dependency of the SDK.
package sqltest
