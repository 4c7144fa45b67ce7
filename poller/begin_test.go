package poller_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/internal/lro"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
	"github.com/partnerbilling/sdk-go/poller"
)

func TestBeginFindsTheOperation(t *testing.T) {
	for _, c := range []struct {
		name  string
		reply reply
		want  string // the address polled
	}{
		{"absolute", respond(202, "", "Location", operationURL), operationURL},
		{"absolute path", respond(202, "", "Location", "/v1.0/reports/partners/billing/operations/7"), graph + "/operations/7"},
		{"relative", respond(202, "", "Location", "../../operations/7"), graph + "/operations/7"},
		{"scheme relative", respond(202, "", "Location", "//graph.microsoft.com/v1.0/operations/7"), "https://graph.microsoft.com/v1.0/operations/7"},
		{"default port", respond(202, "", "Location", "https://graph.microsoft.com:443/op/7"), "https://graph.microsoft.com:443/op/7"},
		{"upper case", respond(202, "", "Location", "HTTPS://GRAPH.microsoft.com/op/7"), "https://GRAPH.microsoft.com/op/7"},
		{"query kept, fragment dropped", respond(202, "", "Location", operationURL+"?x=1#frag"), operationURL + "?x=1"},
		{"id in the body", respond(202, `{"id":"7"}`), graph + "/operations/7"},
		{"numeric id in the body", respond(202, `{"id":7}`), graph + "/operations/7"},
		{"id with special characters in the body", respond(202, `{"id":"a/b?c"}`), graph + "/operations/a%2Fb%3Fc"},
		{"location wins over body", respond(202, `{"id":"7"}`, "Location", operationURL), operationURL},
		{"unreadable body next to a location", breaksWith(202, "Location", operationURL), operationURL},
		{"HTML next to a location", respond(202, "<html>", "Location", operationURL), operationURL},
		{"status 200, as one page of the documentation has it", respond(200, "", "Location", operationURL), operationURL},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := play(c.reply, respond(200, `{"status":"running"}`))
			p, err := begin(t, s)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := p.Poll(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := s.sent[1]; got != "GET "+c.want {
				t.Errorf("polled %s, want %s", got, c.want)
			}
			if s.open != 0 {
				t.Errorf("%d bodies are open", s.open)
			}
		})
	}
}

func TestBeginErrors(t *testing.T) {
	// What a 404 that is not Graph's word for missing data says to check.
	lookFor := []string{"not empty", "proxy", "Cloud", "APIVersion"}
	for _, c := range []struct {
		name  string
		reply reply
		want  error
		text  []string
	}{
		{"no partner", respond(400, sample(t, "error-400-not-a-partner")), apierror.ErrNotPartner, []string{"partner's own tenant", "33333333-3333"}},
		{"401", respond(401, `{"error":{"code":"InvalidAuthenticationToken","message":"expired"}}`), apierror.ErrUnauthenticated, []string{"credential"}},
		{"403", respond(403, `{"error":{"code":"Forbidden"}}`, "request-id", "r-1"), apierror.ErrPermission, []string{"PartnerBilling.Read.All", "consent", "app registration in the partner's tenant", "r-1"}},
		{"404", respond(404, `{"error":{"code":"NotFound","message":"none"}}`), apierror.ErrNoData, []string{"invoice"}},
		{"404 with 5000", respond(404, `{"error":{"code":"5000","message":"none"}}`), apierror.ErrNoData, []string{"invoice"}},
		{"404 of a gateway", respond(404, `{"error":{"code":"UnknownError","message":"<!DOCTYPE html><title>404 - File or directory not found.</title>"}}`), apierror.ErrNotFound, lookFor},
		{"404 of another code", respond(404, `{"error":{"code":"Request_ResourceNotFound","message":"none"}}`), apierror.ErrNotFound, lookFor},
		{"404 of a proxy", respond(404, `<html>not here</html>`), apierror.ErrNotFound, lookFor},
		{"404 without an error", respond(404, `{}`), apierror.ErrNotFound, lookFor},
		{"404 without a body", respond(404, ``), apierror.ErrNotFound, lookFor},
		{"410", respond(410, `{}`), apierror.ErrExpired, []string{"new export"}},
		{"429", respond(429, `{}`, "Retry-After", "7"), apierror.ErrUnavailable, []string{"7s"}},
		{"503", respond(503, `<html>sig=`+sasCanary+`</html>`), apierror.ErrUnavailable, nil},
		{"5000 as text", respond(400, `{"error":{"code":"5000","message":"No data available"}}`), apierror.ErrNoData, nil},
		{"5000 as number", respond(400, `{"error":{"code":5000,"message":"No data available"}}`), apierror.ErrNoData, nil},
		{"5000 as status", respond(5000, ``), apierror.ErrNoData, nil},
		{"neither location nor body", respond(202, ""), apierror.ErrMalformed, []string{"names no operation"}},
		{"empty id", respond(202, `{"id":""}`), apierror.ErrMalformed, nil},
		{"climbing id", respond(202, `{"id":".."}`), apierror.ErrForeignLocation, nil},
		{"HTML of a proxy", respond(200, "<html><body>sign in Bearer "+tokenCanary), apierror.ErrMalformed, []string{"<html>"}},
		{"cut off without a location", breaksWith(202), apierror.ErrUnavailable, nil},
		{"lost", unreachable(io.ErrUnexpectedEOF), apierror.ErrUnavailable, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := play(c.reply)
			_, err := begin(t, s)
			if !errors.Is(err, c.want) || errors.Is(c.want, apierror.ErrNotFound) && errors.Is(err, apierror.ErrNoData) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			for _, text := range c.text {
				if !strings.Contains(err.Error(), text) {
					t.Errorf("%q is missing in: %v", text, err)
				}
			}
			if s.requests() != 1 || s.open != 0 {
				t.Errorf("%d requests, %d open bodies", s.requests(), s.open)
			}
		})
	}
}

func TestRequestErrorIsRedacted(t *testing.T) {
	s := play(respond(418, `{"error":{"code":"Teapot","message":"see https://h/?sig=`+sasCanary+`","innerError":{"request-id":"r","client-request-id":"c"}}}`,
		"Set-Cookie", tokenCanary, "Retry-After", "1.5"))
	_, err := begin(t, s)
	var rejected *apierror.RequestError
	if !errors.As(err, &rejected) {
		t.Fatal(err)
	}
	if rejected.StatusCode != 418 || rejected.Code != "Teapot" || rejected.RequestID != "r" || rejected.ClientRequestID != "c" || rejected.RetryAfter.Seconds() != 2 {
		t.Errorf("%+v", rejected)
	}
	var response *azcore.ResponseError
	if !errors.As(err, &response) || response.StatusCode != 418 || response.ErrorCode != "Teapot" {
		t.Errorf("no azcore.ResponseError: %v", response)
	}
}

func TestForeignLocationsAreNeverRequested(t *testing.T) {
	for name, location := range foreignAddresses {
		t.Run(name, func(t *testing.T) {
			s := play(respond(202, "", "Location", location))
			_, err := begin(t, s)
			if !errors.Is(err, apierror.ErrForeignLocation) {
				t.Errorf("got %v", err)
			}
			if s.requests() != 1 {
				t.Errorf("sent: %v", s.sent)
			}
		})
	}
}

var foreignAddresses = map[string]string{
	"other host":       "https://evil.example/op",
	"no TLS":           "http://graph.microsoft.com/op",
	"user information": "https://graph.microsoft.com@evil.example/op",
	"own host as user": "https://user:pass@graph.microsoft.com/op",
	"longer name":      "https://graph.microsoft.com.evil/op",
	"subdomain":        "https://x.graph.microsoft.com/op",
	"other port":       "https://graph.microsoft.com:8443/op",
	"network path":     "//evil.example/op",
	"trailing dot":     "https://graph.microsoft.com./op",
	"opaque":           "mailto:a@graph.microsoft.com",
	"data":             "data:text/html,x",
	"look-alike":       "https://graph.micro\u017foft.com/op",
	"no URL":           "https://graph.microsoft.com:port/op",
	"control":          "https://graph.microsoft.com/\x00",
	"backslash":        `https:\\evil.example\op`,
	"encoded host":     "https://graph.microsoft.com%2eevil/op",
}

// A response without a body or a request, as a caller's transport may make it, is enough.
func TestBeginTakesAnyResponse(t *testing.T) {
	bare := func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 202, Header: http.Header{"Location": {"/v1.0/op/7"}}}, nil
	}
	for name, transport := range map[string]func(*http.Request) (*http.Response, error){
		"no body": bare,
		"no body, no header": func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 202}, nil
		},
	} {
		s := play(running())
		at := service(t, s)
		at.Pipeline = runtime.NewPipeline("test", "v0.0.0", runtime.PipelineOptions{}, &azcore.ClientOptions{Transport: do(transport)})
		if _, err := lro.Begin(t.Context(), at, export(t)); (err == nil) != (name == "no body") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// do is a transport.
type do func(*http.Request) (*http.Response, error)

func (f do) Do(r *http.Request) (*http.Response, error) { return f(r) }

// The zero value of what only this SDK can make has errors and does not panic.
func TestZeroPollers(t *testing.T) {
	for _, p := range []*poller.Poller[lineitem.Usage]{{}, poller.New[lineitem.Usage](lro.Begun{}, manifest.Options{})} {
		_, pollErr := p.Poll(t.Context())
		_, resultErr := p.Result(t.Context())
		_, waitErr := p.PollUntilDone(t.Context(), nil)
		_, tokenErr := p.ResumeToken()
		if pollErr == nil || resultErr == nil || waitErr == nil || tokenErr == nil || p.Done() {
			t.Errorf("%v, %v, %v, %v, %v", pollErr, resultErr, waitErr, tokenErr, p.Done())
		}
	}
}

func breaksWith(status int, headers ...string) reply {
	return func(r *http.Request) (*http.Response, error) {
		resp, err := respond(status, "", headers...)(r)
		resp.Body = io.NopCloser(broken{io.ErrUnexpectedEOF})
		return resp, err
	}
}
