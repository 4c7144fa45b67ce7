package sqlsink

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/partnerbilling/sdk-go/internal/ledger"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
	"github.com/partnerbilling/sdk-go/sink"
)

// Load makes the rows of an export those of the unit. It reads the export from the checkpoint that
// the database has of a load that was killed, if the data are the same, and from its start
// otherwise. If the unit has the same export already (eTag, attribute set and schema), nothing is
// read, and the status is [sink.Unchanged]. An export without an eTag is always loaded, from its
// start.
//
// After an error readers see the rows of before, if the result is zero. The error matches
//   - [sink.ErrSuperseded]: a newer load of the unit has started;
//   - [sink.ErrPartial]: the manifest is a selection, or the options would resume or skip lines;
//   - [sink.ErrTable], as a [*sink.TableError]: an existing table does not fit;
//   - [sink.ErrValue], as a [*lineitem.ValueError]: a value that the database cannot store;
//   - [sink.ErrRows]: the table has other rows than those that were inserted;
//   - [sink.ErrUnit]: the unit does not name rows;
//   - an error of the stream, see [manifest.Stream.Batches], or of the driver. Call Load again to
//     resume.
//
// With an error, the result is not zero if the rows were loaded and only rows that readers do not
// see could not be deleted; the next load tries that again.
func Load[T any](ctx context.Context, db *sql.DB, unit sink.Unit, m *manifest.Manifest[T], schema *lineitem.Schema[T], o *LoadOptions) (sink.Result, error) {
	if o == nil {
		o = new(LoadOptions)
	}
	s, err := newStore(db, unit, schema, o.Options)
	if err != nil {
		return sink.Result{}, failed("load", unit, err)
	}
	result, err := ledger.Run(ctx, s, unit, m, schema, ledger.Options{
		AttributeSet: o.AttributeSet, Read: o.Read, CommitRows: o.CommitRows, OnCommit: o.OnCommit,
	})
	return result, failed("load", unit, err)
}

// failed says which operation has failed.
func failed(what string, unit sink.Unit, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sink.ErrUnit):
		return fmt.Errorf("sqlsink: %s: %w", what, err)
	}
	return fmt.Errorf("sqlsink: %s %s: %w", what, unit, err)
}
