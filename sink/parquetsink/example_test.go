package parquetsink_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/apache/arrow-go/v18/parquet/file"

	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/sink/parquetsink"
)

const saved = `{"CustomerName":"Contoso","UsageDate":"2026-09-01","BillingPreTaxTotal":0.486031696515249,"BillingCurrency":"EUR"}
{"CustomerName":"Fabrikam","UsageDate":"2026-09-02","BillingPreTaxTotal":-0.2,"BillingCurrency":"EUR"}
`

// Write chosen columns of an export into a Parquet file.
func ExampleWriter() {
	var out bytes.Buffer
	if err := write(&out); err != nil {
		fmt.Println(err)
		return
	}
	r, err := file.NewParquetReader(bytes.NewReader(out.Bytes()))
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := range r.MetaData().Schema.NumColumns() {
		c := r.MetaData().Schema.Column(i)
		fmt.Println(c.Name(), c.LogicalType())
	}
	fmt.Println(*r.MetaData().KeyValueMetadata().FindValue(parquetsink.MetadataSums))
	// Output:
	// CustomerName String
	// UsageDate Date
	// BillingPreTaxTotal Decimal(precision=38, scale=18)
	// BillingCurrency String
	// {"BillingPreTaxTotal":{"EUR":"0.286031696515249"}}
}

// write writes the rows into a file. Write it beside its final place, and rename it after Close.
func write(out io.Writer) error {
	schema, err := lineitem.SchemaOf[lineitem.Usage](&lineitem.SchemaOptions{
		Choose: []string{"CustomerName", "UsageDate", "BillingPreTaxTotal", "BillingCurrency"},
		Scales: map[string]int{"BillingPreTaxTotal": 18},
	})
	if err != nil {
		return err
	}
	w, err := parquetsink.NewWriter(out, schema, &parquetsink.Options{
		Metadata: map[string]string{parquetsink.MetadataExport: "BilledUsage G016907411"},
	})
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
