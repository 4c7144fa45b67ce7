package lineitem

import (
	"encoding/binary"
)

// keys are the attributes' names as they are written in rows: those of the plan, and others that
// occurred. A key is found by a hash of its bytes, and without one where it is the key that
// followed the same key before, as in most rows.
type keys struct {
	plan *plan
	all  []key
	// index has the positions in all by hash, with linear probing; 0 is empty.
	index []uint16
	bytes int // of the keys that are not the plan's
	// unknown are the attributes without a field that occurred, whether they are remembered or not.
	unknown unknownNames
}

// key is one spelling of an attribute's name.
type key struct {
	text string // as it is written: "Unit":
	next int32  // the key that followed last; an index in keys.all
	keyField
	// The first eight bytes of text, the next eight and the last, for comparisons without a call.
	// mask has the bytes of first that text has.
	first, mask, second, last uint64
}

func newKey(text string, f keyField) key {
	b := append([]byte(text), make([]byte, 16)...)
	n := len(text)
	k := key{text: text, keyField: f, first: binary.LittleEndian.Uint64(b), second: binary.LittleEndian.Uint64(b[8:])}
	if k.mask = 1<<(8*n) - 1; n >= 8 {
		k.mask = 1<<64 - 1
		k.last = binary.LittleEndian.Uint64(b[n-8:])
	}
	return k
}

// begins reports whether the key's first bytes are at i, and at least eight more.
func (k *key) begins(b []byte, i int) bool {
	return i+8 <= len(b) && binary.LittleEndian.Uint64(b[i:])&k.mask == k.first
}

// match returns the index after the key if it is at i and something follows it, or 0.
func (k *key) match(b []byte, i int) int {
	n := len(k.text)
	end := i + n
	switch {
	case end >= len(b) || n == 0:
		return 0
	case n < 16:
		if string(b[i:end]) != k.text {
			return 0
		}
	case binary.LittleEndian.Uint64(b[i:]) != k.first || binary.LittleEndian.Uint64(b[i+8:]) != k.second || binary.LittleEndian.Uint64(b[end-8:]) != k.last:
		return 0
	case n > 24 && string(b[i+16:end-8]) != k.text[16:n-8]:
		return 0
	}
	return end
}

// noKey is the index of the key before the first of a row, and of a key that is not remembered.
const noKey = 0

// Keys that are not the plan's are remembered up to these limits. Beyond them, all are forgotten:
// such data does not repeat its keys.
const (
	maxKeys     = 1024
	maxKeyBytes = 256 << 10
	keyMemory   = 128 // bytes of a key besides its texts
	maxKey      = 256 // bytes of a key; a longer one is not remembered
)

func newKeys(p *plan) keys {
	t := keys{plan: p}
	t.forget()
	return t
}

// forget resets the keys to those of the plan.
func (t *keys) forget() {
	t.all, t.bytes = make([]key, 1, 1+len(t.plan.fields)), 0
	t.all[noKey].next = 1
	t.index = make([]uint16, 64)
	for i := range t.plan.fields {
		f := &t.plan.fields[i]
		t.add(f.quoted+":", t.plan.keyField(f.name))
	}
}

// add remembers a key.
func (t *keys) add(text string, f keyField) int {
	if 3*len(t.all) > len(t.index) {
		t.index = make([]uint16, 4*len(t.index))
		for k := range t.all[1:] {
			t.place(k + 1)
		}
	}
	k := len(t.all)
	added := newKey(text, f)
	added.next = int32(k + 1) //nolint:gosec // Their number is limited.
	t.all = append(t.all, added)
	t.place(k)
	return k
}

func (t *keys) place(k int) {
	hash := hashKey([]byte(t.all[k].text), 1)
	bucket := int(hash >> 32)
	for ; t.index[bucket&(len(t.index)-1)] != 0; bucket++ {
	}
	t.index[bucket&(len(t.index)-1)] = uint16(k) //nolint:gosec // Their number is limited.
}

// other returns the key that starts at i and is not the expected one after the key previous, and
// the index after its colon; at is 0 if there is no key.
func (t *keys) other(line []byte, i, previous int) (k, at int) {
	if k, at = t.find(line, i); previous < len(t.all) { // find may have forgotten it
		t.all[previous].next = int32(k) //nolint:gosec // Their number is limited.
	}
	return k, at
}

// next returns the key that starts at i, after the key previous, and the index of its value; at is
// 0 if there is no key.
func (t *keys) next(line []byte, i, previous int) (k, at int) {
	if k = int(t.all[previous].next); k < len(t.all) {
		at = t.all[k].match(line, i)
	}
	if at == 0 {
		if k, at = t.other(line, i, previous); at == 0 {
			return k, 0
		}
	}
	return k, skipSpace(line, at)
}

// find returns the key that starts at i and the index of its value; at is 0 if there is no key.
func (t *keys) find(line []byte, i int) (k, at int) {
	if i >= len(line) || line[i] != '"' {
		return noKey, 0
	}
	hash := hashKey(line, i+1)
	for bucket := int(hash >> 32); ; bucket++ {
		if k = int(t.index[bucket&(len(t.index)-1)]); k == noKey {
			break
		}
		if at = t.all[k].match(line, i); at > 0 {
			return k, at
		}
	}
	end, escaped, ascii := scanString(line, i+1)
	if end < 0 {
		return noKey, 0
	}
	quoted := line[i : end+1]
	if at = skipSpace(line, end+1); at == len(line) || line[at] != ':' {
		return noKey, 0
	}
	if at++; at == len(line) {
		return noKey, 0
	}
	text := append(append(make([]byte, 0, len(quoted)+1), quoted...), ':')
	if k = t.lookup(hash, text); k != noKey {
		return k, at
	}
	var u unquoter
	name := u.string(line, i+1, end, escaped, ascii)
	return t.meet(string(text), string(name)), at
}

// meet returns a new key.
func (t *keys) meet(text, name string) int {
	f := t.plan.keyField(name)
	if f.field < 0 && !t.plan.hasElsewhere(name) {
		t.unknown.add(name)
	}
	if len(text) > maxKey {
		t.all[noKey].keyField = f
		return noKey
	}
	if len(t.all) > len(t.plan.fields)+maxKeys || t.bytes+len(text)+len(name)+keyMemory > maxKeyBytes {
		t.forget()
	}
	t.bytes += len(text) + len(name) + keyMemory
	return t.add(text, f)
}

// lookup returns the key with a text, or noKey.
func (t *keys) lookup(hash uint64, text []byte) int {
	for bucket := int(hash >> 32); ; bucket++ {
		k := int(t.index[bucket&(len(t.index)-1)])
		if k == noKey || t.all[k].text == string(text) {
			return k
		}
	}
}

// hashKey returns a hash of the key whose text starts at i, up to the next quote.
func hashKey(b []byte, i int) (hash uint64) {
	for ; i < len(b); i += 8 {
		var w uint64
		if i+8 <= len(b) {
			w = binary.LittleEndian.Uint64(b[i:])
		} else {
			var last [8]byte
			copy(last[:], b[i:])
			w = binary.LittleEndian.Uint64(last[:])
		}
		quote := w ^ ones*'"'
		stop := (quote - ones) & ^quote & highs
		if stop != 0 {
			return mix(hash ^ w&(stop&-stop-1))
		}
		hash = mix(hash ^ w)
	}
	return hash
}

// maxUnknown limits the names of attributes without a field that are kept: a file that has more is
// not one of such rows.
const maxUnknown = 256

// unknownNames are names of attributes without a field, each once.
type unknownNames struct {
	list []string
	has  map[string]bool
}

func (u *unknownNames) add(name string) {
	if len(u.list) == maxUnknown {
		return
	}
	name = shortName(name)
	if u.has[name] {
		return
	}
	if u.has == nil {
		u.has = make(map[string]bool)
	}
	u.has[name] = true
	u.list = append(u.list, name)
}
