package pgsink_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/partnerbilling/sdk-go/internal/postgres"
)

// What a test does to its server is what pgx reports.

func TestServerIsReachedWithPgx(t *testing.T) {
	server := postgres.Shared(t)
	conn := connect(t, server.DSN(server.NewDatabase()))
	if n := copyInto(t, conn, 1000); n != 1000 {
		t.Errorf("%d rows, want 1000", n)
	}
}

func TestFullDiskIsAnErrorOfPgx(t *testing.T) {
	server := postgres.Start(t, &postgres.Options{FaultyDisk: true})
	database := server.NewDatabase()
	conn := connect(t, server.DSN(database))
	copyInto(t, conn, 10)
	server.FillDisk()
	_, err := conn.CopyFrom(t.Context(), pgx.Identifier{"t"}, []string{"n", "text"}, rows(1_000_000))
	if full := new(pgconn.PgError); !errors.As(err, &full) || full.Code != "53100" {
		t.Errorf("got %v, want SQLSTATE 53100", err)
	}
	server.FreeDisk()
	if got := server.Query(database, "SELECT count(*) FROM t")[0][0]; got != "10" {
		t.Errorf("%s rows, want 10", got)
	}
}

func TestDroppedConnectionIsAnErrorOfPgx(t *testing.T) {
	server := postgres.Shared(t)
	database := server.NewDatabase()
	proxy := server.NewProxy()
	conn := connect(t, proxy.DSN(database))
	copyInto(t, conn, 10)
	proxy.DropAfter(1 << 20)
	_, err := conn.CopyFrom(t.Context(), pgx.Identifier{"t"}, []string{"n", "text"}, rows(1_000_000))
	if err == nil || !conn.IsClosed() {
		t.Errorf("got %v, and the connection is open", err)
	}
	if n := copyInto(t, connect(t, proxy.DSN(database)), 10); n != 20 {
		t.Errorf("%d rows, want 20", n)
	}
}

func TestKilledServerIsAnErrorOfPgx(t *testing.T) {
	server := postgres.Start(t, nil)
	database := server.NewDatabase()
	conn := connect(t, server.DSN(database))
	copyInto(t, conn, 10)
	begun, copied := make(chan struct{}), make(chan error)
	go func() {
		n := 0
		_, err := conn.CopyFrom(t.Context(), pgx.Identifier{"t"}, []string{"n", "text"}, pgx.CopyFromFunc(func() ([]any, error) {
			if n++; n == 100_000 {
				close(begun)
			}
			return []any{n, "text"}, nil // without an end
		}))
		copied <- err
	}()
	<-begun
	server.Kill()
	if err := <-copied; err == nil || !conn.IsClosed() {
		t.Errorf("got %v, and the connection is open", err)
	}
	server.Restart()
	if got := copyInto(t, connect(t, server.DSN(database)), 5); got != 15 {
		t.Errorf("%d rows, want 15", got)
	}
}

func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}

// copyInto appends rows to the table t and returns how many it then has.
func copyInto(t *testing.T, conn *pgx.Conn, n int) (count int) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), "CREATE TABLE IF NOT EXISTS t (n bigint, text text)"); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.CopyFrom(t.Context(), pgx.Identifier{"t"}, []string{"n", "text"}, rows(n)); err != nil {
		t.Fatal(err)
	}
	if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM t").Scan(&count); err != nil {
		t.Fatal(err)
	}
	return count
}

func rows(n int) pgx.CopyFromSource {
	text := strings.Repeat("x", 100)
	return pgx.CopyFromSlice(n, func(i int) ([]any, error) { return []any{i, text}, nil })
}
