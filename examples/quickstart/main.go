// Quickstart takes one export from the request to exact totals. Without flags it
// talks to the whole service in memory, so it needs neither account nor network, and
// compares the result with what that service generated. With -live it talks to
// Microsoft:
//
//	go run ./examples/quickstart
//	go run ./examples/quickstart -rows 2000000 -dataset billed-reconciliation
//	go run ./examples/quickstart -live -invoice G016907411
//	go run ./examples/quickstart -live -dataset unbilled-usage -period last -currency EUR
//
// It writes no file.
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

// What the program ends with.
const (
	exitOK          = 0
	exitFailed      = 1 // also when a result is not what the embedded service generated
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
		show.line("interrupted; nothing was left behind")
		return exitInterrupted
	default:
		show.line("quickstart: " + err.Error())
		if errors.Is(err, apierror.ErrUnauthenticated) {
			show.line("Sign in with: az login --tenant YOUR-PARTNER-TENANT, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET.")
		}
		return exitFailed
	}
}

// report asks for the export, reads it, and writes what it found.
func report(ctx context.Context, s *settings, out io.Writer, show *display) error {
	client, err := connect(s)
	if err != nil {
		return err
	}
	from := "Microsoft"
	if !s.live {
		from = "the embedded service (made-up data)"
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
	truth, err := s.embedded().Truth()
	if err != nil {
		return err
	}
	return found.compare(out, truth)
}

// connect makes the client, for Microsoft's service or for the embedded one.
func connect(s *settings) (*billing.Client, error) {
	if s.live {
		cred, err := azidentity.NewDefaultAzureCredential(nil)
		if err != nil {
			return nil, err
		}
		return billing.NewClient(cred, nil)
	}
	service := billingtest.NewServer(nil)
	if err := service.Add(s.embedded()); err != nil {
		return nil, err
	}
	return billing.NewClient(service.Credential(), &billing.ClientOptions{
		ClientOptions: azcore.ClientOptions{Transport: service},
	})
}
