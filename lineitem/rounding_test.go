package lineitem_test

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/partnerbilling/sdk-go/lineitem"
)

var nines = strings.Repeat("9", 34)

func TestRoundingModes(t *testing.T) {
	modes := lineitem.PossibleRoundingModeValues()
	if len(modes) != 6 || slices.Contains(modes, 0) {
		t.Fatalf("modes %v", modes)
	}
	for _, tc := range []struct {
		in     string
		places int
		want   string // one result for each mode, in the order of PossibleRoundingModeValues
	}{
		//                     Down  Up  Floor  Ceiling  HalfUp  HalfEven
		{"1.239", 2, "1.23 1.24 1.23 1.24 1.24 1.24"},
		{"-1.239", 2, "-1.23 -1.24 -1.24 -1.23 -1.24 -1.24"},
		{"1.231", 2, "1.23 1.24 1.23 1.24 1.23 1.23"},
		{"1.225", 2, "1.22 1.23 1.22 1.23 1.23 1.22"},
		{"-1.225", 2, "-1.22 -1.23 -1.23 -1.22 -1.23 -1.22"},
		{"1.235", 2, "1.23 1.24 1.23 1.24 1.24 1.24"},
		{"1.2250000001", 2, "1.22 1.23 1.22 1.23 1.23 1.23"},
		{"1.2249999999", 2, "1.22 1.23 1.22 1.23 1.22 1.22"},
		{"0.5", 0, "0 1 0 1 1 0"},
		{"-0.5", 0, "0 -1 -1 0 -1 0"},
		{"0.05", 0, "0 1 0 1 0 0"},
		{"1.20", 1, "1.2 1.2 1.2 1.2 1.2 1.2"},
		{"1.2", 5, "1.2 1.2 1.2 1.2 1.2 1.2"},
		{"1.2", 40, "1.2 1.2 1.2 1.2 1.2 1.2"},
		{"1.2", math.MaxInt, "1.2 1.2 1.2 1.2 1.2 1.2"},
		{"0", -5, "0 0 0 0 0 0"},
		{"1234.5", -2, "1200 1300 1200 1300 1200 1200"},
		{"99", -3, "0 1000 0 1000 0 0"},
		{"-50", -2, "0 -100 -100 0 -100 0"},
		{"150", -2, "100 200 100 200 200 200"},
		{"1e10", 2, "1e10 1e10 1e10 1e10 1e10 1e10"},
		{nines, -33, "9e33 1e34 9e33 1e34 1e34 1e34"},
		{nines, -34, "0 1e34 0 1e34 1e34 1e34"},
		{nines, -35, "0 1e35 0 1e35 0 0"},
		{nines + "e-34", 33, "0." + nines[1:] + " 1 0." + nines[1:] + " 1 1 1"},
		{"5e33", -34, "0 1e34 0 1e34 1e34 0"},
		{"1e-6000", 2, "0 0.01 0 0.01 0 0"},
		{"-1e-6176", 40, "0 -1e-40 -1e-40 0 0 0"},
		{nines + "e6111", -6111, strings.TrimSpace(strings.Repeat(nines+"e6111 ", 6))},
	} {
		for i, want := range strings.Fields(tc.want) {
			got, err := decimal(t, tc.in).Round(tc.places, modes[i])
			if err != nil || !got.Equal(decimal(t, want)) {
				t.Errorf("%s to %d places, %v: %s, %v; want %s", tc.in, tc.places, modes[i], got, err, want)
			}
		}
	}
}

func TestQuo(t *testing.T) {
	const halfUp = lineitem.RoundingModeHalfUp
	for _, tc := range []struct {
		a, b   string
		places int
		want   string
		err    error
	}{
		{"1", "3", 4, "0.3333", nil},
		{"2", "3", 4, "0.6667", nil},
		{"-2", "3", 0, "-1", nil},
		{"10", "4", 1, "2.5", nil},
		{"1", "8", 1000, "0.125", nil},
		{"1", "8", math.MaxInt, "0.125", nil},
		{"0", "-7", math.MaxInt, "0", nil},
		{"0", "-7", math.MinInt, "0", nil},
		{"1000", "3", -2, "300", nil},
		{"7", "1", math.MinInt, "0", nil},
		{"1", "3", 34, "0." + strings.Repeat("3", 34), nil},
		{"1", "3", 35, "", lineitem.ErrInexact},
		{"1", "3", math.MaxInt, "", lineitem.ErrInexact},
		{"1e-20", "3", 54, "3333333333333333333333333333333333e-54", nil},
		{nines, "1e-6000", 0, nines + "e6000", nil},
		{"1e6111", "1e-6111", 0, "", lineitem.ErrInexact},
		{"1e-6111", "1e6111", 2, "0", nil},
		{"1e-6111", "1e6111", math.MaxInt, "", lineitem.ErrInexact},
		{"1e6111", "1e6111", math.MaxInt, "1", nil},
		{"1", "1" + strings.Repeat("0", 32) + "1", 33, "1e-33", nil},
		{"1", "0", 2, "", lineitem.ErrDivisionByZero},
		{"0", "0", 2, "", lineitem.ErrDivisionByZero},
		{"155.63", "210.950039", 15, "0.737757626107858", nil},
	} {
		got, err := decimal(t, tc.a).Quo(decimal(t, tc.b), tc.places, halfUp)
		if !errors.Is(err, tc.err) || err == nil && !got.Equal(decimal(t, tc.want)) {
			t.Errorf("%s / %s to %d places: %s, %v; want %s, %v", tc.a, tc.b, tc.places, got, err, tc.want, tc.err)
		}
	}
}

func TestRoundingErrors(t *testing.T) {
	one := decimal(t, "1")
	for _, mode := range []lineitem.RoundingMode{0, -1, lineitem.RoundingModeHalfEven + 1} {
		if _, err := one.Round(2, mode); err == nil || !strings.Contains(err.Error(), mode.String()) {
			t.Errorf("Round: %v", err)
		}
		if _, err := one.Quo(one, 2, mode); err == nil || !strings.Contains(err.Error(), mode.String()) {
			t.Errorf("Quo: %v", err)
		}
	}
	for places, in := range map[int]string{-6112: nines + "e6111", -6145: "1", math.MinInt: "-1"} {
		if d, err := decimal(t, in).Round(places, lineitem.RoundingModeUp); !errors.Is(err, lineitem.ErrInexact) {
			t.Errorf("%s to %d places: %s, %v; want ErrInexact", in, places, d, err)
		}
	}
	for _, places := range []int{-6112, -7000, math.MinInt} {
		if d, err := decimal(t, nines).Round(places, lineitem.RoundingModeDown); err != nil || d.IsNull() || d.Sign() != 0 {
			t.Errorf("to %d places: %s, %v; want 0", places, d, err)
		}
	}
}

func TestFormatRoundsHalfToEven(t *testing.T) {
	for in, want := range map[string]string{"0.125": "0.12", "0.135": "0.14", "-0.125": "-0.12", "1.5": "1.50", "2": "2.00"} {
		if got := fmt.Sprintf("%.2f", decimal(t, in)); got != want {
			t.Errorf("%%.2f of %s is %s, want %s", in, got, want)
		}
	}
	for in, want := range map[string]string{"1.5": "1.5", "1.999": "2.00", "0.001": "0"} {
		if d, err := decimal(t, in).Round(2, lineitem.RoundingModeHalfUp); err != nil || d.String() != want {
			t.Errorf("%s rounded is %s, %v, want %s", in, d, err, want)
		}
	}
}

func TestNullThroughRounding(t *testing.T) {
	var null lineitem.Decimal
	zero := decimal(t, "0")
	for _, mode := range lineitem.PossibleRoundingModeValues() {
		if d, err := null.Round(2, mode); err != nil || !d.IsNull() {
			t.Errorf("Round: %s, %v", d, err)
		}
		for _, pair := range [][2]lineitem.Decimal{{null, zero}, {zero, null}, {null, null}} {
			if d, err := pair[0].Quo(pair[1], 2, mode); err != nil || !d.IsNull() {
				t.Errorf("%s / %s: %s, %v", pair[0], pair[1], d, err)
			}
		}
	}
	if !null.Abs().IsNull() {
		t.Error("the absolute value of null is not null")
	}
}

func TestEqualAndAbs(t *testing.T) {
	var null lineitem.Decimal
	for _, tc := range []struct {
		a, b lineitem.Decimal
		want bool
	}{
		{null, lineitem.Decimal{}, true},
		{null, decimal(t, "0"), false},
		{decimal(t, "0"), null, false},
		{decimal(t, "0"), decimal(t, "-0.00"), true},
		{decimal(t, "1.5"), decimal(t, "1.50"), true},
		{decimal(t, "12e2"), decimal(t, "1200"), true},
		{decimal(t, "1.5"), decimal(t, "-1.5"), false},
		{decimal(t, nines), decimal(t, nines[1:]+"8"), false},
	} {
		if got := tc.a.Equal(tc.b); got != tc.want {
			t.Errorf("%s equals %s: %t", tc.a, tc.b, got)
		}
	}
	for in, want := range map[string]string{"-1.50": "1.50", "1.50": "1.50", "0": "0", "-" + nines: nines} {
		if got := decimal(t, in).Abs().String(); got != want {
			t.Errorf("absolute value of %s: %s", in, got)
		}
	}
}

// FuzzRound compares rounding with math/big, for every mode.
func FuzzRound(f *testing.F) {
	for _, s := range []string{"0", "1.225", "-1.235", "1e-40", "5e33", nines, "-" + nines + "e-20", "995e-3"} {
		for _, places := range []int16{0, 2, -2, 33, -34, 40, 300, -300} {
			f.Add(s, places)
		}
	}
	f.Fuzz(func(t *testing.T, s string, places int16) {
		d, exact := fuzzed(t, s)
		if exact == nil || places > reach || places < -reach {
			return
		}
		for _, mode := range lineitem.PossibleRoundingModeValues() {
			want := rounded(exact, int(places), mode)
			got, err := d.Round(int(places), mode)
			if err != nil || rat(t, got.String()).Cmp(want) != 0 {
				t.Fatalf("%s to %d places, %v: %s, %v; want %s", d, places, mode, got, err, want.RatString())
			}
		}
	})
}

// FuzzQuo compares division with math/big, for every mode.
func FuzzQuo(f *testing.F) {
	for _, s := range []string{"1", "-2", "3", "0.7", "1e40", nines, "-1" + strings.Repeat("0", 32) + "1", "8e-30"} {
		for _, places := range []int16{0, 2, -2, 33, 34, 35, -40, 130, 400} {
			f.Add(s, "3", places)
			f.Add("-1", s, places)
		}
	}
	f.Fuzz(func(t *testing.T, a, b string, places int16) {
		x, ratX := fuzzed(t, a)
		y, ratY := fuzzed(t, b)
		if ratX == nil || ratY == nil || places > reach/2 || places < -reach/2 {
			return
		}
		if y.Sign() == 0 {
			if _, err := x.Quo(y, int(places), lineitem.RoundingModeDown); !errors.Is(err, lineitem.ErrDivisionByZero) {
				t.Fatalf("%s / %s: %v", x, y, err)
			}
			return
		}
		quotient := new(big.Rat).Quo(ratX, ratY)
		for _, mode := range lineitem.PossibleRoundingModeValues() {
			want := rounded(quotient, int(places), mode)
			got, err := x.Quo(y, int(places), mode)
			if err != nil {
				if !errors.Is(err, lineitem.ErrInexact) || fits(want) {
					t.Fatalf("%s / %s to %d places, %v: %v, want %s", x, y, places, mode, err, want.RatString())
				}
				continue
			}
			if rat(t, got.String()).Cmp(want) != 0 {
				t.Fatalf("%s / %s to %d places, %v: %s, want %s", x, y, places, mode, got, want.RatString())
			}
		}
	})
}

// fuzzed returns a number and its exact value, or nil if the tests do not compute with it.
func fuzzed(t *testing.T, s string) (lineitem.Decimal, *big.Rat) {
	if len(s) > 200 {
		return lineitem.Decimal{}, nil
	}
	d, err := lineitem.ParseDecimal(s)
	if err != nil || d.IsNull() {
		return lineitem.Decimal{}, nil
	}
	exact := rat(t, d.String())
	if exact == nil || len(exact.RatString()) > reach/4 {
		return lineitem.Decimal{}, nil
	}
	return d, exact
}

// rounded is what Round and Quo must return, by the definition of each mode: one of the two
// multiples of 10^-places next to the number.
func rounded(r *big.Rat, places int, mode lineitem.RoundingMode) *big.Rat {
	unit := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(places, -places))), nil))
	if places > 0 {
		unit.Inv(unit)
	}
	scaled := new(big.Rat).Quo(r, unit)
	floor := new(big.Int).Div(scaled.Num(), scaled.Denom()) // Euclidean: toward negative infinity
	ceiling := new(big.Int).Set(floor)
	if !scaled.IsInt() {
		ceiling.Add(ceiling, big.NewInt(1))
	}
	toZero, fromZero := floor, ceiling
	if r.Sign() < 0 {
		toZero, fromZero = ceiling, floor
	}
	below := new(big.Rat).Sub(scaled, new(big.Rat).SetInt(floor))
	above := new(big.Rat).Sub(new(big.Rat).SetInt(ceiling), scaled)
	nearer := below.Cmp(above)
	var chosen *big.Int
	switch {
	case mode == lineitem.RoundingModeDown:
		chosen = toZero
	case mode == lineitem.RoundingModeUp:
		chosen = fromZero
	case mode == lineitem.RoundingModeFloor || mode >= lineitem.RoundingModeHalfUp && nearer < 0:
		chosen = floor
	case mode == lineitem.RoundingModeCeiling || nearer > 0:
		chosen = ceiling
	case mode == lineitem.RoundingModeHalfUp:
		chosen = fromZero
	case floor.Bit(0) == 0:
		chosen = floor
	default:
		chosen = ceiling
	}
	return unit.Mul(unit, new(big.Rat).SetInt(chosen))
}

// TestQuoOfRandomNumbers covers quotients that are near the limits of 34 digits.
func TestQuoOfRandomNumbers(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	number := func() lineitem.Decimal {
		digits := fmt.Sprintf("%d%018d", r.Int64N(1e16), r.Int64N(1e18))
		return decimal(t, fmt.Sprintf("%se%d", digits[:1+r.IntN(len(digits))], r.IntN(60)-30))
	}
	for range 20_000 {
		x, y, places := number(), number(), r.IntN(120)-60
		if y.Sign() == 0 {
			continue
		}
		mode := lineitem.PossibleRoundingModeValues()[r.IntN(6)]
		want := rounded(new(big.Rat).Quo(rat(t, x.String()), rat(t, y.String())), places, mode)
		got, err := x.Quo(y, places, mode)
		if (err == nil) != fits(want) || err == nil && rat(t, got.String()).Cmp(want) != 0 {
			t.Fatalf("%s / %s to %d places, %v: %s, %v; want %s", x, y, places, mode, got, err, want.RatString())
		}
	}
}
