package main

import (
	"bytes"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/costmgmt"
	"github.com/partnerbilling/sdk-go/lineitem"
)

func TestBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for amount, doubled := range map[string]string{"98765432109.87": "197530864219.74", "12345678.90": "24691357.80"} {
			var out bytes.Buffer
			if err := run(t.Context(), []string{"-amount", amount}, &out); err != nil {
				t.Fatal(err)
			}
			if want := "example: " + amount + " a month, email at 90 %\nchanged to " + doubled + " a month\ndeleted\n"; out.String() != want {
				t.Errorf("got %q, want %q", &out, want)
			}
		}
	})
}

// A change of somebody else is kept, and an edit that always comes too late is an error.
func TestConflicts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, err := connect(false)
		if err != nil {
			t.Fatal(err)
		}
		account, err := client.PartnerAccount(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		scope := costmgmt.AccountScope(account.Name)
		one, err := lineitem.NewDecimal(1, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.PutBudget(t.Context(), scope, costmgmt.Budget{Name: "b", Amount: one, TimeGrain: costmgmt.TimeGrainMonthly, Period: costmgmt.MonthOf(time.Now())}, nil); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			conflicts int
			want      error
		}{{2, nil}, {3, apierror.ErrConflict}} {
			edits := 0
			changed, err := change(t.Context(), client, scope, "b", func(b *costmgmt.Budget) (err error) {
				if edits++; edits <= c.conflicts {
					other := *b
					if other.Amount, err = other.Amount.Add(one); err != nil {
						return err
					}
					if _, err := client.PutBudget(t.Context(), scope, other, nil); err != nil {
						return err
					}
				}
				b.TimeGrain = costmgmt.TimeGrainQuarterly
				return nil
			})
			if !errors.Is(err, c.want) || edits != 3 || err == nil && (changed.TimeGrain != costmgmt.TimeGrainQuarterly || changed.Amount.String() != "3") {
				t.Errorf("%d conflicts: %+v after %d edits, %v", c.conflicts, changed, edits, err)
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
