package costmgmt_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/costmgmt"
	"github.com/partnerbilling/sdk-go/lineitem"
)

const (
	billingVersion = "api-version=2024-04-01"
	costVersion    = "api-version=2025-03-01"
)

func TestBillingAccounts(t *testing.T) {
	s := serve(t, ok(`{"value":[null,{"name":"e","properties":{"agreementType":"EnterpriseAgreement"}},{"name":"x"},
		{"id":"`+accountPath+`","name":"`+account+`","properties":{"agreementType":"MicrosoftPartnerAgreement","accountType":"Partner","displayName":"Contoso","accountStatus":"Active","primaryBillingTenantId":"t"}}]}`))
	a, err := client(t, s).PartnerAccount(t.Context(), nil)
	if err != nil || a.Name != account || a.DisplayName != "Contoso" || a.Type != costmgmt.AccountTypePartner || a.TenantID != "t" || a.Status != costmgmt.AccountStatusActive || !a.IsPartner() || len(a.Raw) == 0 {
		t.Errorf("%+v, %v", a, err)
	}
	s.sent("GET", "/providers/Microsoft.Billing/billingAccounts", billingVersion, "")
	if _, err := client(t, serve(t, ok(`{"value":[]}`))).PartnerAccount(t.Context(), nil); !errors.Is(err, costmgmt.ErrNoPartnerAccount) {
		t.Errorf("none: %v", err)
	}
	two := `{"name":"a","properties":{"agreementType":"MicrosoftPartnerAgreement"}}`
	if _, err := client(t, serve(t, ok(`{"value":[`+two+`,`+two+`]}`))).PartnerAccount(t.Context(), nil); !errors.Is(err, costmgmt.ErrSeveralPartnerAccounts) {
		t.Errorf("two: %v", err)
	}
}

func TestCustomersOverPages(t *testing.T) {
	s := serve(t,
		ok(`{"value":[{"name":"c1","properties":{"displayName":"One","systemId":"t1","status":"Active","billingProfileId":"/p","billingProfileDisplayName":"P"}}],"nextLink":"https://management.azure.com:443`+accountPath+`/customers?api-version=2024-04-01&skip=1"}`),
		ok(`{"value":[{"name":"c2"}],"nextLink":null}`))
	got, err := all(client(t, s).Customers(t.Context(), account, nil))
	if err != nil || len(got) != 2 || got[0].TenantID != "t1" || got[0].DisplayName != "One" || got[0].ProfileName != "P" || got[1].Name != "c2" {
		t.Errorf("%+v, %v", got, err)
	}
	if s.requests[0].path != accountPath+"/customers" || s.requests[0].query != billingVersion || s.requests[1].query != "api-version=2024-04-01&skip=1" {
		t.Errorf("%+v", s.requests)
	}
}

func TestSubscriptions(t *testing.T) {
	const one = `{"value":[{"name":"s","properties":{"displayName":"Plan","subscriptionId":"id","quantity":3,"lastMonthCharges":{"currency":"JPY","value":98765432109.87},"purchaseDate":"2024-09-30T10:00:00Z","customerDisplayName":"One","skuId":"0001"}}]}`
	s := serve(t, ok(one), ok(one))
	c := client(t, s)
	got, err := all(c.Subscriptions(t.Context(), account, nil))
	if err != nil || len(got) != 1 || got[0].LastMonth.String() != "98765432109.87 JPY" || got[0].Quantity.String() != "3" || got[0].SKUID != "0001" || got[0].Purchased.Day() != 30 {
		t.Errorf("%+v, %v", got, err)
	}
	s.sent("GET", accountPath+"/billingSubscriptions", billingVersion, "")
	if _, err := all(c.Subscriptions(t.Context(), account, &costmgmt.SubscriptionsOptions{Customer: "c1", IncludeDeleted: true, IncludeTenant: true, Filter: "a eq 'b c'"})); err != nil {
		t.Error(err)
	}
	s.sent("GET", accountPath+"/customers/c1/billingSubscriptions", billingVersion+"&filter=a%20eq%20%27b%20c%27&includeDeleted=true&includeTenantSubscriptions=true", "")
}

func TestInvoices(t *testing.T) {
	s := serve(t, ok(`{"value":[
		{"id":"`+accountPath+`/invoices/G1","name":"G1","properties":{"billingProfileId":"`+accountPath+`/billingProfiles/BP","documentType":"Invoice","status":"Paid","totalAmount":{"currency":"JPY","value":98765432109.87},"amountDue":{"currency":"JPY","value":12345678.90},"invoiceDate":"2024-10-08T00:00:00Z","invoicePeriodStartDate":"2024-09-01","invoicePeriodEndDate":"09/30/2024","dueDate":"11-08-2024"}},
		null,
		{"name":"D2","properties":{"documentType":"CreditNote","creditForDocumentId":"D1","totalAmount":{"currency":"EUR","value":"-0.1"},"invoiceDate":"soon"}},
		{"name":"G3"}, {"name":"X4","properties":{"documentType":"VoidNote","status":null,"totalAmount":null}}]}`))
	got, err := all(client(t, s).Invoices(t.Context(), account, costmgmt.LastMonth(on(2024, 10, 15)), nil))
	if err != nil || len(got) != 4 {
		t.Fatalf("%d invoices, %v", len(got), err)
	}
	s.sent("GET", accountPath+"/invoices", billingVersion+"&periodEndDate=2024-09-30&periodStartDate=2024-09-01", "")
	a := got[0]
	if a.Total.String() != "98765432109.87 JPY" || a.Due.Value.String() != "12345678.90" || a.Currency() != "JPY" || a.Family() != costmgmt.FamilyNewCommerce || a.IsVoid() ||
		!a.Issued.Equal(on(2024, 10, 8)) || !a.PeriodStart.Equal(on(2024, 9, 1)) || !a.PeriodEnd.Equal(on(2024, 9, 30)) || !a.DueDate.Equal(on(2024, 11, 8)) {
		t.Errorf("%+v", a)
	}
	if b := got[1]; b.Family() != costmgmt.FamilyLegacy || b.CreditFor != "D1" || b.Total.Value.String() != "-0.1" || !b.Issued.IsZero() || b.Document != costmgmt.DocumentTypeCreditNote {
		t.Errorf("%+v", b)
	}
	if c := got[2]; !c.Total.Value.IsNull() || c.Currency() != "" {
		t.Errorf("%+v", c)
	}
	if d := got[3]; !d.IsVoid() || d.Family() != costmgmt.FamilyUnknown {
		t.Errorf("%+v", d)
	}
	if _, err := all(client(t, serve(t)).Invoices(t.Context(), account, costmgmt.Period{}, nil)); !errors.Is(err, costmgmt.ErrInvalidRequest) {
		t.Errorf("no period: %v", err)
	}
	if scope := costmgmt.InvoiceScope(a.ProfileID, a.Number); string(scope) != accountPath+"/billingProfiles/BP/invoices/G1" {
		t.Errorf("scope %s", scope)
	}
}

func TestUsageDetails(t *testing.T) {
	s := serve(t, ok(`{"value":[{"kind":"modern","name":"n","properties":{"costInBillingCurrency":0.10000000000000000055,"billingCurrencyCode":"EUR","date":"2024-09-30T00:00:00Z"}},
		{"kind":"legacy","properties":{"cost":1}},{"kind":"of tomorrow","properties":{"x":{"y":1}}},{"kind":"modern"}]}`))
	scope := costmgmt.InvoiceScope(accountPath+"/billingProfiles/BP", "G1")
	got, err := all(client(t, s).UsageDetails(t.Context(), scope, &costmgmt.UsageDetailsOptions{Period: costmgmt.MonthOf(on(2024, 9, 5)), Metric: costmgmt.MetricActualCost, Top: 1000}))
	if err != nil || len(got) != 4 {
		t.Fatalf("%d rows, %v", len(got), err)
	}
	s.sent("GET", accountPath+"/billingProfiles/BP/invoices/G1/providers/Microsoft.Consumption/usageDetails", "%24top=1000&api-version=2021-10-01&endDate=2024-09-30&metric=ActualCost&startDate=2024-09-01", "")
	if d, err := got[0].Decimal("costInBillingCurrency"); err != nil || d.String() != "0.10000000000000000055" || got[0].Kind != "modern" {
		t.Errorf("%v, %v", d, err)
	}
	if got[2].Kind != "of tomorrow" || string(got[2].Raw("x")) != `{"y":1}` || got[3].Len() != 0 {
		t.Errorf("%+v", got[2:])
	}
}

func TestCostPolicy(t *testing.T) {
	const path = accountPath + "/customers/c1/policies/default"
	s := serve(t, ok(`{"properties":{"viewCharges":"NotAllowed"}}`),
		response{201, map[string]string{"Azure-AsyncOperation": "https://management.azure.com/operations/1"}, `{"properties":{"viewCharges":"NotAllowed","provisioningState":"Pending"}}`},
		ok(`{"status":"Succeeded"}`), ok(`{"properties":{"viewCharges":"Allowed"}}`))
	c := client(t, s)
	if v, err := c.GetCostPolicy(t.Context(), account, "c1", nil); err != nil || v != costmgmt.ViewChargesNotAllowed {
		t.Errorf("%v, %v", v, err)
	}
	s.sent("GET", path, billingVersion, "")
	if err := c.SetCostPolicy(t.Context(), account, "c1", costmgmt.ViewChargesAllowed, nil); err != nil {
		t.Error(err)
	}
	if r := s.requests[1]; r.method != "PUT" || r.path != path || r.query != billingVersion || !sameJSON(r.body, `{"properties":{"viewCharges":"Allowed"}}`) {
		t.Errorf("%+v", r)
	}
	if err := c.SetCostPolicy(t.Context(), account, "c1", "Maybe", nil); !errors.Is(err, costmgmt.ErrInvalidRequest) {
		t.Errorf("%v", err)
	}
}

func TestQuery(t *testing.T) {
	const columns = `"columns":[{"name":"Cost","type":"Number"},{"name":"UsageDate","type":"Number"},{"name":"InvoiceId","type":"String"},{"name":"Currency","type":"String"}]`
	next := "https://management.azure.com" + accountPath + "/providers/Microsoft.CostManagement/query?api-version=2025-03-01&$skiptoken=x"
	s := serve(t,
		response{
			200,
			map[string]string{"x-ms-ratelimit-microsoft.costmanagement-qpu-consumed": "1", "x-ms-ratelimit-microsoft.costmanagement-qpu-remaining": "11"},
			`{"properties":{"nextLink":"` + next + `",` + columns + `,"rows":[[98765432109.87,20240930,"G1","USD"],[0.10000000000000000055,20240930,null,"USD"]]}}`,
		},
		ok(`{"properties":{"nextLink":"",`+columns+`,"rows":[[1E-7,20240930,"G2","USD"]]}}`))
	var quotas []costmgmt.Quota
	got, err := all(client(t, s).Query(t.Context(), costmgmt.AccountScope(account), costmgmt.Query{
		Period: costmgmt.MonthOf(on(2024, 9, 1)), Granularity: costmgmt.GranularityDaily, Sums: map[string]string{"Cost": "Cost"}, GroupBy: []string{"InvoiceId"}, GroupByTags: []string{"env"},
	}, &costmgmt.QueryOptions{OnPage: func(q costmgmt.Quota) { quotas = append(quotas, q) }}))
	if err != nil || len(got) != 3 || len(quotas) != 2 || quotas[0].Remaining != "11" {
		t.Fatalf("%d rows, %v, %v", len(got), quotas, err)
	}
	for i, want := range []string{"98765432109.87", "0.10000000000000000055", "0.0000001"} {
		if d, err := got[i].Decimal("cost"); err != nil || d.String() != want {
			t.Errorf("row %d: %v, %v", i, d, err)
		}
	}
	if got[0].Text("InvoiceId") != "G1" || got[1].Text("InvoiceId") != "" {
		t.Errorf("%v", got)
	}
	const body = `{"type":"ActualCost","timeframe":"Custom","timePeriod":{"from":"2024-09-01T00:00:00Z","to":"2024-09-30T00:00:00Z"},"dataset":{"granularity":"Daily","aggregation":{"Cost":{"name":"Cost","function":"Sum"}},"grouping":[{"type":"Dimension","name":"InvoiceId"},{"type":"TagKey","name":"env"}]}}`
	if r := s.requests[0]; r.path != accountPath+"/providers/Microsoft.CostManagement/query" || r.query != costVersion || !sameJSON(r.body, body) {
		t.Errorf("%+v", r)
	}
	s.sent("POST", accountPath+"/providers/Microsoft.CostManagement/query", "api-version=2025-03-01&$skiptoken=x", body)
	for name, script := range map[string][]response{
		"204":            {{204, nil, ""}},
		"200, empty":     {{200, nil, ""}},
		"no properties":  {ok(`{}`)},
		"no columns":     {ok(`{"properties":{"rows":[]}}`)},
		"short row":      {ok(`{"properties":{` + columns + `,"rows":[[1]]}}`)},
		"nextLink cycle": {ok(`{"properties":{` + columns + `,"nextLink":"` + next + `"}}`), ok(`{"properties":{` + columns + `,"nextLink":"` + next + `"}}`)},
	} {
		_, err := all(client(t, serve(t, script...)).Query(t.Context(), costmgmt.AccountScope(account), costmgmt.Query{Timeframe: costmgmt.TimeframeMonthToDate, Sums: map[string]string{"Cost": "Cost"}}, nil))
		if want := map[bool]error{true: apierror.ErrNoData, false: apierror.ErrMalformed}[strings.HasPrefix(name, "20")]; !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
	if _, err := all(client(t, serve(t)).Query(t.Context(), costmgmt.AccountScope(account), costmgmt.Query{Timeframe: costmgmt.TimeframeMonthToDate}, nil)); !errors.Is(err, costmgmt.ErrInvalidRequest) {
		t.Errorf("no sums: %v", err)
	}
}

// archive is a ZIP of two CSV files.
func archive(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i, text := range []string{"meterId,unitPrice\nm1,98765432109.87\n", "\ufeffUnitPrice,MeterID\r\n0.1,m2\r\n"} {
		f, err := w.Create(fmt.Sprintf("part%d.csv", i))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

type price struct {
	Meter string           `json:"meterId"`
	Price lineitem.Decimal `json:"unitPrice"`
}

func TestPriceSheet(t *testing.T) {
	const profile = accountPath + "/billingProfiles/BP"
	link := "https://account.blob.core.windows.net/c/sheet.zip?sp=r&se=2099-01-01&sig=" + signature
	accepted := response{202, map[string]string{"Location": "https://management.azure.com:443/operations/1", "Retry-After": "7"}, ""}
	async := response{202, map[string]string{"Azure-AsyncOperation": "https://management.azure.com/operations/1"}, ""}
	blob := response{200, map[string]string{"ETag": `"1"`}, string(archive(t))}
	for name, tc := range map[string]struct {
		options *costmgmt.BeginPriceSheetOptions
		path    string
		query   string
		script  []response
		file    response
		rows    int
	}{
		"flat":               {nil, profile + "/providers/Microsoft.CostManagement/pricesheets/default/download", costVersion, []response{accepted, {202, nil, ""}, ok(`{"downloadUrl":"` + link + `","expiryTime":"2099-01-01T00:00:00Z"}`)}, blob, 2},
		"nested":             {&costmgmt.BeginPriceSheetOptions{Invoice: "G1"}, profile + "/invoices/G1/providers/Microsoft.CostManagement/pricesheets/default/download", costVersion, []response{async, ok(`{"status":"InProgress"}`), ok(`{"status":"Completed","properties":{"downloadUrl":"` + link + `","validTill":"2099-01-01"}}`)}, blob, 2},
		"async, flat":        {nil, profile + "/providers/Microsoft.CostManagement/pricesheets/default/download", costVersion, []response{async, ok(`{"downloadUrl":"` + link + `"}`)}, blob, 2},
		"legacy, plain CSV":  {&costmgmt.BeginPriceSheetOptions{Legacy: true}, profile + "/pricesheet/default/download", "api-version=2019-10-01-preview&format=csv", []response{accepted, ok(`{"status":"Completed","properties":{"downloadUrl":"` + link + `"}}`)}, response{200, map[string]string{"ETag": `"1"`}, "meterId,unitPrice\nm1,98765432109.87\n"}, 1},
		"the result at once": {nil, profile + "/providers/Microsoft.CostManagement/pricesheets/default/download", costVersion, []response{ok(`{"downloadUrl":"` + link + `"}`)}, blob, 2},
		// Storage decides whether it has expired, not our clock.
		"expired by our clock": {nil, profile + "/providers/Microsoft.CostManagement/pricesheets/default/download", costVersion, []response{ok(`{"downloadUrl":"` + strings.Replace(link, "2099", "1999", 1) + `"}`)}, blob, 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := serve(t, append(tc.script, tc.file)...)
				c := client(t, s)
				p, err := c.BeginPriceSheet(t.Context(), account, "BP", tc.options)
				if err != nil {
					t.Fatal(err)
				}
				s.sent("POST", tc.path, tc.query, "")
				m, err := p.PollUntilDone(t.Context(), nil)
				if err != nil {
					t.Fatal(err)
				}
				sheet, err := costmgmt.OpenPriceSheet(t.Context(), m, nil)
				if err != nil {
					t.Fatal(err)
				}
				if r := s.requests[len(s.requests)-1]; r.host != "account.blob.core.windows.net" || r.header.Get("Authorization") != "" || !strings.Contains(r.query, signature) {
					t.Errorf("%+v", r)
				}
				rows, err := all(costmgmt.Prices[price](sheet))
				if err != nil || len(rows) != tc.rows || len(sheet.Files()) != tc.rows || rows[0] != (price{"m1", number(t, "98765432109.87")}) {
					t.Errorf("%+v, %v", rows, err)
				}
			})
		})
	}
}

// TestPriceSheetWithANameTwice: an archive can have two files of one name. Each is read once.
func TestPriceSheetWithANameTwice(t *testing.T) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := range 2 {
		f, err := w.Create("sheet.csv")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Fprintf(f, "meterId,unitPrice\nm%d,1\n", i); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	link := "https://account.blob.core.windows.net/c/sheet.zip?sp=r&se=2099-01-01&sig=" + signature
	s := serve(t, ok(`{"downloadUrl":"`+link+`"}`), response{200, map[string]string{"ETag": `"1"`}, b.String()})
	p, err := client(t, s).BeginPriceSheet(t.Context(), account, "BP", nil)
	if err != nil {
		t.Fatal(err)
	}
	file, err := p.Result(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sheet, err := costmgmt.OpenPriceSheet(t.Context(), file, nil)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := all(costmgmt.Prices[price](sheet))
	if err != nil || len(rows) != 2 || rows[0].Meter != "m0" || rows[1].Meter != "m1" {
		t.Errorf("%+v, %v", rows, err)
	}
	for i, name := range sheet.Files() {
		f, err := sheet.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(f)
		if want := fmt.Sprintf("meterId,unitPrice\nm%d,1\n", i); err != nil || string(text) != want {
			t.Errorf("file %q has %q, %v; want %q", name, text, err, want)
		}
	}
	if names := sheet.Files(); !slices.Equal(names, []string{"sheet.csv", "sheet.csv (2)"}) {
		t.Errorf("files %q", names)
	}
}

// TestClientOptionsAreCopied: the options of a client are those that NewClient got, for Resource
// Manager and for storage.
func TestClientOptionsAreCopied(t *testing.T) {
	link := "https://account.blob.core.windows.net/c/sheet.zip?sp=r&se=2099-01-01&sig=" + signature
	s := serve(t, ok(`{"downloadUrl":"`+link+`"}`), response{200, map[string]string{"ETag": `"1"`}, string(archive(t))})
	seen := map[string]int{}
	count := func(what string) policy.Policy {
		return policyFunc(func(req *policy.Request) (*http.Response, error) {
			seen[what]++
			return req.Next()
		})
	}
	perCall, perRetry := []policy.Policy{count("call")}, []policy.Policy{count("retry")}
	c := client(t, s, func(o *costmgmt.ClientOptions) { o.PerCallPolicies, o.PerRetryPolicies = perCall, perRetry })
	perCall[0], perRetry[0] = count("another"), count("another")
	p, err := c.BeginPriceSheet(t.Context(), account, "BP", nil)
	if err != nil {
		t.Fatal(err)
	}
	m, err := p.PollUntilDone(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := costmgmt.OpenPriceSheet(t.Context(), m, nil); err != nil {
		t.Fatal(err)
	}
	if len(s.requests) != 2 || seen["call"] != 2 || seen["retry"] != 2 || seen["another"] != 0 {
		t.Errorf("policies that ran: %v, for %d requests", seen, len(s.requests))
	}
}

func TestPriceSheetRefused(t *testing.T) {
	link := "https://account.blob.core.windows.net/c/sheet.zip?sp=r&se=2099-01-01&sig=" + signature
	for name, tc := range map[string]struct {
		script []response
		want   error
	}{
		"204":         {[]response{{204, nil, ""}}, apierror.ErrNoData},
		"404":         {[]response{{404, nil, `{"error":{"code":"NotFound","message":"m"}}`}}, apierror.ErrNotFound},
		"no address":  {[]response{ok(`{"status":"Completed","properties":{}}`)}, apierror.ErrMalformed},
		"failed":      {[]response{ok(`{"status":"Failed","error":{"code":"X","message":"Y"}}`)}, nil},
		"foreign":     {[]response{ok(`{"downloadUrl":"https://evil.example/c/sheet.zip?sp=r&se=2099-01-01&sig=` + signature + `"}`)}, nil},
		"led away":    {[]response{{202, map[string]string{"Location": "https://evil.example/operations/1"}, ""}}, apierror.ErrForeignLocation},
		"cut archive": {[]response{ok(`{"downloadUrl":"` + link + `"}`), {200, map[string]string{"ETag": `"1"`}, string(archive(t)[:100])}}, lineitem.ErrCorrupt},
		"too large":   {[]response{ok(`{"downloadUrl":"` + link + `"}`), {200, map[string]string{"ETag": `"1"`}, strings.Repeat("x", 2000)}}, costmgmt.ErrTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := client(t, serve(t, tc.script...))
				p, err := c.BeginPriceSheet(t.Context(), account, "BP", nil)
				if err == nil {
					m, wait := p.PollUntilDone(t.Context(), nil)
					if err = wait; err == nil {
						_, err = costmgmt.OpenPriceSheet(t.Context(), m, &costmgmt.OpenPriceSheetOptions{MaxBytes: 1000})
					}
				}
				if err == nil || tc.want != nil && !errors.Is(err, tc.want) || strings.Contains(err.Error(), signature) {
					t.Errorf("got %v, want %v", err, tc.want)
				}
				// What to check is what a price sheet has, and no invoice that nobody has given.
				switch advice := err.Error(); name {
				case "204":
					if !strings.Contains(advice, "check the billing account and the billing profile") || strings.Contains(advice, "charged") {
						t.Errorf("got %v", err)
					}
				case "404":
					if !strings.Contains(advice, "check the scope") || strings.Contains(advice, "invoice") {
						t.Errorf("got %v", err)
					}
				}
			})
		})
	}
}
