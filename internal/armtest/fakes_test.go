package armtest_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	azfake "github.com/Azure/azure-sdk-for-go/sdk/azcore/fake"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/billing/armbilling"
	billingfake "github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/billing/armbilling/fake"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/costmanagement/armcostmanagement/v3"
	costfake "github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/costmanagement/armcostmanagement/v3/fake"

	"github.com/partnerbilling/sdk-go/costmgmt"
	"github.com/partnerbilling/sdk-go/lineitem"
)

func TestBillingFakes(t *testing.T) {
	var gotAccount, gotCustomer string
	var period [2]string
	srv := &billingfake.ServerFactory{
		AccountsServer: billingfake.AccountsServer{NewListPager: func(*armbilling.AccountsClientListOptions) (p azfake.PagerResponder[armbilling.AccountsClientListResponse]) {
			p.AddPage(http.StatusOK, armbilling.AccountsClientListResponse{AccountListResult: armbilling.AccountListResult{Value: []*armbilling.Account{
				{Name: new(account), Properties: &armbilling.AccountProperties{AgreementType: new(armbilling.AgreementTypeMicrosoftPartnerAgreement), AccountType: new(armbilling.AccountTypePartner)}},
			}}}, nil)
			return p
		}},
		CustomersServer: billingfake.CustomersServer{NewListByBillingAccountPager: func(a string, _ *armbilling.CustomersClientListByBillingAccountOptions) (p azfake.PagerResponder[armbilling.CustomersClientListByBillingAccountResponse]) {
			gotAccount = a
			for _, name := range []string{"c1", "c2"} {
				p.AddPage(http.StatusOK, armbilling.CustomersClientListByBillingAccountResponse{CustomerListResult: armbilling.CustomerListResult{Value: []*armbilling.Customer{
					{Name: new(name), Properties: &armbilling.CustomerProperties{DisplayName: new("Customer " + name)}},
				}}}, nil)
			}
			return p
		}},
		SubscriptionsServer: billingfake.SubscriptionsServer{
			NewListByBillingAccountPager: func(a string, o *armbilling.SubscriptionsClientListByBillingAccountOptions) (p azfake.PagerResponder[armbilling.SubscriptionsClientListByBillingAccountResponse]) {
				gotAccount = a
				if o.IncludeDeleted == nil || !*o.IncludeDeleted {
					t.Error("IncludeDeleted did not arrive")
				}
				p.AddPage(http.StatusOK, armbilling.SubscriptionsClientListByBillingAccountResponse{SubscriptionListResult: armbilling.SubscriptionListResult{Value: []*armbilling.Subscription{
					{Name: new("s1"), Properties: &armbilling.SubscriptionProperties{Status: new(armbilling.BillingSubscriptionStatusActive), Quantity: new(int64(3))}},
				}}}, nil)
				return p
			},
			NewListByCustomerAtBillingAccountPager: func(_, c string, _ *armbilling.SubscriptionsClientListByCustomerAtBillingAccountOptions) (p azfake.PagerResponder[armbilling.SubscriptionsClientListByCustomerAtBillingAccountResponse]) {
				gotCustomer = c
				p.AddPage(http.StatusOK, armbilling.SubscriptionsClientListByCustomerAtBillingAccountResponse{SubscriptionListResult: armbilling.SubscriptionListResult{Value: []*armbilling.Subscription{}}}, nil)
				return p
			},
		},
		InvoicesServer: billingfake.InvoicesServer{NewListByBillingAccountPager: func(a string, o *armbilling.InvoicesClientListByBillingAccountOptions) (p azfake.PagerResponder[armbilling.InvoicesClientListByBillingAccountResponse]) {
			gotAccount = a
			period = [2]string{o.PeriodStartDate.Format("2006-01-02"), o.PeriodEndDate.Format("2006-01-02")}
			for _, name := range []string{"G1", "G2"} {
				p.AddPage(http.StatusOK, armbilling.InvoicesClientListByBillingAccountResponse{InvoiceListResult: armbilling.InvoiceListResult{Value: []*armbilling.Invoice{
					{Name: new(name), Properties: &armbilling.InvoiceProperties{
						DocumentType: new(armbilling.InvoiceDocumentTypeInvoice), InvoiceDate: new(on(2024, 10, 8)),
						TotalAmount: &armbilling.InvoicePropertiesTotalAmount{Currency: new("EUR"), Value: new(float32(12.5))},
					}},
				}}}, nil)
			}
			return p
		}},
		PoliciesServer: billingfake.PoliciesServer{
			GetByCustomerAtBillingAccount: func(_ context.Context, _, c string, _ *armbilling.PoliciesClientGetByCustomerAtBillingAccountOptions) (azfake.Responder[armbilling.PoliciesClientGetByCustomerAtBillingAccountResponse], azfake.ErrorResponder) {
				gotCustomer = c
				return responder(armbilling.PoliciesClientGetByCustomerAtBillingAccountResponse{CustomerPolicy: armbilling.CustomerPolicy{Properties: &armbilling.CustomerPolicyProperties{ViewCharges: new(armbilling.ViewChargesPolicyNotAllowed)}}})
			},
			BeginCreateOrUpdateByCustomerAtBillingAccount: func(_ context.Context, a, c string, p armbilling.CustomerPolicy, _ *armbilling.PoliciesClientBeginCreateOrUpdateByCustomerAtBillingAccountOptions) (r azfake.PollerResponder[armbilling.PoliciesClientCreateOrUpdateByCustomerAtBillingAccountResponse], e azfake.ErrorResponder) {
				gotAccount, gotCustomer = a, c
				r.AddNonTerminalResponse(http.StatusCreated, nil)
				r.SetTerminalResponse(http.StatusOK, armbilling.PoliciesClientCreateOrUpdateByCustomerAtBillingAccountResponse{CustomerPolicy: p}, nil)
				return r, e
			},
		},
	}
	c := client(t, billingfake.NewServerFactoryTransport(srv))
	if a, err := c.PartnerAccount(t.Context(), nil); err != nil || a.Name != account || a.Type != "Partner" {
		t.Errorf("account: %+v, %v", a, err)
	}
	if got, err := all(c.Customers(t.Context(), account, nil)); err != nil || len(got) != 2 || got[1].DisplayName != "Customer c2" || gotAccount != account {
		t.Errorf("customers: %+v of %s, %v", got, gotAccount, err)
	}
	if got, err := all(c.Subscriptions(t.Context(), account, &costmgmt.SubscriptionsOptions{IncludeDeleted: true})); err != nil || len(got) != 1 || got[0].Status != "Active" || got[0].Quantity.String() != "3" {
		t.Errorf("subscriptions: %+v, %v", got, err)
	}
	if _, err := all(c.Subscriptions(t.Context(), account, &costmgmt.SubscriptionsOptions{Customer: "c9"})); err != nil || gotCustomer != "c9" {
		t.Errorf("subscriptions of %s: %v", gotCustomer, err)
	}
	got, err := all(c.Invoices(t.Context(), account, costmgmt.LastMonth(on(2024, 10, 1)), nil))
	if err != nil || len(got) != 2 || got[1].Number != "G2" || got[0].Total.String() != "12.5 EUR" || !got[0].Issued.Equal(on(2024, 10, 8)) || period != [2]string{"2024-09-01", "2024-09-30"} {
		t.Errorf("invoices: %+v of %v, %v", got, period, err)
	}
	if v, err := c.GetCostPolicy(t.Context(), account, "c1", nil); err != nil || v != costmgmt.ViewChargesNotAllowed || gotCustomer != "c1" {
		t.Errorf("policy: %v, %v", v, err)
	}
	if err := c.SetCostPolicy(t.Context(), account, "c2", costmgmt.ViewChargesAllowed, nil); err != nil || gotCustomer != "c2" || gotAccount != account {
		t.Errorf("set policy: %v", err)
	}
}

func TestCostFakes(t *testing.T) {
	var scope, name string
	var query armcostmanagement.QueryDefinition
	var budget armcostmanagement.Budget
	var export armcostmanagement.Export
	var report armcostmanagement.GenerateCostDetailsReportRequestDefinition
	var sheet [3]string
	srv := &costfake.ServerFactory{
		QueryServer: costfake.QueryServer{Usage: func(_ context.Context, s string, q armcostmanagement.QueryDefinition, _ *armcostmanagement.QueryClientUsageOptions) (azfake.Responder[armcostmanagement.QueryClientUsageResponse], azfake.ErrorResponder) {
			scope, query = s, q
			return responder(armcostmanagement.QueryClientUsageResponse{QueryResult: armcostmanagement.QueryResult{Properties: &armcostmanagement.QueryProperties{
				Columns: []*armcostmanagement.QueryColumn{{Name: new("Cost")}, {Name: new("Currency")}}, Rows: [][]any{{12.5, "USD"}},
			}}})
		}},
		BudgetsServer: costfake.BudgetsServer{
			CreateOrUpdate: func(_ context.Context, s, n string, b armcostmanagement.Budget, _ *armcostmanagement.BudgetsClientCreateOrUpdateOptions) (azfake.Responder[armcostmanagement.BudgetsClientCreateOrUpdateResponse], azfake.ErrorResponder) {
				scope, name, budget = s, n, b
				return responder(armcostmanagement.BudgetsClientCreateOrUpdateResponse{Budget: b})
			},
			Get: func(_ context.Context, s, n string, _ *armcostmanagement.BudgetsClientGetOptions) (azfake.Responder[armcostmanagement.BudgetsClientGetResponse], azfake.ErrorResponder) {
				scope, name = s, n
				return responder(armcostmanagement.BudgetsClientGetResponse{Budget: armcostmanagement.Budget{Name: new(n), ETag: new(azcore.ETag(`"3"`)), Properties: &armcostmanagement.BudgetProperties{
					Amount: new(float32(12.5)), TimeGrain: new(armcostmanagement.TimeGrainTypeMonthly), TimePeriod: &armcostmanagement.BudgetTimePeriod{StartDate: new(on(2024, 9, 1))},
					Notifications: map[string]*armcostmanagement.Notification{"n": {Operator: new(armcostmanagement.BudgetNotificationOperatorTypeGreaterThan), ContactEmails: []*string{new("a@b")}, Frequency: new(armcostmanagement.FrequencyDaily)}},
				}}})
			},
			NewListPager: func(s string, _ *armcostmanagement.BudgetsClientListOptions) (p azfake.PagerResponder[armcostmanagement.BudgetsClientListResponse]) {
				scope = s
				for _, n := range []string{"b1", "b2"} {
					p.AddPage(http.StatusOK, armcostmanagement.BudgetsClientListResponse{BudgetsListResult: armcostmanagement.BudgetsListResult{Value: []*armcostmanagement.Budget{{Name: new(n)}}}}, nil)
				}
				return p
			},
			Delete: func(_ context.Context, s, n string, _ *armcostmanagement.BudgetsClientDeleteOptions) (azfake.Responder[armcostmanagement.BudgetsClientDeleteResponse], azfake.ErrorResponder) {
				scope, name = s, n
				return responder(armcostmanagement.BudgetsClientDeleteResponse{})
			},
		},
		ExportsServer: costfake.ExportsServer{
			Get: func(context.Context, string, string, *armcostmanagement.ExportsClientGetOptions) (azfake.Responder[armcostmanagement.ExportsClientGetResponse], azfake.ErrorResponder) {
				return responder(armcostmanagement.ExportsClientGetResponse{Export: armcostmanagement.Export{ETag: new(azcore.ETag(`"7"`))}})
			},
			List: func(_ context.Context, s string, _ *armcostmanagement.ExportsClientListOptions) (azfake.Responder[armcostmanagement.ExportsClientListResponse], azfake.ErrorResponder) {
				scope = s
				return responder(armcostmanagement.ExportsClientListResponse{ExportListResult: armcostmanagement.ExportListResult{Value: []*armcostmanagement.Export{
					{Name: new("e"), Properties: &armcostmanagement.ExportProperties{Format: new(armcostmanagement.FormatTypeParquet)}},
				}}})
			},
			Delete: func(_ context.Context, s, n string, _ *armcostmanagement.ExportsClientDeleteOptions) (azfake.Responder[armcostmanagement.ExportsClientDeleteResponse], azfake.ErrorResponder) {
				scope, name = s, n
				return responder(armcostmanagement.ExportsClientDeleteResponse{})
			},
			CreateOrUpdate: func(_ context.Context, s, n string, x armcostmanagement.Export, _ *armcostmanagement.ExportsClientCreateOrUpdateOptions) (azfake.Responder[armcostmanagement.ExportsClientCreateOrUpdateResponse], azfake.ErrorResponder) {
				scope, name, export = s, n, x
				return responder(armcostmanagement.ExportsClientCreateOrUpdateResponse{Export: x})
			},
			Execute: func(_ context.Context, s, n string, _ *armcostmanagement.ExportsClientExecuteOptions) (azfake.Responder[armcostmanagement.ExportsClientExecuteResponse], azfake.ErrorResponder) {
				scope, name = s, n
				return responder(armcostmanagement.ExportsClientExecuteResponse{})
			},
			GetExecutionHistory: func(context.Context, string, string, *armcostmanagement.ExportsClientGetExecutionHistoryOptions) (azfake.Responder[armcostmanagement.ExportsClientGetExecutionHistoryResponse], azfake.ErrorResponder) {
				return responder(armcostmanagement.ExportsClientGetExecutionHistoryResponse{ExportExecutionListResult: armcostmanagement.ExportExecutionListResult{Value: []*armcostmanagement.ExportRun{
					{Name: new("r"), Properties: &armcostmanagement.ExportRunProperties{Status: new(armcostmanagement.ExecutionStatusCompleted), SubmittedTime: new(time.Now().Add(time.Minute)), FileName: new("f.csv")}},
				}}})
			},
		},
		GenerateCostDetailsReportServer: costfake.GenerateCostDetailsReportServer{BeginCreateOperation: func(_ context.Context, s string, r armcostmanagement.GenerateCostDetailsReportRequestDefinition, _ *armcostmanagement.GenerateCostDetailsReportClientBeginCreateOperationOptions) (p azfake.PollerResponder[armcostmanagement.GenerateCostDetailsReportClientCreateOperationResponse], e azfake.ErrorResponder) {
			scope, report = s, r
			p.SetTerminalResponse(http.StatusOK, armcostmanagement.GenerateCostDetailsReportClientCreateOperationResponse{CostDetailsOperationResults: armcostmanagement.CostDetailsOperationResults{
				Status: new(armcostmanagement.CostDetailsStatusTypeCompletedCostDetailsStatusType),
				Manifest: &armcostmanagement.ReportManifest{BlobCount: new(int32(1)), DataFormat: new(armcostmanagement.CostDetailsDataFormatCSVCostDetailsDataFormat), Blobs: []*armcostmanagement.BlobInfo{
					{BlobLink: new("https://account.blob.core.windows.net/c/a.csv?sp=r&se=2099-01-01&sig=CANARYsignature"), ByteCount: new(int64(17))},
				}},
			}}, nil)
			return p, e
		}},
		PriceSheetServer: costfake.PriceSheetServer{
			BeginDownloadByBillingProfile: func(_ context.Context, a, p string, _ *armcostmanagement.PriceSheetClientBeginDownloadByBillingProfileOptions) (r azfake.PollerResponder[armcostmanagement.PriceSheetClientDownloadByBillingProfileResponse], e azfake.ErrorResponder) {
				sheet = [3]string{a, p}
				r.SetTerminalError(http.StatusForbidden, "Forbidden")
				return r, e
			},
			BeginDownloadByInvoice: func(_ context.Context, a, p, i string, _ *armcostmanagement.PriceSheetClientBeginDownloadByInvoiceOptions) (r azfake.PollerResponder[armcostmanagement.PriceSheetClientDownloadByInvoiceResponse], e azfake.ErrorResponder) {
				sheet = [3]string{a, p, i}
				r.SetTerminalError(http.StatusForbidden, "Forbidden")
				return r, e
			},
		},
	}
	fake := costfake.NewServerFactoryTransport(srv)
	c := client(t, transportFunc(func(req *http.Request) (*http.Response, error) {
		// Resource Manager ignores case; the fake does not, and spells one path in its own way.
		if strings.Contains(req.URL.Path, "/pricesheets/") {
			req.URL.Path = strings.Replace(req.URL.Path, "/Microsoft.Billing/", "/microsoft.Billing/", 1)
		}
		return fake.Do(req)
	}))
	ofCustomer := costmgmt.CustomerScope(account, "c1")
	rows, err := all(c.Query(t.Context(), ofCustomer, costmgmt.Query{Period: costmgmt.MonthOf(on(2024, 9, 1)), Sums: map[string]string{"Cost": "Cost"}, GroupBy: []string{"InvoiceId"}}, nil))
	if err != nil || len(rows) != 1 || rows[0].Text("Cost") != "12.5" || "/"+scope != string(ofCustomer) || !query.TimePeriod.From.Equal(on(2024, 9, 1)) || *query.Dataset.Grouping[0].Name != "InvoiceId" {
		t.Errorf("query: %+v of %s, %v", rows, scope, err)
	}
	b, err := c.PutBudget(t.Context(), costmgmt.AccountScope(account), costmgmt.Budget{Name: "b", Amount: number(t, "12.5"), TimeGrain: costmgmt.TimeGrainMonthly, Period: costmgmt.MonthOf(on(2024, 9, 1))}, nil)
	if err != nil || b.Amount.String() != "12.5" || name != "b" || "/"+scope != accountPath || *budget.Properties.Amount != 12.5 || !budget.Properties.TimePeriod.StartDate.Equal(on(2024, 9, 1)) {
		t.Errorf("budget: %+v of %s, %v", b, scope, err)
	}
	if err := c.DeleteBudget(t.Context(), costmgmt.AccountScope(account), "gone", nil); err != nil || name != "gone" {
		t.Errorf("delete: %v", err)
	}
	b, err = c.GetBudget(t.Context(), costmgmt.AccountScope(account), "b", nil)
	if err != nil || b.Name != "b" || b.ETag != `"3"` || b.TimeGrain != costmgmt.TimeGrainMonthly || b.Notifications["n"].Operator != costmgmt.NotificationOperatorGreaterThan {
		t.Errorf("get budget: %+v, %v", b, err)
	}
	if _, err := c.PutBudget(t.Context(), costmgmt.AccountScope(account), b, nil); err != nil || *budget.ETag != `"3"` || *budget.Properties.Notifications["n"].Frequency != armcostmanagement.FrequencyDaily {
		t.Errorf("changed budget: %+v, %v", budget, err)
	}
	if list, err := all(c.Budgets(t.Context(), ofCustomer, nil)); err != nil || len(list) != 2 || list[1].Name != "b2" || "/"+scope != string(ofCustomer) {
		t.Errorf("budgets: %+v of %s, %v", list, scope, err)
	}
	wanted := costmgmt.Export{
		Name: "e", Type: costmgmt.ExportTypeActualCost, Timeframe: costmgmt.TimeframeMonthToDate, Destination: costmgmt.Destination{ResourceID: "/s", Container: "c"},
		Schedule: costmgmt.Schedule{Recurrence: costmgmt.RecurrenceDaily, Start: on(2024, 10, 1)},
	}
	if _, err := c.PutExport(t.Context(), ofCustomer, wanted, nil); err != nil || name != "e" || *export.ETag != `"7"` || *export.Properties.Definition.Type != armcostmanagement.ExportTypeActualCost || *export.Properties.DeliveryInfo.Destination.Container != "c" || *export.Properties.Schedule.Recurrence != armcostmanagement.RecurrenceTypeDaily {
		t.Errorf("export: %v", err)
	}
	if list, err := all(c.Exports(t.Context(), ofCustomer, nil)); err != nil || len(list) != 1 || list[0].Format != costmgmt.ExportFormatParquet {
		t.Errorf("exports: %+v, %v", list, err)
	}
	run, err := c.RunExport(t.Context(), ofCustomer, "e", nil)
	if err != nil {
		t.Fatalf("run: %v", err)
	}
	if r, err := run.Wait(t.Context(), nil); err != nil || r.File != "f.csv" {
		t.Errorf("run history: %+v, %v", r, err)
	}
	if err := c.DeleteExport(t.Context(), ofCustomer, "gone", nil); err != nil || name != "gone" {
		t.Errorf("delete export: %v", err)
	}
	p, err := costmgmt.BeginCostDetails[lineitem.Record](t.Context(), c, costmgmt.ProfileScope(account, "BP"), costmgmt.CostDetailsRequest{InvoiceID: "G1"}, nil)
	if err != nil || *report.InvoiceID != "G1" || "/"+scope != accountPath+"/billingProfiles/BP" {
		t.Fatalf("report of %s: %v", scope, err)
	}
	if m, err := p.Result(t.Context()); err != nil || len(m.Blobs()) != 1 || m.Blobs()[0].Name != "c/a.csv" || m.Blobs()[0].Size != 17 {
		t.Errorf("report: %+v, %v", m, err)
	}
	for _, invoice := range []string{"", "G1"} {
		// A refusal of a fake comes as an error of the transport.
		if _, err := c.BeginPriceSheet(t.Context(), account, "BP", &costmgmt.BeginPriceSheetOptions{Invoice: invoice}); err == nil || sheet != [3]string{account, "BP", invoice} {
			t.Errorf("price sheet %v: %v", sheet, err)
		}
	}
}
