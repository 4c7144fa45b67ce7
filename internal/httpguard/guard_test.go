package httpguard_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"github.com/partnerbilling/sdk-go/internal/httpguard"
)

const canary = "Canary0Sig%2BnatureThatNobodyMaySee%3D"

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeTransport records the requests that reach it.
type fakeTransport struct {
	respond func(*http.Request) (*http.Response, error)
	seen    []*http.Request
}

func (f *fakeTransport) Do(r *http.Request) (*http.Response, error) {
	f.seen = append(f.seen, r)
	return f.respond(r)
}

func response(status int, text string) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Header: http.Header{"Location": {"https://evil.example/?" + canary}}, Body: io.NopCloser(strings.NewReader(text)), Request: r}, nil
	}
}

func request(t *testing.T, address string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var errNotAllowed = errors.New("not on the list")

func onlyGraph(u *url.URL) error {
	if u.Host != "graph.microsoft.com" {
		return fmt.Errorf("%w: %s", errNotAllowed, u)
	}
	return nil
}

func TestRejectedRequestsAreNotSent(t *testing.T) {
	authorized := http.Header{"Authorization": {"Bearer " + canary}}
	for _, c := range []struct {
		name, address string
		header        http.Header
		rules         httpguard.Rules
		want          error
	}{
		{"http", "http://graph.microsoft.com/", nil, httpguard.Rules{Allow: onlyGraph}, httpguard.ErrInsecure},
		{"no scheme", "//graph.microsoft.com/", nil, httpguard.Rules{Allow: onlyGraph}, httpguard.ErrInsecure},
		{"no host", "https:///x", nil, httpguard.Rules{Allow: onlyGraph}, httpguard.ErrForeignHost},
		{"other host", "https://evil.example/?sig=" + canary, nil, httpguard.Rules{Allow: onlyGraph}, httpguard.ErrForeignHost},
		{"other port", "https://graph.microsoft.com:8443/", nil, httpguard.Rules{Allow: onlyGraph}, httpguard.ErrForeignHost},
		{"suffix", "https://graph.microsoft.com.evil/", nil, httpguard.Rules{Allow: onlyGraph}, httpguard.ErrForeignHost},
		{"user information", "https://graph.microsoft.com@evil.example/", nil, httpguard.Rules{Allow: func(*url.URL) error { return nil }}, httpguard.ErrForeignHost},
		{"no allow list", "https://graph.microsoft.com/", nil, httpguard.Rules{}, httpguard.ErrForeignHost},
		{"authorization", "https://graph.microsoft.com/", authorized, httpguard.Rules{Allow: onlyGraph, RefuseAuthorization: true}, httpguard.ErrAuthorization},
		{"changed by Prepare", "https://graph.microsoft.com/", nil, httpguard.Rules{Allow: onlyGraph, Prepare: func(r *http.Request) { r.URL.Host = "evil.example" }}, httpguard.ErrForeignHost},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &fakeTransport{respond: response(200, "")}
			c.rules.Name = "Graph"
			r := request(t, c.address)
			r.Header = c.header
			resp, err := httpguard.New(f, c.rules).Do(r)
			if err == nil {
				_ = resp.Body.Close()
			}
			if !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if len(f.seen) != 0 {
				t.Error("the request was sent")
			}
			mustBeFinal(t, err)
			mustNotLeak(t, err)
		})
	}
	t.Run("cause is wrapped", func(t *testing.T) {
		_, err := httpguard.New(&fakeTransport{}, httpguard.Rules{Allow: onlyGraph}).Do(request(t, "https://evil.example/"))
		if !errors.Is(err, errNotAllowed) {
			t.Errorf("got %v", err)
		}
	})
}

func TestSecretsAreInTheCopyOnly(t *testing.T) {
	f := &fakeTransport{respond: response(200, "rows")}
	guarded := httpguard.New(f, httpguard.Rules{Name: "storage", Allow: onlyGraph, Prepare: func(r *http.Request) { r.URL.RawQuery = "sig=" + canary }})
	r := request(t, "https://graph.microsoft.com/blob")
	resp, err := guarded.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(resp.Body)
	if err != nil || string(text) != "rows" || resp.Body.Close() != nil {
		t.Errorf("body %q, %v", text, err)
	}
	if f.seen[0].URL.RawQuery != "sig="+canary {
		t.Error("the transport did not get the query")
	}
	if r.URL.RawQuery != "" || resp.Request != r {
		t.Errorf("the query is reachable from the response: %v", resp.Request.URL)
	}
}

func TestRedirects(t *testing.T) {
	for _, status := range []int{300, 301, 302, 303, 307, 308, 399} {
		f := &fakeTransport{respond: response(status, "go away")}
		_, err := httpguard.New(f, httpguard.Rules{Name: "Graph", Allow: onlyGraph}).Do(request(t, "https://graph.microsoft.com/"))
		if !errors.Is(err, httpguard.ErrRedirect) || strings.Contains(err.Error(), "evil") {
			t.Errorf("%d: %v", status, err)
		}
		mustBeFinal(t, err)
		mustNotLeak(t, err)
	}
	resp, err := httpguard.New(&fakeTransport{respond: response(304, "")}, httpguard.Rules{Allow: onlyGraph}).Do(request(t, "https://graph.microsoft.com/"))
	if err != nil || resp.StatusCode != 304 {
		t.Fatalf("304: %v", err)
	}
	_ = resp.Body.Close()
}

func TestTransportThatFollowsRedirects(t *testing.T) {
	for name, turned := range map[string]*http.Request{
		"other host":   {URL: &url.URL{Scheme: "https", Host: "evil.example", RawQuery: "sig=" + canary}},
		"other scheme": {URL: &url.URL{Scheme: "http", Host: "graph.microsoft.com"}},
		"same host":    {URL: &url.URL{Scheme: "https", Host: "graph.microsoft.com"}, Response: &http.Response{}},
	} {
		t.Run(name, func(t *testing.T) {
			f := &fakeTransport{respond: func(*http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader("forged")), Request: turned}, nil
			}}
			_, err := httpguard.New(f, httpguard.Rules{Name: "Graph", Allow: onlyGraph}).Do(request(t, "https://graph.microsoft.com/"))
			if !errors.Is(err, httpguard.ErrRedirect) {
				t.Errorf("got %v", err)
			}
			mustNotLeak(t, err)
		})
	}
}

func TestHTTPClientDoesNotFollow(t *testing.T) {
	var evil int
	other := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { evil++ }))
	defer other.Close()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
	}))
	defer server.Close()
	client := server.Client()
	guarded := httpguard.New(client, httpguard.Rules{Name: "Graph", Allow: func(*url.URL) error { return nil }})
	_, err := guarded.Do(request(t, server.URL))
	if !errors.Is(err, httpguard.ErrRedirect) || evil != 0 {
		t.Errorf("%d requests followed the redirect, error %v", evil, err)
	}
	if client.CheckRedirect != nil {
		t.Error("the caller's client was changed")
	}
}

func TestCertificates(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	transport := &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}}
	defer transport.CloseIdleConnections()
	for name, next := range map[string]*http.Client{"default": nil, "caller's": {Transport: transport}} {
		t.Run(name, func(t *testing.T) {
			guarded := httpguard.New(next, httpguard.Rules{Name: "Graph", Allow: func(*url.URL) error { return nil }})
			_, err := guarded.Do(request(t, server.URL+"/?sig="+canary))
			if !errors.Is(err, httpguard.ErrCertificate) {
				t.Fatalf("got %v", err)
			}
			mustBeFinal(t, err)
			mustNotLeak(t, err)
		})
	}
}

func TestTransportErrorsAreRedacted(t *testing.T) {
	f := &fakeTransport{respond: func(r *http.Request) (*http.Response, error) {
		return nil, &url.Error{Op: "Get", URL: r.URL.String(), Err: &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}}
	}}
	guarded := httpguard.New(f, httpguard.Rules{Name: "storage", Allow: onlyGraph, Prepare: func(r *http.Request) { r.URL.RawQuery = "sig=" + canary }})
	_, err := guarded.Do(request(t, "https://graph.microsoft.com/"))
	if !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("got %v", err)
	}
	mustNotLeak(t, err)
	var final interface{ NonRetriable() }
	if errors.As(err, &final) {
		t.Error("a refused connection is not retriable")
	}
}

func TestBodyErrorsAndLimits(t *testing.T) {
	broken := func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Body: io.NopCloser(io.MultiReader(strings.NewReader("ab"), failing{}))}, nil
	}
	for _, c := range []struct {
		name    string
		respond func(*http.Request) (*http.Response, error)
		limit   int64
		want    error
	}{
		{"no limit", response(200, "abcd"), 0, nil},
		{"at the limit", response(200, "abcd"), 4, nil},
		{"beyond", response(200, "abcde"), 4, httpguard.ErrBodyTooLarge},
		{"broken", broken, 0, io.ErrUnexpectedEOF},
	} {
		t.Run(c.name, func(t *testing.T) {
			resp, err := httpguard.New(&fakeTransport{respond: c.respond}, httpguard.Rules{Name: "Graph", Allow: onlyGraph, MaxBody: c.limit}).Do(request(t, "https://graph.microsoft.com/"))
			if err != nil {
				t.Fatal(err)
			}
			_, err = io.ReadAll(resp.Body)
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			mustNotLeak(t, err)
			if err := resp.Body.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestUnusualTransports(t *testing.T) {
	empty := func(*http.Request) (*http.Response, error) { return nil, nil }
	if _, err := httpguard.New(&fakeTransport{respond: empty}, httpguard.Rules{Name: "Graph", Allow: onlyGraph}).Do(request(t, "https://graph.microsoft.com/")); err == nil {
		t.Error("neither a response nor an error was accepted")
	}
	bodyless := func(*http.Request) (*http.Response, error) { return &http.Response{StatusCode: 202}, nil }
	resp, err := httpguard.New(&fakeTransport{respond: bodyless}, httpguard.Rules{Allow: onlyGraph}).Do(request(t, "https://graph.microsoft.com/"))
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(resp.Body); err != nil || len(text) != 0 || resp.Body.Close() != nil {
		t.Errorf("%q, %v", text, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	canceled := func(r *http.Request) (*http.Response, error) {
		return nil, &url.Error{Op: "Get", URL: "https://x/?" + canary, Err: r.Context().Err()}
	}
	_, err = httpguard.New(&fakeTransport{respond: canceled}, httpguard.Rules{Allow: onlyGraph}).Do(request(t, "https://graph.microsoft.com/").WithContext(ctx))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) {
	return 0, fmt.Errorf("https://h/?sig=%s: %w", canary, io.ErrUnexpectedEOF)
}

func mustBeFinal(t *testing.T, err error) {
	t.Helper()
	var final interface{ NonRetriable() }
	if !errors.As(err, &final) {
		t.Errorf("azcore would retry after: %v", err)
	}
}

func mustNotLeak(t *testing.T, err error) {
	t.Helper()
	for _, verb := range []string{"%v", "%+v", "%#v", "%q"} {
		if out := fmt.Sprintf(verb, err); strings.Contains(out, "Canary0Sig") {
			t.Errorf("%s leaks: %s", verb, out)
		}
	}
}

// TestAnotherConnectionAfter503: after status 503 the next request uses another connection;
// otherwise the connection is kept.
func TestAnotherConnectionAfter503(t *testing.T) {
	for _, drained := range []bool{true, false} {
		var from []string
		statuses := []int{200, 503, 503, 200, 200}
		server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(statuses[len(from)])
			from = append(from, r.RemoteAddr)
			_, _ = io.WriteString(w, "a response")
		}))
		guarded := httpguard.New(server.Client(), httpguard.Rules{Name: "test", Allow: func(*url.URL) error { return nil }})
		for range statuses {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := guarded.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			if drained || resp.StatusCode == 200 {
				_, _ = io.Copy(io.Discard, resp.Body)
			}
			_ = resp.Body.Close()
		}
		server.Close()
		for i := 1; i < len(from); i++ {
			if other := from[i] != from[i-1]; other != (statuses[i-1] == 503) {
				t.Errorf("drained %t: request %d after %d on another connection: %t", drained, i+1, statuses[i-1], other)
			}
		}
	}
}

// TestTokenEchoedByServerIsRedacted: a server may echo the token in headers, which are logged. The
// request that the response refers to has no token either.
func TestTokenEchoedByServerIsRedacted(t *testing.T) {
	f := &fakeTransport{respond: func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Body: http.NoBody, Header: http.Header{
			"Client-Request-Id": {"x " + r.Header.Get("Authorization"), url.QueryEscape(r.Header.Get("Authorization"))},
			"Location":          {"https://graph.microsoft.com/v1.0/operations/1"},
		}}, nil
	}}
	guarded := httpguard.New(f, httpguard.Rules{Name: "Graph", Allow: onlyGraph})
	for _, authorization := range []string{"Bearer " + canary + "/+=", canary, "Bearer " + canary[:8]} {
		req := request(t, "https://graph.microsoft.com/")
		req.Header.Set("Authorization", authorization)
		resp, err := guarded.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if text := fmt.Sprintf("%v %v", resp.Header, resp.Request.Header); strings.Contains(text, canary[:8]) {
			t.Errorf("the response has %s", text)
		}
		if resp.Header.Get("Location") == "" || req.Header.Get("Authorization") != authorization {
			t.Errorf("changed: %v, %v", resp.Header, req.Header)
		}
		_ = resp.Body.Close()
	}
}

// TestReasonPhraseAndTrailerAreDropped: a server writes both freely, so a secret that it echoes in
// them would be in errors and azcore's log.
func TestReasonPhraseAndTrailerAreDropped(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		_, err = fmt.Fprintf(c, "HTTP/1.1 403 no access with %s\r\nTrailer: X-Echo\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\nX-Echo: %s\r\n\r\n", canary, canary)
		if err != nil {
			t.Error(err)
		}
	}))
	defer server.Close()
	g := httpguard.New(server.Client(), httpguard.Rules{Name: "test", Allow: func(*url.URL) error { return nil }})
	resp, err := g.Do(request(t, server.URL))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(resp.Body)
	if err != nil || string(text) != "no" {
		t.Fatalf("body %q, %v", text, err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	if resp.Status != "403 Forbidden" || resp.Trailer != nil {
		t.Errorf("status %q, trailer %v", resp.Status, resp.Trailer)
	}
}
