package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/examples/internal/cli"
)

func TestTotalOfEveryCustomer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out, shown bytes.Buffer
		code := cli.Run(t.Context(), cli.NewCall(about, nil, nil, &out, &shown), run)
		if code != cli.ExitOK || !strings.Contains(shown.String(), "waiting: running\n") || !strings.Contains(shown.String(), "4 of 4 blobs, 20,000 rows") {
			t.Fatalf("exit %d\n%s", code, &shown)
		}
		truth, err := generated(billingtest.DefaultInvoiceID).Truth()
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range truth.Customers {
			if want := fmt.Sprintf("%s: %s %s\n", c.ID, c.Currency, c.Total); !strings.Contains(out.String(), want) {
				t.Errorf("no %q in\n%s", want, &out)
			}
		}
		if got := strings.Count(out.String(), "\n"); got != len(truth.Customers) {
			t.Errorf("%d customers, want %d", got, len(truth.Customers))
		}
	})
}

func TestErrorIsReturned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, err := connect(false, billingtest.DefaultInvoiceID)
		if err != nil {
			t.Fatal(err)
		}
		show := cli.NewCall(about, nil, nil, io.Discard, io.Discard).Progress
		if err := printTotals(t.Context(), client, "G999999999", show, io.Discard); !errors.Is(err, apierror.ErrNoData) {
			t.Fatalf("want ErrNoData for an unknown invoice, got %v", err)
		}
	})
}

func TestUsageErrors(t *testing.T) {
	for args, want := range map[string]string{"-live": "-live needs -invoice", "-what": "not defined: -what", "G016907411": "unexpected argument"} {
		var out, shown bytes.Buffer
		code := cli.Run(t.Context(), cli.NewCall(about, []string{args}, nil, &out, &shown), run)
		if code != cli.ExitUsage || out.Len() > 0 || strings.Count(shown.String(), want) != 1 {
			t.Errorf("%s: exit %d\n%s%s", args, code, &out, &shown)
		}
	}
}
