package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/billingtest"
)

// TestMain runs the test binary as the program, too.
func TestMain(m *testing.M) {
	if os.Getenv("RUN_MINIMAL") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestHelpAndErrors(t *testing.T) {
	for args, want := range map[string]struct {
		code        int
		out, errors string
	}{
		"-h":    {0, about, ""},
		"-what": {2, "", "flag provided but not defined: -what\n-h says how to use minimal\n"},
	} {
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		program := exec.CommandContext(t.Context(), self, args)
		program.Env = append(os.Environ(), "RUN_MINIMAL=1")
		var out, errors strings.Builder
		program.Stdout, program.Stderr = &out, &errors
		err = program.Run()
		if program.ProcessState.ExitCode() != want.code || out.String() != want.out || errors.String() != want.errors {
			t.Errorf("%s: %v\n%s\n%s", args, err, &out, &errors)
		}
	}
	for line := range strings.Lines(about) {
		if len(line) > 81 {
			t.Errorf("wide: %s", line)
		}
	}
}

func TestAddUp(t *testing.T) {
	service := billingtest.NewServer(nil)
	invoice := billingtest.Export{InvoiceID: "G000000001", Rows: 5000, Currencies: []string{"EUR", "USD"}}
	if err := service.Add(invoice); err != nil {
		t.Fatal(err)
	}
	client, err := billing.NewClient(service.Credential(), &billing.ClientOptions{
		ClientOptions: azcore.ClientOptions{Transport: service},
	})
	if err != nil {
		t.Fatal(err)
	}

	totals, err := addUp(t.Context(), client, "G000000001")
	if err != nil {
		t.Fatal(err)
	}
	truth, err := invoice.Truth()
	if err != nil {
		t.Fatal(err)
	}
	for currency, sum := range truth.Sums() {
		if got := totals.Text(currency); got != sum {
			t.Errorf("%s: got %s, want %s", currency, got, sum)
		}
	}
}
