package lineitem

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
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
	// ErrInexact is returned when a value or a result has more than 34 significant digits, or an
	// exponent that a [Decimal] cannot hold. A rounded number is never returned instead. Decode
	// the attribute into a string or [encoding/json.RawMessage] if such values are expected.
	ErrInexact = errors.New("number has more than 34 significant digits or is out of range")

	// ErrNotNumber is returned when a text is not a decimal number.
	ErrNotNumber = errors.New("invalid decimal number")
)

// Decimal is an exact decimal number or null. It has up to 34 significant digits, is 24 bytes long
// and does not allocate.
//
// The zero value is null, which an absent attribute, a JSON null and an empty string are decoded
// to. The number zero is not null. As in SQL, arithmetic with null returns null and [Totals] ignore
// it.
//
// No operation rounds unless told to. Parsing and arithmetic return [ErrInexact] where a value
// would need more than 34 digits; [Decimal.Round] and [Decimal.Quo] are the only ways to drop
// digits, and both take a [RoundingMode]. Compare with [Decimal.Equal] or [Decimal.Cmp]: equal
// numbers such as 1.5 and 1.50 may differ under ==.
//
// How to store decimals in databases, Parquet files and JSON without losing digits:
// https://github.com/partnerbilling/sdk-go/blob/main/docs/decimals.md
type Decimal struct {
	n     decimal128.Decimal
	valid bool
}

// NewDecimal returns coefficient × 10^exponent, or an error that matches [ErrInexact] if that is
// out of range. Exponents from -6176 to 6111 are always in range.
func NewDecimal(coefficient int64, exponent int) (Decimal, error) {
	c := uint64(coefficient)
	if coefficient < 0 {
		c = -c
	}
	d, err := compose(coefficient < 0, uint128{lo: c}, exponent)
	return d, opError("new decimal", err)
}

// ParseDecimal parses a number in the syntax of JSON. A leading plus sign, leading zeros and a
// decimal point without digits on one side (".5", "5.") are accepted too. The empty string is null.
// The error matches [ErrNotNumber] or [ErrInexact]; the result is never rounded.
func ParseDecimal(s string) (Decimal, error) {
	if s == "" {
		return Decimal{}, nil
	}
	d, err := parseDecimal(s)
	return d, opError("parse decimal", err)
}

// parseDecimal parses s. Up to 19 digits, which is nearly every value, stay in one machine word.
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

// parseExponent parses "e-12". Exponents are limited to a million, which is more than a Decimal
// can hold, so that they cannot overflow.
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

// compose returns a number with a coefficient of at most 34 digits. It moves zeros between
// coefficient and exponent if only the exponent is out of range.
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
	_ = n.UnmarshalBinary(b[:]) // it fails only for another length
	return n
}

// parts is the inverse of compose. It must not be called on null.
func (d Decimal) parts() (neg bool, coef uint128, exp int) {
	var b [16]byte
	_, _ = d.n.AppendBinary(b[:0]) // the interchange format; it does not fail
	hi := binary.BigEndian.Uint64(b[:8])
	coef.lo = binary.BigEndian.Uint64(b[8:])
	// The long form is for coefficients of 114 bits, which results of the library may have.
	if long := uint64(3) << 61; hi&long == long {
		coef.hi, exp = hi&(1<<47-1)|1<<49, int(hi>>47&(1<<14-1))
	} else {
		coef.hi, exp = hi&(1<<49-1), int(hi>>49&(1<<14-1))
	}
	if neg = hi>>63 != 0; coef == (uint128{}) {
		return neg, coef, 0
	}
	return neg, coef, exp + minExponent
}

// IsNull reports whether d is null: the attribute was absent, null or "".
func (d Decimal) IsNull() bool { return !d.valid }

// Sign returns -1, 0 or 1; 0 for null. There is deliberately no IsZero method: encoding/json would
// use it for omitzero and omit zeros, which would be decoded as null.
func (d Decimal) Sign() int { return d.n.Sign() }

// Cmp returns -1, 0 or 1 if d is less than, equal to or greater than o. Null equals null and is
// less than every number.
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

// Equal reports whether d and o are numerically equal: 1.5 equals 1.50. Null equals null and no
// number, as in [Decimal.Cmp] and unlike in SQL.
func (d Decimal) Equal(o Decimal) bool { return d.Cmp(o) == 0 }

// Add returns d + o, or null if either is null. The error matches [ErrInexact].
func (d Decimal) Add(o Decimal) (Decimal, error) {
	r, err := exactly(d, o, decimal128.Decimal.AddWithMode)
	return r, opError("add", err)
}

// Sub returns d - o, or null if either is null. The error matches [ErrInexact].
func (d Decimal) Sub(o Decimal) (Decimal, error) {
	r, err := exactly(d, o, decimal128.Decimal.SubWithMode)
	return r, opError("subtract", err)
}

// Mul returns d × o, or null if either is null. The error matches [ErrInexact].
func (d Decimal) Mul(o Decimal) (Decimal, error) {
	if !d.valid || !o.valid {
		return Decimal{}, nil
	}
	dNeg, dCoef, dExp := d.parts()
	oNeg, oCoef, oExp := o.parts()
	product := dCoef.big(false)
	product.Mul(product, oCoef.big(false))
	r, err := composeBytes(dNeg != oNeg, product.Bytes(), dExp+oExp)
	return r, opError("multiply", err)
}

// Neg returns -d, or null if d is null.
func (d Decimal) Neg() Decimal {
	if !d.valid || d.n.IsZero() {
		return d
	}
	return Decimal{n: d.n.Neg(), valid: true}
}

// Abs returns the absolute value of d, or null if d is null.
func (d Decimal) Abs() Decimal {
	if d.Sign() < 0 {
		return d.Neg()
	}
	return d
}

// exactly computes a sum or difference rounded down and rounded up. If both are equal, nothing was
// rounded; otherwise it returns ErrInexact.
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
		// The library holds some numbers of 35 digits. IEEE 754 has no such decimal128, and
		// ParseDecimal would not accept their text.
		return compose34(r)
	}
	return r, nil
}

// compose34 reduces a coefficient of 35 digits to 34 if its last digit is zero.
func compose34(d Decimal) (Decimal, error) {
	neg, coef, exp := d.parts()
	q, r := coef.divMod(10)
	if r != 0 {
		return Decimal{}, ErrInexact
	}
	return compose(neg, q, exp+1)
}

// GoString returns the text of d for %#v.
func (d Decimal) GoString() string {
	return fmt.Sprintf("lineitem.Decimal(%s)", d.String())
}

// uint128 is a coefficient.
type uint128 struct{ hi, lo uint64 }

// tenTo34 is the smallest number with too many digits.
var tenTo34 = uint128{hi: 0x1ed09bead87c0, lo: 0x378d8e6400000000}

func (u uint128) fits() bool {
	return u.hi < tenTo34.hi || u.hi == tenTo34.hi && u.lo < tenTo34.lo
}

// mulAdd returns u×m + a. The caller ensures that the result fits.
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

// composeBytes is compose for a big-endian coefficient of any length. It moves trailing zeros into
// the exponent if there are more than 34 digits.
func composeBytes(neg bool, b []byte, exp int) (Decimal, error) {
	v := new(big.Int).SetBytes(b)
	for r := new(big.Int); v.Cmp(tenTo34.big(false)) >= 0; exp++ {
		if v.QuoRem(v, ten, r); r.Sign() != 0 {
			return Decimal{}, ErrInexact
		}
	}
	lo := v.Uint64()
	return compose(neg, uint128{hi: v.Rsh(v, 64).Uint64(), lo: lo}, exp)
}

func (u uint128) big(neg bool) *big.Int {
	v := new(big.Int).SetUint64(u.hi)
	v.Lsh(v, 64).Or(v, new(big.Int).SetUint64(u.lo))
	if neg {
		v.Neg(v)
	}
	return v
}

var ten = big.NewInt(10)
