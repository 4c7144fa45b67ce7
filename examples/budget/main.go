// Budget creates a monthly budget for the partner's billing account, with an email at 90 % of it,
// doubles it, and deletes it. By default it uses an in-memory service; add -live to call Microsoft:
//
//	go run ./examples/budget
//	go run ./examples/budget -live -amount 12345678.90 -mail billing@example.com
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/costmgmt"
	"github.com/partnerbilling/sdk-go/lineitem"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "budget:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("budget", flag.ContinueOnError)
	flags.SetOutput(out)
	live := flags.Bool("live", false, "call Microsoft instead of the in-memory service, with DefaultAzureCredential")
	text := flags.String("amount", "98765432109.87", "amount in the currency of the account")
	mail := flags.String("mail", "billing@example.com", "recipient of the email")
	keep := flags.Bool("keep", false, "do not delete the budget")
	if err := flags.Parse(args); err != nil {
		return err
	}
	amount, err := lineitem.ParseDecimal(*text)
	if err != nil {
		return fmt.Errorf("-amount: %w", err)
	}
	client, err := connect(*live)
	if err != nil {
		return err
	}
	account, err := client.PartnerAccount(ctx, nil)
	if err != nil {
		return err
	}
	threshold, err := lineitem.NewDecimal(90, 0)
	if err != nil {
		return err
	}
	scope := costmgmt.AccountScope(account.Name)
	made, err := client.PutBudget(ctx, scope, costmgmt.Budget{
		Name: "example", Amount: amount, TimeGrain: costmgmt.TimeGrainMonthly, Period: costmgmt.Period{Start: costmgmt.MonthOf(time.Now()).Start},
		Notifications: map[string]costmgmt.Notification{"90-percent": {Enabled: true, Operator: costmgmt.NotificationOperatorGreaterThan, Threshold: threshold, ContactEmails: []string{*mail}}},
	}, nil)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s: %v a month, email at %v %%\n", made.Name, made.Amount, made.Notifications["90-percent"].Threshold)
	made, err = change(ctx, client, scope, made.Name, func(b *costmgmt.Budget) (err error) {
		b.Amount, err = b.Amount.Add(b.Amount)
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "changed to %v a month\n", made.Amount)
	if *keep {
		return nil
	}
	if err := client.DeleteBudget(ctx, scope, made.Name, nil); err != nil {
		return err
	}
	fmt.Fprintln(out, "deleted")
	return nil
}

// change changes a budget. Its ETag makes sure that no other change is lost: where somebody else
// has changed it in between, the edit is applied to what they stored.
func change(ctx context.Context, client *costmgmt.Client, scope costmgmt.Scope, name string, edit func(*costmgmt.Budget) error) (costmgmt.Budget, error) {
	for try := 1; ; try++ {
		budget, err := client.GetBudget(ctx, scope, name, nil)
		if err != nil {
			return costmgmt.Budget{}, err
		}
		if err := edit(&budget); err != nil {
			return costmgmt.Budget{}, err
		}
		changed, err := client.PutBudget(ctx, scope, budget, nil)
		if !errors.Is(err, apierror.ErrConflict) || try == 3 {
			return changed, err
		}
	}
}

func connect(live bool) (*costmgmt.Client, error) {
	if live {
		cred, err := azidentity.NewDefaultAzureCredential(nil)
		if err != nil {
			return nil, err
		}
		return costmgmt.NewClient(cred, nil)
	}
	service := billingtest.NewServer(nil)
	if err := service.SetAccount(billingtest.Account{}); err != nil {
		return nil, err
	}
	return costmgmt.NewClient(service.Credential(), &costmgmt.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: service}})
}
