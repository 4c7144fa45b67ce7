package manifest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	azlog "github.com/Azure/azure-sdk-for-go/sdk/azcore/log"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/partnerbilling/sdk-go/manifest"
)

// printed formats a value in every way in which it could be printed by accident.
func printed(t *testing.T, v any) string {
	t.Helper()
	var b bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%T", "%p", "%10v"} {
		fmt.Fprintf(&b, verb+"\n", v)
		fmt.Fprintf(&b, verb+"\n", []any{v})
		fmt.Fprintf(&b, verb+"\n", struct{ hidden any }{v})
	}
	for _, h := range []slog.Handler{slog.NewTextHandler(&b, nil), slog.NewJSONHandler(&b, nil)} {
		slog.New(h).Info("m", "v", v, "group", slog.GroupValue(slog.Any("v", v)))
	}
	for _, x := range []any{v, map[string]any{"v": v}, struct{ V any }{v}} {
		if data, err := json.Marshal(x); err != nil {
			fmt.Fprintln(&b, err)
		} else {
			b.Write(data)
		}
	}
	if err, ok := v.(error); ok {
		tree(&b, err)
	}
	return b.String()
}

// tree prints every error below err.
func tree(b *bytes.Buffer, err error) {
	fmt.Fprintf(b, "%v %+v %#v\n", err, err, err)
	if u := errors.Unwrap(err); u != nil {
		tree(b, u)
	}
	if m, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range m.Unwrap() {
			tree(b, e)
		}
	}
	var failed *azcore.ResponseError
	if errors.As(err, &failed) && failed.RawResponse != nil {
		fmt.Fprintf(b, "%+v %v\n", failed.RawResponse, failed.RawResponse.Request.URL)
	}
}

func clean(t *testing.T, what, text string) {
	t.Helper()
	for _, form := range []string{canary, fmt.Sprintf("%x", canary), fmt.Sprintf("%X", canary), url.QueryEscape(canary + "/+=")} {
		if i := strings.Index(text, form); i >= 0 {
			t.Errorf("%s discloses the SAS: ...%s", what, text[max(0, i-80):i])
			return
		}
	}
}

func TestSASIsUnprintable(t *testing.T) {
	m, err := manifest.Parse[row](document([]string{"a"}, nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	sas := m.SAS()
	type nested struct {
		hidden manifest.SAS
		Open   manifest.SAS
		list   []manifest.SAS
		table  map[string]manifest.SAS
	}
	n := nested{sas, sas, []manifest.SAS{sas}, map[string]manifest.SAS{"k": sas}}
	for what, v := range map[string]any{
		"SAS": sas, "pointer": &sas, "nested": n, "pointer to nested": &n, "manifest": m, "manifest by value": *m,
		"stream": stream(t, m, nil), "As": manifest.As[struct{}](m),
	} {
		clean(t, what, printed(t, v))
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		if got := fmt.Sprintf(verb, sas); got != "REDACTED" {
			t.Errorf("%s prints %q, want REDACTED", verb, got)
		}
	}
	if data, err := json.Marshal(m); err != nil || !strings.Contains(string(data), `"SAS":"REDACTED"`) {
		t.Errorf("JSON of a manifest is %s, %v", data, err)
	}
	if !strings.Contains(sas.Reveal(), canary) {
		t.Error("Reveal does not return the token")
	}
}

// spy is a policy that keeps all it can see.
type spy struct {
	mu   sync.Mutex
	seen bytes.Buffer
}

func (s *spy) Do(req *policy.Request) (*http.Response, error) {
	resp, err := req.Next()
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprintf(&s.seen, "%v %v\n", req.Raw().URL, req.Raw().Header)
	if resp != nil {
		fmt.Fprintf(&s.seen, "%v %v\n", resp.Header, resp.Request.URL)
	}
	if err != nil {
		fmt.Fprintf(&s.seen, "%v\n", err)
	}
	return resp, err
}

func TestNoErrorLogOrPolicySeesTheSAS(t *testing.T) {
	faults := map[string]func(int, *http.Request, *response) error{
		"no fault": nil,
		"refused": func(_ int, req *http.Request, _ *response) error {
			return &url.Error{Op: "Get", URL: req.URL.String(), Err: syscall.ECONNREFUSED}
		},
		"text": func(_ int, req *http.Request, _ *response) error { return fmt.Errorf("dial %s: no", req.URL) },
		"body": func(_ int, req *http.Request, a *response) error {
			a.cut, a.err = 5, &url.Error{Op: "Get", URL: req.URL.String(), Err: errReset}
			return nil
		},
		"redirect": func(_ int, req *http.Request, a *response) error {
			a.status = 307
			a.header.Set("Location", req.URL.String())
			return nil
		},
	}
	for _, status := range []int{400, 401, 403, 404, 409, 412, 416, 429, 500, 503} {
		faults[fmt.Sprint(status)] = func(_ int, _ *http.Request, a *response) error {
			*a = *refusal(status, "SomeCode")
			a.cut, a.stall = -1, -1
			return nil
		}
		faults[fmt.Sprint(status, ", echoed")] = func(_ int, req *http.Request, a *response) error {
			*a = *refusal(status, req.URL.String())
			a.header.Set("X-Ms-Request-Id", "?"+req.URL.RawQuery)
			a.body = []byte("<p>No " + req.URL.String() + "</p>")
			a.cut, a.stall = -1, -1
			return nil
		}
	}
	faults["range, echoed"] = func(n int, req *http.Request, a *response) error {
		if a.cut, a.err = 10, errReset; n > 0 {
			a.header.Set("Content-Range", req.URL.String())
		}
		return nil
	}
	var logged bytes.Buffer
	var lock sync.Mutex
	azlog.SetListener(func(e azlog.Event, text string) {
		lock.Lock()
		defer lock.Unlock()
		fmt.Fprintln(&logged, e, text)
	})
	defer azlog.SetListener(nil)
	for what, fault := range faults {
		for _, concurrency := range []int{1, 2} {
			synctest.Test(t, func(t *testing.T) {
				store := newStorage(t).put(name(0), zipped(lines(0, 100)))
				store.fault = fault
				perCall, perRetry := &spy{}, &spy{}
				o := &manifest.Options{}
				o.Logging.IncludeBody = true
				o.Logging.AllowedQueryParams = []string{"sig", "skoid"}
				o.PerCallPolicies = []policy.Policy{perCall}
				o.PerRetryPolicies = []policy.Policy{perRetry}
				var captured *http.Response
				ctx := policy.WithCaptureResponse(t.Context(), &captured)
				_, err := collect(ctx, stream(t, store.manifest(o), &manifest.ReadOptions{Concurrency: concurrency}))
				if (err == nil) != (fault == nil) {
					t.Errorf("%s: error = %v", what, err)
				}
				if err != nil {
					clean(t, what, printed(t, err))
				}
				clean(t, what+", policy per call", perCall.seen.String())
				clean(t, what+", policy per retry", perRetry.seen.String())
				if perRetry.seen.Len() == 0 {
					t.Errorf("%s: the policy was not called", what)
				}
			})
		}
	}
	lock.Lock()
	defer lock.Unlock()
	if logged.Len() == 0 {
		t.Error("nothing was logged")
	}
	clean(t, "the log", logged.String())
}

// Rows are customer data. Not even an application that logs all bodies gets them there.
func TestRowsAreNotLogged(t *testing.T) {
	var logged bytes.Buffer
	azlog.SetListener(func(_ azlog.Event, text string) { logged.WriteString(text) })
	defer azlog.SetListener(nil)
	store := newStorage(t).put(name(0), lines(0, 10))
	store.fault = func(_ int, _ *http.Request, a *response) error {
		a.header.Set("Content-Type", "application/json")
		return nil
	}
	o := &manifest.Options{}
	o.Logging.IncludeBody = true
	if _, err := collect(t.Context(), stream(t, store.manifest(o), &manifest.ReadOptions{Concurrency: 1, AllowPlain: true})); err != nil {
		t.Fatal(err)
	}
	if text := logged.String(); !strings.Contains(text, "GET") || strings.Contains(text, "customer") {
		t.Errorf("the log is %q, want the request without rows", text)
	}
}

// meddler is a policy that sends requests elsewhere.
type meddler func(*http.Request)

func (f meddler) Do(req *policy.Request) (*http.Response, error) {
	f(req.Raw())
	return req.Next()
}

func TestNoPolicyCanCarryTheSASAway(t *testing.T) {
	for what, change := range map[string]meddler{
		"another host":      func(r *http.Request) { r.URL.Host = "evil.example" },
		"another account":   func(r *http.Request) { r.URL.Host = "other.blob.core.windows.net" },
		"plain http":        func(r *http.Request) { r.URL.Scheme = "http" },
		"another directory": func(r *http.Request) { r.URL.Path, r.URL.RawPath = "/billed/x", "" },
		"a token for Graph": func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") },
	} {
		rec := &recorder{}
		o := &manifest.Options{}
		o.Transport = rec
		o.PerRetryPolicies = []policy.Policy{change}
		m, err := manifest.Parse[row](document([]string{"a"}, nil), o)
		if err != nil {
			t.Fatal(err)
		}
		_, err = collect(t.Context(), stream(t, m, nil))
		if !errors.Is(err, manifest.ErrUntrusted) || len(rec.urls) != 0 {
			t.Errorf("%s: error %v, %d requests sent, want ErrUntrusted and none", what, err, len(rec.urls))
		}
	}
}

func TestAPIVersionOfGraphIsNotSentToStorage(t *testing.T) {
	store := newStorage(t).put(name(0), zipped(lines(0, 3)))
	o := &manifest.Options{}
	o.APIVersion = "beta"
	store.fault = func(_ int, req *http.Request, _ *response) error {
		if v := req.Header["x-ms-version"]; len(v) != 1 || v[0] == "beta" || strings.Contains(req.URL.RawQuery, "beta") {
			t.Errorf("x-ms-version is %v", v)
		}
		return nil
	}
	if _, err := collect(t.Context(), stream(t, store.manifest(o), nil)); err != nil {
		t.Error(err)
	}
}

func TestPipelineDoesNotRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStorage(t).put(name(0), zipped(lines(0, 3)))
		var times []time.Time
		store.fault = func(n int, _ *http.Request, a *response) error {
			if times = append(times, time.Now()); n < 2 {
				*a = *refusal(503, "ServerBusy")
				a.cut, a.stall = -1, -1
				a.header.Set("Retry-After", "100")
			}
			return nil
		}
		o := &manifest.Options{}
		o.Retry = policy.RetryOptions{MaxRetries: 50, RetryDelay: time.Nanosecond, TryTimeout: time.Nanosecond}
		ctx := policy.WithRetryOptions(context.Background(), o.Retry)
		if _, err := collect(ctx, stream(t, store.manifest(o), nil)); err != nil {
			t.Fatal(err)
		}
		if len(times) != 3 || times[1].Sub(times[0]) < 100*time.Second || times[2].Sub(times[1]) < 100*time.Second {
			t.Errorf("requests at %v, want three, 100s apart", times)
		}
	})
}
