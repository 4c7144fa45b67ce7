package lineitem_test

import (
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/partnerbilling/sdk-go/lineitem"
)

func TestTotals(t *testing.T) {
	var totals lineitem.Totals
	if totals.String() != "" || totals.Text("USD") != "" {
		t.Error("empty totals are not empty")
	}
	totals.Add("USD", decimal(t, "0.1"))
	totals.Add("EUR", decimal(t, "-7"))
	totals.Add("USD", decimal(t, "0.2"))
	totals.Add("USD", lineitem.Decimal{})
	totals.Add("GBP", lineitem.Decimal{})
	if got := totals.String(); got != "EUR -7, GBP 0 (1 null), USD 0.3 (1 null)" {
		t.Errorf("got %s", got)
	}
	if sum, err := totals.Sum("USD"); err != nil || sum.Cmp(decimal(t, "0.3")) != 0 {
		t.Errorf("sum %s, %v", sum, err)
	}
	if sum, err := totals.Sum("CHF"); err != nil || !sum.IsNull() {
		t.Errorf("a currency that never was: %s, %v", sum, err)
	}
}

// TestTotalsAreExact adds values that no decimal of fixed length can add.
func TestTotalsAreExact(t *testing.T) {
	var totals lineitem.Totals
	largest := decimal(t, strings.Repeat("9", 34))
	for range 100_000 { // more than 128 bits hold
		totals.Add("USD", largest)
	}
	totals.Add("USD", decimal(t, "1e-60"))
	totals.Add("USD", decimal(t, "1e100"))
	want := new(big.Int).Sub(new(big.Int).Exp(big.NewInt(10), big.NewInt(34), nil), big.NewInt(1))
	want.Mul(want, big.NewInt(100_000))
	want.Add(want, new(big.Int).Exp(big.NewInt(10), big.NewInt(100), nil))
	if got := totals.Text("USD"); got != want.String()+"."+strings.Repeat("0", 59)+"1" {
		t.Errorf("got %s", got)
	}
	if _, err := totals.Sum("USD"); !errors.Is(err, lineitem.ErrInexact) {
		t.Errorf("Sum: %v, want ErrInexact", err)
	}
	for range 100_000 {
		totals.Add("USD", largest.Neg())
	}
	totals.Add("USD", decimal(t, "-1e-60"))
	if got := totals.Text("USD"); got != "1E+100" {
		t.Errorf("after taking all back: %s", got)
	}
}

func TestTotalsMergeAndOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var one, a, b lineitem.Totals
	want := new(big.Rat)
	for i := range 10_000 {
		d, err := lineitem.NewDecimal(r.Int64()-r.Int64(), -r.IntN(30))
		if err != nil {
			t.Fatal(err)
		}
		want.Add(want, rat(t, d.String()))
		one.Add("USD", d)
		if i%3 == 0 {
			a.Add("USD", d)
		} else {
			b.Add("USD", d)
		}
	}
	b.Merge(&a)
	if !one.Equal(&b) || !b.Equal(&one) || one.Equal(&a) {
		t.Error("merged totals differ")
	}
	if rat(t, one.Text("USD")).Cmp(want) != 0 {
		t.Errorf("sum %s, want %s", one.Text("USD"), want.FloatString(40))
	}
}

func TestTotalsPrintByValue(t *testing.T) {
	var totals lineitem.Totals
	totals.Add("USD", decimal(t, "0.30"))
	totals.Add("EUR", decimal(t, "-7"))
	type report struct {
		Name string
		Sums lineitem.Totals
		More *lineitem.Totals
	}
	for _, tc := range []struct{ got, want string }{
		{fmt.Sprint(totals), "EUR -7, USD 0.3"},
		{fmt.Sprint(&totals), "EUR -7, USD 0.3"},
		{fmt.Sprintf("%v|%s|%+v|%q", totals, totals, totals, totals), `EUR -7, USD 0.3|EUR -7, USD 0.3|EUR -7, USD 0.3|"EUR -7, USD 0.3"`},
		{fmt.Sprintf("%v", report{Name: "May", Sums: totals}), "{May EUR -7, USD 0.3 <nil>}"},
		{fmt.Sprintf("%+v", report{Name: "May", Sums: totals}), "{Name:May Sums:EUR -7, USD 0.3 More:<nil>}"},
		{fmt.Sprintf("%v", map[string]lineitem.Totals{"May": totals}), "map[May:EUR -7, USD 0.3]"},
		{fmt.Sprint([]lineitem.Totals{totals, {}}), "[EUR -7, USD 0.3 ]"},
	} {
		if tc.got != tc.want {
			t.Errorf("printed %s, want %s", tc.got, tc.want)
		}
	}
}

// TestCopiedTotals states what the documentation says of copies.
func TestCopiedTotals(t *testing.T) {
	one := decimal(t, "1")
	var empty lineitem.Totals
	independent := empty
	empty.Add("USD", one)
	if independent.String() != "" {
		t.Errorf("a copy of empty totals: %s", independent)
	}
	original := empty
	original.Add("USD", one)
	shared := original
	shared.Add("USD", one)
	shared.Add("EUR", one)
	original.Add("EUR", one)
	for _, totals := range []lineitem.Totals{empty, original, shared} {
		if got := totals.String(); got != "EUR 2, USD 3" {
			t.Errorf("shared sums: %s", got)
		}
	}
	var merged lineitem.Totals
	merged.Merge(&original)
	original.Add("USD", one)
	merged.Add("EUR", one)
	if merged.String() != "EUR 3, USD 3" || original.String() != "EUR 2, USD 4" {
		t.Errorf("after Merge: %s and %s", merged, original)
	}
}

// Nulls are counted by currency, and merged.
func TestTotalsCountNulls(t *testing.T) {
	var a, b lineitem.Totals
	one, err := lineitem.NewDecimal(1, 0)
	if err != nil {
		t.Fatal(err)
	}
	a.Add("EUR", lineitem.Decimal{})
	a.Add("EUR", one)
	b.Add("EUR", lineitem.Decimal{})
	b.Add("USD", lineitem.Decimal{})
	a.Merge(&b)
	if a.Nulls("EUR") != 2 || a.Nulls("USD") != 1 || a.Nulls("GBP") != 0 || a.String() != "EUR 1 (2 null), USD 0 (1 null)" {
		t.Errorf("EUR %d, USD %d, GBP %d, %v", a.Nulls("EUR"), a.Nulls("USD"), a.Nulls("GBP"), a)
	}
}
