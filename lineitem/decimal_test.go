package lineitem_test

import (
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/partnerbilling/sdk-go/lineitem"
)

var (
	_ sql.Scanner    = (*lineitem.Decimal)(nil)
	_ driver.Valuer  = lineitem.Decimal{}
	_ json.Marshaler = lineitem.Decimal{}
)

func decimal(t testing.TB, s string) lineitem.Decimal {
	t.Helper()
	d, err := lineitem.ParseDecimal(s)
	if err != nil {
		t.Fatalf("ParseDecimal(%q): %v", s, err)
	}
	return d
}

func TestParseDecimal(t *testing.T) {
	nines := strings.Repeat("9", 34)
	for _, tc := range []struct {
		in, want string
		err      error
	}{
		{in: "", want: "null"},
		{in: "0", want: "0"},
		{in: "-0", want: "0"},
		{in: "0.00", want: "0"},
		{in: "0e9999999999999999999999", want: "0"},
		{in: "1", want: "1"},
		{in: "-1", want: "-1"},
		{in: "+1", want: "1"},
		{in: "007", want: "7"},
		{in: ".5", want: "0.5"},
		{in: "5.", want: "5"},
		{in: "1.50", want: "1.50"},
		{in: "0.1999968000511991808131", want: "0.1999968000511991808131"},
		{in: "0.0209496384791679", want: "0.0209496384791679"},
		{in: "98765432109.87", want: "98765432109.87"},
		{in: "1E-05", want: "0.00001"},
		{in: "1e400", want: "1E+400"},
		{in: "12e2", want: "1200"},
		{in: "1.5e-50", want: "15E-51"},
		{in: nines, want: nines},
		{in: "-0." + nines, want: "-0." + nines},
		{in: nines + "000", want: nines + "000"},
		{in: "1." + strings.Repeat("0", 60), want: "1." + strings.Repeat("0", 33)},
		{in: strings.Repeat("0", 60) + "1", want: "1"},
		{in: "0." + strings.Repeat("0", 60) + "1", want: "1E-61"},
		{in: "1e6144", want: "1000000000000000000000000000000000E+6111"},
		{in: "1000e-6179", want: "1E-6176"},
		{in: "9" + nines, err: lineitem.ErrInexact},
		{in: "0.1234567890123456789012345678901234567890", err: lineitem.ErrInexact},
		{in: "1e6145", err: lineitem.ErrInexact},
		{in: "1e-6177", err: lineitem.ErrInexact},
		{in: "1e99999999999999999999", err: lineitem.ErrInexact},
		{in: "-", err: lineitem.ErrNotNumber},
		{in: ".", err: lineitem.ErrNotNumber},
		{in: "1e", err: lineitem.ErrNotNumber},
		{in: "1e+", err: lineitem.ErrNotNumber},
		{in: "1.2.3", err: lineitem.ErrNotNumber},
		{in: "1,5", err: lineitem.ErrNotNumber},
		{in: "1_000", err: lineitem.ErrNotNumber},
		{in: " 1", err: lineitem.ErrNotNumber},
		{in: "1 ", err: lineitem.ErrNotNumber},
		{in: "0x10", err: lineitem.ErrNotNumber},
		{in: "NaN", err: lineitem.ErrNotNumber},
		{in: "Infinity", err: lineitem.ErrNotNumber},
		{in: "null", err: lineitem.ErrNotNumber},
	} {
		d, err := lineitem.ParseDecimal(tc.in)
		if !errors.Is(err, tc.err) {
			t.Errorf("%q: error %v, want %v", tc.in, err, tc.err)
			continue
		}
		if err == nil && d.String() != tc.want {
			t.Errorf("%q: %s, want %s", tc.in, d, tc.want)
		}
	}
}

func TestNullIsNotZero(t *testing.T) {
	var null lineitem.Decimal
	zero := decimal(t, "0")
	if !null.IsNull() || zero.IsNull() || zero.Sign() != 0 {
		t.Error("null and zero are not distinguished")
	}
	if null.Cmp(zero) != -1 || zero.Cmp(null) != 1 || null.Cmp(lineitem.Decimal{}) != 0 {
		t.Error("null must equal null and be less than every number")
	}
	for name, op := range operations {
		for _, pair := range [][2]lineitem.Decimal{{null, zero}, {zero, null}, {null, null}} {
			if r, err := op.decimal(pair[0], pair[1]); err != nil || !r.IsNull() {
				t.Errorf("%s with null: %s, %v", name, r, err)
			}
		}
	}
	if !null.Neg().IsNull() {
		t.Error("null must stay null")
	}
}

var operations = map[string]struct {
	decimal func(a, b lineitem.Decimal) (lineitem.Decimal, error)
	exact   func(z, a, b *big.Rat) *big.Rat
}{
	"add": {lineitem.Decimal.Add, (*big.Rat).Add},
	"sub": {lineitem.Decimal.Sub, (*big.Rat).Sub},
	"mul": {lineitem.Decimal.Mul, (*big.Rat).Mul},
}

func TestInexactArithmetic(t *testing.T) {
	nines := decimal(t, strings.Repeat("9", 34))
	for name, f := range map[string]func() (lineitem.Decimal, error){
		"35 digits":      func() (lineitem.Decimal, error) { return nines.Add(decimal(t, "1.5")) },
		"far apart":      func() (lineitem.Decimal, error) { return decimal(t, "1e30").Add(decimal(t, "1e-30")) },
		"long product":   func() (lineitem.Decimal, error) { return nines.Mul(nines) },
		"too large":      func() (lineitem.Decimal, error) { return decimal(t, "1e6111").Mul(decimal(t, "1e6111")) },
		"too small":      func() (lineitem.Decimal, error) { return decimal(t, "1e-6000").Mul(decimal(t, "1e-6000")) },
		"35 digits, sub": func() (lineitem.Decimal, error) { return nines.Neg().Sub(decimal(t, "2")) },
	} {
		if r, err := f(); !errors.Is(err, lineitem.ErrInexact) {
			t.Errorf("%s: %s, %v; want ErrInexact", name, r, err)
		}
	}
	if r, err := nines.Add(decimal(t, "1")); err != nil || r.Cmp(decimal(t, "1e34")) != 0 {
		t.Errorf("34 nines and one: %s, %v; want 1e34, which has one digit", r, err)
	}
}

func TestDecimalFormats(t *testing.T) {
	d := decimal(t, "-1234.5678")
	var null lineitem.Decimal
	for _, tc := range []struct{ got, want string }{
		{fmt.Sprintf("%v|%s|%q|%+v", d, d, d, d), `-1234.5678|-1234.5678|"-1234.5678"|-1234.5678`},
		{fmt.Sprintf("%12s|%-12s|", d, d), "  -1234.5678|-1234.5678  |"},
		{fmt.Sprintf("%.2f", d), "-1234.57"},
		{fmt.Sprintf("%#v", d), "lineitem.Decimal(-1234.5678)"},
		{fmt.Sprintf("%d", d), "-1234.5678"},
		{fmt.Sprintf("%v|%.2f", null, null), "null|null"},
		{fmt.Sprintf("%v", struct{ A lineitem.Decimal }{d}), "{-1234.5678}"},
	} {
		if tc.got != tc.want {
			t.Errorf("got %s, want %s", tc.got, tc.want)
		}
	}
}

func TestDecimalJSON(t *testing.T) {
	type row struct {
		A lineitem.Decimal
		B lineitem.Decimal `json:",omitzero"`
	}
	out, err := json.Marshal(row{})
	if err != nil || string(out) != `{"A":null}` {
		t.Errorf("null: %s, %v", out, err)
	}
	if out, err = json.Marshal(row{B: decimal(t, "0")}); err != nil || string(out) != `{"A":null,"B":0}` {
		t.Errorf("a zero was omitted, which would be decoded as null: %s, %v", out, err)
	}
	var r row
	if err := json.Unmarshal([]byte(`{"A":"0.1999968000511991808131","B":1E-05}`), &r); err != nil {
		t.Fatal(err)
	}
	if out, err = json.Marshal(r); err != nil || string(out) != `{"A":0.1999968000511991808131,"B":0.00001}` {
		t.Errorf("numbers: %s, %v", out, err)
	}
	for _, bad := range []string{`{"A":true}`, `{"A":[1]}`, `{"A":"x"}`, `{"A":{}}`} {
		if err := json.Unmarshal([]byte(bad), &r); err == nil {
			t.Errorf("%s was accepted", bad)
		}
	}
}

func TestDecimalSQL(t *testing.T) {
	var d lineitem.Decimal
	for _, src := range []any{"1.50", []byte("1.50")} {
		if err := d.Scan(src); err != nil || d.String() != "1.50" {
			t.Errorf("Scan(%T): %s, %v", src, d, err)
		}
	}
	if err := d.Scan(int64(-9223372036854775808)); err != nil || d.String() != "-9223372036854775808" {
		t.Errorf("Scan(int64): %s, %v", d, err)
	}
	if err := d.Scan(1.5); err == nil {
		t.Error("a float64 was accepted, which is not exact")
	}
	if err := d.Scan(nil); err != nil || !d.IsNull() {
		t.Errorf("Scan(nil): %s, %v", d, err)
	}
	if v, err := d.Value(); v != nil || err != nil {
		t.Errorf("Value of null: %v, %v", v, err)
	}
	if v, err := decimal(t, "1.50").Value(); v != "1.50" || err != nil {
		t.Errorf("Value: %v, %v", v, err)
	}
}

// decomposed is a driver's decimal type that has the interface of database/sql.
type decomposed struct {
	form        byte
	negative    bool
	coefficient []byte
	exponent    int32
}

func (d decomposed) Decompose([]byte) (form byte, negative bool, coefficient []byte, exponent int32) {
	return d.form, d.negative, d.coefficient, d.exponent
}

func TestDecimalScansDecomposedNumbers(t *testing.T) {
	for _, s := range []string{"0", "1.50", "-98765432109.87", "0.1999968000511991808131", "1e6111", "1e-6176", strings.Repeat("9", 34)} {
		d := decimal(t, s)
		digits, exp := d.Abs().String(), 0
		if strings.Contains(digits, "E") {
			digits, exp = "1", int(map[bool]int{true: 6111, false: -6176}[s == "1e6111"])
		} else if whole, fraction, ok := strings.Cut(digits, "."); ok {
			digits, exp = whole+fraction, -len(fraction)
		}
		c, _ := new(big.Int).SetString(digits, 10)
		var back lineitem.Decimal
		if err := back.Scan(decomposed{0, d.Sign() < 0, c.Bytes(), int32(exp)}); err != nil || !back.Equal(d) {
			t.Errorf("%q: %s, %v", s, back, err)
		}
	}
	kept := decimal(t, "7")
	d := kept
	if err := d.Scan(decomposed{form: 1}); err == nil {
		t.Error("infinity was accepted")
	}
	if err := d.Scan(decomposed{form: 2}); err == nil {
		t.Error("NaN was accepted")
	}
	if d != kept {
		t.Errorf("a failed Scan has changed the value to %s", d)
	}
	long := new(big.Int).Exp(big.NewInt(10), big.NewInt(80), nil)
	if err := d.Scan(decomposed{0, true, long.Bytes(), -80}); err != nil || !d.Equal(decimal(t, "-1")) {
		t.Errorf("a long coefficient of zeros: %s, %v", d, err)
	}
	if err := d.Scan(decomposed{0, false, long.Add(long, big.NewInt(1)).Bytes(), 0}); !errors.Is(err, lineitem.ErrInexact) {
		t.Errorf("81 digits: %v, want ErrInexact", err)
	}
}

// fixed is a driver's decimal type as DuckDB's, with a text and a lossy number.
type fixed string

func (f fixed) String() string   { return string(f) }
func (f fixed) Float64() float64 { return 0 }

// TestDecimalIsAnArgumentOfEveryDriver asserts what makes package database/sql call Value: a type
// that is a driver.Value already reaches the driver as it is, and drivers know no decimals.
func TestDecimalIsAnArgumentOfEveryDriver(t *testing.T) {
	long := strings.Repeat("9", 34)
	number, null := decimal(t, long), lineitem.Decimal{}
	for _, tc := range []struct {
		name string
		arg  any
		want driver.Value
	}{
		{"number", number, long},
		{"pointer", &number, long},
		{"negative scale", decimal(t, "12e3"), "12000"},
		{"null", null, nil},
		{"pointer to null", &null, nil},
		{"nil pointer", (*lineitem.Decimal)(nil), nil},
		{"sql.Null", sql.Null[lineitem.Decimal]{}, nil},
	} {
		if driver.IsValue(tc.arg) {
			t.Errorf("%s: database/sql does not call Value", tc.name)
		}
		if got, err := driver.DefaultParameterConverter.ConvertValue(tc.arg); err != nil || got != tc.want {
			t.Errorf("%s: driver gets %v (%T), %v; want %v", tc.name, got, got, err, tc.want)
		}
	}
}

func TestDecimalScansWhatDriversReturn(t *testing.T) {
	huge, _ := new(big.Int).SetString("-"+strings.Repeat("9", 34), 10)
	for _, tc := range []struct {
		src  any
		want string
	}{
		{int8(-7), "-7"},
		{int32(7), "7"},
		{uint64(math.MaxUint64), "18446744073709551615"},
		{huge, huge.String()},
		{(*big.Int)(nil), "null"},
		{fixed("-0.30"), "-0.30"},
		{json.Number("1.50"), "1.50"},
		{decimal(t, "1.50"), "1.50"},
		{"", "null"},
	} {
		d := decimal(t, "5")
		if err := d.Scan(tc.src); err != nil || d.String() != tc.want {
			t.Errorf("%T: %s, %v; want %s", tc.src, d, err, tc.want)
		}
	}
	for _, src := range []any{float32(1), 1.5, true, time.Time{}, big.NewFloat(1.5), fixed("NaN"), new(big.Int).Mul(huge, huge), struct{}{}} {
		d := decimal(t, "5")
		if err := d.Scan(src); err == nil || d.String() != "5" {
			t.Errorf("%T was accepted: %s", src, d)
		}
	}
}

// FuzzDecimal compares parsing, formatting and arithmetic with math/big.
func FuzzDecimal(f *testing.F) {
	for _, s := range []string{"0", "-0.0", "1.50", "1e-05", "-98765432109.87", "0.1999968000511991808131", "9999999999999999999999999999999999", "12981e30", "1e34", "5e-34"} {
		f.Add(s, "3.7")
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		if len(a) > 200 || len(b) > 200 {
			return
		}
		x, errX := lineitem.ParseDecimal(a)
		y, errY := lineitem.ParseDecimal(b)
		if errX != nil || errY != nil || x.IsNull() || y.IsNull() {
			return
		}
		for s, d := range map[string]lineitem.Decimal{a: x, b: y} {
			if exact := rat(t, s); exact != nil && (rat(t, d.String()) == nil || exact.Cmp(rat(t, d.String())) != 0) {
				t.Fatalf("%q was parsed as %s", s, d)
			}
			if again := decimal(t, d.String()); again.Cmp(d) != 0 || again.String() != d.String() {
				t.Fatalf("%s was parsed again as %s", d, again)
			}
		}
		ratX, ratY := rat(t, x.String()), rat(t, y.String())
		if ratX == nil || ratY == nil || max(len(ratX.RatString()), len(ratY.RatString())) > reach/3 {
			return
		}
		if got, want := x.Cmp(y), ratX.Cmp(ratY); got != want {
			t.Fatalf("%s cmp %s: %d, want %d", x, y, got, want)
		}
		for name, op := range operations {
			want := op.exact(new(big.Rat), ratX, ratY)
			got, err := op.decimal(x, y)
			if err != nil {
				if fits(want) {
					t.Fatalf("%s %s %s: %v, but %s fits", x, name, y, err, want.RatString())
				}
				continue
			}
			if rat(t, got.String()).Cmp(want) != 0 {
				t.Fatalf("%s %s %s: %s, want %s", x, name, y, got, want.RatString())
			}
		}
		var totals lineitem.Totals
		totals.Add("USD", x)
		totals.Add("USD", y)
		totals.Add("USD", x)
		want := new(big.Rat).Add(ratX, ratY)
		if want.Add(want, ratX); rat(t, totals.Text("USD")).Cmp(want) != 0 {
			t.Fatalf("total of %s, %s, %s: %s", x, y, x, totals.Text("USD"))
		}
	})
}

// reach is the largest exponent that the tests compute with.
const reach = 2000

// rat parses a number exactly. It returns nil if the exponent makes that too slow.
func rat(t *testing.T, s string) *big.Rat {
	t.Helper()
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		exp, err := strconv.Atoi(s[i+1:])
		if err != nil || exp > reach || exp < -reach {
			return nil
		}
	}
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		t.Fatalf("math/big does not parse %q", s)
	}
	return r
}

// fits reports whether a number has at most 34 digits, for exponents within reach.
func fits(r *big.Rat) bool {
	digits := new(big.Rat).Set(r)
	for range reach {
		if digits.IsInt() {
			break
		}
		digits.Mul(digits, big.NewRat(10, 1))
	}
	text := strings.TrimRight(new(big.Int).Abs(digits.Num()).String(), "0")
	return digits.IsInt() && len(text) <= 34
}
