package lineitem

import (
	"encoding/binary"
	"hash/maphash"
	"math/bits"
)

// cache has the texts that occurred more than once in each column, as they are written in the data
// and decoded, so that rows share them, and what followed each of them (run.go). Most columns have
// few distinct texts. Columns whose texts do not repeat are left out for a while.
type cache struct {
	columns []cachedColumn
	memory  int // bytes that may still be taken
	moves   int // times that slots were moved
}

// cachedColumn has the texts of one column. The zero value is empty.
type cachedColumn struct {
	slots  []slot   // sets of ways slots
	hashes []uint32 // of the texts in slots
	once   []uint32 // hashes of texts that occurred once
	clues  []*slot  // by the first bytes of a text
	doubt  int      // of clues
	runs   runLimit
	score  int // of how many texts were found
	rest   int // texts that are still left out
	rests  int // texts that were left out last
}

// slot is a text. The zero value is empty.
type slot struct {
	raw  string // as it is written
	text string
	head
}

const (
	// cacheMemory limits the texts and runs that one decoder caches and their tables, in bytes.
	cacheMemory = 2 << 20
	slotMemory  = 64 // bytes of a slot, its hashes and clue
	minSlots    = 16
	maxSlots    = 1024 // of one column
	ways        = 4    // slots that a text can be in
	maxCached   = 512  // bytes of a raw text; a longer one is not cached
)

// A column is left out if fewer than one in four of its texts are found, which is known after about
// maxScore texts.
const (
	foundScore = 3
	maxScore   = 1 << 10
	minRest    = 1 << 12
	maxRest    = 1 << 16
)

// Columns whose texts differ only after clueBytes are not guessed for a while.
const (
	clueBytes = 16
	maxDoubt  = 64
	noGuesses = 1 << 12
)

func newCache(columns int) cache {
	return cache{columns: make([]cachedColumn, columns), memory: cacheMemory}
}

var hashSeed = maphash.MakeSeed()

// find returns the slot of a text that is written as raw, or nil. In that case, hash is for add.
func (c *cache) find(column int, raw []byte) (s *slot, hash uint32) {
	k := &c.columns[column]
	if k.rest > 0 {
		k.rest--
		return nil, 0
	}
	if len(raw) > maxCached {
		return nil, 0
	}
	hash = uint32(maphash.Bytes(hashSeed, raw)) | 1 //nolint:gosec // Half of it is enough.
	if len(k.slots) > 0 {
		set := k.set(hash)
		for at := set; at < set+ways; at++ {
			if s := &k.slots[at]; k.hashes[at] == hash && s.raw == string(raw) {
				k.score = min(k.score+foundScore, maxScore)
				return s, hash
			}
		}
	}
	return nil, hash
}

// guess returns the slot of the JSON text that begins at i, if its first bytes lead to it. It saves
// the search for the end of the text.
func (c *cache) guess(column int, b []byte, i int) *slot {
	k := &c.columns[column]
	if k.doubt < 0 || len(k.clues) == 0 || i+clueBytes > len(b) {
		k.doubt++
		return nil
	}
	s := k.clues[clue(b[i:])&(len(k.clues)-1)]
	if s != nil {
		if end := i + len(s.raw); end < len(b) && b[end] == '"' && s.raw != "" && string(b[i:end]) == s.raw {
			k.doubt, k.score = max(k.doubt-1, 0), min(k.score+foundScore, maxScore)
			return s
		}
	}
	if k.doubt++; k.doubt > maxDoubt {
		k.doubt = -noGuesses
	}
	return nil
}

// learn makes the first bytes of the JSON text that begins at i lead to its slot.
func (c *cache) learn(column int, b []byte, i int, s *slot) {
	if k := &c.columns[column]; k.doubt >= 0 && i+clueBytes <= len(b) {
		k.clues[clue(b[i:])&(len(k.clues)-1)] = s
	}
}

// clue returns a hash of the first bytes of a text. What follows a short text is mostly the same
// key, so that it does no harm.
func clue(b []byte) int {
	hi, lo := bits.Mul64(binary.LittleEndian.Uint64(b)^0x9e3779b97f4a7c15, binary.LittleEndian.Uint64(b[8:])^0xe7037ed1a0b428db)
	return int(hi ^ lo) //nolint:gosec // Some bits of it are used.
}

// set returns the first of the slots that a text can be in.
func (k *cachedColumn) set(hash uint32) int {
	return int(hash>>1) & (len(k.slots)/ways - 1) * ways
}

// add caches a text that was not found if it occurred before, and then returns it as a string that
// rows share.
func (c *cache) add(column int, raw, text []byte, hash uint32) (shared string, ok bool) {
	k := &c.columns[column]
	if hash == 0 || len(k.slots) == 0 && !c.grow(k) {
		return "", false
	}
	if k.score--; k.score < -maxScore {
		c.leaveOut(k)
		return "", false
	}
	if once := &k.once[int(hash>>1)&(len(k.once)-1)]; *once != hash {
		*once = hash
		return "", false
	}
	at := c.room(k, hash)
	s := &k.slots[at]
	c.drop(s)
	if c.memory < len(raw)+len(text) {
		return "", false
	}
	s.raw = string(raw)
	if s.text = s.raw; s.text != string(text) {
		s.text = string(text)
	}
	c.memory -= s.memory()
	k.hashes[at] = hash
	return s.text, true
}

// drop empties a slot.
func (c *cache) drop(s *slot) {
	c.memory += s.memory() + s.run.memory()
	*s = slot{}
}

// memory returns the bytes of a text, which is mostly the same as its raw form.
func (s *slot) memory() int {
	if len(s.raw) == len(s.text) {
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

// grow doubles the slots of a column. It reports whether there was memory for them.
func (c *cache) grow(k *cachedColumn) bool {
	old, hashes := k.slots, k.hashes
	more := max(len(old), minSlots)
	slots := more + len(old)
	if slots > maxSlots || c.memory < more*slotMemory {
		return false
	}
	c.memory -= more * slotMemory
	c.moves++
	k.slots, k.hashes, k.once = make([]slot, slots), make([]uint32, slots), make([]uint32, slots)
	k.clues = make([]*slot, slots)
	for i := range old {
		if old[i].raw != "" {
			at := c.room(k, hashes[i]) // each set becomes two, so there is an empty one
			k.slots[at], k.hashes[at] = old[i], hashes[i]
		}
	}
	return true
}

// leaveOut empties a column and leaves it out for a while, each time for longer.
func (c *cache) leaveOut(k *cachedColumn) {
	for i := range k.slots {
		c.drop(&k.slots[i])
	}
	c.memory += len(k.slots) * slotMemory
	c.moves++
	rest := min(max(2*k.rests, minRest), maxRest)
	*k = cachedColumn{rest: rest, rests: rest, score: -maxScore / 2}
}
