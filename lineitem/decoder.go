package lineitem

import (
	"bytes"
	"cmp"
	"reflect"
	"unsafe"
)

// Decoder decodes single lines, for programs that split data into lines themselves. Use [Reader] to
// decode a file or stream. A Decoder caches the order of keys and repeated values, so use one for
// many lines. It is not safe for concurrent use; give each goroutine its own.
type Decoder[T any] struct {
	decoder
}

// NewDecoder returns a decoder for rows of type T: a struct, which may have only some of the
// attributes as fields, a map with string keys, or a type with UnmarshalJSON. The error matches
// [ErrRowType] if T is another type or has a field of an unsupported type.
func NewDecoder[T any]() (*Decoder[T], error) {
	p, err := planFor(reflect.TypeFor[T]())
	if err != nil {
		return nil, err
	}
	return &Decoder[T]{decoder: newDecoder(p)}, nil
}

// Decode decodes one line into row, which is overwritten completely. The line is one JSON object,
// or one CSV record after [Decoder.Header] was called. It may be reused afterwards. An error is a
// [*DecodeError] without a position; row is then undefined.
func (d *Decoder[T]) Decode(line []byte, row *T) error {
	if attribute, err := d.decodeRow(line, row); err != nil {
		return &DecodeError{Attribute: attribute, Err: err}
	}
	return nil
}

// Replaced returns the number of texts so far in which invalid bytes or escapes were replaced with
// U+FFFD.
func (d *Decoder[T]) Replaced() int64 { return d.replaced }

func (d *Decoder[T]) decodeRow(line []byte, row *T) (attribute string, err error) {
	var zero T
	*row = zero
	if d.header != "" {
		if d.names == nil {
			return d.decodeFields(line, unsafe.Pointer(row)) //nolint:gosec // The plan's offsets are those of T.
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

// decoder is the part of Decoder that does not depend on the row type.
type decoder struct {
	plan *plan
	// keys are the spellings of attributes seen so far, those of the plan first.
	keys      []key
	spellings map[string]int // index in keys
	first     int            // index in keys of the first key of a row
	slots     []uint16       // slot of the last member of each key, in this row or an earlier one
	row       int64          // rows so far
	seen      []uint64       // one bit for each field that occurred in this row
	scratch   []byte         // buffer for unescaped text
	width     int            // attributes of the last Record
	// replaced counts texts in which invalid bytes were replaced with U+FFFD.
	replaced int64
	// texts is shared memory for texts of rows that are not cached.
	texts []byte

	// CSV only:
	header string   // "" for JSON Lines
	names  []string // of the columns, if the type decodes a row as one value
}

// Texts of rows share allocations of sharedTexts bytes. A string that the caller keeps holds on to
// its allocation, so allocations are small, and a text longer than maxShared has its own.
const (
	sharedTexts = 2048
	maxShared   = 512
)

// words returns the number of 64-bit words for one bit for each of n fields, at least one.
func words(n int) int { return n/64 + 1 }

func newDecoder(p *plan) decoder {
	d := decoder{plan: p, seen: make([]uint64, words(len(p.fields)))}
	d.forget()
	return d
}

// decodeWhole decodes a row into a type that decodes it as one value.
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
		// encoding/json keeps the last of two values with the same key.
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

// members calls store for each attribute of a line, with the start of its value and the index of
// its key. store returns the index after the value.
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

// begin returns the index of the first key of an object, or the index after an empty object.
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

// separator returns the index of the next key after a value that ends before i, or the index after
// the object if the value was the last, or -1.
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
