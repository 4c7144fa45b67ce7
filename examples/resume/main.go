// Resume resumes an export after the process was killed. It saves the resume token in a file, and
// when it is started again it resumes the same export instead of beginning another.
//
// By default it runs a demo with an in-memory service: it starts itself as a child process, kills
// that while the export is running, and starts another. The processes share only a file.
//
//	go run ./examples/resume
//
// Add -live to call Microsoft. Kill the program and start it again; until the export has been read,
// the token is in the file G016907411.token:
//
//	go run ./examples/resume -live -invoice G016907411
package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/examples/internal/cli"
	"github.com/partnerbilling/sdk-go/examples/internal/crash"
	"github.com/partnerbilling/sdk-go/poller"
)

const about = `Resume resumes an export after the process was killed. It saves the resume token
in a file, and when it is started again it resumes the same export instead of
beginning another. By default it runs a demo with an in-memory service: it
starts itself as a child process, kills that while the export is running, and
starts another:

  go run ./examples/resume

Add -live to call Microsoft. Kill the program and start it again; until the
export has been read, the token is in the file G016907411.token:

  go run ./examples/resume -live -invoice G016907411`

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
	if err := c.Parse(); err != nil {
		return err
	}
	switch {
	case !*live && c.IsSet("invoice"):
		return cli.Usagef("-invoice has no effect without -live")
	case !*live:
		if err := demo(ctx, c.Out, c.Progress); err != nil {
			return err
		}
		c.Next("-live -invoice G… resumes an export of your own")
		c.Next("go run ./examples/checkpoint resumes a load into a database, too")
		return nil
	case *invoice == "":
		return cli.Usagef("-live needs -invoice, such as -invoice G016907411")
	}
	return collectLive(ctx, *invoice, c)
}

// collectLive reads an invoice from Microsoft.
func collectLive(ctx context.Context, invoice string, c *cli.Call) error {
	cred, err := azidentity.NewDefaultAzureCredential(nil)
	if err != nil {
		return err
	}
	client, err := billing.NewClient(cred, nil)
	if err != nil {
		return err
	}
	file := invoice + ".token"
	err = collect(ctx, client, invoice, file, &watch{
		started: func(s billing.Start) { c.Progress.Line(startText(s)) },
		waiting: c.Progress.Waiting, reading: c.Progress.Reading,
	}, c.Out)
	if _, missing := os.Stat(file); err != nil && missing == nil {
		c.Next("the same command resumes the export; its token is in %s", file)
	}
	return err
}

// runChild is the main function of a child process of the demo. It reads the invoice from the
// in-memory service of its parent.
func runChild(ctx context.Context, c *billingtest.Connection, args []string, out io.Writer) error {
	if len(args) != 1 {
		return fmt.Errorf("%d arguments, want the file of the resume token", len(args))
	}
	client, err := billing.NewClient(c.Credential(), &billing.ClientOptions{ClientOptions: c.ClientOptions()})
	if err != nil {
		return err
	}
	return collect(ctx, client, billingtest.DefaultInvoiceID, args[0], &watch{
		started: func(s billing.Start) { fmt.Fprintln(out, startText(s)) },
		waiting: func(o poller.Operation) { fmt.Fprintln(out, "status:", o.Status) },
	}, out)
}
