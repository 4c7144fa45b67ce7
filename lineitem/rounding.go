package lineitem

import (
	"cmp"
	"errors"
	"fmt"
	"math/big"
)

// RoundingMode is the direction in which [Decimal.Round] and [Decimal.Quo] round. The zero value is
// invalid, so that no amount is rounded in a mode that the caller did not choose.
type RoundingMode int

const (
	// RoundingModeDown rounds toward zero: 1.239 and -1.239 become 1.23 and -1.23 with two places.
	// This is how Microsoft computes invoice amounts (ROUNDDOWN).
	RoundingModeDown RoundingMode = iota + 1
	// RoundingModeUp rounds away from zero: 1.231 and -1.231 become 1.24 and -1.24.
	RoundingModeUp
	// RoundingModeFloor rounds toward negative infinity: 1.239 and -1.231 become 1.23 and -1.24.
	RoundingModeFloor
	// RoundingModeCeiling rounds toward positive infinity: 1.231 and -1.239 become 1.24 and -1.23.
	RoundingModeCeiling
	// RoundingModeHalfUp rounds to the nearest number, and away from zero where two are equally
	// near: 1.235 and -1.235 become 1.24 and -1.24. This is commercial rounding.
	RoundingModeHalfUp
	// RoundingModeHalfEven rounds to the nearest number, and to the one with an even last digit
	// where two are equally near: 1.225 and 1.235 become 1.22 and 1.24. This is banker's rounding.
	RoundingModeHalfEven
)

// PossibleRoundingModeValues returns the possible values for the RoundingMode type.
func PossibleRoundingModeValues() []RoundingMode {
	return []RoundingMode{
		RoundingModeDown,
		RoundingModeUp,
		RoundingModeFloor,
		RoundingModeCeiling,
		RoundingModeHalfUp,
		RoundingModeHalfEven,
	}
}

// String returns the mode's name without the type's: "HalfEven".
func (m RoundingMode) String() string {
	switch m {
	case RoundingModeDown:
		return "Down"
	case RoundingModeUp:
		return "Up"
	case RoundingModeFloor:
		return "Floor"
	case RoundingModeCeiling:
		return "Ceiling"
	case RoundingModeHalfUp:
		return "HalfUp"
	case RoundingModeHalfEven:
		return "HalfEven"
	}
	return fmt.Sprintf("RoundingMode(%d)", int(m))
}

// check returns an error for a mode that is none of the constants.
func (m RoundingMode) check() error {
	if m < RoundingModeDown || m > RoundingModeHalfEven {
		return fmt.Errorf("unsupported rounding mode %v; use one such as RoundingModeHalfUp", m)
	}
	return nil
}

// increments reports whether the digits that are kept are incremented. odd reports whether the last
// of them is odd; half is the comparison of the dropped digits, which are not all zero, with one
// half.
func (m RoundingMode) increments(negative, odd bool, half int) bool {
	switch m {
	case RoundingModeUp:
		return true
	case RoundingModeFloor:
		return negative
	case RoundingModeCeiling:
		return !negative
	case RoundingModeHalfUp:
		return half >= 0
	case RoundingModeHalfEven:
		return half > 0 || half == 0 && odd
	case RoundingModeDown:
	}
	return false
}

// ErrDivisionByZero is returned by [Decimal.Quo] when the divisor is zero.
var ErrDivisionByZero = errors.New("division by zero")

// Round returns d rounded to at most the given number of decimal places, or null if d is null.
// Negative places round to tens, hundreds and so on. A number with fewer decimal places is returned
// unchanged. No zeros are added: with two places 1.5 stays 1.5, and a result of zero prints as 0.
// To print a fixed number of places, format the result with %.2f.
//
// The error is for an unsupported mode, or matches [ErrInexact] if the result is out of range. The
// latter needs fewer than -6111 places.
func (d Decimal) Round(places int, mode RoundingMode) (Decimal, error) {
	r, err := d.round(places, mode)
	return r, opError("round", err)
}

func (d Decimal) round(places int, mode RoundingMode) (Decimal, error) {
	if err := mode.check(); err != nil || !d.valid {
		return Decimal{}, err
	}
	negative, coef, exp := d.parts()
	places = max(places, -maxPlaces)
	if places >= -exp {
		return d, nil
	}
	// After maxDigits no digit is left, and dropping one more makes the remainder less than one
	// half.
	drop := min(-(places + exp), maxDigits+1)
	var digit uint64 // the first digit dropped
	rest := false    // another digit dropped is not zero
	for range drop {
		rest = rest || digit != 0
		coef, digit = coef.divMod(10)
	}
	if digit != 0 || rest {
		half := cmp.Compare(digit, 5)
		if half == 0 && rest {
			half = 1
		}
		if mode.increments(negative, coef.lo&1 == 1, half) {
			coef = coef.mulAdd(1, 1)
		}
	}
	return compose(negative, coef, -places)
}

// maxPlaces is far beyond every exponent. More places change no result and could overflow an int;
// likewise fewer than -maxPlaces.
const maxPlaces = 1 << 20

// guardDigits is more decimal places than the quotient of two coefficients of 34 digits can have if
// it fits in 34 digits. A quotient that is still inexact then has more digits, rounded or not.
const guardDigits = 4 * maxDigits

// Quo returns d / o rounded to at most the given number of decimal places, or null if either is
// null. Negative places round to tens, hundreds and so on.
//
// The error is for an unsupported mode, or matches [ErrDivisionByZero] if o is zero, or
// [ErrInexact] if the rounded result has more than 34 digits or is out of range; fewer places help.
func (d Decimal) Quo(o Decimal, places int, mode RoundingMode) (Decimal, error) {
	r, err := d.quo(o, places, mode)
	if errors.Is(err, ErrInexact) {
		err = fmt.Errorf("%w; use fewer places", err)
	}
	return r, opError("divide", err)
}

func (d Decimal) quo(o Decimal, places int, mode RoundingMode) (Decimal, error) {
	if err := mode.check(); err != nil || !d.valid || !o.valid {
		return Decimal{}, err
	}
	if o.Sign() == 0 {
		return Decimal{}, ErrDivisionByZero
	}
	dNeg, dCoef, dExp := d.parts()
	oNeg, oCoef, oExp := o.parts()
	negative := dNeg != oNeg
	// The quotient is dCoef / oCoef × 10^shift units of 10^-places. A shift beyond guardDigits in
	// either direction changes no result.
	places = max(-maxPlaces, min(maxPlaces, places))
	shift := dExp - oExp + places
	n, by := dCoef.big(false), oCoef.big(false)
	exp := -places
	switch {
	case shift > guardDigits:
		exp += shift - guardDigits
		n.Mul(n, tenTo(guardDigits))
	case shift >= 0:
		n.Mul(n, tenTo(shift))
	default:
		by.Mul(by, tenTo(min(-shift, guardDigits)))
	}
	q, r := n.QuoRem(n, by, new(big.Int))
	if r.Sign() != 0 {
		if shift > guardDigits {
			return Decimal{}, ErrInexact
		}
		half := r.Lsh(r, 1).Cmp(by)
		if mode.increments(negative, q.Bit(0) == 1, half) {
			q.Add(q, big.NewInt(1))
		}
	}
	return composeBytes(negative, q.Bytes(), exp)
}

func tenTo(n int) *big.Int { return new(big.Int).Exp(ten, big.NewInt(int64(n)), nil) }
