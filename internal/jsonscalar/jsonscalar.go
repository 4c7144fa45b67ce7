// Package jsonscalar decodes the scalars of Microsoft's billing services, which write the same
// member as a string in one response and as a number in the next.
package jsonscalar

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/partnerbilling/sdk-go/internal/datetime"
)

// errNotScalar is returned for an object or an array.
var errNotScalar = errors.New("a string or a number was expected")

// Text is a string, or another scalar as it was written. null is "".
type Text string

// UnmarshalJSON implements json.Unmarshaler. An object or an array is an error.
func (t *Text) UnmarshalJSON(data []byte) error {
	switch {
	case len(data) > 0 && data[0] == '"':
		return json.Unmarshal(data, (*string)(t))
	case len(data) > 0 && (data[0] == '{' || data[0] == '['):
		return errNotScalar
	case string(data) == "null":
		*t = ""
	default:
		*t = Text(data)
	}
	return nil
}

// TextOf returns what any JSON value says, without surrounding white space: the content of a
// string, nothing for null or for a value that is absent, and everything else as it was written. It
// serves where a member of the wrong type must not cost the others.
func TextOf(raw json.RawMessage) string {
	var s string
	switch {
	case len(raw) == 0 || IsNull(raw):
		return ""
	case json.Unmarshal(raw, &s) == nil:
		return strings.TrimSpace(s)
	default:
		return string(raw)
	}
}

// Int is a whole number, which may stand in quotes.
type Int struct {
	Value int64
	// Set tells a number from an absent one, an empty string and null.
	Set bool
}

// UnmarshalJSON implements json.Unmarshaler.
func (i *Int) UnmarshalJSON(data []byte) error {
	s := strings.Trim(string(data), `"`)
	if s == "null" || s == "" {
		return nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return err
	}
	*i = Int{Value: n, Set: true}
	return nil
}

// MarshalJSON writes the number.
func (i Int) MarshalJSON() ([]byte, error) { return strconv.AppendInt(nil, i.Value, 10), nil }

// Time is a time in any form that datetime.Parse knows, or a date such as 01-31-2023. A time that
// cannot be read is the zero time: no response is worth losing over a date.
type Time struct{ time.Time }

// UnmarshalJSON implements json.Unmarshaler. It never returns an error.
func (t *Time) UnmarshalJSON(data []byte) error {
	*t = TimeOf(data)
	return nil
}

// TimeOf returns the time of a JSON value, the zero time if it holds none.
func TimeOf(raw json.RawMessage) Time {
	s := TextOf(raw)
	if t, err := datetime.Parse(s); err == nil {
		return Time{t}
	}
	if t, err := time.Parse("01-02-2006", s); err == nil {
		return Time{t}
	}
	return Time{}
}

// IsNull reports whether a JSON value is null.
func IsNull(raw json.RawMessage) bool { return bytes.Equal(bytes.TrimSpace(raw), []byte("null")) }
