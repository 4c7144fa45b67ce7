package lineitem

import (
	"bytes"
	"encoding/json"
	"iter"
	"strings"
	"time"
)

// Record is a row with attributes of any name, in the order of the wire. It is the
// row of exports whose columns Microsoft has not published, such as billed
// aggregated usage, and a way to look at any export without a struct. Its values share
// one copy of the line: clone a value that is to be kept for long.
type Record struct {
	attributes []recordAttribute
}

type recordAttribute struct {
	name  string
	value json.RawMessage
}

// Len returns the number of attributes.
func (r Record) Len() int { return len(r.attributes) }

// All returns an iterator over names and values in the order of the wire.
func (r Record) All() iter.Seq2[string, json.RawMessage] {
	return func(yield func(string, json.RawMessage) bool) {
		for _, a := range r.attributes {
			if !yield(a.name, a.value) {
				return
			}
		}
	}
}

// Raw returns the value of an attribute as it was written, nil where the row does
// not have it. The name is looked for exactly first, then without regard to case.
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

// Text returns an attribute as text: what a string holds, the digits of a number, the
// JSON of anything else; "" where the row does not have it.
func (r Record) Text(name string) string {
	s, err := looseText(r.Raw(name))
	if err != nil {
		return "" // unreachable: the value was checked when the row was read
	}
	return s
}

// Decimal returns an attribute as a number, null where the row does not have it. It
// returns [ErrNotNumber] or [ErrInexact] where the value is no number that a
// [Decimal] can hold.
func (r Record) Decimal(name string) (d Decimal, err error) {
	if value := r.Raw(name); value != nil {
		err = d.UnmarshalJSON(value)
	}
	return d, err
}

// Time returns an attribute as a date, see [ParseTime], and the zero time where the
// row does not have it.
func (r Record) Time(name string) (time.Time, error) {
	return ParseTime(r.Text(name))
}

// UnmarshalJSON reads a JSON object. A name that occurs twice is [ErrDuplicate]. Null
// changes nothing, as encoding/json would have it.
func (r *Record) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		return nil
	}
	d, err := NewDecoder[Record]()
	if err != nil {
		return err
	}
	return d.Decode(data, r)
}

// fewAttributes is up to where looking through a row beats a map.
const fewAttributes = 128

// duplicate returns a name that occurs twice.
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

// MarshalJSON writes the object as it was read.
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
