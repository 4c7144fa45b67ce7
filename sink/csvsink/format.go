package csvsink

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/partnerbilling/sdk-go/lineitem"
)

const byteOrderMark = "\ufeff"

// errNotUTF8 is for texts of rows that the caller made: those of package lineitem are UTF-8.
var errNotUTF8 = errors.New("text is not valid UTF-8")

// format is how values are written.
type format struct {
	columns  []column
	comma    byte
	newline  string
	mark     bool // a byte order mark
	noHeader bool
	formulas bool // texts must not be formulas
	decimal  byte // the decimal separator
	bytes    [256]class
	scratch  []byte // reused
}

type column struct {
	name string
	text bool // may need quotes
	time bool // is written in a form of its own
}

// class is a set of what a byte means in a text.
type class uint8

const (
	classQuoted  class = 1 << iota // the field has quotes around it
	classWide                      // it is not ASCII
	classFormula                   // as the first byte, it makes the text a formula
	classEdge                      // as the first or last byte, the field has quotes around it
)

func newFormat(o Options, columns []lineitem.Column) format {
	sheet := o.Mode == ModeSpreadsheet
	f := format{comma: o.Comma, newline: "\n", mark: sheet && !o.NoHeader, noHeader: o.NoHeader, formulas: sheet, decimal: '.'}
	if sheet {
		f.newline = "\r\n"
	}
	if o.DecimalComma {
		f.decimal = ','
	}
	for _, c := range columns {
		f.columns = append(f.columns, column{
			name: c.Name,
			text: c.Kind == lineitem.KindText || c.Kind == lineitem.KindJSON,
			time: c.Kind == lineitem.KindTime && sheet,
		})
	}
	quoted := "\"\r\n" + string(o.Comma)
	if sheet {
		quoted = "\"\r\n,;\t" // a program that was told another separator must not find a formula
		for _, b := range []byte("=+-@\t\r\n") {
			f.bytes[b] |= classFormula
		}
	}
	for _, b := range []byte(quoted) {
		f.bytes[b] |= classQuoted
	}
	f.bytes[' '] |= classEdge // some readers trim a field without quotes
	f.bytes['\t'] |= classEdge
	for b := utf8.RuneSelf; b < len(f.bytes); b++ {
		f.bytes[b] |= classWide
	}
	return f
}

// header appends what comes before the first row.
func (f *format) header(buf []byte) []byte {
	if f.mark {
		buf = append(buf, byteOrderMark...)
	}
	if f.noHeader {
		return buf
	}
	for i := range f.columns {
		if i > 0 {
			buf = append(buf, f.comma)
		}
		start := len(buf)
		buf = append(buf, strings.ToValidUTF8(f.columns[i].name, "\ufffd")...)
		buf, _ = f.text(buf, start)
	}
	return append(buf, f.newline...)
}

// text makes the text from start on a field, with quotes if it needs them. It returns false if the
// text is not valid UTF-8.
func (f *format) text(buf []byte, start int) ([]byte, bool) {
	text := buf[start:]
	if len(text) == 0 {
		return append(buf, `""`...), true
	}
	var all class
	for _, b := range text {
		all |= f.bytes[b]
	}
	if all == 0 && text[0] != '\\' {
		return buf, true
	}
	if all&classWide != 0 && !utf8.Valid(text) {
		return buf, false
	}
	first, last := f.bytes[text[0]], f.bytes[text[len(text)-1]]
	formula := first&classFormula != 0
	// A byte order mark at the start of a record is skipped by package lineitem, and \. ends the
	// data of PostgreSQL's COPY.
	if all&classQuoted == 0 && (first|last)&classEdge == 0 && string(text) != `\.` && !bytes.HasPrefix(text, []byte(byteOrderMark)) {
		if formula {
			buf = slices.Insert(buf, start, '\'')
		}
		return buf, true
	}
	f.scratch = append(f.scratch[:0], text...)
	buf = append(buf[:start], '"')
	if formula {
		buf = append(buf, '\'')
	}
	for text = f.scratch; ; {
		i := bytes.IndexByte(text, '"')
		if i < 0 {
			return append(append(buf, text...), '"'), true
		}
		buf = append(append(buf, text[:i+1]...), '"')
		text = text[i+1:]
	}
}

// number gives the text of a number the decimal separator.
func (f *format) number(text []byte) {
	if f.decimal == '.' {
		return
	}
	if i := bytes.IndexByte(text, '.'); i >= 0 {
		text[i] = f.decimal
	}
}

// time appends a time in a form that spreadsheets know as one.
func (f *format) time(buf []byte, t time.Time) []byte {
	start := len(buf)
	buf = t.AppendFormat(buf, "2006-01-02 15:04:05.999999999")
	f.number(buf[start:])
	return buf
}
