package lineitem

import (
	"encoding/binary"
	"math/bits"
)

// guess says what is expected in a column. Most columns have a guide, another column
// that tells what stands in this one: the customer's id for the customer's name, the
// meter's id for the meter's unit. For each member of the guide the column knows which
// member of its own came with it last time, and expects that one. Guides are found by
// trying them, one after the other, until one is good. A column that has none, as the
// customer's id itself, goes by the first bytes of what stands in the row.
type guess struct {
	slots  []uint16 // what is expected, by the slot of the guide's member in this row
	guide  int32    // index of a key
	byText bool     // there is no guide: slots go by a hash of the text
}

// trial is the search for a column's guide.
type trial struct {
	since    int64 // row in which the trial of the present guide began
	firsts   int64 // rows with a member of the guide about which nothing was known
	wrong    int   // rows in which another member came than expected
	tried    int   // guides, of all there are
	settled  int64 // row until which nothing is judged
	hopeless bool  // nor anything expected
}

const (
	trialWrongs = 16      // a guide is judged when it was wrong so often
	goodTrial   = 8       // and is good if it was right so many times as often
	warmRows    = 512     // before anything is judged
	settleRows  = 1 << 16 // before the search for a guide begins again
	textBytes   = 16      // that a guess without a guide goes by
)

// clue returns the index in slots for the member that starts at i, -1 if there is none.
func (d *decoder) clue(k *key, line []byte, i int) int {
	if k.byText {
		return k.textClue(line, i)
	}
	return int(d.slots[k.guide])
}

func (k *key) textClue(line []byte, i int) int {
	if k.quoted != "" {
		i += len(k.quoted) + 1 // after the colon
	}
	if i+textBytes > len(line) {
		if i = len(line) - textBytes; i < 0 {
			return -1
		}
	}
	first, second := binary.LittleEndian.Uint64(line[i:]), binary.LittleEndian.Uint64(line[i+8:])
	if k.quoted == "" { // a cell, behind which anything comes
		if rest := beforeComma(first); rest != first {
			first, second = rest, 0
		} else {
			second = beforeComma(second)
		}
	}
	hi, lo := bits.Mul64(first^0x9e3779b97f4a7c15, second^0xe7037ed1a0b428db)
	return int((hi ^ lo) & (uint64(len(k.slots)) - 1)) //nolint:gosec // Slots are bounded.
}

// textSlots are slots enough that two texts seldom share one. Their number is a power of two.
func (k *key) textSlots() []uint16 { return make([]uint16, max(1024, 4*len(k.once))) }

// beforeComma clears what stands in a word from its first comma on.
func beforeComma(w uint64) uint64 {
	comma := w ^ ones*','
	if stop := (comma - ones) & ^comma & highs; stop != 0 {
		return w & (stop&-stop>>7 - 1)
	}
	return w
}

// expected returns the slot of the member that should stand at i.
func (d *decoder) expected(k *key, line []byte, i int) uint16 {
	if at := d.clue(k, line, i); uint(at) < uint(len(k.slots)) {
		return k.slots[at]
	}
	return noSlot
}

// learn takes in that the member at i was not expected.
func (d *decoder) learn(k *key, slot uint16, line []byte, i int) {
	if k.hopeless {
		if d.row < k.settled {
			return
		}
		k.hopeless, k.byText, k.since = false, false, d.row
	}
	at := d.clue(k, line, i)
	if at < 0 {
		return
	}
	if at >= len(k.slots) {
		k.slots = append(k.slots, make([]uint16, at+1-len(k.slots))...)
	}
	if k.slots[at] == noSlot {
		k.firsts++
	} else {
		k.wrong++
	}
	k.slots[at] = slot
	if k.wrong == trialWrongs {
		d.judge(k)
	}
}

// judge ends a trial: a guide that was right most of the time stays; otherwise the next
// is tried. After the last the column goes by its text, and if that is no good either,
// nothing is expected for a while.
func (d *decoder) judge(k *key) {
	right := d.row - k.since - k.firsts
	k.since, k.firsts, k.wrong = d.row, 0, 0
	if d.row < k.settled || right >= goodTrial*trialWrongs {
		return
	}
	if k.byText {
		k.slots, k.settled, k.tried = nil, d.row+settleRows, 0
		if k.hopeless = right < 2*trialWrongs; !k.hopeless {
			k.slots = k.textSlots()
		} else if k.kind == kindSkipped {
			k.rests = k.settled // not worth being remembered: just scanning is cheaper
		}
		return
	}
	clear(k.slots)
	for k.tried < len(d.keys) {
		k.tried++
		k.guide = (k.guide + 1) % int32(len(d.keys)) //nolint:gosec // Keys are bounded.
		if len(d.keys[k.guide].members) > 0 {
			return
		}
	}
	k.byText, k.slots = true, k.textSlots()
}
