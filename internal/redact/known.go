package redact

import (
	"container/list"
	"encoding/base64"
	"fmt"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Bounds of what is known.
const (
	// minKnown is the length from which a value is struck. Those of services are longer. A shorter
	// one, such as the "t" of a fake credential, is part of words and dates that have nothing to do
	// with it, and headers without them cannot be parsed.
	minKnown = 8
	// minPiece is the length from which a piece of a longer value is struck: where a text was cut,
	// for instance. A shorter piece of a random text is of no use.
	minPiece = 12
	// maxLength bounds the length of a value, far above that of any access token.
	maxLength = 32 << 10
	// maxBase64 bounds the length of a value that is found in base64, too: that of a signature.
	maxBase64 = 128
	// maxValues bounds how many values are known at a time.
	maxValues = 256

	// A value is found by the windows of bytes that begin at every stride-th byte of it, of which
	// each piece of minPiece bytes contains one.
	window = 6
	stride = 4
)

// Known makes [Text] and [Error] strike a value, such as a signature or an access token, wherever
// it occurs, whatever is around it. The value is struck while the Known is reachable, so that a
// secret lives no longer than its owner, and as long as it is among those that were used last. A
// Known is safe for concurrent use. A nil Known is none.
type Known struct {
	id    uint64
	value func() string // not a string, so that no dump by reflection prints it
}

// Know makes a value known. It returns nil for a value that is too short or too long to be a
// secret.
func Know(value string) *Known {
	value = decoded(value)
	if len(value) < minKnown || len(value) > maxLength {
		return nil
	}
	k := &Known{id: ids.Add(1), value: func() string { return value }}
	runtime.AddCleanup(k, registry.forget, k.id)
	k.Used()
	return k
}

var ids atomic.Uint64

// Used makes the value the one that was used last.
func (k *Known) Used() {
	if k != nil {
		registry.use(k.id, k.value)
	}
}

// Is reports whether value is the one that k makes known.
func (k *Known) Is(value string) bool { return k != nil && k.value() == decoded(value) }

// decoded returns a value without percent escapes, in which form it is looked for.
func decoded(value string) string {
	if text, err := url.PathUnescape(value); err == nil {
		return text
	}
	return value
}

// registry has the values of the process: a secret of one client may come back to another.
var registry = known{used: list.New(), values: map[uint64]*list.Element{}, starts: map[uint64][]place{}}

// known finds values in texts.
type known struct {
	mu     sync.RWMutex
	used   *list.List // of known values, that used last in front
	values map[uint64]*list.Element
	starts map[uint64][]place // by the bytes of the window
	filter [1 << 16]uint32    // how many of starts have each hash: most of a text is in none
}

// knownValue is an element of the list. The forms are the value itself, and those in which it
// cannot be recognized byte by byte.
type knownValue struct {
	id    uint64
	forms []string
}

// place is an offset in a form of a value.
type place struct {
	id     uint64
	form   string
	offset int
}

// use makes a value the first of the list.
func (r *known) use(id uint64, value func() string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e, is := r.values[id]; is {
		r.used.MoveToFront(e)
		return
	}
	if r.used.Len() == maxValues {
		r.remove(r.used.Back())
	}
	v := knownValue{id, formsOf(value())}
	r.values[id] = r.used.PushFront(v)
	for _, form := range v.forms {
		for offset := 0; offset+window <= len(form); offset += stride {
			start := startOf(form[offset:])
			r.starts[start] = append(r.starts[start], place{id, form, offset})
			r.filter[hash(start)]++
		}
	}
}

func formsOf(value string) []string {
	forms := []string{value}
	if len(value) > maxBase64 {
		return forms
	}
	for _, before := range []string{"", "x", "xx"} { // each alignment has a text of its own
		text := base64.RawStdEncoding.EncodeToString([]byte(before + value))
		// Without the characters that depend on the bytes around the value.
		if text = text[(len(before)*8+5)/6 : len(text)-1]; len(text) >= minPiece {
			forms = append(forms, text)
		}
	}
	return forms
}

// forget is called when the Known of a value is no longer reachable.
func (r *known) forget(id uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e, is := r.values[id]; is {
		r.remove(e)
	}
}

func (r *known) remove(e *list.Element) {
	v, _ := r.used.Remove(e).(knownValue) // the list has nothing else
	delete(r.values, v.id)
	for _, form := range v.forms {
		for offset := 0; offset+window <= len(form); offset += stride {
			start := startOf(form[offset:])
			left := slices.DeleteFunc(r.starts[start], func(p place) bool { return p.id == v.id })
			r.filter[hash(start)] -= uint32(len(r.starts[start]) - len(left)) //nolint:gosec // As many were added.
			if r.starts[start] = left; len(left) == 0 {
				delete(r.starts, start)
			}
		}
	}
}

// startOf returns the bytes of a window as a number.
func startOf(s string) uint64 {
	_ = s[window-1]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 | uint64(s[4])<<32 | uint64(s[5])<<40
}

func hash(start uint64) uint16 { return uint16(start * 0x9e3779b97f4a7c15 >> 48) }

// Values returns s without the values that are known. It leaves alone what merely looks like a
// secret, unlike [Text], so that headers can still be parsed.
func Values(s string) string {
	r := &registry
	r.mu.RLock()
	defer r.mu.RUnlock()
	if len(r.starts) == 0 {
		return s
	}
	var struck strings.Builder
	from := 0 // what precedes is in struck
	for i := 0; i+window <= len(s); {
		start := startOf(s[i:])
		if r.filter[hash(start)] == 0 {
			i++
			continue
		}
		begin, end := r.match(s, from, i, start)
		if end == 0 {
			i++
			continue
		}
		struck.WriteString(s[from:begin] + Placeholder)
		i, from = end, end
	}
	if from == 0 {
		return s
	}
	return struck.String() + s[from:]
}

// match returns where the longest piece of a known value begins and ends that has a window at index
// i of a text. The end is 0 if there is none.
func (r *known) match(s string, from, i int, start uint64) (begin, end int) {
	for _, p := range r.starts[start] {
		n, matched := matchForm(s[i:], p.form[p.offset:])
		isCut := i+n == len(s) && matched >= minKnown
		if matched < min(minPiece, len(p.form)) && !isCut || i+n <= end {
			continue
		}
		begin, end = i, i+n
		// What precedes the window may be encoded.
		for first := max(from, i-maxEncoded*p.offset); first < i; first++ {
			if n, _ := matchForm(s[first:], p.form); first+n > i {
				begin = first
				break
			}
		}
	}
	return begin, end
}

// maxEncoded is more than a byte takes in any encoding of it.
const maxEncoded = 12

// matchForm compares a text with a form of a value. It returns how many bytes of the text are the
// beginning of the form, and how many bytes of the form they stand for.
func matchForm(s, form string) (n, matched int) {
	for matched < len(form) && n < len(s) {
		c := form[matched]
		if s[n] == c {
			n, matched = n+1, matched+1
			continue
		}
		length := encoded(s[n:], c)
		if length == 0 {
			break
		}
		n, matched = n+length, matched+1
	}
	return n, matched
}

// encoded returns the length of an encoding of c at the start of s, 0 if there is none: a percent
// escape, itself escaped any number of times, an escape of JSON, JavaScript or HTML, a blank for a
// plus sign, or a character of base64 in its alphabet for URLs. Letters and digits stand for
// themselves.
func encoded(s string, c byte) int {
	switch {
	case 'a' <= c|0x20 && c|0x20 <= 'z', '0' <= c && c <= '9':
		return 0
	case c == '+' && (s[0] == ' ' || s[0] == '-'), c == '/' && s[0] == '_':
		return 1
	}
	rest := s
	var escapes []string
	switch s[0] {
	case '%':
		for rest = s[1:]; strings.HasPrefix(rest, "25"); {
			rest = rest[2:]
		}
		escapes = []string{fmt.Sprintf("%02x", c)}
	case '\\':
		rest = strings.TrimLeft(s, `\`) // in JSON that is itself in a JSON string, there are several
		escapes = []string{fmt.Sprintf("u%04x", c), fmt.Sprintf("x%02x", c), string(c)}
	case '&':
		escapes = []string{fmt.Sprintf("&#x%x;", c), fmt.Sprintf("&#%d;", c)}
	}
	for _, escape := range escapes {
		if len(rest) >= len(escape) && strings.EqualFold(rest[:len(escape)], escape) {
			return len(s) - len(rest) + len(escape)
		}
	}
	return 0
}
