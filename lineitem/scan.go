package lineitem

import (
	"encoding/binary"
	"encoding/json"
	"math/bits"
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
	var nonASCII uint64
	for {
		for i+8 <= len(b) {
			w := binary.LittleEndian.Uint64(b[i:])
			quote := w ^ ones*'"'
			slash := w ^ ones*'\\'
			// The lowest bit set in stop marks the first such byte. Higher bits may be wrong,
			// because a subtraction borrows from the next byte.
			stop := ((quote - ones) & ^quote) | ((slash - ones) & ^slash) | ((w - ones*0x20) & ^w)
			stop &= highs
			if stop == 0 {
				nonASCII |= w & highs
				i += 8
				continue
			}
			n := bits.TrailingZeros64(stop) &^ 7
			nonASCII |= w & highs & (1<<n - 1)
			i += n / 8
			break
		}
		for i < len(b) && b[i] != '"' && b[i] != '\\' && b[i] >= 0x20 {
			nonASCII |= uint64(b[i]) & 0x80
			i++
		}
		if i == len(b) || b[i] < 0x20 {
			return -1, false, false
		}
		if b[i] == '"' {
			return i, escaped, nonASCII == 0
		}
		escaped = true
		if i = scanEscape(b, i+1); i < 0 {
			return -1, false, false
		}
	}
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
		if i+5 > len(b) {
			return -1
		}
		for _, c := range b[i+1 : i+5] {
			if c-'0' > 9 && c|0x20-'a' > 5 {
				return -1
			}
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

// unquote returns the text of a string without its quotes, appended to dst if it differs from
// inside. replaced reports whether invalid bytes or escapes were replaced with U+FFFD, as in
// encoding/json.
func unquote(dst, inside []byte, escaped, ascii bool) (text, grown []byte, replaced bool) {
	if !escaped && (ascii || utf8.Valid(inside)) {
		return inside, dst, false
	}
	if ascii || utf8.Valid(inside) {
		if text, ok := unescape(dst[:0], inside); ok {
			return text, text, false
		}
	}
	quoted := make([]byte, 0, len(inside)+2)
	quoted = append(append(append(quoted, '"'), inside...), '"')
	var s string
	if err := json.Unmarshal(quoted, &s); err != nil {
		// Unreachable: the scanner accepted the string.
		return nil, dst, true
	}
	return []byte(s), dst, !utf8.Valid(inside) || loneSurrogate(inside)
}

// unescape replaces escape sequences of one letter. It returns false for text with \u, which is
// left to encoding/json.
func unescape(dst, inside []byte) ([]byte, bool) {
	for i := 0; i < len(inside); i++ {
		c := inside[i]
		if c == '\\' {
			i++
			switch c = inside[i]; c {
			case 'b':
				c = '\b'
			case 'f':
				c = '\f'
			case 'n':
				c = '\n'
			case 'r':
				c = '\r'
			case 't':
				c = '\t'
			case 'u':
				return nil, false
			}
		}
		dst = append(dst, c)
	}
	return dst, true
}

// loneSurrogate reports whether text has an escaped surrogate without the other half of the pair.
func loneSurrogate(inside []byte) bool {
	for i := 0; i < len(inside); i++ {
		if inside[i] != '\\' {
			continue
		}
		i++
		if inside[i] != 'u' {
			continue
		}
		high := hex4(inside[i+1:])
		i += 4
		switch {
		case high < 0xd800 || high > 0xdfff:
		case high < 0xdc00 && i+6 < len(inside) && inside[i+1] == '\\' && inside[i+2] == 'u' && hex4(inside[i+3:])&0xfc00 == 0xdc00:
			i += 6
		default:
			return true
		}
	}
	return false
}

func hex4(b []byte) (v rune) {
	for _, c := range b[:4] {
		switch {
		case c <= '9':
			c -= '0'
		default:
			c = c | 0x20 - 'a' + 10
		}
		v = v<<4 | rune(c)
	}
	return v
}

// scanField returns the index after the CSV field that starts at i, with its quotes, or -1 if a
// quote is unexpected or missing; whether it has doubled quotes, and whether it is known to be
// ASCII.
func scanField(b []byte, i int) (end int, escaped, ascii bool) {
	if i < len(b) && b[i] == '"' {
		end, escaped = scanQuoted(b, i)
		return end, escaped, false
	}
	var nonASCII uint64
	for i+8 <= len(b) {
		w := binary.LittleEndian.Uint64(b[i:])
		quote := w ^ ones*'"'
		comma := w ^ ones*','
		stop := (((quote - ones) & ^quote) | ((comma - ones) & ^comma)) & highs
		if stop == 0 {
			nonASCII |= w & highs
			i += 8
			continue
		}
		n := bits.TrailingZeros64(stop) &^ 7
		nonASCII |= w & highs & (1<<n - 1)
		i += n / 8
		break
	}
	for i < len(b) && b[i] != ',' && b[i] != '"' {
		nonASCII |= uint64(b[i]) & 0x80
		i++
	}
	if i < len(b) && b[i] == '"' {
		return -1, false, false
	}
	return i, false, nonASCII == 0
}

// scanQuoted is scanField for a quoted field.
func scanQuoted(b []byte, i int) (end int, escaped bool) {
	for i++; i < len(b); i++ {
		if i+8 <= len(b) {
			quote := binary.LittleEndian.Uint64(b[i:]) ^ ones*'"'
			stop := (quote - ones) & ^quote & highs
			if stop == 0 {
				i += 7
				continue
			}
			i += bits.TrailingZeros64(stop) / 8
		} else if b[i] != '"' {
			continue
		}
		switch i++; {
		case i == len(b) || b[i] == ',':
			return i, escaped
		case b[i] != '"':
			return -1, false
		}
		escaped = true
	}
	return -1, false
}
