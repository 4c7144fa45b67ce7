package manifest_test

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
)

// exported stands for a manifest that the poller returned: here with two blobs in
// memory.
func exported() *manifest.Manifest[lineitem.Usage] {
	store := newStorage(nil)
	store.put(name(0), zipped([]byte(`{"CustomerId":"c1","BillingCurrency":"EUR","BillingPreTaxTotal":0.1}
{"CustomerId":"c2","BillingCurrency":"EUR","BillingPreTaxTotal":0.2}
`)))
	store.put(name(1), zipped([]byte(`{"CustomerId":"c3","BillingCurrency":"USD","BillingPreTaxTotal":3}
`)))
	o := &manifest.Options{}
	o.Transport = store
	m, err := manifest.Parse[lineitem.Usage](store.json(token(1e12)), o)
	if err != nil {
		panic(err)
	}
	return m
}

// One exact sum per currency, from every row of every blob.
func ExampleManifest_Items() {
	m := exported()
	var totals lineitem.Totals
	for item, err := range m.Items(context.Background(), nil) {
		if err != nil {
			fmt.Println(err)
			return
		}
		totals.Add(item.BillingCurrency, item.BillingPreTaxTotal)
	}
	fmt.Println(totals.String())
	// Output: EUR 0.3, USD 3
}

// A struct with the columns that matter is read faster than a whole row.
func ExampleAs() {
	type row struct {
		Customer string           `json:"CustomerId"`
		Total    lineitem.Decimal `json:"BillingPreTaxTotal"`
	}
	m := manifest.As[row](exported())
	for r, err := range m.Items(context.Background(), &manifest.ReadOptions{InOrder: true}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(r.Customer, r.Total)
	}
	// Output:
	// c1 0.1
	// c2 0.2
	// c3 3
}

// A stream knows where a row came from, and reports what was read.
func ExampleStream() {
	s, err := exported().NewStream(&manifest.ReadOptions{InOrder: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	for item, err := range s.All(context.Background()) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(s.Position(), item.CustomerID)
	}
	for _, b := range s.Report().Blobs {
		fmt.Println(b.Name, b.Rows, b.Verified)
	}
	// Output:
	// part-00000.json.gz:1 c1
	// part-00000.json.gz:2 c2
	// part-00001.json.gz:1 c3
	// part-00000.json.gz 2 true
	// part-00001.json.gz 1 true
}

// Write rows in batches, each with a checkpoint that covers it, into a database or a file. Here the
// program stops after the first transaction; a stream that resumes delivers the other rows.
func ExampleStream_Batches() {
	m := exported()
	schema, err := lineitem.SchemaOf[lineitem.Usage](&lineitem.SchemaOptions{Choose: []string{"CustomerId", "BillingPreTaxTotal"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	var saved *manifest.Checkpoint // in the database, next to the rows
	for range 2 {
		s, err := m.NewStream(&manifest.ReadOptions{InOrder: true, Resume: saved})
		if err != nil {
			fmt.Println(err)
			return
		}
		for batch, err := range s.Batches(context.Background()) {
			if err != nil {
				fmt.Println(err)
				return
			}
			if saved, err = batch.Checkpoint(); err != nil {
				fmt.Println(err)
				return
			}
			for i := range batch.Rows {
				customer, _ := schema.Text(&batch.Rows[i], 0)
				fmt.Println(batch.Position(i), customer, schema.Decimal(&batch.Rows[i], 1))
			}
			break // the program is stopped
		}
		fmt.Println("checkpoint after", saved.Rows(), "rows")
	}
	// Output:
	// part-00000.json.gz:1 c1 0.1
	// part-00000.json.gz:2 c2 0.2
	// checkpoint after 2 rows
	// part-00001.json.gz:1 c3 3
	// checkpoint after 3 rows
}

// Several loops share the rows. Each keeps what it adds up for itself until its end.
func ExampleStream_Parallel() {
	s, err := exported().NewStream(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	var mu sync.Mutex
	var totals lineitem.Totals
	err = s.Parallel(context.Background(), 0, func(rows *manifest.Share[lineitem.Usage]) error {
		var part lineitem.Totals
		for item, err := range rows.All() {
			if err != nil {
				return err
			}
			part.Add(item.BillingCurrency, item.BillingPreTaxTotal)
		}
		mu.Lock()
		defer mu.Unlock()
		totals.Merge(&part)
		return nil
	})
	fmt.Println(totals.String(), err)
	// Output: EUR 0.3, USD 3 <nil>
}

// A list of blobs that is not whole is refused before anything is read.
func ExampleParse() {
	_, err := manifest.Parse[lineitem.Usage]([]byte(`{"dataFormat":"compressedJSON","blobCount":3,"blobs":[{"name":"part-0"}],
		"rootDirectory":"https://account.blob.core.windows.net/usage","sasToken":"se=2099-01-01&sp=rl&sig=secret"}`), nil)
	fmt.Println(err)
	fmt.Println(errors.Is(err, manifest.ErrIncomplete))
	// Output:
	// manifest: incomplete export: blobCount: it is 3, but 1 blobs are listed; run the export again
	// true
}
