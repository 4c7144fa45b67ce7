package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/examples/internal/cli"
)

// TestMain runs the test binary as the child process of the demo, too.
func TestMain(m *testing.M) {
	if slices.Contains(os.Args, "-child") {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestResumeAfterKill(t *testing.T) {
	var out, shown bytes.Buffer
	if code := cli.Run(t.Context(), cli.NewCall(about, nil, nil, &out, &shown), run); code != cli.ExitOK {
		t.Fatalf("exit %d\n%s\n%s", code, &shown, &out)
	}
	truth, err := billingtest.Export{InvoiceID: billingtest.DefaultInvoiceID, Rows: 20_000}.Truth()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"starting a process\n  beginning an export\n", "killed while the export is running; starting again\n  resuming the export\n",
		"20000 rows, EUR " + truth.Sums()["EUR"] + "\n", "export requests: 1\n",
	} {
		at := strings.Index(out.String(), want)
		if at < 0 {
			t.Fatalf("no %q, or too early, in\n%s", want, &out)
		}
		out.Next(at)
	}
	for _, want := range []string{"waiting: running\n", "waiting: succeeded\n", "next: "} {
		if !strings.Contains(shown.String(), want) {
			t.Errorf("no %q in\n%s", want, &shown)
		}
	}
}

// The token of an export that cannot be resumed is replaced by that of another export, in the same
// run, and removed when that is read.
func TestExpiredTokenIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "export.token")
		service := billingtest.NewServer(&billingtest.Options{OperationLifetime: time.Hour})
		client, err := billing.NewClient(service.Credential(), &billing.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: service}})
		if err != nil {
			t.Fatal(err)
		}
		var started []string
		begin := func(ctx context.Context) error {
			w := &watch{started: func(s billing.Start) { started = append(started, startText(s)) }}
			return collect(ctx, client, billingtest.DefaultInvoiceID, file, w, io.Discard)
		}
		brief, end := context.WithTimeout(t.Context(), time.Second)
		defer end()
		if err := begin(brief); err == nil {
			t.Fatal("collect was not canceled")
		}
		if token, err := os.ReadFile(file); err != nil || len(token) == 0 {
			t.Fatalf("no token was saved: %v", err)
		}
		time.Sleep(2 * time.Hour)
		if err := begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(started) != 3 || started[1] != "resuming the export" || !strings.HasPrefix(started[2], "beginning another export: ") {
			t.Errorf("started: %q", started)
		}
		if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the token is still there after the export was read: %v", err)
		}
	})
}

func TestUsageErrors(t *testing.T) {
	for args, want := range map[string]string{
		"-live": "-live needs -invoice", "-invoice G1": "-invoice has no effect without -live", "-what": "not defined: -what", "G016907411": "unexpected argument",
	} {
		var out, shown bytes.Buffer
		code := cli.Run(t.Context(), cli.NewCall(about, strings.Fields(args), nil, &out, &shown), run)
		if code != cli.ExitUsage || out.Len() > 0 || strings.Count(shown.String(), want) != 1 {
			t.Errorf("%s: exit %d\n%s%s", args, code, &out, &shown)
		}
	}
}
