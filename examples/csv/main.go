// Csv writes the usage of an invoice as CSV files, one for each customer, with all digits of each
// amount. A program that is killed is started again and continues: in the end every row is in its
// file once, and the files are in a folder that appears when they are complete.
//
// By default it runs a demo with an in-memory service: it starts itself as a child process three
// times, kills each process while it writes, lets the last one finish, and compares the files with
// those of a process that was not killed.
//
//	go run ./examples/csv
//
// Add -live to call Microsoft. Kill the program at any time and start it again:
//
//	go run ./examples/csv -live -invoice G016907411 -out bills
//
// Text is written as it is. A spreadsheet may take one that begins with = for a formula.
package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"regexp"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/examples/internal/cli"
	"github.com/partnerbilling/sdk-go/examples/internal/crash"
)

const about = `Csv writes the usage of an invoice as CSV files, one for each customer, with all
digits of each amount. A program that is killed is started again and continues:
in the end every row is in its file once, and the files are in a folder that
appears when they are complete. By default it runs a demo with an in-memory
service: it starts itself as a child process three times, kills each process
while it writes, lets the last one finish, and compares the files with those of
a process that was not killed:

  go run ./examples/csv

Add -live to call Microsoft. Kill the program at any time and start it again:

  go run ./examples/csv -live -invoice G016907411 -out bills

Text is written as it is. A spreadsheet may take one that begins with = for a
formula.`

func main() {
	if crash.IsChild() {
		crash.Main(runChild)
		return
	}
	cli.Main(about, run)
}

var invoiceNumber = regexp.MustCompile("^[A-Za-z0-9]+$") // it is part of the name of a file

func run(ctx context.Context, c *cli.Call) error {
	live := c.Flags.Bool("live", false, "call Microsoft instead of the in-memory service, with DefaultAzureCredential")
	invoice := c.Flags.String("invoice", "", "`number` of the invoice, for -live")
	folder := c.Flags.String("out", "", "`folder` for the files, for -live")
	rows := c.Flags.Int("rows", 100_000, fmt.Sprintf("`number` of rows of the demo, at least %d, so that no process ends before it is killed", leastRows))
	seed := c.Flags.Uint64("seed", 1, "`seed` of the random kills")
	if err := c.Parse(); err != nil {
		return err
	}
	switch {
	case *rows < leastRows:
		return cli.Usagef("-rows must be at least %d", leastRows)
	case *live && (c.IsSet("rows") || c.IsSet("seed")):
		return cli.Usagef("-rows and -seed have no effect with -live")
	case *live && !invoiceNumber.MatchString(*invoice):
		return cli.Usagef("-live needs -invoice, such as -invoice G016907411")
	case *live && *folder == "":
		return cli.Usagef("-live needs -out, the folder for the files")
	case !*live && (*invoice != "" || *folder != ""):
		return cli.Usagef("-invoice and -out have no effect without -live")
	case *live:
		return exportLive(ctx, *invoice, *folder, c)
	}
	if err := demo(ctx, *rows, *seed, c.Out, c.Progress); err != nil {
		return err
	}
	c.Next("-live -invoice G… -out bills writes the files of an invoice of your own")
	return nil
}

// exportLive writes the files of an invoice from Microsoft.
func exportLive(ctx context.Context, invoice, folder string, c *cli.Call) error {
	cred, err := azidentity.NewDefaultAzureCredential(nil)
	if err != nil {
		return err
	}
	client, err := billing.NewClient(cred, nil)
	if err != nil {
		return err
	}
	whole, err := export(ctx, client, invoice, folder, &watch{
		started: func(s billing.Start) { c.Progress.Line(startText(s)) },
		waiting: c.Progress.Waiting, reading: c.Progress.Reading, committed: func(int64) {},
	})
	if err != nil {
		c.Next("the same command continues")
		return err
	}
	if !whole.now {
		fmt.Fprintf(c.Out, "%s is there already, and complete; remove it to export the invoice again\n", filepath.Join(folder, invoice))
		return nil
	}
	fmt.Fprintf(c.Out, "%s has %d files\n", filepath.Join(folder, invoice), whole.files)
	return nil
}

// startText says how the program has started.
func startText(s billing.Start) string {
	switch {
	case s.Resumed:
		return "resuming the export"
	case s.Abandoned != nil:
		return "beginning another export: " + s.Abandoned.Error()
	}
	return "beginning an export"
}

// runChild is the main function of a child process of the demo. It writes the files of the invoice
// from the in-memory service of its parent.
func runChild(ctx context.Context, c *billingtest.Connection, args []string, out io.Writer) error {
	if len(args) != 1 {
		return fmt.Errorf("%d arguments, want the folder", len(args))
	}
	client, err := billing.NewClient(c.Credential(), &billing.ClientOptions{ClientOptions: c.ClientOptions()})
	if err != nil {
		return err
	}
	_, err = export(ctx, client, billingtest.DefaultInvoiceID, args[0], &watch{
		committed: func(rows int64) { fmt.Fprintln(out, rows, "rows committed") },
	})
	return err
}
