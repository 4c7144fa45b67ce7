package lineitem

import (
	"hash/maphash"
	"strings"
)

// cache has the texts that occurred more than once in each column, as they are written in the data
// and decoded, so that rows share them. Most columns have few distinct texts. A text that the guide
// of its column leads to (guide.go) is compared only: it is neither scanned nor copied. Others are
// found by a hash once their end is known.
//
// Columns whose texts do not repeat are left out until the next sample.
type cache struct {
	columns []cachedColumn
	row     []uint16 // slot of each column's text in this row
	sample  sample
	memory  int  // bytes that may still be taken
	end     byte // the delimiter after a text
}

// cachedColumn has the texts of one column. The zero value is empty.
type cachedColumn struct {
	guide
	slots   []slot   // the first is empty; the others are sets of ways slots
	hashes  []uint32 // of the texts in slots
	once    []uint32 // hashes of texts that occurred once
	resting bool     // left out
}

// slot is a text. The zero value is empty.
type slot struct {
	raw  string // as it is written, with its delimiter, so that none is the beginning of another
	text string
}

const (
	// cacheMemory limits the texts that one decoder caches and their tables, in bytes.
	cacheMemory = 2 << 20
	slotMemory  = 40 // bytes of a slot and its hashes
	minSlots    = 16
	maxSlots    = 1024 // of one column
	ways        = 4    // slots that a text can be in
	maxCached   = 512  // bytes of a raw text; a longer one is not cached
)

// Slots of cache.row that are not in a column: of one that has no text in this row, which is always
// empty, and of one with a text that is not cached.
const (
	noSlot  = 0
	notHere = 1<<16 - 1
)

func newCache(columns int, end byte) cache {
	return cache{columns: make([]cachedColumn, columns), row: make([]uint16, columns), memory: cacheMemory, end: end}
}

// begin begins a row.
func (c *cache) begin() {
	c.nextSample()
	clear(c.row)
}

// guess stores the text that the column's guide leads to if it is the one at i, and returns the
// index after it, or 0. Its raw form begins at i, and the text itself at value.
func (c *cache) guess(column int, b []byte, i, value int, to *string) (end int) {
	k := &c.columns[column]
	if len(k.guesses) == 0 {
		return 0
	}
	at := noSlot
	if by := k.clue(c, b, value); by < len(k.guesses) {
		at = int(k.guesses[by])
	}
	s := &k.slots[at]
	if end = i + len(s.raw); end == i || end > len(b) || string(b[i:end]) != s.raw {
		return 0
	}
	*to = s.text
	c.found(column, at, b, value)
	return end
}

// found notes what the text of a column is in this row.
func (c *cache) found(column, slot int, b []byte, value int) {
	c.row[column] = uint16(slot) //nolint:gosec // At most maxSlots, or notHere.
	if c.sample.taking {
		c.record(column, b, value)
	}
}

var hashSeed = maphash.MakeSeed()

// find returns the text whose raw form is b[i:end] and which begins at value, if it is cached. If
// not, hash is for add.
func (c *cache) find(column int, b []byte, i, value, end int) (text string, hash uint32, ok bool) {
	k := &c.columns[column]
	if k.resting || end-i > maxCached {
		c.found(column, notHere, b, value)
		return "", 0, false
	}
	hash = uint32(maphash.Bytes(hashSeed, b[value:end])) | 1 //nolint:gosec // Half of it is enough.
	at := k.slot(hash, b[i:end])
	if at == noSlot {
		c.found(column, notHere, b, value)
		return "", hash, false
	}
	c.learn(k, at, b, value)
	c.found(column, at, b, value)
	return k.slots[at].text, hash, true
}

// slot returns the slot of a raw text, or noSlot.
func (k *cachedColumn) slot(hash uint32, raw []byte) int {
	if len(k.slots) == 0 {
		return noSlot
	}
	set := k.set(hash)
	for at := set; at < set+ways; at++ {
		if k.hashes[at] == hash && k.slots[at].raw == string(raw) {
			return at
		}
	}
	return noSlot
}

// set returns the first of the slots that a text can be in.
func (k *cachedColumn) set(hash uint32) int {
	return 1 + int(hash>>1)&(len(k.slots)/ways-1)*ways
}

// add caches a text that was not found if it occurred before, and then returns it as a string that
// rows share. In raw it begins at value, unless it was changed by decoding.
func (c *cache) add(column int, raw []byte, value int, text []byte, hash uint32) (shared string, ok bool) {
	k := &c.columns[column]
	if hash == 0 || len(k.slots) == 0 && !c.start(column) {
		return "", false
	}
	if once := &k.once[int(hash>>1)&(len(k.once)-1)]; *once != hash {
		*once = hash
		return "", false
	}
	at := c.room(k, hash)
	s := &k.slots[at]
	c.memory += s.memory()
	*s = slot{}
	if c.memory < len(raw)+len(text) {
		return "", false
	}
	s.raw = string(raw)
	if s.text = s.raw[value:min(value+len(text), len(raw))]; s.text != string(text) {
		s.text = string(text)
	}
	c.memory -= s.memory()
	k.hashes[at] = hash
	return s.text, true
}

// memory returns the bytes of a text, which is mostly a part of its raw form.
func (s *slot) memory() int {
	if strings.Contains(s.raw, s.text) {
		return len(s.raw)
	}
	return len(s.raw) + len(s.text)
}

// room returns the slot for a new text: an empty one, after growing if necessary, or one whose text
// is dropped.
func (c *cache) room(k *cachedColumn, hash uint32) int {
	for {
		set := k.set(hash)
		for at := set; at < set+ways; at++ {
			if k.slots[at].raw == "" {
				return at
			}
		}
		if !c.grow(k) {
			return set + int(hash>>30) // two bits: one of four
		}
	}
}

// start makes the first slots of a column. Until the first sample, the text of the row before is
// expected. It reports whether there was memory for them.
func (c *cache) start(column int) bool {
	k := &c.columns[column]
	if !c.grow(k) {
		return false
	}
	c.follow(k, guide{column: int32(column)}, 1) //nolint:gosec // At most maxColumns.
	return true
}

// grow doubles the slots of a column. It reports whether there was memory for them.
func (c *cache) grow(k *cachedColumn) bool {
	old, hashes := k.slots, k.hashes
	more := max(len(old)-1, minSlots)
	slots := more + max(len(old)-1, 0)
	if slots > maxSlots || c.memory < more*slotMemory {
		return false
	}
	c.memory -= more * slotMemory
	k.slots, k.hashes, k.once = make([]slot, 1+slots), make([]uint32, 1+slots), make([]uint32, slots)
	for i := range old {
		if old[i].raw != "" {
			at := c.room(k, hashes[i]) // each set becomes two, so there is an empty one
			k.slots[at], k.hashes[at] = old[i], hashes[i]
		}
	}
	clear(k.guesses) // the slots have other numbers now
	return true
}

// rest empties a column and leaves it out.
func (c *cache) rest(k *cachedColumn) {
	c.follow(k, guide{}, 0)
	for i := range k.slots {
		c.memory += k.slots[i].memory()
	}
	c.memory += max(0, len(k.slots)-1) * slotMemory
	*k = cachedColumn{resting: true}
}
