package lineitem

import (
	"bytes"
	"strings"
)

// follow stores the members of a head's run if they follow it at i, and returns their number, the
// last one's key and the index after them, or else begins to record a run if it is time to. Of
// seen, it has no field yet.
func (v *values) follow(h *head, l *runLimit, b []byte, i int, seen []uint64, row target) (members, key, end int) {
	if v.recorder.head != nil {
		return 0, 0, i
	}
	r := h.run
	if r == nil {
		if h.hits++; isDue(h.hits) || isDue(h.hits+1) {
			v.begin(h, l, b, i)
		}
		return 0, 0, i
	}
	if end = i + len(r.raw); end > len(b) || string(b[i:end]) != r.raw {
		if r = v.shorten(h, l, b[i:]); r == nil {
			return 0, 0, i
		}
		end = i + len(r.raw)
	}
	for w := range seen {
		if seen[w]&r.seen[w] != 0 {
			return 0, 0, i // a duplicate
		}
	}
	for w := range seen {
		seen[w] |= r.seen[w]
	}
	for w := range r.empty {
		v.empty[w] |= r.empty[w]
	}
	for k := range r.members {
		if m := &r.members[k]; m.text != "" {
			*row.text(m.offset) = m.text
		}
	}
	for k := range r.decimals {
		*row.decimal(r.decimals[k].offset) = r.decimals[k].number
	}
	for k := range r.times {
		*row.time(r.times[k].offset) = r.times[k].time
	}
	return len(r.members), int(r.members[len(r.members)-1].key), end
}

// shorten leaves in a head's run the members that begin b. It returns nil if there are none.
func (v *values) shorten(h *head, l *runLimit, b []byte) *run {
	r := h.run
	same, before, n := commonPrefix(r.raw, b), len(r.members), 0
	for n < before && int(r.members[n].end) <= same {
		n++
	}
	l.members = max(n, 1)
	if n == 0 {
		v.cache.memory += r.size
		h.run = nil
		return nil
	}
	if r.shorten(n); 2*n < before {
		v.cache.memory += r.size
		h.run = r.clone(strings.Clone(r.raw), len(v.empty))
		v.cache.memory -= h.run.size
	}
	return h.run
}

// begin begins to record a run that begins at i, if the same bytes followed the head the time
// before.
func (v *values) begin(h *head, l *runLimit, b []byte, i int) {
	switch {
	case i+nextBytes > len(b):
	case isDue(h.hits + 1):
		h.next = hashNext(b[i:])
	case h.next == hashNext(b[i:]):
		r := &v.recorder
		r.head, r.moves, r.start, r.replaced, r.limit = h, v.cache.moves, i, v.replaced, l.limit()
		r.run = run{members: r.run.members[:0], decimals: r.run.decimals[:0], times: r.run.times[:0]}
	}
}

// record adds a member of a row to the run, or ends the run before it. The member begins at start
// and the next one at end.
func (v *values) record(b []byte, start, end int, to *keyField, key int, row target) {
	r := &v.recorder.run
	//nolint:gosec // Lines and plans are far smaller.
	m := runMember{end: int32(end - v.recorder.start), key: int32(key), field: int32(to.field), kind: to.kind, offset: to.offset}
	if to.field >= 0 {
		m.empty = v.empty[to.field>>6]&(1<<(to.field&63)) != 0
	}
	dated := to.kind == kindTime || to.kind == kindDay
	switch {
	case to.kind == kindOther, to.kind == kindAlias, to.foreign, v.recorder.replaced != v.replaced, end-v.recorder.start > maxRun,
		dated && bytes.ContainsAny(b[start:end], `/\`): // a slash, perhaps escaped: the order can change
		v.finish(b)
		return
	case m.empty || to.kind == kindSkipped:
	case to.kind == kindText:
		m.text = *row.text(to.offset)
	case to.kind == kindDecimal:
		r.decimals = append(r.decimals, runDecimal{to.offset, *row.decimal(to.offset)})
	default:
		r.times = append(r.times, runTime{to.offset, *row.time(to.offset)})
	}
	if r.members = append(r.members, m); len(r.members) == v.recorder.limit {
		v.finish(b)
	}
}

// finish ends a run.
func (v *values) finish(b []byte) {
	r := &v.recorder
	h := r.head
	if r.head = nil; h == nil || r.moves != v.cache.moves {
		return
	}
	n := len(r.run.members)
	if n == 0 {
		return
	}
	raw := string(b[r.start : r.start+int(r.run.members[n-1].end)])
	if made := r.run.clone(raw, len(v.seen)); made.size <= v.cache.memory {
		v.cache.memory -= made.size
		h.run = made
	}
}
