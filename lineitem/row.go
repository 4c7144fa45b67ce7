package lineitem

import (
	"bytes"
	"cmp"
	"encoding/json"
	"reflect"
	"time"
	"unicode"
	"unicode/utf8"
	"unsafe"

	"github.com/partnerbilling/sdk-go/internal/datetime"
)

// decode decodes a line into the struct at row, which is zero. It returns the attribute that an
// error concerns, if there is one.
func (d *decoder) decode(line []byte, row unsafe.Pointer) (attribute string, err error) {
	clear(d.seen)
	d.row++
	i, last, err := begin(line)
	if err != nil {
		return "", err
	}
	foreign := false
	for next, previous := d.first, noKey; !last; next = int(d.keys[previous].next) {
		index, end := next, 0
		if index < len(d.keys) {
			k := &d.keys[index]
			slot := d.expected(k, line, i)
			if end = k.matches(slot, line, i); end > 0 {
				if !d.mark(k) {
					return d.attribute(k), ErrDuplicate
				}
				d.slots[index] = slot
				k.recall(slot, row)
			}
		}
		if end == 0 {
			var start int
			if index, start = d.key(line, i, previous); index < 0 {
				return "", ErrSyntax
			}
			k := &d.keys[index]
			if !d.mark(k) {
				return d.attribute(k), ErrDuplicate
			}
			foreign = foreign || k.foreign
			if end, err = d.member(line, i, start, index, row); err != nil {
				return d.attribute(k), err
			}
		}
		previous = index
		if i = end + 1; i < len(line) && line[end] == ',' && line[i] == '"' {
			continue
		}
		if i, last = separator(line, end); i < 0 {
			return "", ErrSyntax
		}
	}
	if err := nothingAfter(line, i); err != nil {
		return "", err
	}
	if d.plan.own && !d.matchesType(foreign) {
		return "", ErrRowMismatch
	}
	return "", nil
}

// mark records that a key occurred in this row. It returns false for a duplicate.
func (d *decoder) mark(k *key) bool {
	if d.seen[k.word]&k.bit != 0 {
		return false
	}
	d.seen[k.word] |= k.bit
	return true
}

// matchesType reports whether a row belongs to the type's dataset: it has an attribute of it, and
// one that the other dataset lacks if it has one that only the other has.
func (d *decoder) matchesType(foreign bool) bool {
	known, typical := false, false
	for i, seen := range d.seen {
		known = known || seen != 0
		typical = typical || seen&d.plan.typical[i] != 0
	}
	return known && (typical || !foreign)
}

// matches returns the index after the member that starts at i if it equals the one in the slot,
// otherwise 0.
func (k *key) matches(slot uint16, line []byte, i int) (end int) {
	if int(slot) >= len(k.members) {
		return 0
	}
	raw := k.members[slot].raw
	end = i + len(raw)
	// Without a separator the number has more digits. A slot may be empty.
	if end == i || end >= len(line) || line[end] != ',' && line[end] != '}' || string(line[i:end]) != raw {
		return 0
	}
	return end
}

// attribute returns the name of a key for an error.
func (d *decoder) attribute(k *key) string {
	if k.field >= 0 {
		return d.plan.fields[k.field].name
	}
	return shortName(k.name)
}

// member decodes the member whose key starts at i and has the given index, and whose value starts
// at start. It returns the index after it.
func (d *decoder) member(line []byte, i, start, index int, row unsafe.Pointer) (end int, err error) {
	k := &d.keys[index]
	var v value
	switch c := line[start]; {
	case c == '"':
		end, v.escaped, v.ascii = scanString(line, start+1)
		end++
	case k.kind == kindDecimal && (c == '-' || c-'0' <= 9):
		v.stored = true
		*(*Decimal)(unsafe.Add(row, k.offset)), end, err = scanDecimal(line, start)
	default:
		end = scanValue(line, start)
	}
	if end <= 0 || err != nil {
		return 0, cmp.Or(err, ErrSyntax)
	}
	v.raw = line[start:end]
	return end, d.take(v, line, i, end, index, row)
}

// take stores a value in its field and caches it. The member, or the CSV field, is in the line from
// i to end.
func (d *decoder) take(v value, line []byte, i, end, index int, row unsafe.Pointer) error {
	k, raw := &d.keys[index], line[i:end]
	if k.kind == kindOther || d.row < k.rests || len(raw) > maxRecalled || index >= len(d.plan.fields)+maxSkipped {
		d.slots[index] = noSlot
		return d.store(v, k, row)
	}
	hash := hashOf(v.raw)
	slot := k.find(hash, raw)
	if slot == noSlot {
		replaced := d.replaced
		if err := d.store(v, k, row); err != nil {
			return err
		}
		if !k.worth(hash, d.row) || d.replaced != replaced {
			d.slots[index] = noSlot
			return nil
		}
		slot = k.remember(hash, raw, len(raw)-len(v.raw), row)
	} else {
		k.recall(slot, row)
	}
	d.learn(k, slot, line, i)
	d.slots[index] = slot
	return nil
}

// value is a JSON value or a CSV field. escaped and ascii describe a text.
type value struct {
	raw            []byte
	escaped, ascii bool
	csv            bool
	stored         bool // already in its field
}

// store stores a value in its field.
func (d *decoder) store(v value, k *key, row unsafe.Pointer) (err error) {
	if v.stored || k.kind == kindSkipped {
		return nil
	}
	if v.csv {
		return d.storeField(v, k, row)
	}
	if k.field < 0 {
		return d.unknown(v.raw, k, row)
	}
	to := unsafe.Add(row, k.offset)
	c := v.raw[0]
	switch {
	case k.kind == kindText && c == '"':
		*(*string)(to) = d.text(v)
		return nil
	case k.kind == kindTime && c == '"' && !v.escaped:
		*(*time.Time)(to), err = datetime.Parse(v.raw[1 : len(v.raw)-1])
		return err
	}
	if !utf8.Valid(v.raw) || loneSurrogate(v.raw) {
		d.replaced++
	}
	return d.set(v.raw, k, to)
}

// set stores a JSON value with the setter of its field.
func (d *decoder) set(raw []byte, k *key, to unsafe.Pointer) error {
	f := &d.plan.fields[k.field]
	return f.set(raw, reflect.NewAt(f.typ, to).Elem())
}

// text returns a copy of the text of a string.
func (d *decoder) text(v value) string {
	inside := v.raw[1 : len(v.raw)-1]
	if v.escaped || !v.ascii {
		var replaced bool
		inside, d.scratch, replaced = unquote(d.scratch, inside, v.escaped, v.ascii)
		if replaced {
			d.replaced++
		}
	}
	return d.keep(inside)
}

// keep copies a text to the shared memory for texts of rows.
func (d *decoder) keep(inside []byte) string {
	switch {
	case len(inside) == 0:
		return ""
	case len(inside) > maxShared:
		return string(inside)
	case len(inside) > cap(d.texts)-len(d.texts):
		d.texts = make([]byte, 0, sharedTexts)
	}
	start := len(d.texts)
	d.texts = append(d.texts, inside...)
	return unsafe.String(&d.texts[start], len(inside)) //nolint:gosec // These bytes are never written again.
}

// unknown stores the value of an attribute that has no field.
func (d *decoder) unknown(value []byte, k *key, row unsafe.Pointer) error {
	if d.plan.unknown == nil {
		return nil // a row of the other dataset, of which only the attribute is recorded
	}
	to := (*map[string]json.RawMessage)(unsafe.Add(row, d.plan.unknown.offset))
	if *to == nil {
		*to = make(map[string]json.RawMessage)
	}
	if k.name == "Unknown" && value[0] == '{' {
		return addAll(*to, value)
	}
	return add(*to, k.name, bytes.Clone(value))
}

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

// shortName limits the length and the characters of an unknown attribute's name for an error, since
// names come from the data.
func shortName(name string) string {
	const most = 64
	short := make([]rune, 0, most+1)
	for _, r := range name {
		if len(short) == most {
			return string(append(short, '…'))
		}
		if !unicode.IsPrint(r) {
			r = '?'
		}
		short = append(short, r)
	}
	return string(short)
}
