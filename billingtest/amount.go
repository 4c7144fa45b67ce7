package billingtest

import (
	"math/big"
	"math/bits"
	"strconv"
)

const (
	e18      = 1_000_000_000_000_000_000
	maxScale = 22 // decimal places of the finest value; sums are kept at this scale
)

var pow10 = func() (p [20]uint64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = p[i-1] * 10
	}
	return p
}()

// amount is an exact decimal, (hi*10^18 + lo) / 10^scale, so that values of 22 digits and more need
// no big.Int while rows are generated. Both the text and the truth are made from the same amounts.
type amount struct {
	hi, lo      uint64 // lo < 10^18 unless hi is 0
	scale       uint8
	negative    bool
	exponential bool // written as 4.2E-5
}

func integer(n uint64) amount { return amount{lo: n} }

func (a amount) zero() bool { return a.hi == 0 && a.lo == 0 }

func (a amount) negated() amount {
	a.negative = !a.negative && !a.zero()
	return a
}

// product multiplies two coefficients and drops decimal places of the result. If the result does
// not fit into 64 bits, it drops six more. It returns the coefficient and the number of places
// dropped.
func product(a, b uint64, drop uint8) (coefficient uint64, dropped uint8) {
	hi, lo := bits.Mul64(a, b)
	if hi >= pow10[drop] {
		drop += 6
	}
	q, _ := bits.Div64(hi, lo, pow10[drop])
	return q, drop
}

// wide returns the amount a*b+last, whose product may need more than 64 bits.
func wide(a, b, last uint64, scale uint8) amount {
	hi, lo := bits.Mul64(a, b)
	lo, carry := bits.Add64(lo, last, 0)
	hi, lo = bits.Div64(hi+carry, lo, e18)
	return amount{hi: hi, lo: lo, scale: scale}
}

// append writes the amount as a JSON number without trailing zeros.
func (a amount) append(b []byte) []byte {
	if a.zero() {
		return append(b, '0')
	}
	if a.negative {
		b = append(b, '-')
	}
	var buffer [40]byte
	i := len(buffer)
	if a.hi == 0 {
		i = putDigits(&buffer, i, a.lo)
	} else {
		end := i - 18
		for i = putDigits(&buffer, i, a.lo); i > end; {
			i--
			buffer[i] = '0'
		}
		i = putDigits(&buffer, i, a.hi)
	}
	digits := buffer[i:]
	scale := int(a.scale)
	if a.exponential {
		return appendExponential(b, digits, scale)
	}
	if scale == 0 {
		return append(b, digits...)
	}
	if whole := len(digits) - scale; whole > 0 {
		b = append(b, digits[:whole]...)
		b = append(b, '.')
		b = append(b, digits[whole:]...)
	} else {
		b = append(b, '0', '.')
		for ; whole < 0; whole++ {
			b = append(b, '0')
		}
		b = append(b, digits...)
	}
	for b[len(b)-1] == '0' {
		b = b[:len(b)-1]
	}
	if b[len(b)-1] == '.' {
		b = b[:len(b)-1]
	}
	return b
}

func appendExponential(b, digits []byte, scale int) []byte {
	exponent := len(digits) - 1 - scale
	for len(digits) > 1 && digits[len(digits)-1] == '0' {
		digits = digits[:len(digits)-1]
	}
	b = append(b, digits[0])
	if len(digits) > 1 {
		b = append(append(b, '.'), digits[1:]...)
	}
	b = append(b, 'E')
	return strconv.AppendInt(b, int64(exponent), 10)
}

const pairs = "0001020304050607080910111213141516171819" +
	"2021222324252627282930313233343536373839" +
	"4041424344454647484950515253545556575859" +
	"6061626364656667686970717273747576777879" +
	"8081828384858687888990919293949596979899"

// putDigits writes the digits of n before index end and returns the index of the first.
func putDigits(buffer *[40]byte, end int, n uint64) int {
	for n >= 100 {
		q := n / 100
		p := 2 * (n - q*100)
		end -= 2
		buffer[end], buffer[end+1] = pairs[p], pairs[p+1]
		n = q
	}
	end--
	if n < 10 {
		buffer[end] = byte('0' + n)
		return end
	}
	buffer[end] = pairs[2*n+1]
	end--
	buffer[end] = pairs[2*n]
	return end
}

// tally adds amounts exactly: one sum of 192 bits at scale 22 for each sign.
type tally struct{ plus, minus [3]uint64 }

func (t *tally) add(a amount) {
	hi, lo := bits.Mul64(a.hi, e18)
	lo, carry := bits.Add64(lo, a.lo, 0)
	hi += carry
	for shift := maxScale - int(a.scale); shift > 0; {
		step := min(shift, len(pow10)-1)
		var over uint64
		over, lo = bits.Mul64(lo, pow10[step])
		hi = hi*pow10[step] + over
		shift -= step
	}
	side := &t.plus
	if a.negative {
		side = &t.minus
	}
	side[0], carry = bits.Add64(side[0], lo, 0)
	side[1], carry = bits.Add64(side[1], hi, carry)
	side[2] += carry
}

func (t *tally) merge(other *tally) {
	for _, pair := range [...]struct{ to, from *[3]uint64 }{{&t.plus, &other.plus}, {&t.minus, &other.minus}} {
		var carry uint64
		for i := range pair.to {
			pair.to[i], carry = bits.Add64(pair.to[i], pair.from[i], carry)
		}
	}
}

// text returns the sum as decimal text: "-12.5", "0".
func (t *tally) text() string {
	n := new(big.Int).Sub(bigOf(t.plus), bigOf(t.minus))
	sign := ""
	if n.Sign() < 0 {
		sign = "-"
		n.Neg(n)
	}
	digits := n.String()
	for len(digits) <= maxScale {
		digits = "0" + digits
	}
	whole, fraction := digits[:len(digits)-maxScale], digits[len(digits)-maxScale:]
	for fraction != "" && fraction[len(fraction)-1] == '0' {
		fraction = fraction[:len(fraction)-1]
	}
	if fraction == "" {
		return sign + whole
	}
	return sign + whole + "." + fraction
}

func bigOf(words [3]uint64) *big.Int {
	n := new(big.Int)
	for i := len(words) - 1; i >= 0; i-- {
		n.Lsh(n, 64).Or(n, new(big.Int).SetUint64(words[i]))
	}
	return n
}
