package lineitem

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/partnerbilling/sdk-go/internal/datetime"
)

// setter stores a valid JSON value in a field that is zero. Setters are the slow path and define
// what each type of field accepts. The decoder's fast paths handle the most common forms.
type setter func(value []byte, to reflect.Value) error

var (
	typeUnmarshaler     = reflect.TypeFor[json.Unmarshaler]()
	typeTextUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
	typeDecimal         = reflect.TypeFor[Decimal]()
	typeTime            = reflect.TypeFor[time.Time]()
	typeRaw             = reflect.TypeFor[json.RawMessage]()
	typeText            = reflect.TypeFor[JSONText]()
	typeUnknown         = reflect.TypeFor[map[string]json.RawMessage]()
)

func hasMethods(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(typeUnmarshaler) || p.Implements(typeTextUnmarshaler)
}

// setterFor returns the setter of a type, or an error if no JSON value can be stored in it.
func setterFor(t reflect.Type) (setter, error) {
	switch depth := pointers(t); {
	case depth > maxPointers:
		return nil, fmt.Errorf("more than %d levels of pointers", maxPointers)
	case t == typeDecimal:
		return setDecimal, nil
	case t == typeTime:
		return setTime, nil
	case t == typeRaw:
		return setRaw, nil
	case t == typeText:
		return setText, nil
	case t.Kind() == reflect.Pointer:
		return pointerSetter(t)
	case reflect.PointerTo(t).Implements(typeUnmarshaler):
		return setUnmarshaler, nil
	case reflect.PointerTo(t).Implements(typeTextUnmarshaler):
		return setTextUnmarshaler, nil
	}
	switch t.Kind() { //nolint:exhaustive // The others are unsupported.
	case reflect.String:
		return setText, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64,
		reflect.Float32, reflect.Float64, reflect.Bool:
		return setScalar, nil
	case reflect.Map, reflect.Slice, reflect.Array, reflect.Struct:
		return setComposite, nil
	case reflect.Interface:
		if t.NumMethod() == 0 {
			return setComposite, nil
		}
	}
	return nil, fmt.Errorf("unsupported field type %s", t)
}

// maxPointers limits the levels of pointers, since a type can point to itself.
const maxPointers = 8

func pointers(t reflect.Type) (n int) {
	for ; t.Kind() == reflect.Pointer && n <= maxPointers; n++ {
		t = t.Elem()
	}
	return n
}

// pointee returns the type that pointers lead to, as far as they are supported.
func pointee(t reflect.Type) reflect.Type {
	for n := 0; t.Kind() == reflect.Pointer && n <= maxPointers; n++ {
		t = t.Elem()
	}
	return t
}

func isNull(value []byte) bool { return value[0] == 'n' }

func isString(value []byte) bool { return value[0] == '"' }

func isComposite(value []byte) bool { return value[0] == '{' || value[0] == '[' }

// absent reports whether a value is null or "", which both mean that there is no value.
func absent(value []byte) bool { return isNull(value) || string(value) == `""` }

func setText(value []byte, to reflect.Value) error {
	s, err := looseText(value)
	to.SetString(s)
	return err
}

func setDecimal(value []byte, to reflect.Value) error {
	text, err := numberText(value)
	if err != nil || text == "" {
		return err
	}
	d, err := parseDecimal(text)
	to.Set(reflect.ValueOf(d))
	return err
}

// timeText returns the text of a time, or "" if there is no value.
func timeText(value []byte) (string, error) {
	if !isNull(value) && !isString(value) {
		return "", ErrWrongType
	}
	return looseText(value)
}

// setTime stores a time in a type that is decoded as one value. Those of other rows are stored by
// values.setTime.
func setTime(value []byte, to reflect.Value) error {
	text, err := timeText(value)
	if err != nil {
		return err
	}
	var dates datetime.Dates
	t, err := dates.Parse([]byte(text), false)
	to.Set(reflect.ValueOf(t))
	return err
}

func setRaw(value []byte, to reflect.Value) error {
	to.SetBytes(bytes.Clone(value))
	return nil
}

// numberText returns the text of a number or of a string that contains a number, or "" if there is
// no value.
func numberText(value []byte) (string, error) {
	if isComposite(value) {
		return "", ErrWrongType
	}
	return looseText(value)
}

func pointerSetter(t reflect.Type) (setter, error) {
	set, err := setterFor(t.Elem())
	if err != nil {
		return nil, err
	}
	return func(value []byte, to reflect.Value) error {
		if absent(value) {
			return nil
		}
		p := reflect.New(t.Elem())
		if err := set(value, p.Elem()); err != nil {
			return err
		}
		to.Set(p)
		return nil
	}, nil
}

func setUnmarshaler(value []byte, to reflect.Value) error {
	if absent(value) {
		return nil
	}
	u, ok := reflect.TypeAssert[json.Unmarshaler](to.Addr())
	if !ok {
		return ErrRowType // unreachable: setterFor has checked it
	}
	return foreign(u.UnmarshalJSON(value), to.Type())
}

func setTextUnmarshaler(value []byte, to reflect.Value) error {
	if absent(value) {
		return nil
	}
	u, ok := reflect.TypeAssert[encoding.TextUnmarshaler](to.Addr())
	if !ok {
		return ErrRowType // unreachable: setterFor has checked it
	}
	text, err := numberText(value)
	if err != nil {
		return err
	}
	return foreign(u.UnmarshalText([]byte(text)), to.Type())
}

// setScalar stores numbers and booleans, also those written as strings.
func setScalar(value []byte, to reflect.Value) error {
	text, err := numberText(value)
	if err != nil || text == "" {
		return err
	}
	switch to.Kind() {
	case reflect.Bool:
		b, err := parseBool(text)
		to.SetBool(b)
		return err
	case reflect.Float32, reflect.Float64:
		f, err := parseFloat(text, to.Type().Bits())
		to.SetFloat(f)
		return err
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		n, err := strconv.ParseUint(text, 10, to.Type().Bits())
		to.SetUint(n)
		return whole(text, numeric(err))
	default:
		n, err := strconv.ParseInt(text, 10, to.Type().Bits())
		to.SetInt(n)
		return whole(text, numeric(err))
	}
}

// parseFloat accepts what parseDecimal does; strconv.ParseFloat alone accepts hexadecimal,
// underscores and infinities, too.
func parseFloat(text string, bits int) (float64, error) {
	if _, err := parseDecimal(text); errors.Is(err, ErrNotNumber) {
		return 0, err
	}
	f, err := strconv.ParseFloat(text, bits)
	return f, numeric(err)
}

func parseBool(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, ErrWrongType
}

// errWhole is for a number that is right and a field that is not.
var errWhole = fmt.Errorf("%w: it is a number, but not one that an integer field can hold; make the field a lineitem.Decimal", ErrWrongType)

// whole returns the error of an integer field, which is to blame for a number that it cannot hold.
func whole(text string, err error) error {
	if errors.Is(err, ErrNotNumber) {
		if _, notNumber := parseDecimal(text); notNumber == nil {
			return errWhole
		}
	}
	return err
}

// numeric returns an error of package strconv without the value that it quotes.
func numeric(err error) error {
	switch {
	case errors.Is(err, strconv.ErrRange):
		return strconv.ErrRange
	case err != nil:
		return ErrNotNumber
	}
	return nil
}

// setComposite stores maps, slices and structs with encoding/json, also those in a string that
// contains JSON. Numbers in an any stay exact, as json.Number.
func setComposite(value []byte, to reflect.Value) error {
	if absent(value) {
		return nil
	}
	if isString(value) && to.Kind() != reflect.Interface && to.Type() != reflect.TypeFor[[]byte]() {
		text, err := looseText(value)
		if err != nil {
			return err
		}
		value = []byte(text)
		if !json.Valid(value) {
			return ErrWrongType
		}
	}
	dec := json.NewDecoder(bytes.NewReader(value))
	dec.UseNumber()
	return foreign(dec.Decode(to.Addr().Interface()), to.Type())
}

// foreign wraps an error of another package so that its text, which may quote the value, is not
// printed.
func foreign(err error, t reflect.Type) error {
	if err == nil {
		return nil
	}
	for _, own := range []error{ErrInexact, ErrNotNumber, ErrNotTime, ErrDateOrder, ErrDay, ErrWrongType, ErrDuplicate, ErrNotObject} {
		if errors.Is(err, own) {
			return own
		}
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF // io.EOF means the end of the data only
	}
	return &fieldError{typ: t, err: err}
}

// fieldError wraps an error of a type's own unmarshaling. The text of err may quote the value, so
// it is available to errors.As and errors.Is only.
type fieldError struct {
	typ reflect.Type
	err error
}

func (e *fieldError) Error() string {
	return fmt.Sprintf("cannot unmarshal value into %s (%T)", e.typ, e.err)
}

func (e *fieldError) Unwrap() error { return e.err }
