package lineitem

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
	"unsafe"
)

// decode decodes a line into the struct at row, which is zero. The attribute is
// named where the error has one.
func (d *decoder) decode(line []byte, row unsafe.Pointer) (attribute string, err error) {
	clear(d.seen)
	d.row++
	i, last, err := begin(line)
	if err != nil {
		return "", err
	}
	foreign := false
	// from is where the place of the member stands that came next last time.
	for from, previous := &d.start, noKey; !last; {
		at := *from
		end := 0
		if k, m := d.expected(at, line, i); m != nil {
			if d.seen[k.word]&k.bit != 0 {
				return d.attribute(k), ErrDuplicate
			}
			d.seen[k.word] |= k.bit
			k.recall(m, row)
			from, previous = &m.then, int(at.key)
			end = i + len(m.raw)
		} else {
			index, start := d.key(line, i, previous)
			if index < 0 {
				return "", ErrSyntax
			}
			k = &d.keys[index]
			if d.seen[k.word]&k.bit != 0 {
				return d.attribute(k), ErrDuplicate
			}
			d.seen[k.word] |= k.bit
			foreign = foreign || k.foreign
			at = place{key: int32(index)} //nolint:gosec // Keys are bounded.
			if at.slot, end, err = d.member(line, i, start, k, row); err != nil {
				return d.attribute(k), err
			}
			*from, previous = at, index
			if from = &k.then; at.slot >= 0 {
				from = &k.members[at.slot].then
			}
		}
		if i, last = separator(line, end); i < 0 {
			return "", ErrSyntax
		}
	}
	if err := nothingAfter(line, i); err != nil {
		return "", err
	}
	if d.plan.own && !d.ours(foreign) {
		return "", ErrForeignRow
	}
	return "", nil
}

// ours reports whether a row is one of the type's kind: it has an attribute of it, and
// one that the other kind has not, if it has one of that.
func (d *decoder) ours(foreign bool) bool {
	known, typical := false, false
	for i, seen := range d.seen {
		known = known || seen != 0
		typical = typical || seen&d.plan.typical[i] != 0
	}
	return known && (typical || !foreign)
}

// expected returns the member at a place, if it is the one that starts at i.
func (d *decoder) expected(at place, line []byte, i int) (*key, *member) {
	if int(at.key) >= len(d.keys) {
		return nil, nil
	}
	k := &d.keys[at.key]
	if uint(at.slot) >= uint(len(k.members)) { //nolint:gosec // -1 is no slot either.
		return nil, nil
	}
	m := &k.members[at.slot]
	end := i + len(m.raw)
	// A number goes on if no separator follows. A slot may be empty.
	if end == i || end >= len(line) || line[end] != ',' && line[end] != '}' || string(line[i:end]) != m.raw {
		return nil, nil
	}
	return k, m
}

// attribute names a key in an error.
func (d *decoder) attribute(k *key) string {
	if k.field >= 0 {
		return d.plan.fields[k.field].name
	}
	return shortName(k.name)
}

// member decodes the member whose key starts at i and whose value starts at start. It
// returns the slot that it is remembered in, -1 if it is not, and the index after it.
func (d *decoder) member(line []byte, i, start int, k *key, row unsafe.Pointer) (slot int32, end int, err error) {
	v := value{}
	if line[start] == '"' {
		end, v.escaped, v.ascii = scanString(line, start+1)
		end++
	} else {
		end = scanValue(line, start)
	}
	if end <= 0 {
		return 0, 0, ErrSyntax
	}
	v.raw = line[start:end]
	raw := line[i:end]
	if k.kind == kindOther || len(raw) > maxRecalled || d.row < k.rests {
		return -1, end, d.store(v, k, row)
	}
	hash := hashOf(v.raw)
	if slot = k.find(hash, raw); slot >= 0 {
		k.recall(&k.members[slot], row)
		return slot, end, nil
	}
	replaced := d.replaced
	if err := d.store(v, k, row); err != nil {
		return 0, 0, err
	}
	if !k.worth(hash, d.row) || d.replaced != replaced {
		return -1, end, nil
	}
	return k.remember(hash, raw, start-i, row), end, nil
}

// value is a JSON value; of a string it is known whether it has escapes and bytes
// beyond ASCII.
type value struct {
	raw            []byte
	escaped, ascii bool
}

// store puts a value into its field.
func (d *decoder) store(v value, k *key, row unsafe.Pointer) (err error) {
	if k.field < 0 {
		if k.kind == kindSkipped {
			return nil
		}
		return d.unknown(v.raw, k, row)
	}
	to := unsafe.Add(row, k.offset)
	c := v.raw[0]
	switch {
	case k.kind == kindText && c == '"':
		*(*string)(to) = d.text(v)
		return nil
	case k.kind == kindDecimal && (c == '-' || c-'0' <= 9):
		*(*Decimal)(to), err = parseDecimal(v.raw)
		return err
	case k.kind == kindTime && c == '"' && !v.escaped:
		*(*time.Time)(to), err = parseTime(v.raw[1 : len(v.raw)-1])
		return err
	}
	if !utf8.Valid(v.raw) || loneSurrogate(v.raw) {
		d.replaced++
	}
	f := &d.plan.fields[k.field]
	return f.set(v.raw, reflect.NewAt(f.typ, to).Elem())
}

// text returns what is inside a string's quotes, in memory of its own.
func (d *decoder) text(v value) string {
	inside := v.raw[1 : len(v.raw)-1]
	if v.escaped || !v.ascii {
		var replaced bool
		inside, d.scratch, replaced = unquote(d.scratch, inside, v.escaped, v.ascii)
		if replaced {
			d.replaced++
		}
	}
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

// remember keeps a member that was decoded into its field. Its value starts at the
// given index.
func (k *key) remember(hash uint32, raw []byte, start int, row unsafe.Pointer) int32 {
	slot := k.room(hash)
	m := &k.members[slot]
	*m = member{raw: string(raw), hash: hash}
	to := unsafe.Add(row, k.offset)
	switch k.kind {
	case kindText:
		text := (*string)(to)
		if m.text = strings.Trim(m.raw[start:], `"`); m.text != *text {
			m.text = strings.Clone(*text)
		}
		*text = m.text
	case kindDecimal:
		m.number = *(*Decimal)(to)
	case kindTime:
		m.time = *(*time.Time)(to)
	case kindOther, kindSkipped:
	}
	return slot
}

// recall puts what a member was decoded to into its field.
func (k *key) recall(m *member, row unsafe.Pointer) {
	to := unsafe.Add(row, k.offset)
	switch k.kind {
	case kindText:
		*(*string)(to) = m.text
	case kindDecimal:
		*(*Decimal)(to) = m.number
	case kindTime:
		*(*time.Time)(to) = m.time
	case kindOther, kindSkipped:
	}
}

// unknown keeps the value of an attribute that has no field.
func (d *decoder) unknown(value []byte, k *key, row unsafe.Pointer) error {
	if d.plan.unknown == nil {
		return nil // a row of another kind: the foreign attribute is noted, and that is all
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

// addAll adds what a row had in its field Unknown when encoding/json wrote it.
func addAll(to map[string]json.RawMessage, object []byte) error {
	var r Record
	if err := r.UnmarshalJSON(object); err != nil {
		return ErrDuplicate // what else is wrong with an object that was scanned
	}
	for name, value := range r.All() {
		if err := add(to, name, value); err != nil {
			return err
		}
	}
	return nil
}

// shortName brings the name of an attribute that we do not know into an error:
// names are the service's, but nothing says how long they are, or what is in them.
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
