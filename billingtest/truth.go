package billingtest

import (
	"cmp"
	"errors"
	"maps"
	"runtime"
	"slices"
	"sync"
)

// Truth is what an export contains. It is computed from the generator's integers and not from the
// text of the rows. Sums are exact decimal text: "1234.5", "-0.01", "0".
type Truth struct {
	Rows      int64
	BlobRows  []int64         // in the order of the manifest
	Total     string          // attribute that is the export's total: BillingPreTaxTotal or Total
	Columns   []string        // decimal attributes in the export, in no particular order
	Customers []CustomerTruth // customers with rows, by descending number of rows

	sums map[string]map[string]string // by attribute and currency
}

// CustomerTruth is one customer's part of an export.
type CustomerTruth struct {
	ID       string // CustomerId
	Name     string // CustomerName
	Rows     int64
	Currency string // billing currency of all of the customer's rows
	Total    string // sum of [Truth].Total
}

// Sums returns the sum of the total for each billing currency that has rows.
func (t *Truth) Sums() map[string]string { return maps.Clone(t.sums[t.Total]) }

// Sum returns the sum of a decimal attribute over the rows billed in a currency, or "" if there is
// no such attribute or no such row.
func (t *Truth) Sum(attribute, currency string) string { return t.sums[attribute][currency] }

// Currencies returns the billing currencies that have rows, sorted.
func (t *Truth) Currencies() []string { return slices.Sorted(maps.Keys(t.sums[t.Total])) }

// Truth returns what the export contains. It generates the values of all rows, but no text: some
// millions of rows a second. For an export with Lines or Files it returns an error.
func (e Export) Truth() (*Truth, error) {
	c, err := newContent(e)
	if err != nil {
		return nil, err
	}
	if c.rows == nil {
		return nil, errors.New("billingtest: Truth is unsupported for an export with Lines or Files")
	}
	return c.truth(), nil
}

// count has the sums of a part of the rows.
type count struct {
	rows    []int64   // per customer
	totals  []tally   // per customer
	columns [][]tally // per column, per currency
	rowsIn  []int64   // per currency
}

func (c *content) truth() *Truth {
	currencies := map[string]int{} // index in count
	for _, currency := range c.export.Currencies {
		if _, ok := currencies[currency]; !ok {
			currencies[currency] = len(currencies)
		}
	}
	parts := make([]*count, min(runtime.GOMAXPROCS(0), max(1, c.export.Rows/rowsPerSegment)))
	var workers sync.WaitGroup
	for w := range parts {
		workers.Go(func() {
			first, next := int64(w)*int64(c.export.Rows)/int64(len(parts)), int64(w+1)*int64(c.export.Rows)/int64(len(parts))
			parts[w] = c.count(first, next, currencies)
		})
	}
	workers.Wait()
	sum := parts[0]
	for _, part := range parts[1:] {
		sum.merge(part)
	}
	return c.newTruth(sum, currencies)
}

func (c *content) count(first, next int64, currencies map[string]int) *count {
	columns := c.rows.columns()
	_, customers := c.rows.customerAt(0)
	n := &count{rows: make([]int64, customers), totals: make([]tally, customers), columns: make([][]tally, len(columns)), rowsIn: make([]int64, len(currencies))}
	main := 0
	for i := range columns {
		n.columns[i] = make([]tally, len(currencies))
		if columns[i].main {
			main = i
		}
	}
	index := make([]int, customers)
	for i := range index {
		index[i] = currencies[c.rows.currency(i)]
	}
	var f facts
	for row := first; row < next; row++ {
		c.rows.decide(row, &f)
		n.rows[f.customer]++
		n.totals[f.customer].add(f.amounts[main])
		at := index[f.customer]
		n.rowsIn[at]++
		for i := range columns {
			n.columns[i][at].add(f.amounts[i])
		}
	}
	return n
}

func (n *count) merge(other *count) {
	for i := range n.rows {
		n.rows[i] += other.rows[i]
		n.totals[i].merge(&other.totals[i])
	}
	for i := range n.columns {
		for j := range n.columns[i] {
			n.columns[i][j].merge(&other.columns[i][j])
		}
	}
	for i := range n.rowsIn {
		n.rowsIn[i] += other.rowsIn[i]
	}
}

// newTruth converts the counts to text.
func (c *content) newTruth(n *count, currencies map[string]int) *Truth {
	t := &Truth{sums: map[string]map[string]string{}}
	for _, b := range c.blobs {
		t.Rows += b.rows
		t.BlobRows = append(t.BlobRows, b.rows)
	}
	for i, column := range c.rows.columns() {
		if column.main {
			t.Total = column.name
		}
		if !column.text {
			continue
		}
		t.Columns = append(t.Columns, column.name)
		sums := map[string]string{}
		for currency, at := range currencies {
			if n.rowsIn[at] > 0 {
				sums[currency] = n.columns[i][at].text()
			}
		}
		t.sums[column.name] = sums
	}
	for i, rows := range n.rows {
		if rows == 0 {
			continue
		}
		customer, _ := c.rows.customerAt(i)
		t.Customers = append(t.Customers, CustomerTruth{customer.id, customer.name, rows, c.rows.currency(i), n.totals[i].text()})
	}
	slices.SortFunc(t.Customers, func(a, b CustomerTruth) int {
		return cmp.Or(cmp.Compare(b.Rows, a.Rows), cmp.Compare(a.ID, b.ID))
	})
	return t
}
