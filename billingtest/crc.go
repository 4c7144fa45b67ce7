package billingtest

import "hash/crc32"

// combineCRC returns the CRC-32 of two texts in a row, from the CRC-32 of each and the length of the second. Appending a zero bit is a
// linear map over the 32 bits, so appending many is that map squared again and again.
func combineCRC(first, second uint32, length int64) uint32 {
	var square linear
	square[0] = crc32.IEEE
	for i := 1; i < len(square); i++ {
		square[i] = 1 << (i - 1)
	}
	for bits := length * 8; bits > 0; bits >>= 1 {
		if bits&1 != 0 {
			first = square.of(first)
		}
		square = square.squared()
	}
	return first ^ second
}

// linear is a linear map of 32 bits: element i is the image of bit i.
type linear [32]uint32

func (m *linear) of(v uint32) uint32 {
	var image uint32
	for i := 0; v != 0; i, v = i+1, v>>1 {
		if v&1 != 0 {
			image ^= m[i]
		}
	}
	return image
}

func (m *linear) squared() (s linear) {
	for i := range m {
		s[i] = m.of(m[i])
	}
	return s
}
