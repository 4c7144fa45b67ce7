package sqlsink

import (
	"fmt"
	"regexp"

	"github.com/partnerbilling/sdk-go/manifest"
	"github.com/partnerbilling/sdk-go/sink"
)

// LoadColumn is the name of the column with the number of the load in a table of rows. No column of
// a schema may have it.
const LoadColumn = "load_number"

// DefaultLedger is the name of the table with the ledger, unless [Options] say otherwise.
const DefaultLedger = "billing_loads"

// Options say where rows are. The zero value and nil are the defaults.
type Options struct {
	// Dialect is that of the database; nil means [SQLite].
	Dialect Dialect
	// View is the name of the view for readers; empty means the unit's dataset. The table of rows
	// has the same name with _rows after it. A view has the rows of one dataset.
	View string
	// Ledger is the name of the table with the ledger; empty means [DefaultLedger].
	Ledger string
}

// LoadOptions are the options of [Load]. The zero value and nil are the defaults.
type LoadOptions struct {
	Options
	// AttributeSet names the attribute set that the export was requested with, such as full or
	// basic. An export of another set replaces the rows, also if its data are the same.
	AttributeSet string
	// Read says how the export is read. It must have no Resume, since the database has the
	// checkpoint, and its OnBadLine must skip no line.
	Read *manifest.ReadOptions
	// CommitRows is how many rows a transaction inserts, approximately; 0 means 2,000. They are in
	// memory until then, and are read again if the load is killed before.
	CommitRows int
	// OnCommit is called after each transaction that has inserted rows, with the number of rows of
	// the load so far, those of an earlier start included.
	OnCommit func(rows int64)
}

// WriterOptions are the options of [NewWriter]. The zero value and nil are the defaults.
type WriterOptions struct {
	Options
	// CommitRows is how many rows a transaction inserts; 0 means 2,000. They are in memory until
	// then.
	CommitRows int
}

// nameForm is that of names of tables.
var nameForm = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,54}$`)

// names are the names of an operation's tables.
type names struct {
	ledger, view, rows string
}

func (o *Options) names(unit sink.Unit) (n names, err error) {
	n = names{ledger: o.Ledger, view: o.View}
	if n.ledger == "" {
		n.ledger = DefaultLedger
	}
	if n.view == "" {
		n.view = unit.Dataset
	}
	n.rows = n.view + "_rows"
	for _, name := range []string{n.ledger, n.view} {
		if !nameForm.MatchString(name) {
			return n, &sink.TableError{Table: name, Reason: "not a valid name; use up to 55 letters, digits and underscores"}
		}
	}
	if n.ledger == n.view || n.ledger == n.rows {
		return n, &sink.TableError{Table: n.ledger, Reason: fmt.Sprintf("it is the name of the ledger and one of %s and %s; choose another View or Ledger", n.view, n.rows)}
	}
	return n, nil
}
