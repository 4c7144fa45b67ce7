package sink

import (
	"fmt"
	"time"

	"github.com/partnerbilling/sdk-go/lineitem"
)

// Status is what a load did.
type Status uint8

const (
	// Loaded says that the rows were loaded and are the current ones.
	Loaded Status = iota + 1
	// Unchanged says that the same export was loaded before. Nothing was read.
	Unchanged
)

// PossibleStatusValues returns the possible values for the Status type.
func PossibleStatusValues() []Status { return []Status{Loaded, Unchanged} }

// String returns the name: "Loaded".
func (s Status) String() string {
	switch s {
	case Loaded:
		return "Loaded"
	case Unchanged:
		return "Unchanged"
	}
	return fmt.Sprintf("Status(%d)", uint8(s))
}

// Result says which rows of a unit are current after a load.
type Result struct {
	// Status says whether they were loaded now.
	Status Status
	// Unit is whose rows they are.
	Unit Unit
	// Load is the number of the load, which each of its rows has in the table.
	Load int64
	// ETag is that of the export; empty for rows without one.
	ETag string
	// ManifestID is the ID of the export's manifest; empty for rows without one.
	ManifestID string
	// AttributeSet is the one that the load's options named.
	AttributeSet string
	// Rows is the number of rows.
	Rows int64
	// Resumed is how many of them an earlier start had inserted.
	Resumed int64
	// Sums has the exact sums of each column of amounts, by the name of the column and currency.
	Sums map[string]lineitem.Totals
	// LoadedAt is when the rows became current, in UTC, by the clock of the program.
	LoadedAt time.Time
}
