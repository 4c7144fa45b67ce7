package sqlitedb_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// faultyDriver is the name of a driver that passes each call to that of SQLite and fails at one.
const faultyDriver = "sqlite that fails"

var errFault = errors.New("injected fault")

// fault is what happens at the call.
type fault struct {
	name string
	// after says that the call is executed first, as when a response is lost.
	after bool
	// drops says that the connection is lost, and with it a transaction that is open.
	drops bool
}

var allFaults = []fault{
	{name: "statement fails"},
	{name: "connection lost before", drops: true},
	{name: "connection lost after", drops: true, after: true},
}

// faults decides which call fails. Calls are counted from 1.
var faults struct {
	mu    sync.Mutex
	calls int
	at    int
	fault fault
	call  func(n int) // instead of a fault, if it is not nil
	last  string      // what the call was that failed
}

// inject makes the n-th call from now on fail; 0: none.
func inject(n int, f fault) {
	faults.mu.Lock()
	defer faults.mu.Unlock()
	faults.calls, faults.at, faults.fault, faults.last = 0, n, f, ""
}

// injected returns how many calls there were, and which one failed.
func injected() (calls int, what string) {
	faults.mu.Lock()
	defer faults.mu.Unlock()
	return faults.calls, faults.last
}

func init() {
	db, err := sql.Open("sqlite", "")
	if err != nil {
		panic(err)
	}
	sql.Register(faultyDriver, faultySQLite{db.Driver()})
}

type faultySQLite struct{ driver.Driver }

func (d faultySQLite) Open(name string) (driver.Conn, error) {
	conn, err := d.Driver.Open(name)
	if err != nil {
		return nil, err
	}
	all, is := conn.(sqliteConn)
	if !is {
		return nil, fmt.Errorf("unexpected connection %T", conn)
	}
	return &faultyConn{conn: all}, nil
}

// sqliteConn is what database/sql uses of the driver's connections.
type sqliteConn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ConnBeginTx
	driver.ExecerContext
	driver.QueryerContext
}

// sqliteStmt is what database/sql uses of the driver's statements.
type sqliteStmt interface {
	driver.Stmt
	driver.StmtExecContext
}

// faultyConn has the methods that database/sql uses of the driver.
type faultyConn struct {
	conn  sqliteConn
	lost  bool
	stmts []driver.Stmt // that are open
	rows  driver.Rows   // the last ones
}

// call runs a call, or fails instead.
func (c *faultyConn) call(what string, run func() error) error {
	if c.lost {
		return driver.ErrBadConn
	}
	c.rows = nil
	faults.mu.Lock()
	faults.calls++
	n, f, call := faults.calls, faults.fault, faults.call
	now := n == faults.at
	if now {
		faults.last = what
	}
	faults.mu.Unlock()
	if call != nil {
		call(n)
	}
	if !now {
		return run()
	}
	if f.after {
		_ = run()
	}
	if f.drops {
		c.lose()
	}
	return errFault
}

// lose closes the connection, which rolls back.
func (c *faultyConn) lose() {
	c.lost = true
	if c.rows != nil {
		_ = c.rows.Close()
	}
	for _, s := range c.stmts {
		_ = s.Close()
	}
	_ = c.conn.Close()
}

func (c *faultyConn) Close() error {
	if c.lost {
		return nil
	}
	return c.conn.Close()
}

func (c *faultyConn) IsValid() bool { return !c.lost }

func (c *faultyConn) ResetSession(context.Context) error {
	if c.lost {
		return driver.ErrBadConn
	}
	return nil
}

func (c *faultyConn) Prepare(query string) (driver.Stmt, error) {
	return c.PrepareContext(context.Background(), query)
}

func (c *faultyConn) Begin() (driver.Tx, error) {
	return c.BeginTx(context.Background(), driver.TxOptions{})
}

func (c *faultyConn) PrepareContext(ctx context.Context, query string) (s driver.Stmt, err error) {
	err = c.call("prepare "+query, func() error {
		if s, err = c.conn.PrepareContext(ctx, query); err == nil {
			c.stmts = append(c.stmts, s)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	all, is := s.(sqliteStmt)
	if !is {
		return nil, fmt.Errorf("unexpected statement %T", s)
	}
	return &faultyStmt{all, c, query}, nil
}

func (c *faultyConn) BeginTx(ctx context.Context, o driver.TxOptions) (tx driver.Tx, err error) {
	err = c.call("begin", func() error {
		tx, err = c.conn.BeginTx(ctx, o)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &faultyTx{tx, c}, nil
}

func (c *faultyConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (r driver.Result, err error) {
	err = c.call(query, func() error {
		r, err = c.conn.ExecContext(ctx, query, args)
		return err
	})
	return r, err
}

func (c *faultyConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (r driver.Rows, err error) {
	err = c.call(query, func() error {
		r, err = c.conn.QueryContext(ctx, query, args)
		c.rows = r
		return err
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

type faultyTx struct {
	tx driver.Tx
	c  *faultyConn
}

func (t *faultyTx) Commit() error   { return t.c.call("commit", t.tx.Commit) }
func (t *faultyTx) Rollback() error { return t.c.call("rollback", t.tx.Rollback) }

type faultyStmt struct {
	sqliteStmt
	c     *faultyConn
	query string
}

func (s *faultyStmt) Close() error {
	if s.c.lost {
		return nil
	}
	s.c.stmts = slices.DeleteFunc(s.c.stmts, func(o driver.Stmt) bool { return o == s.sqliteStmt })
	return s.sqliteStmt.Close()
}

func (s *faultyStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (r driver.Result, err error) {
	err = s.c.call(s.query, func() error {
		r, err = s.sqliteStmt.ExecContext(ctx, args)
		return err
	})
	return r, err
}
