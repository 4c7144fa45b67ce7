package lineitem

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/partnerbilling/sdk-go/internal/datetime"
)

// values stores values in the fields of rows.
type values struct {
	unquoter
	plan  *plan
	dates datetime.Dates
	seen  []uint64 // one bit for each field that occurred in this row
	empty []uint64 // likewise, for each that occurred in this row and is null or an empty text
	cache cache
	arena arena
	// head is the text of the cache that a run may follow, and first that of the beginning of a
	// row.
	head     *head
	column   int // of head
	first    head
	recorder recorder
}

func newValues(p *plan, columns int) values {
	words := p.words()
	sets := make([]uint64, 2*words)
	return values{plan: p, seen: sets[:words:words], empty: sets[words:], cache: newCache(columns)}
}

// noValue records that a field that occurs in this row is null or an empty text.
func (v *values) noValue(field int) {
	if field >= 0 {
		v.empty[field>>6] |= 1 << (field & 63)
	}
}

// appendPresent implements rowDecoder.
func (v *values) appendPresent(present []uint64) []uint64 {
	for i, seen := range v.seen {
		present = append(present, seen&^v.empty[i])
	}
	return present
}

// mark records that a field occurred in this row. It returns false for a duplicate.
func (v *values) mark(to *keyField) bool {
	if to.field < 0 {
		return true
	}
	word, bit := &v.seen[to.field>>6], uint64(1)<<(to.field&63)
	if *word&bit != 0 {
		return false
	}
	*word |= bit
	return true
}

// matchesType reports whether a row belongs to the type's dataset: it has an attribute of it, and
// one that the other dataset lacks if it has one that only the other has.
func (v *values) matchesType(foreign bool) bool {
	known, typical := false, false
	for i, seen := range v.seen {
		known = known || seen != 0
		typical = typical || seen&v.plan.typical[i] != 0
	}
	return known && (typical || !foreign)
}

// setJSON stores a JSON value: in its field, by the field's setter, or in Unknown.
func (v *values) setJSON(raw []byte, to *keyField, row target) error {
	if to.field >= 0 {
		if absent(raw) {
			v.noValue(to.field)
		}
		if !utf8.Valid(raw) || loneSurrogate(raw) {
			v.replaced++
		}
		f := &v.plan.fields[to.field]
		if f.dated {
			return v.setTime(raw, f, row.value(f.typ, f.offset))
		}
		return f.set(raw, row.value(f.typ, f.offset))
	}
	if to.field != fieldUnknown || v.plan.unknown == nil {
		return nil
	}
	unknown := row.unknown(v.plan.unknown.offset)
	if *unknown == nil {
		*unknown = make(map[string]json.RawMessage)
	}
	if to.name == "Unknown" && raw[0] == '{' {
		return addAll(*unknown, raw)
	}
	return add(*unknown, to.name, slices.Clone(raw))
}

// setTime stores a time in a field, or in what it points to.
func (v *values) setTime(raw []byte, f *field, to reflect.Value) error {
	text, err := timeText(raw)
	if err != nil || text == "" {
		return err
	}
	t, err := v.dates.Parse([]byte(text), f.day)
	if err != nil {
		return err
	}
	for to.Kind() == reflect.Pointer {
		to.Set(reflect.New(to.Type().Elem()))
		to = to.Elem()
	}
	to.Set(reflect.ValueOf(t))
	return nil
}

func (v *values) dateParser() *datetime.Dates { return &v.dates }

func add(to map[string]json.RawMessage, name string, value json.RawMessage) error {
	if _, twice := to[name]; twice {
		return ErrDuplicate
	}
	to[name] = value
	return nil
}

// addAll adds the attributes of a field Unknown that encoding/json has written.
func addAll(to map[string]json.RawMessage, object []byte) error {
	var r Record
	if err := r.UnmarshalJSON(object); err != nil {
		return ErrDuplicate // the only possible error in an object that was scanned
	}
	for name, value := range r.All() {
		if err := add(to, name, value); err != nil {
			return err
		}
	}
	return nil
}

// Texts of rows share allocations of sharedTexts bytes. A string that the caller keeps holds on to
// its allocation, so allocations are small, and a text longer than maxShared has its own.
const (
	sharedTexts = 2048
	maxShared   = 512
)

// arena holds texts of rows. It must not be copied once it is used.
type arena struct{ texts strings.Builder }

// keep returns a copy of a text.
func (a *arena) keep(text []byte) string {
	switch {
	case len(text) == 0:
		return ""
	case len(text) > maxShared:
		return string(text)
	case len(text) > a.texts.Cap()-a.texts.Len():
		a.texts = strings.Builder{}
		a.texts.Grow(sharedTexts)
	}
	start := a.texts.Len()
	a.texts.Write(text)
	return a.texts.String()[start:]
}
