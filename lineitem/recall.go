package lineitem

import (
	"hash/maphash"
	"time"
)

// Rows repeat themselves: most columns have few distinct values, and one value
// mostly comes after the same other one, as a customer's name does after the customer's
// id. So the decoder remembers members, an attribute with its value, as they stood in
// earlier rows, what they were decoded to, and which member came next. A row is then
// mostly compared with what was expected, and neither scanned nor converted.
//
// What is remembered is bounded, whatever the rows are.
const (
	maxMembers  = 512 // of one column
	ways        = 4   // places that a member can be in
	maxRecalled = 512 // bytes of a member; longer ones are not remembered
	restAfter   = 1024
	restRows    = 1 << 16
)

// place says where a member is remembered: in which column, and where there.
type place struct{ key, slot int32 }

// member is an attribute with its value.
type member struct {
	raw  string // as it stands in a row, from the key's first quote to the value's end
	hash uint32
	then place // the member that came after it last time
	// What a field gets: one of these.
	text   string
	number Decimal
	time   time.Time
}

// column is what a decoder remembers of an attribute's values. The zero value
// remembers nothing yet.
type column struct {
	members []member // sets of as many as there are ways, found by their hash
	once    []uint32 // hashes of values that were seen once
	then    place    // the member that came after a value that is not remembered
	// A column whose values do not repeat is left alone for a while.
	misses int
	since  int64 // row in which misses were none
	rests  int64 // row until which it rests
}

var hashSeed = maphash.MakeSeed()

func hashOf(raw []byte) uint32 { return uint32(maphash.Bytes(hashSeed, raw)) } //nolint:gosec // Half of it does.

// find returns the slot of a member, or -1.
func (c *column) find(hash uint32, raw []byte) int32 {
	for slot, end := c.set(hash); slot < end; slot++ {
		if m := &c.members[slot]; m.hash == hash && m.raw == string(raw) {
			return slot
		}
	}
	return -1
}

// set returns the slots that a member can be in.
func (c *column) set(hash uint32) (first, end int32) {
	if len(c.members) == 0 {
		return 0, 0
	}
	first = int32(hash&uint32(len(c.members)/ways-1)) * ways //nolint:gosec // There are at most maxMembers.
	return first, first + ways
}

// worth reports whether to remember a member that was not found: only values that
// came before are, so that those which never repeat cost nothing.
func (c *column) worth(hash uint32, row int64) bool {
	if c.misses++; c.misses == restAfter {
		if row-c.since < 4*restAfter {
			c.rests = row + restRows
		}
		c.misses, c.since = 0, row
	}
	if len(c.once) == 0 {
		c.grow()
	}
	once := &c.once[hash%uint32(len(c.once))] //nolint:gosec // There are at most maxMembers.
	again := *once == hash
	*once = hash
	return again
}

// room returns a slot for a new member: an empty one, after growing if need be, or
// that of a member which is forgotten for it.
func (c *column) room(hash uint32) int32 {
	for {
		first, end := c.set(hash)
		for slot := first; slot < end; slot++ {
			if c.members[slot].raw == "" {
				return slot
			}
		}
		if len(c.members) == maxMembers {
			return first + int32(hash>>30) //nolint:gosec // Two bits: one of four ways.
		}
		c.grow()
	}
}

// grow doubles the number of slots. Places that were learned may be wrong then, which
// the comparison finds out.
func (c *column) grow() {
	old := c.members
	size := max(2*ways, 2*len(old))
	c.members, c.once = make([]member, size), make([]uint32, size)
	for i := range old {
		if old[i].raw != "" {
			c.members[c.room(old[i].hash)] = old[i] // each set becomes two, so there always is
		}
	}
}
