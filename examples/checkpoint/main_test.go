package main

import (
	"bytes"
	"os"
	"regexp"
	"slices"
	"testing"
)

// TestMain lets the test program be the other processes, too.
func TestMain(m *testing.M) {
	if slices.Contains(os.Args, "-child") {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestKilledTenTimes(t *testing.T) {
	var out bytes.Buffer
	if err := show(t.Context(), 40_000, 7, &out); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	if !regexp.MustCompile(`(?s)10 +[0-9.]+ s +[0-9]+\n +11 +not killed +40000\n\nexactly the rows that were sent: 40000, EUR [0-9.]+, USD [0-9.]+\nall 11 starts`).Match(out.Bytes()) {
		t.Errorf("%s", &out)
	}
}
