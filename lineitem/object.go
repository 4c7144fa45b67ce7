package lineitem

import (
	"encoding/json"
	"slices"
)

// objectDecoder decodes JSON objects into structs.
type objectDecoder struct {
	values
	keys keys
}

func newObjectDecoder(p *plan) *objectDecoder {
	return &objectDecoder{values: newValues(p, len(p.fields)+1), keys: newKeys(p)}
}

// unknown implements rowDecoder.
func (d *objectDecoder) unknown() []string { return d.keys.unknown.list }

// decode implements rowDecoder.
func (d *objectDecoder) decode(line []byte, row target) (attribute string, err error) {
	clear(d.seen)
	clear(d.empty)
	d.head, d.column, d.recorder.head = &d.first, len(d.plan.fields), nil
	i, last, err := begin(line)
	if err != nil {
		return "", err
	}
	foreign := false
	for k := noKey; !last; {
		if d.head != nil {
			if k, i = d.run(line, i, k, row); i == len(line) {
				return "", ErrSyntax
			}
		}
		start, at, previous := i, 0, k
		// Most rows have the keys of the row before.
		if k = int(d.keys.all[previous].next); k < len(d.keys.all) && d.keys.all[k].begins(line, i) {
			at = d.keys.all[k].match(line, i)
		}
		if at == 0 {
			if k, at = d.keys.other(line, i, previous); at == 0 {
				return "", ErrSyntax
			}
		}
		to := &d.keys.all[k].keyField
		foreign = foreign || to.foreign
		if i, err = d.member(line, at, to, row); err != nil {
			return shortName(to.name), err
		}
		if !d.mark(to) {
			d.recorder.head = nil
			name := to.name
			if err := d.again(line, i, to.field, row); err != nil {
				return shortName(name), err
			}
			if k >= len(d.keys.all) {
				k = noKey // keys were forgotten meanwhile
			}
		}
		if i+1 < len(line) && line[i] == ',' && line[i+1] == '"' {
			i++
		} else if i, last = separator(line, i); i < 0 {
			return "", ErrSyntax
		}
		if d.recorder.head != nil && !last {
			d.record(line, start, i, to, k, row)
		}
	}
	d.finish(line)
	if err := nothingAfter(line, i); err != nil {
		return "", err
	}
	if d.plan.own && !d.matchesType(foreign) {
		return "", ErrRowMismatch
	}
	return "", nil
}

// run stores the members that follow the head after the key previous, if they are known. It returns
// the last one's key and the index after them.
func (d *objectDecoder) run(line []byte, i, previous int, row target) (key, end int) {
	h := d.head
	d.head = nil
	n, key, end := d.follow(h, &d.cache.columns[d.column].runs, line, i, d.seen, row)
	switch {
	case n == 0:
		return previous, i
	case key >= len(d.keys.all):
		key = noKey // keys were forgotten meanwhile
	}
	return key, skipSpace(line, end)
}

// member decodes the value that starts at i. It returns the index after it.
func (d *objectDecoder) member(line []byte, i int, to *keyField, row target) (end int, err error) {
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
			return d.text(line, i, to.field, row.text(to.offset))
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
func (d *objectDecoder) text(line []byte, i, field int, to *string) (end int, err error) {
	s := d.cache.guess(field, line, i+1)
	if s != nil {
		*to, d.head, d.column = s.text, &s.head, field
		return i + len(s.raw) + 2, nil
	}
	end, escaped, ascii := scanString(line, i+1)
	if end < 0 {
		return 0, ErrSyntax
	}
	raw := line[i+1 : end]
	if len(raw) == 0 {
		d.noValue(field)
		return end + 1, nil
	}
	s, hash := d.cache.find(field, raw)
	if s != nil {
		*to, d.head, d.column = s.text, &s.head, field
		d.cache.learn(field, line, i+1, s)
		return end + 1, nil
	}
	before := d.replaced
	text := d.string(line, i+1, end, escaped, ascii)
	if d.replaced != before {
		hash = 0 // it is not cached, so that each is counted
	}
	if shared, ok := d.cache.add(field, raw, text, hash); ok {
		*to = shared
		return end + 1, nil
	}
	*to = d.arena.keep(text)
	return end + 1, nil
}

// again decides about a second value of an attribute, which ends at an index of the line.
func (d *objectDecoder) again(line []byte, end, field int, row target) error {
	var found []spelled
	i, last, err := begin(line)
	for k, at := noKey, 0; err == nil && !last && i < end; {
		if k, at = d.keys.next(line, i, k); at == 0 {
			return ErrSyntax
		}
		if i = scanValue(line, at); i < 0 {
			return ErrSyntax
		}
		if key := &d.keys.all[k]; key.field == field {
			var name string
			if n := len(key.text); n == 0 || json.Unmarshal([]byte(key.text[:n-1]), &name) != nil {
				return ErrDuplicate // the key is too long to be remembered
			}
			name = spelling(key.name, name)
			if slices.ContainsFunc(found, func(s spelled) bool { return s.name == name }) {
				return ErrDuplicate
			}
			found = append(found, spelled{name, line[at:i]})
		}
		if i, last = separator(line, i); i < 0 {
			return ErrSyntax
		}
	}
	if err != nil || len(found) < 2 {
		return ErrDuplicate // unreachable: the line was decoded up to the second value
	}
	return d.reconcile(found[0], found[1], field, row)
}
