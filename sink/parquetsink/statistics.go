package parquetsink

import (
	"cmp"
	"math"

	"github.com/partnerbilling/sdk-go/lineitem"
)

// maxStatistics is the longest text that is written as a minimum or maximum.
const maxStatistics = 256

// statistics are the minimum and maximum of a chunk.
type statistics struct {
	any              bool
	min, max         word
	minText, maxText []byte
}

// addText adds a text. Texts are in the order of their bytes.
func (s *statistics) addText(text []byte) {
	if !s.any || string(text) < string(s.minText) {
		s.minText = append(s.minText[:0], text...)
	}
	if !s.any || string(text) > string(s.maxText) {
		s.maxText = append(s.maxText[:0], text...)
	}
	s.any = true
}

// addWord adds a value of a kind. NaN is not in the order of floats.
func (s *statistics) addWord(kind lineitem.Kind, w word) {
	if kind == lineitem.KindFloat && math.IsNaN(math.Float64frombits(w.lo)) {
		return
	}
	if !s.any || compare(kind, w, s.min) < 0 {
		s.min = w
	}
	if !s.any || compare(kind, w, s.max) > 0 {
		s.max = w
	}
	s.any = true
}

func compare(kind lineitem.Kind, a, b word) int {
	switch kind { //nolint:exhaustive // The others are integers.
	case lineitem.KindDecimal:
		return cmp.Or(cmp.Compare(a.hi, b.hi), cmp.Compare(a.lo, b.lo))
	case lineitem.KindFloat:
		return cmp.Compare(math.Float64frombits(a.lo), math.Float64frombits(b.lo))
	}
	return cmp.Compare(int64(a.lo), int64(b.lo)) //nolint:gosec // the same bits
}

// values returns minimum and maximum as PLAIN without a length, or false if there are none.
func (s *statistics) values(kind lineitem.Kind) (low, high string, ok bool) {
	switch {
	case !s.any:
		return "", "", false
	case kind == lineitem.KindText || kind == lineitem.KindJSON:
		return string(s.minText), string(s.maxText), len(s.minText) <= maxStatistics && len(s.maxText) <= maxStatistics
	case kind == lineitem.KindFloat:
		// Readers may compare zeros by their sign.
		if math.Float64frombits(s.min.lo) == 0 {
			s.min.lo = math.Float64bits(math.Copysign(0, -1))
		}
		if math.Float64frombits(s.max.lo) == 0 {
			s.max.lo = 0
		}
	}
	return string(appendWord(nil, kind, s.min)), string(appendWord(nil, kind, s.max)), true
}
