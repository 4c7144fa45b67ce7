package lineitem

import (
	"errors"
	"fmt"
	"math/bits"
)

// MaxPrecision is the number of digits of the widest DECIMAL that Parquet, Arrow and most databases
// have, DECIMAL(38). It is the largest scale of [Decimal.Unscaled].
const MaxPrecision = 38

// ErrOverflow is returned when a number has more digits before the decimal point than a
// DECIMAL(38) of that scale has.
var ErrOverflow = errors.New("number is too large for a DECIMAL(38) of this scale; use a smaller scale or text")

// errPlaces matches ErrInexact: digits would be lost.
var errPlaces = &inexactError{"number has more decimal places than the scale; use a larger scale or text"}

// inexactError is ErrInexact with another text.
type inexactError struct{ text string }

func (e *inexactError) Error() string { return e.text }

func (e *inexactError) Is(target error) bool { return target == ErrInexact }

// errNull says that a caller would take null for zero.
var errNull = errors.New("null is no number; check IsNull first")

// Unscaled returns d × 10^scale, the integer that a DECIMAL(38, scale) of Parquet, Arrow or a
// database stores for d, as a two's complement of 128 bits: hi has the upper 64 bits, with the
// sign, and lo the others. It does not allocate.
//
// The result is never rounded. The error matches [ErrInexact] if d has more decimal places than
// scale, and [ErrOverflow] if the result has more than 38 digits. Null, and a scale that is not in
// 0 to [MaxPrecision], are errors too.
func (d Decimal) Unscaled(scale int) (hi int64, lo uint64, err error) {
	u, err := d.unscaled(scale)
	if err != nil {
		return 0, 0, opError("unscaled", err)
	}
	return int64(u.hi), u.lo, nil //nolint:gosec // It is a two's complement.
}

func (d Decimal) unscaled(scale int) (uint128, error) {
	switch {
	case !d.valid:
		return uint128{}, errNull
	case scale < 0 || scale > MaxPrecision:
		return uint128{}, scaleError(scale)
	}
	neg, u, exp := d.parts()
	if u == (uint128{}) {
		return u, nil
	}
	var ok bool
	switch shift := scale + exp; {
	case shift > MaxPrecision:
		return uint128{}, ErrOverflow
	case shift >= 0:
		if u, ok = u.mul(tenToThe[shift]); !ok {
			return uint128{}, ErrOverflow
		}
	case shift < -maxDigits:
		return uint128{}, errPlaces
	default:
		if u, ok = u.drop(-shift); !ok {
			return uint128{}, errPlaces
		}
	}
	if neg {
		u = u.negated()
	}
	return u, nil
}

func scaleError(scale int) error {
	return fmt.Errorf("unsupported scale %d; use 0 to %d", scale, MaxPrecision)
}

// mul returns the product, or false if it has more than 38 digits.
func (u uint128) mul(m uint128) (uint128, bool) {
	hi, lo := bits.Mul64(u.lo, m.lo)
	if u.hi|m.hi != 0 {
		if u.hi != 0 && m.hi != 0 {
			return u, false
		}
		over, more := bits.Mul64(u.hi|m.hi, pick(u.hi != 0, m.lo, u.lo))
		sum, carry := bits.Add64(hi, more, 0)
		if over|carry != 0 {
			return u, false
		}
		hi = sum
	}
	limit := tenToThe[MaxPrecision]
	return uint128{hi, lo}, hi < limit.hi || hi == limit.hi && lo < limit.lo
}

func pick(first bool, a, b uint64) uint64 {
	if first {
		return a
	}
	return b
}

// drop returns the number without its last digits, or false if they are not all zero.
func (u uint128) drop(digits int) (uint128, bool) {
	for digits > 0 {
		n := min(digits, len(powersOfTen)-1)
		var rest uint64
		if u, rest = u.divMod(powersOfTen[n]); rest != 0 {
			return u, false
		}
		digits -= n
	}
	return u, true
}

// negated returns the two's complement.
func (u uint128) negated() uint128 {
	lo, borrow := bits.Sub64(0, u.lo, 0)
	hi, _ := bits.Sub64(0, u.hi, borrow)
	return uint128{hi, lo}
}

// tenToThe are the powers of ten up to 10^38.
var tenToThe = func() (p [MaxPrecision + 1]uint128) {
	p[0].lo = 1
	for i := range len(p) - 1 {
		p[i+1] = p[i].mulAdd(10, 0)
	}
	return p
}()
