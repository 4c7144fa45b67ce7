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

// mark is the byte order mark. Exports were seen to have one in front of the first row too.
const mark = "\ufeff"

// Header makes the decoder one of CSV: from here on, Decode takes records whose cells are
// those of the header's columns. Columns find their fields as keys of JSON do, exactly first
// and then without regard to case, and those without a field are skipped. A header that is
// the one already in use costs nothing, so each file of many can have its own.
//
// The error is a [*DecodeError] without a position: [ErrCSV], [ErrDuplicate], or
// [ErrRowMismatch] where not one column has a field.
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

// bindColumns makes the keys those of a header.
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
	if !found || d.plan.own && !d.ours(foreign) {
		return "", ErrRowMismatch
	}
	return "", nil
}

// columnNames reads a header.
func (d *decoder) columnNames(record []byte) (names []string, err error) {
	record = record[markAt(record, 0):]
	for i := 0; i <= len(record); {
		if len(names) == maxColumns {
			return nil, fmt.Errorf("%w: header has more than %d columns", ErrCSV, maxColumns)
		}
		end, escaped, ascii := scanCell(record, i)
		if end < 0 {
			return nil, errQuote
		}
		names = append(names, strings.TrimSpace(string(d.cellText(record[i:end], escaped, ascii))))
		i = end + 1
	}
	return names, nil
}

// markAt returns the index behind the byte order mark that may stand at i.
func markAt(record []byte, i int) int {
	if len(record) >= i+len(mark) && string(record[i:i+len(mark)]) == mark {
		return i + len(mark)
	}
	return i
}

// decodeCells decodes a record into the struct at row, which is zero. An empty cell is a
// value that is absent.
func (d *decoder) decodeCells(record []byte, row unsafe.Pointer) (attribute string, err error) {
	d.row++
	i := markAt(record, 0)
	for index := range d.keys {
		if i > len(record) {
			return "", fieldCountError(record, len(d.keys))
		}
		k, end := &d.keys[index], i
		if i == len(record) || record[i] == ',' {
			d.slots[index] = noSlot
		} else {
			slot := d.expected(k, record, i)
			if end = k.matchesCell(slot, record, i); end > 0 {
				d.slots[index] = slot
				k.recall(slot, row)
			} else if end, err = d.cell(record, i, index, row); err != nil {
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

// matchesCell is matches for cells. What is remembered of a quoted one has its quotes, so
// that it is never just the beginning of another.
func (k *key) matchesCell(slot uint16, record []byte, i int) (end int) {
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

// cell decodes the cell that starts at i, of the column with the given index. It returns the
// index after it.
func (d *decoder) cell(record []byte, i, index int, row unsafe.Pointer) (end int, err error) {
	k := &d.keys[index]
	v := value{cell: true}
	if c := record[i]; k.kind == kindDecimal && (c == '-' || c-'0' <= 9) {
		var n Decimal
		if n, end, err = scanDecimal(record, i); err == nil && (end == len(record) || end > 0 && record[end] == ',') {
			*(*Decimal)(unsafe.Add(row, k.offset)), v.stored = n, true
		}
	}
	if !v.stored {
		end, v.escaped, v.ascii = scanCell(record, i)
	}
	if end < 0 {
		return 0, errQuote
	}
	v.raw = record[i:end]
	return end, d.take(v, record, i, end, index, row)
}

// storeCell puts a cell into its field. It means what a JSON string of the same text would.
func (d *decoder) storeCell(v value, k *key, row unsafe.Pointer) (err error) {
	text := d.cellText(v.raw, v.escaped, v.ascii)
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

// cellText returns the text of a cell, valid until the next.
func (d *decoder) cellText(text []byte, escaped, ascii bool) []byte {
	if len(text) > 0 && text[0] == '"' {
		text = text[1 : len(text)-1]
	}
	if escaped {
		d.scratch = d.scratch[:0]
		for i := 0; i >= 0; {
			if i = bytes.IndexByte(text, '"'); i >= 0 {
				d.scratch = append(d.scratch, text[:i+1]...)
				text = text[i+2:] // behind the second of two
			}
		}
		d.scratch = append(d.scratch, text...)
		text = d.scratch
	}
	if !ascii && !utf8.Valid(text) {
		d.replaced++
		text = []byte(string([]rune(string(text)))) // U+FFFD for each byte, as encoding/json does it
	}
	return text
}

// appendQuoted appends a text as a JSON string.
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

// object makes a JSON object of a record, for types that take a row as one value.
func (d *decoder) object(record []byte) ([]byte, error) {
	object := []byte{'{'}
	i := markAt(record, 0)
	for n, name := range d.names {
		if i > len(record) {
			return nil, fieldCountError(record, len(d.names))
		}
		end, escaped, ascii := scanCell(record, i)
		if end < 0 {
			return nil, errQuote
		}
		if n > 0 {
			object = append(object, ',')
		}
		object = append(appendQuoted(object, []byte(name)), ':')
		object = appendQuoted(object, d.cellText(record[i:end], escaped, ascii))
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
	for i := markAt(record, 0); i <= len(record); fields++ {
		end, _, _ := scanCell(record, i)
		if end < 0 { // the quotes are wrong too
			return fmt.Errorf("%w: header has %d, record has at least %d", ErrFieldCount, columns, fields+1)
		}
		i = end + 1
	}
	return fmt.Errorf("%w: header has %d, record has %d", ErrFieldCount, columns, fields)
}
