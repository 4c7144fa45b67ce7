package sqlsink

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"github.com/partnerbilling/sdk-go/lineitem"
)

// SQLite is the [Dialect] of SQLite, with any driver. Decimals are TEXT, since every other type of
// SQLite loses digits.
type SQLite struct{}

// Quote implements [Dialect].
func (SQLite) Quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// Placeholder implements [Dialect].
func (SQLite) Placeholder(int) string { return "?" }

// KeyType implements [Dialect].
func (SQLite) KeyType() string { return "TEXT" }

// Column implements [Dialect].
func (SQLite) Column(c lineitem.Column) (typ string, how Binding) {
	switch c.Kind {
	case lineitem.KindInt, lineitem.KindBool:
		return "INTEGER", BindValue
	case lineitem.KindFloat:
		return "REAL", BindValue
	default:
		return "TEXT", BindText
	}
}

// Columns implements [Dialect].
func (SQLite) Columns(ctx context.Context, tx *sql.Tx, table string) (columns []TableColumn, err error) {
	const computed = 2 // and 3: generated columns, virtual and stored
	rows, err := tx.QueryContext(ctx, `SELECT name, type, "notnull", dflt_value IS NOT NULL, hidden FROM pragma_table_xinfo(?) ORDER BY cid`, table)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var c TableColumn
		var hasDefault bool
		var hidden int
		if err := rows.Scan(&c.Name, &c.Type, &c.NotNull, &hasDefault, &hidden); err != nil {
			return nil, err
		}
		c.Required, c.Computed = c.NotNull && !hasDefault, hidden >= computed
		columns = append(columns, c)
	}
	return columns, rows.Err()
}

// Local implements [Dialect].
func (SQLite) Local() bool { return true }

// Fits implements [Dialect]. What a column does to values follows from words in its type: text in a
// NUMERIC or DECIMAL column, for instance, becomes a floating point number.
func (SQLite) Fits(have TableColumn, want string) bool {
	if have.Type == "" {
		return true // it stores values as they are
	}
	typ := strings.ToUpper(have.Type)
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(typ, w) {
				return true
			}
		}
		return false
	}
	switch is := has("INT"); want {
	case "INTEGER":
		return is || typ == "BOOLEAN"
	case "REAL":
		return !is && has("REAL", "FLOA", "DOUB")
	default:
		return !is && has("CHAR", "CLOB", "TEXT")
	}
}
