package lineitem

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"math/bits"
	"slices"
	"unicode/utf16"
	"unicode/utf8"
)

// The scanner finds the ends of JSON values and accepts exactly what encoding/json accepts. All
// functions take the whole line and an index, and return -1 if the line is not valid JSON.

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\r' || b[i] == '\n') {
		i++
	}
	return i
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// scanString returns the index of the closing quote of the string whose text starts at i. It checks
// eight bytes at a time for a quote, a backslash or a control character.
func scanString(b []byte, i int) (end int, escaped, ascii bool) {
	var all uint64 // bytes so far, or'd
	for {
		for i+8 <= len(b) {
			w := binary.LittleEndian.Uint64(b[i:])
			stop := textStops(w)
			if stop == 0 {
				all |= w
				i += 8
				continue
			}
			all |= w & (stop&-stop - 1)
			i += bits.TrailingZeros64(stop) / 8
			break
		}
		for i < len(b) && b[i] != '"' && b[i] != '\\' && b[i] >= 0x20 {
			all |= uint64(b[i])
			i++
		}
		if i == len(b) || b[i] < 0x20 {
			return -1, false, false
		}
		if b[i] == '"' {
			return i, escaped, all&highs == 0
		}
		escaped = true
		if i+1 < len(b) && b[i+1] != 'u' {
			if after := skipQuotes(b, i); after > i {
				i = after
				continue
			}
		}
		if i = scanEscape(b, i+1); i < 0 {
			return -1, false, false
		}
		for i+6 <= len(b) && b[i] == '\\' && b[i+1] == 'u' && isHex4(b[i+2:]) {
			i += 6 // texts of other scripts have many in a row
		}
	}
}

// textStops marks the first quote, backslash or control character of a word. Bits after the first
// may be wrong, because a subtraction borrows from the next byte.
func textStops(w uint64) uint64 {
	low := w ^ ones*0x02 // the quote, 0x22, becomes 0x20; only it and control characters are below 0x21
	slash := w ^ ones*'\\'
	return ((low - ones*0x21) | (slash - ones)) &^ w & highs
}

// skipQuotes returns the index up to which a text from the backslash at i on, eight bytes at a
// time, has only plain characters and escaped quotes. Tags and other JSON in a string are full of
// these.
func skipQuotes(b []byte, i int) int {
	const lows = ^uint64(highs)
	slashBefore := uint64(0)
	for ; i+8 <= len(b); i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		// For ASCII these mark all such bytes, not only the first.
		quotes, slashes := ^(w^ones*'"'+lows)&highs, ^(w^ones*'\\'+lows)&highs
		escaped := slashes<<8 | slashBefore
		if w&highs != 0 || ^(w+ones*(0x80-0x20))&highs != 0 || escaped != quotes {
			break
		}
		slashBefore = slashes >> 56
	}
	if slashBefore != 0 {
		i--
	}
	return i
}

// scanEscape returns the index after the escape sequence whose letter is at i.
func scanEscape(b []byte, i int) int {
	if i == len(b) {
		return -1
	}
	switch b[i] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 1
	case 'u':
		if i+5 > len(b) || !isHex4(b[i+1:]) {
			return -1
		}
		return i + 5
	}
	return -1
}

// scanNumber returns the index after the number that starts at i.
func scanNumber(b []byte, i int) int {
	if b[i] == '-' {
		i++
	}
	start := i
	i = scanDigits(b, i)
	if i == start || b[start] == '0' && i > start+1 {
		return -1
	}
	if i < len(b) && b[i] == '.' {
		fraction := i + 1
		if i = scanDigits(b, fraction); i == fraction {
			return -1
		}
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		exponent := i
		if i = scanDigits(b, i); i == exponent {
			return -1
		}
	}
	return i
}

func scanDigits(b []byte, i int) int {
	for i < len(b) && b[i]-'0' <= 9 {
		i++
	}
	return i
}

// scanValue returns the index after the value that starts at i.
func scanValue(b []byte, i int) int {
	if i == len(b) {
		return -1
	}
	switch c := b[i]; {
	case c == '"':
		if end, _, _ := scanString(b, i+1); end >= 0 {
			return end + 1
		}
		return -1
	case c == '-' || c-'0' <= 9:
		return scanNumber(b, i)
	case c == '{' || c == '[':
		return scanComposite(b, i)
	case c == 't':
		return scanWord(b, i, "true")
	case c == 'f':
		return scanWord(b, i, "false")
	case c == 'n':
		return scanWord(b, i, "null")
	}
	return -1
}

func scanWord(b []byte, i int, word string) int {
	if len(b)-i < len(word) || string(b[i:i+len(word)]) != word {
		return -1
	}
	return i + len(word)
}

// scanComposite finds the end of an object or array by its brackets and validates it with
// encoding/json; such values are rare and short.
func scanComposite(b []byte, i int) int {
	start, depth := i, 0
	for i < len(b) {
		switch b[i] {
		case '"':
			if i, _, _ = scanString(b, i+1); i < 0 {
				return -1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				if !json.Valid(b[start : i+1]) {
					return -1
				}
				return i + 1
			}
		}
		i++
	}
	return -1
}

// loneSurrogate reports whether text has an escaped surrogate without the other half of the pair.
func loneSurrogate(inside []byte) bool {
	if bytes.IndexByte(inside, '\\') < 0 {
		return false
	}
	_, replaced := unescape(nil, inside, 0, len(inside))
	return replaced
}

// unescape appends b[i:end], the text of a string, to dst, without escape sequences. replaced
// reports whether half of a surrogate pair was replaced with U+FFFD.
func unescape(dst, b []byte, i, end int) (_ []byte, replaced bool) {
	n := len(dst)
	dst = slices.Grow(dst, end-i+8) // no sequence is shorter than what it stands for
	dst = dst[:cap(dst)]
	for i < end {
		if i+8 <= len(b) {
			w := binary.LittleEndian.Uint64(b[i:])
			binary.LittleEndian.PutUint64(dst[n:], w)
			slash := w ^ ones*'\\'
			plain := min(bits.TrailingZeros64((slash-ones)&^slash&highs)/8, end-i)
			if n, i = n+plain, i+plain; plain == 8 || i == end {
				continue
			}
		} else if b[i] != '\\' {
			dst[n] = b[i]
			n, i = n+1, i+1
			continue
		}
		c := b[i+1]
		for ; c == 'u'; c = b[i+1] { // texts of other scripts have many in a row
			r := hex4(b[i+2:])
			i += 6
			if utf16.IsSurrogate(r) {
				pair := rune(utf8.RuneError)
				if i+6 <= end && b[i] == '\\' && b[i+1] == 'u' {
					pair = utf16.DecodeRune(r, hex4(b[i+2:]))
				}
				if r = pair; r == utf8.RuneError {
					replaced = true
				} else {
					i += 6
				}
			}
			if n += utf8.EncodeRune(dst[n:], r); i >= end || b[i] != '\\' {
				break
			}
		}
		if i >= end || b[i] != '\\' {
			continue
		}
		dst[n] = unescaped[c]
		n++
		i += 2
	}
	return dst[:n], replaced
}

// unescaped are the characters of escape sequences of one letter.
var unescaped = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// hexDigits are the values of hexadecimal digits, and notHex for other bytes.
var hexDigits = func() (t [256]uint8) {
	for i := range t {
		t[i] = notHex
	}
	for i, c := range []byte("0123456789abcdef") {
		t[c] = uint8(i)
	}
	for i, c := range []byte("ABCDEF") {
		t[c] = uint8(10 + i)
	}
	return t
}()

const notHex = 0xff

func isHex4(b []byte) bool {
	return hexDigits[b[0]]|hexDigits[b[1]]|hexDigits[b[2]]|hexDigits[b[3]] != notHex
}

func hex4(b []byte) rune {
	return rune(hexDigits[b[0]])<<12 | rune(hexDigits[b[1]])<<8 | rune(hexDigits[b[2]])<<4 | rune(hexDigits[b[3]])
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

func mix(w uint64) uint64 {
	hi, lo := bits.Mul64(w^0x9e3779b97f4a7c15, 0xe7037ed1a0b428db)
	return hi ^ lo
}
