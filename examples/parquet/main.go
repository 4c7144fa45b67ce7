// Parquet writes a Parquet file for each of some invoices: exact amounts, for DuckDB, Spark, pandas
// or Power BI. By default it reads exports from an in-memory service; add -live to call Microsoft:
//
//	go run ./examples/parquet
//	go run ./examples/parquet -live -invoice G016907411,G016907412
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/examples/internal/cli"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
	"github.com/partnerbilling/sdk-go/poller"
	"github.com/partnerbilling/sdk-go/sink/parquetsink"
)

const about = `Parquet writes a Parquet file for each of some invoices: exact amounts, for
DuckDB, Spark, pandas or Power BI. By default it reads exports from an in-memory
service; add -live to call Microsoft:

  go run ./examples/parquet
  go run ./examples/parquet -live -invoice G016907411,G016907412

A file has its name only when it is complete.`

func main() { cli.Main(about, run) }

func run(ctx context.Context, c *cli.Call) error {
	live := c.Flags.Bool("live", false, "call Microsoft instead of the in-memory service, with DefaultAzureCredential")
	list := c.Flags.String("invoice", billingtest.DefaultInvoiceID, "`numbers` of invoices, with commas between them; required with -live")
	folder := c.Flags.String("out", "parquet-files", "`folder` of the files, which is created")
	if err := c.Parse(); err != nil {
		return err
	}
	if *live && !c.IsSet("invoice") {
		return cli.Usagef("-live needs -invoice, such as -invoice G016907411")
	}
	invoices := strings.Split(*list, ",")
	for _, invoice := range invoices {
		if invoice == "" || strings.ContainsAny(invoice, `/\.`) {
			return cli.Usagef("-invoice: invalid number %q", invoice)
		}
	}
	client, err := connect(*live, invoices)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(*folder, 0o700); err != nil {
		return err
	}
	for _, invoice := range invoices {
		path := filepath.Join(*folder, invoice+".parquet")
		rows, err := export(ctx, client, invoice, path, c.Progress)
		if err != nil {
			return fmt.Errorf("invoice %s: %w", invoice, err)
		}
		fmt.Fprintf(c.Out, "%s: %s rows\n", path, cli.Grouped(strconv.FormatInt(rows, 10)))
	}
	c.Next("SELECT BillingCurrency, sum(BillingPreTaxTotal) FROM '%s/*.parquet' GROUP BY 1, in DuckDB", *folder)
	return nil
}

// export writes an invoice into a file beside the final one, which gets its name at the end: nobody
// sees half a file, and one that was there stays until the new one is complete.
func export(ctx context.Context, client *billing.Client, invoice, path string, show *cli.Progress) (rows int64, err error) {
	p, err := billing.BeginExport(ctx, client, billing.BilledUsage{InvoiceID: invoice}, nil)
	if err != nil {
		return 0, err
	}
	m, err := p.PollUntilDone(ctx, &poller.PollUntilDoneOptions{OnProgress: show.Waiting})
	if err != nil {
		return 0, err
	}
	file, err := os.CreateTemp(filepath.Dir(path), "*.partial")
	if err != nil {
		return 0, err
	}
	rows, err = write(ctx, m, invoice, file, show)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return 0, errors.Join(err, os.Remove(file.Name()))
	}
	return rows, nil
}

func write(ctx context.Context, m *manifest.Manifest[lineitem.Usage], invoice string, file *os.File, show *cli.Progress) (rows int64, err error) {
	schema, err := lineitem.SchemaOf[lineitem.Usage](nil) // all columns; see lineitem.SchemaOptions
	if err != nil {
		return 0, err
	}
	w, err := parquetsink.NewWriter(file, schema, &parquetsink.Options{Metadata: map[string]string{
		parquetsink.MetadataExport: "BilledUsage " + invoice,
		parquetsink.MetadataETag:   m.Info().ETag,
	}})
	if err != nil {
		return 0, err
	}
	defer w.Abort() // does nothing after Close
	stream, err := m.NewStream(&manifest.ReadOptions{OnProgress: show.Reading})
	if err != nil {
		return 0, err
	}
	for batch, err := range stream.Batches(ctx) {
		if err != nil {
			return 0, err
		}
		if err := w.Write(batch.Rows); err != nil {
			if value := new(lineitem.ValueError); errors.As(err, &value) {
				return 0, fmt.Errorf("%v: %w", batch.Position(value.Row), err)
			}
			return 0, err
		}
	}
	show.End()
	return w.Rows(), w.Close()
}

func connect(live bool, invoices []string) (*billing.Client, error) {
	if live {
		cred, err := azidentity.NewDefaultAzureCredential(nil)
		if err != nil {
			return nil, err
		}
		return billing.NewClient(cred, nil)
	}
	service := billingtest.NewServer(nil)
	for _, invoice := range invoices {
		if err := service.Add(generated(invoice)); err != nil {
			return nil, err
		}
	}
	return billing.NewClient(service.Credential(), &billing.ClientOptions{
		ClientOptions: azcore.ClientOptions{Transport: service},
	})
}

func generated(invoice string) billingtest.Export {
	return billingtest.Export{InvoiceID: invoice, Rows: 20_000, Currencies: []string{"EUR", "USD"}}
}
