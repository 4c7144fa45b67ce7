package lineitem_test

import (
	"fmt"
	"log"

	"github.com/partnerbilling/sdk-go/lineitem"
)

// billed returns the amount of a usage line before tax, by the rule that Microsoft documents.
func billed(line *lineitem.Reconciliation) (lineitem.Decimal, error) {
	amount := line.EffectiveUnitPrice
	for _, factor := range []lineitem.Decimal{line.BillableQuantity, line.PCToBCExchangeRate} {
		product, err := amount.Mul(factor)
		if err != nil {
			return lineitem.Decimal{}, err
		}
		if amount, err = product.Round(2, lineitem.RoundingModeDown); err != nil {
			return lineitem.Decimal{}, err
		}
	}
	return amount, nil
}

// bound returns what the daily rows of a line may exceed it by: a cent of the pricing currency, and
// a cent of the billing currency where that is another.
func bound(line *lineitem.Reconciliation) (lineitem.Decimal, error) {
	one, err := lineitem.NewDecimal(1, 0)
	if err != nil {
		return lineitem.Decimal{}, err
	}
	cent, err := lineitem.NewDecimal(1, -2)
	if err != nil || line.PCToBCExchangeRate.Equal(one) {
		return cent, err
	}
	sum, err := one.Add(line.PCToBCExchangeRate)
	if err != nil {
		return lineitem.Decimal{}, err
	}
	return cent.Mul(sum)
}

// A line of the invoice is cut to two places twice, the daily rows are not.
func ExampleReconciliation_rounding() {
	number := func(text string) lineitem.Decimal {
		d, err := lineitem.ParseDecimal(text)
		if err != nil {
			log.Fatal(err)
		}
		return d
	}
	line := lineitem.Reconciliation{
		EffectiveUnitPrice: number("0.737757626107858"), // US dollars an hour
		BillableQuantity:   number("210.950039"),        // hours
		PCToBCExchangeRate: number("0.846202666"),       // euros a US dollar
		Subtotal:           number("131.69"),            // euros
	}
	daily := number("131.7020849241388120172") // the sum of BillingPreTaxTotal

	subtotal, err := billed(&line)
	if err != nil {
		log.Fatal(err)
	}
	most, err := bound(&line)
	if err != nil {
		log.Fatal(err)
	}
	difference, err := daily.Sub(line.Subtotal)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("by the rule:", subtotal, "is the line's:", subtotal.Equal(line.Subtotal))
	fmt.Println("difference: ", difference)
	fmt.Println("bound:      ", most, "explained:", difference.Sign() >= 0 && difference.Cmp(most) < 0)
	// Output:
	// by the rule: 131.69 is the line's: true
	// difference:  0.0120849241388120172
	// bound:       0.01846202666 explained: true
}

// meter is what daily rows and lines of the invoice have in common.
type meter struct{ customer, subscription, product, sku, availability string }

// Both sides are summed by meter before they are compared: a meter can have many rows and several
// lines.
func ExampleGroups_reconciliation() {
	number := func(text string) lineitem.Decimal {
		d, err := lineitem.ParseDecimal(text)
		if err != nil {
			log.Fatal(err)
		}
		return d
	}
	rows := []lineitem.Usage{ // of manifest.Items in a program
		{CustomerID: "c1", SubscriptionID: "s1", ProductID: "DZH1", SKUID: "0001", AvailabilityID: "A1", BillingCurrency: "USD", BillingPreTaxTotal: number("61.003")},
		{CustomerID: "c1", SubscriptionID: "s1", ProductID: "DZH1", SKUID: "0001", AvailabilityID: "A1", BillingCurrency: "USD", BillingPreTaxTotal: number("20.325")},
	}
	lines := []lineitem.Reconciliation{ // two tiers of one meter, and a reservation
		{CustomerID: "c1", SubscriptionID: "s1", ProductID: "DZH1", SKUID: "0001", AvailabilityID: "A1", Currency: "USD", Subtotal: number("0")},
		{CustomerID: "c1", SubscriptionID: "s1", ProductID: "DZH1", SKUID: "0001", AvailabilityID: "A1", Currency: "USD", Subtotal: number("81.32")},
		{CustomerID: "c1", SubscriptionID: "s1", ProductID: "DZH2", SKUID: "0002", AvailabilityID: "A2", Currency: "USD", Subtotal: number("400"), ReservationOrderID: "r1"},
	}
	var daily, invoiced lineitem.Groups[meter]
	for _, row := range rows {
		key := meter{row.CustomerID, row.SubscriptionID, row.ProductID, row.SKUID, row.AvailabilityID}
		daily.Add(key, row.BillingCurrency, row.BillingPreTaxTotal)
	}
	for _, line := range lines {
		key := meter{line.CustomerID, line.SubscriptionID, line.ProductID, line.SKUID, line.AvailabilityID}
		invoiced.Add(key, line.Currency, line.Subtotal)
	}
	for key, sums := range invoiced.All() {
		fmt.Printf("%s: usage %v, invoice %v\n", key.product, daily.Totals(key), sums)
	}
	// Output:
	// DZH1: usage USD 81.328, invoice USD 81.32
	// DZH2: usage , invoice USD 400
}
