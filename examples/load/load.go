package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/examples/internal/cli"
	"github.com/partnerbilling/sdk-go/examples/internal/filestore"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
	"github.com/partnerbilling/sdk-go/poller"
	"github.com/partnerbilling/sdk-go/sink"
	"github.com/partnerbilling/sdk-go/sink/sqlsink"
	"github.com/partnerbilling/sdk-go/sink/sqlsink/sqlitedb"
)

// load loads an invoice into a database file and prints what is in it. The resume token of an
// export that is not loaded yet is in a file beside it.
func load(ctx context.Context, client *billing.Client, invoice, file string, c *cli.Call) (err error) {
	db, err := sqlitedb.Open(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	schema, err := lineitem.SchemaOf[lineitem.Usage](nil)
	if err != nil {
		return err
	}
	var result sink.Result
	insert := func(m *manifest.Manifest[lineitem.Usage]) error {
		unit := sink.Unit{Dataset: "billed_usage", Invoice: invoice}
		options := &sqlsink.LoadOptions{AttributeSet: "full", Read: &manifest.ReadOptions{OnProgress: c.Progress.Reading}}
		result, err = sqlsink.Load(ctx, db, unit, m, schema, options)
		return err
	}
	token := filestore.File(file + ".token")
	err = billing.ReadExport(ctx, client, billing.BilledUsage{InvoiceID: invoice}, token, insert,
		&billing.ReadExportOptions{Poll: poller.PollUntilDoneOptions{OnProgress: c.Progress.Waiting}})
	if err != nil {
		return err
	}
	switch {
	case result.Status == sink.Unchanged:
		fmt.Fprintf(c.Out, "unchanged since %s\n", result.LoadedAt.Format("2006-01-02 15:04"))
	case result.Resumed > 0:
		fmt.Fprintf(c.Out, "%d rows loaded, %d of them by an earlier start\n", result.Rows, result.Resumed)
	default:
		fmt.Fprintf(c.Out, "%d rows loaded\n", result.Rows)
	}
	return summary(ctx, db, invoice, c.Out)
}

// summary prints the sums of an invoice. The sum of SQLite would round.
func summary(ctx context.Context, db *sql.DB, invoice string, out io.Writer) (err error) {
	rows, err := db.QueryContext(ctx, `SELECT BillingCurrency, count(*), decimal_sum(BillingPreTaxTotal)
		FROM billed_usage WHERE InvoiceNumber = ? GROUP BY 1 ORDER BY 1`, invoice)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	for rows.Next() {
		var currency string
		var n int64
		var total lineitem.Decimal
		if err := rows.Scan(&currency, &n, &total); err != nil {
			return err
		}
		fmt.Fprintf(w, "\t%s\t%d rows\t%s\t\n", currency, n, total)
	}
	return errors.Join(rows.Err(), w.Flush())
}
