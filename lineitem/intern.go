package lineitem

import "hash/maphash"

// Most columns have few distinct values. Keeping the recent ones saves an
// allocation for nearly every text of a row. The table of a column is small and
// forgets: a new value takes the place of the old one in its slot, once it was seen
// twice in a row there, so that values that do not repeat cost nothing.
const (
	internSlots  = 512
	internLength = 256  // longer texts are not kept
	internWindow = 4096 // look-ups after which a column is judged
	internRest   = 16   // windows that a column sits out after it was no use
)

var internSeed = maphash.MakeSeed()

// internTable remembers the values of one column.
type internTable struct {
	last  string
	slots []internSlot
	// The column's record in this window.
	lookups, misses int
	resting         int
}

// get returns text as a string that was kept or that is kept now. ok is false where
// the column has too many values, or the text is too long, to be worth it.
func (t *internTable) get(text []byte) (s string, ok bool) {
	if string(text) == t.last {
		return t.last, true
	}
	if len(text) > internLength {
		return "", false
	}
	if t.lookups++; t.lookups == internWindow {
		t.judge()
	}
	if t.resting > 0 {
		return "", false
	}
	if t.slots == nil {
		t.slots = make([]internSlot, internSlots)
	}
	hash := maphash.Bytes(internSeed, text)
	slot := &t.slots[hash%internSlots]
	if slot.value != string(text) {
		t.misses++
		if slot.seen != hash {
			slot.seen = hash
			return "", false
		}
		slot.value = string(text)
	}
	t.last = slot.value
	return t.last, true
}

// internSlot keeps one value, and the hash of the last that was not it.
type internSlot struct {
	value string
	seen  uint64
}

// judge lets a column rest that missed more often than every fourth time: each
// miss costs an allocation, which is what the table is there to avoid.
func (t *internTable) judge() {
	switch {
	case t.resting > 0:
		t.resting--
	case t.misses > internWindow/4:
		t.resting = internRest
	}
	t.lookups, t.misses = 0, 0
}
