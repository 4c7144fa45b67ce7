package bitcount_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/partnerbilling/sdk-go/internal/bitcount"
)

// Counts are those of looking at each bit of each set.
func TestAdd(t *testing.T) {
	for _, bits := range []int{0, 1, 7, 63, 64, 65, 128, 130} {
		for _, sets := range []int{0, 1, 2, 254, 255, 256, 511, 1000} {
			r := rand.New(rand.NewPCG(uint64(bits), uint64(sets)))
			words := bitcount.Words(bits)
			all := make([]uint64, sets*words)
			got, want := make([]int64, bits), make([]int64, bits)
			for i := range bits {
				got[i], want[i] = int64(i), int64(i) // they are added to
				often := r.IntN(4)
				for s := range sets {
					if often == 3 || r.IntN(4) < often {
						all[s*words+i/64] |= 1 << (i % 64)
						want[i]++
					}
				}
			}
			if bitcount.Add(got, all); !slices.Equal(got, want) {
				t.Errorf("%d sets of %d bits: %v, want %v", sets, bits, got, want)
			}
		}
	}
}
