// Budget creates a monthly budget for the partner's billing account, with an email at 90 % of it,
// doubles it, and deletes it. By default it uses an in-memory service; add -live to call Microsoft.
// It asks before it writes to the account:
//
//	go run ./examples/budget
//	go run ./examples/budget -live -amount 12345678.90 -mail billing@example.com
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/costmgmt"
	"github.com/partnerbilling/sdk-go/examples/internal/cli"
	"github.com/partnerbilling/sdk-go/lineitem"
)

const about = `Budget creates a monthly budget for the partner's billing account, with an email
at 90 % of it, doubles it, and deletes it. By default it uses an in-memory
service; add -live to call Microsoft. It asks before it writes to the account:

  go run ./examples/budget
  go run ./examples/budget -live -amount 12345678.90 -mail billing@example.com`

func main() { cli.Main(about, run) }

// settings are the values of the flags.
type settings struct {
	live, keep, yes bool
	name, mail      string
	amount          lineitem.Decimal
}

// generatedAmount is the amount of the budget in the in-memory service.
const generatedAmount = "98765432109.87"

func parse(c *cli.Call) (*settings, error) {
	var s settings
	c.Flags.BoolVar(&s.live, "live", false, "call Microsoft instead of the in-memory service, with DefaultAzureCredential")
	c.Flags.BoolVar(&s.keep, "keep", false, "do not delete the budget")
	c.Flags.BoolVar(&s.yes, "yes", false, "write to the account without asking, for -live")
	c.Flags.StringVar(&s.name, "name", "example", "`name` of the budget; there must be no budget of that name")
	c.Flags.StringVar(&s.mail, "mail", "", "`address` that gets the email; required with -live")
	text := c.Flags.String("amount", "", "`amount` in the currency of the account; required with -live")
	if err := c.Parse(); err != nil {
		return nil, err
	}
	switch {
	case s.live && *text == "":
		return nil, cli.Usagef("-live needs -amount, such as -amount 12345678.90")
	case s.live && s.mail == "":
		return nil, cli.Usagef("-live needs -mail, such as -mail billing@example.com")
	case s.name == "":
		return nil, cli.Usagef("-name must not be empty")
	case s.mail == "":
		s.mail = "billing@example.com"
	}
	if *text == "" {
		*text = generatedAmount
	}
	var err error
	if s.amount, err = lineitem.ParseDecimal(*text); err != nil || s.amount.Sign() <= 0 {
		return nil, cli.Usagef("unsupported -amount %q; want a positive number such as 12345678.90", *text)
	}
	return &s, nil
}

func run(ctx context.Context, c *cli.Call) error {
	s, err := parse(c)
	if err != nil {
		return err
	}
	client, err := connect(s.live)
	if err != nil {
		return err
	}
	return demo(ctx, client, s, c)
}

// demo creates a budget, changes it and deletes it.
func demo(ctx context.Context, client *costmgmt.Client, s *settings, c *cli.Call) (err error) {
	account, err := client.PartnerAccount(ctx, nil)
	if err != nil {
		return err
	}
	scope := costmgmt.AccountScope(account.Name)
	// PutBudget would replace a budget that is there.
	if _, err := client.GetBudget(ctx, scope, s.name, nil); err == nil {
		return fmt.Errorf("the account has a budget %q already; choose another -name", s.name)
	} else if !errors.Is(err, apierror.ErrNotFound) {
		return err
	}
	if s.live && !s.yes {
		if err := confirm(ctx, c, account.Name, s); err != nil {
			return err
		}
	}
	threshold, err := lineitem.NewDecimal(90, 0)
	if err != nil {
		return err
	}
	if !s.keep {
		// The budget does not stay behind if the program fails or is interrupted, either.
		defer func() {
			removed, end := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
			defer end()
			failed := remove(removed, client, scope, s.name, c.Out)
			switch {
			case failed == nil || errors.Is(err, apierror.ErrPermission): // not created
			case err == nil:
				err = fmt.Errorf("the budget %q is still there: %w", s.name, failed)
			default:
				err = errors.Join(err, fmt.Errorf("the budget %q may still be there: %w", s.name, failed))
			}
		}()
	}
	made, err := client.PutBudget(ctx, scope, costmgmt.Budget{
		Name: s.name, Amount: s.amount, TimeGrain: costmgmt.TimeGrainMonthly, Period: costmgmt.Period{Start: costmgmt.MonthOf(time.Now()).Start},
		Notifications: map[string]costmgmt.Notification{"90-percent": {Enabled: true, Operator: costmgmt.NotificationOperatorGreaterThan, Threshold: threshold, ContactEmails: []string{s.mail}}},
	}, nil)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.Out, "%s: %v a month, email at %v %%\n", made.Name, made.Amount, made.Notifications["90-percent"].Threshold)
	made, err = change(ctx, client, scope, made.Name, func(b *costmgmt.Budget) (err error) {
		b.Amount, err = b.Amount.Add(b.Amount)
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(c.Out, "changed to %v a month\n", made.Amount)
	return nil
}

// confirm asks whether the budget may be written. Where nobody can be asked, -yes is required.
func confirm(ctx context.Context, c *cli.Call, account string, s *settings) error {
	what := fmt.Sprintf("the budget %q of %v to the billing account\n%s", s.name, s.amount, account)
	if !c.Interactive {
		return cli.Usagef("-live writes %s\nand nobody can be asked; add -yes", what)
	}
	c.Progress.Prompt("Write " + what + "? [y/N] ")
	replies := make(chan string, 1)
	go func() { // a read of a terminal cannot be canceled
		text, _ := bufio.NewReader(io.LimitReader(c.In, 80)).ReadString('\n')
		replies <- strings.ToLower(strings.TrimSpace(text))
	}()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case reply := <-replies:
		if reply != "y" && reply != "yes" {
			return errors.New("nothing was written")
		}
		return nil
	}
}

// remove deletes a budget. That it is not there is no error: it may not have been created.
func remove(ctx context.Context, client *costmgmt.Client, scope costmgmt.Scope, name string, out io.Writer) error {
	err := client.DeleteBudget(ctx, scope, name, nil)
	if errors.Is(err, apierror.ErrNotFound) {
		return nil
	}
	if err == nil {
		fmt.Fprintln(out, "deleted")
	}
	return err
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
