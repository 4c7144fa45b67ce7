package postgres

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
)

// Options change what Start starts.
type Options struct {
	// Settings are parameters of the server, such as "fsync=on". It is off by default: commits
	// survive the end of every process, but not of the operating system.
	Settings []string
	// FaultyDisk makes FillDisk work. It needs Linux and a C compiler.
	FaultyDisk bool
}

// Server is a running PostgreSQL, used by one test.
type Server struct {
	t      testing.TB
	c      *cluster
	shared bool
}

// Start starts a server for the test. It stops when the test ends. If the test has failed, it logs
// the end of the server's log.
func Start(t testing.TB, options *Options) *Server {
	t.Helper()
	if options == nil {
		options = &Options{}
	}
	c, err := launch(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("log of PostgreSQL:\n%s", c.logTail())
		}
		if err := c.remove(); err != nil {
			t.Error(err)
		}
	})
	return &Server{t: t, c: c}
}

// shared starts the shared server, which its guard ends with the test binary.
var shared = sync.OnceValues(func() (*cluster, error) { return launch(&Options{}) })

// Shared returns the server that all tests of the test binary share. Tests are isolated from each
// other by databases of their own. The server cannot be broken.
func Shared(t testing.TB) *Server {
	t.Helper()
	c, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return &Server{t: t, c: c, shared: true}
}

var databases atomic.Int64

// NewDatabase creates a database and returns its name, which is unique in the test binary.
func (s *Server) NewDatabase() string {
	s.t.Helper()
	name := fmt.Sprintf("test_%d", databases.Add(1))
	s.Query(superuser, "CREATE DATABASE "+name)
	return name
}

// DSN returns the connection string of a database, for pgx, lib/pq and libpq.
func (s *Server) DSN(database string) string { return dsn(s.c.folder, database) }

func dsn(folder, database string) string {
	return fmt.Sprintf("host='%s' port=5432 user=%s dbname=%s sslmode=disable", folder, superuser, database)
}

// Query sends SQL to a database, without a driver, and returns the rows as text. A null is "".
// The database that every server has is "postgres".
func (s *Server) Query(database, sql string) (rows [][]string) {
	s.t.Helper()
	rows, err := s.c.query(database, sql)
	if err != nil {
		s.t.Fatal(err)
	}
	return rows
}

// Log returns the end of the server's log.
func (s *Server) Log() string { return s.c.logTail() }

// Kill ends all processes of the server as SIGKILL does. Connections are dropped, and what was not
// committed is lost.
func (s *Server) Kill() {
	s.t.Helper()
	s.own()
	if err := s.c.kill(); err != nil {
		s.t.Fatal(err)
	}
}

// Restart starts the server again on the same data, after Kill or instead of a clean stop and
// start. It returns when the server has recovered and accepts connections.
func (s *Server) Restart() {
	s.t.Helper()
	s.own()
	err := s.c.stop()
	if err == nil {
		err = s.c.start()
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// FillDisk makes every write fail that needs more space in the data folder, with ENOSPC, until
// FreeDisk. The server must have been started with Options.FaultyDisk. A transaction that needs no
// new page of a table, index or log can still commit, as on a disk that is really full.
func (s *Server) FillDisk() {
	s.t.Helper()
	s.own()
	if !s.c.faultyDisk {
		s.t.Fatal("postgres: FillDisk: the server was started without Options.FaultyDisk")
	}
	if err := os.WriteFile(s.c.diskSwitch(), nil, 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// FreeDisk ends what FillDisk began.
func (s *Server) FreeDisk() {
	s.t.Helper()
	if err := os.Remove(s.c.diskSwitch()); err != nil && !errors.Is(err, os.ErrNotExist) {
		s.t.Fatal(err)
	}
}

// own fails a test that would break the server of other tests.
func (s *Server) own() {
	s.t.Helper()
	if s.shared {
		s.t.Fatal("postgres: the shared server cannot be broken; use Start")
	}
}
