package lineitem

// guess says what is expected in a column. Its guide is the column that tells best:
// the customer's id for the customer's name, the meter's id for the meter's unit. For
// each member of the guide the column knows which member of its own came with it last
// time, and expects that one. Guides are found by trying them, one after the other,
// until one is good.
type guess struct {
	slots []uint16 // what is expected, by the slot of the guide's member in this row
	guide int32    // index of a key
}

// trial is the search for a column's guide.
type trial struct {
	since  int64 // row in which the trial of the present guide began
	firsts int64 // rows with a member of the guide about which nothing was known
	wrong  int   // rows in which another member came than expected

	best      int64 // rows that the best guide so far took to be wrong as often
	bestGuide int32
	tried     int   // guides, of all there are
	settled   int64 // row until which the guide stays
	hopeless  bool  // nothing is expected until then
}

const (
	trialWrongs = 16      // a guide is judged when it was wrong so often
	goodTrial   = 8       // and is good if it was right so many times as often
	warmRows    = 512     // before anything is judged
	settleRows  = 1 << 16 // before the search for a better guide begins again
)

// expected returns the slot of the member that should come.
func (d *decoder) expected(k *key) uint16 {
	if at := d.slots[k.guide]; int(at) < len(k.slots) {
		return k.slots[at]
	}
	return noSlot
}

// learn takes in that a member came which was not expected.
func (d *decoder) learn(k *key, slot uint16) {
	if k.hopeless {
		if d.row < k.settled {
			return
		}
		k.hopeless, k.since = false, d.row
	}
	at := int(d.slots[k.guide])
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

// judge ends a trial: a good guide stays; otherwise the next is tried, and after the
// last the best of them stays for a while.
func (d *decoder) judge(k *key) {
	rows := d.row - k.since - k.firsts
	k.since, k.firsts, k.wrong = d.row, 0, 0
	if d.row < k.settled || rows >= goodTrial*trialWrongs {
		return
	}
	if rows > k.best {
		k.best, k.bestGuide = rows, k.guide
	}
	clear(k.slots)
	for k.tried < len(d.keys) {
		k.tried++
		k.guide = (k.guide + 1) % int32(len(d.keys)) //nolint:gosec // Keys are bounded.
		if len(d.keys[k.guide].members) > 0 {
			return
		}
	}
	k.guide, k.settled = k.bestGuide, d.row+settleRows
	if k.best < 2*trialWrongs { // wrong more often than every other time
		k.slots, k.hopeless = nil, true // not worth a comparison
		if k.kind == kindSkipped {
			k.rests = k.settled // nor being remembered: just scanning is cheaper
		}
	}
	k.best, k.tried = 0, 0
}
