package lineitem

import (
	"cmp"
	"unicode"
)

// objectDecoder decodes JSON objects into structs.
type objectDecoder struct {
	values
	keys keys
}

func newObjectDecoder(p *plan) *objectDecoder {
	return &objectDecoder{values: newValues(p, len(p.fields), '"'), keys: newKeys(p)}
}

// unknown implements rowDecoder.
func (d *objectDecoder) unknown() []string { return d.keys.unknown.list }

// decode implements rowDecoder.
func (d *objectDecoder) decode(line []byte, row target) (attribute string, err error) {
	clear(d.seen)
	clear(d.empty)
	d.cache.begin()
	i, last, err := begin(line)
	if err != nil {
		return "", err
	}
	foreign := false
	for previous := noKey; !last; {
		// Most rows have the keys of the row before, and most texts are the expected ones.
		all := d.keys.all
		k, at, end := int(all[previous].next), 0, 0
		if k < len(all) && all[k].begins(line, i) {
			key := &all[k]
			if key.kind == kindText {
				end = d.cache.guess(key.field, line, i, i+len(key.text)+1, row.text(key.offset))
			}
			if end == 0 {
				at = key.match(line, i)
			}
		}
		if end == 0 {
			if at == 0 {
				if k, at = d.keys.other(line, i, previous); at == 0 {
					return "", ErrSyntax
				}
				if key := &d.keys.all[k]; key.kind == kindText {
					end = d.cache.guess(key.field, line, i, i+len(key.text)+1, row.text(key.offset))
				}
			}
			if end == 0 {
				key := &d.keys.all[k]
				foreign = foreign || key.foreign
				if end, err = d.member(line, i, at, &key.keyField, row); err != nil {
					return shortName(key.name), err
				}
			}
		}
		if to := &d.keys.all[k].keyField; !d.mark(to) {
			name := to.name
			if err := d.again(line, end, to.field, row); err != nil {
				return shortName(name), err
			}
			if k >= len(d.keys.all) {
				k = noKey // keys were forgotten meanwhile
			}
		}
		previous = k
		if end+1 < len(line) && line[end] == ',' && line[end+1] == '"' {
			i = end + 1
		} else if i, last = separator(line, end); i < 0 {
			return "", ErrSyntax
		}
	}
	if err := nothingAfter(line, i); err != nil {
		return "", err
	}
	if d.plan.own && !d.matchesType(foreign) {
		return "", ErrRowMismatch
	}
	return "", nil
}

// member decodes the value that starts at i, after its key at start. It returns the index after it.
func (d *objectDecoder) member(line []byte, start, i int, to *keyField, row target) (end int, err error) {
	if i < len(line) && line[i] <= ' ' {
		i = skipSpace(line, i)
	}
	if i == len(line) {
		return 0, ErrSyntax
	}
	first := line[i]
	switch to.kind {
	case kindText:
		if first == '"' {
			return d.text(line, start, i, to.field, row.text(to.offset))
		}
	case kindDecimal:
		if first-'0' <= 9 || first == '-' {
			if *row.decimal(to.offset), end, err = scanDecimal(line, i); end < 0 {
				return 0, ErrSyntax
			}
			return end, err
		}
	case kindTime, kindDay:
		if first == '"' {
			end, escaped, _ := scanString(line, i+1)
			if end < 0 {
				return 0, ErrSyntax
			}
			if !escaped {
				if end == i+1 {
					d.noValue(to.field)
				}
				*row.time(to.offset), err = d.dates.Parse(line[i+1:end], to.kind == kindDay)
				return end + 1, err
			}
		}
	case kindSkipped, kindAlias, kindOther:
	}
	if end = scanValue(line, i); end < 0 {
		return 0, ErrSyntax
	}
	return end, d.setJSON(line[i:end], to, row)
}

// text decodes the string that starts at i into a text field.
func (d *objectDecoder) text(line []byte, start, i, field int, to *string) (end int, err error) {
	end, escaped, ascii := scanString(line, i+1)
	if end < 0 {
		return 0, ErrSyntax
	}
	if end++; end == i+2 {
		d.noValue(field)
		return end, nil // it is empty
	}
	shared, hash, found := d.cache.find(field, line, start, i+1, end)
	if found {
		*to = shared
		return end, nil
	}
	before := d.replaced
	text := d.string(line, i+1, end-1, escaped, ascii)
	if d.replaced != before {
		hash = 0 // it is not cached, so that each is counted
	}
	if shared, ok := d.cache.add(field, line[start:end], i+1-start, text, hash); ok {
		*to = shared
		return end, nil
	}
	*to = d.arena.keep(text)
	return end, nil
}

// shortName limits the length and the characters of an unknown attribute's name for an error, since
// names come from the data.
func shortName(name string) string {
	const most = 64
	short := make([]rune, 0, most+1)
	for _, r := range name {
		if len(short) == most {
			return string(append(short, '…'))
		}
		if !unicode.IsPrint(r) {
			r = '?'
		}
		short = append(short, r)
	}
	return string(short)
}

// begin returns the index of the first key of an object, or the index after an empty object.
func begin(line []byte) (i int, empty bool, err error) {
	i = skipSpace(line, 0)
	if i == len(line) || line[i] != '{' {
		return 0, false, notObject(line, i)
	}
	i = skipSpace(line, i+1)
	if i < len(line) && line[i] == '}' {
		return i + 1, true, nil
	}
	return i, false, nil
}

func notObject(line []byte, start int) error {
	end := scanValue(line, start)
	if end < 0 {
		return ErrSyntax
	}
	return cmp.Or(nothingAfter(line, end), ErrNotObject)
}

// separator returns the index of the next key after a value that ends before i, or the index after
// the object if the value was the last, or -1.
func separator(line []byte, i int) (after int, last bool) {
	i = skipSpace(line, i)
	switch {
	case i == len(line):
		return -1, false
	case line[i] == ',':
		return skipSpace(line, i+1), false
	case line[i] == '}':
		return i + 1, true
	}
	return -1, false
}

func nothingAfter(line []byte, i int) error {
	if skipSpace(line, i) != len(line) {
		return ErrSyntax
	}
	return nil
}
