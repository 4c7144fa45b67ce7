package lineitem

import (
	"bytes"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
	"unsafe"

	"github.com/partnerbilling/sdk-go/internal/datetime"
)

// maxColumns is far more than any file has.
const maxColumns = 4096

// mark is the byte order mark. Some exports have one before the first row too.
const mark = "\ufeff"

// Header sets the decoder to CSV: Decode then takes records with the columns of the header. Columns
// are matched to fields by name like JSON keys, exactly first and then without regard to case, and
// columns without a field are skipped. A header equal to the current one costs nothing, so it can
// be set for each of many files.
//
// The error is a [*DecodeError] without a position. It matches [ErrCSV], [ErrDuplicate], or
// [ErrRowMismatch] if no column has a field.
func (d *Decoder[T]) Header(record []byte) error {
	if d.header != "" && d.header == string(record) {
		return nil
	}
	if attribute, err := d.bindColumns(record); err != nil {
		d.header = ""
		return &DecodeError{Attribute: attribute, Err: err}
	}
	d.header = string(record)
	return nil
}

// bindColumns sets the keys to the columns of a header.
func (d *decoder) bindColumns(record []byte) (attribute string, err error) {
	names, err := d.columnNames(record)
	if err != nil {
		return "", err
	}
	if d.plan.record || d.plan.whole != nil {
		d.names = names
		return "", nil
	}
	clear(d.seen)
	d.keys, d.slots = make([]key, len(names)), make([]uint16, len(names))
	found, foreign := d.plan.unknown != nil, false
	unknown := make(map[string]bool)
	for i, name := range names {
		k := key{name: name, field: fieldSkipped}
		k.guide, k.settled = int32(max(0, i-1)), d.row+warmRows
		if name != "" {
			k.field, k.foreign = d.plan.field(name), d.plan.foreign(name)
		}
		k.bind(d.plan)
		if k.field >= 0 {
			found = true
		}
		if !d.mark(&k) && k.field >= 0 || k.field == fieldUnknown && unknown[name] {
			return d.attribute(&k), ErrDuplicate
		}
		unknown[name] = true
		foreign = foreign || k.foreign
		d.keys[i] = k
	}
	if !found || d.plan.own && !d.matchesType(foreign) {
		return "", ErrRowMismatch
	}
	return "", nil
}

// columnNames parses a header.
func (d *decoder) columnNames(record []byte) (names []string, err error) {
	record = record[afterMark(record):]
	for i := 0; i <= len(record); {
		if len(names) == maxColumns {
			return nil, fmt.Errorf("%w: header has more than %d columns", ErrCSV, maxColumns)
		}
		end, escaped, ascii := scanField(record, i)
		if end < 0 {
			return nil, errQuote
		}
		names = append(names, strings.TrimSpace(string(d.fieldText(record[i:end], escaped, ascii))))
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

// decodeFields decodes a record into the struct at row, which is zero. An empty field is an
// absent value.
func (d *decoder) decodeFields(record []byte, row unsafe.Pointer) (attribute string, err error) {
	d.row++
	i := afterMark(record)
	for index := range d.keys {
		if i > len(record) {
			return "", fieldCountError(record, len(d.keys))
		}
		k, end := &d.keys[index], i
		if i == len(record) || record[i] == ',' {
			d.slots[index] = noSlot
		} else {
			slot := d.expected(k, record, i)
			if end = k.matchesField(slot, record, i); end > 0 {
				d.slots[index] = slot
				k.recall(slot, row)
			} else if end, err = d.csvField(record, i, index, row); err != nil {
				return d.attribute(k), err
			}
		}
		i = end + 1
	}
	if i <= len(record) {
		return "", fieldCountError(record, len(d.keys))
	}
	return "", nil
}

// matchesField is matches for a CSV field. A remembered field includes its quotes, so it is never a
// prefix of another.
func (k *key) matchesField(slot uint16, record []byte, i int) (end int) {
	if int(slot) >= len(k.members) {
		return 0
	}
	raw := k.members[slot].raw
	end = i + len(raw)
	if end == i || end > len(record) || end < len(record) && record[end] != ',' || string(record[i:end]) != raw {
		return 0
	}
	return end
}

// csvField decodes the field that starts at i, of the column with the given index. It returns the
// index after it.
func (d *decoder) csvField(record []byte, i, index int, row unsafe.Pointer) (end int, err error) {
	k := &d.keys[index]
	v := value{csv: true}
	if c := record[i]; k.kind == kindDecimal && (c == '-' || c-'0' <= 9) {
		var n Decimal
		if n, end, err = scanDecimal(record, i); err == nil && (end == len(record) || end > 0 && record[end] == ',') {
			*(*Decimal)(unsafe.Add(row, k.offset)), v.stored = n, true
		}
	}
	if !v.stored {
		end, v.escaped, v.ascii = scanField(record, i)
	}
	if end < 0 {
		return 0, errQuote
	}
	v.raw = record[i:end]
	return end, d.take(v, record, i, end, index, row)
}

// storeField stores a CSV field. It is equivalent to a JSON string with the same text.
func (d *decoder) storeField(v value, k *key, row unsafe.Pointer) (err error) {
	text := d.fieldText(v.raw, v.escaped, v.ascii)
	if len(text) == 0 {
		return nil
	}
	to := unsafe.Add(row, k.offset)
	switch k.kind {
	case kindText:
		*(*string)(to) = d.keep(text)
		return nil
	case kindDecimal:
		*(*Decimal)(to), err = parseDecimal(text)
		return err
	case kindTime:
		*(*time.Time)(to), err = datetime.Parse(text)
		return err
	case kindOther, kindSkipped:
	}
	quoted := appendQuoted(nil, text)
	if k.field < 0 {
		return d.unknown(quoted, k, row)
	}
	return d.set(quoted, k, to)
}

// fieldText returns the text of a CSV field, valid until the next call.
func (d *decoder) fieldText(text []byte, escaped, ascii bool) []byte {
	if len(text) > 0 && text[0] == '"' {
		text = text[1 : len(text)-1]
	}
	if escaped {
		d.scratch = d.scratch[:0]
		for i := 0; i >= 0; {
			if i = bytes.IndexByte(text, '"'); i >= 0 {
				d.scratch = append(d.scratch, text[:i+1]...)
				text = text[i+2:] // after the second of two
			}
		}
		d.scratch = append(d.scratch, text...)
		text = d.scratch
	}
	if !ascii && !utf8.Valid(text) {
		d.replaced++
		text = []byte(string([]rune(string(text)))) // U+FFFD for each byte, as in encoding/json
	}
	return text
}

// appendQuoted appends text as a JSON string.
func appendQuoted(dst, text []byte) []byte {
	dst = append(dst, '"')
	for _, c := range text {
		switch {
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

// object returns a record as a JSON object, for types that decode a row as one value.
func (d *decoder) object(record []byte) ([]byte, error) {
	object := []byte{'{'}
	i := afterMark(record)
	for n, name := range d.names {
		if i > len(record) {
			return nil, fieldCountError(record, len(d.names))
		}
		end, escaped, ascii := scanField(record, i)
		if end < 0 {
			return nil, errQuote
		}
		if n > 0 {
			object = append(object, ',')
		}
		object = append(appendQuoted(object, []byte(name)), ':')
		object = appendQuoted(object, d.fieldText(record[i:end], escaped, ascii))
		i = end + 1
	}
	if i <= len(record) {
		return nil, fieldCountError(record, len(d.names))
	}
	return append(object, '}'), nil
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
