package poller_test

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partnerbilling/sdk-go/apierror"
)

// FuzzRetryAfter: whatever the service asks for, the next request comes neither at once nor after
// more than the time left.
func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []string{"7", "1.5", "", "0", "-5", "soon", "99999999999", "9223372036854775807", "1e3", "+5", "0x10", "NaN", "Inf", "Sat, 01 Jan 2000 00:00:07 GMT", "Fri, 31 Dec 1999 23:00:00 GMT"} {
		f.Add(seed, "")
		f.Add(seed, "Fri, 31 Dec 1999 23:00:00 GMT")
	}
	f.Fuzz(func(t *testing.T, value, date string) {
		synctest.Test(t, func(t *testing.T) {
			h := http.Header{"Retry-After": {value}, "Date": {date}}
			requested := func(*http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: 200, Header: h, Body: io.NopCloser(strings.NewReader(`{"status":"running"}`))}, nil
			}
			s := play(requested, respond(200, `{"status":"failed"}`))
			_, err := accepted(t, s).PollUntilDone(t.Context(), nil)
			var timeout *apierror.TimeoutError
			switch {
			case errors.As(err, &timeout):
				if timeout.RetryAfter <= 2*time.Hour || s.requests() != 2 {
					t.Errorf("%q, %q: %+v after %d requests", value, date, timeout, s.requests())
				}
			case s.requests() != 3:
				t.Errorf("%q, %q: %d requests, %v", value, date, s.requests(), err)
			default:
				if gap := s.gap(1); gap <= 0 || gap > 2*time.Hour {
					t.Errorf("%q, %q: waited %v", value, date, gap)
				}
			}
		})
	})
}

// FuzzLocation: whatever Location says, no request leaves for another scheme, host or port.
func FuzzLocation(f *testing.F) {
	for _, seed := range []string{operationURL, "/v1.0/op", "op", "", "?x", "#f", "https://graph.microsoft.com:443/", "..", "////evil.example"} {
		f.Add(seed)
	}
	for _, seed := range foreignAddresses {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, location string) {
		reach := func(s *script) {
			p, err := begin(t, s)
			if err != nil {
				return
			}
			if token, err := p.ResumeToken(); err != nil || strings.ContainsAny(token, " \n\"") {
				t.Errorf("token %q, %v", token, err)
			}
			for range 3 {
				if _, err := p.Poll(t.Context()); err != nil {
					return
				}
			}
		}
		at := func(body string) reply {
			return func(*http.Request) (*http.Response, error) {
				return &http.Response{StatusCode: 202, Header: http.Header{"Location": {location}}, Body: io.NopCloser(strings.NewReader(body))}, nil
			}
		}
		direct := play(at(`{"id":"7"}`), running())
		reach(direct)
		moved := play(respond(202, "", "Location", operationURL), at(""))
		reach(moved)
		for _, s := range []*script{direct, moved} {
			for _, sent := range s.sent[1:] {
				u, err := url.Parse(strings.TrimPrefix(sent, "GET "))
				if err != nil || u.Scheme != "https" || !strings.EqualFold(u.Hostname(), "graph.microsoft.com") || u.Port() != "" && u.Port() != "443" || u.User != nil {
					t.Errorf("%q led to %s", location, sent)
				}
			}
		}
	})
}

// FuzzResumeToken: whatever a token says, it leads nowhere but to the endpoint.
func FuzzResumeToken(f *testing.F) {
	f.Add(`{"endpoint":"https://graph.microsoft.com/v1.0","operation":"`+operationURL+`","kind":"usage"}`, true)
	f.Add(`{"endpoint":"https://evil.example","operation":"https://evil.example/op","kind":"usage"}`, true)
	f.Add(`{"endpoint":"x","operation":"//evil.example","kind":"usage"}`, true)
	f.Add(tokenPrefix+"e30", false)
	f.Add("", false)
	f.Fuzz(func(t *testing.T, token string, encode bool) {
		if encode {
			token = tokenOf(token)
		}
		s := play(running())
		p, err := resume(t, token, s)
		if err != nil {
			if !errors.Is(err, apierror.ErrResumeToken) {
				t.Errorf("%q: %v", token, err)
			}
			return
		}
		if _, err := p.Poll(t.Context()); err != nil {
			return
		}
		again, err := p.ResumeToken()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := resume(t, again, s); err != nil {
			t.Errorf("%q is accepted, but not what it becomes: %v", token, err)
		}
		for host := range s.hosts {
			if !strings.EqualFold(strings.TrimSuffix(host, ":443"), "graph.microsoft.com") && !strings.EqualFold(strings.TrimSuffix(host, ":"), "graph.microsoft.com") {
				t.Errorf("%q led to %s", token, host)
			}
		}
	})
}

// FuzzResponse: whatever Graph or a proxy responds, nothing is requested elsewhere, an error is
// short, and what is done stays done.
func FuzzResponse(f *testing.F) {
	f.Add(200, `{"status":"running"}`)
	f.Add(202, ``)
	f.Add(200, finished(f))
	f.Add(200, `{"status":"succeeded","resourceLocation@odata.navigationLink":"https://evil.example/"}`)
	f.Add(200, `{"status":"succeeded","resourceLocation":"`+manifestURL+`"}`)
	f.Add(200, `{"status":"failed","error":{"code":"5000","message":"No data available"}}`)
	f.Add(404, `{"error":{"code":"NotFound","innerError":{"request-id":"1"}}}`)
	f.Add(401, `<html>`)
	f.Fuzz(func(t *testing.T, status int, text string) {
		if status < 200 || status > 599 {
			return // not a final HTTP status
		}
		s := play(respond(status, text))
		p := resumed(t, s)
		for range 4 {
			op, err := p.Poll(t.Context())
			if err != nil && len(err.Error()) > 4000 {
				t.Errorf("%d bytes of an error", len(err.Error()))
			}
			if len(op.Status) > 1000 || len(op.ID) > 1000 {
				t.Errorf("%d bytes of a status, %d of an id", len(op.Status), len(op.ID))
			}
			if !p.Done() {
				continue
			}
			before := s.requests()
			if _, err := p.Poll(t.Context()); err != nil || s.requests() != before {
				t.Errorf("sent again when it was done: %v", err)
			}
			if m, err := p.Result(t.Context()); err == nil && m.Info().BlobCount != len(m.Blobs()) {
				t.Errorf("%d blobs of %d", len(m.Blobs()), m.Info().BlobCount)
			}
			break
		}
		for host := range s.hosts {
			if !strings.EqualFold(strings.TrimSuffix(strings.TrimSuffix(host, ":443"), ":"), "graph.microsoft.com") {
				t.Errorf("%d %q led to %s", status, text, host)
			}
		}
	})
}
