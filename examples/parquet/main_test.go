package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/partnerbilling/sdk-go/examples/internal/cli"
)

func start(t *testing.T, args ...string) (code int, out, shown string) {
	t.Helper()
	var o, s bytes.Buffer
	code = cli.Run(t.Context(), cli.NewCall(about, args, nil, &o, &s), run)
	return code, o.String(), s.String()
}

// TestFileOfEachInvoice: each file has the rows and exact sums of its invoice.
func TestFileOfEachInvoice(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "new")
	synctest.Test(t, func(t *testing.T) {
		code, out, shown := start(t, "-invoice", "G000000001,G000000002", "-out", folder)
		if code != cli.ExitOK || strings.Count(out, ".parquet: 20,000 rows\n") != 2 {
			t.Fatalf("exit %d\n%s%s", code, out, shown)
		}
	})
	for _, invoice := range []string{"G000000001", "G000000002"} {
		data, err := os.ReadFile(filepath.Join(folder, invoice+".parquet"))
		if err != nil {
			t.Fatal(err)
		}
		truth, err := generated(invoice).Truth()
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"BilledUsage " + invoice, `"BillingPreTaxTotal":{"EUR":"` + truth.Sums()["EUR"] + `","USD":"` + truth.Sums()["USD"] + `"}`} {
			if !bytes.Contains(data, []byte(want)) {
				t.Errorf("%s: no %s in the metadata", invoice, want)
			}
		}
	}
	onlyFiles(t, folder, "G000000001.parquet", "G000000002.parquet")
}

func onlyFiles(t *testing.T, folder string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if !slices.Equal(names, want) {
		t.Errorf("there are %v, want %v", names, want)
	}
}

// TestFailedExportLeavesTheOldFile: a canceled run leaves what was there, and nothing else.
func TestFailedExportLeavesTheOldFile(t *testing.T) {
	folder := t.TempDir()
	old := filepath.Join(folder, "G000000001.parquet")
	if err := os.WriteFile(old, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		client, err := connect(false, []string{"G000000009"})
		if err != nil {
			t.Fatal(err)
		}
		show := cli.NewCall(about, nil, nil, &bytes.Buffer{}, &bytes.Buffer{}).Progress
		if _, err := export(t.Context(), client, "G000000001", old, show); err == nil {
			t.Error("an unknown invoice was exported")
		}
	})
	if data, err := os.ReadFile(old); err != nil || string(data) != "old" {
		t.Errorf("%q, %v", data, err)
	}
	onlyFiles(t, folder, "G000000001.parquet")
}

func TestUsageErrors(t *testing.T) {
	for args, want := range map[string]string{"-live": "-live needs -invoice", "-what": "not defined: -what", "G016907411": "unexpected argument", "-invoice=../x": "invalid number"} {
		code, out, shown := start(t, args)
		if code != cli.ExitUsage || out != "" || strings.Count(shown, want) != 1 {
			t.Errorf("%s: exit %d\n%s%s", args, code, out, shown)
		}
	}
}
