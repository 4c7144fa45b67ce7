package billing_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/partnerbilling/sdk-go/billing"
)

// canary stands for the secret in a bearer token.
const canary = "Canary0TokenThatNobodyMaySee"

// fixed is a credential with one token, or one error.
type fixed struct {
	mu     sync.Mutex
	token  string
	err    error
	calls  int
	scopes []string
}

func (f *fixed) GetToken(_ context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	f.scopes = o.Scopes
	return azcore.AccessToken{Token: f.token, ExpiresOn: inAnHour()}, f.err
}

// wire is a transport that records requests and handles all of them alike.
type wire struct {
	mu      sync.Mutex
	respond func(*http.Request) (*http.Response, error)
	sent    []*http.Request
	bodies  []string
}

func (w *wire) Do(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	body := ""
	if r.Body != nil {
		data, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		body = string(data)
	}
	w.sent, w.bodies = append(w.sent, r), append(w.bodies, body)
	return w.respond(r)
}

func respond(status int, header http.Header, body string) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) {
		h := header.Clone()
		if h == nil {
			h = http.Header{}
		}
		return &http.Response{StatusCode: status, Status: http.StatusText(status), Header: h, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
	}
}

// accepted is the response to the request for an export of any version.
func accepted(r *http.Request) (*http.Response, error) {
	version, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	return respond(http.StatusAccepted, http.Header{"Location": {"https://" + r.URL.Host + "/" + version + "/reports/partners/billing/operations/9ab9cb54"}}, "")(r)
}

func client(t *testing.T, w *wire, change func(*billing.ClientOptions)) *billing.Client {
	t.Helper()
	o := &billing.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: w, Retry: policy.RetryOptions{MaxRetries: -1}}}
	if change != nil {
		change(o)
	}
	c, err := billing.NewClient(&fixed{token: canary}, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// begin sends a request of any kind.
type begin func(context.Context, *billing.Client) error

func beginning[T any](r billing.Request[T]) begin {
	return func(ctx context.Context, c *billing.Client) error {
		_, err := billing.BeginExport(ctx, c, r, nil)
		return err
	}
}

func TestRequestsOnTheWire(t *testing.T) {
	for _, tc := range []struct {
		name    string
		begin   begin
		version string
		path    string
		body    string
	}{
		{"billed usage", beginning(billing.BilledUsage{InvoiceID: "G016907411"}), "", "/v1.0/reports/partners/billing/usage/billed/export", `{"invoiceId":"G016907411","attributeSet":"full"}`},
		{"billed usage, basic", beginning(billing.BilledUsage{InvoiceID: "G1", AttributeSet: billing.AttributeSetBasic}), "v1.0", "/v1.0/reports/partners/billing/usage/billed/export", `{"invoiceId":"G1","attributeSet":"basic"}`},
		{"unbilled usage", beginning(billing.UnbilledUsage{BillingPeriod: billing.BillingPeriodCurrent, CurrencyCode: "USD"}), "", "/v1.0/reports/partners/billing/usage/unbilled/export", `{"currencyCode":"USD","billingPeriod":"current","attributeSet":"full"}`},
		{"billed reconciliation", beginning(billing.BilledReconciliation{InvoiceID: "G1"}), "", "/v1.0/reports/partners/billing/reconciliation/billed/export", `{"invoiceId":"G1","attributeSet":"full"}`},
		{"unbilled reconciliation", beginning(billing.UnbilledReconciliation{BillingPeriod: billing.BillingPeriodLast, CurrencyCode: "eur"}), "", "/v1.0/reports/partners/billing/reconciliation/unbilled/export", `{"currencyCode":"EUR","billingPeriod":"last","attributeSet":"full"}`},
		{"aggregated usage", beginning(billing.BilledAggregatedUsage{InvoiceID: "G1"}), "", "/beta/reports/partners/billing/aggregatedUsage/billed/export", `{"invoiceId":"G1"}`},
		{"aggregated usage, v1.0", beginning(billing.BilledAggregatedUsage{InvoiceID: "G1"}), "v1.0", "/v1.0/reports/partners/billing/aggregatedUsage/billed/export", `{"invoiceId":"G1"}`},
		{"beta", beginning(billing.BilledUsage{InvoiceID: "G1"}), "beta", "/beta/reports/partners/billing/usage/billed/export", `{"invoiceId":"G1","attributeSet":"full"}`},
		{"legacy, insisted on", beginning(billing.BilledUsage{InvoiceID: "D0400", AllowLegacy: true}), "", "/v1.0/reports/partners/billing/usage/billed/export", `{"invoiceId":"D0400","attributeSet":"full"}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := &wire{respond: accepted}
			c := client(t, w, func(o *billing.ClientOptions) { o.APIVersion = tc.version })
			if err := tc.begin(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			if len(w.sent) != 1 {
				t.Fatalf("%d requests were sent", len(w.sent))
			}
			r := w.sent[0]
			if r.Method != http.MethodPost || r.URL.Scheme != "https" || r.URL.Host != "graph.microsoft.com" || r.URL.Path != tc.path || r.URL.RawQuery != "" {
				t.Errorf("%s %s", r.Method, r.URL)
			}
			if w.bodies[0] != tc.body {
				t.Errorf("body %s, want %s", w.bodies[0], tc.body)
			}
			if r.Header.Get("Authorization") != "Bearer "+canary || r.Header.Get("Content-Type") != "application/json" {
				t.Errorf("headers %v", r.Header)
			}
			if id := r.Header.Get("client-request-id"); !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(id) {
				t.Errorf("client-request-id %q", id)
			}
			if agent := r.Header.Get("User-Agent"); !strings.Contains(agent, "partnerbilling/v") {
				t.Errorf("User-Agent %q", agent)
			}
		})
	}
}

func TestInvalidRequestsAreNotSent(t *testing.T) {
	for _, tc := range []struct {
		name  string
		begin begin
		want  string // in the text
		is    error
	}{
		{"no invoice", beginning(billing.BilledUsage{}), "BilledUsage.InvoiceID is empty", billing.ErrInvalidRequest},
		{"spaces", beginning(billing.BilledUsage{InvoiceID: " G1"}), "InvoiceID", billing.ErrInvalidRequest},
		{"quotes", beginning(billing.BilledReconciliation{InvoiceID: `G"1`}), "InvoiceID", billing.ErrInvalidRequest},
		{"long", beginning(billing.BilledAggregatedUsage{InvoiceID: strings.Repeat("G", 65)}), "65 characters", billing.ErrInvalidRequest},
		{"legacy", beginning(billing.BilledReconciliation{InvoiceID: "D0400ABCDE"}), "AllowLegacy", billing.ErrLegacyInvoice},
		{"legacy, lower case", beginning(billing.BilledAggregatedUsage{InvoiceID: "d0400"}), "Partner Center", billing.ErrLegacyInvoice},
		{"no period", beginning(billing.UnbilledUsage{CurrencyCode: "USD"}), `"current" or "last"`, billing.ErrInvalidRequest},
		{"sentinel period", beginning(billing.UnbilledReconciliation{CurrencyCode: "USD", BillingPeriod: "unknownFutureValue"}), `"current" or "last"`, billing.ErrInvalidRequest},
		{"no currency", beginning(billing.UnbilledUsage{BillingPeriod: "current"}), "CurrencyCode", billing.ErrInvalidRequest},
		{"four letters", beginning(billing.UnbilledUsage{BillingPeriod: "current", CurrencyCode: "EURO"}), "three letters", billing.ErrInvalidRequest},
		{"digits", beginning(billing.UnbilledUsage{BillingPeriod: "current", CurrencyCode: "U5D"}), "three letters", billing.ErrInvalidRequest},
		{"other script", beginning(billing.UnbilledUsage{BillingPeriod: "current", CurrencyCode: "ÜSD"}), "three letters", billing.ErrInvalidRequest},
		{"attribute set", beginning(billing.BilledUsage{InvoiceID: "G1", AttributeSet: "Full"}), `"full", "basic"`, billing.ErrInvalidRequest},
	} {
		w := &wire{respond: accepted}
		cred := &fixed{token: canary}
		c, err := billing.NewClient(cred, &billing.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: w}})
		if err != nil {
			t.Fatal(err)
		}
		err = tc.begin(t.Context(), c)
		if !errors.Is(err, tc.is) || !errors.Is(err, billing.ErrInvalidRequest) || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v", tc.name, err)
		}
		if len(w.sent) != 0 || cred.calls != 0 {
			t.Errorf("%s: %d requests were sent, %d tokens requested", tc.name, len(w.sent), cred.calls)
		}
	}
}

func TestClientOptions(t *testing.T) {
	cred := &fixed{token: canary}
	if _, err := billing.NewClient(nil, nil); err == nil {
		t.Error("a client without a credential was made")
	}
	for name, o := range map[string]*billing.ClientOptions{
		"version":  {ClientOptions: azcore.ClientOptions{APIVersion: "v2.0"}},
		"cloud":    {ClientOptions: azcore.ClientOptions{Cloud: cloud.AzureChina}},
		"http":     {ClientOptions: azcore.ClientOptions{Cloud: graphAt("http://graph.microsoft.com")}},
		"userinfo": {ClientOptions: azcore.ClientOptions{Cloud: graphAt("https://user:" + canary + "@graph.microsoft.com")}},
	} {
		if _, err := billing.NewClient(cred, o); err == nil || strings.Contains(err.Error(), canary) {
			t.Errorf("%s: %v", name, err)
		}
	}
	w := &wire{respond: accepted}
	c, err := billing.NewClient(cred, &billing.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: w, Cloud: graphAt("https://graph.example:8443/")}})
	if err != nil {
		t.Fatal(err)
	}
	if err := beginning(billing.BilledUsage{InvoiceID: "G1"})(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if got := w.sent[0].URL.String(); got != "https://graph.example:8443/v1.0/reports/partners/billing/usage/billed/export" {
		t.Errorf("sent to %s", got)
	}
	if len(cred.scopes) != 1 || cred.scopes[0] != "https://graph.example:8443/.default" {
		t.Errorf("scopes %v", cred.scopes)
	}
}

func graphAt(endpoint string) cloud.Configuration {
	return cloud.Configuration{Services: map[cloud.ServiceName]cloud.ServiceConfiguration{billing.ServiceName: {Endpoint: endpoint}}}
}

func TestPossibleValues(t *testing.T) {
	if len(billing.PossibleAttributeSetValues()) != 2 || len(billing.PossibleBillingPeriodValues()) != 2 {
		t.Error("there are two values of each")
	}
}
