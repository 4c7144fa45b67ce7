// Package filetest has DuckDB read the CSV and Parquet files that the sinks write, and compares
// what it finds with the truth of the generator and with the rows.
package filetest
