package lineitem

import (
	"bytes"
	"encoding/json"
	"strings"
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
