package lineitem

import (
	"encoding/binary"
	"math/bits"
)

// guess predicts the value of a column. Most columns have a guide: another column that determines
// the value of this one, as the customer ID determines the customer name and the meter ID the unit.
// For each member of the guide the column stores which of its own members came with it last, and
// predicts that one. A guide is found by trying one column after the other. A column without a
// guide, such as the customer ID itself, is predicted from the first bytes of the value.
type guess struct {
	slots  []uint16 // the prediction, by the slot of the guide's member in this row
	guide  int32    // index of a key
	byText bool     // there is no guide: slots are indexed by a hash of the text
}

// trial is the state of the search for a column's guide.
type trial struct {
	since    int64 // row in which the trial of the current guide began
	firsts   int64 // rows with a member of the guide for which there was no prediction
	wrong    int   // rows in which the prediction was wrong
	tried    int   // guides tried
	settled  int64 // row until which no guide is rejected
	hopeless bool  // neither is anything predicted
}

const (
	trialWrongs = 16      // wrong predictions after which a guide is judged
	goodTrial   = 8       // a guide is kept if it was right this many times as often
	warmRows    = 512     // before the first guide is judged
	settleRows  = 1 << 16 // before the search for a guide restarts
	textBytes   = 16      // used for predictions without a guide
)

// clue returns the index in slots for the member that starts at i, or -1.
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
	if k.quoted == "" { // a CSV field, after which anything can follow
		if rest := beforeComma(first); rest != first {
			first, second = rest, 0
		} else {
			second = beforeComma(second)
		}
	}
	hi, lo := bits.Mul64(first^0x9e3779b97f4a7c15, second^0xe7037ed1a0b428db)
	return int((hi ^ lo) & (uint64(len(k.slots)) - 1)) //nolint:gosec // Slots are bounded.
}

// textSlots returns enough slots that two texts rarely share one. Their number is a power of two.
func (k *key) textSlots() []uint16 { return make([]uint16, max(1024, 4*len(k.once))) }

// beforeComma clears the bytes of a word from its first comma on.
func beforeComma(w uint64) uint64 {
	comma := w ^ ones*','
	if stop := (comma - ones) & ^comma & highs; stop != 0 {
		return w & (stop&-stop>>7 - 1)
	}
	return w
}

// expected returns the slot of the member that is predicted at i.
func (d *decoder) expected(k *key, line []byte, i int) uint16 {
	if at := d.clue(k, line, i); uint(at) < uint(len(k.slots)) {
		return k.slots[at]
	}
	return noSlot
}

// learn records that the member at i was not predicted.
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

// judge ends a trial. A guide that was mostly right is kept; otherwise the next is tried. After the
// last guide the column is predicted from its text, and if that fails too, nothing is predicted for
// settleRows.
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
			k.rests = k.settled // remembering costs more than scanning
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
