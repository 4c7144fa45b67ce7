package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/examples/internal/cli"
)

// TestDifferences: every invoice has a line, with the difference that the in-memory service made.
func TestDifferences(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := connect(false)
		if err != nil {
			t.Fatal(err)
		}
		lines, err := c.lastMonth(t.Context(), time.Now(), func(int, int) {})
		if err != nil || len(lines) != len(made) {
			t.Fatalf("%d lines, %v", len(lines), err)
		}
		for i, l := range lines {
			want := made[i]
			if l.invoice.Number != want.Number || l.invoice.Currency() != want.Currency {
				t.Errorf("%+v", l)
			}
			if i > 2 {
				if l.rows != 0 || l.remark == "" || l.invoice.Total.Value.String() != want.Amount {
					t.Errorf("%+v", l)
				}
				continue
			}
			if got := l.difference; l.rows != int64(5000*(i+1)) || l.remark != "" || got.Sign() == 0 != (want.Difference == "") || got.Sign() != 0 && !strings.HasPrefix(got.String(), want.Difference) {
				t.Errorf("difference %v with %d rows, want %q: %s", got, l.rows, want.Difference, l.remark)
			}
		}
	})
}

func TestTable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		code, out, shown := start(t)
		if code != cli.ExitOK || !strings.Contains(shown, "exporting: 6 of 6 invoices\n") {
			t.Fatalf("exit %d\n%s", code, shown)
		}
		for _, want := range []string{"G000000102", "USD", "1234.56", "98765432109.87", "skipped: legacy invoices", "skipped: void", "no rows to export: CreditNote"} {
			if !strings.Contains(out, want) {
				t.Errorf("no %q in\n%s", want, out)
			}
		}
		for line := range strings.Lines(out) {
			if len(line) > 80 {
				t.Errorf("%d columns: %s", len(line), line)
			}
		}
	})
}

// An invoice that fails does not take the others' lines with it.
func TestTableOfFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := billingtest.NewServer(nil)
		for i, invoice := range made[:3] {
			e := billingtest.Export{Dataset: billingtest.Reconciliation, InvoiceID: invoice.Number, Currencies: []string{invoice.Currency}, Rows: 100}
			if i == 1 {
				e.EditOperation = func(operation map[string]any) { operation["status"] = "failed" }
			}
			if err := service.Add(e); err != nil {
				t.Fatal(err)
			}
		}
		if err := service.SetAccount(billingtest.Account{Invoices: made}); err != nil {
			t.Fatal(err)
		}
		c, err := newClients(service.Credential(), azcore.ClientOptions{Transport: service})
		if err != nil {
			t.Fatal(err)
		}
		var out, shown bytes.Buffer
		code := cli.Run(t.Context(), cli.NewCall(about, nil, nil, &out, &shown), func(ctx context.Context, call *cli.Call) error {
			return c.report(ctx, time.Now(), call)
		})
		if code != cli.ExitFailed || !strings.Contains(shown.String(), "lastmonth: invoice G000000102: ") || strings.Contains(shown.String(), "next: ") {
			t.Errorf("exit %d\n%s", code, &shown)
		}
		for _, want := range []string{"G000000102: failed; see the error below", "G000000103  ", "-0.01", "98765432109.87", "skipped: void"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("no %q in\n%s", want, &out)
			}
		}
	})
}

// An interrupt is not a failure of the invoices.
func TestTableOfAnInterrupt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		interrupted, interrupt := context.WithCancel(t.Context())
		context.AfterFunc(ctx, interrupt)
		var out, shown bytes.Buffer
		code := cli.Run(interrupted, cli.NewCall(about, nil, nil, &out, &shown), run)
		if code != cli.ExitInterrupted || !strings.HasSuffix(shown.String(), "interrupted\n") || !strings.Contains(out.String(), "G000000101: interrupted\n") || strings.Contains(out.String(), "see the error") {
			t.Errorf("exit %d\n%s\n%s", code, &out, &shown)
		}
	})
}

func TestUsageError(t *testing.T) {
	code, out, shown := start(t, "-dead")
	if code != cli.ExitUsage || out != "" || strings.Count(shown, "-dead") != 1 {
		t.Errorf("exit %d\n%s%s", code, out, shown)
	}
}

// start runs the program.
func start(t *testing.T, args ...string) (code int, out, shown string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = cli.Run(t.Context(), cli.NewCall(about, args, nil, &stdout, &stderr), run)
	return code, stdout.String(), stderr.String()
}
