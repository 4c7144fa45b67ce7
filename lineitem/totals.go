package lineitem

import (
	"maps"
	"math/big"
	"math/bits"
	"slices"
	"strings"
)

// Totals adds amounts up, one exact sum per currency. It takes any number of values and never
// rounds: digits beyond those of a [Decimal] are kept. The zero value is empty and ready for use.
//
// Totals can be printed, read and returned by value. A copy of a Totals that is not empty shares
// its sums with the original, as a copy of a map does: what is added to one is added to both. For
// sums of their own, [Totals.Merge] into a new Totals.
//
// Totals is not safe for concurrent use; give each goroutine its own and merge them.
type Totals struct {
	sums map[string]*sum
	// The currency of the last call: consecutive rows mostly have the same.
	last     string
	lastSum  *sum
	lastUsed bool
}

// Add adds amount to the sum of currency. Null adds nothing, but the currency is
// listed from then on. The currency is taken as it is written; amounts of
// different currencies never meet.
func (t *Totals) Add(currency string, amount Decimal) {
	s := t.lastSum
	if !t.lastUsed || t.last != currency {
		s = t.sum(currency)
		t.last, t.lastSum, t.lastUsed = currency, s, true
	}
	if amount.valid {
		s.add(amount.parts())
	}
}

func (t *Totals) sum(currency string) *sum {
	s := t.sums[currency]
	if s == nil {
		if t.sums == nil {
			t.sums = make(map[string]*sum)
		}
		s = new(sum)
		t.sums[strings.Clone(currency)] = s
	}
	return s
}

// Merge adds all sums of o to t. A nil o adds nothing.
func (t *Totals) Merge(o *Totals) {
	if o == nil {
		return
	}
	for currency, s := range o.sums {
		coef, exp := s.total()
		t.sum(currency).spill(exp, coef)
	}
}

// Currencies returns the currencies that were added, sorted.
func (t Totals) Currencies() []string {
	return slices.Sorted(maps.Keys(t.sums))
}

// Sum returns the sum of one currency, null where it was never added. It returns
// [ErrInexact] where the sum needs more than 34 digits; [Totals.Text] has them all.
func (t Totals) Sum(currency string) (Decimal, error) {
	s := t.sums[currency]
	if s == nil {
		return Decimal{}, nil
	}
	return s.decimal()
}

// Text returns the sum of one currency with all its digits, however many, and
// without trailing zeros; "" where it was never added.
func (t Totals) Text(currency string) string {
	s := t.sums[currency]
	if s == nil {
		return ""
	}
	coef, exp := s.total()
	return string(appendScaled(nil, coef.Sign() < 0, new(big.Int).Abs(coef).Append(nil, 10), exp))
}

// Equal reports whether both have the same currencies with the same sums.
func (t Totals) Equal(o *Totals) bool {
	return maps.EqualFunc(t.sums, o.sums, func(a, b *sum) bool {
		ac, ae := a.total()
		bc, be := b.total()
		return ae == be && ac.Cmp(bc) == 0
	})
}

// String lists the sums by currency: "EUR 12.5, USD 3".
func (t Totals) String() string {
	var b strings.Builder
	for i, currency := range t.Currencies() {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(currency + " " + t.Text(currency))
	}
	return b.String()
}

// smallScale is the largest number of decimal places that has a place of its own
// in a sum's table; others are rare and go to a map.
const smallScale = 40

// sum adds numbers up by exponent: numbers with the same number of decimal
// places are added as integers, so that nothing is scaled until the end.
type sum struct {
	byScale [smallScale + 1]int128 // index: decimal places
	spilled map[int]*big.Int       // by exponent: what overflowed or is out of the table
}

func (s *sum) add(neg bool, coef uint128, exp int) {
	if exp <= 0 && exp >= -smallScale {
		if s.byScale[-exp].add(neg, coef) {
			return
		}
	}
	s.spill(exp, coef.big(neg))
}

func (s *sum) spill(exp int, v *big.Int) {
	if s.spilled == nil {
		s.spilled = make(map[int]*big.Int)
	}
	if at := s.spilled[exp]; at != nil {
		at.Add(at, v)
		return
	}
	s.spilled[exp] = v
}

var ten = big.NewInt(10)

// total returns the sum as coefficient × 10^exp without trailing zeros.
func (s *sum) total() (coef *big.Int, exp int) {
	parts := maps.Clone(s.spilled)
	if parts == nil {
		parts = make(map[int]*big.Int)
	}
	for scale, v := range s.byScale {
		if v == (int128{}) {
			continue
		}
		b := v.big()
		if at := parts[-scale]; at != nil {
			b.Add(b, at)
		}
		parts[-scale] = b
	}
	coef = new(big.Int)
	if len(parts) == 0 {
		return coef, 0
	}
	exps := slices.Sorted(maps.Keys(parts))
	exp = exps[0]
	for _, e := range exps {
		scale := new(big.Int).Exp(ten, big.NewInt(int64(e-exp)), nil)
		coef.Add(coef, scale.Mul(scale, parts[e]))
	}
	if coef.Sign() == 0 {
		return coef, 0
	}
	for q, r := new(big.Int), new(big.Int); ; exp++ {
		if q.QuoRem(coef, ten, r); r.Sign() != 0 {
			return coef, exp
		}
		coef.Set(q)
	}
}

func (s *sum) decimal() (Decimal, error) {
	coef, exp := s.total()
	u, exp, err := fitBytes(new(big.Int).Abs(coef).Bytes(), exp)
	if err != nil {
		return Decimal{}, err
	}
	return compose(coef.Sign() < 0, u, exp)
}

// fitBytes brings a big-endian coefficient of any length into 34 digits, moving
// trailing zeros into the exponent, or returns [ErrInexact].
func fitBytes(b []byte, exp int) (uint128, int, error) {
	v := new(big.Int).SetBytes(b)
	for r := new(big.Int); v.Cmp(tenTo34.big(false)) >= 0; exp++ {
		if v.QuoRem(v, ten, r); r.Sign() != 0 {
			return uint128{}, 0, ErrInexact
		}
	}
	lo := v.Uint64()
	return uint128{hi: v.Rsh(v, 64).Uint64(), lo: lo}, exp, nil
}

func (u uint128) big(neg bool) *big.Int {
	v := new(big.Int).SetUint64(u.hi)
	v.Lsh(v, 64).Or(v, new(big.Int).SetUint64(u.lo))
	if neg {
		v.Neg(v)
	}
	return v
}

// int128 is a sum of coefficients in two's complement.
type int128 struct{ hi, lo uint64 }

// add adds ±c and reports whether it fitted; where not, the sum is unchanged.
func (s *int128) add(neg bool, c uint128) bool {
	hi, lo := c.hi, c.lo
	if neg {
		var borrow uint64
		lo, borrow = bits.Sub64(0, lo, 0)
		hi, _ = bits.Sub64(0, hi, borrow)
	}
	lo, carry := bits.Add64(s.lo, lo, 0)
	sumHi, _ := bits.Add64(s.hi, hi, carry)
	// Overflow: both had the same sign, the result has the other.
	if (s.hi^sumHi)&(hi^sumHi)>>63 != 0 {
		return false
	}
	s.hi, s.lo = sumHi, lo
	return true
}

func (s int128) big() *big.Int {
	if int64(s.hi) >= 0 {
		return uint128(s).big(false)
	}
	lo, borrow := bits.Sub64(0, s.lo, 0)
	hi, _ := bits.Sub64(0, s.hi, borrow)
	return uint128{hi: hi, lo: lo}.big(true)
}
