package csvsink

import (
	"errors"
	"fmt"
	"strconv"
)

// Mode is for whom a file is written.
type Mode int

const (
	// ModeExact is for programs: UTF-8, line feeds, all digits. It is the zero value.
	ModeExact Mode = iota
	// ModeSpreadsheet is for people with a spreadsheet program: a byte order mark, CRLF, and texts
	// that are never formulas.
	ModeSpreadsheet
)

// PossibleModeValues returns the possible values for the Mode type.
func PossibleModeValues() []Mode { return []Mode{ModeExact, ModeSpreadsheet} }

// String returns the mode's name without the type's: "Spreadsheet".
func (m Mode) String() string {
	switch m {
	case ModeExact:
		return "Exact"
	case ModeSpreadsheet:
		return "Spreadsheet"
	}
	return "Mode(" + strconv.Itoa(int(m)) + ")"
}

// Options are the options of [NewWriter]. The zero value and nil are the defaults.
type Options struct {
	// Mode is the format of the file; the zero value is [ModeExact].
	Mode Mode
	// Comma separates fields: a comma, which is the default, a semicolon or a tab. Spreadsheets of
	// countries with a decimal comma expect a semicolon. Package lineitem reads commas alone.
	Comma byte
	// DecimalComma writes numbers with a decimal comma. It needs [ModeSpreadsheet] and, as it does
	// by default, separates fields with a semicolon.
	DecimalComma bool
	// NoHeader leaves out the header, and the byte order mark: rows are added to a file.
	NoHeader bool
}

// checked returns the options with their defaults.
func (o *Options) checked() (Options, error) {
	var c Options
	if o != nil {
		c = *o
	}
	if c.Comma == 0 {
		c.Comma = ','
		if c.DecimalComma {
			c.Comma = ';'
		}
	}
	switch {
	case c.Mode != ModeExact && c.Mode != ModeSpreadsheet:
		return c, fmt.Errorf("unsupported %v; use one of PossibleModeValues", c.Mode)
	case c.Comma != ',' && c.Comma != ';' && c.Comma != '\t':
		return c, fmt.Errorf("unsupported separator %q; use a comma, a semicolon or a tab", c.Comma)
	case c.DecimalComma && c.Mode != ModeSpreadsheet:
		return c, errors.New("DecimalComma needs ModeSpreadsheet: programs read a decimal point")
	case c.DecimalComma && c.Comma == ',':
		return c, errors.New("DecimalComma with fields separated by commas; use a semicolon or a tab")
	}
	return c, nil
}
