// Resume survives being killed while it waits for an export: it keeps the resume token
// in a file, and when it is started again it goes on with the same export instead of
// asking for another.
//
// Without flags it shows that with an embedded service in the place of Microsoft's: it
// starts itself, kills that process while the export is running, and starts itself
// again. The two share a file and nothing else.
//
//	go run ./examples/resume
//
// Against Microsoft kill it in any way, and start it again. The file is
// G016907411.token in the working folder, until the export is read:
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
	live := flag.Bool("live", false, "ask Microsoft instead of an embedded service")
	invoice := flag.String("invoice", "", "number of the invoice, for -live")
	folder := flag.String("child", "", "folder of the demonstration that this process is a part of; set by the program itself")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	var err error
	switch {
	case *folder != "":
		err = takePart(ctx, *folder, os.Stdout)
	case *live:
		err = ask(ctx, *invoice, os.Stdout)
	default:
		err = show(ctx, os.Stdout)
	}
	stop()
	if err != nil {
		log.Fatal(err)
	}
}

// ask is the program as one would use it.
func ask(ctx context.Context, invoice string, out io.Writer) error {
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
		return errors.New("ended early; the service goes on, and so does this program when it is started again")
	}
	return err
}
