package lineitem

import (
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
