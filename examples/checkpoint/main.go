// Checkpoint loads an invoice into a SQLite database so that no crash, at whatever
// moment, loses or doubles a row: rows and checkpoint are committed together, and the next
// start goes on from there.
//
// Without flags it shows that with an embedded service in the place of Microsoft's: it
// starts itself ten times, each time kills that process while it is loading, lets the last
// one come to its end, and compares the database with what the service has sent.
//
//	go run ./examples/checkpoint
//
// Against Microsoft kill it in any way, and start it again until it is done:
//
//	go run ./examples/checkpoint -live -invoice G016907411 -db bill.db
package main

import (
	"context"
	"errors"
	"flag"
	"log"
	"os"
	"os/signal"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/partnerbilling/sdk-go/billing"
)

func main() {
	live := flag.Bool("live", false, "ask Microsoft instead of an embedded service")
	invoice := flag.String("invoice", "", "number of the invoice, for -live")
	file := flag.String("db", "", "database to load into, for -live")
	rows := flag.Int("rows", 200_000, "rows of the demonstration")
	seed := flag.Uint64("seed", 1, "another seed, other moments to kill at")
	folder := flag.String("child", "", "folder of the demonstration that this process is a part of; set by the program itself")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	var err error
	switch {
	case *folder != "":
		err = takePart(ctx, *folder, flag.Arg(0))
	case *live:
		err = loadLive(ctx, *invoice, *file)
	default:
		err = show(ctx, *rows, *seed, os.Stdout)
	}
	stop()
	if err != nil {
		log.Fatal(err)
	}
}

// loadLive is the program as one would use it.
func loadLive(ctx context.Context, invoice, file string) error {
	if file == "" {
		return errors.New("-live needs -db, the file of the database")
	}
	cred, err := azidentity.NewDefaultAzureCredential(nil)
	if err != nil {
		return err
	}
	client, err := billing.NewClient(cred, nil)
	if err != nil {
		return err
	}
	return loadInto(ctx, client, invoice, file, os.Stdout)
}
