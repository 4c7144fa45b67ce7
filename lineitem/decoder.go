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
	switch {
	case d.plan.record:
		return d.decodeRecord(line, (*Record)(unsafe.Pointer(row))) //nolint:gosec // T is Record.
	case d.plan.whole != nil:
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
	width     int            // attributes of the last Record
	// replaced counts texts in which U+FFFD stands for bytes that were no text.
	replaced int64

	// What is left of a row's texts after interning shares one allocation: texts
	// collect here and the fields get their strings when the row is complete.
	texts   []byte
	pending []pendingText
}

type pendingText struct {
	to         *string
	start, end int
}

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
	if end < 0 {
		return ErrSyntax
	}
	if err := nothingAfter(line, end); err != nil {
		return err
	}
	if row.Kind() == reflect.Map {
		// encoding/json would let the last of two win.
		if _, err := d.decodeRecord(line, new(Record)); err != nil {
			return err
		}
	}
	return d.plan.whole(line[start:end], row)
}

func notObject(line []byte, start int) error {
	end := scanValue(line, start)
	if end < 0 {
		return ErrSyntax
	}
	return cmp.Or(nothingAfter(line, end), ErrNotObject)
}

// decode decodes a line into the struct at row, which is zero. The attribute is
// named where the error has one.
func (d *decoder) decode(line []byte, row unsafe.Pointer) (attribute string, err error) {
	clear(d.seen)
	d.texts, d.pending = d.texts[:0], d.pending[:0]
	var known, typical, foreign bool
	attribute, err = d.members(line, func(i, k int) (after int, attribute string, err error) {
		key := &d.keys[k]
		if key.field < 0 {
			foreign = foreign || key.foreign
			if after, err = d.unknownValue(line, i, key, row); err != nil {
				attribute = shortName(key.name)
			}
			return after, attribute, err
		}
		known = true
		f := &d.plan.fields[key.field]
		typical = typical || f.typical
		bit := uint64(1) << (f.index & 63)
		if d.seen[f.index>>6]&bit != 0 {
			return 0, f.name, ErrDuplicate
		}
		d.seen[f.index>>6] |= bit
		after, err = d.value(line, i, f, row)
		return after, f.name, err
	})
	if err != nil {
		return attribute, err
	}
	if d.plan.own && (!known || foreign && !typical) {
		return "", ErrForeignRow
	}
	d.settle()
	return "", nil
}

// decodeRecord decodes a line into a Record. The values share one copy of the line.
func (d *decoder) decodeRecord(line []byte, row *Record) (attribute string, err error) {
	line = bytes.Clone(line)
	attributes := make([]recordAttribute, 0, d.width)
	attribute, err = d.members(line, func(i, k int) (after int, attribute string, err error) {
		if after = scanValue(line, i); after < 0 {
			return 0, shortName(d.keys[k].name), ErrSyntax
		}
		attributes = append(attributes, recordAttribute{name: d.keys[k].name, value: line[i:after:after]})
		return after, "", nil
	})
	if err != nil {
		return attribute, err
	}
	if name, twice := duplicate(attributes); twice {
		return shortName(name), ErrDuplicate
	}
	d.width = len(attributes)
	row.attributes = attributes
	return "", nil
}

// members walks over the attributes of a line and has store take each value: the
// one that starts at i and belongs to the key k. store returns the index after it.
func (d *decoder) members(line []byte, store func(i, k int) (after int, attribute string, err error)) (attribute string, err error) {
	i := skipSpace(line, 0)
	if i == len(line) || line[i] != '{' {
		return "", notObject(line, i)
	}
	i = skipSpace(line, i+1)
	if i < len(line) && line[i] == '}' {
		return "", nothingAfter(line, i+1)
	}
	for previous := noKey; ; {
		k, at := d.key(line, i, previous)
		if k < 0 {
			return "", ErrSyntax
		}
		previous = k
		if at = afterColon(line, at); at < 0 {
			return "", ErrSyntax
		}
		if i, attribute, err = store(at, k); err != nil {
			return attribute, err
		}
		i = skipSpace(line, i)
		if i == len(line) || line[i] != ',' && line[i] != '}' {
			return "", ErrSyntax
		}
		if line[i] == '}' {
			return "", nothingAfter(line, i+1)
		}
		i = skipSpace(line, i+1)
	}
}

func nothingAfter(line []byte, i int) error {
	if skipSpace(line, i) != len(line) {
		return ErrSyntax
	}
	return nil
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
	if value := line[i:end]; !utf8.Valid(value) || loneSurrogate(value) {
		d.replaced++
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
func (d *decoder) unknownValue(line []byte, i int, k *key, row unsafe.Pointer) (after int, err error) {
	end := scanValue(line, i)
	if end < 0 {
		return 0, ErrSyntax
	}
	if k.field == fieldSkipped {
		return end, nil
	}
	to := (*map[string]json.RawMessage)(unsafe.Add(row, d.plan.unknown.offset))
	if *to == nil {
		*to = make(map[string]json.RawMessage)
	}
	if k.name == "Unknown" && line[i] == '{' {
		return end, addAll(*to, line[i:end])
	}
	return end, add(*to, k.name, bytes.Clone(line[i:end]))
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
