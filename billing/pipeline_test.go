package billing_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/log"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/poller"
)

// inTurn returns the responses of a list in turn, and the last one from then on.
func inTurn(responses ...func(*http.Request) (*http.Response, error)) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) {
		next := responses[0]
		if len(responses) > 1 {
			responses = responses[1:]
		}
		return next(r)
	}
}

// retrying is a client with the retries that every Azure client has.
func retrying(t *testing.T, cred azcore.TokenCredential, w *wire) *billing.Client {
	t.Helper()
	c, err := billing.NewClient(cred, &billing.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: w}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestRetriesWaitAsLongAsAsked(t *testing.T) {
	for name, tc := range map[string]struct {
		retryAfter, date string
		want             time.Duration
	}{
		"seconds":                      {"7", "", 7 * time.Second},
		"fraction":                     {"1.5", "", 2 * time.Second},
		"date":                         {"Sat, 01 Jan 2000 00:00:07 GMT", "Sat, 01 Jan 2000 00:00:00 GMT", 7 * time.Second},
		"date of a clock an hour late": {"Fri, 31 Dec 1999 23:00:07 GMT", "Fri, 31 Dec 1999 23:00:00 GMT", 7 * time.Second},
		"date of a clock an hour fast": {"Sat, 01 Jan 2000 01:00:07 GMT", "Sat, 01 Jan 2000 01:00:00 GMT", 7 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &wire{respond: inTurn(respond(429, http.Header{"Retry-After": {tc.retryAfter}, "Date": {tc.date}}, ""), accepted)}
				start := time.Now()
				if err := beginning(billing.BilledUsage{InvoiceID: "G1"})(t.Context(), retrying(t, &fixed{token: canary}, w)); err != nil {
					t.Fatal(err)
				}
				if took := time.Since(start); took != tc.want || len(w.sent) != 2 {
					t.Errorf("%d requests, the second after %v", len(w.sent), took)
				}
			})
		})
	}
}

func TestHugeRetryAfterIsNotOverrun(t *testing.T) {
	for _, value := range []string{"99999999999", "9223372036854775807", "18446744075", "99999999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"} {
		t.Run(value, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &wire{respond: respond(429, http.Header{"Retry-After": {value}}, "")}
				start := time.Now()
				err := beginning(billing.BilledUsage{InvoiceID: "G1"})(t.Context(), retrying(t, &fixed{token: canary}, w))
				var rejected *apierror.RequestError
				if !errors.As(err, &rejected) || rejected.RetryAfter < 365*24*time.Hour {
					t.Errorf("got %v", err)
				}
				if len(w.sent) != 1 || time.Since(start) != 0 {
					t.Errorf("%d requests in %v", len(w.sent), time.Since(start))
				}
			})
		})
	}
}

func TestEachRequestHasItsOwnID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{respond: inTurn(respond(503, nil, ""), respond(401, nil, ""), accepted)}
		if err := beginning(billing.BilledUsage{InvoiceID: "G1"})(t.Context(), retrying(t, &fixed{token: canary}, w)); err != nil {
			t.Fatal(err)
		}
		ids := make(map[string]bool)
		for i, r := range w.sent {
			ids[r.Header.Get("client-request-id")] = true
			if w.bodies[i] != w.bodies[0] {
				t.Errorf("request %d has another body: %s", i, w.bodies[i])
			}
		}
		if len(w.sent) != 3 || len(ids) != 3 {
			t.Errorf("%d requests, %d ids", len(w.sent), len(ids))
		}
	})
}

// claiming is a credential that records the claims that are requested.
type claiming struct{ claims []string }

func (c *claiming) GetToken(_ context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	c.claims = append(c.claims, o.Claims)
	return azcore.AccessToken{Token: canary, ExpiresOn: inAnHour()}, nil
}

func TestClaimsAreAskedForOnce(t *testing.T) {
	challenge := http.Header{"Www-Authenticate": {`Bearer realm="", error="insufficient_claims", claims="eyJhIjoxfQ=="`}}
	cred := &claiming{}
	w := &wire{respond: respond(401, challenge, "")}
	err := beginning(billing.BilledUsage{InvoiceID: "G1"})(t.Context(), retrying(t, cred, w))
	if !errors.Is(err, apierror.ErrUnauthenticated) {
		t.Errorf("got %v", err)
	}
	if len(w.sent) != 2 || strings.Join(cred.claims, " ") != ` {"a":1}` {
		t.Errorf("%d requests, claims %q", len(w.sent), cred.claims)
	}
}

func TestTokenIsRenewedWhileWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := service(t, &billingtest.Options{TokenLifetime: 10 * time.Minute, RunningPolls: 60, PollDelay: 3 * time.Minute}, "", billingtest.Export{InvoiceID: "G1", Rows: 1})
		p, err := billing.BeginExport(t.Context(), c, billing.BilledUsage{InvoiceID: "G1"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if _, err := p.PollUntilDone(t.Context(), &poller.PollUntilDoneOptions{MaxWait: 4 * time.Hour}); err != nil {
			t.Fatal(err)
		}
		for _, r := range s.Requests() {
			if r.Status == http.StatusUnauthorized {
				t.Error("an expired token was sent")
			}
		}
		if time.Since(start) < 3*time.Hour {
			t.Errorf("that took %v", time.Since(start))
		}
	})
}

// TestResumeTokenOfAnotherRequest: a token holds its request, with NoReexport too, and is refused
// with another one; otherwise the rows would be those of another invoice.
func TestResumeTokenOfAnotherRequest(t *testing.T) {
	w := &wire{respond: accepted}
	c := client(t, w, nil)
	begun := billing.BilledUsage{InvoiceID: "G016907411"}
	for _, o := range []billing.BeginExportOptions{{}, {NoReexport: true}} {
		p, err := billing.BeginExport(t.Context(), c, begun, &o)
		if err != nil {
			t.Fatal(err)
		}
		if o.ResumeToken, err = p.ResumeToken(); err != nil {
			t.Fatal(err)
		}
		sent := len(w.sent)
		same := begun
		same.AttributeSet = billing.AttributeSetFull
		if _, err := billing.BeginExport(t.Context(), c, same, &o); err != nil {
			t.Errorf("the same request: %v", err)
		}
		for name, tc := range map[string]struct {
			request billing.Request[lineitem.Usage]
			text    string
		}{
			"other invoice":   {billing.BilledUsage{InvoiceID: "G000000777"}, `it is of another request: invoiceId is "G016907411" in the token, but "G000000777" in the request; use the request that`},
			"other set":       {billing.BilledUsage{InvoiceID: "G016907411", AttributeSet: billing.AttributeSetBasic}, `attributeSet is "full" in the token, but "basic" in the request; `},
			"unbilled":        {billing.UnbilledUsage{BillingPeriod: billing.BillingPeriodLast, CurrencyCode: "EUR"}, "billing/usage/billed/export"},
			"invalid request": {billing.BilledUsage{}, "InvoiceID is empty"},
		} {
			_, err := billing.BeginExport(t.Context(), c, tc.request, &o)
			want := apierror.ErrResumeToken
			if name == "invalid request" {
				want = billing.ErrInvalidRequest
			}
			if !errors.Is(err, want) || !strings.Contains(err.Error(), tc.text) {
				t.Errorf("NoReexport %v, %s: %v", o.NoReexport, name, err)
			}
		}
		if _, err := billing.BeginExport(t.Context(), c, billing.BilledAggregatedUsage{}, &o); !errors.Is(err, apierror.ErrResumeToken) {
			t.Errorf("got %v", err)
		}
		if len(w.sent) != sent {
			t.Errorf("%d requests were sent", len(w.sent)-sent)
		}
	}
}

// TestResumeTokenWithoutARequest: tokens of earlier versions that hold no request are accepted with
// any request of their kind, also an invalid one.
func TestResumeTokenWithoutARequest(t *testing.T) {
	w := &wire{respond: accepted}
	c := client(t, w, nil)
	const content = `{"endpoint":"https://graph.microsoft.com/v1.0","operation":"https://graph.microsoft.com/v1.0/reports/partners/billing/operations/7","kind":"usage"}`
	o := &billing.BeginExportOptions{ResumeToken: "partnerbilling-export.v1." + base64.RawURLEncoding.EncodeToString([]byte(content))}
	for _, request := range []billing.Request[lineitem.Usage]{billing.BilledUsage{InvoiceID: "G1"}, billing.UnbilledUsage{}} {
		if _, err := billing.BeginExport(t.Context(), c, request, o); err != nil {
			t.Errorf("%T: %v", request, err)
		}
	}
	// What an operation was begun with is not known where NoReexport says so.
	p, err := billing.BeginExport(t.Context(), c, billing.BilledUsage{InvoiceID: "G1"}, &billing.BeginExportOptions{Operation: "7", NoReexport: true})
	if err != nil {
		t.Fatal(err)
	}
	if o.ResumeToken, err = p.ResumeToken(); err != nil {
		t.Fatal(err)
	}
	if _, err := billing.BeginExport(t.Context(), c, billing.BilledUsage{InvoiceID: "G2"}, o); err != nil {
		t.Error(err)
	}
}

func TestAuthorizationIsNotLoggedOnRequest(t *testing.T) {
	var mu sync.Mutex
	var logged bytes.Buffer
	log.SetListener(func(event log.Event, text string) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintln(&logged, event, text)
	})
	defer log.SetListener(nil)
	names := []string{"x-mine", "authorization"}
	c := client(t, &wire{respond: accepted}, func(o *billing.ClientOptions) { o.Logging.AllowedHeaders = names })
	ctx := policy.WithHTTPHeader(t.Context(), http.Header{"X-Mine": {"visible"}})
	if err := beginning(billing.BilledUsage{InvoiceID: "G1"})(ctx, c); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if text := logged.String(); strings.Contains(text, canary) || !strings.Contains(text, "visible") {
		t.Errorf("logged: %s", text)
	}
	if names[1] != "authorization" {
		t.Error("the caller's options were changed")
	}
}

func TestErrorResponsesAreNotLoggedInFull(t *testing.T) {
	var mu sync.Mutex
	var logged bytes.Buffer
	log.SetListener(func(event log.Event, text string) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintln(&logged, event, text)
	})
	defer log.SetListener(nil)
	w := &wire{respond: respond(400, http.Header{"Content-Type": {"application/json"}}, `{"error":{"code":"Odd","message":"visible","sasToken":"`+canary+`"}}`)}
	c := client(t, w, func(o *billing.ClientOptions) { o.Logging.IncludeBody = true })
	err := beginning(billing.BilledUsage{InvoiceID: "G1"})(t.Context(), c)
	if err == nil {
		t.Fatal("an error response was taken for success")
	}
	mustNotLeak(t, err)
	mu.Lock()
	defer mu.Unlock()
	if text := logged.String(); strings.Contains(text, canary) || !strings.Contains(text, "visible") {
		t.Errorf("logged: %s", text)
	}
}

func TestEndlessErrorResponse(t *testing.T) {
	read := int64(0)
	w := &wire{respond: func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 400, Header: http.Header{}, Request: r, Body: io.NopCloser(endless{&read})}, nil
	}}
	if err := beginning(billing.BilledUsage{InvoiceID: "G1"})(t.Context(), client(t, w, nil)); err == nil {
		t.Error("an error response was taken for success")
	}
	if read > 100<<20 {
		t.Errorf("%d bytes were read", read)
	}
}

// endless is a body that goes on for a gigabyte, which is as good as for ever.
type endless struct{ read *int64 }

func (e endless) Read(p []byte) (int, error) {
	if *e.read += int64(len(p)); *e.read > 1<<30 {
		return 0, io.EOF
	}
	return len(p), nil
}

func TestPublicCloudWithoutTheLastSlash(t *testing.T) {
	for _, host := range []string{"", "https://login.microsoftonline.com", "https://login.microsoftonline.com/"} {
		if _, err := billing.NewClient(&fixed{token: canary}, &billing.ClientOptions{ClientOptions: azcore.ClientOptions{Cloud: cloud.Configuration{ActiveDirectoryAuthorityHost: host}}}); err != nil {
			t.Errorf("%q: %v", host, err)
		}
	}
}
