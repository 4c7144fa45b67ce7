package main

import (
	"bytes"
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/examples/internal/cli"
	"github.com/partnerbilling/sdk-go/lineitem"
)

// TestMain runs the test binary as the child processes of the demo, too.
func TestMain(m *testing.M) {
	if slices.Contains(os.Args, "-child") {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestLoadKilledTenTimes(t *testing.T) {
	var out, shown bytes.Buffer
	if code := cli.Run(t.Context(), cli.NewCall(about, []string{"-rows", "40000", "-seed", "7"}, nil, &out, &shown), run); code != cli.ExitOK {
		t.Fatalf("exit %d\n%s\n%s", code, &shown, &out)
	}
	if !regexp.MustCompile(`(?s)10 +[0-9.]+ s +[0-9]+\n +11 +not killed +40000\n\nthe database has exactly the rows of the export: 40000,\nEUR [0-9.]+, USD [0-9.]+\nall 11 starts`).Match(out.Bytes()) {
		t.Errorf("%s", &out)
	}
}

func TestInterruptLeavesNothingBehind(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	t.Setenv("TMP", folder)
	ctx, cancel := context.WithCancel(t.Context())
	c := cli.NewCall(about, nil, nil, &bytes.Buffer{}, cancelOn{"start 2 of 11", cancel})
	c.Progress.AsTerminal(80) // each commit is shown
	if code := cli.Run(ctx, c, run); code != cli.ExitInterrupted {
		t.Errorf("exit %d, want %d", code, cli.ExitInterrupted)
	}
	left, err := os.ReadDir(folder)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// cancelOn cancels when a text is written.
type cancelOn struct {
	text   string
	cancel func()
}

func (c cancelOn) Write(p []byte) (int, error) {
	if strings.Contains(string(p), c.text) {
		c.cancel()
	}
	return len(p), nil
}

func TestUsageErrors(t *testing.T) {
	for args, want := range map[string]string{
		"-rows 0": "-rows must be at least 40000", "-rows 39999": "-rows must be at least 40000",
		"-live -db bill.db": "-live needs -invoice", "-live -invoice G016907411": "-live needs -db",
		"-invoice G016907411": "no effect without -live", "-live -rows 50000": "no effect with -live",
	} {
		var out, shown bytes.Buffer
		code := cli.Run(t.Context(), cli.NewCall(about, strings.Fields(args), nil, &out, &shown), run)
		if code != cli.ExitUsage || out.Len() > 0 || strings.Count(shown.String(), want) != 1 || strings.Count(shown.String(), "\n") != 1 {
			t.Errorf("%s: exit %d\n%s%s", args, code, &out, &shown)
		}
	}
}

// A load that is repeated inserts nothing, and another invoice needs another database.
func TestLoadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := billingtest.NewServer(nil)
		if err := service.Add(billingtest.Export{InvoiceID: "G1", Rows: 5000}); err != nil {
			t.Fatal(err)
		}
		client, err := billing.NewClient(service.Credential(), &billing.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: service}})
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "bill.db")
		w := &watch{committed: func(int) {}}
		for range 2 {
			if rows, err := loadInto(t.Context(), client, "G1", file, w); rows != 5000 || err != nil {
				t.Errorf("%d rows, %v", rows, err)
			}
		}
		requests := len(service.Requests())
		if _, err := loadInto(t.Context(), client, "G2", file, w); err == nil || !strings.Contains(err.Error(), "that of invoice G1; choose another file for G2") {
			t.Errorf("got %v", err)
		}
		if len(service.Requests()) != requests {
			t.Error("something was sent for the other invoice")
		}
	})
}

// What a row does not have is NULL in the database, and null again when it is read.
func TestNull(t *testing.T) {
	db, err := open(t.Context(), filepath.Join(t.TempDir(), "null.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	tx, err := db.begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	one, err := lineitem.NewDecimal(1, 0)
	if err != nil {
		t.Fatal(err)
	}
	for line, item := range []lineitem.Usage{{}, {BillingPreTaxTotal: one, UsageDate: time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)}} {
		if err := tx.insert(t.Context(), lineitem.Position{Blob: "a", Line: int64(line)}, &item); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.tx.Commit(); err != nil {
		t.Fatal(err)
	}
	for line, want := range []string{"", "1"} {
		var day sql.NullString
		var total lineitem.Decimal
		if err := db.QueryRowContext(t.Context(), `SELECT day, total FROM usage WHERE line = ?`, line).Scan(&day, &total); err != nil {
			t.Fatal(err)
		}
		if day.Valid != (want != "") || total.IsNull() != (want == "") || want != "" && total.String() != want {
			t.Errorf("line %d: %v, %v", line, day, total)
		}
	}
}
