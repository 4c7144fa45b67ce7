package billingtest

import "strconv"

// facts are the generated values of a row. Both its text and the truth are derived from them.
type facts struct {
	row      int64
	customer int
	item     int    // index of the meter or offer
	kind     kind   // kind of charge
	choices  uint64 // bits for choices that affect only the text
	resource uint64 // seed of the resource that was used
	day      int    // day of the month
	amounts  [8]amount
}

// kind is the kind of charge of a row. Most are ordinary.
type kind uint8

const (
	ordinary kind = iota
	refund        // negative quantity and totals
	benefit       // covered by a savings plan: a quantity without cost
	credited      // covered by a credit: a price, but no cost
)

// someKind returns a random kind: about 1 % refunds, 4 % benefit rows and 2 % credited rows.
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

// rowMaker generates the rows of an export. It is safe for concurrent use.
type rowMaker interface {
	columns() []column                     // the decimal attributes, in the order of facts.amounts
	decide(row int64, f *facts)            // sets every field of f
	append(b []byte, f *facts) []byte      // writes one JSON object and a line feed
	customerAt(i int) (c *customer, n int) // a customer, and the number of customers
	currency(customer int) string          // billing currency of a customer
}

// column is a decimal attribute.
type column struct {
	name string
	main bool // its sum is the export's total
	text bool // in the attribute set
}

func newRowMaker(e Export) rowMaker {
	return newShapedRows(e, newPlainRows(e))
}

// newPlainRows returns the rows in the order of the shape, with the texts of ShapeDefault.
func newPlainRows(e Export) rowMaker {
	switch e.Dataset {
	case Reconciliation:
		return newReconciliationRows(e)
	case AggregatedUsage:
		return newAggregatedRows(e)
	default:
		return newUsageRows(e)
	}
}

func (s *fixture) columnsOf(main string, names ...string) []column {
	columns := make([]column, 0, len(names))
	for _, name := range names {
		columns = append(columns, column{name: name, main: name == main, text: s.set[name]})
	}
	return columns
}

func (s *fixture) customerAt(i int) (*customer, int) { return &s.customers[i], len(s.customers) }

func (s *fixture) currency(customer int) string {
	return s.rates[s.customers[customer].currency].currency
}

// rowStream returns the generator of a row.
func (s *fixture) rowStream(row int64) random {
	return random(mix(s.seed, uint64(row))) //nolint:gosec // rows are counted from 0
}

// corrected returns the quantity of a row in the export's edition, of which a unit is the given
// number.
func (s *fixture) corrected(row int64, quantity, unit uint64) uint64 {
	if s.export.Edition == 0 {
		return quantity
	}
	r := random(mix(mix(s.seed, uint64(s.export.Edition)), uint64(row))) //nolint:gosec // both are not negative
	if r.below(10) > 0 {
		return quantity
	}
	return quantity + (1+r.below(20))*unit
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
