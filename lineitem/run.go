package lineitem

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"strings"
	"time"
)

// run is a part of a row that has followed a text of the cache each time since it was recorded:
// whole members with the commas after them, as they are written and decoded. In real data most
// texts decide many others, as a customer's ID decides the name, the domain and the country. If the
// bytes are the same, the values are, so a run is compared and stored, not decoded.
//
// Where a run differs from the data, only the members before stay in it. So it soon has those that
// its text decides, and no others.
type run struct {
	raw      string
	members  []runMember
	decimals []runDecimal
	times    []runTime
	// seen and empty have the bits of the run's fields, as in values.
	seen, empty []uint64
	size        int // bytes of memory
}

// runMember is a member of a run, with its value if that is a text.
type runMember struct {
	end    int32 // in run.raw
	key    int32 // in keys.all, or the column
	field  int32
	kind   kind
	empty  bool
	offset uintptr
	text   string
}

type runDecimal struct {
	offset uintptr
	number Decimal
}

type runTime struct {
	offset uintptr
	time   time.Time
}

// head is where a run can begin: after a text of the cache, or at the beginning of a row.
type head struct {
	run  *run
	next uint32 // hash of the bytes that followed it last
	hits uint32 // times that it occurred without a run
}

// runLimit limits the runs after the texts of one column to the members that those before had.
type runLimit struct {
	members int // of the last run that was shortened
	runs    int // that were recorded
}

// limit returns the number of members of a new run. A few are recorded whole, since data changes.
func (l *runLimit) limit() int {
	if l.runs++; l.members == 0 || l.runs&15 == 0 {
		return maxColumns
	}
	return l.members
}

// maxRun limits the bytes of a run.
const maxRun = 2048

// recorder records a run.
type recorder struct {
	head     *head // nil if none is recorded
	moves    int   // of the cache, at the beginning
	start    int   // of the run in the row
	limit    int   // of members
	replaced int64 // texts with replaced characters, before
	run      run   // without raw, seen and empty
}

// isDue reports whether a run is recorded after so many hits without one: 2, 16, 128, and so on.
func isDue(hits uint32) bool { return hits&(hits-1) == 0 && bits.TrailingZeros32(hits)%3 == 1 }

const nextBytes = 40

func hashNext(b []byte) uint32 {
	h := uint64(0)
	for i := 0; i < nextBytes; i += 8 {
		h = mix(h ^ binary.LittleEndian.Uint64(b[i:]))
	}
	return uint32(h)
}

// clone returns a copy that is written as raw, which must be equal, and shares nothing with the
// run.
func (r *run) clone(raw string, words int) *run {
	made := &struct {
		run
		bits [2]uint64
	}{run: run{raw: raw, members: slices.Clone(r.members), decimals: slices.Clone(r.decimals), times: slices.Clone(r.times)}}
	bits := made.bits[:]
	if words > 1 {
		bits = make([]uint64, 2*words)
	}
	made.seen, made.empty = bits[:words], bits[words:2*words]
	for i := range made.members {
		if m := &made.members[i]; m.text != "" {
			var shared bool
			if m.text, shared = sharedText(raw[:m.end], m.text); !shared {
				made.size += len(m.text)
			}
		}
	}
	made.size += 160 + len(raw) + 16*words + 48*len(r.members) + 32*(len(r.decimals)+len(r.times))
	made.shorten(len(made.members))
	return &made.run
}

// shorten leaves the first members.
func (r *run) shorten(n int) {
	r.members = r.members[:n]
	r.raw = r.raw[:r.members[n-1].end]
	clear(r.seen)
	clear(r.empty)
	decimals, times := 0, 0
	for i := range r.members {
		m := &r.members[i]
		if m.field < 0 {
			continue
		}
		word, bit := m.field>>6, uint64(1)<<(m.field&63)
		r.seen[word] |= bit
		switch {
		case m.empty:
			r.empty[word] |= bit
		case m.kind == kindText:
		case m.kind == kindDecimal:
			decimals++
		default:
			times++
		}
	}
	r.decimals, r.times = r.decimals[:decimals], r.times[:times]
}

// sharedText returns a text that ends raw but for a delimiter and perhaps a quote as a part of raw,
// so that it does not hold on to the texts of a row, and others as a copy.
func sharedText(raw, text string) (_ string, shared bool) {
	for after := 1; after <= 2; after++ {
		if end := len(raw) - after; end >= len(text) && raw[end-len(text):end] == text {
			return raw[end-len(text) : end], true
		}
	}
	return strings.Clone(text), false
}

// memory returns the bytes of a run, which may be nil.
func (r *run) memory() int {
	if r == nil {
		return 0
	}
	return r.size
}

// commonPrefix returns the number of bytes with which both begin.
func commonPrefix(a string, b []byte) int {
	n := min(len(a), len(b))
	i := 0
	for ; i+8 <= n; i += 8 {
		if w := binary.LittleEndian.Uint64([]byte(a[i:i+8])) ^ binary.LittleEndian.Uint64(b[i:]); w != 0 {
			return i + bits.TrailingZeros64(w)/8
		}
	}
	for i < n && a[i] == b[i] {
		i++
	}
	return i
}
