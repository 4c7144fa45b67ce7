package lineitem

import (
	"bytes"
	"encoding/json"
	"iter"
	"strings"
	"time"

	"github.com/partnerbilling/sdk-go/internal/datetime"
)

// Record is a row with any attributes, in their order in the data. It is the row type for exports
// whose attributes Microsoft has not published, such as billed aggregated usage, and reads every
// other export too. Its values share one copy of the line: clone a value to keep it for long.
type Record struct {
	attributes []recordAttribute
}

type recordAttribute struct {
	name  string
	value json.RawMessage
}

// Len returns the number of attributes.
func (r Record) Len() int { return len(r.attributes) }

// All returns an iterator over the names and values, in their order in the data.
func (r Record) All() iter.Seq2[string, json.RawMessage] {
	return func(yield func(string, json.RawMessage) bool) {
		for _, a := range r.attributes {
			if !yield(a.name, a.value) {
				return
			}
		}
	}
}

// Raw returns the JSON of an attribute's value, or nil if the row does not have the attribute. An
// exact match of the name is preferred to one that differs in case.
func (r Record) Raw(name string) json.RawMessage {
	for _, a := range r.attributes {
		if a.name == name {
			return a.value
		}
	}
	for _, a := range r.attributes {
		if strings.EqualFold(a.name, name) {
			return a.value
		}
	}
	return nil
}

// Text returns the value of an attribute as text: the text of a string, the digits of a number, the
// JSON of other values, or "" if the row does not have the attribute.
func (r Record) Text(name string) string {
	s, err := looseText(r.Raw(name))
	if err != nil {
		return "" // unreachable: the value was validated when the row was decoded
	}
	return s
}

// Decimal returns the value of an attribute as a number, or null if the row does not have it. The
// error matches [ErrNotNumber], [ErrWrongType] or [ErrInexact].
func (r Record) Decimal(name string) (d Decimal, err error) {
	if value := r.Raw(name); value != nil {
		err = d.parseJSON(value)
	}
	return d, opError("attribute "+shortName(name), err)
}

// Time returns the value of an attribute as a time, or the zero time if the row does not have it.
// It accepts what [ParseTime] does, apart from dates with slashes whose order is unknown: parse
// their Text where you know it. The error matches [ErrNotTime], [ErrDateOrder] or [ErrDay].
func (r Record) Time(name string) (time.Time, error) {
	var dates datetime.Dates
	t, err := dates.Parse([]byte(r.Text(name)), isDay(name))
	return t, opError("attribute "+shortName(name), err)
}

// fewAttributes is the number up to which a linear search is faster than a map.
const fewAttributes = 128

// duplicate returns a name that occurs more than once.
func duplicate(attributes []recordAttribute) (name string, found bool) {
	if len(attributes) <= fewAttributes {
		for i, a := range attributes {
			for _, b := range attributes[:i] {
				if a.name == b.name {
					return a.name, true
				}
			}
		}
		return "", false
	}
	seen := make(map[string]bool, len(attributes))
	for _, a := range attributes {
		if seen[a.name] {
			return a.name, true
		}
		seen[a.name] = true
	}
	return "", false
}

// MarshalJSON implements [json.Marshaler]: the attributes in their order, each with its JSON.
func (r Record) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, a := range r.attributes {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(a.name)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(a.value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
