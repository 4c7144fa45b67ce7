package main

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestDifferences: every invoice has a line, with the difference that the in-memory service made.
func TestDifferences(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := connect(false)
		if err != nil {
			t.Fatal(err)
		}
		lines, err := c.lastMonth(t.Context(), time.Now())
		if err != nil || len(lines) != len(made) {
			t.Fatalf("%d lines, %v", len(lines), err)
		}
		for i, l := range lines {
			want := made[i]
			if l.invoice.Number != want.Number || l.invoice.Currency() != want.Currency {
				t.Errorf("%+v", l)
			}
			if i > 2 {
				if l.rows != 0 || l.remark == "" || l.invoice.Total.Value.String() != want.Amount {
					t.Errorf("%+v", l)
				}
				continue
			}
			if got := l.difference; l.rows != int64(5000*(i+1)) || l.remark != "" || got.Sign() == 0 != (want.Difference == "") || got.Sign() != 0 && !strings.HasPrefix(got.String(), want.Difference) {
				t.Errorf("difference %v with %d rows, want %q: %s", got, l.rows, want.Difference, l.remark)
			}
		}
	})
}

func TestTable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		if err := run(t.Context(), nil, &out); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"G000000102", "USD", "1234.56", "98765432109.87", "skipped: legacy invoices", "skipped: void", "no rows to export: CreditNote"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("no %q in\n%s", want, &out)
			}
		}
	})
}

func TestUsageError(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), []string{"-dead"}, &out); err == nil {
		t.Error("no error")
	}
}
