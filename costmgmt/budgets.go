package costmgmt

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/internal/jsonscalar"
	"github.com/partnerbilling/sdk-go/lineitem"
)

// Budget is an amount that costs are compared with. To change one, get it, change fields, and put
// it.
type Budget struct {
	// Name identifies the budget in its scope. Required.
	Name string
	// Amount is in the currency of the scope, exact. Required for [BudgetCategoryCost].
	Amount lineitem.Decimal
	// TimeGrain is the period after which the budget starts again from zero. Required.
	TimeGrain TimeGrain
	// Period is the time in which the budget is active. Start is the first of a month and required;
	// where End is zero, the service sets it to ten years later.
	Period Period
	// Category is what the budget watches; empty stands for [BudgetCategoryCost].
	Category BudgetCategory
	// Filter selects costs, in the JSON of the service; nil stands for all of the scope.
	Filter json.RawMessage
	// Notifications are the mails to send, by a name of your choice.
	Notifications map[string]Notification
	// ETag is the version of the budget that was read. Where it is set, [Client.PutBudget] stores
	// the budget only if nobody has changed it since. Where it is empty, PutBudget replaces the
	// budget without that check, and a change that somebody else has made is lost.
	ETag string

	// ID is the path of the resource. It is not sent.
	ID string
	// Current and Forecast are what has been spent and what is expected to be spent, as the service
	// computes it. They are not sent.
	Current, Forecast Amount
	// Raw is the resource as the service sent it. [Client.PutBudget] sends those of its properties
	// back for which there is no field here, so that a change loses nothing.
	Raw json.RawMessage
}

// Notification is a mail to send when costs pass a threshold.
type Notification struct {
	// Enabled switches the notification on.
	Enabled bool `json:"enabled"`
	// Operator compares the costs with the threshold. Required.
	Operator NotificationOperator `json:"operator"`
	// Threshold is a percentage of the budget's amount, exact, with two decimal places at most.
	// Required.
	Threshold lineitem.Decimal `json:"threshold"`
	// ThresholdType is the cost that is compared; empty stands for [ThresholdTypeActual].
	ThresholdType ThresholdType `json:"thresholdType"`
	// ContactEmails are addresses to send the mail to. At least one is required, except at the
	// scope of a subscription or a resource group.
	ContactEmails []string `json:"contactEmails"`
	// ContactRoles are roles whose holders get the mail, and ContactGroups the paths of action
	// groups. Both are for the scopes of subscriptions and resource groups.
	ContactRoles  []string `json:"contactRoles"`
	ContactGroups []string `json:"contactGroups"`
	// Locale is the language of the mail, such as de-de; empty leaves it to the service.
	Locale string `json:"locale"`
}

// GetBudgetOptions are the options of [Client.GetBudget]. The zero value and nil are the defaults.
type GetBudgetOptions struct {
	// Provider keeps the budget; empty stands for [ProviderCostManagement].
	Provider Provider
}

// GetBudget returns a budget. If there is none of that name, the error matches
// [apierror.ErrNotFound].
func (c *Client) GetBudget(ctx context.Context, s Scope, name string, o *GetBudgetOptions) (Budget, error) {
	if o == nil {
		o = &GetBudgetOptions{}
	}
	k, err := budgetCall(s, name, http.MethodGet, "BudgetsClient.Get", o.Provider)
	if err != nil {
		return Budget{}, err
	}
	return c.budget(ctx, k)
}

// BudgetsOptions are the options of [Client.Budgets]. The zero value and nil are the defaults.
type BudgetsOptions struct {
	// Provider keeps the budgets; empty stands for [ProviderCostManagement].
	Provider Provider
}

// Budgets lists the budgets of a scope.
func (c *Client) Budgets(ctx context.Context, s Scope, o *BudgetsOptions) iter.Seq2[Budget, error] {
	if o == nil {
		o = &BudgetsOptions{}
	}
	k := &call{what: "budgets", api: "BudgetsClient.NewListPager", method: http.MethodGet, scope: s}
	if err := k.budgets(o.Provider); err != nil {
		return func(yield func(Budget, error) bool) { yield(Budget{}, err) }
	}
	return list(ctx, c, k, readBudget)
}

// PutBudgetOptions are the options of [Client.PutBudget]. The zero value and nil are the defaults.
type PutBudgetOptions struct {
	// Provider keeps the budget; empty stands for [ProviderCostManagement].
	Provider Provider
}

// PutBudget creates a budget, or replaces the one of that name, and returns it as the service has
// it then. Amounts are sent and read to the last digit.
//
// Where b has an ETag and the budget has been changed since, nothing is stored and the error
// matches [apierror.ErrConflict]: get the budget again and apply the change to that, as the package
// documentation shows. A budget that lacks a required field is an error that matches
// [ErrInvalidRequest]. With an error, the returned budget is the zero Budget.
func (c *Client) PutBudget(ctx context.Context, s Scope, b Budget, o *PutBudgetOptions) (Budget, error) {
	if o == nil {
		o = &PutBudgetOptions{}
	}
	k, err := budgetCall(s, b.Name, http.MethodPut, "BudgetsClient.CreateOrUpdate", o.Provider)
	if err != nil {
		return Budget{}, err
	}
	if k.body, err = b.wire(k.what); err != nil {
		return Budget{}, err
	}
	k.status = []int{http.StatusOK, http.StatusCreated}
	return c.budget(ctx, k)
}

// DeleteBudgetOptions are the options of [Client.DeleteBudget]. The zero value and nil are the
// defaults.
type DeleteBudgetOptions struct {
	// Provider keeps the budget; empty stands for [ProviderCostManagement].
	Provider Provider
}

// DeleteBudget deletes a budget. If there is none of that name, the error matches
// [apierror.ErrNotFound].
func (c *Client) DeleteBudget(ctx context.Context, s Scope, name string, o *DeleteBudgetOptions) error {
	if o == nil {
		o = &DeleteBudgetOptions{}
	}
	k, err := budgetCall(s, name, http.MethodDelete, "BudgetsClient.Delete", o.Provider)
	if err != nil {
		return err
	}
	k.status = []int{http.StatusOK, http.StatusNoContent}
	return c.do(ctx, k, nil)
}

// budgetCall is a call about one budget.
func budgetCall(s Scope, name, method, api string, p Provider) (*call, error) {
	k := &call{what: "budget", api: api, method: method, scope: s}
	if err := checkName(k.what, name); err != nil {
		return nil, err
	}
	if err := k.budgets(p); err != nil {
		return nil, err
	}
	k.what = fmt.Sprintf("budget %.64q", name)
	k.path += "/" + url.PathEscape(name)
	return k, nil
}

// budgets makes it a call about the budgets of a provider.
func (k *call) budgets(p Provider) error {
	switch p {
	case "", ProviderCostManagement:
		p, k.version = ProviderCostManagement, costVersion
	case ProviderConsumption:
		k.version = consumptionVersion
	default:
		return invalid(k.what, fmt.Sprintf("invalid Provider %.64q: must be %s or %s", string(p), ProviderCostManagement, ProviderConsumption))
	}
	k.path = "/providers/" + string(p) + "/budgets"
	return nil
}

// checkName refuses a name that cannot be a segment of a path.
func checkName(op, name string) error {
	if name == "" || name == "." || name == ".." {
		return invalid(op, fmt.Sprintf("invalid name %q", name))
	}
	return nil
}

// budget makes a call whose response is a budget.
func (c *Client) budget(ctx context.Context, k *call) (Budget, error) {
	var raw json.RawMessage
	if err := c.do(ctx, k, &raw); err != nil {
		return Budget{}, conflict(err)
	}
	b, err := readBudget(raw)
	if err != nil {
		return Budget{}, k.op().Errorf(apierror.ErrMalformed, "response is not a budget")
	}
	return b, nil
}

// conflict makes the error of a PUT that the service rejected because of another change one that
// matches [apierror.ErrConflict].
func conflict(err error) error {
	if e, is := errors.AsType[*apierror.RequestError](err); is && (e.StatusCode == http.StatusConflict || e.StatusCode == http.StatusPreconditionFailed) {
		e.Err, e.Advice = apierror.ErrConflict, "get it again and change that"
	}
	return err
}

func readBudget(raw json.RawMessage) (Budget, error) {
	type spend struct {
		Amount lineitem.Decimal `json:"amount"`
		Unit   jsonscalar.Text  `json:"unit"`
	}
	var r resource[struct {
		Category  jsonscalar.Text  `json:"category"`
		Amount    lineitem.Decimal `json:"amount"`
		TimeGrain jsonscalar.Text  `json:"timeGrain"`
		Period    struct {
			Start jsonscalar.Time `json:"startDate"`
			End   jsonscalar.Time `json:"endDate"`
		} `json:"timePeriod"`
		Filter        json.RawMessage         `json:"filter"`
		Notifications map[string]Notification `json:"notifications"`
		Current       spend                   `json:"currentSpend"`
		Forecast      spend                   `json:"forecastSpend"`
	}]
	err := json.Unmarshal(raw, &r)
	p := &r.Properties
	if jsonscalar.IsNull(p.Filter) {
		p.Filter = nil
	}
	return Budget{
		Name: string(r.Name), Amount: p.Amount, TimeGrain: TimeGrain(p.TimeGrain), Period: Period{p.Period.Start.Time, p.Period.End.Time},
		Category: BudgetCategory(p.Category), Filter: p.Filter, Notifications: p.Notifications, ETag: string(r.ETag), ID: string(r.ID),
		Current: Amount{p.Current.Amount, string(p.Current.Unit)}, Forecast: Amount{p.Forecast.Amount, string(p.Forecast.Unit)}, Raw: raw,
	}, err
}

// wire is the budget in the form of the service.
func (b *Budget) wire(op string) (any, error) {
	category := b.Category
	if category == "" {
		category = BudgetCategoryCost
	}
	switch {
	case b.Amount.IsNull() && category == BudgetCategoryCost:
		return nil, invalid(op, "missing Amount")
	case b.TimeGrain == "":
		return nil, invalid(op, "missing TimeGrain, such as Monthly")
	case b.Period.Start.IsZero():
		return nil, invalid(op, "missing start of Period")
	case !b.Period.End.IsZero() && b.Period.check(op) != nil:
		return nil, b.Period.check(op)
	}
	var amount any
	if !b.Amount.IsNull() {
		amount = b.Amount
	}
	var received resource[struct {
		Notifications map[string]json.RawMessage `json:"notifications"`
	}]
	if len(b.Raw) > 0 && json.Unmarshal(b.Raw, &received) != nil {
		return nil, invalid(op, "Raw is not the JSON of a budget")
	}
	notifications := object{}
	for name := range received.Properties.Notifications {
		notifications[name] = nil // unless it is still there
	}
	for name, n := range b.Notifications {
		notifications[name] = n.wire()
	}
	sent, err := body(b.Raw, b.ETag, object{
		"category": category, "amount": amount, "timeGrain": b.TimeGrain,
		"timePeriod": object{"startDate": midnight(b.Period.Start), "endDate": optional(midnight(b.Period.End))},
		"filter":     optionalList(b.Filter), "notifications": notifications, "currentSpend": nil, "forecastSpend": nil,
	})
	if err != nil {
		return nil, invalid(op, "Raw is not the JSON of a budget")
	}
	return sent, nil
}

func (n *Notification) wire() object {
	return object{
		"enabled": n.Enabled, "operator": n.Operator, "threshold": n.Threshold, "thresholdType": optional(n.ThresholdType),
		"contactEmails": append([]string{}, n.ContactEmails...), "contactRoles": optionalList(n.ContactRoles),
		"contactGroups": optionalList(n.ContactGroups), "locale": optional(n.Locale),
	}
}
