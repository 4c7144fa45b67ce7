package billing_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/log"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/poller"
)

func inAnHour() time.Time { return time.Now().Add(time.Hour) }

func TestRejectedRequests(t *testing.T) {
	notAPartner, err := os.ReadFile("testdata/error-400-not-a-partner.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name     string
		respond  func(*http.Request) (*http.Response, error)
		is       error
		text     []string
		requests int
	}{
		{"not a partner", respond(400, nil, string(notAPartner)), apierror.ErrNotPartner, []string{"not a partner's", "partner's own tenant", "33333333-3333"}, 1},
		{"no permission", respond(403, http.Header{"Request-Id": {"r-1"}}, `{"error":{"code":"Forbidden","message":"no"}}`), apierror.ErrPermission, []string{"PartnerBilling.Read.All", "r-1"}, 1},
		{"token rejected", respond(401, nil, `{"error":{"code":"InvalidAuthenticationToken","message":"expired"}}`), apierror.ErrUnauthenticated, []string{"credential"}, 2},
		{"unknown invoice", respond(404, nil, `{"error":{"code":"NotFound","message":"none"}}`), apierror.ErrNoData, []string{"invoice number"}, 1},
		{"code 5000", respond(400, nil, `{"error":{"code":5000,"message":"No data available"}}`), apierror.ErrNoData, nil, 1},
		{"throttled", respond(429, http.Header{"Retry-After": {"7"}}, ``), apierror.ErrUnavailable, []string{"7s"}, 1},
		{"proxy page", respond(200, nil, "<html>sign in</html>"), apierror.ErrMalformed, nil, 1},
		{"redirect", respond(302, http.Header{"Location": {"https://evil.example/"}}, ""), apierror.ErrRedirect, nil, 1},
		{"foreign location", respond(202, http.Header{"Location": {"https://evil.example/op"}}, ""), apierror.ErrForeignLocation, nil, 1},
		{"no location", respond(202, nil, ""), apierror.ErrMalformed, nil, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := &wire{respond: tc.respond}
			err := beginning(billing.BilledUsage{InvoiceID: "G1"})(t.Context(), client(t, w, nil))
			if !errors.Is(err, tc.is) {
				t.Fatalf("got %v, want %v", err, tc.is)
			}
			for _, text := range tc.text {
				if !strings.Contains(err.Error(), text) {
					t.Errorf("%q is missing in: %v", text, err)
				}
			}
			if len(w.sent) != tc.requests {
				t.Errorf("%d requests, want %d", len(w.sent), tc.requests)
			}
			for _, r := range w.sent {
				if r.URL.Host != "graph.microsoft.com" {
					t.Errorf("a request went to %s", r.URL.Host)
				}
			}
			mustNotLeak(t, err)
		})
	}
}

func TestRejectedRequestHasTheResponse(t *testing.T) {
	w := &wire{respond: respond(403, http.Header{"Set-Cookie": {canary}}, `{"error":{"code":"Forbidden","message":"no"}}`)}
	err := beginning(billing.BilledUsage{InvoiceID: "G1"})(t.Context(), client(t, w, nil))
	var rejected *apierror.RequestError
	var response *azcore.ResponseError
	if !errors.As(err, &rejected) || rejected.StatusCode != 403 || rejected.Code != "Forbidden" {
		t.Fatalf("got %#v", err)
	}
	if !errors.As(err, &response) || response.StatusCode != 403 || response.ErrorCode != "Forbidden" {
		t.Fatalf("no azcore.ResponseError in %v", err)
	}
	if response.RawResponse.Request.Header.Get("Authorization") != "" || response.RawResponse.Header.Get("Set-Cookie") != "" {
		t.Error("the response was not cleaned")
	}
	mustNotLeak(t, response)
}

func TestCredentialFailures(t *testing.T) {
	cause := errors.New("login failed, Bearer " + canary)
	for name, cred := range map[string]*fixed{
		"error":      {err: cause},
		"empty":      {},
		"line break": {token: canary + "\r\nX-Evil: 1"},
		"space":      {token: "two words " + canary},
	} {
		t.Run(name, func(t *testing.T) {
			w := &wire{respond: accepted}
			c, err := billing.NewClient(cred, &billing.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: w, Retry: policy.RetryOptions{RetryDelay: time.Millisecond}}})
			if err != nil {
				t.Fatal(err)
			}
			err = beginning(billing.BilledUsage{InvoiceID: "G1"})(t.Context(), c)
			if !errors.Is(err, apierror.ErrUnauthenticated) {
				t.Fatalf("got %v", err)
			}
			if cred.err != nil && !errors.Is(err, cause) {
				t.Errorf("the cause is out of reach: %v", err)
			}
			if len(w.sent) != 0 || cred.calls != 1 {
				t.Errorf("%d requests were sent, %d tokens requested", len(w.sent), cred.calls)
			}
			mustNotLeak(t, err)
		})
	}
}

// TestNothingIsLogged turns every log of azcore on, bodies included, and looks for
// secrets in it.
func TestNothingIsLogged(t *testing.T) {
	var mu sync.Mutex
	var logged bytes.Buffer
	log.SetListener(func(event log.Event, text string) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintln(&logged, event, text)
	})
	defer log.SetListener(nil)
	w := &wire{respond: respond(200, http.Header{"Request-Id": {"r-7"}}, `{"id":"op","status":"succeeded","resourceLocation":{"blobCount":2,"blobs":[{"name":"a"}],"rootDirectory":"https://a.blob.core.windows.net/c","sasToken":"sig=`+canary+`"}}`)}
	c := client(t, w, func(o *billing.ClientOptions) { o.Logging.IncludeBody = true })
	p, err := billing.BeginExport(t.Context(), c, billing.BilledUsage{InvoiceID: "G1"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.PollUntilDone(t.Context(), &poller.PollUntilDoneOptions{MaxWait: time.Minute})
	if err == nil {
		t.Fatal("a manifest with too few blobs was taken")
	}
	mustNotLeak(t, err)
	mu.Lock()
	defer mu.Unlock()
	if text := logged.String(); strings.Contains(text, canary) || !strings.Contains(text, "r-7") {
		t.Errorf("logged: %s", text)
	}
}

// mustNotLeak looks for the canary in every form that an error can be brought into.
func mustNotLeak(t *testing.T, err error) {
	t.Helper()
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		fmt.Fprintf(&out, verb, err)
	}
	slog.New(slog.NewTextHandler(&out, nil)).Error("failed", "err", err)
	slog.New(slog.NewJSONHandler(&out, nil)).Error("failed", "err", err)
	data, jsonErr := json.Marshal(err)
	if jsonErr != nil {
		t.Errorf("as JSON: %v", jsonErr)
	}
	out.Write(data)
	for ; err != nil; err = errors.Unwrap(err) {
		fmt.Fprintln(&out, err)
	}
	for _, secret := range []string{canary, fmt.Sprintf("%x", canary)} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("a secret is shown: %s", out.String())
		}
	}
}
