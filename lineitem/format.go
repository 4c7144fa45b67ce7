package lineitem

import "fmt"

// Format is the text format that rows are written in.
type Format int

const (
	// FormatJSONLines has one JSON object on each line. It is the format of partner billing
	// exports and the zero value.
	FormatJSONLines Format = iota
	// FormatCSV has comma-separated values (RFC 4180) with a header. It is the format of cost
	// details reports, price sheets and reconciliation files.
	FormatCSV
)

// PossibleFormatValues returns the possible values for the Format type.
func PossibleFormatValues() []Format { return []Format{FormatJSONLines, FormatCSV} }

// String returns the format's name without the type's: "CSV".
func (f Format) String() string {
	switch f {
	case FormatJSONLines:
		return "JSONLines"
	case FormatCSV:
		return "CSV"
	}
	return fmt.Sprintf("Format(%d)", int(f))
}
