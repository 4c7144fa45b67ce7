package main

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/examples/internal/cli"
	"github.com/partnerbilling/sdk-go/lineitem"
)

// start runs the program with the fake clock of package synctest.
func start(t *testing.T, terminal bool, args ...string) (code int, out, shown string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var stdout, stderr bytes.Buffer
		c := cli.NewCall(about, args, nil, &stdout, &stderr)
		if terminal {
			c.Progress.AsTerminal(80)
		}
		code = cli.Run(t.Context(), c, run)
		out, shown = stdout.String(), stderr.String()
	})
	return code, out, shown
}

func TestEveryDataset(t *testing.T) {
	for _, dataset := range slices.Sorted(maps.Keys(exports)) {
		for _, attributes := range []string{"", "full", "basic"} {
			args := []string{"-dataset", dataset, "-rows", "1100"}
			if attributes != "" {
				if dataset == aggregated { // has one set alone; see TestUsageErrors
					continue
				}
				args = append(args, "-attributes", attributes)
			}
			t.Run(dataset+"/"+attributes, func(t *testing.T) {
				code, out, shown := start(t, false, args...)
				if code != cli.ExitOK {
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
	if code != cli.ExitOK {
		t.Fatalf("exit %d\n%s", code, shown)
	}
	progress, next, _ := strings.Cut(shown, "\n")
	if !strings.HasPrefix(progress, "\rwaiting: notStarted\rwaiting: running") ||
		!strings.Contains(progress, "["+strings.Repeat("#", 30)+"] 20 of 20 blobs") || !strings.HasPrefix(next, "next: ") || strings.Count(next, "\n") != 1 {
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
		{[]string{"-live"}, cli.ExitUsage, "needs -invoice"},
		{[]string{"-live", "-dataset", "unbilled-usage"}, cli.ExitUsage, "needs -currency"},
		{[]string{"-dataset", "invoices"}, cli.ExitUsage, "supported are billed-aggregated-usage, billed-reconciliation, billed-usage"},
		{[]string{"-rows", "0"}, cli.ExitUsage, "must be positive"},
		{[]string{"G016907411"}, cli.ExitUsage, "unexpected argument"},
		{[]string{"-invoice", "D012345678"}, cli.ExitFailed, "legacy"},
		{[]string{"-attributes", "some"}, cli.ExitUsage, `unsupported -attributes "some"; supported are full and basic`},
		{[]string{"-period", "next"}, cli.ExitUsage, `unsupported -period "next"; supported are current and last`},
		{[]string{"-help"}, cli.ExitOK, "-invoice number"},
		{[]string{"-help"}, cli.ExitOK, "Quickstart runs one export end to end"},
		{[]string{"-period", "last"}, cli.ExitUsage, "-period has no effect on billed-usage"},
		{[]string{"-currency", "EUR"}, cli.ExitUsage, "-currency has no effect on billed-usage"},
		{[]string{"-dataset", "unbilled-usage", "-invoice", "G016907411"}, cli.ExitUsage, "-invoice has no effect on unbilled-usage"},
		{[]string{"-dataset", "billed-aggregated-usage", "-attributes", "basic"}, cli.ExitUsage, "-attributes has no effect on billed-aggregated-usage"},
		{[]string{"-live", "-invoice", "G016907411", "-rows", "7"}, cli.ExitUsage, "-rows has no effect with -live"},
		{[]string{"-dataset", "unbilled-usage", "-currency", "euro"}, cli.ExitUsage, `unsupported -currency "EURO"; want an ISO 4217 code`},
	}
	for _, c := range cases {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			code, out, shown := start(t, false, c.args...)
			if code != c.code || !strings.Contains(out+shown, c.want) {
				t.Errorf("exit %d, want %d with %q:\n%s%s", code, c.code, c.want, out, shown)
			}
			if code == cli.ExitUsage && (out != "" || strings.Count(shown, c.want) != 1 || strings.Count(shown, "\n") != 1) {
				t.Errorf("more than one line:\n%s%s", out, shown)
			}
		})
	}
}

func TestInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, shown bytes.Buffer
	if code := cli.Run(ctx, cli.NewCall(about, nil, nil, &out, &shown), run); code != cli.ExitInterrupted || !strings.Contains(shown.String(), "interrupted") {
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

// The ranking drops nothing: what is not shown is summed.
func TestOtherCustomersAreSummed(t *testing.T) {
	s := newSummary()
	for i := range 7 {
		amount, err := lineitem.NewDecimal(int64(i), -1)
		if err != nil {
			t.Fatal(err)
		}
		s.add(charge{customerID: strconv.Itoa(i), customer: "customer " + strconv.Itoa(i), currency: "EUR", amount: amount})
	}
	var out bytes.Buffer
	s.write(&out)
	shown := strings.Join(strings.Fields(out.String()), " ")
	if want := "EUR 2.1 total 0.6 customer 6, 1 rows 0.5 customer 5, 1 rows 0.4 customer 4, 1 rows 0.6 4 more"; !strings.Contains(shown, want) {
		t.Errorf("no %q in\n%s", want, &out)
	}
}

// A currency in lower case is that currency, as in package billing.
func TestCurrencyInLowerCase(t *testing.T) {
	code, out, shown := start(t, false, "-dataset", "unbilled-usage", "-currency", "usd", "-rows", "100")
	if code != cli.ExitOK || !strings.Contains(out, "\nUSD ") || !strings.Contains(out, "equal the generated data") {
		t.Errorf("exit %d\n%s%s", code, out, shown)
	}
}

// The output and the progress of millions of rows fit a terminal of 80 columns.
func TestLinesOf80Columns(t *testing.T) {
	_, out, shown := start(t, true, "-rows", "3000")
	for line := range strings.SplitSeq(out+strings.ReplaceAll(shown, "\r", "\n"), "\n") {
		if len([]rune(strings.TrimRight(line, " "))) > 80 {
			t.Errorf("more than 80 columns: %s", line)
		}
	}
}
