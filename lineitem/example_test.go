package lineitem_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/partnerbilling/sdk-go/lineitem"
)

const saved = `{"CustomerId":"c-1","CustomerName":"Contoso","BillingPreTaxTotal":0.486031696515249,"BillingCurrency":"USD"}
{"CustomerId":"c-2","CustomerName":"Fabrikam","BillingPreTaxTotal":"1.1999968000511991808131","BillingCurrency":"USD"}
{"CustomerId":"c-1","CustomerName":"Contoso","BillingPreTaxTotal":-0.2,"BillingCurrency":"EUR"}
`

// Read a saved file, gzip'd or not, without the rest of the SDK.
func Example() {
	r := lineitem.NewReader[lineitem.Usage](strings.NewReader(saved), nil)
	var totals lineitem.Totals
	for item, err := range r.All() {
		if err != nil {
			fmt.Println(err)
			return
		}
		totals.Add(item.BillingCurrency, item.BillingPreTaxTotal)
	}
	fmt.Println(totals)
	// Output: EUR -0.2, USD 1.6860284965664481808131
}

// Verify that the amounts and currencies came, and count the rows without one.
func ExampleReader_Attributes() {
	in := `{"CustomerId":"c-1","BillingPreTaxAmount":1,"BillingCurrency":"EUR"}
{"CustomerId":"c-2","BillingPreTaxAmount":2,"BillingCurrency":""}
`
	r := lineitem.NewReader[lineitem.Usage](strings.NewReader(in), nil)
	for _, err := range r.All() {
		if err != nil {
			fmt.Println(err)
			return
		}
	}
	for _, a := range r.Attributes() {
		if a.Required {
			fmt.Printf("%s: %d of %d rows\n", a.Name, a.Values, r.Stats().Rows)
		}
	}
	fmt.Println("unknown:", r.Unknown())
	// Output:
	// BillingPreTaxTotal: 0 of 2 rows
	// BillingCurrency: 1 of 2 rows
	// unknown: [BillingPreTaxAmount]
}

// Decode only some attributes into a struct.
func ExampleNewReader() {
	type row struct {
		Customer string           `json:"CustomerName"`
		Total    lineitem.Decimal `json:"BillingPreTaxTotal"`
	}
	for r, err := range lineitem.NewReader[row](strings.NewReader(saved), nil).All() {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(r.Customer, r.Total)
	}
	// Output:
	// Contoso 0.486031696515249
	// Fabrikam 1.1999968000511991808131
	// Contoso -0.2
}

// Skip bad lines. Without OnBadLine the first one ends the read.
func ExampleReaderOptions() {
	in := `{"CustomerId":"c-1","UnitPrice":1}
{"CustomerId":"c-2","UnitPrice":"n/a"}
{"CustomerId":"c-3","UnitPrice":3}
`
	r := lineitem.NewReader[lineitem.Usage](strings.NewReader(in), &lineitem.ReaderOptions{
		Blob: "usage.jsonl",
		OnBadLine: func(e *lineitem.DecodeError) error {
			fmt.Printf("skipped: %v: %v\n", e.Position, e.Err)
			return nil
		},
	})
	for item, err := range r.All() {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(item.CustomerID, item.UnitPrice)
	}
	// Output:
	// c-1 1
	// skipped: usage.jsonl:2: invalid decimal number
	// c-3 3
}

// Compute exactly, and round explicitly.
func ExampleDecimal() {
	price, _ := lineitem.ParseDecimal("0.1999968000511991808131")
	quantity, _ := lineitem.ParseDecimal("23.200004")
	amount, err := price.Mul(quantity)
	fmt.Println(amount, err)
	fmt.Println(amount.Round(2, lineitem.RoundingModeDown))

	_, err = amount.Mul(amount)
	fmt.Println(errors.Is(err, lineitem.ErrInexact))

	var missing lineitem.Decimal
	fmt.Println(missing, missing.IsNull())
	// Output:
	// 4.6399265611750211996606432524 <nil>
	// 4.63 <nil>
	// true
	// null true
}

// Sum amounts by currency.
func ExampleTotals() {
	var totals lineitem.Totals
	for _, row := range []struct{ currency, amount string }{{"USD", "0.1"}, {"EUR", "12.50"}, {"USD", "0.2"}} {
		amount, err := lineitem.ParseDecimal(row.amount)
		if err != nil {
			fmt.Println(err)
			return
		}
		totals.Add(row.currency, amount)
	}
	for _, currency := range totals.Currencies() {
		fmt.Println(currency, totals.Text(currency))
	}
	// Output:
	// EUR 12.5
	// USD 0.3
}

// Sum amounts by customer and currency, and print the largest. The others are summed, too.
func ExampleGroups() {
	var customers lineitem.Groups[string]
	for item, err := range lineitem.NewReader[lineitem.Usage](strings.NewReader(saved), nil).All() {
		if err != nil {
			fmt.Println(err)
			return
		}
		customers.Add(item.CustomerName, item.BillingCurrency, item.BillingPreTaxTotal)
	}
	for name, totals := range customers.All() {
		fmt.Printf("%s: %v\n", name, totals)
	}
	fmt.Println("--")
	fmt.Println(customers.Ranking("USD", 1))
	// Output:
	// Contoso: EUR -0.2, USD 0.486031696515249
	// Fabrikam: USD 1.1999968000511991808131
	// --
	// Fabrikam: USD 1.1999968000511991808131
	// 1 other: USD 0.486031696515249
}

// Store sums as JSON with all digits, and add to them later.
func ExampleGroups_json() {
	type key struct{ Customer, Month string }
	var may lineitem.Groups[key]
	amount, _ := lineitem.ParseDecimal("0.1999968000511991808131")
	may.Add(key{"Contoso", "2026-05"}, "USD", amount)
	text, err := json.Marshal(may)
	fmt.Println(string(text), err)

	var again lineitem.Groups[key]
	if err := json.Unmarshal(text, &again); err != nil {
		fmt.Println(err)
		return
	}
	again.Merge(&may)
	fmt.Println(again)
	// Output:
	// [{"key":{"Customer":"Contoso","Month":"2026-05"},"totals":{"USD":0.1999968000511991808131}}] <nil>
	// {Contoso 2026-05}: USD 0.3999936001023983616262
}

// Read rows with unknown attributes.
func ExampleRecord() {
	line := `{"ProductName":"Tables","Quantity":23.200004,"UsageDate":"2018-11-13"}`
	for r, err := range lineitem.NewReader[lineitem.Record](strings.NewReader(line), nil).All() {
		if err != nil {
			fmt.Println(err)
			return
		}
		for name, value := range r.All() {
			fmt.Println(name, string(value))
		}
		quantity, err := r.Decimal("Quantity")
		fmt.Println(quantity, err)
	}
	// Output:
	// ProductName "Tables"
	// Quantity 23.200004
	// UsageDate "2018-11-13"
	// 23.200004 <nil>
}
