package sqltest_test

import (
	"database/sql"
	"database/sql/driver"
	"fmt"
	"strings"
	"testing"

	_ "github.com/duckdb/duckdb-go/v2"
	_ "github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "github.com/lib/pq"
	_ "github.com/mattn/go-sqlite3"
	mssql "github.com/microsoft/go-mssqldb"
	_ "modernc.org/sqlite"

	"github.com/partnerbilling/sdk-go/internal/postgres"
	"github.com/partnerbilling/sdk-go/lineitem"
)

func decimal(t *testing.T, text string) lineitem.Decimal {
	t.Helper()
	d, err := lineitem.ParseDecimal(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func open(t *testing.T, driver, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1) // a database in memory belongs to a connection
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// check stores each value, reads it back, and adds a row to the table. The outcome is the text that
// the database has of the number.
func check(t *testing.T, name, columnType string, roundTrip func(t *testing.T, d any, back *lineitem.Decimal) (stored string, err error)) {
	t.Helper()
	t.Run(name+" "+columnType, func(t *testing.T) {
		row := []string{name, columnType}
		for _, v := range values {
			d := decimal(t, v.text)
			outcome := ""
			for how, arg := range map[string]any{"value": d, "pointer": &d} {
				back := decimal(t, "5") // a null must replace it
				stored, err := roundTrip(t, arg, &back)
				switch {
				case err != nil:
					t.Errorf("%s, %s: %v", v.name, how, err)
					outcome = "FAILED"
				case !back.Equal(d) || back.IsNull() != d.IsNull():
					t.Errorf("%s, %s: stored %s, read back %s, want %s", v.name, how, stored, back, d)
					outcome = "FAILED"
				case outcome == "":
					outcome = stored
				}
			}
			row = append(row, outcome)
		}
		table = append(table, row)
	})
}

// stores checks a database with a table. Placeholder is that of the only argument.
func stores(t *testing.T, name string, db *sql.DB, columnType, placeholder string) {
	t.Helper()
	table := fmt.Sprintf("decimals%d", len(table))
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE "+table+" (d "+columnType+")"); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	check(t, name, columnType, func(t *testing.T, d any, back *lineitem.Decimal) (stored string, err error) {
		for _, statement := range []string{"DELETE FROM " + table, "INSERT INTO " + table + " VALUES (" + placeholder + ")"} {
			var args []any
			if strings.HasPrefix(statement, "INSERT") {
				args = []any{d}
			}
			if _, err := db.ExecContext(t.Context(), statement, args...); err != nil {
				return "", err
			}
		}
		var text sql.NullString
		if err := db.QueryRowContext(t.Context(), "SELECT d, CAST(d AS TEXT) FROM "+table).Scan(back, &text); err != nil {
			return "", err
		}
		if !text.Valid {
			text.String = "NULL"
		}
		return text.String, nil
	})
}

func TestSQLite(t *testing.T) {
	stores(t, "modernc.org/sqlite", open(t, "sqlite", ":memory:"), "TEXT", "?")
	stores(t, "mattn/go-sqlite3", open(t, "sqlite3", ":memory:"), "TEXT", "?")
}

// TestSQLiteTypesThatLoseDigits states why the guide stores text: a NUMERIC column holds a floating
// point number, which Scan rejects instead of returning it.
func TestSQLiteTypesThatLoseDigits(t *testing.T) {
	for _, name := range []string{"sqlite", "sqlite3"} {
		for _, columnType := range []string{"NUMERIC", "REAL", "DECIMAL(38,24)"} {
			db := open(t, name, ":memory:")
			if _, err := db.ExecContext(t.Context(), "CREATE TABLE t (d "+columnType+")"); err != nil {
				t.Fatal(err)
			}
			if _, err := db.ExecContext(t.Context(), "INSERT INTO t VALUES (?)", decimal(t, "1.5")); err != nil {
				t.Fatal(err)
			}
			var back lineitem.Decimal
			err := db.QueryRowContext(t.Context(), "SELECT d FROM t").Scan(&back)
			if err == nil || !strings.Contains(err.Error(), "select the column as text") {
				t.Errorf("%s, %s: %s, %v", name, columnType, back, err)
			}
		}
	}
}

func TestPostgreSQL(t *testing.T) {
	dsn := postgres.Start(t, nil).DSN("postgres")
	pq := open(t, "postgres", dsn)
	stores(t, "lib/pq", pq, "numeric", "$1")
	stores(t, "lib/pq", pq, "text", "$1")
	stores(t, "lib/pq binary", open(t, "postgres", dsn+" binary_parameters=yes"), "numeric", "$1")
	stores(t, "pgx/stdlib", open(t, "pgx", dsn), "numeric", "$1")
	stores(t, "pgx/stdlib", open(t, "pgx", dsn), "text", "$1")
	stores(t, "pgx/stdlib exec", open(t, "pgx", dsn+" default_query_exec_mode=exec"), "numeric", "$1")
	stores(t, "pgx/stdlib simple", open(t, "pgx", dsn+" default_query_exec_mode=simple_protocol"), "numeric", "$1")

	// The same driver without database/sql, and its bulk load.
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := conn.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	if _, err := conn.Exec(t.Context(), "CREATE TABLE own (d numeric)"); err != nil {
		t.Fatal(err)
	}
	read := func(t *testing.T, back *lineitem.Decimal) (stored string, err error) {
		err = conn.QueryRow(t.Context(), "SELECT d, coalesce(d::text, 'NULL') FROM own").Scan(back, &stored)
		return stored, err
	}
	check(t, "pgx", "numeric", func(t *testing.T, d any, back *lineitem.Decimal) (stored string, err error) {
		if _, err := conn.Exec(t.Context(), "TRUNCATE own"); err != nil {
			return "", err
		}
		if _, err := conn.Exec(t.Context(), "INSERT INTO own VALUES ($1)", d); err != nil {
			return "", err
		}
		return read(t, back)
	})
	check(t, "pgx COPY", "numeric", func(t *testing.T, d any, back *lineitem.Decimal) (stored string, err error) {
		if _, err := conn.Exec(t.Context(), "TRUNCATE own"); err != nil {
			return "", err
		}
		if _, err := conn.CopyFrom(t.Context(), pgx.Identifier{"own"}, []string{"d"}, pgx.CopyFromRows([][]any{{d}})); err != nil {
			return "", err
		}
		return read(t, back)
	})
}

func TestDuckDB(t *testing.T) {
	db := open(t, "duckdb", "")
	stores(t, "duckdb-go", db, "VARCHAR", "?")
	// No DECIMAL has room for all values: one of 38 digits has either whole digits or places.
	check(t, "duckdb-go", "DECIMAL", func(t *testing.T, d any, back *lineitem.Decimal) (stored string, err error) {
		var text sql.NullString
		for _, columnType := range []string{"DECIMAL(38,34)", "DECIMAL(38,2)"} {
			query := "SELECT d, CAST(d AS TEXT) FROM (SELECT CAST(? AS " + columnType + ") AS d)"
			if err = db.QueryRowContext(t.Context(), query, d).Scan(back, &text); err == nil {
				break
			}
		}
		if !text.Valid {
			text.String = "NULL"
		}
		return text.String, err
	})

	var sum lineitem.Decimal // of type HUGEINT, a *big.Int in Go
	if err := db.QueryRowContext(t.Context(), "SELECT sum(i) FROM range(10) t(i)").Scan(&sum); err != nil || sum.String() != "45" {
		t.Errorf("sum of integers: %s, %v", sum, err)
	}
	var small lineitem.Decimal // an int8
	if err := db.QueryRowContext(t.Context(), "SELECT CAST(7 AS TINYINT)").Scan(&small); err != nil || small.String() != "7" {
		t.Errorf("TINYINT: %s, %v", small, err)
	}
}

func TestMySQL(t *testing.T) {
	address := startMySQL(t)
	for name, option := range map[string]string{"go-sql-driver": "", "go-sql-driver interpolated": "?interpolateParams=true"} {
		db := open(t, "mysql", "test@tcp("+address+")/test"+option)
		check(t, name, "fake DECIMAL", func(t *testing.T, d any, back *lineitem.Decimal) (stored string, err error) {
			var text sql.NullString
			if err := db.QueryRowContext(t.Context(), "SELECT ?", d).Scan(back); err != nil {
				return "", err
			}
			err = db.QueryRowContext(t.Context(), "SELECT ?", d).Scan(&text)
			if !text.Valid {
				text.String = "NULL"
			}
			return text.String, err
		})
	}
}

// TestSQLServer checks arguments alone. The driver returns a DECIMAL as text.
func TestSQLServer(t *testing.T) {
	check(t, "go-mssqldb", "arguments", func(_ *testing.T, d any, back *lineitem.Decimal) (stored string, err error) {
		arg := driver.NamedValue{Ordinal: 1, Value: d}
		if err := new(mssql.Conn).CheckNamedValue(&arg); err != nil {
			return "", err
		}
		// What the driver does with a driver.Valuer when it sends the parameters.
		value, err := driver.DefaultParameterConverter.ConvertValue(arg.Value)
		if err != nil {
			return "", err
		}
		switch v := value.(type) {
		case nil:
			return "NULL", back.Scan(nil)
		case string:
			return v, back.Scan([]byte(v))
		}
		return "", fmt.Errorf("argument is a %T", value)
	})
}
