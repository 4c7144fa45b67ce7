package lineitem

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// table is a schema without its row type.
type table struct {
	columns  []Column
	access   []access // by column
	fallible []int    // columns whose values can be errors
}

// of returns the access to a column of one of two kinds.
func (t *table) of(col int, kind, or Kind) *access {
	a := &t.access[col]
	if a.kind != kind && a.kind != or {
		t.wrongKind(col, kind)
	}
	return a
}

func (t *table) wrongKind(col int, want Kind) {
	c := &t.columns[col]
	//nolint:forbidigo // A mistake of the program, like an index out of range; null would be wrong data.
	panic(fmt.Sprintf("lineitem: column %q has kind %v, not %v", c.Name, c.Kind, want))
}

// newTable returns the columns of a row type.
func newTable(typ reflect.Type, o *SchemaOptions) (*table, error) {
	p, err := planFor(typ)
	if err != nil {
		return nil, err
	}
	if o == nil {
		o = new(SchemaOptions)
	}
	t := new(table)
	switch {
	case p.record:
		err = t.addAttributes(o)
	case p.whole != nil:
		return nil, fmt.Errorf("lineitem: schema: %w: %s has no columns, since it is decoded as one value; use a struct or lineitem.Record", ErrRowType, typ)
	default:
		err = t.addFields(p, o)
	}
	if err == nil {
		err = t.change(o)
	}
	if err == nil {
		err = t.checkNames()
	}
	if err != nil {
		return nil, fmt.Errorf("lineitem: schema of %s: %w: %w", typ, ErrSchema, err)
	}
	t.addCurrencies()
	for i := range t.access {
		if t.access[i].fallible() {
			t.fallible = append(t.fallible, i)
		}
	}
	return t, nil
}

func (t *table) add(attribute string, a access) {
	c := Column{Name: attribute, Attribute: attribute, Kind: a.kind, Doc: knownAttribute(attribute).doc}
	if a.form == formUnknown {
		c.Doc = "attributes without a column of their own, as a JSON object"
	}
	if a.kind == KindDecimal && a.form != formUint {
		c.Scale = defaultScale
	}
	t.columns, t.access = append(t.columns, c), append(t.access, a)
}

// addAttributes adds the columns of a Record.
func (t *table) addAttributes(o *SchemaOptions) error {
	if len(o.Choose) == 0 {
		return errors.New("a Record has no fields; name its columns in Choose")
	}
	for i, name := range o.Choose {
		kind, given := o.Kinds[name]
		if !given {
			if kind = knownAttribute(name).kind; kind == 0 {
				return fmt.Errorf("attribute %q is not known; name its kind in Kinds", name)
			}
		}
		t.add(name, access{form: formRecord, kind: kind, own: kind, name: name, index: i})
	}
	return t.checkOptions(o, func(string) string { return "; it is not in Choose" })
}

// addFields adds the columns of a struct.
func (t *table) addFields(p *plan, o *SchemaOptions) error {
	for i := range p.fields {
		t.add(p.fields[i].name, accessTo(&p.fields[i]))
	}
	if p.unknown != nil {
		name := p.unknown.name
		if name == "" {
			name = "Unknown"
		}
		t.add(name, access{form: formUnknown, kind: KindJSON, own: KindJSON, offset: p.unknown.offset})
	}
	if err := t.checkOptions(o, p.absent); err != nil {
		return err
	}
	switch {
	case o.Choose != nil && o.Omit != nil:
		return errors.New("options Choose and Omit exclude each other")
	case o.Choose != nil:
		all := *t
		t.columns, t.access = nil, nil
		for _, name := range o.Choose {
			i := all.index(name)
			t.columns, t.access = append(t.columns, all.columns[i]), append(t.access, all.access[i])
		}
	default:
		for _, name := range o.Omit {
			if i := t.index(name); i >= 0 { // not omitted twice
				t.columns, t.access = slices.Delete(t.columns, i, i+1), slices.Delete(t.access, i, i+1)
			}
		}
	}
	return nil
}

// index returns the column of an attribute, or -1.
func (t *table) index(attribute string) int {
	return slices.IndexFunc(t.columns, func(c Column) bool { return c.Attribute == attribute })
}

// checkOptions makes sure that every attribute that the options name has a column, as long as all
// columns are there.
func (t *table) checkOptions(o *SchemaOptions, hint func(name string) string) error {
	for _, list := range []struct {
		option string
		names  []string
	}{
		{"Choose", o.Choose},
		{"Omit", o.Omit},
		{"Rename", slices.Sorted(maps.Keys(o.Rename))},
		{"Kinds", slices.Sorted(maps.Keys(o.Kinds))},
		{"Scales", slices.Sorted(maps.Keys(o.Scales))},
	} {
		for _, name := range list.names {
			if t.index(name) < 0 {
				return fmt.Errorf("option %s: no column for an attribute %q%s", list.option, shortName(name), hint(name))
			}
		}
	}
	return nil
}

// change applies the options that are about single columns.
func (t *table) change(o *SchemaOptions) error {
	for i := range t.columns {
		c, a := &t.columns[i], &t.access[i]
		if name, is := o.Rename[c.Attribute]; is {
			c.Name = name
		}
		if kind, is := o.Kinds[c.Attribute]; is {
			if !a.canBe(kind) {
				return fmt.Errorf("option Kinds: column %q is of kind %v and cannot be %v", c.Attribute, a.kind, kind)
			}
			a.be(kind)
			if c.Kind = kind; kind != KindDecimal {
				c.Scale = 0
			}
		}
		if scale, is := o.Scales[c.Attribute]; is {
			if c.Kind != KindDecimal {
				return fmt.Errorf("option Scales: column %q is of kind %v and has no scale", c.Attribute, c.Kind)
			}
			if scale < 0 || scale > MaxPrecision {
				return fmt.Errorf("option Scales: column %q: %w", c.Attribute, scaleError(scale))
			}
			c.Scale = scale
		}
	}
	return nil
}

// checkNames makes sure that there are columns, each with a name of its own. Most databases and
// readers of files do not distinguish names by their case.
func (t *table) checkNames() error {
	if len(t.columns) == 0 {
		return errors.New("no columns")
	}
	taken := make(map[string]*Column)
	for i := range t.columns {
		c := &t.columns[i]
		if c.Name == "" {
			return fmt.Errorf("column for attribute %q has no name", c.Attribute)
		}
		lower := strings.ToLower(c.Name)
		if other := taken[lower]; other != nil {
			return fmt.Errorf("columns %s and %s have the same name; choose each once, or rename one", other.described(), c.described())
		}
		taken[lower] = c
	}
	return nil
}

// described returns the name of a column, with that of its attribute where it is another.
func (c *Column) described() string {
	if c.Name == c.Attribute {
		return strconv.Quote(c.Name)
	}
	return fmt.Sprintf("%q (attribute %q)", c.Name, c.Attribute)
}

// addCurrencies sets the columns of currencies.
func (t *table) addCurrencies() {
	for i := range t.columns {
		c := &t.columns[i]
		currency := knownAttribute(c.Attribute).currency
		if currency == "" || c.Kind != KindDecimal {
			continue
		}
		for _, other := range t.columns {
			if other.Kind == KindText && strings.EqualFold(other.Attribute, currency) {
				c.Currency = other.Name
				break
			}
		}
	}
}
