package lineitem

import (
	"bytes"
	"reflect"

	"github.com/partnerbilling/sdk-go/internal/datetime"
)

// recordDecoder decodes JSON objects into Records.
type recordDecoder struct {
	keys  keys
	width int // attributes of the last row
}

func newRecordDecoder(p *plan) *recordDecoder { return &recordDecoder{keys: newKeys(p)} }

func (*recordDecoder) replacements() int64 { return 0 }

func (*recordDecoder) dateParser() *datetime.Dates { return nil }

// appendPresent implements rowDecoder.
func (*recordDecoder) appendPresent(present []uint64) []uint64 { return present }

// unknown implements rowDecoder.
func (*recordDecoder) unknown() []string { return nil }

// decode implements rowDecoder. The values share one copy of the line.
func (d *recordDecoder) decode(line []byte, row target) (attribute string, err error) {
	line = bytes.Clone(line)
	attributes := make([]recordAttribute, 0, d.width)
	i, last, err := begin(line)
	if err != nil {
		return "", err
	}
	for k, at := noKey, 0; !last; {
		if k, at = d.keys.next(line, i, k); at == 0 {
			return "", ErrSyntax
		}
		name := d.keys.all[k].name
		if i = scanValue(line, at); i < 0 {
			return shortName(name), ErrSyntax
		}
		attributes = append(attributes, recordAttribute{name: name, value: line[at:i:i]})
		if i, last = separator(line, i); i < 0 {
			return "", ErrSyntax
		}
	}
	if err := nothingAfter(line, i); err != nil {
		return "", err
	}
	if name, twice := duplicate(attributes); twice {
		return shortName(name), ErrDuplicate
	}
	d.width = len(attributes)
	row.record().attributes = attributes
	return "", nil
}

// wholeDecoder decodes JSON objects into types that decode a row as one value.
type wholeDecoder struct {
	plan    *plan
	records *recordDecoder
}

// newWholeDecoder returns the decoder of a type that decodes a row as one value, or nil for others.
func newWholeDecoder(p *plan) rowDecoder {
	switch {
	case p.record:
		return newRecordDecoder(p)
	case p.whole != nil:
		return &wholeDecoder{plan: p, records: newRecordDecoder(p)}
	}
	return nil
}

func (*wholeDecoder) replacements() int64 { return 0 }

func (*wholeDecoder) dateParser() *datetime.Dates { return nil }

// appendPresent implements rowDecoder.
func (*wholeDecoder) appendPresent(present []uint64) []uint64 { return present }

// unknown implements rowDecoder.
func (*wholeDecoder) unknown() []string { return nil }

// decode implements rowDecoder.
func (d *wholeDecoder) decode(line []byte, row target) (attribute string, err error) {
	start := skipSpace(line, 0)
	if start == len(line) || line[start] != '{' {
		return "", notObject(line, start)
	}
	end := scanValue(line, start)
	if end < 0 {
		return "", ErrSyntax
	}
	if err := nothingAfter(line, end); err != nil {
		return "", err
	}
	if d.plan.typ.Kind() == reflect.Map {
		// encoding/json keeps the last of two values with the same key.
		var r Record
		if _, err := d.records.decode(line, targetOf(&r)); err != nil {
			return "", err
		}
	}
	return "", d.plan.whole(line[start:end], row.value(d.plan.typ, 0))
}
