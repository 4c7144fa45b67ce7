// Package checksum combines CRC-32 checksums, as gzip uses them: the checksum of a text is computed
// from those of its parts, without reading the text.
package checksum

import "hash/crc32"

// Sum is the length and the CRC-32 (IEEE) of a text. The zero Sum is that of the empty text.
type Sum struct {
	CRC    uint32
	Length int64
}

// Of returns the sum of a text.
func Of(text []byte) Sum {
	return Sum{CRC: crc32.ChecksumIEEE(text), Length: int64(len(text))}
}

// Add returns the sum of the text followed by more text.
func (s Sum) Add(text []byte) Sum {
	return Sum{CRC: crc32.Update(s.CRC, crc32.IEEETable, text), Length: s.Length + int64(len(text))}
}

// Then returns the sum of the text followed by another, whose sum is given.
func (s Sum) Then(next Sum) Sum {
	if s.Length == 0 {
		return next
	}
	return Sum{CRC: times(s.CRC, power(next.Length)) ^ next.CRC, Length: s.Length + next.Length}
}

// Without returns the sum of the text without its end, whose sum is given.
func (s Sum) Without(end Sum) Sum {
	return Sum{CRC: times(s.CRC^end.CRC, power(-end.Length)), Length: s.Length - end.Length}
}

// A CRC is a polynomial over GF(2) modulo the polynomial of CRC-32. The highest bit is the
// coefficient of 1, the lowest that of x^31. Each further byte multiplies it by x^8.

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

// order is the least n with x^n = 1. It makes negative powers possible.
const order = 1<<32 - 1

// power returns the polynomial by which a number of further bytes multiplies a CRC. The number may
// be negative.
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
