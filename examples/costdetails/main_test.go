package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/costmgmt"
	"github.com/partnerbilling/sdk-go/examples/internal/cli"
	"github.com/partnerbilling/sdk-go/lineitem"
)

func TestReport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		code, out, shown := start(t)
		if code != cli.ExitOK || !strings.Contains(shown, "waiting: ") || !strings.Contains(shown, "reading: ") {
			t.Fatalf("exit %d\n%s", code, shown)
		}
		if want := fmt.Sprintf("%d rows of invoice %s\n", billingtest.DefaultRows, billingtest.DefaultInvoiceID); !strings.HasPrefix(out, want) || strings.Count(out, ": EUR ") < 3 {
			t.Errorf("got\n%s", out)
		}
	})
}

// TestTotalEqualsUsage: the total of the report equals that of the generated usage.
func TestTotalEqualsUsage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, err := connect(false)
		if err != nil {
			t.Fatal(err)
		}
		invoice, err := find(t.Context(), client, billingtest.DefaultInvoiceID)
		if err != nil {
			t.Fatal(err)
		}
		scope, err := costmgmt.ParseScope(invoice.ProfileID)
		if err != nil {
			t.Fatal(err)
		}
		p, err := costmgmt.BeginCostDetails[costmgmt.CostDetail](t.Context(), client, scope, costmgmt.CostDetailsRequest{InvoiceID: invoice.Number}, nil)
		if err != nil {
			t.Fatal(err)
		}
		m, err := p.PollUntilDone(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		var totals lineitem.Totals
		for row, err := range m.Items(t.Context(), nil) {
			if err != nil {
				t.Fatal(err)
			}
			if row.Date.IsZero() || row.Unknown != nil {
				t.Fatalf("%+v", row)
			}
			totals.Add(row.BillingCurrency, row.CostInBillingCurrency)
		}
		truth, err := billingtest.Export{Dataset: billingtest.Usage, InvoiceID: invoice.Number}.Truth()
		if err != nil {
			t.Fatal(err)
		}
		want, err := lineitem.ParseDecimal(truth.Sum("BillingPreTaxTotal", "EUR"))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := totals.Sum("EUR"); err != nil || got.Cmp(want) != 0 {
			t.Errorf("%v, %v; want %v", got, err, want)
		}
	})
}

func TestUnknownInvoice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if code, _, shown := start(t, "-invoice", "G1"); code != cli.ExitFailed || !strings.Contains(shown, "invoice G1 not found") {
			t.Errorf("exit %d\n%s", code, shown)
		}
	})
}

func TestUsageErrors(t *testing.T) {
	for args, want := range map[string]string{"-live": "-live needs -invoice", "-what": "not defined: -what", "G016907411": "unexpected argument"} {
		if code, out, shown := start(t, args); code != cli.ExitUsage || out != "" || strings.Count(shown, want) != 1 {
			t.Errorf("%s: exit %d\n%s%s", args, code, out, shown)
		}
	}
}

// start runs the program.
func start(t *testing.T, args ...string) (code int, out, shown string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = cli.Run(t.Context(), cli.NewCall(about, args, nil, &stdout, &stderr), run)
	return code, stdout.String(), stderr.String()
}
