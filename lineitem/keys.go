package lineitem

// key is one spelling of an attribute, with its cached values and the key that is predicted after
// it. The fields that every row needs come first and are small, to stay in the L1 cache.
type key struct {
	guess
	next   int32   // index in keys of the key that followed last
	kind   kind    // how values are decoded
	offset uintptr // of the field
	bit    uint64  // of the field in decoder.seen; 0 where values may come twice
	word   int     // of decoder.seen that contains the bit
	column

	trial
	quoted string // as it is written in the row, with quotes
	name   string
	field  int // as plan.field returns it
	// foreign is set if the attribute exists only in the other dataset's row types.
	foreign bool
}

// bind sets what depends on the key's field.
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

// maxSpellings and maxSpelling limit the number and the length of unknown keys that are cached.
const (
	maxSpellings = 1024
	maxSpelling  = 256
)

// noKey is the index of the key before the first.
const noKey = -1

// lookahead is how many keys a row may omit without a wrong prediction of the next.
const lookahead = 8

// key identifies the key that starts at i, after the key previous. It returns its index in keys and
// the index where its value starts, or -1. Most rows have the same keys in the same order, so it
// tries the key that followed previous last, then those after it, since keys can be absent.
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

// colon returns k and the start of the value of a key that ends before i, or -1.
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

// keySlowly looks up a key by its spelling, and a new spelling by its name.
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

// longKey stores a key that is too long to be cached in place of the previous one.
func (d *decoder) longKey(k key) int {
	k.quoted = "-" // no key starts like this, so it is never predicted
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

// forget resets the keys to the spellings and the order of the plan.
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
