package sqlsink

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"

	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/sink"
)

// database is where the rows of a unit are.
type database struct {
	names
	db      *sql.DB
	dialect Dialect
	unit    sink.Unit
}

func newDatabase(db *sql.DB, unit sink.Unit, o Options) (*database, error) {
	if err := unit.Check(); err != nil {
		return nil, err
	}
	n, err := o.names(unit)
	if err != nil {
		return nil, err
	}
	d := &database{names: n, db: db, dialect: o.Dialect, unit: unit}
	if d.dialect == nil {
		d.dialect = SQLite{}
	}
	return d, nil
}

// transaction runs a function in a transaction, which is committed unless it fails. The first
// statement of one that changes the database is an UPDATE: SQLite waits for another writer only
// there.
func (d *database) transaction(ctx context.Context, run func(*transaction) error) (err error) {
	conn, err := d.db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() {
		if closed := conn.Close(); closed != nil && !errors.Is(closed, sql.ErrConnDone) {
			err = errors.Join(err, fmt.Errorf("release the connection: %w", closed))
		}
	}()
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err := run(&transaction{d, tx}); err != nil {
		if failed := tx.Rollback(); failed != nil && !errors.Is(failed, sql.ErrTxDone) {
			discard(conn)
			err = errors.Join(err, fmt.Errorf("roll back: %w", failed))
		}
		return err
	}
	if err := tx.Commit(); err != nil {
		discard(conn)
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// discard closes a connection instead of giving it back to the pool: its transaction may still be
// open, since some databases keep one whose commit has failed, and would lock out the next.
func discard(conn *sql.Conn) {
	_ = conn.Raw(func(any) error { return driver.ErrBadConn })
}

type transaction struct {
	*database
	tx *sql.Tx
}

// exec runs a statement that is made of texts and arguments. It returns how many rows it changed.
func (t *transaction) exec(ctx context.Context, s *statement) (int64, error) {
	result, err := t.tx.ExecContext(ctx, s.text.String(), s.args...)
	if err != nil {
		return 0, s.failed(err)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return 0, s.failed(err)
	}
	return n, nil
}

// define runs a statement that creates or changes a table.
func (t *transaction) define(ctx context.Context, s *statement) error {
	if _, err := t.tx.ExecContext(ctx, s.text.String()); err != nil {
		return s.failed(err)
	}
	return nil
}

// query runs a query for one row. It returns false if there is none.
func (t *transaction) query(ctx context.Context, s *statement, into ...any) (found bool, err error) {
	err = t.tx.QueryRowContext(ctx, s.text.String(), s.args...).Scan(into...)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return false, nil
	case err != nil:
		return false, s.failed(err)
	}
	return true, nil
}

// columns returns the columns of a table or view.
func (t *transaction) columns(ctx context.Context, table string) ([]TableColumn, error) {
	columns, err := t.dialect.Columns(ctx, t.tx, table)
	if err != nil {
		return nil, fmt.Errorf("read the columns of table %q: %w", table, err)
	}
	return columns, nil
}

// statement is an SQL statement in the making.
type statement struct {
	dialect Dialect
	text    strings.Builder
	args    []any
}

// sql returns a statement. Quoted names of tables come after the texts that they belong to.
func (d *database) sql(text string, tables ...string) *statement {
	s := &statement{dialect: d.dialect}
	for _, table := range tables {
		before, after, _ := strings.Cut(text, "@")
		s.text.WriteString(before + d.dialect.Quote(table))
		text = after
	}
	s.text.WriteString(text)
	return s
}

func (s *statement) add(text string) *statement {
	s.text.WriteString(text)
	return s
}

// arg adds a parameter.
func (s *statement) arg(v any) *statement {
	s.args = append(s.args, v)
	return s.add(s.dialect.Placeholder(len(s.args)))
}

// equals adds a comparison.
func (s *statement) equals(column string, v any) *statement {
	return s.add(s.dialect.Quote(column) + " = ").arg(v)
}

// failed returns an error that says which statement has failed, by its first words.
func (s *statement) failed(err error) error {
	words := strings.Fields(s.text.String())
	return fmt.Errorf("%s: %w", strings.Join(words[:min(3, len(words))], " "), err)
}

// typeOf returns the type of a column of the ledger.
func (d *database) typeOf(kind lineitem.Kind) string {
	typ, _ := d.dialect.Column(lineitem.Column{Kind: kind})
	return typ
}
