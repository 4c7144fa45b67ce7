package lineitem

// key is one spelling of an attribute, with what its values were and the key that
// is expected after it. What each row needs comes first and is small: it should stay in
// the nearest cache.
type key struct {
	guess
	next   int32   // index in keys of the key that came next last time
	kind   kind    // what to do with the values
	offset uintptr // of the field
	bit    uint64  // of the field in decoder.seen; 0 where values may come twice
	word   int     // of decoder.seen in which the bit is
	column

	trial
	quoted string // as it stands in the row, quotes included
	name   string
	field  int // as plan.field returns it
	// foreign says that it belongs to another of this package's row types alone.
	foreign bool
}

// bind tells a key about its field.
func (k *key) bind(p *plan) {
	k.kind = kindOther
	switch {
	case k.field >= 0:
		f := &p.fields[k.field]
		k.kind, k.offset = f.kind, f.offset
		k.word, k.bit = f.index>>6, 1<<(f.index&63)
	case k.field == fieldSkipped && !k.foreign:
		k.kind = kindSkipped
	}
}

// maxSpellings and maxSpelling bound what a decoder remembers of keys that it does not
// know: how many, and how long one may be.
const (
	maxSpellings = 1024
	maxSpelling  = 256
)

// noKey stands for the key before the first.
const noKey = -1

// lookahead is how many keys that are left out in a row do not disturb the
// prediction of the next.
const lookahead = 8

// key finds out which key starts at i, after the key previous, and returns its index
// in keys and the index at which its value starts, or -1. Rows mostly have the same keys
// in the same order, so it looks for the one that came after previous last time, then
// for those after that, since keys without a value may be left out.
func (d *decoder) key(line []byte, i, previous int) (k, start int) {
	k = d.first
	if previous >= 0 && previous < len(d.keys) {
		k = int(d.keys[previous].next)
	}
	rest := line[i:]
	for range lookahead {
		if k >= len(d.keys) {
			break
		}
		q := d.keys[k].quoted
		if len(rest) > len(q) && rest[len(q)] == ':' && string(rest[:len(q)]) == q {
			return colon(line, i+len(q), k)
		}
		k = int(d.keys[k].next)
	}
	k, end := d.keySlowly(line, i)
	if k < 0 {
		return -1, 0
	}
	if previous >= 0 && previous < len(d.keys) {
		d.keys[previous].next = int32(k) //nolint:gosec // Keys are bounded.
	} else {
		d.first = k
	}
	return colon(line, end, k)
}

// colon returns k and where the value starts of a key that ends before i, or -1.
func colon(line []byte, i, k int) (_, start int) {
	i = skipSpace(line, i)
	if i == len(line) || line[i] != ':' {
		return -1, 0
	}
	if i = skipSpace(line, i+1); i == len(line) {
		return -1, 0
	}
	return k, i
}

// keySlowly looks a key up by its spelling, and where that is new, by its name.
func (d *decoder) keySlowly(line []byte, i int) (k, after int) {
	if i >= len(line) || line[i] != '"' {
		return -1, 0
	}
	end, escaped, ascii := scanString(line, i+1)
	if end < 0 {
		return -1, 0
	}
	quoted := line[i : end+1]
	if k, ok := d.spellings[string(quoted)]; ok {
		return k, end + 1
	}
	if len(d.keys) >= len(d.plan.fields)+maxSpellings {
		d.forget() // a stream that never repeats its keys
	}
	text, _, _ := unquote(nil, line[i+1:end], escaped, ascii)
	made := key{quoted: string(quoted), name: string(text), next: int32(len(d.keys) + 1)} //nolint:gosec // Keys are bounded.
	made.guide, made.settled = made.next-1, d.row+warmRows
	made.field, made.foreign = d.plan.field(made.name), d.plan.foreign(made.name)
	made.bind(d.plan)
	if len(quoted) > maxSpelling {
		return d.longKey(made), end + 1
	}
	d.keys = append(d.keys, made)
	d.spellings[made.quoted] = len(d.keys) - 1
	return len(d.keys) - 1, end + 1
}

// longKey puts a key that is too long to be remembered in the place of the one before.
func (d *decoder) longKey(k key) int {
	k.quoted = "-" // no key begins like this, so it is never predicted
	at, ok := d.spellings[k.quoted]
	if !ok {
		at = len(d.keys)
		d.keys = append(d.keys, key{})
		d.spellings[k.quoted] = at
	}
	k.next = int32(at + 1) //nolint:gosec // Keys are bounded.
	d.keys[at] = k
	return at
}

// forget goes back to the spellings and the order of the plan.
func (d *decoder) forget() {
	d.first = 0
	d.slots = make([]uint16, len(d.plan.fields)+maxSpellings+1)
	d.keys = make([]key, len(d.plan.fields))
	d.spellings = make(map[string]int, len(d.plan.fields))
	for i := range d.plan.fields {
		d.keys[i] = key{quoted: d.plan.fields[i].quoted, name: d.plan.fields[i].name, field: i, next: int32(i + 1)}
		d.keys[i].guide, d.keys[i].settled = max(0, d.keys[i].next-2), d.row+warmRows
		d.keys[i].bind(d.plan)
		d.spellings[d.keys[i].quoted] = i
	}
}
