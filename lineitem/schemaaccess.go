package lineitem

import (
	"encoding"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"time"
)

// form is how a row holds the values of a column.
type form uint8

const (
	formText form = iota // a string
	formRaw              // a json.RawMessage
	formDecimal
	formTime
	formInt  // of any size
	formUint // of 64 bits
	formFloat
	formBool
	formQualifiers
	formUnknown
	formTextMarshaler
	formOther  // anything else, by encoding/json
	formRecord // an attribute of a Record
)

// access reads the values of a column.
type access struct {
	form     form
	kind     Kind         // of the column
	own      Kind         // of the values
	pointers int          // to follow from the field to the value
	typ      reflect.Type // of the value
	offset   uintptr
	name     string // attribute of a Record
	index    int    // where it probably is
}

var (
	typeTextMarshaler = reflect.TypeFor[encoding.TextMarshaler]()
	typeMarshaler     = reflect.TypeFor[json.Marshaler]()
	typeQualifiers    = reflect.TypeFor[Qualifiers]()
)

// accessTo returns the access to a field.
func accessTo(f *field) access {
	a := access{offset: f.offset, pointers: pointers(f.typ), typ: pointee(f.typ)}
	a.form, a.own = formOf(a.typ)
	if a.own == KindTime && f.day {
		a.own = KindDate
	}
	a.kind = a.own
	return a
}

func formOf(t reflect.Type) (form, Kind) {
	switch p := reflect.PointerTo(t); {
	case t == typeDecimal:
		return formDecimal, KindDecimal
	case t == typeTime:
		return formTime, KindTime
	case t == typeRaw:
		return formRaw, KindJSON
	case t == typeText:
		return formText, KindJSON
	case t == typeQualifiers:
		return formQualifiers, KindJSON
	case p.Implements(typeTextMarshaler):
		return formTextMarshaler, KindText
	case p.Implements(typeMarshaler):
		return formOther, KindJSON
	}
	switch t.Kind() { //nolint:exhaustive // The others are JSON.
	case reflect.String:
		return formText, KindText
	case reflect.Bool:
		return formBool, KindBool
	case reflect.Float32, reflect.Float64:
		return formFloat, KindFloat
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint8, reflect.Uint16, reflect.Uint32:
		return formInt, KindInt
	case reflect.Uint, reflect.Uint64:
		return formUint, KindDecimal // KindInt has a sign
	}
	return formOther, KindJSON
}

// canBe reports whether the column can be of a kind.
func (a *access) canBe(kind Kind) bool {
	switch {
	case !slices.Contains(PossibleKindValues(), kind):
		return false
	case kind == a.own || kind == KindText || a.form == formRecord:
		return true
	case a.form == formTime:
		return kind == KindTime || kind == KindDate
	}
	return a.form == formText && kind == KindJSON
}

// be makes the column one of a kind.
func (a *access) be(kind Kind) {
	if a.kind = kind; a.form == formRecord || a.form == formTime && kind != KindText {
		a.own = kind
	}
}

// fallible reports whether a value can be an error.
func (a *access) fallible() bool {
	return a.form == formTextMarshaler || a.form == formOther || a.form == formRecord
}

// value returns the value of a field, false for a nil pointer.
func (a *access) value(row target) (target, bool) {
	v := row.at(a.offset)
	for range a.pointers {
		if v = v.pointee(); v.row == nil {
			return v, false
		}
	}
	return v, true
}

// text returns a value as text, false for null.
func (a *access) text(row target) (string, bool) {
	if a.form == formText {
		v, ok := a.value(row)
		if !ok {
			return "", false
		}
		s := *v.text(0)
		return s, a.pointers > 0 || s != ""
	}
	var buf [64]byte
	b, ok, err := a.append(buf[:0], row)
	if !ok || err != nil {
		return "", false
	}
	return string(b), true
}

// append appends a value as text, false for null.
func (a *access) append(dst []byte, row target) (_ []byte, ok bool, err error) {
	switch a.own {
	case KindDecimal:
		d, err := a.decimal(row)
		if !d.valid {
			return dst, false, err
		}
		return d.append(dst), true, nil
	case KindTime, KindDate:
		t, ok, err := a.time(row)
		if !ok {
			return dst, false, err
		}
		layout := time.RFC3339Nano
		if a.own == KindDate {
			layout = time.DateOnly
		}
		return t.AppendFormat(dst, layout), true, nil
	case KindInt:
		n, ok, err := a.int(row)
		if !ok {
			return dst, false, err
		}
		return strconv.AppendInt(dst, n, 10), true, nil
	case KindFloat:
		f, ok, err := a.float(row)
		if !ok {
			return dst, false, err
		}
		return strconv.AppendFloat(dst, f, 'g', -1, a.bits()), true, nil
	case KindBool:
		b, ok, err := a.bool(row)
		if !ok {
			return dst, false, err
		}
		return strconv.AppendBool(dst, b), true, nil
	case KindText, KindJSON:
	}
	if a.form == formRecord {
		return a.appendAttribute(dst, row)
	}
	v, ok := a.value(row)
	if !ok {
		return dst, false, nil
	}
	return a.appendText(dst, v)
}

// bits returns the size of a float.
func (a *access) bits() int {
	if a.form == formRecord {
		return 64
	}
	return a.typ.Bits()
}

func (a *access) decimal(row target) (d Decimal, err error) {
	if a.form == formRecord {
		return a.decimalOf(row)
	}
	v, ok := a.value(row)
	switch {
	case !ok:
		return Decimal{}, nil
	case a.form == formDecimal:
		return *v.decimal(0), nil
	default:
		return compose(false, uint128{lo: uint64(v.integer(a.typ.Kind()))}, 0) //nolint:gosec // It came from one.
	}
}

func (a *access) time(row target) (t time.Time, ok bool, err error) {
	if a.form == formRecord {
		return a.timeOf(row)
	}
	v, ok := a.value(row)
	if !ok {
		return t, false, nil
	}
	if t = *v.time(0); t.IsZero() && a.pointers == 0 {
		return time.Time{}, false, nil
	}
	return t.UTC(), true, nil
}

func (a *access) int(row target) (n int64, ok bool, err error) {
	if a.form == formRecord {
		return a.intOf(row)
	}
	v, ok := a.value(row)
	if !ok {
		return 0, false, nil
	}
	return v.integer(a.typ.Kind()), true, nil
}

func (a *access) float(row target) (f float64, ok bool, err error) {
	if a.form == formRecord {
		return a.floatOf(row)
	}
	v, ok := a.value(row)
	if !ok {
		return 0, false, nil
	}
	return v.float(a.typ.Kind()), true, nil
}

func (a *access) bool(row target) (b, ok bool, err error) {
	if a.form == formRecord {
		return a.boolOf(row)
	}
	v, ok := a.value(row)
	if !ok {
		return false, false, nil
	}
	return *v.bool(), true, nil
}
