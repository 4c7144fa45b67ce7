package main

import (
	"context"

	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/examples/internal/cli"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
	"github.com/partnerbilling/sdk-go/poller"
)

// aggregated is the dataset that Microsoft has not documented yet.
const aggregated = "billed-aggregated-usage"

// exports are the datasets by name. The type of a request determines the type of its rows, so each
// dataset has its own function that returns the charge of a row.
var exports = map[string]func(context.Context, *billing.Client, *settings, *cli.Progress) (*summary, error){
	"billed-usage": func(ctx context.Context, c *billing.Client, s *settings, show *cli.Progress) (*summary, error) {
		return export(ctx, c, billing.BilledUsage{InvoiceID: s.invoice, AttributeSet: billing.AttributeSet(s.attributes)}, usageCharge, show)
	},
	"unbilled-usage": func(ctx context.Context, c *billing.Client, s *settings, show *cli.Progress) (*summary, error) {
		return export(ctx, c, billing.UnbilledUsage{
			BillingPeriod: billing.BillingPeriod(s.period), CurrencyCode: s.currency, AttributeSet: billing.AttributeSet(s.attributes),
		}, usageCharge, show)
	},
	"billed-reconciliation": func(ctx context.Context, c *billing.Client, s *settings, show *cli.Progress) (*summary, error) {
		return export(ctx, c, billing.BilledReconciliation{InvoiceID: s.invoice, AttributeSet: billing.AttributeSet(s.attributes)}, reconciliationCharge, show)
	},
	"unbilled-reconciliation": func(ctx context.Context, c *billing.Client, s *settings, show *cli.Progress) (*summary, error) {
		return export(ctx, c, billing.UnbilledReconciliation{
			BillingPeriod: billing.BillingPeriod(s.period), CurrencyCode: s.currency, AttributeSet: billing.AttributeSet(s.attributes),
		}, reconciliationCharge, show)
	},
	aggregated: func(ctx context.Context, c *billing.Client, s *settings, show *cli.Progress) (*summary, error) {
		return export(ctx, c, billing.BilledAggregatedUsage{InvoiceID: s.invoice}, aggregatedCharge, show)
	},
}

// charge is the part of a row that the summary uses.
type charge struct {
	customerID, customer string
	currency             string
	amount               lineitem.Decimal
}

func usageCharge(u lineitem.Usage) (charge, error) {
	return charge{u.CustomerID, u.CustomerName, u.BillingCurrency, u.BillingPreTaxTotal}, nil
}

func reconciliationCharge(r lineitem.Reconciliation) (charge, error) {
	return charge{r.CustomerID, r.CustomerName, r.Currency, r.Total}, nil
}

// aggregatedCharge uses the attributes of daily usage. Microsoft has not published those of the
// aggregated export, so its rows are of type Record.
func aggregatedCharge(r lineitem.Record) (charge, error) {
	amount, err := r.Decimal("BillingPreTaxTotal")
	return charge{r.Text("CustomerId"), r.Text("CustomerName"), r.Text("BillingCurrency"), amount}, err
}

// export runs an export from the request to the rows.
func export[T any](
	ctx context.Context, client *billing.Client, request billing.Request[T], chargeOf func(T) (charge, error), show *cli.Progress,
) (*summary, error) {
	p, err := billing.BeginExport(ctx, client, request, nil)
	if err != nil {
		return nil, err
	}
	m, err := p.PollUntilDone(ctx, &poller.PollUntilDoneOptions{OnProgress: show.Waiting})
	if err != nil {
		return nil, err
	}

	found := newSummary()
	for row, err := range m.Items(ctx, &manifest.ReadOptions{OnProgress: show.Reading}) {
		if err != nil {
			return nil, err
		}
		c, err := chargeOf(row)
		if err != nil {
			return nil, err
		}
		found.add(c)
	}
	show.End()
	return found, nil
}
