// Load loads the usage of an invoice into a SQLite database, with all columns and all digits.
// Readers of its view see the invoice whole and once: a load that is killed is resumed by the next
// one, and the same export again changes nothing.
//
// By default it runs a demo with an in-memory service: it loads an invoice, loads it again, and
// loads it a third time after the service has changed some of its rows.
//
//	go run ./examples/load
//
// Add -live to call Microsoft. Kill the program at any time and start it again:
//
//	go run ./examples/load -live -invoice G016907411 -db bill.db
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/examples/internal/cli"
)

const about = `Load loads the usage of an invoice into a SQLite database, with all columns and
all digits. Readers of its view see the invoice whole and once: a load that is
killed is resumed by the next one, and the same export again changes nothing.
By default it runs a demo with an in-memory service: it loads an invoice, loads
it again, and loads it a third time after the service has changed its rows:

  go run ./examples/load

Add -live to call Microsoft. Kill the program at any time and start it again:

  go run ./examples/load -live -invoice G016907411 -db bill.db`

func main() { cli.Main(about, run) }

func run(ctx context.Context, c *cli.Call) error {
	live := c.Flags.Bool("live", false, "call Microsoft instead of the in-memory service, with DefaultAzureCredential")
	invoice := c.Flags.String("invoice", "", "`number` of the invoice, for -live")
	file := c.Flags.String("db", "", "database `file`, for -live")
	rows := c.Flags.Int("rows", 20_000, "`number` of rows of the demo")
	if err := c.Parse(); err != nil {
		return err
	}
	switch {
	case *rows < 1:
		return cli.Usagef("-rows must be at least 1")
	case *live && c.IsSet("rows"):
		return cli.Usagef("-rows has no effect with -live")
	case *live && *invoice == "":
		return cli.Usagef("-live needs -invoice, such as -invoice G016907411")
	case *live && *file == "":
		return cli.Usagef("-live needs -db, the database file")
	case !*live && (*invoice != "" || *file != ""):
		return cli.Usagef("-invoice and -db have no effect without -live")
	case *live:
		return loadLive(ctx, *invoice, *file, c)
	}
	if err := demo(ctx, *rows, c); err != nil {
		return err
	}
	c.Next("-live -invoice G… -db bill.db loads an invoice of your own")
	return nil
}

// loadLive loads an invoice from Microsoft.
func loadLive(ctx context.Context, invoice, file string, c *cli.Call) error {
	cred, err := azidentity.NewDefaultAzureCredential(nil)
	if err != nil {
		return err
	}
	client, err := billing.NewClient(cred, nil)
	if err != nil {
		return err
	}
	if err := load(ctx, client, invoice, file, c); err != nil {
		c.Next("the same command resumes the load")
		return err
	}
	c.Next("sqlite3 %s 'SELECT BillingCurrency, count(*) FROM billed_usage GROUP BY 1'", file)
	return nil
}

// demo loads an invoice three times.
func demo(ctx context.Context, rows int, c *cli.Call) (err error) {
	folder, err := os.MkdirTemp("", "load-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	file := filepath.Join(folder, "bill.db")
	for _, step := range []struct {
		text string
		seed uint64 // of the generated rows
	}{
		{"The invoice is loaded.", 1},
		{"It is loaded again.", 1},
		{"The service has other rows of it by now.", 2},
	} {
		service := billingtest.NewServer(&billingtest.Options{RunningPolls: -1, TokenLifetime: 24 * time.Hour})
		export := billingtest.Export{InvoiceID: billingtest.DefaultInvoiceID, Rows: rows, Seed: step.seed, Currencies: []string{"EUR", "USD"}}
		if err := service.Add(export); err != nil {
			return err
		}
		client, err := billing.NewClient(service.Credential(), &billing.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: service}})
		if err != nil {
			return err
		}
		fmt.Fprintf(c.Out, "%s\n", step.text)
		if err := load(ctx, client, export.InvoiceID, file, c); err != nil {
			return err
		}
	}
	return nil
}
