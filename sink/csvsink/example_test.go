package csvsink_test

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/sink/csvsink"
)

const saved = `{"CustomerName":"Contoso","Tags":"{\"team\":\"a\"}","BillingPreTaxTotal":0.486031696515249,"BillingCurrency":"EUR"}
{"CustomerName":"=Fabrikam","BillingPreTaxTotal":-0.2,"BillingCurrency":"EUR"}
`

// Write chosen columns of an export into a CSV file.
func ExampleWriter() {
	if err := write(os.Stdout, nil); err != nil {
		fmt.Println(err)
	}
	// Output:
	// CustomerName,Tags,BillingPreTaxTotal,BillingCurrency
	// Contoso,"{""team"":""a""}",0.486031696515249,EUR
	// =Fabrikam,,-0.2,EUR
}

// Write a file for Excel in a country with a decimal comma.
func ExampleOptions() {
	var file strings.Builder
	if err := write(&file, &csvsink.Options{Mode: csvsink.ModeSpreadsheet, DecimalComma: true}); err != nil {
		fmt.Println(err)
		return
	}
	for line := range strings.Lines(file.String()) {
		fmt.Printf("%q\n", line)
	}
	// Output:
	// "\ufeffCustomerName;Tags;BillingPreTaxTotal;BillingCurrency\r\n"
	// "Contoso;\"{\"\"team\"\":\"\"a\"\"}\";0,486031696515249;EUR\r\n"
	// "'=Fabrikam;;-0,2;EUR\r\n"
}

// write writes the rows into a file. Write it beside its final place, and rename it after Close.
func write(file io.Writer, o *csvsink.Options) error {
	schema, err := lineitem.SchemaOf[lineitem.Usage](&lineitem.SchemaOptions{
		Choose: []string{"CustomerName", "Tags", "BillingPreTaxTotal", "BillingCurrency"},
	})
	if err != nil {
		return err
	}
	w, err := csvsink.NewWriter(file, schema, o)
	if err != nil {
		return err
	}
	defer w.Abort() // does nothing after Close
	rows := make([]lineitem.Usage, 1000)
	r := lineitem.NewReader[lineitem.Usage](strings.NewReader(saved), nil)
	for {
		n, err := r.ReadBatch(rows, nil)
		if werr := w.Write(rows[:n]); werr != nil {
			return werr
		}
		if r.Done() {
			return w.Close()
		}
		if err != nil {
			return err
		}
	}
}
