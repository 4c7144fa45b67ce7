package lineitem

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Groups is a set of exact sums by key and currency, such as by customer, by product, or by a
// struct of several attributes. It holds one [Totals] for each key, about 1 KB for a currency, so
// its size depends on the number of keys and not on the number of rows. Strings of a key are
// copied. The zero value is empty and ready for use.
//
// Groups can be printed, read and returned by value. A copy of a Groups that is not empty shares
// its sums with the original, like a copy of a map. Use [Groups.Merge] to add the sums to a new
// Groups that is independent.
//
// Groups is not safe for concurrent use; give each goroutine its own and merge them.
type Groups[K comparable] struct {
	groups map[K]*Totals
	// The key of the last call: consecutive rows often have the same.
	last       K
	lastTotals *Totals
}

// Add adds amount to the sum of key and currency. Null adds nothing, but key and currency are
// listed from then on. Keys and currencies are compared exactly: "usd" is not "USD".
func (g *Groups[K]) Add(key K, currency string, amount Decimal) {
	t := g.lastTotals
	if t == nil || g.last != key {
		t = g.group(key)
		g.last, g.lastTotals = key, t
	}
	t.Add(currency, amount)
}

func (g *Groups[K]) group(key K) *Totals {
	t := g.groups[key]
	if t == nil {
		if g.groups == nil {
			g.groups = make(map[K]*Totals)
		}
		t = new(Totals)
		cloneStrings(reflect.ValueOf(&key).Elem())
		g.groups[key] = t
	}
	return t
}

// cloneStrings copies the strings of a key, which would otherwise keep the memory of their row.
func cloneStrings(v reflect.Value) {
	switch {
	case !v.CanSet():
	case v.Kind() == reflect.String:
		v.SetString(strings.Clone(v.String()))
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			cloneStrings(v.Field(i))
		}
	case v.Kind() == reflect.Array:
		for i := range v.Len() {
			cloneStrings(v.Index(i))
		}
	}
}

// Merge adds the sums of o to g. A nil o adds nothing.
func (g *Groups[K]) Merge(o *Groups[K]) {
	if o == nil {
		return
	}
	for key, t := range o.groups {
		g.group(key).Merge(t)
	}
}

// Len returns the number of keys.
func (g Groups[K]) Len() int { return len(g.groups) }

// Keys returns the keys in ascending order: numbers by value, texts by bytes, times by time, and
// structs and arrays by their fields in turn.
func (g Groups[K]) Keys() []K {
	keys := make([]K, 0, len(g.groups))
	for _, one := range g.sorted() {
		keys = append(keys, one.key)
	}
	return keys
}

type group[K comparable] struct {
	key    K
	totals *Totals
}

// sorted has keys and totals together, since a NaN in a key cannot be looked up.
func (g Groups[K]) sorted() []group[K] {
	groups := make([]group[K], 0, len(g.groups))
	for key, t := range g.groups {
		groups = append(groups, group[K]{key, t})
	}
	slices.SortFunc(groups, func(a, b group[K]) int { return compareKeys(a.key, b.key) })
	return groups
}

// All returns the keys in the order of [Groups.Keys], each with its sums. The sums must not be
// changed.
func (g Groups[K]) All() iter.Seq2[K, Totals] {
	return func(yield func(K, Totals) bool) {
		for _, one := range g.sorted() {
			if !yield(one.key, *one.totals) {
				return
			}
		}
	}
}

// Totals returns the sums of one key, or an empty Totals if the key was never added. The sums must
// not be changed.
func (g Groups[K]) Totals(key K) Totals {
	if t := g.groups[key]; t != nil {
		return *t
	}
	return Totals{}
}

// Total returns the sums of all keys together.
func (g Groups[K]) Total() Totals {
	var total Totals
	for _, t := range g.groups {
		total.Merge(t)
	}
	return total
}

// Equal reports whether g and o have the same keys and currencies with the same sums. A nil o is
// empty.
func (g Groups[K]) Equal(o *Groups[K]) bool {
	if o == nil {
		o = &Groups[K]{}
	}
	return maps.EqualFunc(g.groups, o.groups, func(a, b *Totals) bool { return a.Equal(b) })
}

// String returns a line for each key, in the order of [Groups.Keys]: "Contoso: EUR 12.5, USD 3".
func (g Groups[K]) String() string {
	var lines []string
	for key, t := range g.All() {
		lines = append(lines, fmt.Sprintf("%v: %v", key, t))
	}
	return strings.Join(lines, "\n")
}

// Ranking is the groups of a currency by their sums. Top and Rest together are the sum of all
// groups: nothing is dropped.
type Ranking[K comparable] struct {
	Currency string      `json:"currency"`
	Top      []Ranked[K] `json:"top"`    // largest sum first; equal sums in the order of the keys
	Rest     Totals      `json:"rest"`   // sum of the groups that are not in Top; empty if there are none
	Others   int         `json:"others"` // number of those groups
}

// Ranked is a group in a [Ranking].
type Ranked[K comparable] struct {
	Key    K      `json:"key"`
	Totals Totals `json:"totals"` // the sum in the ranking's currency alone
}

// Ranking returns the n groups with the largest sums in a currency, and the sum of the others.
// Sums are compared with all digits and their sign, so credits come last. Groups that never had the
// currency are not counted.
func (g Groups[K]) Ranking(currency string, n int) Ranking[K] {
	groups := slices.DeleteFunc(g.sorted(), func(one group[K]) bool { return one.totals.sums[currency] == nil })
	slices.SortStableFunc(groups, func(a, b group[K]) int {
		return b.totals.sums[currency].compare(a.totals.sums[currency])
	})
	n = min(max(n, 0), len(groups))
	r := Ranking[K]{Currency: currency, Top: make([]Ranked[K], n), Others: len(groups) - n}
	for i, one := range groups {
		only := Totals{sums: map[string]*sum{currency: one.totals.sums[currency]}}
		if i < n {
			r.Top[i].Key = one.key
			r.Top[i].Totals.Merge(&only)
		} else {
			r.Rest.Merge(&only)
		}
	}
	return r
}

// String returns a line for each group of Top, and one for the rest if there is one.
func (r Ranking[K]) String() string {
	var lines []string
	for _, one := range r.Top {
		lines = append(lines, fmt.Sprintf("%v: %v", one.Key, one.Totals))
	}
	switch {
	case r.Others == 1:
		lines = append(lines, fmt.Sprintf("1 other: %v", r.Rest))
	case r.Others > 1:
		lines = append(lines, fmt.Sprintf("%d others: %v", r.Others, r.Rest))
	}
	return strings.Join(lines, "\n")
}

// keyed is a group in JSON. An array of them can have keys of any type, unlike an object.
type keyed struct {
	Key    json.RawMessage `json:"key"`
	Totals *Totals         `json:"totals"`
}

var errKeys = errors.New("two keys are the same in JSON; use a key type whose fields are exported and marshaled")

// MarshalJSON implements [json.Marshaler]: an array with an object for each key, in the order of
// [Groups.Keys]: {"key":"Contoso","totals":{"EUR":12.5}}. The key type must be one that
// encoding/json marshals; keys that it cannot distinguish are an error.
func (g Groups[K]) MarshalJSON() ([]byte, error) {
	list := make([]keyed, 0, len(g.groups))
	seen := make(map[string]bool, len(g.groups))
	for key, t := range g.All() {
		text, err := json.Marshal(key)
		if err != nil {
			return nil, opError("marshal groups", err)
		}
		if seen[string(text)] {
			return nil, opError("marshal groups", errKeys)
		}
		seen[string(text)] = true
		list = append(list, keyed{text, &t})
	}
	b, err := json.Marshal(list)
	return b, opError("marshal groups", err)
}

// UnmarshalJSON implements [json.Unmarshaler]. It accepts what [Groups.MarshalJSON] returns, and
// null, which is an empty Groups. A key that occurs twice is an error. The previous content is
// replaced; copies of g keep theirs.
func (g *Groups[K]) UnmarshalJSON(data []byte) error {
	var list []keyed
	if err := json.Unmarshal(data, &list); err != nil {
		return opError("unmarshal groups", err)
	}
	var read Groups[K]
	for _, one := range list {
		if one.Key == nil || one.Totals == nil {
			return opError("unmarshal groups", errors.New("a group has no key or no totals"))
		}
		var key K
		if err := json.Unmarshal(one.Key, &key); err != nil {
			return opError("unmarshal groups", err)
		}
		if _, ok := read.groups[key]; ok {
			return opError("unmarshal groups", errKeys)
		}
		*read.group(key) = *one.Totals
	}
	*g = read
	return nil
}

func compareKeys[K comparable](a, b K) int {
	return compareValues(reflect.ValueOf(&a).Elem(), reflect.ValueOf(&b).Elem())
}

// compareValues gives keys an order that is the same in each run.
func compareValues(a, b reflect.Value) int {
	if a.CanInterface() && b.CanInterface() {
		at, isTime := reflect.TypeAssert[time.Time](a)
		bt, areTimes := reflect.TypeAssert[time.Time](b)
		if isTime && areTimes {
			return at.Compare(bt)
		}
	}
	switch {
	case a.Kind() == reflect.String:
		return cmp.Compare(a.String(), b.String())
	case a.CanInt():
		return cmp.Compare(a.Int(), b.Int())
	case a.CanUint():
		return cmp.Compare(a.Uint(), b.Uint())
	case a.CanFloat():
		return cmp.Compare(a.Float(), b.Float())
	case a.Kind() == reflect.Bool:
		return boolInt(a.Bool()) - boolInt(b.Bool())
	case a.Kind() == reflect.Struct:
		for i := range a.NumField() {
			if c := compareValues(a.Field(i), b.Field(i)); c != 0 {
				return c
			}
		}
		return 0
	case a.Kind() == reflect.Array:
		for i := range a.Len() {
			if c := compareValues(a.Index(i), b.Index(i)); c != 0 {
				return c
			}
		}
		return 0
	case a.Kind() == reflect.Interface && !a.IsNil() && !b.IsNil() && a.Elem().Type() == b.Elem().Type():
		return compareValues(a.Elem(), b.Elem())
	}
	return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b))
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
