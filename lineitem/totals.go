package lineitem

import (
	"fmt"
	"maps"
	"math/big"
	"math/bits"
	"slices"
	"strings"
)

// Totals is a set of exact sums, one for each currency. It never rounds, however many amounts are
// added: digits beyond those of a [Decimal] are kept. The zero value is empty and ready for use.
//
// Totals can be printed, read and returned by value. A copy of a Totals that is not empty shares
// its sums with the original, like a copy of a map. Use [Totals.Merge] to add the sums to a new
// Totals that is independent.
//
// Totals is not safe for concurrent use; give each goroutine its own and merge them.
type Totals struct {
	sums map[string]*sum
	// The currency of the last call: consecutive rows mostly have the same.
	last     string
	lastSum  *sum
	lastUsed bool
}

// Add adds amount to the sum of currency. Null adds nothing, but is counted (see [Totals.Nulls]),
// and the currency is listed from then on. Currencies are compared exactly, without regard for
// their meaning: "usd" is not "USD".
func (t *Totals) Add(currency string, amount Decimal) {
	s := t.lastSum
	if !t.lastUsed || t.last != currency {
		s = t.sum(currency)
		t.last, t.lastSum, t.lastUsed = currency, s, true
	}
	if amount.valid {
		s.add(amount.parts())
		return
	}
	s.nulls++
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

// Merge adds the sums of o to t. A nil o adds nothing.
func (t *Totals) Merge(o *Totals) {
	if o == nil {
		return
	}
	for currency, s := range o.sums {
		coef, exp := s.total()
		to := t.sum(currency)
		to.spill(exp, coef)
		to.nulls += s.nulls
	}
}

// Nulls returns how many amounts of a currency were null, and thus not added: rows without an
// amount, of which the sum knows nothing.
func (t Totals) Nulls(currency string) int64 {
	if s := t.sums[currency]; s != nil {
		return s.nulls
	}
	return 0
}

// Currencies returns the currencies, sorted.
func (t Totals) Currencies() []string {
	return slices.Sorted(maps.Keys(t.sums))
}

// Sum returns the sum of one currency, or null if the currency was never added. The error matches
// [ErrInexact] if the sum has more than 34 digits; [Totals.Text] returns all of them.
func (t Totals) Sum(currency string) (Decimal, error) {
	s := t.sums[currency]
	if s == nil {
		return Decimal{}, nil
	}
	d, err := s.decimal()
	return d, opError("sum", err)
}

// Text returns the sum of one currency with all digits and without trailing zeros, or "" if the
// currency was never added.
func (t Totals) Text(currency string) string {
	s := t.sums[currency]
	if s == nil {
		return ""
	}
	coef, exp := s.total()
	return string(appendScaled(nil, coef.Sign() < 0, new(big.Int).Abs(coef).Append(nil, 10), exp))
}

// Equal reports whether t and o have the same currencies with the same sums, whatever the nulls. A
// nil o is empty.
func (t Totals) Equal(o *Totals) bool {
	if o == nil {
		o = &Totals{}
	}
	return maps.EqualFunc(t.sums, o.sums, func(a, b *sum) bool {
		ac, ae := a.total()
		bc, be := b.total()
		return ae == be && ac.Cmp(bc) == 0
	})
}

// String returns the sums by currency: "EUR 12.5, USD 3". Nulls are counted behind the sum:
// "EUR 12.5 (2 null), USD 3".
func (t Totals) String() string {
	var b strings.Builder
	for i, currency := range t.Currencies() {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(currency + " " + t.Text(currency))
		if nulls := t.Nulls(currency); nulls > 0 {
			fmt.Fprintf(&b, " (%d null)", nulls)
		}
	}
	return b.String()
}

// smallScale is the largest number of decimal places with an entry in the table of a sum. Others
// are rare and are kept in a map.
const smallScale = 40

// sum adds numbers by exponent: numbers with the same number of decimal places are added as
// integers, so nothing is scaled until the total is read.
type sum struct {
	byScale [smallScale + 1]int128 // index: decimal places
	spilled map[int]*big.Int       // by exponent: sums that overflowed or are not in the table
	nulls   int64                  // that were skipped
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
	return composeBytes(coef.Sign() < 0, coef.Bytes(), exp) // Bytes returns the absolute value
}

// int128 is a sum of coefficients in two's complement.
type int128 struct{ hi, lo uint64 }

// add adds ±c and reports whether the result fits. If not, the sum is unchanged.
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
