package billingtest_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/partnerbilling/sdk-go/billingtest"
)

const (
	armHost    = "https://management.azure.com"
	armAccount = "a:b_2019-05-31"
	accountID  = "/providers/Microsoft.Billing/billingAccounts/" + armAccount
	profileID  = accountID + "/billingProfiles/" + billingtest.DefaultProfile
)

// withAccount returns a server with an account, and with two small exports of usage besides the
// given ones.
func withAccount(t testing.TB, o *billingtest.Options, a billingtest.Account, exports ...billingtest.Export) *billingtest.Server {
	t.Helper()
	s := billingtest.NewServer(o)
	if len(exports) == 0 {
		exports = []billingtest.Export{
			{InvoiceID: invoice, Rows: 400, Customers: 7, Blobs: 2},
			{Dataset: billingtest.Reconciliation, InvoiceID: invoice, Rows: 40, Customers: 7, Blobs: 1},
		}
	}
	if err := s.Add(exports...); err != nil {
		t.Fatal(err)
	}
	a.Name = armAccount
	if err := s.SetAccount(a); err != nil {
		t.Fatal(err)
	}
	return s
}

// callARM sends a request to Resource Manager, by its path or URL.
func callARM(t testing.TB, s *billingtest.Server, method, path, body string) (*http.Response, map[string]any) {
	t.Helper()
	if !strings.HasPrefix(path, "https://") {
		path = armHost + path
	}
	if !strings.Contains(path, "api-version=") {
		separator := "?"
		if strings.Contains(path, "?") {
			separator = "&"
		}
		path += separator + "api-version=2024-04-01"
	}
	token, err := s.Credential().GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{armHost + "/.default"}})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token.Token)
	return send(t, s, r)
}

// armList reads all pages of a list.
func armList(t testing.TB, s *billingtest.Server, path string) (all []map[string]any, pages int) {
	t.Helper()
	for path != "" {
		response, object := callARM(t, s, http.MethodGet, path, "")
		if response.StatusCode != http.StatusOK {
			t.Fatalf("GET %s: status %d, %v", path, response.StatusCode, object)
		}
		for _, v := range as[[]any](t, object["value"]) {
			all = append(all, as[map[string]any](t, v))
		}
		path, _ = object["nextLink"].(string)
		pages++
	}
	return all, pages
}

// TestARMRoutes: what the service does not have is told apart from what this server does not have.
func TestARMRoutes(t *testing.T) {
	s := withAccount(t, nil, billingtest.Account{})
	for _, c := range []struct {
		method, path string
		status       int
		code         string
	}{
		{"GET", "/providers/Microsoft.Billing/billingAccounts", 200, ""},
		{"GET", "/providers/microsoft.billing/BILLINGACCOUNTS/" + armAccount, 200, ""},
		{"GET", "/providers/Microsoft.Billing/billingAccounts/another", 404, "ResourceNotFound"},
		{"GET", accountID + "/billingProfiles", 200, ""},
		{"GET", profileID, 200, ""},
		{"GET", profileID + "x", 404, "ResourceNotFound"},
		{"GET", profileID + "x/customers", 404, "ResourceNotFound"},
		{"GET", profileID + "/customers", 200, ""},
		{"GET", accountID + "/customers/nobody", 404, "ResourceNotFound"},
		{"GET", accountID + "/customers/nobody/policies/default", 404, "ResourceNotFound"},
		{"GET", accountID + "/billingSubscriptions/nothing", 404, "ResourceNotFound"},
		{"GET", accountID + "/invoices", 400, "BadRequest"},
		{"GET", accountID + "/transactions", 501, "NotImplemented"},
		{"GET", accountID + "/billingRoleAssignments/x", 501, "NotImplemented"},
		{"POST", accountID + "/invoices/G1/download", 501, "NotImplemented"},
		{"POST", accountID + "/providers/Microsoft.CostManagement/forecast", 501, "NotImplemented"},
		{"GET", "/subscriptions/x/providers/Microsoft.Consumption/marketplaces", 501, "NotImplemented"},
		{"GET", "/providers/Microsoft.CostManagement/operations", 501, "NotImplemented"},
		{"GET", accountID + "/nothing", 404, "ResourceNotFound"},
		{"GET", "/providers/Microsoft.Compute/x", 404, "ResourceNotFound"},
		{"GET", "/subscriptions/x/resourceGroups", 404, "ResourceNotFound"},
		{"GET", accountID + "/providers/Microsoft.CostManagement/nothing", 404, "ResourceNotFound"},
		{"DELETE", accountID + "/customers", 405, "MethodNotAllowed"},
		{"POST", accountID + "x/providers/Microsoft.CostManagement/query", 404, "ResourceNotFound"},
		{"POST", "/subscriptions/x/providers/Microsoft.CostManagement/query", 404, "ResourceNotFound"},
		{"GET", accountID + "/customers?top=x", 400, "BadRequest"},
	} {
		response, object := callARM(t, s, c.method, c.path, "{}")
		e, _ := object["error"].(map[string]any)
		if code, _ := e["code"].(string); response.StatusCode != c.status || code != c.code {
			t.Errorf("%s %s: status %d, %v; want %d, %s", c.method, c.path, response.StatusCode, object, c.status, c.code)
		}
	}
}

// TestAPIVersionIsRequired: Resource Manager rejects a request without one.
func TestAPIVersionIsRequired(t *testing.T) {
	s := withAccount(t, nil, billingtest.Account{})
	response, object := callARM(t, s, http.MethodGet, accountID+"?api-version=", "")
	if e, _ := object["error"].(map[string]any); response.StatusCode != http.StatusBadRequest || e["code"] != "MissingApiVersionParameter" {
		t.Errorf("status %d, %v", response.StatusCode, object)
	}
}

// TestOtherGraphCalls: calls of Graph that this server does not have.
func TestOtherGraphCalls(t *testing.T) {
	s := billingtest.NewServer(nil)
	for call, status := range map[string]int{
		"GET ": 501, "GET usage": 501, "GET usage/billed": 501, "PATCH reconciliation/unbilled": 501, "GET operations": 501, "GET manifests/$count": 501,
		"POST operations": 501, "DELETE operations/1": 501, "PATCH manifests/1": 501, "GET operations/1": 404, "GET manifests/1": 404, "GET nothing": 400,
	} {
		method, path, _ := strings.Cut(call, " ")
		if response, object := callGraph(t, s, method, strings.TrimSuffix(graph+report+path, "/"), ""); response.StatusCode != status {
			t.Errorf("%s: status %d, %v; want %d", call, response.StatusCode, object, status)
		}
	}
}

// TestCustomersAndSubscriptions: they are those of the exports.
func TestCustomersAndSubscriptions(t *testing.T) {
	lines := billingtest.Export{InvoiceID: "G2", Lines: []string{
		`{"CustomerId":"zz","CustomerName":"Last","EntitlementId":"e1","EntitlementDescription":"First plan"}`,
		`{"CustomerId":"zz","CustomerName":"Last","EntitlementId":"e2","EntitlementDescription":"Second plan"}`, `{}`,
	}}
	usage := billingtest.Export{InvoiceID: invoice, Rows: 4000, Customers: 70}
	s := withAccount(t, nil, billingtest.Account{}, usage, lines)
	truth, err := usage.Truth()
	if err != nil {
		t.Fatal(err)
	}
	customers, pages := armList(t, s, accountID+"/customers")
	if len(customers) != 71 || pages != 2 {
		t.Fatalf("%d customers on %d pages", len(customers), pages)
	}
	for _, want := range truth.Customers {
		i := slices.IndexFunc(customers, func(c map[string]any) bool { return c["name"] == want.ID })
		if i < 0 || as[map[string]any](t, customers[i]["properties"])["displayName"] != want.Name {
			t.Errorf("customer %+v is missing", want)
		}
	}
	subscriptions, _ := armList(t, s, accountID+"/billingSubscriptions")
	rows := map[string]bool{}
	for _, line := range allLines(t, usage) {
		rows[as[string](t, object(t, []byte(line))["EntitlementId"])] = true
	}
	for _, one := range subscriptions {
		delete(rows, as[string](t, one["name"]))
	}
	if len(rows) > 0 || len(subscriptions) < 71 {
		t.Errorf("%d subscriptions; those of %v are missing", len(subscriptions), rows)
	}
	own, _ := armList(t, s, accountID+"/customers/ZZ/billingSubscriptions")
	if len(own) != 2 || as[map[string]any](t, own[1]["properties"])["displayName"] != "Second plan" {
		t.Errorf("%v", own)
	}
	if _, one := callARM(t, s, http.MethodGet, accountID+"/billingSubscriptions/E1", ""); one["name"] != "e1" {
		t.Errorf("%v", one)
	}
}

// TestInvoiceDates: dates are those that Microsoft's client can read, or those of some documents.
func TestInvoiceDates(t *testing.T) {
	month := billingtest.Invoice{Number: "G1", Amount: "12.34", Month: date(2026, 10, 5)}
	for us, want := range map[bool][]string{
		false: {"2026-10-01T00:00:00Z", "2026-10-31T00:00:00Z", "2026-11-08T00:00:00Z", "2026-12-08T00:00:00Z"},
		true:  {"10/01/2026", "10/31/2026", "11/08/2026", "12/08/2026"},
	} {
		s := withAccount(t, &billingtest.Options{USDates: us}, billingtest.Account{Invoices: []billingtest.Invoice{month, {Number: "G2", Amount: "1", Month: date(2026, 9, 1)}}})
		list, _ := armList(t, s, accountID+"/invoices?periodStartDate=2026-10-01&periodEndDate=2026-10-31")
		_, one := callARM(t, s, http.MethodGet, accountID+"/invoices/G1", "")
		if len(list) != 1 || fmt.Sprint(list[0]) != fmt.Sprint(one) {
			t.Fatalf("list %v, one %v", list, one)
		}
		p := as[map[string]any](t, one["properties"])
		if got := []string{as[string](t, p["invoicePeriodStartDate"]), as[string](t, p["invoicePeriodEndDate"]), as[string](t, p["invoiceDate"]), as[string](t, p["dueDate"])}; !slices.Equal(got, want) {
			t.Errorf("dates %q; want %q", got, want)
		}
	}
}

// TestCostPolicy: a policy is set by an operation, and then read.
func TestCostPolicy(t *testing.T) {
	s := withAccount(t, nil, billingtest.Account{})
	customers, _ := armList(t, s, accountID+"/customers")
	path := as[string](t, customers[3]["id"]) + "/policies/default"
	view := func() any {
		_, p := callARM(t, s, http.MethodGet, path, "")
		return as[map[string]any](t, p["properties"])["viewCharges"]
	}
	if got := view(); got != "NotAllowed" {
		t.Errorf("at first %v", got)
	}
	response, _ := callARM(t, s, http.MethodPut, path, `{"properties":{"viewCharges":"Allowed"}}`)
	operation := response.Header.Get("Azure-AsyncOperation")
	if response.StatusCode != http.StatusCreated || operation == "" {
		t.Fatalf("status %d, %v", response.StatusCode, response.Header)
	}
	if _, o := callARM(t, s, http.MethodGet, operation, ""); o["status"] != "InProgress" || view() != "NotAllowed" {
		t.Errorf("first poll %v, policy %v", o, view())
	}
	if _, o := callARM(t, s, http.MethodGet, operation, ""); o["status"] != "Succeeded" || view() != "Allowed" {
		t.Errorf("second poll %v, policy %v", o, view())
	}
	if response, _ := callARM(t, s, http.MethodPut, path, `{"properties":{"viewCharges":"Maybe"}}`); response.StatusCode != http.StatusBadRequest {
		t.Errorf("status %d", response.StatusCode)
	}
}
