package costmgmt_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/costmgmt"
)

func TestBudgets(t *testing.T) {
	const path = accountPath + "/providers/Microsoft.CostManagement/budgets/b 1"
	s := serve(t, response{201, nil, `{"name":"b 1","eTag":"\"2\"","properties":{"category":"Cost","amount":12345678.90,"timeGrain":"Monthly","timePeriod":{"startDate":"2024-10-01T00:00:00Z","endDate":"2025-09-30T00:00:00Z"},"currentSpend":{"amount":98765432109.87,"unit":"USD"},"forecastSpend":null,"notifications":{"n":{"enabled":true,"operator":"GreaterThan","threshold":90.5,"contactEmails":["a@b"]}}}}`},
		ok(`{"name":"c","properties":{"amount":98765432109.87,"timeGrain":"Monthly","timePeriod":{}}}`),
		response{204, nil, ""}, response{200, nil, ""}, response{404, nil, `{"error":{"code":"NotFound","message":"no"}}`})
	c := client(t, s)
	b, err := c.PutBudget(t.Context(), costmgmt.AccountScope(account), costmgmt.Budget{
		Name: "b 1", Amount: number(t, "12345678.90"), TimeGrain: costmgmt.TimeGrainMonthly, ETag: `"1"`, Period: costmgmt.Period{Start: on(2024, 10, 1), End: on(2025, 9, 30)},
		Notifications: map[string]costmgmt.Notification{"n": {Enabled: true, Operator: costmgmt.NotificationOperatorGreaterThan, Threshold: number(t, "90.5"), ContactEmails: []string{"a@b"}}},
	}, nil)
	if err != nil || b.Amount.String() != "12345678.90" || b.Current.String() != "98765432109.87 USD" || !b.Forecast.Value.IsNull() || b.ETag != `"2"` || b.Notifications["n"].Threshold.String() != "90.5" || !b.Period.End.Equal(on(2025, 9, 30)) {
		t.Errorf("%+v, %v", b, err)
	}
	s.sent("PUT", path, costVersion, `{"eTag":"\"1\"","properties":{"category":"Cost","amount":12345678.90,"timeGrain":"Monthly","timePeriod":{"startDate":"2024-10-01T00:00:00Z","endDate":"2025-09-30T00:00:00Z"},"notifications":{"n":{"enabled":true,"operator":"GreaterThan","threshold":90.5,"contactEmails":["a@b"]}}}}`)
	berlin := time.FixedZone("CEST", 2*3600) // where the month begins on the last of the month before, in UTC
	consumption := &costmgmt.PutBudgetOptions{Provider: costmgmt.ProviderConsumption}
	if b, err = c.PutBudget(t.Context(), costmgmt.CustomerScope(account, "c1"), costmgmt.Budget{Name: "c", Amount: number(t, "98765432109.87"), TimeGrain: costmgmt.TimeGrainMonthly, Period: costmgmt.Period{Start: time.Date(2024, 10, 1, 0, 0, 0, 0, berlin)}}, consumption); err != nil || b.Amount.String() != "98765432109.87" {
		t.Errorf("%+v, %v", b, err)
	}
	s.sent("PUT", accountPath+"/customers/c1/providers/Microsoft.Consumption/budgets/c", "api-version=2021-10-01", `{"properties":{"category":"Cost","amount":98765432109.87,"timeGrain":"Monthly","timePeriod":{"startDate":"2024-10-01T00:00:00Z"}}}`)
	for range 2 {
		if err := c.DeleteBudget(t.Context(), costmgmt.AccountScope(account), "x", nil); err != nil {
			t.Error(err)
		}
	}
	s.sent("DELETE", accountPath+"/providers/Microsoft.CostManagement/budgets/x", costVersion, "")
	if err := c.DeleteBudget(t.Context(), costmgmt.AccountScope(account), "x", nil); !errors.Is(err, apierror.ErrNotFound) || !strings.HasPrefix(err.Error(), `costmgmt: budget "x": `) {
		t.Errorf("%v", err)
	}
	period := costmgmt.MonthOf(on(2024, 9, 1))
	for name, bad := range map[string]costmgmt.Budget{
		"invalid name":       {},
		"missing Amount":     {Name: "x"},
		"missing TimeGrain":  {Name: "x", Amount: number(t, "1")},
		"missing start":      {Name: "x", Amount: number(t, "1"), TimeGrain: costmgmt.TimeGrainMonthly},
		"end is before":      {Name: "x", Amount: number(t, "1"), TimeGrain: costmgmt.TimeGrainMonthly, Period: costmgmt.Period{Start: period.End, End: period.Start}},
		"Raw is not the JSO": {Name: "x", Amount: number(t, "1"), TimeGrain: costmgmt.TimeGrainMonthly, Period: period, Raw: []byte("5")},
	} {
		if _, err := c.PutBudget(t.Context(), costmgmt.AccountScope(account), bad, nil); !errors.Is(err, costmgmt.ErrInvalidRequest) || !strings.Contains(err.Error(), name) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	if _, err := c.GetBudget(t.Context(), costmgmt.AccountScope(account), "x", &costmgmt.GetBudgetOptions{Provider: "Microsoft.Other"}); !errors.Is(err, costmgmt.ErrInvalidRequest) {
		t.Errorf("unknown provider: %v", err)
	}
	if _, err := all(c.Budgets(t.Context(), costmgmt.AccountScope(account), &costmgmt.BudgetsOptions{Provider: "Microsoft.Other"})); !errors.Is(err, costmgmt.ErrInvalidRequest) {
		t.Errorf("unknown provider: %v", err)
	}
}

// TestChangeBudget: a budget that is read, changed and put back loses nothing, not even what this
// package has no fields for.
func TestChangeBudget(t *testing.T) {
	const path = accountPath + "/providers/Microsoft.CostManagement/budgets/b"
	const received = `{"id":"/b","name":"b","type":"t","eTag":"\"1\"","systemData":{"x":1},"properties":{"category":"Cost","Amount":100.10,"timeGrain":"Quarterly of tomorrow",
		"TimePeriod":{"startDate":"2024-10-01T00:00:00Z","endDate":"2034-10-01T00:00:00Z","zone":"x"},"filter":{"dimensions":{"name":"ResourceId","operator":"In","values":["a"]}},
		"currentSpend":{"amount":1,"unit":"USD"},"forecastSpend":{"amount":2,"unit":"USD"},"ofTomorrow":{"big":12345678901234567890.123},
		"notifications":{"n":{"enabled":true,"operator":"GreaterThan","threshold":90,"contactEmails":["a@b"],"contactGroups":["/g"],"locale":"de-de","frequency":"Daily","thresholdType":"Forecasted"},
		"gone":{"enabled":true,"operator":"EqualTo","threshold":1,"contactEmails":["a@b"]}}}}`
	s := serve(t, ok(received), ok(received), ok(`{"value":[null,`+received+`],"nextLink":null}`), ok(`{"value":[]}`))
	c := client(t, s)
	b, err := c.GetBudget(t.Context(), costmgmt.AccountScope(account), "b", nil)
	if err != nil {
		t.Fatal(err)
	}
	s.sent("GET", path, costVersion, "")
	n := b.Notifications["n"]
	if b.TimeGrain != "Quarterly of tomorrow" || b.ID != "/b" || n.ThresholdType != costmgmt.ThresholdTypeForecasted || n.Locale != "de-de" || !reflect.DeepEqual(n.ContactGroups, []string{"/g"}) || b.Forecast.String() != "2 USD" {
		t.Errorf("%+v", b)
	}
	b.Amount = number(t, "200.20")
	b.Period.End = on(2030, 1, 31)
	n.Locale, n.Enabled = "", false
	b.Notifications["n"] = n
	delete(b.Notifications, "gone")
	if _, err := c.PutBudget(t.Context(), costmgmt.AccountScope(account), b, nil); err != nil {
		t.Fatal(err)
	}
	s.sent("PUT", path, costVersion, `{"eTag":"\"1\"","properties":{"category":"Cost","amount":200.20,"timeGrain":"Quarterly of tomorrow",
		"timePeriod":{"startDate":"2024-10-01T00:00:00Z","endDate":"2030-01-31T00:00:00Z","zone":"x"},"filter":{"dimensions":{"name":"ResourceId","operator":"In","values":["a"]}},
		"ofTomorrow":{"big":12345678901234567890.123},
		"notifications":{"n":{"enabled":false,"operator":"GreaterThan","threshold":90,"contactEmails":["a@b"],"contactGroups":["/g"],"frequency":"Daily","thresholdType":"Forecasted"}}}}`)
	list, err := all(c.Budgets(t.Context(), costmgmt.AccountScope(account), nil))
	if err != nil || len(list) != 1 || list[0].Amount.String() != "100.10" || list[0].ETag != `"1"` {
		t.Errorf("%+v, %v", list, err)
	}
	s.sent("GET", strings.TrimSuffix(path, "/b"), costVersion, "")
	if list, err := all(c.Budgets(t.Context(), costmgmt.CustomerScope(account, "c1"), &costmgmt.BudgetsOptions{Provider: costmgmt.ProviderConsumption})); err != nil || len(list) != 0 {
		t.Errorf("%+v, %v", list, err)
	}
	s.sent("GET", accountPath+"/customers/c1/providers/Microsoft.Consumption/budgets", "api-version=2021-10-01", "")
}

// TestNotificationNamesThatDifferByCase: none of them is lost when the budget is put back, and one
// can be renamed.
func TestNotificationNamesThatDifferByCase(t *testing.T) {
	const path = accountPath + "/providers/Microsoft.CostManagement/budgets/b"
	notification := func(name string, threshold int, frequency string) string {
		return fmt.Sprintf(`%q:{"enabled":true,"operator":"GreaterThan","threshold":%d,"contactEmails":["a@b"],"frequency":%q}`, name, threshold, frequency)
	}
	budget := func(notifications ...string) string {
		return `{"properties":{"category":"Cost","amount":1,"timeGrain":"Monthly","timePeriod":{"startDate":"2024-10-01T00:00:00Z"},
			"notifications":{` + strings.Join(notifications, ",") + `}}}`
	}
	two := []string{notification("n", 80, "Daily"), notification("N", 90, "Weekly")}
	for range 20 { // the order of a map varies
		s := serve(t, ok(budget(two...)), ok(budget()), ok(budget()))
		c := client(t, s)
		b, err := c.GetBudget(t.Context(), costmgmt.AccountScope(account), "b", nil)
		if err != nil {
			t.Fatal(err)
		}
		b.Name = "b"
		if _, err := c.PutBudget(t.Context(), costmgmt.AccountScope(account), b, nil); err != nil {
			t.Fatal(err)
		}
		s.sent("PUT", path, costVersion, budget(two...))
		b.Raw = []byte(budget(two[0]))
		b.Notifications = map[string]costmgmt.Notification{"N": b.Notifications["n"]}
		if _, err := c.PutBudget(t.Context(), costmgmt.AccountScope(account), b, nil); err != nil {
			t.Fatal(err)
		}
		s.sent("PUT", path, costVersion, budget(notification("N", 80, "Daily")))
	}
}

// TestConflicts: a PUT that lost against another change says what to do.
func TestConflicts(t *testing.T) {
	for _, status := range []int{409, 412} {
		s := serve(t, response{status, nil, `{"error":{"code":"PreconditionFailed","message":"m"}}`}, response{status, nil, `{"error":{"code":"Conflict","message":"m"}}`})
		c := client(t, s)
		_, err := c.PutBudget(t.Context(), costmgmt.AccountScope(account), costmgmt.Budget{Name: "b", ETag: `"1"`, Amount: number(t, "1"), TimeGrain: costmgmt.TimeGrainMonthly, Period: costmgmt.MonthOf(on(2024, 9, 1))}, nil)
		if e, is := errors.AsType[*apierror.RequestError](err); !errors.Is(err, apierror.ErrConflict) || !is || e.StatusCode != status || !strings.Contains(err.Error(), "; get it again and change that") {
			t.Errorf("budget: %v", err)
		}
		export := costmgmt.Export{Name: "e", ETag: `"1"`, Type: costmgmt.ExportTypeActualCost, Timeframe: costmgmt.TimeframeMonthToDate, Destination: costmgmt.Destination{ResourceID: "/s", Container: "c"}}
		if _, err := c.PutExport(t.Context(), costmgmt.AccountScope(account), export, nil); !errors.Is(err, apierror.ErrConflict) || !strings.HasPrefix(err.Error(), `costmgmt: export "e": conflict`) {
			t.Errorf("export: %v", err)
		}
	}
}
