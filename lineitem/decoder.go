package lineitem

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"time"
	"unsafe"
)

// Decoder decodes single lines, for programs that have a transport of their own.
// [Reader] is the way to decode a file or stream. A Decoder remembers the order of
// keys and values that repeat, so keep one for many lines. It is not safe for
// concurrent use; give each goroutine its own.
type Decoder[T any] struct {
	decoder
}

// NewDecoder returns a decoder of rows of type T: a struct, which may have just
// the fields that are wanted, a map with string keys, or a type with UnmarshalJSON.
// It returns [ErrRowType] where T has a field that no JSON value fits in.
func NewDecoder[T any]() (*Decoder[T], error) {
	p, err := planFor(reflect.TypeFor[T]())
	if err != nil {
		return nil, err
	}
	return &Decoder[T]{decoder: newDecoder(p)}, nil
}

// Decode decodes one line, which is one JSON object, into row, which is overwritten
// whole. The line may be used for something else afterwards. An error is a
// [*DecodeError] without a position; row is then not to be used.
func (d *Decoder[T]) Decode(line []byte, row *T) error {
	if attribute, err := d.decodeRow(line, row); err != nil {
		return &DecodeError{Attribute: attribute, Err: err}
	}
	return nil
}

func (d *Decoder[T]) decodeRow(line []byte, row *T) (attribute string, err error) {
	var zero T
	*row = zero
	if d.plan.whole != nil {
		return "", d.decodeWhole(line, reflect.ValueOf(row).Elem())
	}
	return d.decode(line, unsafe.Pointer(row)) //nolint:gosec // The plan's offsets are those of T.
}

// decoder is the part of Decoder that is the same for all row types.
type decoder struct {
	plan *plan
	// keys are the spellings of attributes seen so far; those of the plan come first.
	keys      []key
	spellings map[string]int // index in keys
	first     int            // index in keys of the key that a row starts with
	seen      []uint64       // one bit for each field: set in this row
	intern    []internTable  // one for each field
	scratch   []byte         // text while it is unescaped
	// replaced counts texts in which U+FFFD stands for bytes that were no text.
	replaced int64

	// What is left of a row's texts after interning shares one allocation: texts
	// collect here and the fields get their strings when the row is complete.
	texts   []byte
	pending []pendingText
}

// key is one spelling of an attribute and the key that is expected after it.
type key struct {
	quoted string // as it stands in the row, quotes included
	field  int    // -1: the row type has no field for it
	next   int    // index in keys of the key that came next last time
}

type pendingText struct {
	to         *string
	start, end int
}

// maxSpellings bounds what a decoder remembers of keys that it does not know.
const maxSpellings = 1024

// maxShared is the longest text that shares its allocation with others: a
// string that is kept must not keep much more than itself.
const maxShared = 1024

func newDecoder(p *plan) decoder {
	d := decoder{
		plan:   p,
		seen:   make([]uint64, (len(p.fields)+63)/64),
		intern: make([]internTable, len(p.fields)),
	}
	d.forget()
	return d
}

// decodeWhole is for types that take a row as one value.
func (d *decoder) decodeWhole(line []byte, row reflect.Value) error {
	start := skipSpace(line, 0)
	if start == len(line) || line[start] != '{' {
		return notObject(line, start)
	}
	end := scanValue(line, start)
	if end < 0 || skipSpace(line, end) != len(line) {
		return ErrSyntax
	}
	return d.plan.whole(line[start:end], row)
}

func notObject(line []byte, start int) error {
	if end := scanValue(line, start); end < 0 || skipSpace(line, end) != len(line) {
		return ErrSyntax
	}
	return ErrNotObject
}

// decode decodes a line into the struct at row, which is zero. The attribute is
// named where the error has one.
func (d *decoder) decode(line []byte, row unsafe.Pointer) (attribute string, err error) {
	clear(d.seen)
	d.texts, d.pending = d.texts[:0], d.pending[:0]
	i := skipSpace(line, 0)
	if i == len(line) || line[i] != '{' {
		return "", notObject(line, i)
	}
	known := false
	i = skipSpace(line, i+1)
	if i < len(line) && line[i] == '}' {
		i++
	} else if i, known, attribute, err = d.members(line, i, row); err != nil {
		return attribute, err
	}
	if skipSpace(line, i) != len(line) {
		return "", ErrSyntax
	}
	if d.plan.own && !known {
		return "", ErrForeignRow
	}
	d.settle()
	return "", nil
}

// members decodes the attributes from the first key at i on and returns the
// index after the closing brace, and whether a field was among them.
func (d *decoder) members(line []byte, i int, row unsafe.Pointer) (after int, known bool, attribute string, err error) {
	for previous := noKey; ; {
		k, at := d.key(line, i, previous)
		if k < 0 {
			return 0, false, "", ErrSyntax
		}
		previous = k
		if at = afterColon(line, at); at < 0 {
			return 0, false, "", ErrSyntax
		}
		if n := d.keys[k].field; n >= 0 {
			known = true
			f := &d.plan.fields[n]
			bit := uint64(1) << (n & 63)
			if d.seen[n>>6]&bit != 0 {
				return 0, false, f.name, ErrDuplicate
			}
			d.seen[n>>6] |= bit
			if i, err = d.value(line, at, f, row); err != nil {
				return 0, false, f.name, err
			}
		} else if i, err = d.unknownValue(line, at, d.keys[k].quoted, row); err != nil {
			return 0, false, shortName(d.keys[k].quoted), err
		}
		i = skipSpace(line, i)
		if i == len(line) || line[i] != ',' && line[i] != '}' {
			return 0, false, "", ErrSyntax
		}
		if line[i] == '}' {
			return i + 1, known, "", nil
		}
		i = skipSpace(line, i+1)
	}
}

// afterColon returns where the value starts whose key ends before i, or -1.
func afterColon(line []byte, i int) int {
	i = skipSpace(line, i)
	if i == len(line) || line[i] != ':' {
		return -1
	}
	if i = skipSpace(line, i+1); i == len(line) {
		return -1
	}
	return i
}

// settle gives the fields their share of the row's texts.
func (d *decoder) settle() {
	if len(d.pending) == 0 {
		return
	}
	all := string(d.texts)
	for _, p := range d.pending {
		*p.to = all[p.start:p.end]
	}
}

// noKey stands for the key before the first.
const noKey = -1

// lookahead is how many keys that are left out in a row do not disturb the
// prediction of the next.
const lookahead = 8

// key finds out which key starts at i, after the key previous, and returns its index
// in keys and the index after it, or -1. Rows mostly have the same keys in the same
// order, so it looks for the one that came after previous last time, then for those
// after that, since keys without a value may be left out.
func (d *decoder) key(line []byte, i, previous int) (k, after int) {
	k = d.first
	if previous >= 0 {
		k = d.keys[previous].next
	}
	rest := line[i:]
	for range lookahead {
		if k >= len(d.keys) {
			break
		}
		q := d.keys[k].quoted
		if len(rest) >= len(q) && string(rest[:len(q)]) == q {
			return k, i + len(q)
		}
		k = d.keys[k].next
	}
	if k, after = d.keySlowly(line, i); k >= 0 {
		if previous >= 0 && previous < len(d.keys) {
			d.keys[previous].next = k
		} else {
			d.first = k
		}
	}
	return k, after
}

// keySlowly looks a key up by its spelling, and where that is new, by its name.
func (d *decoder) keySlowly(line []byte, i int) (k, after int) {
	if i >= len(line) || line[i] != '"' {
		return -1, 0
	}
	end, escaped, ascii := scanString(line, i+1)
	if end < 0 {
		return -1, 0
	}
	quoted := line[i : end+1]
	if k, ok := d.spellings[string(quoted)]; ok {
		return k, end + 1
	}
	if len(d.keys) >= len(d.plan.fields)+maxSpellings {
		d.forget() // a stream that never repeats its keys
	}
	name, _, _ := unquote(nil, line[i+1:end], escaped, ascii)
	k = len(d.keys)
	spelling := string(quoted)
	d.keys = append(d.keys, key{quoted: spelling, field: d.plan.lookup(string(name)), next: k + 1})
	d.spellings[spelling] = k
	return k, end + 1
}

// forget goes back to the spellings and the order of the plan.
func (d *decoder) forget() {
	d.first = 0
	d.keys = make([]key, len(d.plan.fields))
	d.spellings = make(map[string]int, len(d.plan.fields))
	for i := range d.plan.fields {
		d.keys[i] = key{quoted: d.plan.fields[i].quoted, field: i, next: i + 1}
		d.spellings[d.keys[i].quoted] = i
	}
}

// value stores the value that starts at i in its field and returns the index
// after it.
func (d *decoder) value(line []byte, i int, f *field, row unsafe.Pointer) (after int, err error) {
	to := unsafe.Add(row, f.offset)
	c := line[i]
	switch {
	case f.kind == kindText && c == '"':
		end, escaped, ascii := scanString(line, i+1)
		if end < 0 {
			return 0, ErrSyntax
		}
		if end > i+1 {
			d.text(line[i+1:end], escaped, ascii, f, (*string)(to))
		}
		return end + 1, nil
	case f.kind == kindDecimal && (c == '-' || c-'0' <= 9):
		end := scanNumber(line, i)
		if end < 0 {
			return 0, ErrSyntax
		}
		*(*Decimal)(to), err = parseDecimal(line[i:end])
		return end, err
	case f.kind == kindTime && c == '"':
		end, escaped, _ := scanString(line, i+1)
		if end < 0 {
			return 0, ErrSyntax
		}
		if !escaped {
			*(*time.Time)(to), err = parseTime(line[i+1 : end])
			return end + 1, err
		}
	}
	end := scanValue(line, i)
	if end < 0 {
		return 0, ErrSyntax
	}
	return end, f.set(line[i:end], reflect.NewAt(f.typ, to).Elem())
}

// text stores what is inside a string's quotes.
func (d *decoder) text(inside []byte, escaped, ascii bool, f *field, to *string) {
	if escaped || !ascii {
		var replaced bool
		inside, d.scratch, replaced = unquote(d.scratch, inside, escaped, ascii)
		if replaced {
			d.replaced++
		}
	}
	if s, ok := d.intern[f.index].get(inside); ok {
		*to = s
		return
	}
	if len(inside) > maxShared {
		*to = string(inside)
		return
	}
	start := len(d.texts)
	d.texts = append(d.texts, inside...)
	d.pending = append(d.pending, pendingText{to: to, start: start, end: len(d.texts)})
}

// unknownValue keeps or skips the value of an attribute that has no field.
func (d *decoder) unknownValue(line []byte, i int, quoted string, row unsafe.Pointer) (after int, err error) {
	end := scanValue(line, i)
	if end < 0 {
		return 0, ErrSyntax
	}
	if d.plan.unknown == nil {
		return end, nil
	}
	var name string
	if err := json.Unmarshal([]byte(quoted), &name); err != nil {
		return 0, ErrSyntax // unreachable: the scanner has accepted the key
	}
	to := (*map[string]json.RawMessage)(unsafe.Add(row, d.plan.unknown.offset))
	if *to == nil {
		*to = make(map[string]json.RawMessage)
	}
	if _, twice := (*to)[name]; twice {
		return 0, ErrDuplicate
	}
	(*to)[name] = bytes.Clone(line[i:end])
	return end, nil
}

// shortName brings the name of an attribute that we do not know into an error:
// names are the service's, but nothing says how long they are.
func shortName(quoted string) string {
	name := strings.Trim(quoted, `"`)
	if len(name) > 64 {
		name = name[:64] + "…"
	}
	return name
}
