package main

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/costmgmt"
	"github.com/partnerbilling/sdk-go/examples/internal/cli"
	"github.com/partnerbilling/sdk-go/lineitem"
)

func TestBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for amount, doubled := range map[string]string{"98765432109.87": "197530864219.74", "12345678.90": "24691357.80"} {
			code, out, shown := start(t, "-amount", amount)
			if code != cli.ExitOK {
				t.Fatalf("exit %d\n%s", code, shown)
			}
			if want := "example: " + amount + " a month, email at 90 %\nchanged to " + doubled + " a month\ndeleted\n"; out != want {
				t.Errorf("got %q, want %q", out, want)
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
	for args, want := range map[string]string{
		"-amount much": `unsupported -amount "much"`, "-what": "not defined: -what", "-amount -1": "positive",
		"-live": "-live needs -amount", "-live -amount 5": "-live needs -mail", "-name=": "-name must not be empty",
	} {
		code, out, shown := start(t, strings.Fields(args)...)
		if code != cli.ExitUsage || out != "" || strings.Count(shown, want) != 1 || strings.Count(shown, "\n") != 1 {
			t.Errorf("%s: exit %d\n%s%s", args, code, out, shown)
		}
	}
}

// Nothing is written to an account unless somebody says yes.
func TestAsksBeforeItWrites(t *testing.T) {
	for _, test := range []struct {
		name        string
		interactive bool
		reply       string
		code        int
		want        string
	}{
		{"nobody", false, "y\n", cli.ExitUsage, "nobody can be asked; add -yes"},
		{"no", true, "n\n", cli.ExitFailed, "nothing was written"},
		{"end of input", true, "", cli.ExitFailed, "nothing was written"},
		{"yes", true, "y\n", cli.ExitOK, `Write the budget "example" of 7.5 to the billing account`},
	} {
		synctest.Test(t, func(t *testing.T) {
			client, service, s := live(t)
			var out, shown bytes.Buffer
			c := cli.NewCall(about, nil, strings.NewReader(test.reply), &out, &shown)
			c.Interactive = test.interactive
			code := cli.Run(t.Context(), c, func(ctx context.Context, c *cli.Call) error { return demo(ctx, client, s, c) })
			if code != test.code || !strings.Contains(shown.String(), test.want) {
				t.Errorf("%s: exit %d\n%s", test.name, code, &shown)
			}
			if n := writes(service); n > 0 != (code == cli.ExitOK) {
				t.Errorf("%s: %d requests that write", test.name, n)
			}
		})
	}
}

// A budget that was there before is neither replaced nor deleted.
func TestExistingBudgetIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, service, s := live(t)
		s.yes = true
		account, err := client.PartnerAccount(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.PutBudget(t.Context(), costmgmt.AccountScope(account.Name), costmgmt.Budget{
			Name: s.name, Amount: s.amount, TimeGrain: costmgmt.TimeGrainMonthly, Period: costmgmt.MonthOf(time.Now()),
		}, nil); err != nil {
			t.Fatal(err)
		}
		before := writes(service)
		c := cli.NewCall(about, nil, nil, &bytes.Buffer{}, &bytes.Buffer{})
		if err := demo(t.Context(), client, s, c); err == nil || !strings.Contains(err.Error(), "choose another -name") || writes(service) != before {
			t.Errorf("%d requests that write, %v", writes(service)-before, err)
		}
	})
}

// The budget does not stay behind if the program fails or is interrupted.
func TestBudgetOfAFailureIsDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, _, s := live(t)
		s.yes = true
		ctx, cancel := context.WithCancel(t.Context())
		c := cli.NewCall(about, nil, nil, cancelOn{" a month, email", cancel}, &bytes.Buffer{})
		if code := cli.Run(ctx, c, func(ctx context.Context, c *cli.Call) error { return demo(ctx, client, s, c) }); code != cli.ExitInterrupted {
			t.Errorf("exit %d", code)
		}
		account, err := client.PartnerAccount(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.GetBudget(t.Context(), costmgmt.AccountScope(account.Name), s.name, nil); !errors.Is(err, apierror.ErrNotFound) {
			t.Errorf("want ErrNotFound, got %v", err)
		}
	})
}

// start runs the program.
func start(t *testing.T, args ...string) (code int, out, shown string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = cli.Run(t.Context(), cli.NewCall(about, args, nil, &stdout, &stderr), run)
	return code, stdout.String(), stderr.String()
}

// live returns a client of a service in place of Microsoft, and the settings of -live.
func live(t *testing.T) (*costmgmt.Client, *billingtest.Server, *settings) {
	t.Helper()
	service := billingtest.NewServer(nil)
	if err := service.SetAccount(billingtest.Account{}); err != nil {
		t.Fatal(err)
	}
	client, err := costmgmt.NewClient(service.Credential(), &costmgmt.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: service}})
	if err != nil {
		t.Fatal(err)
	}
	amount, err := lineitem.ParseDecimal("7.5")
	if err != nil {
		t.Fatal(err)
	}
	return client, service, &settings{live: true, name: "example", mail: "billing@example.com", amount: amount}
}

// writes returns how many requests were sent that write.
func writes(service *billingtest.Server) (n int) {
	for _, r := range service.Requests() {
		if r.Method == http.MethodPut || r.Method == http.MethodDelete {
			n++
		}
	}
	return n
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
