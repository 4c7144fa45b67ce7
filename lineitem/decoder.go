package lineitem

import (
	"bytes"
	"cmp"
	"reflect"
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

// Decode decodes one line, which is one JSON object, or one record of CSV where [Decoder.Header]
// was called, into row, which is overwritten whole. The line may be used for something else afterwards. An error is a
// [*DecodeError] without a position; row is then not to be used.
func (d *Decoder[T]) Decode(line []byte, row *T) error {
	if attribute, err := d.decodeRow(line, row); err != nil {
		return &DecodeError{Attribute: attribute, Err: err}
	}
	return nil
}

// Replaced returns how many texts of the lines so far have U+FFFD for bytes or escapes
// that were no valid text.
func (d *Decoder[T]) Replaced() int64 { return d.replaced }

func (d *Decoder[T]) decodeRow(line []byte, row *T) (attribute string, err error) {
	var zero T
	*row = zero
	if d.header != "" {
		if d.names == nil {
			return d.decodeCells(line, unsafe.Pointer(row)) //nolint:gosec // The plan's offsets are those of T.
		}
		if line, err = d.object(line); err != nil {
			return "", err
		}
	}
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
	slots     []uint16       // of the member that each key had last, this row's or one before
	row       int64          // rows so far
	seen      []uint64       // one bit for each field: set in this row
	scratch   []byte         // text while it is unescaped
	width     int            // attributes of the last Record
	// replaced counts texts in which U+FFFD stands for bytes that were no text.
	replaced int64
	// texts is where the texts of rows go that are not remembered.
	texts []byte

	// Of CSV:
	header string   // "" as long as lines are JSON
	names  []string // of the columns, where the type takes a row as one value
}

// Texts of rows share allocations of sharedTexts bytes. A string that is kept keeps
// such a piece from being freed, so it is small, and a text longer than maxShared has
// one of its own.
const (
	sharedTexts = 2048
	maxShared   = 512
)

// words is how many words have a bit for each of n fields; there is always one.
func words(n int) int { return n/64 + 1 }

func newDecoder(p *plan) decoder {
	d := decoder{plan: p, seen: make([]uint64, words(len(p.fields)))}
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
	i, empty, err := begin(line)
	if err != nil || empty {
		return "", err
	}
	for previous := noKey; ; {
		k, at := d.key(line, i, previous)
		if k < 0 {
			return "", ErrSyntax
		}
		previous = k
		if i, attribute, err = store(at, k); err != nil {
			return attribute, err
		}
		var last bool
		if i, last = separator(line, i); i < 0 {
			return "", ErrSyntax
		}
		if last {
			return "", nothingAfter(line, i)
		}
	}
}

// begin returns the index of an object's first key, or of what follows an object that
// has none.
func begin(line []byte) (i int, empty bool, err error) {
	i = skipSpace(line, 0)
	if i == len(line) || line[i] != '{' {
		return 0, false, notObject(line, i)
	}
	i = skipSpace(line, i+1)
	if i < len(line) && line[i] == '}' {
		return len(line), true, nothingAfter(line, i+1)
	}
	return i, false, nil
}

// separator returns the index of what follows a value that ends before i: the next
// key, or what comes after the object if it was the last value; -1 if neither does.
func separator(line []byte, i int) (after int, last bool) {
	i = skipSpace(line, i)
	switch {
	case i == len(line):
		return -1, false
	case line[i] == ',':
		return skipSpace(line, i+1), false
	case line[i] == '}':
		return i + 1, true
	}
	return -1, false
}

func nothingAfter(line []byte, i int) error {
	if skipSpace(line, i) != len(line) {
		return ErrSyntax
	}
	return nil
}
