package lineitem

import (
	"reflect"

	"github.com/partnerbilling/sdk-go/internal/bitcount"
)

// Attribute is an attribute of rows for which a row type has a field.
type Attribute struct {
	// Name is the name of the attribute in the data.
	Name string
	// Required says that data in which no row has a value of the attribute cannot be used: the tag
	// of its field has lineitem:"required". So have amounts and currencies of the row types of this
	// package, and [AttributesIn] requires them of other structs as well.
	Required bool
	// With is the attribute of which a row must have a value for this one to be required, where
	// the tag is lineitem:"required=Name"; otherwise it is empty.
	With string
}

// AttributeCount says how often an attribute came.
type AttributeCount struct {
	// Attribute has its name, and whether data without a value of it can be used.
	Attribute
	// Values is in how many of the rows that were counted it had a value. Null and the empty text
	// are none.
	Values int64
}

// AttributesOf returns the attributes of a row type, nil for one that decodes a row as one value: a
// map, a [Record] or a type with UnmarshalJSON. The error matches [ErrRowType] if T is no row type.
func AttributesOf[T any]() ([]Attribute, error) {
	p, err := planFor(reflect.TypeFor[T]())
	if err != nil {
		return nil, err
	}
	var list []Attribute
	for i := range p.fields {
		f := &p.fields[i]
		list = append(list, Attribute{Name: f.name, Required: f.required, With: f.with})
	}
	return list, nil
}

// AttributesIn is [AttributesOf] for rows of a dataset that is given by its row type, such as
// [Usage] or [Reconciliation]: what is required there is required of T, too, where T has a field
// for it, under whichever name and without a tag. Where it is required with another attribute, that
// holds only if T has a field for that one as well. The row types of this package have tags of
// their own, which decide alone.
func AttributesIn[T, Dataset any]() ([]Attribute, error) {
	list, err := AttributesOf[T]()
	if err != nil || list == nil {
		return nil, err
	}
	p, err := planFor(reflect.TypeFor[T]())
	if err != nil || p.own {
		return list, err
	}
	set, err := planFor(reflect.TypeFor[Dataset]())
	if err != nil {
		return nil, err
	}
	for i := range set.fields {
		f := &set.fields[i]
		at := p.lookup(f.name)
		if !f.required || at < 0 || list[at].Required {
			continue
		}
		if f.with == "" {
			list[at].Required = true
		} else if with := p.lookup(f.with); with >= 0 {
			list[at].Required, list[at].With = true, list[with].Name
		}
	}
	return list, nil
}

// PresentWords returns how many elements [Decoder.AppendPresent] appends for a row type with that
// many attributes.
func PresentWords(attributes int) int { return bitcount.Words(attributes) }

// hasElsewhere reports whether an attribute without a field is one of the full set, of a type of
// the basic set, or Unknown as encoding/json writes it.
func (p *plan) hasElsewhere(name string) bool {
	return p.skipped != nil && p.skipped.lookup(name) >= 0 || p.unknown != nil && name == "Unknown"
}

// countedRows is how many rows are counted at once.
const countedRows = 255

// counts are the attributes of a row type and how many rows had a value for each.
type counts struct {
	attributes []Attribute
	values     []int64
	present    []uint64 // of rows that are not counted yet
}

func countsOf[T any]() (c counts, err error) {
	if c.attributes, err = AttributesOf[T](); err == nil {
		c.values = make([]int64, len(c.attributes))
		c.present = make([]uint64, 0, countedRows*PresentWords(len(c.attributes)))
	}
	return c, err
}

// add adds the last row of a decoder.
func (c *counts) add(rows rowDecoder) {
	if c.present = rows.appendPresent(c.present); len(c.present) == cap(c.present) {
		c.count()
	}
}

func (c *counts) count() {
	bitcount.Add(c.values, c.present)
	c.present = c.present[:0]
}

func (c *counts) list() (list []AttributeCount) {
	c.count()
	for i, a := range c.attributes {
		list = append(list, AttributeCount{a, c.values[i]})
	}
	return list
}
