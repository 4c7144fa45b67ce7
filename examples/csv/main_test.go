package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/examples/internal/cli"
	"github.com/partnerbilling/sdk-go/examples/internal/filestore"
)

// TestMain runs the test binary as the child processes of the demo, too.
func TestMain(m *testing.M) {
	if slices.Contains(os.Args, "-child") {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestDemo(t *testing.T) {
	var out, shown bytes.Buffer
	if code := cli.Run(t.Context(), cli.NewCall(about, []string{"-rows", "30000", "-seed", "7"}, nil, &out, &shown), run); code != cli.ExitOK {
		t.Fatalf("exit %d\n%s\n%s", code, &shown, &out)
	}
	if !regexp.MustCompile(`(?s)start 3: killed while it wrote\nstart 4: finished\n\n200 files with 30000 rows are the same`).Match(out.Bytes()) {
		t.Errorf("%s", &out)
	}
}

func TestInterruptLeavesNothingBehind(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	t.Setenv("TMP", folder)
	ctx, cancel := context.WithCancel(t.Context())
	c := cli.NewCall(about, nil, nil, &bytes.Buffer{}, cancelOn{"without a kill", cancel})
	c.Progress.AsTerminal(80)
	if code := cli.Run(ctx, c, run); code != cli.ExitInterrupted {
		t.Errorf("exit %d, want %d", code, cli.ExitInterrupted)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
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
		"-rows 0": "-rows must be at least 30000", "-live -out bills": "-live needs -invoice", "-live -invoice ../G1 -out bills": "-live needs -invoice",
		"-live -invoice G016907411": "-live needs -out", "-invoice G016907411": "no effect without -live", "-live -seed 1": "no effect with -live",
		"-what": "not defined: -what", "G016907411": "unexpected argument",
	} {
		var out, shown bytes.Buffer
		code := cli.Run(t.Context(), cli.NewCall(about, strings.Fields(args), nil, &out, &shown), run)
		if code != cli.ExitUsage || out.Len() > 0 || strings.Count(shown.String(), want) != 1 || strings.Count(shown.String(), "\n") != 1 {
			t.Errorf("%s: exit %d\n%s%s", args, code, &out, &shown)
		}
	}
}

var nobody = &watch{committed: func(int64) {}}

// inMemory returns a client of a service with these exports.
func inMemory(t *testing.T, exports ...billingtest.Export) (*billingtest.Server, *billing.Client) {
	t.Helper()
	service := billingtest.NewServer(&billingtest.Options{RunningPolls: -1})
	if err := service.Add(exports...); err != nil {
		t.Fatal(err)
	}
	client, err := billing.NewClient(service.Credential(), &billing.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: service}})
	if err != nil {
		t.Fatal(err)
	}
	return service, client
}

// contents returns the files below a folder by name.
func contents(t *testing.T, folder string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		name, _ := filepath.Rel(folder, path)
		files[filepath.ToSlash(name)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// Every digit and character of a row is in the file of its customer.
func TestRowsAreExact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const amount = "-1234567890123456789.012345678901234"
		_, client := inMemory(t, billingtest.Export{InvoiceID: "G1", Files: []billingtest.File{{Name: "a.json.gz", Lines: []string{
			`{"CustomerId":"A-1","ProductName":"5\" \u00e4,\nb;=1","UsageDate":"2026-07-31T00:00:00Z","Quantity":1E-20,"BillingPreTaxTotal":` + amount + `,"BillingCurrency":"EUR"}`,
			`{"CustomerId":"a-1","BillingPreTaxTotal":0.10,"BillingCurrency":"USD"}`,
			`{"CustomerId":"../b","BillingPreTaxTotal":2,"BillingCurrency":"USD"}`,
			`{"BillingPreTaxTotal":3,"BillingCurrency":"USD"}`,
		}}}})
		folder := t.TempDir()
		if r, err := export(t.Context(), client, "G1", folder, nobody); err != nil || !r.now || r.files != 3 {
			t.Fatalf("%+v, %v", r, err)
		}
		files := contents(t, folder)
		if len(files) != 3 {
			t.Errorf("files: %v", files)
		}
		records, err := csv.NewReader(strings.NewReader(files["G1/customer-a-1.csv"])).ReadAll()
		if err != nil || len(records) != 3 {
			t.Fatalf("%q, %v", records, err)
		}
		if want := []string{"A-1", "2026-07-31", "", "5\" ä,\nb;=1", "", "", "0.00000000000000000001", "", amount, "EUR"}; !slices.Equal(records[1], want) {
			t.Errorf("%q, want %q", records[1], want)
		}
		if want := []string{"a-1", "", "", "", "", "", "", "", "0.10", "USD"}; !slices.Equal(records[2], want) {
			t.Errorf("%q, want %q", records[2], want)
		}
		if !strings.Contains(files["G1/no-customer.csv"], ",3,USD\n") {
			t.Errorf("%v", files)
		}
	})
}

func TestFileNamesAreNoPaths(t *testing.T) {
	seen := map[string]string{}
	for _, id := range []string{"", ".", "..", "/", "../../etc/passwd", `a\b`, "C:", "NUL", "a b", "ä", strings.Repeat("x", 300), "other-1", "no-customer"} {
		name := fileName(id)
		if name != filepath.Base(name) || !regexp.MustCompile(`^[a-z]+-[a-z0-9-]+\.csv$`).MatchString(name) || len(name) > 100 {
			t.Errorf("%q: %q", id, name)
		}
		if other, used := seen[name]; used {
			t.Errorf("%q and %q: %q", id, other, name)
		}
		seen[name] = id
	}
}

// A run that ends at any commit, or with rows behind the last one, is continued: the files are
// those of a run that did not end.
func TestContinue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service, client := inMemory(t, billingtest.Export{InvoiceID: "G1", Rows: 17_500, Blobs: 3, Customers: 20})
		want := t.TempDir()
		if _, err := export(t.Context(), client, "G1", want, nobody); err != nil {
			t.Fatal(err)
		}
		for last := range 5 {
			folder := t.TempDir()
			ctx, cancel := context.WithCancel(t.Context())
			commits := 0
			_, err := export(ctx, client, "G1", folder, &watch{committed: func(int64) {
				if commits++; commits == last {
					cancel()
				}
			}, started: func(billing.Start) {
				if last == 0 {
					cancel()
				}
			}})
			if cancel(); last < 4 && !errors.Is(err, context.Canceled) {
				t.Fatalf("commit %d: %v", last, err)
			}
			partial := filepath.Join(folder, "G1.partial")
			if _, err := os.Stat(partial); err == nil { // as if a crash had come in the middle of a commit
				entries, err := os.ReadDir(partial)
				if err != nil {
					t.Fatal(err)
				}
				if err := appendTo(filepath.Join(partial, entries[0].Name()), strings.NewReader("cut,of")); err != nil {
					t.Fatal(err)
				}
				if err := appendTo(filepath.Join(partial, "customer-new.csv"), strings.NewReader("cut,of")); err != nil {
					t.Fatal(err)
				}
			}
			if r, err := export(t.Context(), client, "G1", folder, nobody); err != nil || !r.now && last < 4 {
				t.Fatalf("after commit %d: %+v, %v", last, r, err)
			}
			if got, want := contents(t, folder), contents(t, want); len(got) != len(want) {
				t.Errorf("after commit %d: %d files, want %d", last, len(got), len(want))
			} else {
				for name, text := range want {
					if got[name] != text {
						t.Errorf("after commit %d: %s differs", last, name)
					}
				}
			}
		}
		exports := 0
		for _, r := range service.Requests() {
			if r.Call == billingtest.ExportCall {
				exports++
			}
		}
		if exports != 6 { // one for each folder
			t.Errorf("%d exports", exports)
		}
	})
}

// Where the run that completed the files was killed before it removed token and state, the next one
// does that and no more.
func TestCompletedBefore(t *testing.T) {
	service, client := inMemory(t)
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "G1"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"G1.token", "G1.state"} {
		if err := os.WriteFile(filepath.Join(folder, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r, err := export(t.Context(), client, "G1", folder, nobody)
	if left := contents(t, folder); err != nil || r.now || len(left) > 0 || len(service.Requests()) > 0 {
		t.Errorf("%+v, %v, %v", r, err, left)
	}
}

// Files that are not as they were left are an error that says what to do.
func TestFilesWereChanged(t *testing.T) {
	for name, change := range map[string]func(folder string) error{
		"shorter":    func(folder string) error { return os.Truncate(filepath.Join(folder, "customer-a.csv"), 3) },
		"missing in": func(folder string) error { return os.Remove(filepath.Join(folder, "customer-a.csv")) },
		"remove it":  func(folder string) error { return os.WriteFile(folder+".state", []byte("{"), 0o600) },
	} {
		folder := filepath.Join(t.TempDir(), "G1.partial")
		state := filestoreOf(folder)
		f, err := openFiles(t.Context(), folder, state)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.add(&row{CustomerID: "a"}); err != nil {
			t.Fatal(err)
		}
		if err := f.commit(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		if err := change(folder); err != nil {
			t.Fatal(err)
		}
		if _, err := openFiles(t.Context(), folder, state); err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "start again") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func filestoreOf(folder string) filestore.File { return filestore.File(folder + ".state") }
