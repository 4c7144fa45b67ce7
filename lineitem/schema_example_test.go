package lineitem_test

import (
	"encoding/csv"
	"fmt"
	"os"
	"strings"

	"github.com/partnerbilling/sdk-go/lineitem"
)

// Write rows of any type into a file of one's own format, here with encoding/csv.
func ExampleSchemaOf() {
	schema, err := lineitem.SchemaOf[lineitem.Usage](&lineitem.SchemaOptions{
		Choose: []string{"CustomerName", "BillingPreTaxTotal", "BillingCurrency"},
		Rename: map[string]string{"BillingPreTaxTotal": "total"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range schema.Columns() {
		fmt.Printf("%s: %v, scale %d, currency in %q\n", c.Name, c.Kind, c.Scale, c.Currency)
	}
	w := csv.NewWriter(os.Stdout)
	record := make([]string, len(schema.Columns()))
	for item, err := range lineitem.NewReader[lineitem.Usage](strings.NewReader(saved), nil).All() {
		if err != nil {
			fmt.Println(err)
			return
		}
		for i := range record {
			record[i], _ = schema.Text(&item, i) // "" for null
		}
		if err := w.Write(record); err != nil {
			fmt.Println(err)
			return
		}
	}
	w.Flush()
	// Output:
	// CustomerName: Text, scale 0, currency in ""
	// total: Decimal, scale 24, currency in "BillingCurrency"
	// BillingCurrency: Text, scale 0, currency in ""
	// Contoso,0.486031696515249,USD
	// Fabrikam,1.1999968000511991808131,USD
	// Contoso,-0.2,EUR
}

// A struct of one's own is a table, too.
func ExampleSchemaOf_ownStruct() {
	type row struct {
		Customer string `json:"CustomerId"`
		Tags     lineitem.JSONText
		Total    *lineitem.Decimal `json:"BillingPreTaxTotal"`
		Lines    int
	}
	schema, err := lineitem.SchemaOf[row](nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range schema.Columns() {
		fmt.Printf("%s %v %d: %s\n", c.Name, c.Kind, c.Scale, c.Doc)
	}
	// Output:
	// CustomerId Text 0: Entra tenant ID of the customer
	// Tags JSON 0: tags of the resource
	// BillingPreTaxTotal Decimal 24: amount before tax and after earned credit, in BillingCurrency
	// Lines Int 0:
}

// Columns of a Record are named, and their values are checked.
func ExampleSchema_Check() {
	schema, err := lineitem.SchemaOf[lineitem.Record](&lineitem.SchemaOptions{
		Choose: []string{"CustomerId", "BillingPreTaxTotal", "Cores"},
		Kinds:  map[string]lineitem.Kind{"Cores": lineitem.KindInt},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	in := `{"CustomerId":"c-1","BillingPreTaxTotal":0.1,"Cores":8}
{"CustomerId":"c-2","BillingPreTaxTotal":0.2,"Cores":"many"}
`
	for record, err := range lineitem.NewReader[lineitem.Record](strings.NewReader(in), nil).All() {
		if err != nil {
			fmt.Println(err)
			return
		}
		rows := []lineitem.Record{record}
		if err := schema.Check(rows); err != nil {
			fmt.Println(err)
			continue
		}
		cores, ok := schema.Int(&rows[0], 2)
		fmt.Println(schema.Decimal(&rows[0], 1), cores, ok)
	}
	// Output:
	// 0.1 8 true
	// lineitem: value of row 0: column "Cores": invalid decimal number
}
