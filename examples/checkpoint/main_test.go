package main

import (
	"bytes"
	"os"
	"regexp"
	"slices"
	"testing"
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
	var out bytes.Buffer
	if err := demo(t.Context(), 40_000, 7, &out); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	if !regexp.MustCompile(`(?s)10 +[0-9.]+ s +[0-9]+\n +11 +not killed +40000\n\nthe database has exactly the rows of the export: 40000, EUR [0-9.]+, USD [0-9.]+\nall 11 starts`).Match(out.Bytes()) {
		t.Errorf("%s", &out)
	}
}
