package costmgmt_test

import (
	"errors"
	"testing"

	"github.com/partnerbilling/sdk-go/costmgmt"
	"github.com/partnerbilling/sdk-go/lineitem"
)

// TestZeroClient: a client or a run that was not made as documented is an error and no panic.
func TestZeroClient(t *testing.T) {
	ctx, scope, month := t.Context(), costmgmt.AccountScope(account), costmgmt.MonthOf(on(2024, 9, 1))
	budget := costmgmt.Budget{Name: "b", Amount: number(t, "1"), TimeGrain: costmgmt.TimeGrainMonthly, Period: month}
	for name, c := range map[string]*costmgmt.Client{"nil": nil, "zero": {}} {
		for call, f := range map[string]func() error{
			"BillingAccounts": func() error { _, err := all(c.BillingAccounts(ctx, nil)); return err },
			"PartnerAccount":  func() error { _, err := c.PartnerAccount(ctx, nil); return err },
			"Customers":       func() error { _, err := all(c.Customers(ctx, account, nil)); return err },
			"Subscriptions":   func() error { _, err := all(c.Subscriptions(ctx, account, nil)); return err },
			"Invoices":        func() error { _, err := all(c.Invoices(ctx, account, month, nil)); return err },
			"UsageDetails":    func() error { _, err := all(c.UsageDetails(ctx, scope, nil)); return err },
			"Query": func() error {
				_, err := all(c.Query(ctx, scope, costmgmt.Query{Period: month, Sums: map[string]string{"Cost": "Cost"}}, nil))
				return err
			},
			"GetCostPolicy": func() error { _, err := c.GetCostPolicy(ctx, account, "c1", nil); return err },
			"SetCostPolicy": func() error { return c.SetCostPolicy(ctx, account, "c1", costmgmt.ViewChargesAllowed, nil) },
			"GetBudget":     func() error { _, err := c.GetBudget(ctx, scope, "b", nil); return err },
			"Budgets":       func() error { _, err := all(c.Budgets(ctx, scope, nil)); return err },
			"PutBudget":     func() error { _, err := c.PutBudget(ctx, scope, budget, nil); return err },
			"DeleteBudget":  func() error { return c.DeleteBudget(ctx, scope, "b", nil) },
			"GetExport":     func() error { _, err := c.GetExport(ctx, scope, "e", nil); return err },
			"Exports":       func() error { _, err := all(c.Exports(ctx, scope, nil)); return err },
			"PutExport":     func() error { _, err := c.PutExport(ctx, scope, export(), nil); return err },
			"DeleteExport":  func() error { return c.DeleteExport(ctx, scope, "e", nil) },
			"ExportRuns":    func() error { _, err := all(c.ExportRuns(ctx, scope, "e", nil)); return err },
			"RunExport":     func() error { _, err := c.RunExport(ctx, scope, "e", nil); return err },
			"BeginCostDetails": func() error {
				_, err := costmgmt.BeginCostDetails[lineitem.Record](ctx, c, scope, costmgmt.CostDetailsRequest{InvoiceID: "G1"}, nil)
				return err
			},
			"BeginPriceSheet": func() error { _, err := c.BeginPriceSheet(ctx, account, "BP", nil); return err },
		} {
			if err := f(); !errors.Is(err, costmgmt.ErrInvalidRequest) {
				t.Errorf("%s client: %s: %v", name, call, err)
			}
		}
	}
	for name, run := range map[string]*costmgmt.ExportRun{"nil": nil, "zero": {}} {
		_, wait := run.Wait(ctx, nil)
		_, poll := run.Poll(ctx, nil)
		_, token := run.ResumeToken()
		for _, err := range []error{wait, poll, token} {
			if !errors.Is(err, costmgmt.ErrInvalidRequest) {
				t.Errorf("%s run: %v", name, err)
			}
		}
	}
}
