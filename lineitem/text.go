package lineitem

import (
	"bytes"
	"encoding/json"
	"strings"
)

// JSONText is a text that holds JSON: the tags of a resource, say. The service
// sends it as a string with JSON in it, as JSON proper, or empty; here it is always
// the JSON's text as it was written, "" where there is none. It is not checked:
// what customers put there is theirs.
type JSONText string

// Unmarshal decodes the text into v as [json.Unmarshal] does. An empty text
// leaves v alone.
func (t JSONText) Unmarshal(v any) error {
	if strings.TrimSpace(string(t)) == "" {
		return nil
	}
	return json.Unmarshal([]byte(t), v)
}

// UnmarshalJSON takes the text of a string, and the text itself of anything else.
func (t *JSONText) UnmarshalJSON(data []byte) error {
	s, err := looseText(data)
	*t = JSONText(s)
	return err
}

// looseText returns a JSON value as text: what a string holds, nothing for null,
// and any other value as it is written.
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

// Qualifiers lists the qualifiers of a product, such as AddOn or Trial. The
// service sends an array, a string that holds an array, or one plain word.
type Qualifiers []string

// UnmarshalJSON reads every form. Elements that are no strings keep their text.
func (q *Qualifiers) UnmarshalJSON(data []byte) error {
	*q = nil
	data = bytes.TrimSpace(data)
	if len(data) > 0 && data[0] == '"' {
		text, err := looseText(data)
		if err != nil || strings.TrimSpace(text) == "" {
			return err
		}
		if inner := []byte(text); strings.TrimSpace(text)[0] == '[' && json.Valid(inner) {
			return q.UnmarshalJSON(inner)
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
