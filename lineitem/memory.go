package lineitem

import (
	"encoding/json"
	"reflect"
	"time"
	"unsafe"
)

// This file has all uses of package unsafe: fields are written at their offsets instead of by
// reflection.

// target is the row that a line is decoded into. The offsets that its methods take must be those of
// the plan of its type.
type target struct{ row unsafe.Pointer }

//nolint:gosec // The plan that is used with it is that of T.
func targetOf[T any](row *T) target { return target{unsafe.Pointer(row)} }

func (t target) text(offset uintptr) *string { return (*string)(unsafe.Add(t.row, offset)) }

func (t target) decimal(offset uintptr) *Decimal { return (*Decimal)(unsafe.Add(t.row, offset)) }

func (t target) time(offset uintptr) *time.Time { return (*time.Time)(unsafe.Add(t.row, offset)) }

func (t target) unknown(offset uintptr) *map[string]json.RawMessage {
	return (*map[string]json.RawMessage)(unsafe.Add(t.row, offset))
}

func (t target) record() *Record { return (*Record)(t.row) }

// value returns the field of a type at an offset, for what has no method above.
func (t target) value(typ reflect.Type, offset uintptr) reflect.Value {
	return reflect.NewAt(typ, unsafe.Add(t.row, offset)).Elem()
}

// The methods below are for values that are read, see [Schema]. They are where a target is.

// at returns the target at an offset.
func (t target) at(offset uintptr) target { return target{unsafe.Add(t.row, offset)} }

// pointee returns where a pointer leads, which may be nil.
func (t target) pointee() target { return target{*(*unsafe.Pointer)(t.row)} }

func (t target) raw() *json.RawMessage { return (*json.RawMessage)(t.row) }

func (t target) qualifiers() *Qualifiers { return (*Qualifiers)(t.row) }

func (t target) bool() *bool { return (*bool)(t.row) }

// float returns the value of a float of a kind.
func (t target) float(k reflect.Kind) float64 {
	if k == reflect.Float32 {
		return float64(*(*float32)(t.row))
	}
	return *(*float64)(t.row)
}

// integer returns the value of an integer of a kind. Those of 64 bits without a sign are returned
// as their bits.
func (t target) integer(k reflect.Kind) int64 {
	switch k {
	case reflect.Int:
		return int64(*(*int)(t.row))
	case reflect.Int8:
		return int64(*(*int8)(t.row))
	case reflect.Int16:
		return int64(*(*int16)(t.row))
	case reflect.Int32:
		return int64(*(*int32)(t.row))
	case reflect.Uint8:
		return int64(*(*uint8)(t.row))
	case reflect.Uint16:
		return int64(*(*uint16)(t.row))
	case reflect.Uint32:
		return int64(*(*uint32)(t.row))
	case reflect.Uint:
		return int64(*(*uint)(t.row)) //nolint:gosec // As said above.
	default:
		return *(*int64)(t.row)
	}
}
