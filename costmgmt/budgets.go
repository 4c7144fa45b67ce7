package costmgmt

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"github.com/partnerbilling/sdk-go/internal/jsonscalar"
	"github.com/partnerbilling/sdk-go/lineitem"
)

// Budget is an amount that costs are watched against.
type Budget struct {
	// Name is part of the budget's path.
	Name string
	// Amount is in the currency of the scope, exact.
	Amount lineitem.Decimal
	// TimeGrain is after which time it begins anew: Monthly, Quarterly, Annually, BillingMonth and
	// others.
	TimeGrain string
	// Period is when it is watched: Start is the first of a month; End may be zero.
	Period Period
	// Category is Cost unless it says otherwise.
	Category string
	// Filter narrows it down, in the service's own JSON; nil for everything in the scope.
	Filter json.RawMessage
	// Notifications tell people, by a name of your choice.
	Notifications map[string]Notification
	// ETag is that of the budget that is to be changed; empty makes a new one.
	ETag string

	// Current and Forecast are what the service says has been, and will be, spent. They are not sent.
	Current, Forecast Amount
}

// Notification says when to tell whom.
type Notification struct {
	// Enabled switches it on.
	Enabled bool `json:"enabled"`
	// Operator compares with the threshold: GreaterThan, GreaterThanOrEqualTo, EqualTo.
	Operator string `json:"operator"`
	// Threshold is a percentage of the amount, exact.
	Threshold lineitem.Decimal `json:"threshold"`
	// ThresholdType is Actual or Forecasted; empty is Actual.
	ThresholdType string `json:"thresholdType,omitempty"`
	// ContactEmails get a mail.
	ContactEmails []string `json:"contactEmails"`
	// ContactRoles are roles whose holders get one.
	ContactRoles []string `json:"contactRoles,omitempty"`
}

// Provider is who keeps a budget.
type Provider string

// The providers.
const (
	// ProviderCostManagement is for the partner's own scopes.
	ProviderCostManagement Provider = "Microsoft.CostManagement"
	// ProviderConsumption is the older one, for customers' scopes.
	ProviderConsumption Provider = "Microsoft.Consumption"
)

// BudgetOptions are the options of the calls about budgets. The zero value and nil are the defaults.
type BudgetOptions struct {
	// Provider is [ProviderCostManagement] unless it says otherwise.
	Provider Provider
}

type budgetProperties struct {
	Category      jsonscalar.Text         `json:"category"`
	Amount        lineitem.Decimal        `json:"amount"`
	TimeGrain     jsonscalar.Text         `json:"timeGrain"`
	TimePeriod    budgetPeriod            `json:"timePeriod"`
	Filter        json.RawMessage         `json:"filter,omitempty"`
	Notifications map[string]Notification `json:"notifications,omitempty"`
	Current       *spend                  `json:"currentSpend,omitempty"`
	Forecast      *spend                  `json:"forecastSpend,omitempty"`
}

type budgetPeriod struct {
	Start jsonscalar.Time `json:"startDate"`
	End   jsonscalar.Time `json:"endDate,omitzero"`
}

type spend struct {
	Amount lineitem.Decimal `json:"amount"`
	Unit   jsonscalar.Text  `json:"unit"`
}

func (s *spend) amount() Amount {
	if s == nil {
		return Amount{}
	}
	return Amount{s.Amount, string(s.Unit)}
}

// budgetCall is a call about a budget.
func budgetCall(s Scope, name, method, api string, o *BudgetOptions) (*call, error) {
	k := &call{what: "budget", api: api, method: method, scope: s, version: costVersion}
	provider := ProviderCostManagement
	if o != nil && o.Provider != "" {
		provider = o.Provider
	}
	switch {
	case name == "" || name == "." || name == "..":
		return nil, invalid(k.what, "it needs a name")
	case provider == ProviderConsumption:
		k.version = consumptionVersion
	case provider != ProviderCostManagement:
		return nil, invalid(k.what, fmt.Sprintf("the provider is %q or %q", ProviderCostManagement, ProviderConsumption))
	}
	k.path = "/providers/" + string(provider) + "/budgets/" + url.PathEscape(name)
	return k, nil
}

// PutBudget makes a budget, or changes it, and returns it as the service has it then. Amounts are sent
// and read to the last digit.
func (c *Client) PutBudget(ctx context.Context, s Scope, b Budget, o *BudgetOptions) (Budget, error) {
	k, err := budgetCall(s, b.Name, http.MethodPut, "BudgetsClient.CreateOrUpdate", o)
	switch {
	case err != nil:
		return Budget{}, err
	case b.Amount.IsNull():
		return Budget{}, invalid(k.what, "it needs an amount")
	case b.TimeGrain == "" || b.Period.Start.IsZero():
		return Budget{}, invalid(k.what, "it needs a time grain, such as Monthly, and the start of its period")
	}
	if b.Category == "" {
		b.Category = "Cost"
	}
	type sent struct {
		ETag       string           `json:"eTag,omitempty"`
		Properties budgetProperties `json:"properties"`
	}
	k.body = sent{b.ETag, budgetProperties{
		Category: jsonscalar.Text(b.Category), Amount: b.Amount, TimeGrain: jsonscalar.Text(b.TimeGrain), Filter: b.Filter, Notifications: b.Notifications,
		TimePeriod: budgetPeriod{midnight(b.Period.Start), midnight(b.Period.End)},
	}}
	k.status = []int{http.StatusOK, http.StatusCreated}
	var r resource[budgetProperties]
	if err := c.do(ctx, k, &r); err != nil {
		return Budget{}, err
	}
	p := &r.Properties
	return Budget{
		Name: string(r.Name), Amount: p.Amount, TimeGrain: string(p.TimeGrain), Period: Period{p.TimePeriod.Start.Time, p.TimePeriod.End.Time},
		Category: string(p.Category), Filter: p.Filter, Notifications: p.Notifications, ETag: string(r.ETag),
		Current: p.Current.amount(), Forecast: p.Forecast.amount(),
	}, nil
}

// DeleteBudget removes a budget. One that does not exist is [apierror.ErrNotFound].
func (c *Client) DeleteBudget(ctx context.Context, s Scope, name string, o *BudgetOptions) error {
	k, err := budgetCall(s, name, http.MethodDelete, "BudgetsClient.Delete", o)
	if err != nil {
		return err
	}
	k.status = []int{http.StatusOK, http.StatusNoContent}
	return c.do(ctx, k, nil)
}
