package lineitem_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/partnerbilling/sdk-go/lineitem"
)

type productOf struct {
	Customer string
	Product  int
}

func TestGroups(t *testing.T) {
	var g lineitem.Groups[productOf]
	if g.Len() != 0 || g.String() != "" || len(g.Keys()) != 0 || !g.Equal(nil) {
		t.Error("empty groups are not empty")
	}
	g.Add(productOf{"b", 2}, "USD", decimal(t, "0.1"))
	g.Add(productOf{"b", 10}, "USD", decimal(t, "7"))
	g.Add(productOf{"a", 2}, "EUR", lineitem.Decimal{})
	g.Add(productOf{"b", 2}, "USD", decimal(t, "0.2"))
	g.Add(productOf{"b", 2}, "EUR", decimal(t, "-1"))
	if got, want := g.String(), "{a 2}: EUR 0 (1 null)\n{b 2}: EUR -1, USD 0.3\n{b 10}: USD 7"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := fmt.Sprint(g.Total()); got != "EUR -1 (1 null), USD 7.3" {
		t.Errorf("total %s", got)
	}
	if got := g.Totals(productOf{"b", 2}).Text("USD"); got != "0.3" {
		t.Errorf("one key: %s", got)
	}
	if got := g.Totals(productOf{"c", 2}); got.String() != "" || g.Len() != 3 {
		t.Errorf("a key that never was: %s", got)
	}
	for key, totals := range g.All() {
		if key != (productOf{"a", 2}) || totals.String() != "EUR 0 (1 null)" {
			t.Errorf("first is %v: %v", key, totals)
		}
		break
	}
}

func TestGroupsMergeAndOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var one, a, b lineitem.Groups[int]
	for i := range 10_000 {
		d, err := lineitem.NewDecimal(r.Int64()-r.Int64(), -r.IntN(30))
		if err != nil {
			t.Fatal(err)
		}
		key, currency := r.IntN(50)-25, []string{"EUR", "USD"}[r.IntN(2)]
		one.Add(key, currency, d)
		if i%3 == 0 {
			a.Add(key, currency, d)
		} else {
			b.Add(key, currency, d)
		}
	}
	b.Merge(&a)
	b.Merge(nil)
	if !one.Equal(&b) || !b.Equal(&one) || one.Equal(&a) {
		t.Error("merged groups differ")
	}
	if !slices.IsSorted(one.Keys()) {
		t.Errorf("keys are not in order: %v", one.Keys())
	}
	var independent lineitem.Groups[int]
	independent.Merge(&one)
	independent.Add(0, "USD", decimal(t, "1"))
	if !one.Equal(&b) || independent.Equal(&one) {
		t.Error("Merge shares sums")
	}
}

// TestRankingDropsNothing compares the parts of every ranking with the whole.
func TestRankingDropsNothing(t *testing.T) {
	var g lineitem.Groups[string]
	long := strings.Repeat("9", 34)
	for key, amount := range map[string]string{"credit": "-12.50", "b": "3", "a": "3.0", "zero": "0", "null": "", "tiny": "1e-60", "huge": long} {
		g.Add(key, "USD", decimal(t, amount))
	}
	// Sums that differ only beyond 34 digits.
	g.Add("more", "USD", decimal(t, long))
	g.Add("more", "USD", decimal(t, "1e-60"))
	g.Add("other currency", "EUR", decimal(t, "5"))
	order := []string{"more", "huge", "a", "b", "tiny", "null", "zero", "credit"}
	total := g.Total()
	for _, n := range []int{-1, 0, 1, 3, 8, 9, math.MaxInt} {
		r := g.Ranking("USD", n)
		want := order[:min(max(n, 0), len(order))]
		var keys []string
		sum := new(lineitem.Totals)
		for _, one := range r.Top {
			keys = append(keys, one.Key)
			sum.Merge(&one.Totals)
		}
		if !slices.Equal(keys, want) || r.Others != len(order)-len(want) {
			t.Errorf("top %d: %v and %d others, want %v", n, keys, r.Others, want)
		}
		sum.Merge(&r.Rest)
		if sum.Text("USD") != total.Text("USD") || len(sum.Currencies()) != 1 {
			t.Errorf("top %d: together %s, want %s", n, sum, total.Text("USD"))
		}
	}
	if r := g.Ranking("CHF", 3); len(r.Top) != 0 || r.Others != 0 || r.String() != "" {
		t.Errorf("a currency that never was: %+v", r)
	}
	before := g.String()
	r := g.Ranking("USD", 1)
	r.Top[0].Totals.Add("USD", decimal(t, "1"))
	r.Rest.Add("USD", decimal(t, "1"))
	if g.String() != before {
		t.Error("a ranking shares the sums of its groups")
	}
}

func TestGroupsOrderOfKeys(t *testing.T) {
	add := func(g *lineitem.Groups[any], keys ...any) {
		for _, key := range keys {
			g.Add(key, "USD", decimal(t, "1"))
		}
	}
	day := time.Date(2026, 5, 31, 0, 0, 0, 0, time.UTC)
	for _, keys := range [][]any{
		{-2, 1, 10},
		{"", "B", "a", "aa"},
		{uint8(2), uint8(10)},
		{-0.5, 2.0, 10.0},
		{false, true},
		{day, day.AddDate(0, 0, 1), day.AddDate(0, 1, 0)},
		{[2]int{1, 10}, [2]int{2, 1}},
		{productOf{"a", 10}, productOf{"b", 2}},
	} {
		var g lineitem.Groups[any]
		reversed := slices.Clone(keys)
		slices.Reverse(reversed)
		add(&g, reversed...)
		if got := g.Keys(); !slices.Equal(got, keys) {
			t.Errorf("got %v, want %v", got, keys)
		}
	}
	var nan lineitem.Groups[float64]
	nan.Add(math.NaN(), "USD", decimal(t, "1"))
	if got := nan.String(); got != "NaN: USD 1" {
		t.Errorf("a key that is not equal to itself: %s", got)
	}
}

func TestGroupsJSON(t *testing.T) {
	var g lineitem.Groups[productOf]
	g.Add(productOf{"b", 2}, "USD", decimal(t, strings.Repeat("9", 34)))
	g.Add(productOf{"b", 2}, "USD", decimal(t, "1e-60"))
	g.Add(productOf{"a", 2}, "EUR", decimal(t, "-0.10"))
	text, err := json.Marshal(map[string]any{"groups": g})
	want := `{"groups":[{"key":{"Customer":"a","Product":2},"totals":{"EUR":-0.1}},{"key":{"Customer":"b","Product":2},"totals":{"USD":` +
		strings.Repeat("9", 34) + "." + strings.Repeat("0", 59) + `1}}]}`
	if err != nil || string(text) != want {
		t.Errorf("got %s, %v", text, err)
	}
	var back struct{ Groups lineitem.Groups[productOf] }
	back.Groups.Add(productOf{"old", 1}, "USD", decimal(t, "1"))
	shared := back.Groups
	if err := json.Unmarshal(text, &back); err != nil || !back.Groups.Equal(&g) {
		t.Errorf("read back %s, %v", back.Groups, err)
	}
	if shared.String() != "{old 1}: USD 1" {
		t.Errorf("a copy was changed: %s", shared)
	}
	back.Groups.Add(productOf{"a", 2}, "EUR", decimal(t, "0.1"))
	if got := back.Groups.Totals(productOf{"a", 2}).Text("EUR"); got != "0" {
		t.Errorf("after one more: %s", got)
	}
	if err := json.Unmarshal([]byte(`{"groups":null}`), &back); err != nil || back.Groups.Len() != 0 {
		t.Errorf("null: %s, %v", back.Groups, err)
	}
	if text, err := json.Marshal(lineitem.Groups[string]{}); err != nil || string(text) != "[]" {
		t.Errorf("empty: %s, %v", text, err)
	}
	for _, bad := range []string{`{}`, `[{"key":"a"}]`, `[{"totals":{}}]`, `[{"key":1,"totals":{}}]`, `[{"key":"a","totals":{}},{"key":"a","totals":{}}]`, `[{"key":"a","totals":{"USD":"x"}}]`} {
		kept := lineitem.Groups[string]{}
		kept.Add("kept", "USD", decimal(t, "1"))
		if err := json.Unmarshal([]byte(bad), &kept); err == nil || kept.String() != "kept: USD 1" {
			t.Errorf("%s: %s, %v", bad, kept, err)
		}
	}
	type hidden struct{ name string }
	var same lineitem.Groups[hidden]
	same.Add(hidden{"a"}, "USD", decimal(t, "1"))
	same.Add(hidden{"b"}, "USD", decimal(t, "1"))
	if text, err := json.Marshal(same); err == nil {
		t.Errorf("keys that are the same in JSON: %s", text)
	}
}

func TestTotalsJSONAndText(t *testing.T) {
	long := strings.Repeat("9", 34)
	for name, amounts := range map[string][][2]string{
		"empty":     nil,
		"some":      {{"USD", "0.30"}, {"EUR", "-7"}, {"", "1"}, {`A "b" c`, "2"}},
		"null":      {{"USD", ""}},
		"nulls":     {{"USD", ""}, {"USD", "-0.5"}, {"USD", ""}, {"EUR", "1"}, {"", ""}, {"A (2 null)", "3"}},
		"long":      {{"USD", long}, {"USD", "1e-60"}},
		"overflow":  {{"USD", long}, {"USD", long}, {"USD", long}},
		"exponents": {{"USD", "1e6111"}, {"EUR", "-1e-6176"}, {"CHF", "1e100"}},
		"most":      {{"USD", "1e6111"}, {"USD", "1e-6176"}},
		"largest":   {{"USD", long + "e6111"}, {"USD", long + "e6111"}},
	} {
		var totals lineitem.Totals
		for _, a := range amounts {
			totals.Add(a[0], decimal(t, a[1]))
		}
		var back lineitem.Totals
		back.Add("old", decimal(t, "1"))
		shared := back
		text, err := json.Marshal(totals)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &back); err != nil || !back.Equal(&totals) || !sameNulls(back, totals) {
			t.Errorf("%s: JSON %.100s read back as %.100s, %v", name, text, back, err)
		}
		plain, err := totals.MarshalText()
		if err != nil || string(plain) != totals.String() {
			t.Errorf("%s: text %.100s, %v", name, plain, err)
		}
		back = lineitem.Totals{}
		if err := back.UnmarshalText(plain); err != nil || !back.Equal(&totals) || !sameNulls(back, totals) {
			t.Errorf("%s: text %.100s read back as %.100s, %v", name, plain, back, err)
		}
		if shared.String() != "old 1" {
			t.Errorf("%s: a copy was changed: %s", name, shared)
		}
	}
	var totals lineitem.Totals
	if err := json.Unmarshal([]byte(`{"USD":"1.50","EUR":2e1,"GBP":null}`), &totals); err != nil || totals.String() != "EUR 20, GBP 0, USD 1.5" {
		t.Errorf("got %s, %v", totals, err)
	}
	if err := json.Unmarshal([]byte(`null`), &totals); err != nil || totals.String() != "" {
		t.Errorf("null: %s, %v", totals, err)
	}
}

// sameNulls reports whether totals counted the same nulls.
func sameNulls(a, b lineitem.Totals) bool {
	return slices.Equal(a.Currencies(), b.Currencies()) &&
		!slices.ContainsFunc(a.Currencies(), func(currency string) bool { return a.Nulls(currency) != b.Nulls(currency) })
}

// Nulls are written where there are some, so that a sum is not taken for one of all rows.
func TestTotalsWriteNulls(t *testing.T) {
	var totals lineitem.Totals
	totals.Add("USD", decimal(t, "1.5"))
	for range 3 {
		totals.Add("EUR", lineitem.Decimal{})
	}
	text, err := json.Marshal(totals)
	if want := `{"EUR":{"sum":0,"nulls":3},"USD":1.5}`; err != nil || string(text) != want {
		t.Errorf("%s, %v, want %s", text, err, want)
	}
	if got := fmt.Sprint(totals); got != "EUR 0 (3 null), USD 1.5" {
		t.Errorf("printed %s", got)
	}
	for text, want := range map[string]string{
		`{"EUR":{"nulls":2,"sum":"1.50"}}`: "EUR 1.5 (2 null)",
		`{"EUR":{"sum":1,"nulls":0}}`:      "EUR 1",
		`{"EUR":{"sum":1}}`:                "EUR 1",
		`{"EUR":{"sum":null,"nulls":1}}`:   "EUR 0 (1 null)",
	} {
		var back lineitem.Totals
		if err := json.Unmarshal([]byte(text), &back); err != nil || back.String() != want {
			t.Errorf("%s: %s, %v, want %s", text, back, err, want)
		}
	}
	var groups, back lineitem.Groups[string]
	groups.Add("c", "EUR", lineitem.Decimal{})
	text, err = json.Marshal(groups)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &back); err != nil || back.String() != "c: EUR 0 (1 null)" {
		t.Errorf("%s read back as %s, %v", text, back, err)
	}
}

func TestTotalsAreNotReadFromOtherText(t *testing.T) {
	var totals lineitem.Totals
	totals.Add("kept", decimal(t, "1"))
	for _, bad := range []string{
		`[]`, `1`, `"USD 1"`, `{"USD":true}`, `{"USD":{}}`, `{"USD":[1]}`, `{"USD":""}`, `{"USD":"1 "}`, `{"USD":"+1"}`, `{"USD":"0x10"}`, `{"USD":"1_0"}`,
		`{"USD":1,"USD":1}`, `{"USD":1,"USD":null}`, `{"USD":null,"USD":null}`, `{"USD":{"sum":1},"USD":1}`,
		`{"USD":{"nulls":1}}`, `{"USD":{"sum":1,"nulls":-1}}`, `{"USD":{"sum":1,"nulls":1.5}}`, `{"USD":{"sum":1,"nulls":null,"nulls":1}}`, `{"USD":{"sum":1,"sum":1}}`,
		`{"USD":{"sum":1,"nulls":"1"}}`, `{"USD":{"sum":1,"nulls":99999999999999999999}}`, `{"USD":{"sum":1,"rows":1}}`, `{"USD":{"sum":{"sum":1}}}`, `{"USD":{"sum":true}}`, `{"USD":1e999999999}`, `{"USD":1e-999999999}`, `{"USD":1e99999999999999999999}`, `{"USD":1e9000}`, `{"USD":1e-9000}`,
		`{"USD":` + strings.Repeat("1", 1_000_000) + `}`,
	} {
		if err := json.Unmarshal([]byte(bad), &totals); err == nil || totals.String() != "kept 1" {
			t.Errorf("%.40s: %.40s, %v", bad, totals, err)
		}
	}
	for _, bad := range []string{
		"USD", "USD x", "USD 1,EUR 2", "USD 1, USD 2", "USD 1, ", " ", "USD 1e999999999", "USD (1 null)", "USD 1 (null)", "USD 1 (-1 null)", "USD 1 (0 null)",
		"USD 1 (01 null)", "USD 1 (1.5 null)", "USD 1 (+1 null)", "USD 1 (99999999999999999999 null)", "USD 1 (1 null) (1 null)", "USD 1(1 null)", "(1 null)",
	} {
		if err := totals.UnmarshalText([]byte(bad)); err == nil || totals.String() != "kept 1" {
			t.Errorf("%s: %.40s, %v", bad, totals, err)
		}
	}
	if err := totals.UnmarshalText([]byte("USD x")); !errors.Is(err, lineitem.ErrNotNumber) {
		t.Errorf("got %v, want ErrNotNumber", err)
	}
	totals.Add("a, b", decimal(t, "1"))
	if text, err := totals.MarshalText(); err == nil {
		t.Errorf("a currency with a comma: %s", text)
	}
	var invalid lineitem.Totals
	invalid.Add("\xff", decimal(t, "1"))
	if text, err := json.Marshal(invalid); err == nil {
		t.Errorf("a currency that is not UTF-8: %s", text)
	}
}
