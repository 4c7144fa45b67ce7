package main

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/examples/internal/cli"
	"github.com/partnerbilling/sdk-go/examples/internal/filestore"
)

func TestDemo(t *testing.T) {
	var out, shown bytes.Buffer
	if code := cli.Run(t.Context(), cli.NewCall(about, []string{"-rows", "3000"}, nil, &out, &shown), run); code != cli.ExitOK {
		t.Fatalf("exit %d\n%s\n%s", code, &shown, &out)
	}
	sums := ` +EUR +(\d+) rows +(\S+) *\n +USD +(\d+) rows +(\S+) *\n`
	found := regexp.MustCompile(`^The invoice is loaded\.\n3000 rows loaded\n` + sums +
		`It is loaded again\.\nunchanged since [-0-9]+ [0-9:]+\n` + sums +
		`The service has other rows of it by now\.\n3000 rows loaded\n` + sums + `$`).FindStringSubmatch(out.String())
	if found == nil {
		t.Fatalf("%s", &out)
	}
	for i, seed := range []uint64{1, 1, 2} {
		truth, err := billingtest.Export{InvoiceID: billingtest.DefaultInvoiceID, Rows: 3000, Seed: seed, Currencies: []string{"EUR", "USD"}}.Truth()
		if err != nil {
			t.Fatal(err)
		}
		want := truth.Sums()
		if got := found[1+4*i:][:4]; got[1] != want["EUR"] || got[3] != want["USD"] {
			t.Errorf("load %d: %s, want %s", i, got, want)
		}
	}
}

// TestInterruptedLoadIsResumed: rows and token are there, and the next start continues with both.
func TestInterruptedLoadIsResumed(t *testing.T) {
	service := billingtest.NewServer(&billingtest.Options{RunningPolls: -1})
	if err := service.Add(billingtest.Export{InvoiceID: "G1", Rows: 20_000, Blobs: 300}); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "bill.db")
	var out, shown bytes.Buffer
	start := func(ctx context.Context, transport policy.Transporter) error {
		client, err := billing.NewClient(service.Credential(), &billing.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: transport}})
		if err != nil {
			t.Fatal(err)
		}
		return load(ctx, client, "G1", file, cli.NewCall(about, nil, nil, &out, &shown))
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if err := start(ctx, &cancelAt{service: service, cancel: cancel, after: 290}); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if token, err := filestore.File(file + ".token").Load(t.Context()); token == "" || err != nil {
		t.Errorf("no token: %v", err)
	}
	if err := start(t.Context(), service); err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^20000 rows loaded, \d+ of them by an earlier start\n`).Match(out.Bytes()) {
		t.Errorf("%s", &out)
	}
	if token, err := filestore.File(file + ".token").Load(t.Context()); token != "" || err != nil {
		t.Errorf("a token is left: %v", err)
	}
}

// cancelAt cancels when so many blobs have been requested.
type cancelAt struct {
	service  *billingtest.Server
	cancel   func()
	after    int64
	requests atomic.Int64
}

func (c *cancelAt) Do(r *http.Request) (*http.Response, error) {
	if strings.Contains(r.URL.Host, ".blob.") && c.requests.Add(1) == c.after {
		c.cancel()
	}
	return c.service.Do(r)
}

func TestUsageErrors(t *testing.T) {
	for args, want := range map[string]string{
		"-rows 0": "-rows must be at least 1", "-live -db bill.db": "-live needs -invoice", "-live -invoice G016907411": "-live needs -db",
		"-invoice G016907411": "no effect without -live", "-db bill.db": "no effect without -live", "-live -rows 5": "no effect with -live",
	} {
		var out, shown bytes.Buffer
		code := cli.Run(t.Context(), cli.NewCall(about, strings.Fields(args), nil, &out, &shown), run)
		if code != cli.ExitUsage || out.Len() > 0 || strings.Count(shown.String(), want) != 1 || strings.Count(shown.String(), "\n") != 1 {
			t.Errorf("%s: exit %d\n%s%s", args, code, &out, &shown)
		}
	}
}
