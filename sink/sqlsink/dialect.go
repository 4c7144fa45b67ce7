package sqlsink

import (
	"context"
	"database/sql"

	"github.com/partnerbilling/sdk-go/lineitem"
)

// Dialect is what differs between databases. The statements of this package are otherwise standard
// SQL: CREATE TABLE, INDEX and VIEW, ALTER TABLE … ADD, DROP VIEW, INSERT, UPDATE, DELETE, and
// SELECT with a join.
//
// The database must have transactions in which an UPDATE locks its row until the end, such as those
// of isolation level read committed, and the driver must report the number of rows that an UPDATE
// matched. Where CREATE TABLE cannot be rolled back, a killed start leaves empty tables.
type Dialect interface {
	// Quote returns a name as an identifier: "a" in standard SQL. Names have only letters, digits,
	// spaces and underscores, unless the schema has others.
	Quote(name string) string
	// Placeholder returns the n-th parameter of a statement, counted from 1: ? or $1.
	Placeholder(n int) string
	// KeyType returns the type of texts of up to 250 bytes that are part of a primary key.
	KeyType() string
	// Column returns the type of a column, and how its values are passed to the driver.
	Column(c lineitem.Column) (typ string, how Binding)
	// Columns returns the columns of a table or view in their order, nil if it does not exist.
	Columns(ctx context.Context, tx *sql.Tx, table string) ([]TableColumn, error)
	// Fits reports whether an existing column stores every value of a column of a type of Column or
	// KeyType without changing it.
	Fits(have TableColumn, want string) bool
	// Local reports whether the database runs in this process. The context is then checked between
	// rows, and not by the driver while it inserts one, which takes some drivers a goroutine.
	Local() bool
}

// TableColumn is a column of an existing table or view.
type TableColumn struct {
	// Name is its name as the database has it.
	Name string
	// Type is its declared type.
	Type string
	// Required says that an INSERT must give it a value other than NULL.
	Required bool
	// NotNull says that it cannot be NULL.
	NotNull bool
	// Computed says that an INSERT cannot give it a value.
	Computed bool
}

// Binding is how the values of a column are passed to the driver. NULL is always nil.
type Binding uint8

const (
	// BindText passes the text of [lineitem.Schema.Text], whatever the kind. Decimals have all
	// their digits.
	BindText Binding = iota + 1
	// BindValue passes an int64, float64, bool or [time.Time], or the text of other kinds.
	BindValue
	// BindScaled passes decimals as text, and refuses those that a DECIMAL(38) of the column's
	// scale cannot hold, which some databases round. Other kinds are passed as with BindValue.
	BindScaled
)
