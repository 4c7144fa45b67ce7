package lineitem

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// spelled is a value of an attribute, with the one of the attribute's names that it is given under.
type spelled struct {
	name  string
	value []byte // JSON
}

// spelling returns which of an attribute's names a key is. Without aliases there is only one.
func spelling(attribute, key string) string {
	for current, others := range aliases {
		all := append([]string{current}, others...)
		if !slices.Contains(all, attribute) {
			continue
		}
		if slices.Contains(all, key) {
			return key
		}
		if i := slices.IndexFunc(all, func(name string) bool { return strings.EqualFold(name, key) }); i >= 0 {
			return all[i]
		}
	}
	return attribute
}

// reconcile stores the value of an attribute that a row has under two names. That is no
// contradiction if one of the values is absent or both are equal.
func (v *values) reconcile(a, b spelled, field int, row target) error {
	f := &v.plan.fields[field]
	value := a.value
	switch {
	case absent(a.value):
		value = b.value
	case absent(b.value):
	default:
		first, second := reflect.New(f.typ).Elem(), reflect.New(f.typ).Elem()
		if err := v.store(a.value, f, first); err != nil {
			return err
		}
		if err := v.store(b.value, f, second); err != nil {
			return err
		}
		if !equal(first, second) {
			return fmt.Errorf("%w: %s and %s have different values", ErrDuplicate, a.name, b.name)
		}
	}
	if !absent(value) {
		v.empty[field>>6] &^= 1 << (field & 63)
	}
	to := row.value(f.typ, f.offset)
	to.SetZero() // the decoder has stored another value already
	return v.store(value, f, to)
}

// store stores a JSON value in a field that is zero.
func (v *values) store(raw []byte, f *field, to reflect.Value) error {
	if f.dated {
		return v.setTime(raw, f, to)
	}
	return f.set(raw, to)
}

// equal reports whether two values of one type are the same. Numbers are, however they are written.
func equal(a, b reflect.Value) bool {
	for a.Kind() == reflect.Pointer && !a.IsNil() && !b.IsNil() {
		a, b = a.Elem(), b.Elem()
	}
	if x, ok := reflect.TypeAssert[Decimal](a); ok {
		y, ok := reflect.TypeAssert[Decimal](b)
		return ok && x.Cmp(y) == 0
	}
	if x, ok := reflect.TypeAssert[time.Time](a); ok {
		y, ok := reflect.TypeAssert[time.Time](b)
		return ok && x.Equal(y)
	}
	return reflect.DeepEqual(a.Interface(), b.Interface())
}

// again decides about a second value of an attribute, which ends at an index of the line.
func (d *objectDecoder) again(line []byte, end, field int, row target) error {
	var found []spelled
	i, last, err := begin(line)
	for k, at := noKey, 0; err == nil && !last && i < end; {
		if k, at = d.keys.next(line, i, k); at == 0 {
			return ErrSyntax
		}
		if i = scanValue(line, at); i < 0 {
			return ErrSyntax
		}
		if key := &d.keys.all[k]; key.field == field {
			var name string
			if n := len(key.text); n == 0 || json.Unmarshal([]byte(key.text[:n-1]), &name) != nil {
				return ErrDuplicate // the key is too long to be remembered
			}
			name = spelling(key.name, name)
			if slices.ContainsFunc(found, func(s spelled) bool { return s.name == name }) {
				return ErrDuplicate
			}
			found = append(found, spelled{name, line[at:i]})
		}
		if i, last = separator(line, i); i < 0 {
			return ErrSyntax
		}
	}
	if err != nil || len(found) < 2 {
		return ErrDuplicate // unreachable: the line was decoded up to the second value
	}
	return d.reconcile(found[0], found[1], field, row)
}

// alias is a column of an attribute that has another column before it, under another name.
type alias struct {
	first int       // column
	names [2]string // of the first column and of this one
}

// addAlias makes a column one whose values are compared with those of another. It returns false if
// the attribute's name is the same.
func (d *csvDecoder) addAlias(headers []string, column int, to *keyField) bool {
	a := alias{first: -1}
	for i, other := range d.columns[:column] {
		if other.field != to.field {
			continue
		}
		if a.first >= 0 || spelling(to.name, headers[i]) == spelling(to.name, headers[column]) {
			return false
		}
		a = alias{i, [2]string{spelling(to.name, headers[i]), spelling(to.name, headers[column])}}
	}
	if a.first < 0 {
		return false
	}
	if d.aliases == nil {
		d.aliases = make(map[int]alias)
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
	first := appendQuoted(nil, d.unquoter.field(record[i:end], escaped, ascii))
	return d.reconcile(spelled{a.names[0], first}, spelled{a.names[1], second}, d.columns[column].field, row)
}
