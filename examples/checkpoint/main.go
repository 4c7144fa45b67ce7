// Checkpoint loads an invoice into a SQLite database. No crash loses or duplicates a row, because
// rows and checkpoint are committed in one transaction, and the next start resumes from the
// checkpoint.
//
// By default it runs a demo with an in-memory service: it starts itself as a child process ten
// times, kills each process during the load, lets the last one finish, and compares the database
// with the data of the service.
//
//	go run ./examples/checkpoint
//
// Add -live to call Microsoft. Kill the program at any time and start it again:
//
//	go run ./examples/checkpoint -live -invoice G016907411 -db bill.db
package main

import (
	"context"
	"fmt"
	"io"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/examples/internal/cli"
	"github.com/partnerbilling/sdk-go/examples/internal/crash"
)

const about = `Checkpoint loads an invoice into a SQLite database. No crash loses or duplicates
a row, because rows and checkpoint are committed in one transaction, and the
next start resumes from the checkpoint. By default it runs a demo with an
in-memory service: it starts itself as a child process ten times, kills each
process during the load, lets the last one finish, and compares the database
with the data of the service:

  go run ./examples/checkpoint

Add -live to call Microsoft. Kill the program at any time and start it again:

  go run ./examples/checkpoint -live -invoice G016907411 -db bill.db`

func main() {
	if crash.IsChild() {
		crash.Main(runChild)
		return
	}
	cli.Main(about, run)
}

func run(ctx context.Context, c *cli.Call) error {
	live := c.Flags.Bool("live", false, "call Microsoft instead of the in-memory service, with DefaultAzureCredential")
	invoice := c.Flags.String("invoice", "", "`number` of the invoice, for -live")
	file := c.Flags.String("db", "", "database `file`, for -live")
	rows := c.Flags.Int("rows", 200_000, fmt.Sprintf("`number` of rows of the demo, at least %d, so that no load ends before it is killed", leastRows))
	seed := c.Flags.Uint64("seed", 1, "`seed` of the random kills")
	if err := c.Parse(); err != nil {
		return err
	}
	switch {
	case *rows < leastRows:
		return cli.Usagef("-rows must be at least %d", leastRows)
	case *live && (c.IsSet("rows") || c.IsSet("seed")):
		return cli.Usagef("-rows and -seed have no effect with -live")
	case *live && *invoice == "":
		return cli.Usagef("-live needs -invoice, such as -invoice G016907411")
	case *live && *file == "":
		return cli.Usagef("-live needs -db, the database file")
	case !*live && (*invoice != "" || *file != ""):
		return cli.Usagef("-invoice and -db have no effect without -live")
	case *live:
		return loadLive(ctx, *invoice, *file, c)
	}
	if err := demo(ctx, *rows, *seed, c.Out, c.Progress); err != nil {
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
	rows, err := loadInto(ctx, client, invoice, file, &watch{
		waiting: c.Progress.Waiting, reading: c.Progress.Reading, committed: func(int) {},
	})
	if err != nil {
		c.Next("the same command resumes the load")
		return err
	}
	fmt.Fprintf(c.Out, "%s has %d rows of invoice %s\n", file, rows, invoice)
	c.Next("sqlite3 %s 'SELECT currency, count(*) FROM usage GROUP BY currency'", file)
	return nil
}

// runChild is the main function of a child process of the demo. It loads the invoice from the
// in-memory service of its parent.
func runChild(ctx context.Context, c *billingtest.Connection, args []string, out io.Writer) error {
	if len(args) != 1 {
		return fmt.Errorf("%d arguments, want the database file", len(args))
	}
	client, err := billing.NewClient(c.Credential(), &billing.ClientOptions{ClientOptions: c.ClientOptions()})
	if err != nil {
		return err
	}
	_, err = loadInto(ctx, client, billingtest.DefaultInvoiceID, args[0], &watch{
		committed: func(rows int) { fmt.Fprintln(out, rows, "rows committed") },
	})
	return err
}
