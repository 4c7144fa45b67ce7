package lineitem

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"

	"github.com/woodsbury/decimal128"
)

// Limits of a Decimal: 34 significant digits and the exponents of an IEEE 754
// decimal128 number.
const (
	maxDigits   = 34
	minExponent = -6176
	maxExponent = 6111
)

var (
	// ErrInexact says that a value or a result has more digits than a Decimal
	// holds (34). It is returned instead of a rounded number. Read the
	// attribute as a string or json.RawMessage where such values are expected.
	ErrInexact = errors.New("more than 34 significant digits: the value cannot be held exactly")

	// ErrNotNumber says that a text is not a decimal number.
	ErrNotNumber = errors.New("not a decimal number")
)

// Decimal is an exact decimal number or null. It holds up to 34 significant
// digits, is 24 bytes long and needs no memory of its own.
//
// The zero value is null, which is what a missing attribute, a JSON null and an
// empty string decode to; a number zero is not null. Null follows SQL's rules:
// arithmetic with null gives null, [Totals] skip it.
//
// No operation rounds unless told to. Parsing and arithmetic return [ErrInexact] where a value
// would need more than 34 digits; [Decimal.Round] and [Decimal.Quo] are the only ways to drop
// digits, and both take a [RoundingMode]. Compare with [Decimal.Equal] or [Decimal.Cmp]: equal
// numbers such as 1.5 and 1.50 may differ under ==.
type Decimal struct {
	n     decimal128.Decimal
	valid bool
}

// NewDecimal returns coefficient × 10^exponent. It returns [ErrInexact] where that is
// out of range, which is far beyond any amount: exponents from -6176 to 6111 always fit.
func NewDecimal(coefficient int64, exponent int) (Decimal, error) {
	c := uint64(coefficient)
	if coefficient < 0 {
		c = -c
	}
	return compose(coefficient < 0, uint128{lo: c}, exponent)
}

// ParseDecimal reads a number as JSON writes it; a leading plus sign, leading
// zeros and a bare point (".5", "5.") are accepted too. The empty string is null.
// It returns [ErrNotNumber] or [ErrInexact], never a rounded value.
func ParseDecimal(s string) (Decimal, error) {
	if s == "" {
		return Decimal{}, nil
	}
	return parseDecimal(s)
}

// parseDecimal reads one number from all of s. Up to 19 digits, which is nearly
// every value there is, stay in one machine word.
func parseDecimal[S string | []byte](s S) (Decimal, error) {
	i, neg := 0, false
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		neg = s[i] == '-'
		i++
	}
	var (
		coef      uint128
		kept      int // digits in coef, leading zeros not counted
		exp       int
		digits    bool // at least one digit seen
		fraction  bool
		discarded bool // a digit other than zero did not fit
	)
	for ; i < len(s); i++ {
		c := s[i] - '0'
		if c > 9 {
			if s[i] == '.' && !fraction {
				fraction = true
				continue
			}
			break
		}
		digits = true
		switch {
		case kept < maxDigits:
			if kept < 19 {
				coef.lo = coef.lo*10 + uint64(c)
			} else {
				coef = coef.mulAdd(10, uint64(c))
			}
			if kept > 0 || c > 0 {
				kept++
			}
			if fraction {
				exp--
			}
		case c != 0:
			discarded = true
		case !fraction:
			exp++
		}
	}
	if !digits {
		return Decimal{}, ErrNotNumber
	}
	if i < len(s) {
		e, ok := parseExponent(s[i:])
		if !ok {
			return Decimal{}, ErrNotNumber
		}
		exp += e
	}
	if discarded {
		return Decimal{}, ErrInexact
	}
	return compose(neg, coef, exp)
}

// parseExponent reads "e-12". Exponents beyond any that a Decimal can hold are
// cut off at a million, so that they cannot overflow.
func parseExponent[S string | []byte](s S) (exp int, ok bool) {
	if s[0] != 'e' && s[0] != 'E' {
		return 0, false
	}
	i, neg := 1, false
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		neg = s[i] == '-'
		i++
	}
	if i == len(s) {
		return 0, false
	}
	for ; i < len(s); i++ {
		c := s[i] - '0'
		if c > 9 {
			return 0, false
		}
		exp = min(exp*10+int(c), 1_000_000)
	}
	if neg {
		exp = -exp
	}
	return exp, true
}

// compose makes a number of a coefficient of at most 34 digits, moving zeros
// between coefficient and exponent where the exponent alone is out of range.
func compose(neg bool, coef uint128, exp int) (Decimal, error) {
	if coef.hi|coef.lo == 0 {
		return Decimal{valid: true}, nil
	}
	for exp > maxExponent {
		if coef = coef.mulAdd(10, 0); !coef.fits() {
			return Decimal{}, ErrInexact
		}
		exp--
	}
	for exp < minExponent {
		q, r := coef.divMod(10)
		if r != 0 {
			return Decimal{}, ErrInexact
		}
		coef = q
		exp++
	}
	// The interchange format of IEEE 754: sign, biased exponent, coefficient. A
	// coefficient of 34 digits has at most 113 bits, so the short form always does.
	hi := uint64(exp-minExponent)<<49 | coef.hi
	if neg {
		hi |= 1 << 63
	}
	return Decimal{n: fromBits(hi, coef.lo), valid: true}, nil
}

// fromBits loads a number from the two halves of its interchange format.
func fromBits(hi, lo uint64) (n decimal128.Decimal) {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], hi)
	binary.BigEndian.PutUint64(b[8:], lo)
	_ = n.UnmarshalBinary(b[:]) // it fails on another length only
	return n
}

// parts is the opposite of compose. It must not be called on null.
func (d Decimal) parts() (neg bool, coef uint128, exp int) {
	var buf [16]byte
	_, neg, sig, e := d.n.Decompose(buf[:])
	for _, b := range sig {
		coef.hi = coef.hi<<8 | coef.lo>>56
		coef.lo = coef.lo<<8 | uint64(b)
	}
	return neg, coef, int(e)
}

// IsNull reports whether d is null: the attribute was missing, null or "".
func (d Decimal) IsNull() bool { return !d.valid }

// Sign returns -1, 0 or 1; 0 for null. There is no IsZero method on purpose:
// encoding/json would take it for the meaning of omitzero and leave out zeros, which
// would read back as null.
func (d Decimal) Sign() int { return d.n.Sign() }

// Cmp returns -1, 0 or 1 where d is less than, equal to or greater than o. Null
// equals null and is less than every number.
func (d Decimal) Cmp(o Decimal) int {
	switch {
	case !d.valid && !o.valid:
		return 0
	case !d.valid:
		return -1
	case !o.valid:
		return 1
	}
	return decimal128.Compare(d.n, o.n)
}

// Equal reports whether d and o are the same number, however many trailing zeros each was written
// with: 1.5 equals 1.50. Null equals null and nothing else, as in [Decimal.Cmp] and unlike in SQL.
func (d Decimal) Equal(o Decimal) bool { return d.Cmp(o) == 0 }

// Add returns d + o, null where either is null, or [ErrInexact].
func (d Decimal) Add(o Decimal) (Decimal, error) {
	return exactly(d, o, decimal128.Decimal.AddWithMode)
}

// Sub returns d - o, null where either is null, or [ErrInexact].
func (d Decimal) Sub(o Decimal) (Decimal, error) {
	return exactly(d, o, decimal128.Decimal.SubWithMode)
}

// Mul returns d × o, null where either is null, or [ErrInexact].
func (d Decimal) Mul(o Decimal) (Decimal, error) {
	if !d.valid || !o.valid {
		return Decimal{}, nil
	}
	dNeg, dCoef, dExp := d.parts()
	oNeg, oCoef, oExp := o.parts()
	product := dCoef.big(false)
	product.Mul(product, oCoef.big(false))
	coef, exp, err := fitBytes(product.Bytes(), dExp+oExp)
	if err != nil {
		return Decimal{}, err
	}
	return compose(dNeg != oNeg, coef, exp)
}

// Neg returns -d; null stays null.
func (d Decimal) Neg() Decimal {
	if !d.valid || d.n.IsZero() {
		return d
	}
	return Decimal{n: d.n.Neg(), valid: true}
}

// Abs returns the absolute value of d; null stays null.
func (d Decimal) Abs() Decimal {
	if d.Sign() < 0 {
		return d.Neg()
	}
	return d
}

// exactly computes a sum or difference rounded down and rounded up: where both agree
// nothing was rounded, and only then there is a result.
func exactly(d, o Decimal, op func(d, o decimal128.Decimal, mode decimal128.RoundingMode) decimal128.Decimal) (Decimal, error) {
	if !d.valid || !o.valid {
		return Decimal{}, nil
	}
	down := op(d.n, o.n, decimal128.ToNegativeInf)
	up := op(d.n, o.n, decimal128.ToPositiveInf)
	if down.IsZero() && up.IsZero() {
		return Decimal{valid: true}, nil
	}
	if !down.Equal(up) || down.IsInf(0) {
		return Decimal{}, ErrInexact
	}
	r := Decimal{n: down, valid: true}
	if _, coef, _ := r.parts(); !coef.fits() {
		// The library holds some numbers of 35 digits. They are no decimal128 by the
		// standard, and text of theirs could not be read back.
		return compose34(r)
	}
	return r, nil
}

// compose34 brings a coefficient of 35 digits down to 34 where its last digit is
// a zero.
func compose34(d Decimal) (Decimal, error) {
	neg, coef, exp := d.parts()
	q, r := coef.divMod(10)
	if r != 0 {
		return Decimal{}, ErrInexact
	}
	return compose(neg, q, exp+1)
}

// GoString prints d as Go source would, for %#v.
func (d Decimal) GoString() string {
	return fmt.Sprintf("lineitem.Decimal(%s)", d.String())
}

// uint128 is a coefficient.
type uint128 struct{ hi, lo uint64 }

// tenTo34 is the first number that has too many digits.
var tenTo34 = uint128{hi: 0x1ed09bead87c0, lo: 0x378d8e6400000000}

func (u uint128) fits() bool {
	return u.hi < tenTo34.hi || u.hi == tenTo34.hi && u.lo < tenTo34.lo
}

// mulAdd returns u×m + a. The caller sees to it that the result fits.
func (u uint128) mulAdd(m, a uint64) uint128 {
	hi, lo := bits.Mul64(u.lo, m)
	hi += u.hi * m
	lo, carry := bits.Add64(lo, a, 0)
	return uint128{hi: hi + carry, lo: lo}
}

func (u uint128) divMod(m uint64) (uint128, uint64) {
	hi, r := u.hi/m, u.hi%m
	lo, r := bits.Div64(r, u.lo, m)
	return uint128{hi: hi, lo: lo}, r
}
