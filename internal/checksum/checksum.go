// Package checksum does arithmetic with CRC-32, the checksum of gzip: that of a text can
// be had from those of its parts, without a look at the text.
package checksum

import "hash/crc32"

// Sum is the length and the CRC-32 (IEEE) of a text. The zero Sum is that of no text.
type Sum struct {
	CRC    uint32
	Length int64
}

// Of returns the sum of a text.
func Of(text []byte) Sum {
	return Sum{CRC: crc32.ChecksumIEEE(text), Length: int64(len(text))}
}

// Add returns the sum of a text and more that follows it.
func (s Sum) Add(text []byte) Sum {
	return Sum{CRC: crc32.Update(s.CRC, crc32.IEEETable, text), Length: s.Length + int64(len(text))}
}

// Then returns the sum of two texts, one after the other.
func (s Sum) Then(next Sum) Sum {
	if s.Length == 0 {
		return next
	}
	return Sum{CRC: times(s.CRC, power(next.Length)) ^ next.CRC, Length: s.Length + next.Length}
}

// Without returns the sum of what stands before the end of a text.
func (s Sum) Without(end Sum) Sum {
	return Sum{CRC: times(s.CRC^end.CRC, power(-end.Length)), Length: s.Length - end.Length}
}

// A CRC is a polynomial over the two numbers 0 and 1, modulo that of CRC-32; the highest
// bit is the coefficient of 1, the lowest that of x^31. A byte more multiplies it by x^8.

// times multiplies two polynomials.
func times(a, b uint32) (product uint32) {
	for ; a != 0; a <<= 1 {
		if a>>31 != 0 {
			product ^= b
		}
		b = b>>1 ^ -(b&1)&crc32.IEEE // times x
	}
	return product
}

// order is the least power of x that is 1, so that powers may be negative.
const order = 1<<32 - 1

// power is what so many bytes more multiply a CRC by; so many fewer, where negative.
func power(bytes int64) uint32 {
	n := bytes % order * 8 % order
	if n < 0 {
		n += order
	}
	result, square := uint32(1)<<31, uint32(1)<<30 // 1 and x
	for ; n > 0; n >>= 1 {
		if n&1 != 0 {
			result = times(result, square)
		}
		square = times(square, square)
	}
	return result
}
