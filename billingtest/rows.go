package billingtest

import "strconv"

// facts are what the generator decided about one row before a byte of it is written. Truth is made of them, and so is the text.
type facts struct {
	customer int
	item     int    // which meter or offer of the catalogue
	kind     kind   // what sort of charge
	choices  uint64 // bits for what changes the text alone
	resource uint64 // seed of the resource that was used
	day      int    // day of the month
	amounts  [8]amount
}

// kind is a sort of row. Most are ordinary.
type kind uint8

const (
	ordinary kind = iota
	refund        // negative quantity and totals
	benefit       // covered by a savings plan: a quantity without cost
	credited      // covered by a credit: a price, but no cost
)

// someKind makes about 1 % refunds, 4 % benefit rows and 2 % credited rows.
func someKind(r *random) kind {
	switch n := r.below(100); {
	case n < 1:
		return refund
	case n < 5:
		return benefit
	case n < 7:
		return credited
	default:
		return ordinary
	}
}

// rowMaker makes the rows of one export. It is immutable, so any number of goroutines may use it.
type rowMaker interface {
	columns() []column                     // the decimal attributes, in the order of facts.amounts
	decide(row int64, f *facts)            // sets every field of f
	append(b []byte, f *facts) []byte      // writes one JSON object and a line feed
	customerAt(i int) (c *customer, n int) // a customer, and how many there are
	currency(customer int) string          // in which the customer's rows are billed
}

// column is a decimal attribute. The main one is what an export's total means.
type column struct {
	name       string
	main, text bool // text: the attribute is in the attribute set
}

func newRowMaker(e Export) rowMaker {
	switch e.Dataset {
	case Reconciliation:
		return newReconciliationRows(e)
	case AggregatedUsage:
		return newAggregatedRows(e)
	default:
		return newUsageRows(e)
	}
}

func (s *scene) columnsOf(main string, names ...string) []column {
	columns := make([]column, 0, len(names))
	for _, name := range names {
		columns = append(columns, column{name: name, main: name == main, text: s.set[name]})
	}
	return columns
}

func (s *scene) customerAt(i int) (*customer, int) { return &s.customers[i], len(s.customers) }

func (s *scene) currency(customer int) string {
	return s.rates[s.customers[customer].currency].currency
}

// rowStream is the source of everything in a row.
func (s *scene) rowStream(row int64) random {
	return random(mix(s.seed, uint64(row))) //nolint:gosec // rows are counted from 0
}

// appendDay writes yyyy-mm-dd.
func appendDay(b []byte, year, month, day int) []byte {
	b = strconv.AppendInt(b, int64(year), 10)
	for _, n := range [...]int{month, day} {
		b = append(b, '-')
		if n < 10 {
			b = append(b, '0')
		}
		b = strconv.AppendInt(b, int64(n), 10)
	}
	return b
}

// appendPadded writes n with the given number of digits.
func appendPadded(b []byte, n uint64, digits int) []byte {
	for d := digits - 1; d >= 0; d-- {
		b = append(b, byte('0'+n/pow10[d]%10))
	}
	return b
}
