package parquetsink

import "encoding/binary"

// thrift writes the structs of Parquet's metadata in Thrift's compact protocol: fields in ascending
// order, each with the distance of its number to the one before.
type thrift struct {
	buf  []byte
	last []int // the last field's number in each open struct
}

// Types of the compact protocol.
const (
	thriftTrue   = 1
	thriftFalse  = 2
	thriftI16    = 4
	thriftI32    = 5
	thriftI64    = 6
	thriftBinary = 8
	thriftList   = 9
	thriftStruct = 12
)

func (t *thrift) uvarint(v uint64) { t.buf = binary.AppendUvarint(t.buf, v) }

// varint appends a number in zigzag encoding.
func (t *thrift) varint(v int64) { t.buf = binary.AppendVarint(t.buf, v) }

// open begins a struct that is an element of a list, or the whole.
func (t *thrift) open() { t.last = append(t.last, 0) }

// close ends a struct.
func (t *thrift) close() {
	t.last = t.last[:len(t.last)-1]
	t.buf = append(t.buf, 0)
}

func (t *thrift) field(number int, kind byte) {
	last := &t.last[len(t.last)-1]
	if delta := number - *last; delta > 0 && delta < 16 {
		t.buf = append(t.buf, byte(delta)<<4|kind)
	} else {
		t.buf = append(t.buf, kind)
		t.varint(int64(number))
	}
	*last = number
}

func (t *thrift) i16(number, v int) { t.field(number, thriftI16); t.varint(int64(v)) }

func (t *thrift) i32(number, v int) { t.field(number, thriftI32); t.varint(int64(v)) }

func (t *thrift) i64(number int, v int64) { t.field(number, thriftI64); t.varint(v) }

func (t *thrift) bool(number int, v bool) {
	if v {
		t.field(number, thriftTrue)
	} else {
		t.field(number, thriftFalse)
	}
}

func (t *thrift) text(number int, s string) {
	t.field(number, thriftBinary)
	t.element(s)
}

// element appends a text that is an element of a list.
func (t *thrift) element(s string) {
	t.uvarint(uint64(len(s)))
	t.buf = append(t.buf, s...)
}

// list begins a list; its elements follow.
func (t *thrift) list(number int, kind byte, n int) {
	t.field(number, thriftList)
	if n < 15 {
		t.buf = append(t.buf, byte(n)<<4|kind) //nolint:gosec // checked
		return
	}
	t.buf = append(t.buf, 0xf0|kind)
	t.uvarint(uint64(n))
}

// begin begins a struct that is a field.
func (t *thrift) begin(number int) {
	t.field(number, thriftStruct)
	t.open()
}

// empty appends a struct without fields, such as most members of unions.
func (t *thrift) empty(number int) {
	t.begin(number)
	t.close()
}
