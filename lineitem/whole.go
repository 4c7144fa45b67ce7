package lineitem

import (
	"bytes"
	"reflect"

	"github.com/partnerbilling/sdk-go/internal/datetime"
)

// wholeDecoder decodes JSON objects into types that decode a row as one value: a [Record], a map,
// or a type with UnmarshalJSON.
type wholeDecoder struct {
	plan  *plan
	keys  keys
	width int // attributes of the last row
}

// newWholeDecoder returns the decoder of a type that decodes a row as one value, or nil for others.
func newWholeDecoder(p *plan) *wholeDecoder {
	if !p.record && p.whole == nil {
		return nil
	}
	return &wholeDecoder{plan: p, keys: newKeys(p)}
}

func (*wholeDecoder) replacements() int64 { return 0 }

func (*wholeDecoder) dateParser() *datetime.Dates { return nil }

// appendPresent implements rowDecoder.
func (*wholeDecoder) appendPresent(present []uint64) []uint64 { return present }

// unknown implements rowDecoder.
func (*wholeDecoder) unknown() []string { return nil }

// decode implements rowDecoder.
func (d *wholeDecoder) decode(line []byte, row target) (attribute string, err error) {
	if d.plan.record {
		return d.record(line, row.record())
	}
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
		if _, err := d.record(line, &r); err != nil {
			return "", err
		}
	}
	return "", d.plan.whole(line[start:end], row.value(d.plan.typ, 0))
}

// record decodes a line into a record. The values share one copy of the line.
func (d *wholeDecoder) record(line []byte, r *Record) (attribute string, err error) {
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
	r.attributes = attributes
	return "", nil
}

// csvWholeDecoder decodes CSV records into types that decode a row as one value, as JSON objects.
type csvWholeDecoder struct {
	*wholeDecoder
	names  []string
	text   unquoter
	object []byte
}

func (d *csvWholeDecoder) replacements() int64 { return d.text.replaced }

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
		d.object = appendQuoted(d.object, d.text.csv(record[i:end], escaped, ascii))
		i = end + 1
	}
	if i <= len(record) {
		return "", fieldCountError(record, len(d.names))
	}
	return d.wholeDecoder.decode(append(d.object, '}'), row)
}

// UnmarshalJSON implements [json.Unmarshaler] for a JSON object. The error matches [ErrDuplicate]
// if a name occurs twice. Null is a no-op, by the convention of encoding/json.
func (r *Record) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	p, err := planFor(reflect.TypeFor[Record]())
	if err != nil {
		return err
	}
	*r = Record{}
	if attribute, err := newWholeDecoder(p).record(data, r); err != nil {
		return &DecodeError{Attribute: attribute, Err: err}
	}
	return nil
}
