package costmgmt_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	azfake "github.com/Azure/azure-sdk-for-go/sdk/azcore/fake"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"go.uber.org/goleak"

	"github.com/partnerbilling/sdk-go/costmgmt"
	"github.com/partnerbilling/sdk-go/lineitem"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// account is the name of a billing account, as the service makes them.
const account = "aaaa0000-1111:bbbb2222-3333_2019-05-31"

// accountPath is its path.
const accountPath = "/providers/Microsoft.Billing/billingAccounts/" + account

const signature = "CANARYsignature"

// request is a request that a server received.
type request struct {
	method, path, query, body string
	host                      string
	header                    http.Header
}

// response is a response of a server.
type response struct {
	status int
	header map[string]string
	body   string
}

// server is a transport that responds in the order of a script. Every step must be used.
type server struct {
	t        *testing.T
	script   []response
	requests []request
}

func serve(t *testing.T, script ...response) *server {
	t.Helper()
	s := &server{t: t, script: script}
	t.Cleanup(func() {
		if len(s.script) > 0 {
			t.Errorf("%d responses were not requested", len(s.script))
		}
	})
	return s
}

// ok is a response of JSON with status 200.
func ok(body string) response { return response{status: 200, body: body} }

// Do implements policy.Transporter.
func (s *server) Do(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		var err error
		if body, err = io.ReadAll(req.Body); err != nil {
			s.t.Error(err)
		}
	}
	s.requests = append(s.requests, request{req.Method, req.URL.Path, req.URL.RawQuery, string(body), req.URL.Host, req.Header.Clone()})
	if len(s.script) == 0 {
		s.t.Errorf("unexpected request: %s %s", req.Method, req.URL.Path)
		return nil, io.ErrUnexpectedEOF
	}
	a := s.script[0]
	s.script = s.script[1:]
	header := http.Header{"Content-Type": {"application/json"}}
	for name, value := range a.header {
		header.Set(name, value)
	}
	return &http.Response{
		StatusCode: a.status, Status: http.StatusText(a.status), Header: header, Request: req, ContentLength: int64(len(a.body)),
		Body: io.NopCloser(strings.NewReader(a.body)), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}, nil
}

// client returns a client that sends its requests to a transport.
func client(t testing.TB, transport policy.Transporter, change ...func(*costmgmt.ClientOptions)) *costmgmt.Client {
	t.Helper()
	o := &costmgmt.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: transport}}
	for _, f := range change {
		f(o)
	}
	c, err := costmgmt.NewClient(&azfake.TokenCredential{}, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// sent asserts the last request.
func (s *server) sent(method, path, query, body string) {
	s.t.Helper()
	if len(s.requests) == 0 {
		s.t.Fatal("no request was sent")
	}
	r := s.requests[len(s.requests)-1]
	if r.method != method || r.path != path || r.query != query || !sameJSON(r.body, body) {
		s.t.Errorf("sent %s %s?%s\n%s\nwant %s %s?%s\n%s", r.method, r.path, r.query, r.body, method, path, query, body)
	}
	if r.host != "management.azure.com" || r.header.Get("Authorization") == "" {
		s.t.Errorf("sent to %s, with Authorization %q", r.host, r.header.Get("Authorization"))
	}
}

// sameJSON compares JSON texts; numbers are equal if their digits are.
func sameJSON(a, b string) bool {
	if a == "" || b == "" {
		return a == b
	}
	read := func(s string) (v any) {
		d := json.NewDecoder(bytes.NewReader([]byte(s)))
		d.UseNumber()
		if d.Decode(&v) != nil {
			return nil
		}
		return v
	}
	x := read(a)
	return x != nil && reflect.DeepEqual(x, read(b))
}

func number(t *testing.T, s string) lineitem.Decimal {
	t.Helper()
	d, err := lineitem.ParseDecimal(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func on(year int, month time.Month, d int) time.Time {
	return time.Date(year, month, d, 0, 0, 0, 0, time.UTC)
}

// all reads a list up to its end or its error.
func all[T any](seq func(func(T, error) bool)) (items []T, err error) {
	for item, err := range seq {
		if err != nil {
			return items, err
		}
		items = append(items, item)
	}
	return items, nil
}

// policyTransport is a function that is a transporter.
type policyTransport func(*http.Request) (*http.Response, error)

// Do implements policy.Transporter.
func (f policyTransport) Do(req *http.Request) (*http.Response, error) { return f(req) }
