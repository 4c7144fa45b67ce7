package main

import (
	"bytes"
	"testing"
	"testing/synctest"
)

func TestBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, amount := range []string{"98765432109.87", "12345678.90"} {
			var out bytes.Buffer
			if err := run(t.Context(), []string{"-amount", amount}, &out); err != nil {
				t.Fatal(err)
			}
			if want := "example: " + amount + " a month, email at 90 %\ndeleted\n"; out.String() != want {
				t.Errorf("got %q, want %q", &out, want)
			}
		}
	})
}

func TestUsageErrors(t *testing.T) {
	for _, args := range [][]string{{"-amount", "much"}, {"-what"}} {
		var out bytes.Buffer
		if err := run(t.Context(), args, &out); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
}
