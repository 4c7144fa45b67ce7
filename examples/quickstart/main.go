// Quickstart runs one export end to end, from the request to exact totals. By default it uses an
// in-memory service, needs neither an account nor a network, and compares the result with the data
// that the service generated. Add -live to call Microsoft:
//
//	go run ./examples/quickstart
//	go run ./examples/quickstart -rows 2000000 -dataset billed-reconciliation
//	go run ./examples/quickstart -live -invoice G016907411
//	go run ./examples/quickstart -live -dataset unbilled-usage -period last -currency EUR
//
// It writes no files.
package main

import (
	"context"
	"fmt"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/examples/internal/cli"
)

const about = `Quickstart runs one export end to end, from the request to exact totals. By
default it uses an in-memory service, needs neither an account nor a network,
and compares the result with the data that the service generated. Add -live to
call Microsoft:

  go run ./examples/quickstart
  go run ./examples/quickstart -rows 2000000 -dataset billed-reconciliation
  go run ./examples/quickstart -live -invoice G016907411
  go run ./examples/quickstart -live -dataset unbilled-usage -period last \
      -currency EUR`

func main() { cli.Main(about, run) }

// run runs the export and prints a summary of its rows.
func run(ctx context.Context, c *cli.Call) error {
	s, err := parse(c)
	if err != nil {
		return err
	}
	client, err := connect(s)
	if err != nil {
		return err
	}
	from := "Microsoft"
	if !s.live {
		from = "the in-memory service"
	}
	fmt.Fprintf(c.Out, "%s\nfrom %s\n", s.title(), from)

	found, err := exports[s.dataset](ctx, client, s, c.Progress)
	if err != nil {
		return err
	}
	found.write(c.Out)
	if s.live {
		c.Next("go run ./examples/load loads an invoice into a database")
		return nil
	}
	truth, err := s.generated().Truth()
	if err != nil {
		return err
	}
	if err := found.compare(c.Out, truth); err != nil {
		return err
	}
	c.Next("add -live -invoice G… to read an invoice of your own")
	return nil
}

// connect returns a client of Microsoft or of the in-memory service.
func connect(s *settings) (*billing.Client, error) {
	if s.live {
		cred, err := azidentity.NewDefaultAzureCredential(nil)
		if err != nil {
			return nil, err
		}
		return billing.NewClient(cred, nil)
	}
	service := billingtest.NewServer(nil)
	if err := service.Add(s.generated()); err != nil {
		return nil, err
	}
	return billing.NewClient(service.Credential(), &billing.ClientOptions{
		ClientOptions: azcore.ClientOptions{Transport: service},
	})
}
