package lineitem

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"strings"
	"unicode/utf8"

	"github.com/partnerbilling/sdk-go/internal/datetime"
)

// maxColumns is far more than any file has.
const maxColumns = 4096

// mark is the byte order mark. Some exports have one before the first row too.
const mark = "\ufeff"

// csvDecoder decodes CSV records into structs.
type csvDecoder struct {
	values
	columns []keyField
	aliases map[int]alias // by column
	others  unknownNames  // columns without a field
}

// newCSVDecoder returns a decoder of records below a header. Columns are matched to fields by name
// like JSON keys, exactly first and then without regard to case. The attribute is the one that an
// error concerns.
func newCSVDecoder(p *plan, header []byte) (d *csvDecoder, attribute string, err error) {
	names, err := columnNames(header)
	if err != nil {
		return nil, "", err
	}
	d = &csvDecoder{values: newValues(p, len(names), ','), columns: make([]keyField, len(names))}
	// A type that has no field but Unknown takes any columns.
	found, foreign := p.unknown != nil && len(p.fields) == 0, false
	unknown := make(map[string]bool)
	for i, name := range names {
		to := keyField{field: fieldSkipped, kind: kindSkipped}
		if name != "" {
			to = p.keyField(name)
		}
		found = found || to.field >= 0
		if !d.mark(&to) && !d.addAlias(names, i, &to) || to.field == fieldUnknown && unknown[name] {
			return nil, shortName(to.name), ErrDuplicate
		}
		unknown[name] = true
		if to.field < 0 && name != "" && !p.hasElsewhere(name) {
			d.others.add(name)
		}
		foreign = foreign || to.foreign
		d.columns[i] = to
	}
	if !found || p.own && !d.matchesType(foreign) {
		return nil, "", ErrRowMismatch
	}
	return d, "", nil
}

// unknown implements rowDecoder.
func (d *csvDecoder) unknown() []string { return d.others.list }

// decode implements rowDecoder. An empty field is an absent value.
func (d *csvDecoder) decode(record []byte, row target) (attribute string, err error) {
	clear(d.empty)
	d.cache.begin()
	i := afterMark(record)
	for column := range d.columns {
		if i > len(record) {
			return "", fieldCountError(record, len(d.columns))
		}
		to := &d.columns[column]
		if i == len(record) || record[i] == ',' {
			d.noValue(to.field)
			i++
			continue
		}
		if to.kind == kindText {
			if end := d.cache.guess(column, record, i, i, row.text(to.offset)); end > 0 {
				i = end
				continue
			}
		}
		if i, err = d.field(record, i, column, row); err != nil {
			return shortName(to.name), err
		}
		i++
	}
	if i <= len(record) {
		return "", fieldCountError(record, len(d.columns))
	}
	return "", nil
}

// field decodes the field of a column that starts at i. It returns the index after it.
func (d *csvDecoder) field(record []byte, i, column int, row target) (end int, err error) {
	to := &d.columns[column]
	if c := record[i]; to.kind == kindDecimal && (c == '-' || c-'0' <= 9) {
		var n Decimal
		if n, end, err = scanDecimal(record, i); err == nil && (end == len(record) || end > 0 && record[end] == ',') {
			*row.decimal(to.offset) = n
			return end, nil
		}
	}
	end, escaped, ascii := scanField(record, i)
	switch {
	case end < 0:
		return 0, errQuote
	case to.kind == kindSkipped:
		return end, nil
	case to.kind == kindAlias:
		return end, d.setAlias(record, column, d.unquoter.field(record[i:end], escaped, ascii), row)
	case to.kind == kindText && end < len(record):
		return end, d.text(record, i, end, column, escaped, ascii, row.text(to.offset))
	case loneCR(record[i:end]):
		return 0, errLoneCR
	}
	return end, d.set(d.unquoter.field(record[i:end], escaped, ascii), to, row)
}

// text stores a text, and caches it with the comma after it.
func (d *csvDecoder) text(record []byte, i, end, column int, escaped, ascii bool, to *string) error {
	if end-i == len(`""`) && record[i] == '"' {
		d.noValue(d.columns[column].field)
		return nil
	}
	shared, hash, found := d.cache.find(column, record, i, i, end+1)
	if found {
		*to = shared
		return nil
	}
	if loneCR(record[i:end]) { // a text that is cached has been checked
		return errLoneCR
	}
	before := d.replaced
	text := d.unquoter.field(record[i:end], escaped, ascii)
	if d.replaced == before {
		if shared, ok := d.cache.add(column, record[i:end+1], 0, text, hash); ok {
			*to = shared
			return nil
		}
	}
	*to = d.arena.keep(text)
	return nil
}

// loneCR reports whether a field without quotes has a carriage return: it would be a part of the
// value, or the end of a record that is none.
func loneCR(field []byte) bool {
	return len(field) > 0 && field[0] != '"' && bytes.IndexByte(field, '\r') >= 0
}

// set stores the text of a field. It is equivalent to a JSON string with the same text.
func (d *csvDecoder) set(text []byte, to *keyField, row target) (err error) {
	switch {
	case len(text) == 0:
		d.noValue(to.field)
		return nil
	case to.kind == kindText:
		*row.text(to.offset) = d.arena.keep(text)
		return nil
	case to.kind == kindDecimal:
		*row.decimal(to.offset), err = parseDecimal(text)
		return err
	case to.kind == kindTime || to.kind == kindDay:
		*row.time(to.offset), err = d.dates.Parse(text, to.kind == kindDay)
		return err
	}
	return d.setJSON(appendQuoted(nil, text), to, row)
}

// csvWholeDecoder decodes CSV records into types that decode a row as one value, as JSON objects.
type csvWholeDecoder struct {
	unquoter
	names  []string
	object []byte
	rows   rowDecoder
}

func (*csvWholeDecoder) dateParser() *datetime.Dates { return nil }

// appendPresent implements rowDecoder.
func (*csvWholeDecoder) appendPresent(present []uint64) []uint64 { return present }

// unknown implements rowDecoder.
func (*csvWholeDecoder) unknown() []string { return nil }

// decode implements rowDecoder.
func (d *csvWholeDecoder) decode(record []byte, row target) (attribute string, err error) {
	d.object = append(d.object[:0], '{')
	i := afterMark(record)
	for n, name := range d.names {
		if i > len(record) {
			return "", fieldCountError(record, len(d.names))
		}
		end, escaped, ascii := scanField(record, i)
		if end < 0 {
			return "", errQuote
		}
		if loneCR(record[i:end]) {
			return shortName(name), errLoneCR
		}
		if n > 0 {
			d.object = append(d.object, ',')
		}
		d.object = append(appendQuoted(d.object, []byte(name)), ':')
		d.object = appendQuoted(d.object, d.field(record[i:end], escaped, ascii))
		i = end + 1
	}
	if i <= len(record) {
		return "", fieldCountError(record, len(d.names))
	}
	return d.rows.decode(append(d.object, '}'), row)
}

// columnNames parses a header.
func columnNames(record []byte) (names []string, err error) {
	var u unquoter
	record = record[afterMark(record):]
	for i := 0; i <= len(record); {
		if len(names) == maxColumns {
			return nil, fmt.Errorf("%w: header has more than %d columns", ErrCSV, maxColumns)
		}
		end, escaped, ascii := scanField(record, i)
		if end < 0 {
			return nil, errQuote
		}
		names = append(names, strings.TrimSpace(string(u.field(record[i:end], escaped, ascii))))
		i = end + 1
	}
	return names, nil
}

// afterMark returns the index after the byte order mark, or 0 if there is none.
func afterMark(record []byte) int {
	if len(record) >= len(mark) && string(record[:len(mark)]) == mark {
		return len(mark)
	}
	return 0
}

// field returns the text of a CSV field, valid until the next call.
func (u *unquoter) field(text []byte, escaped, ascii bool) []byte {
	if len(text) > 0 && text[0] == '"' {
		text = text[1 : len(text)-1]
	}
	if escaped {
		u.scratch = u.scratch[:0]
		for i := 0; i >= 0; {
			if i = bytes.IndexByte(text, '"'); i >= 0 {
				u.scratch = append(u.scratch, text[:i+1]...)
				text = text[i+2:] // after the second of two
			}
		}
		u.scratch = append(u.scratch, text...)
		text = u.scratch
	}
	if !ascii && !utf8.Valid(text) {
		u.replaced++
		text = []byte(string([]rune(string(text)))) // U+FFFD for each byte, as in encoding/json
	}
	return text
}

// appendQuoted appends text as a JSON string.
func appendQuoted[S string | []byte](dst []byte, text S) []byte {
	dst = append(dst, '"')
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c < 0x20:
			dst = fmt.Appendf(dst, `\u%04x`, c)
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

// fieldCountError returns the error for a record with another number of fields than the header.
func fieldCountError(record []byte, columns int) error {
	fields := 0
	for i := afterMark(record); i <= len(record); fields++ {
		end, _, _ := scanField(record, i)
		if end < 0 { // the quotes are wrong too
			return fmt.Errorf("%w: header has %d, record has at least %d", ErrFieldCount, columns, fields+1)
		}
		i = end + 1
	}
	return fmt.Errorf("%w: header has %d, record has %d", ErrFieldCount, columns, fields)
}

// scanField returns the index after the CSV field that starts at i, with its quotes, or -1 if a
// quote is unexpected or missing; whether it has doubled quotes, and whether it is known to be
// ASCII.
func scanField(b []byte, i int) (end int, escaped, ascii bool) {
	if i < len(b) && b[i] == '"' {
		end, escaped = scanQuoted(b, i)
		return end, escaped, false
	}
	var nonASCII uint64
	for i+8 <= len(b) {
		w := binary.LittleEndian.Uint64(b[i:])
		quote := w ^ ones*'"'
		comma := w ^ ones*','
		stop := (((quote - ones) & ^quote) | ((comma - ones) & ^comma)) & highs
		if stop == 0 {
			nonASCII |= w & highs
			i += 8
			continue
		}
		n := bits.TrailingZeros64(stop) &^ 7
		nonASCII |= w & highs & (1<<n - 1)
		i += n / 8
		break
	}
	for i < len(b) && b[i] != ',' && b[i] != '"' {
		nonASCII |= uint64(b[i]) & 0x80
		i++
	}
	if i < len(b) && b[i] == '"' {
		return -1, false, false
	}
	return i, false, nonASCII == 0
}

// scanQuoted is scanField for a quoted field.
func scanQuoted(b []byte, i int) (end int, escaped bool) {
	for i++; i < len(b); i++ {
		if i+8 <= len(b) {
			quote := binary.LittleEndian.Uint64(b[i:]) ^ ones*'"'
			stop := (quote - ones) & ^quote & highs
			if stop == 0 {
				i += 7
				continue
			}
			i += bits.TrailingZeros64(stop) / 8
		} else if b[i] != '"' {
			continue
		}
		switch i++; {
		case i == len(b) || b[i] == ',':
			return i, escaped
		case b[i] != '"':
			return -1, false
		}
		escaped = true
	}
	return -1, false
}
