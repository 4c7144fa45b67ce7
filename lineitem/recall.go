package lineitem

import (
	"hash/maphash"
	"slices"
	"strings"
	"time"
	"unsafe"
)

// Rows repeat themselves: most columns have few distinct values, and what stands in
// one column mostly follows from what stands in another, as a customer's name follows
// from the customer's id. So the decoder remembers members, an attribute with its
// value, as they stood in earlier rows, and what they were decoded to. A row is then
// mostly compared with what is expected (guess.go), and neither scanned nor converted.
//
// What is remembered is bounded, whatever the rows are.
const (
	maxMembers  = 1024 // of one column
	ways        = 4    // slots that a member can be in
	maxRecalled = 512  // bytes of a member; longer ones are not remembered
	maxSkipped  = 128  // columns without a field of which something is remembered

	// Of a column that misses restAfter times in less than four times as many rows,
	// nothing is remembered for the next restRows.
	restAfter = 1024
	restRows  = 1 << 16

	// A column that misses manyMisses times has many values, and gets room to see them twice.
	manyMisses = 64
)

// noSlot is the slot of a member that is not remembered; it is always empty.
const noSlot = 0

// member is an attribute with its value.
type member struct {
	raw  string // as it stands in a row, from the key's first quote to the value's end
	text string // what a field of text gets
}

// column is what a decoder remembers of an attribute's values. The zero value
// remembers nothing yet.
type column struct {
	members []member // the first is noSlot, then come sets of as many as there are ways
	hashes  []uint32 // of the members
	numbers []Decimal
	times   []time.Time
	once    []uint32 // hashes of values that were seen once; at least as many as members

	misses int   // of values that were not seen before
	judged int64 // row in which misses were none
	rests  int64 // row until which the column rests
}

var hashSeed = maphash.MakeSeed()

func hashOf(raw []byte) uint32 { return uint32(maphash.Bytes(hashSeed, raw)) } //nolint:gosec // Half of it does.

// find returns the slot of a member, or noSlot.
func (c *column) find(hash uint32, raw []byte) uint16 {
	if len(c.members) == 0 {
		return noSlot
	}
	first := c.set(hash)
	for i, h := range c.hashes[first : first+ways] {
		if slot := first + i; h == hash && c.members[slot].raw == string(raw) {
			return uint16(slot) //nolint:gosec // At most maxMembers.
		}
	}
	return noSlot
}

// set returns the first of the slots that a member can be in.
func (c *column) set(hash uint32) int {
	return 1 + int(hash)&(len(c.hashes)/ways-1)*ways
}

// worth reports whether to remember a member that was not found: only values that
// came before are, so that those which never repeat cost nothing.
func (c *column) worth(hash uint32, row int64) bool {
	if len(c.members) == 0 {
		c.grow()
	}
	once := &c.once[int(hash)&(len(c.once)-1)]
	if *once == hash {
		return true
	}
	*once = hash
	switch c.misses++; c.misses {
	case manyMisses:
		if len(c.once) < maxMembers {
			c.once = make([]uint32, maxMembers)
		}
	case restAfter:
		if row-c.judged < 4*restAfter {
			c.rests = row + restRows
		}
		c.misses, c.judged = 0, row
	}
	return false
}

// room returns a slot for a new member: an empty one, after growing if need be, or
// that of a member which is forgotten for it.
func (c *column) room(hash uint32) int {
	for {
		first := c.set(hash)
		if i := slices.IndexFunc(c.members[first:first+ways], func(m member) bool { return m.raw == "" }); i >= 0 {
			return first + i
		}
		if len(c.members) > maxMembers {
			return first + int(hash>>30) // two bits: one of four ways
		}
		c.grow()
	}
}

// grow doubles the number of slots. Guesses may be wrong then, which the comparison
// finds out.
func (c *column) grow() {
	old := *c
	size := max(2*ways, 2*(len(old.members)-1))
	if len(c.once) < size {
		c.once = make([]uint32, size)
	}
	c.members, c.hashes = make([]member, 1+size), make([]uint32, 1+size)
	c.numbers, c.times = emptied(old.numbers, 1+size), emptied(old.times, 1+size)
	for from := range old.members {
		if old.members[from].raw == "" {
			continue
		}
		to := c.room(old.hashes[from]) // each set becomes two, so there always is
		c.members[to], c.hashes[to] = old.members[from], old.hashes[from]
		if old.numbers != nil {
			c.numbers[to] = old.numbers[from]
		}
		if old.times != nil {
			c.times[to] = old.times[from]
		}
	}
}

// emptied makes a list anew, where there is one.
func emptied[T any](old []T, size int) []T {
	if old == nil {
		return nil
	}
	return make([]T, size)
}

// remember keeps a member that was decoded into its field. Its value starts at the
// given index.
func (k *key) remember(hash uint32, raw []byte, start int, row unsafe.Pointer) uint16 {
	slot := k.room(hash)
	m := &k.members[slot]
	*m = member{raw: string(raw)}
	k.hashes[slot] = hash
	if k.kind == kindDecimal && k.numbers == nil {
		k.numbers = make([]Decimal, len(k.members))
	}
	if k.kind == kindTime && k.times == nil {
		k.times = make([]time.Time, len(k.members))
	}
	to := unsafe.Add(row, k.offset)
	switch k.kind {
	case kindText:
		text := (*string)(to)
		if m.text = strings.Trim(m.raw[start:], `"`); m.text != *text {
			m.text = strings.Clone(*text) // it has escapes
		}
		*text = m.text
	case kindDecimal:
		k.numbers[slot] = *(*Decimal)(to)
	case kindTime:
		k.times[slot] = *(*time.Time)(to)
	case kindOther, kindSkipped:
	}
	return uint16(slot) //nolint:gosec // At most maxMembers.
}

// recall puts what a member was decoded to into its field.
func (k *key) recall(slot uint16, row unsafe.Pointer) {
	to := unsafe.Add(row, k.offset)
	switch k.kind {
	case kindText:
		*(*string)(to) = k.members[slot].text
	case kindDecimal:
		*(*Decimal)(to) = k.numbers[slot]
	case kindTime:
		*(*time.Time)(to) = k.times[slot]
	case kindOther, kindSkipped:
	}
}
