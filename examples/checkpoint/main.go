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
	"errors"
	"flag"
	"log"
	"os"
	"os/signal"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/partnerbilling/sdk-go/billing"
)

func main() {
	live := flag.Bool("live", false, "call Microsoft instead of the in-memory service")
	invoice := flag.String("invoice", "", "invoice number, for -live")
	file := flag.String("db", "", "database file, for -live")
	rows := flag.Int("rows", 200_000, "number of rows of the demo, at least 40000, so that no load ends before it is killed")
	seed := flag.Uint64("seed", 1, "seed of the random times of the kills")
	folder := flag.String("child", "", "folder of the demo, for a child process; set by the program itself")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	var err error
	switch {
	case *folder != "":
		err = runChild(ctx, *folder, flag.Arg(0))
	case *live:
		err = loadLive(ctx, *invoice, *file)
	default:
		err = demo(ctx, *rows, *seed, os.Stdout)
	}
	stop()
	if err != nil {
		log.Fatal(err)
	}
}

// loadLive loads an invoice from Microsoft.
func loadLive(ctx context.Context, invoice, file string) error {
	if file == "" {
		return errors.New("-live needs -db, the database file")
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
