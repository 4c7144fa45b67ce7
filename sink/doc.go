// Package sink has what the packages that load rows into databases share: the [Unit] that a load
// replaces as a whole, its [Result], and the errors of a load. Package sqlsink loads rows through
// database/sql.
//
// # How a load works
//
// Rows of an export have no key, so the unit of replacement is the export, and the caller names it.
// A table of rows has the number of the load of each row. A ledger has a row for each unit: which
// load is current, what it loaded, and how far a load in progress has come. Readers use a view,
// which has the rows of the current loads.
//
//   - A start takes a new number from the ledger, the fence. Each transaction inserts rows together
//     with the checkpoint after them, if the unit's fence is still that of the load. An older load
//     that still runs ends with [ErrSuperseded].
//   - A load that was killed is resumed from its checkpoint if the data are still the same, and
//     begins again otherwise.
//   - When the export was read completely, one update makes the load the current one: at any time a
//     reader sees the rows before or the rows after it, whole and once.
//   - The rows of former and abandoned loads are deleted afterwards, and by the next start.
//
// A unit whose export has the same eTag, attribute set and schema as the one that is loaded is left
// as it is: [Unchanged].
package sink
