package lineitem

import (
	"hash/maphash"
	"slices"
	"strings"
	"time"
	"unsafe"
)

// Most columns have few distinct values, and the value of one column often determines that of
// another, as a customer ID determines the customer name. The decoder therefore caches members (an
// attribute with its value) of earlier rows together with the decoded values. Most of a row is then
// compared with the prediction (guess.go) and neither scanned nor converted.
//
// The size of the cache is bounded for all data.
const (
	maxMembers  = 1024 // of one column
	ways        = 4    // slots that a member can be in
	maxRecalled = 512  // bytes of a member; longer ones are not cached
	maxSkipped  = 128  // columns without a field that are cached

	// A column with restAfter misses in less than four times as many rows is not cached for the
	// next restRows.
	restAfter = 1024
	restRows  = 1 << 16

	// A column with manyMisses misses has many values and gets a larger table of hashes.
	manyMisses = 64
)

// noSlot is the slot of a member that is not cached; it is always empty.
const noSlot = 0

// member is an attribute with its value.
type member struct {
	raw  string // as it is written in a row, from the first quote of the key to the end of the value
	text string // the decoded value of a text field
}

// column is the cache of the values of one attribute. The zero value is empty.
type column struct {
	members []member // the first is noSlot; the others are sets of ways members
	hashes  []uint32 // of the members
	numbers []Decimal
	times   []time.Time
	once    []uint32 // hashes of values seen once; at least as many as members

	misses int   // values not seen before
	judged int64 // row in which misses was 0
	rests  int64 // row until which the column is not cached
}

var hashSeed = maphash.MakeSeed()

func hashOf(raw []byte) uint32 { return uint32(maphash.Bytes(hashSeed, raw)) } //nolint:gosec // Half of the hash is enough.

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

// worth reports whether to cache a member that was not found. Only values that were seen before are
// cached, so that unique values cost nothing.
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

// room returns a slot for a new member: an empty one, after growing if necessary, or one whose
// member is evicted.
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

// grow doubles the number of slots. Predictions may be wrong afterwards, which the comparison
// detects.
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
		to := c.room(old.hashes[from]) // each set becomes two, so there always is room
		c.members[to], c.hashes[to] = old.members[from], old.hashes[from]
		if old.numbers != nil {
			c.numbers[to] = old.numbers[from]
		}
		if old.times != nil {
			c.times[to] = old.times[from]
		}
	}
}

// emptied returns a new slice, or nil if old is nil.
func emptied[T any](old []T, size int) []T {
	if old == nil {
		return nil
	}
	return make([]T, size)
}

// remember caches a member that was decoded into its field. Its value starts at the given index.
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

// recall stores the decoded value of a member in its field.
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
