package billingtest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/partnerbilling/sdk-go/billingtest"
)

const (
	graph  = "https://graph.microsoft.com/v1.0"
	beta   = "https://graph.microsoft.com/beta"
	report = "/reports/partners/billing/"
)

// callGraph sends a request with a new bearer token to Graph and decodes the JSON body.
func callGraph(t testing.TB, s *billingtest.Server, method, url, body string) (*http.Response, map[string]any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+bearer(t, s))
	return send(t, s, r)
}

func bearer(t testing.TB, s *billingtest.Server) string {
	t.Helper()
	token, err := s.Credential().GetToken(context.Background(), policy.TokenRequestOptions{Scopes: []string{"https://graph.microsoft.com/.default"}})
	if err != nil {
		t.Fatal(err)
	}
	return token.Token
}

func send(t testing.TB, s *billingtest.Server, r *http.Request) (*http.Response, map[string]any) {
	t.Helper()
	response, err := s.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if len(text) == 0 {
		return response, nil
	}
	return response, object(t, text)
}

func object(t testing.TB, text []byte) map[string]any {
	t.Helper()
	var o map[string]any
	if err := json.Unmarshal(text, &o); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return o
}

// begin posts an export and returns the operation's URL.
func begin(t testing.TB, s *billingtest.Server, path, body string) string {
	t.Helper()
	response, object := callGraph(t, s, http.MethodPost, graph+report+path, body)
	if response.StatusCode != http.StatusAccepted {
		t.Fatalf("POST %s: status %d, %v", path, response.StatusCode, object)
	}
	return response.Header.Get("Location")
}

// finish polls an operation until it is done.
func finish(t testing.TB, s *billingtest.Server, operation string) map[string]any {
	t.Helper()
	for range 10 {
		response, object := callGraph(t, s, http.MethodGet, operation, "")
		if response.StatusCode != http.StatusOK {
			t.Fatalf("GET operation: status %d, %v", response.StatusCode, object)
		}
		if response.Header.Get("Retry-After") == "" {
			return object
		}
	}
	t.Fatal("the operation never ends")
	return nil
}

// serve adds an export to a new server, requests it, and returns the URLs of the blobs with their
// SAS.
func serve(t testing.TB, o *billingtest.Options, e billingtest.Export) (*billingtest.Server, []string) {
	t.Helper()
	s := billingtest.NewServer(o)
	if err := s.Add(e); err != nil {
		t.Fatal(err)
	}
	operation := begin(t, s, "usage/billed/export", `{"invoiceId":"`+e.InvoiceID+`","attributeSet":"full"}`)
	return s, urlsOf(t, manifestOf(t, finish(t, s, operation)))
}

// urlsOf returns the URLs of a manifest's blobs with its SAS.
func urlsOf(t testing.TB, manifest map[string]any) []string {
	var urls []string
	for _, blob := range as[[]any](t, manifest["blobs"]) {
		name := as[string](t, as[map[string]any](t, blob)["name"])
		urls = append(urls, as[string](t, manifest["rootDirectory"])+"/"+name+"?"+as[string](t, manifest["sasToken"]))
	}
	return urls
}

// manifestOf returns the manifest in a finished operation.
func manifestOf(t testing.TB, operation map[string]any) map[string]any {
	t.Helper()
	return as[map[string]any](t, operation["resourceLocation"])
}

// as asserts that v is a T.
func as[T any](t testing.TB, v any) T {
	t.Helper()
	typed, ok := v.(T)
	if !ok {
		t.Fatalf("%v is a %T", v, v)
	}
	return typed
}

func get(t testing.TB, s *billingtest.Server, url string, header http.Header) *http.Response {
	t.Helper()
	return request(t, s, http.MethodGet, url, header)
}

func request(t testing.TB, s *billingtest.Server, method, url string, header http.Header) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(r.Header, header)
	response, err := s.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	return response
}

// read reads a blob or a range of it.
func read(t testing.TB, s *billingtest.Server, url, part string, status int) []byte {
	t.Helper()
	header := http.Header{}
	if part != "" {
		header.Set("X-Ms-Range", part)
	}
	response := get(t, s, url, header)
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Error(err)
	}
	if response.StatusCode != status || response.ContentLength != int64(len(data)) {
		t.Errorf("status %d, Content-Length %d, %d bytes; want status %d", response.StatusCode, response.ContentLength, len(data), status)
	}
	return data
}

func TestCredential(t *testing.T) {
	s := billingtest.NewServer(nil)
	if _, err := s.Credential().GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{"https://vault.azure.net/.default"}}); err == nil {
		t.Error("a token for another service")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Credential().GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{"https://graph.microsoft.com/.default"}}); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
	if a, b := bearer(t, s), bearer(t, s); a == b || strings.Count(a, ".") != 2 {
		t.Errorf("tokens %s and %s", a, b)
	}
}

func TestRequestsAreRecorded(t *testing.T) {
	s, urls := serve(t, &billingtest.Options{RunningPolls: -1, PollDelay: -1}, small)
	read(t, s, urls[0], "bytes=0-9", http.StatusPartialContent)
	s.Script(billingtest.Step{On: billingtest.BlobCall, Do: billingtest.Drop(billingtest.ErrReset)})
	if _, _, err := tryRead(t, s, urls[0], nil); err == nil {
		t.Error("no error")
	}
	var got []string
	for _, r := range s.Requests() {
		got = append(got, fmt.Sprintf("%v %d", r.Call, r.Status))
		if text := fmt.Sprintf("%+v", r); strings.Contains(text, "Bearer") || strings.Contains(text, "sig=") {
			t.Errorf("a secret in %s", text)
		}
		if r.Time.IsZero() || r.Scheme != "https" || r.Host == "" || !strings.HasPrefix(r.Path, "/") {
			t.Errorf("%+v", r)
		}
	}
	if want := []string{"export 202", "operation 200", "blob 206", "blob 0"}; !slices.Equal(got, want) {
		t.Errorf("requests %v; want %v", got, want)
	}
	all := s.Requests()
	if body := string(all[0].Body); body != `{"invoiceId":"G016907411","attributeSet":"full"}` {
		t.Errorf("body %s", body)
	}
	if got := all[2].Header.Get("X-Ms-Range"); got != "bytes=0-9" {
		t.Errorf("range %s", got)
	}
}

func TestPrepareFillsTheCache(t *testing.T) {
	s := billingtest.NewServer(nil)
	e := billingtest.Export{InvoiceID: invoice, Rows: 6000, AttributeSet: "basic"}
	if err := s.Add(e, billingtest.Export{InvoiceID: "G1", Lines: []string{"{}"}}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Prepare(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
	if err := s.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	o := finish(t, s, begin(t, s, "usage/billed/export", `{"invoiceId":"G016907411","attributeSet":"basic"}`))
	for i, url := range urlsOf(t, manifestOf(t, o)) {
		if !bytes.Equal(read(t, s, url, "", http.StatusOK), packed(t, e, i)) {
			t.Errorf("blob %d differs", i)
		}
	}
}

func TestServerIsSafeForConcurrentUse(t *testing.T) {
	s := billingtest.NewServer(&billingtest.Options{CacheBytes: 50_000})
	e := billingtest.Export{InvoiceID: invoice, Rows: 4000, Blobs: 2}
	if err := s.Add(e); err != nil {
		t.Fatal(err)
	}
	s.Script(billingtest.Step{On: billingtest.BlobCall, For: 5, Do: billingtest.Header("X-Odd", "1")})
	want := [][]byte{packed(t, e, 0), packed(t, e, 1)}
	var clients sync.WaitGroup
	for range 8 {
		clients.Go(func() {
			o := finish(t, s, begin(t, s, "usage/billed/export", `{"invoiceId":"G016907411"}`))
			for i, url := range urlsOf(t, manifestOf(t, o)) {
				if !bytes.Equal(read(t, s, url, "", http.StatusOK), want[i]) {
					t.Errorf("blob %d differs", i)
				}
			}
			s.Requests()
			s.Violations()
		})
	}
	clients.Wait()
	if err := s.ScriptDone(); err != nil {
		t.Error(err)
	}
}
