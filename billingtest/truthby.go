package billingtest

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// TruthGroup is what [Export.TruthBy] returns of the rows with the same attributes and the same
// billing currency.
type TruthGroup struct {
	Key      []string // the attributes, in the order of the arguments; "" where a row has none
	Currency string   // billing currency
	Rows     int64
	Total    string // sum of [Truth].Total, exact decimal text

	sums map[string]string
}

// Sum returns the sum of a decimal attribute, or "" if there is no such attribute.
func (g *TruthGroup) Sum(attribute string) string { return g.sums[attribute] }

// TruthBy returns what the export contains, by the values of any attributes, and by billing
// currency: TruthBy("CustomerId", "UsageDate"). Groups are sorted by key and currency. Keys are the
// text of the rows, or their JSON where they are not text; sums are computed from the generator's
// integers. It generates all rows: some hundred thousand a second. It returns an error for an
// attribute that the export does not have, and for an export with Lines or Files.
func (e Export) TruthBy(attributes ...string) ([]TruthGroup, error) {
	c, err := newContent(e)
	if err != nil {
		return nil, err
	}
	if c.rows == nil {
		return nil, errors.New("billingtest: TruthBy is unsupported for an export with Lines or Files")
	}
	for _, name := range attributes {
		full := c.export.AttributeSet == "full"
		if !slices.ContainsFunc(attributesOf(c.export.Dataset), func(a attribute) bool { return a.name == name && (full || a.basic) }) {
			return nil, fmt.Errorf("billingtest: TruthBy: the %s set of %s has no attribute %q", c.export.AttributeSet, c.export.Dataset, name)
		}
	}
	parts := make([]*grouping, min(runtime.GOMAXPROCS(0), max(1, c.export.Rows/rowsPerSegment)))
	errs := make([]error, len(parts))
	var workers sync.WaitGroup
	for w := range parts {
		workers.Go(func() {
			parts[w] = &grouping{attributes: attributes, groups: map[string]*groupCount{}}
			first, next := int64(w)*int64(c.export.Rows)/int64(len(parts)), int64(w+1)*int64(c.export.Rows)/int64(len(parts))
			errs[w] = parts[w].count(c.rows, first, next)
		})
	}
	workers.Wait()
	for _, part := range parts[1:] {
		parts[0].merge(part)
	}
	return parts[0].result(c.rows.columns()), errors.Join(errs...)
}

// grouping adds up rows by attributes.
type grouping struct {
	attributes []string
	groups     map[string]*groupCount
}

type groupCount struct {
	key      []string
	currency string
	rows     int64
	sums     []tally // per column
}

// count adds the rows first to next-1.
func (g *grouping) count(rows rowMaker, first, next int64) error {
	columns := len(rows.columns())
	var f facts
	var text []byte
	for row := first; row < next; row++ {
		rows.decide(row, &f)
		key := make([]string, len(g.attributes))
		if len(key) > 0 {
			text = rows.append(text[:0], &f)
			var object map[string]json.RawMessage
			if err := json.Unmarshal(text, &object); err != nil {
				return fmt.Errorf("billingtest: row %d: %w", row, err)
			}
			for i, name := range g.attributes {
				if raw := object[name]; json.Unmarshal(raw, &key[i]) != nil {
					key[i] = string(raw)
				}
			}
		}
		one := g.at(key, rows.currency(f.customer), columns)
		one.rows++
		for i := range one.sums {
			one.sums[i].add(f.amounts[i])
		}
	}
	return nil
}

// at returns the group of a key.
func (g *grouping) at(key []string, currency string, columns int) *groupCount {
	id := strings.Join(key, "\x00") + "\x00" + currency
	if g.groups[id] == nil {
		g.groups[id] = &groupCount{key: key, currency: currency, sums: make([]tally, columns)}
	}
	return g.groups[id]
}

func (g *grouping) merge(other *grouping) {
	for _, from := range other.groups {
		to := g.at(from.key, from.currency, len(from.sums))
		to.rows += from.rows
		for i := range to.sums {
			to.sums[i].merge(&from.sums[i])
		}
	}
}

// result converts the counts to text.
func (g *grouping) result(columns []column) []TruthGroup {
	made := make([]TruthGroup, 0, len(g.groups))
	for _, from := range g.groups {
		one := TruthGroup{Key: from.key, Currency: from.currency, Rows: from.rows, sums: map[string]string{}}
		for i, c := range columns {
			if c.text {
				one.sums[c.name] = from.sums[i].text()
			}
			if c.main {
				one.Total = from.sums[i].text()
			}
		}
		made = append(made, one)
	}
	slices.SortFunc(made, func(a, b TruthGroup) int {
		return cmp.Or(slices.Compare(a.Key, b.Key), cmp.Compare(a.Currency, b.Currency))
	})
	return made
}
