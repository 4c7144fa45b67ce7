package lineitem

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// JSONText is JSON text, such as the tags of a resource. The service sends it as a string that
// contains JSON, as a JSON value, or empty. JSONText is the JSON as it was written, or "" if there
// is none. It is not validated, since customers choose its content.
type JSONText string

// Unmarshal decodes the text into v with [json.Unmarshal]. If the text is empty, v is unchanged.
func (t JSONText) Unmarshal(v any) error {
	if strings.TrimSpace(string(t)) == "" {
		return nil
	}
	return json.Unmarshal([]byte(t), v)
}

// UnmarshalJSON implements [json.Unmarshaler]: the text of a string, or the JSON of other values.
func (t *JSONText) UnmarshalJSON(data []byte) error {
	s, err := looseText(data)
	*t = JSONText(s)
	return err
}

// looseText returns a JSON value as text: the text of a string, "" for null, and the JSON of other
// values.
func looseText(data []byte) (string, error) {
	switch {
	case len(data) > 0 && data[0] == '"':
		var s string
		err := json.Unmarshal(data, &s)
		return s, err
	case string(data) == "null":
		return "", nil
	}
	return string(data), nil
}

// Qualifiers are the qualifiers of a product, such as AddOn or Trial. The service sends an array, a
// string that contains an array, or one word.
type Qualifiers []string

// UnmarshalJSON implements [json.Unmarshaler] for all three forms. An element that is not a string
// is kept as JSON.
func (q *Qualifiers) UnmarshalJSON(data []byte) error {
	return opError("unmarshal qualifiers", q.parse(data))
}

func (q *Qualifiers) parse(data []byte) error {
	*q = nil
	data = bytes.TrimSpace(data)
	if len(data) > 0 && data[0] == '"' {
		text, err := looseText(data)
		if err != nil || strings.TrimSpace(text) == "" {
			return err
		}
		if inner := []byte(text); strings.TrimSpace(text)[0] == '[' && json.Valid(inner) {
			return q.parse(inner)
		}
		*q = Qualifiers{text}
		return nil
	}
	if string(data) == "null" {
		return nil
	}
	var elements []json.RawMessage
	if err := json.Unmarshal(data, &elements); err != nil {
		return ErrWrongType
	}
	for _, e := range elements {
		s, err := looseText(e)
		if err != nil {
			return err
		}
		*q = append(*q, s)
	}
	return nil
}

// unquoter returns texts without quotes and escapes.
type unquoter struct {
	scratch []byte
	// replaced counts texts in which invalid bytes or escapes were replaced with U+FFFD.
	replaced int64
}

func (u *unquoter) replacements() int64 { return u.replaced }

// string returns the text of a JSON string, which is b[i:end]. It is valid until the next call.
// Invalid bytes and escapes are replaced as in encoding/json.
func (u *unquoter) string(b []byte, i, end int, escaped, ascii bool) []byte {
	text, replaced := b[i:end], false
	if !ascii && !utf8.Valid(text) {
		text = []byte(string([]rune(string(text)))) // U+FFFD for each byte
		b, i, end, replaced = text, 0, len(text), true
	}
	if escaped {
		var surrogate bool
		u.scratch, surrogate = unescape(u.scratch[:0], b, i, end)
		text, replaced = u.scratch, replaced || surrogate
	}
	if replaced {
		u.replaced++
	}
	return text
}

// csv returns the text of a CSV field, valid until the next call.
func (u *unquoter) csv(text []byte, escaped, ascii bool) []byte {
	if len(text) > 0 && text[0] == '"' {
		text = text[1 : len(text)-1]
	}
	if escaped {
		u.scratch = u.scratch[:0]
		for i := 0; i >= 0; {
			if i = bytes.IndexByte(text, '"'); i >= 0 {
				u.scratch = append(u.scratch, text[:i+1]...)
				text = text[i+2:] // after the second of two
			}
		}
		u.scratch = append(u.scratch, text...)
		text = u.scratch
	}
	if !ascii && !utf8.Valid(text) {
		u.replaced++
		text = []byte(string([]rune(string(text)))) // U+FFFD for each byte, as in encoding/json
	}
	return text
}
