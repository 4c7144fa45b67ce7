package costmgmt_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/costmgmt"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
	"github.com/partnerbilling/sdk-go/poller"
)

const reportPath = accountPath + "/billingProfiles/BP/providers/Microsoft.CostManagement/generateCostDetailsReport"

func beginReport(t *testing.T, s *server) (*poller.Poller[costmgmt.CostDetail], error) {
	t.Helper()
	return costmgmt.BeginCostDetails[costmgmt.CostDetail](t.Context(), client(t, s), costmgmt.ProfileScope(account, "BP"), costmgmt.CostDetailsRequest{InvoiceID: "G1"}, nil)
}

// csvBlobs are two blobs of a report, in which columns stand in another order and case.
var csvBlobs = []string{
	"\ufeffinvoiceId,date,costInBillingCurrency,billingCurrency,tags\r\n\ufeffG1,09/30/2024,98765432109.87,EUR,\"{\"\"env\"\": \"\"a,b\"\"}\"\r\nG1,09/29/2024,0.10000000000000000055,EUR,\r\n",
	"Date,COSTINBILLINGCURRENCY,BillingCurrency,InvoiceId,newColumn\n2024-09-28,12345678.90,EUR,G1,x\n",
}

func manifestOf(blobs []string) string {
	var b []string
	for i, text := range blobs {
		b = append(b, fmt.Sprintf(`{"blobLink":"https://account.blob.core.windows.net/c/%d.csv?sp=r&se=2099-01-01&sig=%s%d","byteCount":%d}`, i, signature, i, len(text)))
	}
	return fmt.Sprintf(`{"manifestVersion":"2022-05-01","dataFormat":"Csv","blobCount":%d,"byteCount":1,"compressData":false,"requestContext":{},"blobs":[%s]}`, len(blobs), strings.Join(b, ","))
}

// TestCostDetails: from the request to exact rows; the token goes to Resource Manager alone, each
// signature to its own blob alone.
func TestCostDetails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(t,
			response{202, map[string]string{"Location": "https://management.azure.com:443/operations/1?api-version=x", "Retry-After": "30"}, ""},
			response{202, map[string]string{"Retry-After": "7"}, ""}, ok(`{"status":"InProgress"}`),
			ok(`{"id":"i","name":"n","status":"Completed","validTill":"2099-01-01","manifest":`+manifestOf(csvBlobs)+`}`),
			response{200, map[string]string{"ETag": `"1"`}, csvBlobs[0]}, response{200, map[string]string{"ETag": `"2"`}, csvBlobs[1]})
		p, err := beginReport(t, s)
		if err != nil {
			t.Fatal(err)
		}
		s.sent("POST", reportPath, costVersion, `{"metric":"ActualCost","invoiceId":"G1"}`)
		token, err := p.ResumeToken()
		if err != nil || strings.Contains(token, signature) {
			t.Errorf("resume token: %v", err)
		}
		for _, other := range []struct {
			scope   costmgmt.Scope
			request costmgmt.CostDetailsRequest
		}{
			{costmgmt.ProfileScope(account, "BP"), costmgmt.CostDetailsRequest{InvoiceID: "G2"}},
			{costmgmt.ProfileScope(account, "BP2"), costmgmt.CostDetailsRequest{InvoiceID: "G1"}},
		} {
			_, err := costmgmt.BeginCostDetails[costmgmt.CostDetail](t.Context(), client(t, s), other.scope, other.request, &costmgmt.BeginCostDetailsOptions{ResumeToken: token})
			if !errors.Is(err, apierror.ErrResumeToken) {
				t.Errorf("the token was taken for another report: %v", err)
			}
		}
		start := time.Now()
		m, err := p.PollUntilDone(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took < 37*time.Second {
			t.Errorf("it polled after %v, and the service requested 37 s", took)
		}
		rows, err := all(m.Items(t.Context(), &manifest.ReadOptions{Concurrency: 1}))
		if err != nil || len(rows) != 3 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		var totals lineitem.Totals
		for _, r := range rows {
			totals.Add(r.BillingCurrency, r.CostInBillingCurrency)
		}
		if got, _ := totals.Sum("EUR"); got.String() != "98777777788.87000000000000000055" || rows[0].Tags != `{"env": "a,b"}` || !rows[0].Date.Equal(on(2024, 9, 30)) || string(rows[2].Unknown["newColumn"]) != `"x"` {
			t.Errorf("sum %v, rows %+v", got, rows)
		}
		for i, r := range s.requests[4:] {
			if r.header.Get("Authorization") != "" || !strings.HasSuffix(r.query, fmt.Sprint(signature, i)) {
				t.Errorf("blob request %+v", r)
			}
		}
	})
}

// TestReportWithoutData (1): failed and empty reports are errors, with 200 and with 204.
func TestReportWithoutData(t *testing.T) {
	accepted := response{202, map[string]string{"Location": "https://management.azure.com/operations/1"}, ""}
	for name, tc := range map[string]struct {
		script []response
		check  func(error) bool
	}{
		"204 to the request": {[]response{{204, nil, ""}}, func(err error) bool { return errors.Is(err, apierror.ErrNoData) }},
		"204 later":          {[]response{accepted, {204, nil, ""}}, func(err error) bool { return errors.Is(err, apierror.ErrNoData) }},
		"no data found": {[]response{accepted, ok(`{"id":"/o/1","name":"1","status":"NoDataFound"}`)}, func(err error) bool {
			return errors.Is(err, apierror.ErrNoData) && strings.HasPrefix(err.Error(), "poller: operation 1 failed: no data for this request (status NoDataFound); check the scope")
		}},
		"failed": {[]response{accepted, ok(`{"status":"Failed","error":{"code":"TooMuch","message":"more than can be"}}`)}, func(err error) bool {
			e, is := errors.AsType[*apierror.OperationError](err)
			return is && e.Code == "TooMuch" && !errors.Is(err, apierror.ErrNoData)
		}},
		"completed, without a manifest": {[]response{accepted, ok(`{"status":"Completed"}`), ok(`{"status":"Completed"}`), ok(`{"status":"Completed"}`), ok(`{"status":"Completed"}`)}, func(err error) bool { return errors.Is(err, apierror.ErrMalformed) }},
		"not found at once":             {[]response{accepted, {404, nil, `{"error":{"code":"NotFound"}}`}, ok(`{"status":"NoDataFound"}`)}, func(err error) bool { return errors.Is(err, apierror.ErrNoData) }},
		"gone": {[]response{accepted, {202, nil, ""}, {404, nil, `{"error":{"code":"NotFound"}}`}}, func(err error) bool {
			return errors.Is(err, apierror.ErrExpired) && strings.HasSuffix(err.Error(), "; request another report")
		}},
		"only an error": {[]response{accepted, ok(`{"error":{"code":"TooMuch","message":"more than can be"}}`)}, func(err error) bool {
			e, is := errors.AsType[*apierror.OperationError](err)
			return is && e.Code == "TooMuch" && e.Message == "more than can be" && strings.HasSuffix(err.Error(), "; request another report")
		}},
		"completed, with an error": {[]response{accepted, ok(`{"status":"Completed","error":{"code":"Partial"},"manifest":` + manifestOf(csvBlobs) + `}`)}, func(err error) bool {
			e, is := errors.AsType[*apierror.OperationError](err)
			return is && e.Code == "Partial"
		}},
		"of an unknown status, with an error": {[]response{accepted, ok(`{"status":"Stopped","error":{"code":"X"}}`)}, func(err error) bool {
			e, is := errors.AsType[*apierror.OperationError](err)
			return is && e.Code == "X" && e.Status == "Stopped"
		}},
		"an error that is null": {[]response{accepted, ok(`{"status":"Running","error":null}`), ok(`{"status":"NoDataFound","error":{}}`)}, func(err error) bool { return errors.Is(err, apierror.ErrNoData) }},
		"refused": {[]response{{403, nil, `{"error":{"code":"RBACAccessDenied","message":"no"}}`}}, func(err error) bool {
			return errors.Is(err, apierror.ErrPermission) && strings.Contains(err.Error(), "Admin agent")
		}},
		"other host":                 {[]response{{202, map[string]string{"Location": "https://evil.example/1"}, ""}}, func(err error) bool { return errors.Is(err, apierror.ErrForeignLocation) }},
		"neither result nor address": {[]response{{202, nil, ""}}, func(err error) bool { return errors.Is(err, apierror.ErrMalformed) }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, err := beginReport(t, serve(t, tc.script...))
				if err == nil {
					_, err = p.PollUntilDone(t.Context(), nil)
				}
				if !tc.check(err) {
					t.Errorf("got %v", err)
				}
			})
		})
	}
	for _, r := range []costmgmt.CostDetailsRequest{{}, {InvoiceID: "G1", BillingPeriod: "202409"}, {InvoiceID: "G1", Metric: "Actual"}, {InvoiceID: "G1", Metric: costmgmt.MetricUsage}, {Period: costmgmt.Period{Start: on(2024, 1, 1), End: on(2024, 2, 15)}}} {
		if _, err := costmgmt.BeginCostDetails[costmgmt.CostDetail](t.Context(), client(t, serve(t)), costmgmt.AccountScope(account), r, nil); !errors.Is(err, costmgmt.ErrInvalidRequest) {
			t.Errorf("%+v: %v", r, err)
		}
	}
}

// TestThrottled: the longest requested delay counts, and one that is too long ends the call.
func TestThrottled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, response{429, map[string]string{"Retry-After": "1", "x-ms-ratelimit-microsoft.costmanagement-qpu-retry-after": "90", "x-ms-ratelimit-microsoft.costmanagement-entity-retry-after": "60"}, `{}`},
			response{503, map[string]string{"x-ms-ratelimit-microsoft.consumption-retry-after": "200"}, ""}, ok(`{"value":[]}`))
		start := time.Now()
		if _, err := all(client(t, s).Customers(t.Context(), account, nil)); err != nil {
			t.Error(err)
		}
		if took := time.Since(start); took < 290*time.Second || took > 300*time.Second {
			t.Errorf("it took %v, want 290 s", took)
		}
		s = serve(t, response{429, map[string]string{"x-ms-ratelimit-microsoft.costmanagement-tenant-retry-after": "3600"}, `{"error":{"code":"429"}}`})
		start = time.Now()
		_, err := all(client(t, s).Customers(t.Context(), account, nil))
		e, is := errors.AsType[*apierror.RequestError](err)
		if !is || e.RetryAfter != time.Hour || !errors.Is(err, apierror.ErrUnavailable) || time.Since(start) > time.Second {
			t.Errorf("an hour: %v", err)
		}
		s = serve(t, response{429, map[string]string{"x-ms-ratelimit-microsoft.costmanagement-tenant-retry-after": "3600"}, ``}, ok(`{"value":[]}`))
		if _, err := all(client(t, s, func(o *costmgmt.ClientOptions) { o.MaxThrottleWait = 2 * time.Hour }).Customers(t.Context(), account, nil)); err != nil {
			t.Error(err)
		}
	})
}

// TestLinks: links to another host are not followed, and a nextLink cycle is an error.
func TestLinks(t *testing.T) {
	for _, next := range []string{"https://evil.example/x", "http://management.azure.com/x", "https://management.azure.com:8443/x", "https://management.azure.com.evil.example/x", "https://u@management.azure.com/x"} {
		s := serve(t, ok(`{"value":[{"name":"c1"}],"nextLink":"`+next+`"}`))
		got, err := all(client(t, s).Customers(t.Context(), account, nil))
		if !errors.Is(err, apierror.ErrForeignLocation) || len(got) != 1 {
			t.Errorf("%s: %d customers, %v", next, len(got), err)
		}
	}
	again := ok(`{"value":[],"nextLink":"https://management.azure.com/x"}`)
	if _, err := all(client(t, serve(t, again, again)).Customers(t.Context(), account, nil)); !errors.Is(err, apierror.ErrMalformed) {
		t.Errorf("nextLink cycle: %v", err)
	}
}

// TestRejectedRequests: each status has its error, and no malformed response is an empty list.
func TestRejectedRequests(t *testing.T) {
	for name, tc := range map[string]struct {
		response response
		want     error
	}{
		"401":       {response{401, nil, `{"error":{"code":"ExpiredAuthenticationToken","message":"m"}}`}, apierror.ErrUnauthenticated},
		"403":       {response{403, nil, `{"error":{"code":"AuthorizationFailed","message":"m"}}`}, apierror.ErrPermission},
		"404":       {response{404, nil, `{"error":{"code":"ResourceNotFound","message":"m"}}`}, apierror.ErrNotFound},
		"204":       {response{204, nil, ""}, apierror.ErrNoData},
		"201":       {response{201, nil, "{}"}, apierror.ErrMalformed},
		"empty":     {response{200, nil, ""}, apierror.ErrNoData},
		"HTML":      {response{200, nil, "<html>"}, apierror.ErrMalformed},
		"redirect":  {response{302, map[string]string{"Location": "https://evil.example"}, ""}, apierror.ErrRedirect},
		"no list":   {ok(`{"error":{"code":"ServerBusy"}}`), apierror.ErrMalformed},
		"of a kind": {response{200, nil, `{"value":[5]}`}, apierror.ErrMalformed},
	} {
		script := []response{tc.response}
		if name == "401" {
			script = append(script, tc.response) // with another token
		}
		if got, err := all(client(t, serve(t, script...)).Customers(t.Context(), account, nil)); !errors.Is(err, tc.want) || len(got) != 0 {
			t.Errorf("%s: %v, want %v", name, err, tc.want)
		}
	}
	if got, err := all(client(t, serve(t, ok(`{"value":null}`))).Customers(t.Context(), account, nil)); err != nil || len(got) != 0 {
		t.Errorf("null: %v", err)
	}
	if _, err := all(client(t, serve(t, ok(`{"error":{"code":"ServerBusy"}}`))).ExportRuns(t.Context(), costmgmt.AccountScope(account), "e", nil)); !errors.Is(err, apierror.ErrMalformed) {
		t.Errorf("no list of runs: %v", err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("enough"))
	if _, err := all(client(t, policyTransport(func(r *http.Request) (*http.Response, error) { return nil, r.Context().Err() })).Customers(ctx, account, nil)); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "enough") {
		t.Errorf("context: %v", err)
	}
}

// TestScopes: no request is sent for an invalid scope.
func TestScopes(t *testing.T) {
	for _, s := range []string{"", "x", "/providers/a//b", "/providers/../x", "/providers/a?b", "/providers/a#b", "/providers/a%2fb", "/providers/a%5Cb", "/providers/a%zz", "/providers/a\x00b", "/providers/%2e%2e/x", `/providers/a\b`, "https://evil.example/providers/x"} {
		if scope, err := costmgmt.ParseScope(s); !errors.Is(err, costmgmt.ErrInvalidRequest) {
			t.Errorf("%q parses as %q: %v", s, scope, err)
		}
	}
	if s, err := costmgmt.ParseScope("subscriptions/1/"); err != nil || s != costmgmt.SubscriptionScope("1") {
		t.Errorf("%q, %v", s, err)
	}
	// The error shows which part is at fault, also of a scope that is too long to be shown.
	long := strings.Repeat("x", 200)
	for s, want := range map[string]string{
		"/providers/a//b":             `costmgmt: scope: invalid scope "/providers/a//b": segment 3 is empty`,
		"/providers/../x":             `segment 2 is "..": must be a name`,
		"/providers/" + long + "/b?c": `xxx…": segment 3 is "b?c": must be a path-escaped name, without a slash, a backslash, ? or #`,
		"/providers/a/?" + long:       `xxx…": must be a path-escaped name, without a slash, a backslash, ? or #`,
		"/" + long:                    `xxx…": must begin with /providers/ or /subscriptions/`,
	} {
		if _, err := costmgmt.ParseScope(s); err == nil || !strings.HasSuffix(err.Error(), want) || len(err.Error()) > 450 {
			t.Errorf("%q: %v", s, err)
		}
	}
	c := client(t, serve(t))
	for _, name := range []string{"", ".", "..", "a/b", "../x"} {
		if _, err := all(c.Customers(t.Context(), name, nil)); !errors.Is(err, costmgmt.ErrInvalidRequest) {
			t.Errorf("account %q: %v", name, err)
		}
	}
	for now, want := range map[time.Time][2]time.Time{
		on(2024, 1, 31): {on(2023, 12, 1), on(2023, 12, 31)}, on(2024, 3, 1): {on(2024, 2, 1), on(2024, 2, 29)},
		time.Date(2024, 5, 31, 23, 0, 0, 0, time.FixedZone("", -3*3600)): {on(2024, 5, 1), on(2024, 5, 31)},
	} {
		if p := costmgmt.LastMonth(now); !p.Start.Equal(want[0]) || !p.End.Equal(want[1]) {
			t.Errorf("before %v: %v", now, p)
		}
	}
	if _, err := all(c.Invoices(t.Context(), account, costmgmt.LastMonths(on(2024, 3, 31), 0), nil)); !errors.Is(err, costmgmt.ErrInvalidRequest) {
		t.Errorf("no months: %v", err)
	}
	if p := costmgmt.LastMonths(on(2024, 3, 31), 3); !p.Start.Equal(on(2023, 12, 1)) || !p.End.Equal(on(2024, 2, 29)) {
		t.Errorf("three months: %v", p)
	}
}

// TestSecrets: no error holds the token or a signature.
func TestSecrets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const token = "CANARYtoken"
		s := serve(t, response{403, map[string]string{"X-Echo": "Bearer " + token}, `{"error":{"code":"X","message":"Bearer ` + token + ` https://h/c?sv=1&sig=` + signature + `"}}`})
		c, err := costmgmt.NewClient(credential(token), &costmgmt.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: s, Logging: policy.LogOptions{IncludeBody: true, AllowedHeaders: []string{"Authorization"}}}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = all(c.Customers(t.Context(), account, nil))
		if text := fmt.Sprintf("%v %+v %#v", err, err, err); err == nil || strings.Contains(text, signature) || strings.Contains(err.Error(), token) {
			t.Errorf("%v", err)
		}
		p, err := beginReport(t, serve(t, ok(`{"status":"Completed","manifest":`+manifestOf(csvBlobs)+`}`), response{403, map[string]string{"x-ms-error-code": "AuthenticationFailed"}, "sig=" + signature}))
		if err != nil {
			t.Fatal(err)
		}
		m, err := p.PollUntilDone(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = all(m.Items(t.Context(), &manifest.ReadOptions{Concurrency: 1}))
		if text := fmt.Sprintf("%v %+v %#v", err, *m, m.Blobs()); !errors.Is(err, manifest.ErrSAS) || strings.Contains(text, signature) {
			t.Errorf("%v", err)
		}
	})
}

type credential string

// GetToken implements azcore.TokenCredential.
func (c credential) GetToken(_ context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	if !slices.Contains(o.Scopes, "https://management.core.windows.net//.default") && !slices.Contains(o.Scopes, "https://management.azure.com/.default") {
		return azcore.AccessToken{}, fmt.Errorf("a token for %v", o.Scopes)
	}
	return azcore.AccessToken{Token: string(c), ExpiresOn: time.Now().Add(time.Hour)}, nil
}
