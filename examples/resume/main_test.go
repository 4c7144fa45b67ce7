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

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/billingtest"
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
	var out bytes.Buffer
	if err := demo(t.Context(), &out); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	truth, err := billingtest.Export{InvoiceID: billingtest.DefaultInvoiceID, Rows: 20_000}.Truth()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"beginning an export\n", "  status: running\n", "killed; starting again\n", "resuming the export",
		"20000 rows, EUR " + truth.Sums()["EUR"] + "\n", "export requests: 1\n",
	} {
		at := strings.Index(out.String(), want)
		if at < 0 {
			t.Fatalf("no %q, or too early, in\n%s", want, &out)
		}
		out.Next(at)
	}
}

// The token of an export that cannot be resumed is removed, so that the next start succeeds.
func TestExpiredTokenIsRemoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "export.token")
		service := billingtest.NewServer(&billingtest.Options{OperationLifetime: time.Hour})
		client, err := billing.NewClient(service.Credential(), &billing.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: service}})
		if err != nil {
			t.Fatal(err)
		}
		begin := func(ctx context.Context) error {
			return collect(ctx, client, billingtest.DefaultInvoiceID, file, io.Discard)
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
		if err := begin(t.Context()); !errors.Is(err, apierror.ErrExpired) {
			t.Fatalf("want ErrExpired, got %v", err)
		}
		if err := begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the token is still there after the export was read: %v", err)
		}
	})
}
