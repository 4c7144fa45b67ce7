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
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/billingtest"
)

// Exit codes.
const (
	exitOK          = 0
	exitFailed      = 1 // also if the result differs from the generated data
	exitUsage       = 2
	exitInterrupted = 130
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, newDisplay(os.Stderr))
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string, out io.Writer, show *display) int {
	s, err := parse(args, show)
	if errors.Is(err, flag.ErrHelp) {
		return exitOK
	}
	if err != nil {
		show.line("quickstart: " + err.Error())
		return exitUsage
	}
	err = report(ctx, s, out, show)
	switch {
	case err == nil:
		return exitOK
	case ctx.Err() != nil:
		show.line("interrupted")
		return exitInterrupted
	default:
		show.line("quickstart: " + err.Error())
		if errors.Is(err, apierror.ErrUnauthenticated) {
			show.line("Run az login --tenant YOUR-PARTNER-TENANT, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET.")
		}
		return exitFailed
	}
}

// report runs the export and prints a summary of its rows.
func report(ctx context.Context, s *settings, out io.Writer, show *display) error {
	client, err := connect(s)
	if err != nil {
		return err
	}
	from := "Microsoft"
	if !s.live {
		from = "the in-memory service (generated data)"
	}
	fmt.Fprintf(out, "%s from %s\n", s.title(), from)

	found, err := exports[s.dataset](ctx, client, s, show)
	if err != nil {
		return err
	}
	found.write(out)
	if s.live {
		return nil
	}
	truth, err := s.generated().Truth()
	if err != nil {
		return err
	}
	return found.compare(out, truth)
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
