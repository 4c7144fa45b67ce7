package lineitem

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"unicode/utf8"
)

// appendText appends a value that is a text or JSON, false for null.
func (a *access) appendText(dst []byte, v target) (_ []byte, ok bool, err error) {
	switch a.form {
	case formText:
		s := *v.text(0)
		return append(dst, s...), a.pointers > 0 || s != "", nil
	case formRaw:
		raw := *v.raw()
		if len(raw) == 0 || isNull(raw) {
			return dst, false, nil
		}
		return appendJSON(dst, raw), true, nil
	case formQualifiers:
		q := *v.qualifiers()
		return appendQualifiers(dst, q), len(q) > 0, nil
	case formUnknown:
		u := *v.unknown(0)
		return appendUnknown(dst, u), len(u) > 0, nil
	case formTextMarshaler:
		m, is := reflect.TypeAssert[encoding.TextMarshaler](v.value(a.typ, 0).Addr())
		if !is {
			return dst, false, ErrRowType // unreachable: formOf has checked it
		}
		text, err := m.MarshalText()
		return append(dst, text...), err == nil && (a.pointers > 0 || len(text) > 0), a.failed(err)
	default:
		text, err := json.Marshal(v.value(a.typ, 0).Addr().Interface())
		return append(dst, text...), err == nil && string(text) != "null", a.failed(err)
	}
}

// failed returns the error of a value's own method, whose text may quote the value.
func (a *access) failed(err error) error {
	if err == nil {
		return nil
	}
	return &marshalError{a.typ, err}
}

// marshalError wraps an error so that its text is available to errors.As and errors.Is only.
type marshalError struct {
	typ reflect.Type
	err error
}

func (e *marshalError) Error() string {
	return fmt.Sprintf("cannot marshal value of %s (%T)", e.typ, e.err)
}

func (e *marshalError) Unwrap() error { return e.err }

// appendJSON appends JSON from the data. The decoder does not replace invalid bytes in it, as it
// does in texts.
func appendJSON(dst []byte, raw json.RawMessage) []byte {
	if !utf8.Valid(raw) {
		raw = bytes.ToValidUTF8(raw, []byte("\ufffd"))
	}
	return append(dst, raw...)
}

func appendQualifiers(dst []byte, q Qualifiers) []byte {
	dst = append(dst, '[')
	for i, s := range q {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendQuoted(dst, s)
	}
	return append(dst, ']')
}

// appendUnknown appends a JSON object with its keys sorted.
func appendUnknown(dst []byte, u map[string]json.RawMessage) []byte {
	var some [16]string
	names := slices.AppendSeq(some[:0], maps.Keys(u))
	slices.Sort(names)
	dst = append(dst, '{')
	for i, name := range names {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendQuoted(dst, name), ':')
		if raw := u[name]; len(raw) > 0 {
			dst = appendJSON(dst, raw)
		} else {
			dst = append(dst, "null"...)
		}
	}
	return append(dst, '}')
}
