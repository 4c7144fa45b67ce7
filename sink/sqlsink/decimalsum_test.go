package sqlsink_test

import (
	"fmt"
	"testing"

	"github.com/partnerbilling/sdk-go/sink/sqlsink"
)

// What an aggregate of a driver calls for each row, and in the end.
func ExampleDecimalSum() {
	var sum sqlsink.DecimalSum
	for _, value := range []any{"0.1", "0.2", nil, []byte("-1234567890123456789012345678901234"), int64(7)} {
		if err := sum.Add(value); err != nil {
			fmt.Println(err)
			return
		}
	}
	fmt.Println(sum.Value())
	fmt.Println(sum.Add(1.5))
	// Output:
	// -1234567890123456789012345678901226.7
	// sqlsink: decimal_sum: unsupported type float64; store decimals as text
}

func TestDecimalSumOfAWindow(t *testing.T) {
	var sum sqlsink.DecimalSum
	expect := func(want any) {
		t.Helper()
		if got := sum.Value(); got != want {
			t.Errorf("%v, want %v", got, want)
		}
	}
	change := func(f func(any) error, value any) {
		t.Helper()
		if err := f(value); err != nil {
			t.Error(err)
		}
	}
	expect(nil)
	change(sum.Add, "0.10")
	change(sum.Add, nil)
	expect("0.1")
	change(sum.Add, "9999999999999999999999999999999999")
	change(sum.Remove, "0.1")
	change(sum.Remove, nil)
	expect("9999999999999999999999999999999999")
	change(sum.Remove, "9999999999999999999999999999999999")
	expect(nil) // and not zero: the window is empty
}
