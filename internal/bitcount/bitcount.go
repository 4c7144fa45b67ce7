// Package bitcount counts in how many of many sets of bits each bit is set.
package bitcount

import "math/bits"

// Words returns how many words a set of that many bits has.
func Words(n int) int { return (n + 63) / 64 }

// Add adds to counts in how many sets each bit is set. The sets have a bit for each count, 64 to a
// word from the lowest on, and follow one another. They are added bit by bit in parallel: planes[k]
// has bit k of the count of each bit.
func Add(counts []int64, sets []uint64) {
	words := Words(len(counts))
	for w := range words {
		var planes [8]uint64
		own, n := counts[64*w:min(len(counts), 64*w+64)], 0
		for i := w; i < len(sets); i += words {
			carry := sets[i]
			for k := 0; carry != 0; k++ {
				planes[k], carry = planes[k]^carry, planes[k]&carry
			}
			if n++; n == 1<<len(planes)-1 {
				addPlanes(own, &planes)
				n = 0
			}
		}
		addPlanes(own, &planes)
	}
}

// addPlanes adds the counts of planes and clears them.
func addPlanes(counts []int64, planes *[8]uint64) {
	for k, plane := range planes {
		for ; plane != 0; plane &= plane - 1 {
			counts[bits.TrailingZeros64(plane)] += 1 << k
		}
		planes[k] = 0
	}
}
