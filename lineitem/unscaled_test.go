package lineitem_test

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/partnerbilling/sdk-go/lineitem"
)

// wide returns the integer of 128 bits.
func wide(hi int64, lo uint64) *big.Int {
	n := new(big.Int).Lsh(big.NewInt(hi), 64)
	return n.Add(n, new(big.Int).SetUint64(lo))
}

func TestUnscaled(t *testing.T) {
	nines := strings.Repeat("9", 34)
	for _, tc := range []struct {
		in    string
		scale int
		want  string // "" for an error that is err
		err   error
	}{
		{"0", 24, "0", nil},
		{"0e6000", 0, "0", nil},
		{"-0", 38, "0", nil},
		{"1", 0, "1", nil},
		{"-1", 0, "-1", nil},
		{"1.50", 1, "15", nil},
		{"-1.50", 2, "-150", nil},
		{"1.5000000000000000000000000", 1, "15", nil},
		{"0.1999968000511991808131", 24, "199996800051199180813100", nil},
		{"18446744073709551615", 0, "18446744073709551615", nil},
		{"18446744073709551616", 0, "18446744073709551616", nil},
		{"-18446744073709551616", 0, "-18446744073709551616", nil},
		{"-18446744073709551616", 18, "-18446744073709551616000000000000000000", nil},
		{"99999999999999", 24, "99999999999999" + strings.Repeat("0", 24), nil},
		{nines, 4, nines + "0000", nil},
		{"-0.0001" + nines[:30], 38, "-1" + nines[:30] + "0000", nil},
		{"1e37", 0, "1" + strings.Repeat("0", 37), nil},
		{"1e37", 1, "", lineitem.ErrOverflow},
		{"1e38", 0, "", lineitem.ErrOverflow},
		{"1", 38, "", lineitem.ErrOverflow},
		{"-1", 38, "", lineitem.ErrOverflow},
		{"1e6000", 38, "", lineitem.ErrOverflow},
		{"100000000000000", 24, "", lineitem.ErrOverflow},
		{nines, 5, "", lineitem.ErrOverflow},
		{"1.5", 0, "", lineitem.ErrInexact},
		{"0." + nines, 33, "", lineitem.ErrInexact},
		{"1e-25", 24, "", lineitem.ErrInexact},
		{"1e-6000", 38, "", lineitem.ErrInexact},
		{"1000000000000000000000.1", 0, "", lineitem.ErrInexact},
	} {
		hi, lo, err := decimal(t, tc.in).Unscaled(tc.scale)
		switch {
		case tc.want == "" && (!errors.Is(err, tc.err) || hi != 0 || lo != 0):
			t.Errorf("%s at scale %d: %v, %v; want %v", tc.in, tc.scale, wide(hi, lo), err, tc.err)
		case tc.want != "" && (err != nil || wide(hi, lo).String() != tc.want):
			t.Errorf("%s at scale %d: %v, %v; want %s", tc.in, tc.scale, wide(hi, lo), err, tc.want)
		}
		if err != nil && strings.Contains(err.Error(), tc.in) {
			t.Errorf("%v has the value", err)
		}
	}
	if _, _, err := (lineitem.Decimal{}).Unscaled(24); err == nil {
		t.Error("null was taken for a number")
	}
	for _, scale := range []int{-1, 39, math.MaxInt} {
		if _, _, err := decimal(t, "0").Unscaled(scale); err == nil {
			t.Errorf("scale %d was accepted", scale)
		}
	}
}

// Results of arithmetic have forms that no parsed number has: a coefficient of 35 digits, and zeros
// with an exponent.
func TestUnscaledOfResults(t *testing.T) {
	sum, err := decimal(t, "9999999999999999999999999999999999").Add(decimal(t, "1"))
	if err != nil {
		t.Fatal(err)
	}
	if hi, lo, err := sum.Unscaled(3); err != nil || wide(hi, lo).String() != "1"+strings.Repeat("0", 37) {
		t.Errorf("%v, %v", wide(hi, lo), err)
	}
	none, err := decimal(t, "1e-30").Sub(decimal(t, "1e-30"))
	if err != nil {
		t.Fatal(err)
	}
	if hi, lo, err := none.Unscaled(0); err != nil || hi != 0 || lo != 0 {
		t.Errorf("%v, %v", wide(hi, lo), err)
	}
}

func TestUnscaledDoesNotAllocate(t *testing.T) {
	d := decimal(t, "-0.1999968000511991808131")
	if n := testing.AllocsPerRun(100, func() {
		if _, _, err := d.Unscaled(24); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzUnscaled compares with math/big.
func FuzzUnscaled(f *testing.F) {
	for _, s := range []string{"0", "-0.0", "1.50", "1e37", "-98765432109.87", "0.1999968000511991808131", "9999999999999999999999999999999999", "12981e30", "170141183460469231731687303715884105728"} {
		for _, scale := range []uint8{0, 4, 24, 38} {
			f.Add(s, scale)
		}
	}
	f.Fuzz(func(t *testing.T, s string, scale uint8) {
		d, err := lineitem.ParseDecimal(s)
		if err != nil || d.IsNull() || len(s) > 200 || scale > lineitem.MaxPrecision {
			return
		}
		exact := rat(t, d.String())
		if exact == nil {
			return
		}
		ten := big.NewInt(10)
		exact.Mul(exact, new(big.Rat).SetInt(new(big.Int).Exp(ten, big.NewInt(int64(scale)), nil)))
		limit := new(big.Rat).SetInt(new(big.Int).Exp(ten, big.NewInt(38), nil))
		hi, lo, err := d.Unscaled(int(scale))
		switch small := new(big.Rat).Abs(exact).Cmp(limit) < 0; {
		case exact.IsInt() && small:
			if err != nil || wide(hi, lo).Cmp(exact.Num()) != 0 {
				t.Fatalf("%s at scale %d: %v, %v; want %v", d, scale, wide(hi, lo), err, exact.Num())
			}
		case !exact.IsInt() && errors.Is(err, lineitem.ErrInexact), !small && errors.Is(err, lineitem.ErrOverflow):
		default:
			t.Fatalf("%s at scale %d: %v, %v", d, scale, wide(hi, lo), err)
		}
	})
}

func BenchmarkUnscaled(b *testing.B) {
	for _, s := range []string{"12.5", "0.0209496384791679", "0.1999968000511991808131"} {
		d := decimal(b, s)
		b.Run(s, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := d.Unscaled(24); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// A DECIMAL(38,24) of Parquet, Arrow or a database stores the number as an integer of 128 bits.
func ExampleDecimal_Unscaled() {
	amount, err := lineitem.ParseDecimal("-0.1999968000511991808131")
	if err != nil {
		fmt.Println(err)
		return
	}
	hi, lo, err := amount.Unscaled(24)
	fmt.Println(hi, lo, err)

	_, _, err = amount.Unscaled(18)
	fmt.Println(err)
	fmt.Println(errors.Is(err, lineitem.ErrInexact))
	// Output:
	// -10842 2799195959777807572 <nil>
	// lineitem: unscaled: number has more decimal places than the scale; use a larger scale or text
	// true
}
