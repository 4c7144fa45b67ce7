package costmgmt

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"github.com/partnerbilling/sdk-go/lineitem"
)

// Amount is an exact amount in a currency.
type Amount struct {
	// Value is null where the service gave none.
	Value lineitem.Decimal `json:"value"`
	// Currency is a code of three letters.
	Currency string `json:"currency"`
}

// String returns the amount with its currency.
func (a Amount) String() string { return strings.TrimSpace(a.Value.String() + " " + a.Currency) }

// text takes any scalar: a string, the digits of a number, nothing for null.
type text string

// UnmarshalJSON implements json.Unmarshaler.
func (t *text) UnmarshalJSON(data []byte) error {
	var s lineitem.JSONText
	err := s.UnmarshalJSON(data)
	*t = text(s)
	return err
}

// date takes a time in every form that was seen, 01-31-2023 too. No page fails over a date: one that
// cannot be read is the zero time.
type date struct{ time.Time }

// UnmarshalJSON implements json.Unmarshaler.
func (d *date) UnmarshalJSON(data []byte) error {
	var s text
	if s.UnmarshalJSON(data) != nil {
		return nil
	}
	if t, err := lineitem.ParseTime(string(s)); err == nil {
		d.Time = t
	} else if t, err := time.Parse("01-02-2006", string(s)); err == nil {
		d.Time = t
	}
	return nil
}

// isNull reports whether an element of a list is none.
func isNull(raw json.RawMessage) bool { return bytes.Equal(bytes.TrimSpace(raw), []byte("null")) }

// resource is what everything in Azure Resource Manager has.
type resource[P any] struct {
	ID         text `json:"id"`
	Name       text `json:"name"`
	Kind       text `json:"kind"`
	ETag       text `json:"eTag"`
	Properties P    `json:"properties"`
}
