package sink

import (
	"errors"
	"fmt"
)

var (
	// ErrUnit is returned for a [Unit] that does not name rows.
	ErrUnit = errors.New("invalid unit")

	// ErrSuperseded is returned when a newer load of the same unit has started, or the unit was
	// forgotten. The rows of this load are not visible and are deleted by the newer one.
	ErrSuperseded = errors.New("superseded by a newer load of the same unit")

	// ErrPartial is returned for rows that are not a whole export: a selection of its blobs, a read
	// that begins at a checkpoint of the caller's, or one that skips lines.
	ErrPartial = errors.New("not a whole export")

	// ErrTable is returned for a table or view that exists in the database and does not fit the
	// rows. The error is a [*TableError].
	ErrTable = errors.New("table does not fit the rows")

	// ErrRows is returned when the table does not have the rows that were inserted: a trigger or
	// another program has changed it. The load is not made current.
	ErrRows = errors.New("table does not have the rows that were inserted")

	// ErrValue is returned for a value that the database cannot store, such as a text with a NUL
	// byte. The error is a [*lineitem.ValueError] as well, with the row's position.
	//
	// [*lineitem.ValueError]: https://pkg.go.dev/github.com/partnerbilling/sdk-go/lineitem#ValueError
	ErrValue = errors.New("value cannot be stored")

	// ErrClosed is returned by a writer that was closed or aborted, or has failed.
	ErrClosed = errors.New("writer is closed")
)

// TableError is the error for a table or view that does not fit the rows. It matches [ErrTable].
type TableError struct {
	// Table is the name of the table or view.
	Table string
	// Column is the name of the column that does not fit, "" if the table itself does not.
	Column string
	// Reason is what does not fit, and what to do.
	Reason string
}

// Error returns "table name: column name: reason".
func (e *TableError) Error() string {
	if e.Column == "" {
		return fmt.Sprintf("table %q: %s", e.Table, e.Reason)
	}
	return fmt.Sprintf("table %q: column %q: %s", e.Table, e.Column, e.Reason)
}

// Unwrap returns [ErrTable].
func (e *TableError) Unwrap() error { return ErrTable }
