package ledger

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/partnerbilling/sdk-go/lineitem"
)

// Version identifies what is loaded. Rows of different versions are never mixed.
type Version struct {
	ETag         string // of the export; empty: unknown, and the same as no other
	ManifestID   string // for people: another export of the same data has another one
	AttributeSet string
	Schema       string // hash of the schema
}

// Same reports whether two versions are known to have the same rows.
func (v Version) Same(o Version) bool {
	return v.ETag != "" && v.ETag == o.ETag && v.AttributeSet == o.AttributeSet && v.Schema == o.Schema
}

// Sums are the sums of columns of amounts, by the name of the column.
type Sums map[string]lineitem.Totals

// Load is a load of a unit: the current one, or one in progress.
type Load struct {
	Number int64 // which its rows have; 0: there is no load
	Version
	Rows int64
	Sums Sums
}

// Entry is the row of a ledger for a unit.
type Entry struct {
	Fence      int64 // the number of the newest start
	Current    Load  // what readers see
	LoadedAt   time.Time
	Next       Load    // in progress
	Checkpoint string  // after the rows of Next; empty: it cannot be resumed
	Obsolete   []int64 // loads whose rows are to be deleted
}

// idle reports whether nothing is in progress or to be deleted.
func (e *Entry) idle() bool { return e.Next.Number == 0 && len(e.Obsolete) == 0 }

// abandon makes the load in progress obsolete.
func (e *Entry) abandon() {
	if e.Next.Number != 0 {
		e.Obsolete = append(e.Obsolete, e.Next.Number)
	}
	e.Next, e.Checkpoint = Load{}, ""
}

// begin begins a load. Its number is that of the fence, which no other load has.
func (e *Entry) begin(v Version) {
	e.abandon()
	e.Next = Load{Number: e.Fence, Version: v}
}

// finish makes the load in progress the current one.
func (e *Entry) finish(now time.Time) {
	former := e.Current.Number
	e.Current, e.LoadedAt = e.Next, now
	e.Next, e.Checkpoint = Load{}, ""
	if former != 0 {
		e.Obsolete = append(e.Obsolete, former)
	}
}

// Numbers returns all loads of the unit.
func (e *Entry) Numbers() []int64 {
	all := slices.Clone(e.Obsolete)
	for _, n := range []int64{e.Current.Number, e.Next.Number} {
		if n != 0 {
			all = append(all, n)
		}
	}
	return all
}

// Text returns the sums as the JSON that is stored in a ledger.
func (s Sums) Text() (string, error) {
	if len(s) == 0 {
		return "{}", nil
	}
	text, err := json.Marshal(s)
	if err != nil {
		return "", fmt.Errorf("sums: %w", err)
	}
	return string(text), nil
}

// ParseSums parses what Text returns.
func ParseSums(text string) (s Sums, err error) {
	if text == "" || text == "{}" {
		return nil, nil
	}
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return nil, fmt.Errorf("sums: %w", err)
	}
	return s, nil
}

// clone returns sums that share nothing with s.
func (s Sums) clone() Sums {
	c := maps.Clone(s)
	for column, totals := range c {
		var own lineitem.Totals
		own.Merge(&totals)
		c[column] = own
	}
	return c
}

// FormatNumbers returns numbers of loads as the text that is stored in a ledger.
func FormatNumbers(numbers []int64) string {
	var text []byte
	for i, n := range numbers {
		if i > 0 {
			text = append(text, ' ')
		}
		text = strconv.AppendInt(text, n, 10)
	}
	return string(text)
}

// ParseNumbers parses what FormatNumbers returns.
func ParseNumbers(text string) (numbers []int64, err error) {
	for field := range strings.FieldsSeq(text) {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("obsolete loads: %w", err)
		}
		numbers = append(numbers, n)
	}
	return numbers, nil
}
