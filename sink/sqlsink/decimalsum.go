package sqlsink

import (
	"errors"
	"fmt"

	"github.com/partnerbilling/sdk-go/lineitem"
)

// DecimalSum is the exact sum of decimals that are stored as text: what a driver of SQLite needs
// for an aggregate decimal_sum, also as a window function. Module sink/sqlsink/sqlitedb registers
// it with modernc.org/sqlite. The zero value is the sum of no values.
type DecimalSum struct {
	totals lineitem.Totals
	values int64
}

// Add adds a value as a driver passes it: text, an integer, or nil, which is ignored. A floating
// point number is an error, because it has lost digits.
func (s *DecimalSum) Add(value any) error { return s.add(value, false) }

// Remove subtracts a value that was added and has left the window.
func (s *DecimalSum) Remove(value any) error { return s.add(value, true) }

func (s *DecimalSum) add(value any, negate bool) error {
	var d lineitem.Decimal
	if err := d.Scan(value); err != nil {
		// The driver's own text would have the value.
		if errors.Is(err, lineitem.ErrNotNumber) || errors.Is(err, lineitem.ErrInexact) {
			return fmt.Errorf("sqlsink: decimal_sum: %w", err)
		}
		return fmt.Errorf("sqlsink: decimal_sum: unsupported type %T; store decimals as text", value)
	}
	if d.IsNull() {
		return nil
	}
	if s.values++; negate {
		d, s.values = d.Neg(), s.values-2
	}
	s.totals.Add("", d)
	return nil
}

// Value returns the sum as a string with all digits, or nil if no value was added.
func (s *DecimalSum) Value() any {
	if s.values == 0 {
		return nil
	}
	return s.totals.Text("")
}
