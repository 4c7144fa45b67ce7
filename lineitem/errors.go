package lineitem

import (
	"errors"
	"fmt"
	"strings"

	"github.com/partnerbilling/sdk-go/internal/gunzip"
)

var (
	// ErrLineTooLong says that a line exceeds [ReaderOptions.MaxLineBytes]. It ends
	// the reading: raise the limit if such rows are expected.
	ErrLineTooLong = errors.New("line is longer than the limit")

	// ErrNotGzip says that the data is not gzip'd although it had to be: it is
	// not an export, or something on the way has inflated or replaced it.
	ErrNotGzip = gunzip.ErrNotGzip

	// ErrCorrupt says that gzip data is damaged or ends too early. Rows read before
	// are what the data held up to there, but they are not the whole.
	ErrCorrupt = gunzip.ErrCorrupt

	// ErrSyntax says that a line is not valid JSON: damaged, cut off, or two objects
	// on one line.
	ErrSyntax = errors.New("not valid JSON")

	// ErrCSV says that a line is not valid CSV: a quote stands in an odd place, or one is
	// missing at the end of a cell.
	ErrCSV = errors.New("not valid CSV: a quote is missing, or in an odd place")

	// ErrCells says that a record of CSV has more or fewer cells than its header.
	ErrCells = errors.New("another number of cells than the header has")

	// ErrNotObject says that a line is not one JSON object.
	ErrNotObject = errors.New("not a JSON object")

	// ErrDuplicate says that a row gives an attribute twice, perhaps under two
	// spellings. Which one is right cannot be known.
	ErrDuplicate = errors.New("the attribute occurs twice in the row")

	// ErrForeignRow says that a row, or a header of CSV, belongs to another kind of data: it
	// has none of the attributes of its type, or none but those that usage and
	// reconciliation share.
	ErrForeignRow = errors.New("the row belongs to another kind of export")

	// ErrWrongKind says that an attribute's value is of a kind that its field cannot
	// hold, such as an object where a number belongs.
	ErrWrongKind = errors.New("the value is of the wrong kind")

	// ErrRowType says that a type cannot be decoded into; the message says why.
	ErrRowType = errors.New("unusable row type")
)

// Position tells where a row stands.
type Position struct {
	// Blob is the name of the blob or file, "" where it was not given.
	Blob string
	// Line counts from 1, blank lines included.
	Line int64
	// Offset is where the line starts in the inflated text, in bytes.
	Offset int64
}

// String returns "blob:line".
func (p Position) String() string {
	if p.Blob == "" {
		return fmt.Sprintf("line %d", p.Line)
	}
	return fmt.Sprintf("%s:%d", p.Blob, p.Line)
}

// DecodeError says which line could not be decoded and why. Its text names blob,
// line, byte offset and attribute and never shows a value, since values are data
// of a customer.
type DecodeError struct {
	Position
	// Attribute is the wire name of the attribute that is wrong, "" where it is
	// the row as a whole.
	Attribute string
	// Err is the reason: one of this package's errors, one of encoding/json, or
	// what a field's own UnmarshalJSON or UnmarshalText returned.
	Err error
}

func (e *DecodeError) Error() string {
	var b strings.Builder
	b.WriteString(e.Position.String())
	fmt.Fprintf(&b, " (byte %d)", e.Offset)
	if e.Attribute != "" {
		b.WriteString(": attribute " + e.Attribute)
	}
	b.WriteString(": " + e.Err.Error())
	return b.String()
}

// Unwrap returns the reason.
func (e *DecodeError) Unwrap() error { return e.Err }
