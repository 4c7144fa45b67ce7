package lineitem

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/partnerbilling/sdk-go/internal/gunzip"
)

var (
	// ErrLineTooLong is returned when a line is longer than [ReaderOptions].MaxLineBytes. It ends
	// the read, whatever OnBadLine returns.
	ErrLineTooLong = errors.New("line is longer than MaxLineBytes")

	// ErrNotGzip is returned when gzip is required and the data is not gzip'd: it is not an
	// export, or a proxy has decompressed or replaced it.
	ErrNotGzip = gunzip.ErrNotGzip

	// ErrCorrupt is returned when gzip data is corrupt or truncated. The rows before the error
	// are valid but not complete.
	ErrCorrupt = gunzip.ErrCorrupt

	// ErrSyntax is returned when a line is not valid JSON: corrupt, truncated, or two objects on
	// one line.
	ErrSyntax = errors.New("invalid JSON")

	// ErrCSV is returned when a record is not valid CSV, such as one with an unexpected or missing
	// quote.
	ErrCSV = errors.New("invalid CSV")

	// ErrFieldCount is returned when a CSV record has more or fewer fields than the header.
	ErrFieldCount = errors.New("wrong number of fields")

	// ErrNotObject is returned when a line is not one JSON object.
	ErrNotObject = errors.New("not a JSON object")

	// ErrDuplicate is returned when an attribute occurs more than once in a row or a CSV header, or
	// with different values under two names, such as Unit and UnitOfMeasure. Which value is right
	// cannot be known.
	ErrDuplicate = errors.New("duplicate attribute")

	// ErrRowMismatch is returned when a row or a CSV header does not belong to the row type:
	//   - With the row types of this package ([Usage], [UsageBasic], [Reconciliation] and
	//     [ReconciliationBasic]), it has no attribute of the type, or it has attributes of the
	//     other dataset and none that only the type's own dataset has.
	//   - With a struct of your own, a CSV header has no column for any field. JSON rows are not
	//     checked: attributes without a field are skipped, so a struct whose tags match no
	//     attribute is decoded to zero values without an error. [CheckAttributes] finds that, and
	//     with the tag of [Attribute] package manifest reports it as an error.
	ErrRowMismatch = errors.New("attributes do not match the row type; use the type of the export's dataset")

	// ErrUnknownAttribute is returned when a struct has a field for an attribute that the dataset
	// does not have, such as a misspelled one.
	ErrUnknownAttribute = errors.New("unknown attribute")

	// ErrWrongType is returned when the value of an attribute has a type that its field cannot
	// hold, such as an object for a number.
	ErrWrongType = errors.New("value has the wrong type")

	// ErrRowType is returned when rows cannot be decoded into a Go type. The text says why.
	ErrRowType = errors.New("unsupported row type")
)

// errQuote is ErrCSV with its usual cause.
var errQuote = fmt.Errorf("%w: unexpected or missing quote", ErrCSV)

// errLoneCR is ErrCSV for a carriage return that no line feed follows.
var errLoneCR = fmt.Errorf("%w: carriage return without a line feed in a field without quotes", ErrCSV)

// opError returns the error of an exported function: err with the operation before it.
func opError(operation string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("lineitem: %s: %w", operation, err)
}

// Position is the position of a row in the data.
type Position struct {
	// Blob is the name of the blob or file, "" if it was not given.
	Blob string
	// Line is the line number. It counts from 1 and includes blank lines.
	Line int64
	// Offset is the byte offset of the start of the line in the decompressed text.
	Offset int64
}

// String returns "blob:line", or "line 7" if there is no blob name.
func (p Position) String() string {
	if p.Blob == "" {
		return fmt.Sprintf("line %d", p.Line)
	}
	return fmt.Sprintf("%s:%d", p.Blob, p.Line)
}

// DecodeError is the error for a line that cannot be decoded. Its text has the blob, line, byte
// offset, attribute and cause, and never a value, because values are customer data.
type DecodeError struct {
	// Position is the position of the line. It is zero in an error of [Decoder], which does not
	// know it.
	Position
	// Attribute is the name of the invalid attribute, "" if the error concerns the whole row.
	Attribute string
	// Err is the cause: an error of this package or of encoding/json, or what the UnmarshalJSON
	// or UnmarshalText method of a field returned.
	Err error
}

// Error returns "lineitem: decode blob:line (byte n): attribute name: cause".
func (e *DecodeError) Error() string {
	var b strings.Builder
	b.WriteString("lineitem: decode")
	if e.Line > 0 {
		fmt.Fprintf(&b, " %v (byte %d)", e.Position, e.Offset)
	}
	if e.Attribute != "" {
		b.WriteString(": attribute " + e.Attribute)
	}
	b.WriteString(": " + e.Err.Error())
	return b.String()
}

// Unwrap returns the cause.
func (e *DecodeError) Unwrap() error { return e.Err }

// shortName limits the length and the characters of an unknown attribute's name for an error, since
// names come from the data.
func shortName(name string) string {
	const most = 64
	short := make([]rune, 0, most+1)
	for _, r := range name {
		if len(short) == most {
			return string(append(short, '…'))
		}
		if !unicode.IsPrint(r) {
			r = '?'
		}
		short = append(short, r)
	}
	return string(short)
}
