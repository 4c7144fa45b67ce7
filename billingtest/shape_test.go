package billingtest_test

import "github.com/partnerbilling/sdk-go/billingtest"

// shapes are small exports of each shape, for each dataset that has it.
func shapes() map[string]billingtest.Export {
	exports := map[string]billingtest.Export{}
	for _, shape := range billingtest.PossibleShapeValues() {
		for name, e := range map[string]billingtest.Export{
			"usage":                {InvoiceID: invoice},
			"usage basic":          {CurrencyCode: "EUR", AttributeSet: "basic"},
			"reconciliation":       {Dataset: billingtest.Reconciliation, InvoiceID: invoice, Currencies: []string{"CHF", "INR"}},
			"reconciliation basic": {Dataset: billingtest.Reconciliation, AttributeSet: "basic"},
			"aggregated":           {Dataset: billingtest.AggregatedUsage, InvoiceID: invoice},
		} {
			if shape == billingtest.ShapeLongTags && e.Dataset != billingtest.Usage {
				continue
			}
			e.Rows, e.Shape = 600, shape
			exports[shape.String()+" "+name] = e
		}
	}
	return exports
}
