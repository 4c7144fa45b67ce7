package lineitem

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"strings"
)

// byteOrderMark: some exports have one before the first row too.
const byteOrderMark = "\ufeff"

// csvDecoder decodes CSV records into structs.
type csvDecoder struct {
	values
	columns []keyField
	aliases map[int]aliasColumn // by column
	others  unknownNames        // columns without a field
}

// newCSVDecoder returns a decoder of records below a header. Columns are matched to fields by name
// like JSON keys, exactly first and then without regard to case. The attribute is the one that an
// error concerns.
func newCSVDecoder(p *plan, header []byte) (d *csvDecoder, attribute string, err error) {
	names, err := columnNames(header)
	if err != nil {
		return nil, "", err
	}
	d = &csvDecoder{values: newValues(p, len(names)+1), columns: make([]keyField, len(names))}
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
	d.head, d.column, d.recorder.head = &d.first, len(d.columns), nil
	i := afterMark(record)
	for column := 0; column < len(d.columns); column++ {
		if h := d.head; h != nil {
			d.head = nil
			var n int
			n, _, i = d.follow(h, &d.cache.columns[d.column].runs, record, i, nil, row)
			if column += n; column == len(d.columns) {
				break
			}
		}
		if i > len(record) {
			return "", fieldCountError(record, len(d.columns))
		}
		start, to := i, &d.columns[column]
		if i == len(record) || record[i] == ',' {
			if to.kind != kindAlias { // the other column may have a value
				d.noValue(to.field)
			}
		} else if i, err = d.field(record, i, column, row); err != nil {
			return shortName(to.name), err
		}
		i++
		if d.recorder.head != nil && i <= len(record) {
			d.record(record, start, i, to, column, row)
		}
	}
	if i <= len(record) {
		return "", fieldCountError(record, len(d.columns))
	}
	d.finish(record)
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
		return end, d.setAlias(record, column, d.unquoter.csv(record[i:end], escaped, ascii), row)
	case to.kind == kindText && end < len(record):
		return end, d.text(record, i, end, column, escaped, ascii, row.text(to.offset))
	case loneCR(record[i:end]):
		return 0, errLoneCR
	}
	return end, d.set(d.unquoter.csv(record[i:end], escaped, ascii), to, row)
}

// text stores a text.
func (d *csvDecoder) text(record []byte, i, end, column int, escaped, ascii bool, to *string) error {
	raw := record[i:end]
	if string(raw) == `""` {
		d.noValue(d.columns[column].field)
		return nil
	}
	s, hash := d.cache.find(column, raw)
	if s != nil {
		*to, d.head, d.column = s.text, &s.head, column
		return nil
	}
	if loneCR(raw) { // a text that is cached has been checked
		return errLoneCR
	}
	before := d.replaced
	text := d.unquoter.csv(raw, escaped, ascii)
	if d.replaced == before {
		if shared, ok := d.cache.add(column, raw, text, hash); ok {
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
		names = append(names, strings.TrimSpace(string(u.csv(record[i:end], escaped, ascii))))
		i = end + 1
	}
	return names, nil
}

// afterMark returns the index after the byte order mark, or 0 if there is none.
func afterMark(record []byte) int {
	if len(record) >= len(byteOrderMark) && string(record[:len(byteOrderMark)]) == byteOrderMark {
		return len(byteOrderMark)
	}
	return 0
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

// aliasColumn is a column of an attribute that has another column before it, under another name.
type aliasColumn struct {
	first int       // column
	names [2]string // of the first column and of this one
}

// addAlias makes a column one whose values are compared with those of another. It returns false if
// the attribute's name is the same.
func (d *csvDecoder) addAlias(headers []string, column int, to *keyField) bool {
	a := aliasColumn{first: -1}
	for i, other := range d.columns[:column] {
		if other.field != to.field {
			continue
		}
		if a.first >= 0 || spelling(to.name, headers[i]) == spelling(to.name, headers[column]) {
			return false
		}
		a = aliasColumn{i, [2]string{spelling(to.name, headers[i]), spelling(to.name, headers[column])}}
	}
	if a.first < 0 {
		return false
	}
	if d.aliases == nil {
		d.aliases = make(map[int]aliasColumn)
	}
	d.aliases[column] = a
	to.kind = kindAlias
	return true
}

// setAlias stores the field of a record that another column may have given already.
func (d *csvDecoder) setAlias(record []byte, column int, text []byte, row target) error {
	a := d.aliases[column]
	second := appendQuoted(nil, text)
	i := afterMark(record)
	for range a.first {
		end, _, _ := scanField(record, i)
		i = end + 1
	}
	end, escaped, ascii := scanField(record, i)
	first := appendQuoted(nil, d.unquoter.csv(record[i:end], escaped, ascii))
	return d.reconcile(spelled{a.names[0], first}, spelled{a.names[1], second}, d.columns[column].field, row)
}
