package manifest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/partnerbilling/sdk-go/internal/bitcount"
	"github.com/partnerbilling/sdk-go/internal/errtext"
	"github.com/partnerbilling/sdk-go/lineitem"
)

// maxUnknown limits the names of a report.
const maxUnknown = 256

// presence says which attributes of the row type have a value in each row of a batch.
type presence struct {
	bits    []uint64 // of the rows, one after the other, as Decoder.AppendPresent returns them
	counts  []int64  // by attribute, of all rows
	unknown []string // attributes without a field that the decoder had not met before
}

// reset empties it for rows of a type with that many attributes.
func (p *presence) reset() { p.bits, p.counts, p.unknown = p.bits[:0], p.counts[:0], nil }

// of returns the counts of the first rows out of n.
func (p *presence) of(rows, n, attributes int) []int64 {
	if rows == n {
		return p.counts
	}
	counts := make([]int64, attributes)
	bitcount.Add(counts, p.bits[:rows*lineitem.PresentWords(attributes)])
	return counts
}

// tally is how many of the rows that were counted have a value for each attribute. Without
// attributes nothing is counted.
type tally struct {
	rows    int64
	values  []int64
	unknown []string // sorted
}

func newTally(attributes int) tally { return tally{values: make([]int64, attributes)} }

func (t *tally) add(rows int64, values []int64, unknown []string) {
	if len(t.values) == 0 {
		return
	}
	t.rows += rows
	for i, n := range values {
		t.values[i] += n
	}
	t.unknown = addNames(t.unknown, unknown)
}

func (t *tally) clone() tally {
	return tally{t.rows, slices.Clone(t.values), slices.Clone(t.unknown)}
}

// addNames adds names to a sorted list, which is limited.
func addNames(list, names []string) []string {
	for _, name := range names {
		if at, has := slices.BinarySearch(list, name); !has && len(list) < maxUnknown {
			list = slices.Insert(list, at, name)
		}
	}
	return list
}

// counted is a tally in a checkpoint. It belongs to rows of one type.
type counted struct {
	Of      string   `json:"of"` // hash of the names of the type's attributes
	Rows    int64    `json:"rows"`
	Values  []int64  `json:"values"`
	Unknown []string `json:"unknown,omitempty"`
}

// valid reports whether it can be a tally of as many rows.
func (c *counted) valid(rows int64) bool {
	return c == nil || c.Of != "" && c.Rows >= 0 && c.Rows <= rows && len(c.Unknown) <= maxUnknown && slices.IsSorted(c.Unknown) &&
		!slices.ContainsFunc(c.Values, func(n int64) bool { return n < 0 || n > c.Rows })
}

// hashOfAttributes identifies the attributes of a row type.
func hashOfAttributes(attributes []lineitem.Attribute) string {
	names := make([]string, len(attributes))
	for i, a := range attributes {
		names[i] = a.Name
	}
	return hashOf(names)
}

// require returns the attributes of a row type, those that are named as required ones.
func require(attributes []lineitem.Attribute, names []string) ([]lineitem.Attribute, error) {
	for _, name := range names {
		i := slices.IndexFunc(attributes, func(a lineitem.Attribute) bool { return a.Name == name })
		if i < 0 {
			return nil, &Error{Field: "Require", Reason: fmt.Sprintf("the row type has no field for %q", errtext.Clip(name, errtext.CodeLimit)), Err: lineitem.ErrRowType}
		}
		attributes[i].Required, attributes[i].With = true, ""
	}
	return attributes, nil
}

// Missing returns the names of the attributes of the row type that had a value in no row. Many are
// missing in every export: those of the full set in one of the basic set, for instance.
func (r *Report) Missing() (names []string) {
	for i := range r.Attributes {
		if r.Attributes[i].Values == 0 {
			names = append(names, r.Attributes[i].Name)
		}
	}
	return names
}

// CheckAttributes returns an error that matches [ErrAttributeMissing] if rows were counted and a
// required attribute had a value in none of them. A read of a whole export ends with that error by
// itself. Call it where an export was read in parts, on their merged reports.
func (r *Report) CheckAttributes() error {
	// An attribute is not judged where rows were not counted: they may have it.
	if r.Counted == 0 || r.Counted < r.Total.Rows+r.Earlier {
		return nil
	}
	for i := range r.Attributes {
		a := &r.Attributes[i]
		if a.Required && a.Values == 0 && (a.With == "" || r.values(a.With) > 0) {
			return &Error{Field: a.Name, Err: ErrAttributeMissing, Reason: fmt.Sprintf("none of %d rows has a value%s%s; set ReadOptions.AllowMissing if the export is expected to lack it",
				r.Counted, inFullSetOnly(a.Name), newNames(r.Unknown))}
		}
	}
	return nil
}

// newNames names attributes of which one may be the new name of another: those that came and that
// no dataset has. The rest of what came is left out: a struct of a few fields has a field for
// nearly none of it.
func newNames(unknown []string) string {
	const most, length = 8, 64
	var quoted []string
	for _, name := range unknown {
		if !isAttribute[lineitem.Usage](name) && !isAttribute[lineitem.Reconciliation](name) {
			quoted = append(quoted, fmt.Sprintf("%q", errtext.Clip(name, length)))
		}
	}
	if quoted == nil {
		return ""
	}
	rest := ""
	if len(quoted) > most {
		rest = fmt.Sprintf(" and %d more", len(quoted)-most)
		quoted = quoted[:most]
	}
	return "; it may have another name now, of attributes that are not known: " + strings.Join(quoted, ", ") + rest
}

// inFullSetOnly says so of an attribute that an export of the basic attribute set lacks.
func inFullSetOnly(name string) string {
	full := isAttribute[lineitem.Usage](name) || isAttribute[lineitem.Reconciliation](name)
	if !full || isAttribute[lineitem.UsageBasic](name) || isAttribute[lineitem.ReconciliationBasic](name) {
		return ""
	}
	return "; it is in exports of the full attribute set only"
}

// isAttribute reports whether a row type has a field for an attribute.
func isAttribute[T any](name string) bool {
	attributes, err := lineitem.AttributesOf[T]()
	return err == nil && slices.ContainsFunc(attributes, func(a lineitem.Attribute) bool { return strings.EqualFold(a.Name, name) })
}

func (r *Report) values(attribute string) int64 {
	for i := range r.Attributes {
		if r.Attributes[i].Name == attribute {
			return r.Attributes[i].Values
		}
	}
	return 0
}

// Merge adds the report of a read of other blobs of the same export into the same row type, such as
// another selection in another process. The error matches [ErrSelection] if a blob is in both, and
// [lineitem.ErrRowType] if the row types have different attributes; r is then unchanged. The zero
// Report has no row type yet.
func (r *Report) Merge(o *Report) error {
	if len(r.Blobs) > 0 && !slices.EqualFunc(r.Attributes, o.Attributes, func(a, b lineitem.AttributeCount) bool { return a.Name == b.Name }) {
		return &Error{Field: "Attributes", Reason: "the reports are of different row types", Err: lineitem.ErrRowType}
	}
	read := make(map[string]bool, len(r.Blobs))
	for i := range r.Blobs {
		read[r.Blobs[i].Name] = true
	}
	for i := range o.Blobs {
		if name := o.Blobs[i].Name; read[name] {
			return &Error{Field: "Blobs", Reason: fmt.Sprintf("%q is in both reports; merge reports of different blobs", errtext.Clip(name, errtext.CodeLimit)), Err: ErrSelection}
		}
	}
	if len(r.Blobs) == 0 {
		r.Total.Verified = true
	}
	r.Blobs = slices.Concat(r.Blobs, o.Blobs)
	r.Total.add(&o.Total)
	r.Earlier += o.Earlier
	for _, admitted := range o.Admitted {
		if !slices.Contains(r.Admitted, admitted) {
			r.Admitted = append(slices.Clip(r.Admitted), admitted)
		}
	}
	own := r.Attributes
	r.Attributes = slices.Clone(o.Attributes)
	for i := range own {
		r.Attributes[i].Values += own[i].Values
		r.Attributes[i].Required = r.Attributes[i].Required || own[i].Required
	}
	r.Unknown = addNames(slices.Clone(r.Unknown), o.Unknown)
	r.Counted += o.Counted
	return nil
}
