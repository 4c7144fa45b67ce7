package billingtest

import (
	"cmp"
	"errors"
	"maps"
	"runtime"
	"slices"
	"sync"
)

// Truth is what is in an export, as decided by the generator before any text was made, in integers throughout. Sums are exact decimal
// text: "1234.5", "-0.01", "0".
type Truth struct {
	Rows      int64
	BlobRows  []int64         // in the order of the manifest
	Total     string          // attribute that is the export's total: BillingPreTaxTotal or Total
	Columns   []string        // decimal attributes in the export, in no particular order
	Customers []CustomerTruth // by descending number of rows; those with rows only

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

// Sums returns the sum of the total per billing currency that has rows.
func (t *Truth) Sums() map[string]string { return maps.Clone(t.sums[t.Total]) }

// Sum returns the sum of any decimal attribute over the rows billed in a currency, or "" where there is no such attribute or no such row.
func (t *Truth) Sum(attribute, currency string) string { return t.sums[attribute][currency] }

// Currencies returns the billing currencies that have rows, sorted.
func (t *Truth) Currencies() []string { return slices.Sorted(maps.Keys(t.sums[t.Total])) }

// Truth returns what is in the export. It goes once over all rows, but makes no text: some millions a second. An export of given rows
// has no truth, and gives an error.
func (e Export) Truth() (*Truth, error) {
	c, err := newContent(e)
	if err != nil {
		return nil, err
	}
	if c.rows == nil {
		return nil, errors.New("billingtest: an export with Lines or Files has no truth, its rows were not generated")
	}
	return c.truth(), nil
}

// count is the truth in the making, of some of the rows.
type count struct {
	rows    []int64   // per customer
	totals  []tally   // per customer
	columns [][]tally // per column, per currency
	paid    []int64   // rows per currency
}

func (c *content) truth() *Truth {
	currencies := map[string]int{} // place in the count
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
	return c.tell(sum, currencies)
}

func (c *content) count(first, next int64, currencies map[string]int) *count {
	columns := c.rows.columns()
	_, customers := c.rows.customerAt(0)
	n := &count{rows: make([]int64, customers), totals: make([]tally, customers), columns: make([][]tally, len(columns)), paid: make([]int64, len(currencies))}
	main := 0
	for i := range columns {
		n.columns[i] = make([]tally, len(currencies))
		if columns[i].main {
			main = i
		}
	}
	place := make([]int, customers)
	for i := range place {
		place[i] = currencies[c.rows.currency(i)]
	}
	var f facts
	for row := first; row < next; row++ {
		c.rows.decide(row, &f)
		n.rows[f.customer]++
		n.totals[f.customer].add(f.amounts[main])
		at := place[f.customer]
		n.paid[at]++
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
	for i := range n.paid {
		n.paid[i] += other.paid[i]
	}
}

// tell turns counts into text.
func (c *content) tell(n *count, currencies map[string]int) *Truth {
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
			if n.paid[at] > 0 {
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
