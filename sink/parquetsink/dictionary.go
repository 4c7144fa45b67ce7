package parquetsink

import (
	"encoding/binary"
	"hash/maphash"
	"math/bits"
	"unsafe"
)

// table finds the index of a value by its hash: open addressing, at most half full.
type table struct {
	slots []slot
	used  int
}

// slot has an index plus 1, and the upper bits of its hash.
type slot struct{ index, hash uint32 }

const firstSlots = 256

func (t *table) reset() {
	if len(t.slots) > 16*firstSlots {
		t.slots = nil
	}
	clear(t.slots)
	t.used = 0
}

// grow makes space for one more.
func (t *table) grow() {
	if t.used++; 2*t.used <= len(t.slots) {
		return
	}
	old := t.slots
	t.slots = make([]slot, max(firstSlots, 2*len(old)))
	for _, s := range old {
		if s.index == 0 {
			continue
		}
		i := int(s.hash) & (len(t.slots) - 1)
		for t.slots[i].index != 0 {
			i = (i + 1) & (len(t.slots) - 1)
		}
		t.slots[i] = s
	}
}

// texts is a dictionary of texts. Its data are its page: each text with its length before it.
type texts struct {
	table   table
	data    []byte
	starts  []uint32
	last    string // the one before, whose index is lastIndex
	index   uint32
	recent  []recent // by place
	hashing maphash.Seed
}

// recent is a text at a place. It holds the text, so that no other one can be in its place.
type recent struct {
	text  string
	index uint32
}

const recents = 512

// find returns the index of a text, or false if it is not in the dictionary. The decoder shares
// equal texts, so most are found by their place.
func (d *texts) find(s string) (index uint32, hash uint32, found bool) {
	if same(s, d.last) && len(d.starts) > 0 {
		return d.index, 0, true
	}
	if d.recent == nil {
		d.recent, d.hashing = make([]recent, recents), maphash.MakeSeed()
	}
	r := &d.recent[placeOf(s)]
	if len(r.text) > 0 && same(s, r.text) {
		d.last, d.index = s, r.index
		return r.index, 0, true
	}
	hash = uint32(maphash.String(d.hashing, s)) //nolint:gosec // Any bits will do.
	if len(d.table.slots) == 0 {
		return 0, hash, false
	}
	for i := int(hash) & (len(d.table.slots) - 1); ; i = (i + 1) & (len(d.table.slots) - 1) {
		at := d.table.slots[i]
		if at.index == 0 {
			return 0, hash, false
		}
		if at.hash == hash && string(d.text(at.index-1)) == s {
			r.text, r.index = s, at.index-1
			d.last, d.index = s, at.index-1
			return at.index - 1, hash, true
		}
	}
}

// add adds a text that find has not found.
func (d *texts) add(s string, hash uint32) uint32 {
	d.table.grow()
	index := uint32(len(d.starts))                   //nolint:gosec // Dictionaries have at most maxDictionary bytes.
	d.starts = append(d.starts, uint32(len(d.data))) //nolint:gosec // as above
	d.data = appendText(d.data, s)
	i := int(hash) & (len(d.table.slots) - 1)
	for d.table.slots[i].index != 0 {
		i = (i + 1) & (len(d.table.slots) - 1)
	}
	d.table.slots[i] = slot{index + 1, hash}
	r := &d.recent[placeOf(s)]
	r.text, r.index = s, index
	d.last, d.index = s, index
	return index
}

// text returns the text of an index.
func (d *texts) text(index uint32) []byte {
	start := d.starts[index]
	n := binary.LittleEndian.Uint32(d.data[start:])
	return d.data[start+4:][:n]
}

func (d *texts) reset() {
	d.table.reset()
	clear(d.recent)
	d.data, d.starts, d.last = d.data[:0], d.starts[:0], ""
}

// same reports whether two texts are the same bytes in the same place.
func same(a, b string) bool {
	//nolint:gosec // Addresses are compared; nothing is read from them.
	return len(a) == len(b) && unsafe.StringData(a) == unsafe.StringData(b)
}

// placeOf returns where a text is in recent, by its place.
func placeOf(s string) uintptr {
	//nolint:gosec // The address is only hashed; nothing is read from it.
	p := uint64(uintptr(unsafe.Pointer(unsafe.StringData(s))))
	return uintptr(p * 0x9e3779b97f4a7c15 >> (64 - 9))
}

// appendText appends a text as PLAIN: its length and its bytes.
func appendText(dst []byte, s string) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(s))) //nolint:gosec // checked by the caller
	return append(dst, s...)
}

// word is a value of up to 16 bytes, with its sign extended.
type word struct {
	hi int64
	lo uint64
}

// words is a dictionary of words.
type words struct {
	table table
	list  []word
}

func (w word) hash() uint32 {
	hi, lo := bits.Mul64(w.lo^0x9e3779b97f4a7c15, uint64(w.hi)^0xd6e8feb86659fd93) //nolint:gosec // Any bits will do.
	hi ^= lo ^ w.lo*0xff51afd7ed558ccd
	return uint32(hi>>32) ^ uint32(hi) //nolint:gosec // Any bits will do.
}

// index returns the index of a word, which it adds if it is new.
func (d *words) index(w word) uint32 {
	hash := w.hash()
	if n := len(d.table.slots); n > 0 {
		for i := int(hash) & (n - 1); ; i = (i + 1) & (n - 1) {
			at := d.table.slots[i]
			if at.index == 0 {
				break
			}
			if at.hash == hash && d.list[at.index-1] == w {
				return at.index - 1
			}
		}
	}
	d.table.grow()
	i := int(hash) & (len(d.table.slots) - 1)
	for d.table.slots[i].index != 0 {
		i = (i + 1) & (len(d.table.slots) - 1)
	}
	d.list = append(d.list, w)
	d.table.slots[i] = slot{uint32(len(d.list)), hash} //nolint:gosec // Dictionaries have at most maxDictionary bytes.
	return uint32(len(d.list) - 1)                     //nolint:gosec // as above
}

func (d *words) reset() {
	d.table.reset()
	d.list = d.list[:0]
}
