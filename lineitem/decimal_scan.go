package lineitem

import (
	"encoding/binary"
	"math/bits"
)

// scanDecimal parses the JSON number that starts at i and returns the index after it, or -1 if
// there is no number. It combines scanNumber and parseDecimal for the most common numbers, and
// calls them for the others.
func scanDecimal(b []byte, i int) (d Decimal, end int, err error) {
	start, neg := i, b[i] == '-'
	if neg {
		i++
	}
	var c coefficient
	whole := i
	for ; i < len(b) && i-whole < firstDigits; i++ { // mostly few
		digit := uint64(b[i] - '0')
		if digit > 9 {
			break
		}
		c.first = c.first*10 + digit
	}
	if c.n = i - whole; c.n == firstDigits {
		i = c.digits(b, i)
	}
	if i == whole || b[whole] == '0' && i > whole+1 {
		return Decimal{}, -1, nil
	}
	exp := 0
	if i < len(b) && b[i] == '.' {
		fraction := i + 1
		if i = c.digits(b, fraction); i == fraction {
			return Decimal{}, -1, nil
		}
		exp = fraction - i
	}
	if c.n > maxDigits || i < len(b) && b[i]|0x20 == 'e' {
		if end = scanNumber(b, start); end >= 0 {
			d, err = parseDecimal(b[start:end])
		}
		return d, end, err
	}
	d, err = compose(neg, c.value(), exp)
	return d, i, err
}

// coefficient collects digits in two words. Beyond maxDigits only n is valid.
type coefficient struct {
	first, rest uint64 // the first firstDigits digits, and the others
	n           int
}

const firstDigits = 19 // always fit in a word

// digits adds the digits from i on and returns the index after them.
func (c *coefficient) digits(b []byte, i int) int {
	first, rest, n := c.first, c.rest, c.n
	for i+8 <= len(b) && n+8 <= firstDigits {
		// Eight bytes at a time: digits become 0 to 9, and stop marks the first other byte.
		w := binary.LittleEndian.Uint64(b[i:]) ^ ones*'0'
		stop := (w + ones*(0x80-10) | w) & highs
		count := bits.TrailingZeros64(stop) / 8
		w <<= 64 - 8*count // leading zeros take the place of what is not a digit
		w = w*10 + w>>8
		const pairs = 0x000000ff000000ff
		w = (w&pairs*(100+1000000<<32) + w>>16&pairs*(1+10000<<32)) >> 32
		first, n, i = first*powersOfTen[count]+w, n+count, i+count
		if count < 8 {
			c.first, c.rest, c.n = first, rest, n
			return i
		}
	}
	for ; i < len(b); i++ {
		digit := uint64(b[i] - '0')
		if digit > 9 {
			break
		}
		if n < firstDigits {
			first = first*10 + digit
		} else {
			rest = rest*10 + digit
		}
		n++
	}
	c.first, c.rest, c.n = first, rest, n
	return i
}

func (c *coefficient) value() uint128 {
	if c.n <= firstDigits {
		return uint128{lo: c.first}
	}
	hi, lo := bits.Mul64(c.first, powersOfTen[c.n-firstDigits])
	lo, carry := bits.Add64(lo, c.rest, 0)
	return uint128{hi: hi + carry, lo: lo}
}

// powersOfTen are those that fit in a word.
var powersOfTen = func() (p [20]uint64) {
	p[0] = 1
	for i := range len(p) - 1 {
		p[i+1] = p[i] * 10
	}
	return p
}()
