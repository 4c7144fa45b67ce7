package main

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/partnerbilling/sdk-go/billingtest"
)

// start runs the program with the fake clock of package synctest.
func start(t *testing.T, terminal bool, args ...string) (code int, out, shown string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var stdout, stderr bytes.Buffer
		code = run(t.Context(), args, &stdout, &display{out: &stderr, terminal: terminal})
		out, shown = stdout.String(), stderr.String()
	})
	return code, out, shown
}

func TestEveryDataset(t *testing.T) {
	for _, dataset := range slices.Sorted(maps.Keys(exports)) {
		for _, attributes := range []string{"full", "basic"} {
			t.Run(dataset+"/"+attributes, func(t *testing.T) {
				code, out, shown := start(t, false, "-dataset", dataset, "-attributes", attributes, "-rows", "1100")
				if code != exitOK {
					t.Fatalf("exit %d\n%s\n%s", code, out, shown)
				}
				for _, want := range []string{"1,100 rows of ", "EUR ", "equal the generated data: 1,100 rows"} {
					if !strings.Contains(out, want) {
						t.Errorf("no %q in\n%s", want, out)
					}
				}
				if !strings.Contains(shown, "waiting: succeeded\n") || !strings.Contains(shown, "20 of 20 blobs, 1,100 rows") {
					t.Errorf("progress was\n%s", shown)
				}
			})
		}
	}
}

func TestProgressOnTerminal(t *testing.T) {
	code, _, shown := start(t, true, "-rows", "1000")
	if code != exitOK {
		t.Fatalf("exit %d\n%s", code, shown)
	}
	if !strings.HasPrefix(shown, "\rwaiting: notStarted\rwaiting: running") ||
		!strings.Contains(shown, "["+strings.Repeat("#", barWidth)+"] 20 of 20 blobs") || strings.Count(shown, "\n") != 1 {
		t.Errorf("got %q", shown)
	}
}

func TestWrongResult(t *testing.T) {
	e := billingtest.Export{InvoiceID: "G000000001", Rows: 500}
	truth, err := e.Truth()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err = newSummary().compare(&out, truth)
	if err == nil || out.Len() > 0 {
		t.Fatalf("no error for an empty summary of %d rows: %s", truth.Rows, &out)
	}
	for _, want := range []string{"rows: got 0, want 500", truth.Customers[0].Name + " is missing"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in\n%v", want, err)
		}
	}
}

func TestUsageErrors(t *testing.T) {
	cases := []struct {
		args []string
		code int
		want string
	}{
		{[]string{"-live"}, exitUsage, "needs -invoice"},
		{[]string{"-live", "-dataset", "unbilled-usage"}, exitUsage, "needs -currency"},
		{[]string{"-dataset", "invoices"}, exitUsage, "supported are billed-aggregated-usage, billed-reconciliation, billed-usage"},
		{[]string{"-rows", "0"}, exitUsage, "must be positive"},
		{[]string{"G016907411"}, exitUsage, "unexpected argument"},
		{[]string{"-invoice", "D012345678"}, exitFailed, "legacy"},
		{[]string{"-attributes", "some"}, exitUsage, `unsupported -attributes "some"; supported are full and basic`},
		{[]string{"-period", "next"}, exitUsage, `unsupported -period "next"; supported are current and last`},
		{[]string{"-help"}, exitOK, "-invoice string"},
	}
	for _, c := range cases {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			code, out, shown := start(t, false, c.args...)
			if code != c.code || !strings.Contains(shown, c.want) {
				t.Errorf("exit %d, want %d with %q:\n%s%s", code, c.code, c.want, out, shown)
			}
		})
	}
}

func TestInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, shown bytes.Buffer
	if code := run(ctx, nil, &out, &display{out: &shown}); code != exitInterrupted || !strings.Contains(shown.String(), "interrupted") {
		t.Errorf("exit %d\n%s", code, &shown)
	}
}

func TestCustomersOfOneName(t *testing.T) {
	s := newSummary()
	for id, name := range map[string]string{"405d8376-0000": "Contoso", "c306b9ec-0000": "Contoso", "41e928ba-0000": "Fabrikam"} {
		s.add(charge{customerID: id, customer: name, currency: "EUR"})
	}
	var out bytes.Buffer
	s.write(&out)
	for _, want := range []string{"Contoso (405d8376), 1 rows", "Contoso (c306b9ec), 1 rows", "Fabrikam, 1 rows"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, &out)
		}
	}
}

func TestGrouped(t *testing.T) {
	for number, want := range map[string]string{
		"0": "0", "999": "999", "1000": "1,000", "-1234567.8901": "-1,234,567.8901", "-123": "-123", "": "",
	} {
		if got := grouped(number); got != want {
			t.Errorf("grouped(%q) = %q, want %q", number, got, want)
		}
	}
}
