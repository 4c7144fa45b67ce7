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
	"errors"
	"flag"
	"io"
	"log"
	"os"
	"os/signal"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/partnerbilling/sdk-go/billing"
)

func main() {
	live := flag.Bool("live", false, "call Microsoft instead of the in-memory service")
	invoice := flag.String("invoice", "", "invoice number, for -live")
	folder := flag.String("child", "", "folder of the demo, for a child process; set by the program itself")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	var err error
	switch {
	case *folder != "":
		err = runChild(ctx, *folder, os.Stdout)
	case *live:
		err = collectLive(ctx, *invoice, os.Stdout)
	default:
		err = demo(ctx, os.Stdout)
	}
	stop()
	if err != nil {
		log.Fatal(err)
	}
}

// collectLive reads an invoice from Microsoft.
func collectLive(ctx context.Context, invoice string, out io.Writer) error {
	cred, err := azidentity.NewDefaultAzureCredential(nil)
	if err != nil {
		return err
	}
	client, err := billing.NewClient(cred, nil)
	if err != nil {
		return err
	}
	err = collect(ctx, client, invoice, invoice+".token", out)
	if ctx.Err() != nil {
		return errors.New("interrupted; start the program again to resume the export")
	}
	return err
}
