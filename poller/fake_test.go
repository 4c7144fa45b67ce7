package poller_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"go.uber.org/goleak"

	"github.com/partnerbilling/sdk-go/internal/lro"
	"github.com/partnerbilling/sdk-go/internal/origin"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
	"github.com/partnerbilling/sdk-go/poller"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	graph        = "https://graph.microsoft.com/v1.0/reports/partners/billing"
	exportURL    = graph + "/usage/billed/export"
	operationURL = graph + "/operations/9ab9cb54-d07f-4f52-9ea6-a09d7de52c14"
	againURL     = graph + "/operations/aaaacb54-d07f-4f52-9ea6-a09d7de52c14"
	manifestURL  = graph + "/manifests/44e8500b-ab92-490e-8ac3-90500a1d3427"

	tokenCanary = "Canary0TokenThatNobodyMaySee"
	sasCanary   = "Canary0SigThatNobodyMaySee"
)

// reply responds to one request.
type reply func(*http.Request) (*http.Response, error)

// script is a service that responds from a list; the last response is also that to all further
// requests. It records the requests and their times.
type script struct {
	mu      sync.Mutex
	replies []reply
	sent    []string
	hosts   map[string]int
	times   []time.Time
	open    int
}

func play(replies ...reply) *script { return &script{replies: replies, hosts: map[string]int{}} }

func (s *script) Do(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	s.sent = append(s.sent, r.Method+" "+r.URL.String())
	s.hosts[r.URL.Host]++
	s.times = append(s.times, time.Now())
	next := s.replies[0]
	if len(s.replies) > 1 {
		s.replies = s.replies[1:]
	}
	s.mu.Unlock()
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	resp, err := next(r)
	if resp != nil {
		resp.Request = r
		s.mu.Lock()
		s.open++
		s.mu.Unlock()
		resp.Body = &counted{ReadCloser: resp.Body, script: s}
	}
	return resp, err
}

func (s *script) requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sent)
}

type counted struct {
	io.ReadCloser
	script *script
	once   sync.Once
}

func (c *counted) Close() error {
	c.once.Do(func() {
		c.script.mu.Lock()
		c.script.open--
		c.script.mu.Unlock()
	})
	return c.ReadCloser.Close()
}

// respond responds with a status, a body and headers, given as name, value, name, value.
func respond(status int, body string, headers ...string) reply {
	return func(*http.Request) (*http.Response, error) {
		h := http.Header{"Content-Type": {"application/json"}}
		for i := 0; i < len(headers); i += 2 {
			h.Set(headers[i], headers[i+1])
		}
		return &http.Response{StatusCode: status, Status: fmt.Sprintf("%d %s", status, http.StatusText(status)), Header: h, Body: io.NopCloser(strings.NewReader(body))}, nil
	}
}

// breaks responds with a body that ends in an error.
func breaks(body string, err error) reply {
	return func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(io.MultiReader(strings.NewReader(body), broken{err}))}, nil
	}
}

type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

func unreachable(err error) reply {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

func times(n int, r reply) []reply {
	all := make([]reply, n)
	for i := range all {
		all[i] = r
	}
	return all
}

func sample(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// finished is a succeeded operation with a manifest whose SAS holds the canary and is valid for a
// year.
func finished(t testing.TB) string {
	t.Helper()
	s := sample(t, "operation-succeeded-embedded")
	s = strings.ReplaceAll(s, "EXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAMPLE", sasCanary)
	return strings.ReplaceAll(s, "se=2023-12-05", "se="+time.Now().AddDate(1, 0, 0).Format(time.DateOnly))
}

// manifestOf is the manifest of finished, as the service sends it on its own.
func manifestOf(t testing.TB) string {
	t.Helper()
	var operation struct{ ResourceLocation json.RawMessage }
	if err := json.Unmarshal([]byte(finished(t)), &operation); err != nil {
		t.Fatal(err)
	}
	return string(operation.ResourceLocation)
}

// pipeline sends through s as a client does, with a token on each request, but without retries of
// its own.
func pipeline(s *script) runtime.Pipeline {
	return runtime.NewPipeline("test", "v0.0.0", runtime.PipelineOptions{PerRetry: []policy.Policy{authorize{}}},
		&azcore.ClientOptions{Transport: s, Retry: policy.RetryOptions{MaxRetries: -1}})
}

type authorize struct{}

func (authorize) Do(r *policy.Request) (*http.Response, error) {
	r.Raw().Header.Set("Authorization", "Bearer "+tokenCanary)
	return r.Next()
}

// service is Graph over s, for exports of usage.
func service(t testing.TB, s *script) lro.Service {
	t.Helper()
	endpoint, err := origin.Parse("https://graph.microsoft.com/v1.0")
	if err != nil {
		t.Fatal(err)
	}
	return lro.Service{
		Pipeline: pipeline(s), Endpoint: endpoint, Decoder: lro.Graph{Endpoint: endpoint}, Kind: "usage", Reexport: true,
		Request: lro.GraphExport("billing: export request"),
	}
}

// export is the request of an export.
func export(t testing.TB) *policy.Request {
	t.Helper()
	req, err := runtime.NewRequest(t.Context(), http.MethodPost, exportURL)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

// begin posts an export to s, whose first reply is for that.
func begin(t testing.TB, s *script) (*poller.Poller[lineitem.Usage], error) {
	t.Helper()
	begun, err := lro.Begin(t.Context(), service(t, s), export(t))
	mustNotLeak(t, err)
	return poller.New[lineitem.Usage](begun, manifest.Options{}), err
}

// accepted is a poller whose operation s is about to be polled.
func accepted(t testing.TB, s *script) *poller.Poller[lineitem.Usage] {
	t.Helper()
	s.mu.Lock()
	s.replies = append([]reply{respond(202, "", "Location", operationURL)}, s.replies...)
	s.mu.Unlock()
	p, err := begin(t, s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// resume resumes a token at s.
func resume(t testing.TB, token string, s *script) (*poller.Poller[lineitem.Usage], error) {
	t.Helper()
	begun, err := lro.Resume(service(t, s), token, nil)
	return poller.New[lineitem.Usage](begun, manifest.Options{}), err
}

// resumed is a poller of operationURL at s.
func resumed(t testing.TB, s *script) *poller.Poller[lineitem.Usage] {
	t.Helper()
	return resumedAt(t, service(t, s), manifest.Options{})
}

// resumedAt is a poller of operationURL at a service of the test's own.
func resumedAt(t testing.TB, at lro.Service, storage manifest.Options) *poller.Poller[lineitem.Usage] {
	t.Helper()
	token, err := accepted(t, play(running())).ResumeToken()
	if err != nil {
		t.Fatal(err)
	}
	begun, err := lro.Resume(at, token, nil)
	if err != nil {
		t.Fatal(err)
	}
	return poller.New[lineitem.Usage](begun, storage)
}

// mustNotLeak looks for a secret in every way to print err.
func mustNotLeak(t testing.TB, err error) {
	t.Helper()
	if err == nil {
		return
	}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		fmt.Fprintf(&out, verb+"\n", err)
	}
	slog.New(slog.NewJSONHandler(&out, nil)).Error("m", "err", err)
	slog.New(slog.NewTextHandler(&out, nil)).Error("m", "err", err)
	var walk func(error)
	walk = func(err error) {
		fmt.Fprintf(&out, "%v %+v %#v\n", err, err, err)
		if data, jsonErr := json.Marshal(err); jsonErr == nil {
			out.Write(data)
		}
		if response, is := errors.AsType[*azcore.ResponseError](err); is {
			fmt.Fprintf(&out, "%+v %#v %v\n", response.RawResponse, response.RawResponse.Header, response.RawResponse.Request)
		}
		switch e := err.(type) { //nolint:errorlint // This walks the whole tree.
		case interface{ Unwrap() error }:
			if inner := e.Unwrap(); inner != nil {
				walk(inner)
			}
		case interface{ Unwrap() []error }:
			for _, inner := range e.Unwrap() {
				walk(inner)
			}
		}
	}
	walk(err)
	if strings.Contains(out.String(), "Canary0") {
		t.Errorf("a secret is in the error: %s", out.String())
	}
}

// tokenOf encodes the content of a resume token.
func tokenOf(content string) string {
	return tokenPrefix + base64.RawURLEncoding.EncodeToString([]byte(content))
}
