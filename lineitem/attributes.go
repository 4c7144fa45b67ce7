package lineitem

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// CheckAttributes returns an error that matches [ErrUnknownAttribute] where a field of the struct T
// is for an attribute that rows of a dataset do not have: the field would stay zero, without an
// error. The dataset is given by its row type, [Usage] or [Reconciliation]. Names match as in
// decoding: exactly or by an alias, and without regard to case. The text names each such attribute,
// with the nearest one that exists. Give a field that is not for an attribute the tag `json:"-"`.
//
// The streams of package manifest call it for exports of a known dataset. Call it, for instance in
// a test, for a struct that you pass to [NewReader] or [NewDecoder], which do not know the dataset.
// It accepts the row types of this package, which are checked against each row, and a T that is not
// decoded field by field. The error matches [ErrRowType] if T cannot be decoded into.
func CheckAttributes[T, Dataset any]() error {
	return checkAttributes(reflect.TypeFor[T](), reflect.TypeFor[Dataset]())
}

func checkAttributes(row, dataset reflect.Type) error {
	p, err := planFor(row)
	if err != nil {
		return err
	}
	set, err := planFor(dataset)
	if err != nil || p.own || set.fields == nil {
		return err
	}
	known := make([]bool, len(p.fields))
	for _, f := range set.fields {
		if i := p.lookup(f.name); i >= 0 {
			known[i] = true
		}
	}
	var wrong []string
	for i, f := range p.fields {
		if _, alias := set.byName[f.name]; !known[i] && !alias {
			wrong = append(wrong, strconv.Quote(f.name)+set.nearest(f.name))
		}
	}
	if wrong == nil {
		return nil
	}
	return fmt.Errorf("lineitem: %w of %s in %s: %s; a field that is not for an attribute has the tag `json:\"-\"`",
		ErrUnknownAttribute, dataset.Name(), row, strings.Join(wrong, ", "))
}

// nearest suggests the attribute whose name is nearest to one that does not exist, "" if none is
// similar.
func (p *plan) nearest(name string) string {
	if best := p.nearestName(name); best != "" {
		return fmt.Sprintf(" (did you mean %q?)", best)
	}
	return ""
}

// absent says why a struct has no field of a name: that is an attribute for which there is no
// field, perhaps because a tag is misspelled, or the name itself is.
func (p *plan) absent(name string) string {
	best := p.nearestName(name)
	if knownAttribute(name).kind == 0 || strings.EqualFold(best, name) {
		return p.nearest(name)
	}
	text := "; the row type has no field for it"
	if best != "" && knownAttribute(best).kind == 0 {
		text += fmt.Sprintf(", and the tag %q is probably misspelled", best)
	}
	return text
}

func (p *plan) nearestName(name string) string {
	best, least := "", len(name)/2+1
	for _, f := range p.fields {
		if d := distance(strings.ToLower(name), strings.ToLower(f.name)); d < least {
			best, least = f.name, d
		}
	}
	return best
}

// distance is the number of bytes to insert, delete or replace to make a text of another.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, diagonal+1, row[j]+1)
		}
	}
	return row[len(b)]
}
