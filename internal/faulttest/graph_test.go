package faulttest

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/poller"
)

var graphRows = slices.Concat(locationRows, waitRows, tokenRows, graphResponseRows, resumeRows)

// inBubble runs a trial in a synctest bubble, on a fake clock.
func inBubble(run func(t *testing.T) result) func(t *testing.T) result {
	return func(t *testing.T) (r result) {
		synctest.Test(t, func(t *testing.T) { r = run(t) })
		return r
	}
}

// graphTrial returns a trial with a script for Graph; the options may be nil. The script is also
// run with azcore's poller.
func graphTrial(id, name string, want error, wantName string, o *billingtest.Options, steps ...billingtest.Step) trial {
	azcoreScripts[id] = append(azcoreScripts[id], azcoreScript{o, steps})
	return trial{name, want, wantName, inBubble(func(t *testing.T) result {
		return serve(t, o, 2, 100, 50).script(steps...).export(t.Context(), t)
	})}
}

func onExport(actions ...billingtest.Action) billingtest.Step {
	return billingtest.Step{On: billingtest.ExportCall, Do: billingtest.Chain(actions...)}
}

// onPoll returns a step for a number of polls, from the second on.
func onPoll(times int, actions ...billingtest.Action) billingtest.Step {
	return billingtest.Step{On: billingtest.OperationCall, Skip: 1, For: times, Do: billingtest.Chain(actions...)}
}

func foreign(id, name, location string) trial {
	return graphTrial(id, name, apierror.ErrForeignLocation, "apierror.ErrForeignLocation", nil, onExport(billingtest.Header("Location", location)))
}

func redirect(id, name, location string) trial {
	return graphTrial(id, name, apierror.ErrRedirect, "apierror.ErrRedirect", nil, onPoll(1, billingtest.RedirectTo(location)))
}

const operationPath = "/v1.0/reports/partners/billing/operations/1"

var locationRows = []row{
	{"F01", "202, no Location, no id", []trial{{"plain", apierror.ErrMalformed, "apierror.ErrMalformed", inBubble(func(t *testing.T) result {
		s := serve(t, nil, 2, 100, 50).script(onExport(billingtest.Respond(202, nil, "")))
		r := s.export(t.Context(), t)
		if n := s.count(billingtest.ExportCall); n != 1 {
			t.Errorf("%d exports were requested", n)
		}
		return r
	})}}},
	{"F02", "relative Location", []trial{graphTrial("F02", "path", nil, "", nil, onExport(
		func(x *billingtest.Exchange, next func(*billingtest.Exchange) *billingtest.Response) *billingtest.Response {
			resp := next(x)
			if u, err := url.Parse(resp.Header.Get("Location")); err == nil {
				resp.Header.Set("Location", u.RequestURI())
			}
			return resp
		}))}},
	{"F03", "Location on another host", []trial{foreign("F03", "evil", "https://evil.example"+operationPath)}},
	{"F04", "Location by plain http", []trial{foreign("F04", "http", "http://graph.microsoft.com"+operationPath)}},
	{"F05", "Location that looks valid", []trial{
		foreign("F05", "user information", "https://graph.microsoft.com@evil.example"+operationPath),
		foreign("F05", "longer name", "https://graph.microsoft.com.evil.example"+operationPath),
		foreign("F05", "port", "https://graph.microsoft.com:8443"+operationPath),
		foreign("F05", "subdomain", "https://a.graph.microsoft.com"+operationPath),
		foreign("F05", "no scheme", "//evil.example"+operationPath),
		foreign("F05", "user of the right host", "https://user:password@graph.microsoft.com"+operationPath),
	}},
	{"F06", "302 in response to a poll", []trial{
		redirect("F06", "other host", "https://evil.example"+operationPath),
		redirect("F06", "other port", "https://graph.microsoft.com:8443"+operationPath),
		redirect("F06", "http", "http://graph.microsoft.com"+operationPath),
		{"http.Client on a socket", apierror.ErrRedirect, "apierror.ErrRedirect", func(t *testing.T) result {
			s := serve(t, atOnce(), 2, 100, 50)
			return onSocket(t, s.script(billingtest.Step{On: billingtest.OperationCall, Do: billingtest.RedirectTo("https://evil.example" + operationPath)}))
		}},
	}},
}

var waitRows = []row{
	{"F07", "running as 200 with a status, 50 polls", []trial{{"Retry-After: 7", nil, "", inBubble(func(t *testing.T) result {
		s := serve(t, &billingtest.Options{RunningPolls: 50, PollDelay: 7 * time.Second}, 2, 100, 50)
		r := s.export(t.Context(), t)
		pauses(t, s, 7*time.Second, 8*time.Second)
		return r
	})}, graphTrial("F07", "a few polls", nil, "", nil)}},
	{"F08", "running as 202", []trial{graphTrial("F08", "3 times", nil, "", &billingtest.Options{RunningPolls: 4}, onPoll(3, billingtest.Status(202)))}},
	{"F09", "Retry-After in its forms", []trial{
		paused("seconds", 7*time.Second, 8*time.Second, billingtest.Header("Retry-After", "7")),
		paused("date", 7*time.Second, 8*time.Second, billingtest.Header("Retry-After", "Sat, 01 Jan 2000 10:00:07 GMT"), billingtest.Header("Date", "Sat, 01 Jan 2000 10:00:00 GMT")),
		paused("date of a clock an hour late", 7*time.Second, 8*time.Second, billingtest.Header("Retry-After", "Fri, 31 Dec 1999 23:00:07 GMT"), billingtest.Header("Date", "Fri, 31 Dec 1999 23:00:00 GMT")),
	}},
	{"F10", "Retry-After missing or invalid", []trial{
		paused("missing", time.Second, time.Minute, billingtest.Header("Retry-After", "")),
		paused("0", time.Second, time.Minute, billingtest.Header("Retry-After", "0")),
		paused("negative", time.Second, time.Minute, billingtest.Header("Retry-After", "-5")),
		paused("past", time.Second, time.Minute, billingtest.Header("Retry-After", "Fri, 31 Dec 1999 23:00:00 GMT")),
		paused("word", time.Second, time.Minute, billingtest.Header("Retry-After", "soon")),
		paused("1.5", time.Second, time.Minute, billingtest.Header("Retry-After", "1.5")),
		paused("blank", time.Second, time.Minute, billingtest.Header("Retry-After", " ")),
	}},
	{"F11", "429 with a huge Retry-After", []trial{throttledForEver("99999999999"), throttledForEver("9223372036854775807")}},
	{"F12", "429 with Retry-After: 30, 20 times", []trial{{"polls", nil, "", inBubble(func(t *testing.T) result {
		s := serve(t, nil, 2, 100, 50).script(onPoll(20, billingtest.Header("Retry-After", "30"), billingtest.GraphError(429, "TooManyRequests", "Slow down.")))
		start := time.Now()
		r := s.export(t.Context(), t)
		if took := time.Since(start); took < 600*time.Second || took > 700*time.Second {
			t.Errorf("it took %v", took)
		}
		return r
	})}}},
	{"F13", "503 without Retry-After, 10 times: each retry on a new connection", []trial{{"socket", nil, "", func(t *testing.T) result {
		s := fastRetries(serve(t, atOnce(), 2, 100, 50)).script(billingtest.Step{On: billingtest.OperationCall, For: 10, Do: billingtest.GraphError(503, "ServiceUnavailable", "Later.")})
		l, err := s.Listen()
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		var dialed atomic.Int64
		client := viaAddress(l, "")
		defer client.CloseIdleConnections()
		direct := client.Transport.(*http.Transport).DialContext
		client.Transport.(*http.Transport).DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			if strings.HasPrefix(address, "graph.") {
				dialed.Add(1)
			}
			return direct(ctx, network, address)
		}
		s.transport = client
		r := s.export(t.Context(), t)
		if n := dialed.Load(); n < 11 {
			t.Errorf("%d connections", n)
		}
		r.note = fmt.Sprintf("%d connections", dialed.Load())
		return r
	}}}},
	{"F14", "5 consecutive polls reset", []trial{{"socket", nil, "", func(t *testing.T) result {
		return onSocket(t, fastRetries(serve(t, atOnce(), 2, 100, 50)).script(billingtest.Step{On: billingtest.OperationCall, For: 5, Do: billingtest.Drop(billingtest.ErrReset)}))
	}}}},
	{"F27", "context canceled in a delay of an hour", []trial{{"cancel", context.Canceled, "context.Canceled", inBubble(func(t *testing.T) result {
		s := serve(t, nil, 2, 100, 50).script(onPoll(1, billingtest.Header("Retry-After", "3600")))
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(10*time.Minute, cancel)
		start := time.Now()
		r := s.export(ctx, t)
		if took := time.Since(start); took > 10*time.Minute+100*time.Millisecond {
			t.Errorf("it ended after %v", took)
		}
		return r
	})}}},
}

// fastRetries sets short delays between retries, for tests in real time.
func fastRetries(s *service) *service {
	s.client.Retry = policy.RetryOptions{MaxRetries: 12, RetryDelay: 10 * time.Millisecond, MaxRetryDelay: 50 * time.Millisecond}
	return s
}

// paused returns a trial in which responses to polls request a delay.
func paused(name string, least, most time.Duration, actions ...billingtest.Action) trial {
	return trial{name, nil, "", inBubble(func(t *testing.T) result {
		s := serve(t, &billingtest.Options{RunningPolls: 3}, 2, 100, 50)
		s.script(billingtest.Step{On: billingtest.OperationCall, For: 3, Do: billingtest.Chain(actions...)})
		r := s.export(t.Context(), t)
		pauses(t, s, least, most)
		return r
	})}
}

// pauses asserts the time between polls of a running operation.
func pauses(t *testing.T, s *service, least, most time.Duration) {
	t.Helper()
	var last time.Time
	polls := 0
	for _, r := range s.Requests() {
		if r.Call != billingtest.OperationCall {
			continue
		}
		if polls++; polls > 1 && polls < 4 {
			if pause := r.Time.Sub(last); pause < least || pause > most {
				t.Errorf("poll %d came after %v", polls, pause)
			}
		}
		last = r.Time
	}
	if polls < 4 {
		t.Errorf("%d polls", polls)
	}
}

// errThrottled marks a TimeoutError with a RetryAfter.
var errThrottled = errors.New("error with RetryAfter")

func throttledForEver(value string) trial {
	return trial{value, errThrottled, "error with RetryAfter", inBubble(func(t *testing.T) result {
		s := serve(t, nil, 2, 100, 50).script(billingtest.Step{On: billingtest.OperationCall, Do: billingtest.Chain(
			billingtest.Header("Retry-After", value), billingtest.GraphError(429, "TooManyRequests", "Slow down."))})
		r := s.export(t.Context(), t)
		if n := s.count(billingtest.OperationCall); n != 1 {
			t.Errorf("%d polls", n)
		}
		var timeout *apierror.TimeoutError
		if errors.As(r.err, &timeout) && timeout.RetryAfter > 24*time.Hour && timeout.ResumeToken != "" {
			r.err = fmt.Errorf("%w: %w", errThrottled, r.err)
		}
		return r
	})}
}

var tokenRows = []row{
	{"F15", "tokens of 10 min, operation of 3 h", []trial{{"3 h", nil, "", inBubble(func(t *testing.T) result {
		s := serve(t, &billingtest.Options{TokenLifetime: 10 * time.Minute, RunningPolls: 180, PollDelay: time.Minute, SASLifetime: 9 * time.Hour}, 2, 100, 50)
		s.wait = &poller.PollUntilDoneOptions{MaxWait: 4 * time.Hour}
		fetched := countTokens(s)
		r := s.export(t.Context(), t)
		if fetched.Load() < 18 || statuses(s, 401) > 0 {
			t.Errorf("%d tokens, %d times 401", fetched.Load(), statuses(s, 401))
		}
		r.note = fmt.Sprintf("%d tokens", fetched.Load())
		return r
	})}}},
	{"F16", "one 401 between polls", []trial{{"401", nil, "", inBubble(func(t *testing.T) result {
		s := serve(t, nil, 2, 100, 50).script(onPoll(1, billingtest.GraphError(401, "InvalidAuthenticationToken", "Expired.")))
		fetched := countTokens(s)
		r := s.export(t.Context(), t)
		if n := fetched.Load(); n != 2 {
			t.Errorf("%d tokens, want one more", n)
		}
		return r
	})}}},
	{"F17", "401 always", []trial{{"401", apierror.ErrUnauthenticated, "apierror.ErrUnauthenticated", inBubble(func(t *testing.T) result {
		s := serve(t, nil, 2, 100, 50).script(billingtest.Step{On: billingtest.OperationCall, For: -1, Do: billingtest.GraphError(401, "InvalidAuthenticationToken", "No.")})
		r := s.export(t.Context(), t)
		if n := s.count(billingtest.OperationCall); n != 2 {
			t.Errorf("%d requests", n)
		}
		return r
	})}}},
}

// countTokens counts the tokens requested.
func countTokens(s *service) *atomic.Int64 {
	c := &countingCredential{TokenCredential: s.credential}
	s.credential = c
	return &c.n
}

func statuses(s *service, status int) (n int) {
	for _, r := range s.Requests() {
		if r.Status == status {
			n++
		}
	}
	return n
}

func status(id, name, status string, times int) trial {
	return graphTrial(id, name, nil, "", &billingtest.Options{RunningPolls: 4}, onPoll(times, billingtest.EditJSON(func(o map[string]any) { o["status"] = status })))
}

// done returns a step that edits the response of the succeeded operation.
func done(edit func(map[string]any)) billingtest.Step {
	return billingtest.Step{On: billingtest.OperationCall, For: -1, Do: billingtest.EditJSON(func(o map[string]any) {
		if o["status"] == "succeeded" {
			edit(o)
		}
	})}
}

func timestamps(name string, value any) trial {
	return graphTrial("F26", name, nil, "", nil, billingtest.Step{On: billingtest.OperationCall, For: -1, Do: billingtest.EditJSON(func(o map[string]any) {
		o["createdDateTime"], o["lastActionDateTime"] = value, value
	})})
}

var notFound = billingtest.GraphError(404, "NotFound", "Not found.")

// ended returns a trial with an operation that has a manifest, but did not clearly succeed.
func ended(name string, edit func(map[string]any)) trial {
	return trial{name, errOperation, "apierror.OperationError", inBubble(func(t *testing.T) result {
		s := serve(t, nil, 2, 100, 50).script(done(edit))
		r := s.export(t.Context(), t)
		if e := (*apierror.OperationError)(nil); errors.As(r.err, &e) && e.OperationID != "" {
			r.err = fmt.Errorf("%w: %w", errOperation, r.err)
		}
		return r
	})}
}

// errOperation marks an OperationError with an operation ID.
var errOperation = errors.New("OperationError with an ID")

var graphResponseRows = []row{
	{"F18", "values of status", []trial{
		status("F18", "unknownFutureValue", "unknownFutureValue", 3),
		graphTrial("F18", "Completed", nil, "", nil, done(func(o map[string]any) { o["status"] = "Completed" })),
		graphTrial("F18", "SUCCEEDED", nil, "", nil, done(func(o map[string]any) { o["status"] = "SUCCEEDED" })),
	}},
	{"F32", "404 right after acceptance", []trial{
		graphTrial("F32", "operation", nil, "", nil, billingtest.Step{On: billingtest.OperationCall, For: 3, Do: notFound}),
		graphTrial("F32", "manifest", nil, "", &billingtest.Options{ResourceLocation: billingtest.LocationURI}, billingtest.Step{On: billingtest.ManifestCall, For: 3, Do: notFound}),
		graphTrial("F32", "operation, always", apierror.ErrExpired, "apierror.ErrExpired", nil, billingtest.Step{On: billingtest.OperationCall, For: -1, Do: notFound}),
		graphTrial("F32", "manifest, always", apierror.ErrExpired, "apierror.ErrExpired", &billingtest.Options{ResourceLocation: billingtest.LocationURI}, billingtest.Step{On: billingtest.ManifestCall, For: -1, Do: notFound}),
		graphTrial("F32", "later", apierror.ErrExpired, "apierror.ErrExpired", nil, onPoll(1, notFound)),
	}},
	{"F33", "404 to the request for an export", []trial{
		graphTrial("F33", "of Graph", apierror.ErrNoData, "apierror.ErrNoData", nil, onExport(notFound)),
		graphTrial("F33", "of Graph, code 5000", apierror.ErrNoData, "apierror.ErrNoData", nil, onExport(billingtest.GraphError(404, "5000", "No data available"))),
		graphTrial("F33", "of a gateway", apierror.ErrNotFound, "apierror.ErrNotFound", nil, onExport(billingtest.GraphError(404, "UnknownError", "<!DOCTYPE html><title>404 - File or directory not found.</title>"))),
		graphTrial("F33", "of a proxy", apierror.ErrNotFound, "apierror.ErrNotFound", nil, onExport(billingtest.Respond(404, nil, "<html>not here</html>"))),
	}},
	{"F31", "neither running nor succeeded, with a manifest", []trial{
		ended("cancelled", func(o map[string]any) { o["status"] = "cancelled" }),
		ended("canceled", func(o map[string]any) { o["status"] = "canceled" }),
		ended("expired", func(o map[string]any) { o["status"] = "expired" }),
		ended("partiallySucceeded", func(o map[string]any) { o["status"] = "partiallySucceeded" }),
		ended("unknownFutureValue", func(o map[string]any) { o["status"] = "unknownFutureValue" }),
		ended("a word of tomorrow", func(o map[string]any) { o["status"] = "succeededWithWarnings" }),
		ended("succeeded, and an error", func(o map[string]any) { o["error"] = map[string]any{"code": "7", "message": "half of it"} }),
	}},
	{"F19", "failed, code 5000", []trial{{"no such invoice", apierror.ErrNoData, "apierror.ErrNoData", inBubble(func(t *testing.T) result {
		return serveExport(t, nil, billingtest.Export{InvoiceID: "G000000001", Rows: 10}).export(t.Context(), t)
	})}}},
	{"F20", "failed, without an error", []trial{{"plain", errOperation, "apierror.OperationError", inBubble(func(t *testing.T) result {
		s := serve(t, nil, 2, 100, 50).script(done(func(o map[string]any) { o["status"] = "failed"; delete(o, "resourceLocation") }))
		r := s.export(t.Context(), t)
		if e := (*apierror.OperationError)(nil); errors.As(r.err, &e) && e.OperationID != "" {
			r.err = fmt.Errorf("%w: %w", errOperation, r.err)
		}
		return r
	})}}},
	{"F21", "succeeded, manifest by a link", []trial{
		graphTrial("F21", "navigation link", nil, "", &billingtest.Options{ResourceLocation: billingtest.LocationNavigationLink}),
		graphTrial("F21", "address", nil, "", &billingtest.Options{ResourceLocation: billingtest.LocationURI}),
	}},
	{"F22", "succeeded, without a manifest", []trial{{"plain", apierror.ErrMalformed, "apierror.ErrMalformed", inBubble(func(t *testing.T) result {
		s := serve(t, atOnce(), 2, 100, 50).script(done(func(o map[string]any) { delete(o, "resourceLocation") }))
		r := s.export(t.Context(), t)
		if n := s.count(billingtest.OperationCall); n > 4 {
			t.Errorf("%d polls", n)
		}
		return r
	})}}},
	{"F23", "operation gone between polls", []trial{graphTrial("F23", "410", apierror.ErrExpired, "apierror.ErrExpired", nil, onPoll(1, billingtest.GraphError(410, "Gone", "No more.")))}},
	{"F24", "response to a poll truncated", []trial{graphTrial("F24", "closed", nil, "", nil, onPoll(1, billingtest.Cut(150, billingtest.ErrClosed)))}},
	{"F25", "HTML from a captive portal", []trial{{"200", apierror.ErrMalformed, "apierror.ErrMalformed", inBubble(func(t *testing.T) result {
		page := "<html><a href='https://x/?sig=abcdefghijklmnop'>sign in</a>" + strings.Repeat("<p>please</p>", 1000)
		s := serve(t, nil, 2, 100, 50).script(onPoll(-1, billingtest.Respond(200, http.Header{"Content-Type": {"text/html"}}, page)))
		r := s.export(t.Context(), t)
		if text := fmt.Sprint(r.err); len(text) > 600 || strings.Contains(text, "abcdefgh") || !strings.Contains(text, "<html>") {
			t.Errorf("%d characters: %s", len(text), text)
		}
		return r
	})}}},
	{"F26", "invalid timestamps", []trial{timestamps("no zone", "2023-03-09T08:12:53"), timestamps("year 1", "0001-01-01T00:00:00"), timestamps("null", nil), timestamps("malformed", "2022-06-1T10-01-03.4Z")}},
}

// tooLong returns a trial with a response body over the limit.
func tooLong(name string, do billingtest.Action) trial {
	return trial{name, apierror.ErrMalformed, "apierror.ErrMalformed", inBubble(func(t *testing.T) result {
		s := serve(t, nil, 2, 100, 50).script(onPoll(1, do))
		r := s.export(t.Context(), t)
		if r.err != nil && !strings.Contains(r.err.Error(), "longer than") {
			t.Errorf("%v does not say that the body is too long", r.err)
		}
		return r
	})}
}

var resumeRows = []row{
	{"F30", "response body too long", []trial{
		tooLong("operation", billingtest.EditJSON(func(o map[string]any) { o["more"] = strings.Repeat("x", 5<<20) })),
		tooLong("anything", billingtest.Respond(200, nil, strings.Repeat(" ", 70<<20))),
	}},
	{"F28", "process killed, resumed by its token", []trial{{"token", nil, "", inBubble(func(t *testing.T) result {
		s := serve(t, nil, 2, 100, 50)
		p, err := s.begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Poll(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s.begun.ResumeToken, err = p.ResumeToken(); err != nil {
			t.Fatal(err)
		}
		r := s.export(t.Context(), t)
		if n := s.count(billingtest.ExportCall); n != 1 {
			t.Errorf("%d exports were requested", n)
		}
		return r
	})}}},
	{"F34", "run ended, next run with the token in the store", []trial{
		{"before the first poll", nil, "", inBubble(func(t *testing.T) result { return runTwice(t, &twoRuns{exports: 1}) })},
		{"between polls", nil, "", inBubble(func(t *testing.T) result { return runTwice(t, &twoRuns{polls: 2, exports: 1}) })},
		{"while rows were read", nil, "", inBubble(func(t *testing.T) result { return runTwice(t, &twoRuns{polls: 10, exports: 1}) })},
		{"operation expired", nil, "", inBubble(func(t *testing.T) result { return runTwice(t, &twoRuns{later: 48 * time.Hour, exports: 2}) })},
		{"unbilled, another month", nil, "", inBubble(func(t *testing.T) result {
			return runTwice(t, &twoRuns{later: 24 * time.Hour, unbilled: true, month: true, exports: 2})
		})},
		{"unbilled, the same month", nil, "", inBubble(func(t *testing.T) result {
			return runTwice(t, &twoRuns{later: 24 * time.Hour, unbilled: true, exports: 1})
		})},
		{"canceled as the export was accepted", nil, "", inBubble(func(t *testing.T) result { return runTwice(t, &twoRuns{atSave: true, exports: 1}) })},
		{"blob gone in the first run", nil, "", inBubble(func(t *testing.T) result { return runTwice(t, &twoRuns{polls: 10, gone: true, exports: 2}) })},
	}},
	{"F29", "tampered resume token", []trial{
		tampered("operation", `"operation":"https://evil.example/op","kind":"usage"`),
		tampered("request", `"operation":"https://graph.microsoft.com`+operationPath+`","kind":"usage","request":{"address":"https://evil.example/export","body":"{}"}`),
		tampered("kind", `"operation":"https://graph.microsoft.com`+operationPath+`","kind":"reconciliation"`),
		{"a character", apierror.ErrResumeToken, "apierror.ErrResumeToken", inBubble(damagedToken)},
		{"another invoice", apierror.ErrResumeToken, "apierror.ErrResumeToken", inBubble(tokenOfAnotherInvoice)},
		tampered("endpoint", `"operation":"https://graph.microsoft.com`+operationPath+`","kind":"usage","endpoint":"https://graph.microsoft.com.evil.example/v1.0"`),
	}},
}

// damagedToken resumes with a token of which one character was changed, which is that of another
// operation.
func damagedToken(t *testing.T) result {
	s := serve(t, nil, 2, 100, 50)
	p, err := s.begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	token, err := p.ResumeToken()
	if err != nil {
		t.Fatal(err)
	}
	before, encoded, _ := strings.Cut(token, ".v2.")
	encoded, sum, _ := strings.Cut(encoded, ".")
	text, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.Replace(text, []byte("/operations/"), []byte("/operationt/"), 1)
	s.begun.ResumeToken = before + ".v2." + base64.RawURLEncoding.EncodeToString(text) + "." + sum
	r := s.export(t.Context(), t)
	if n := len(s.Requests()); n != 1 {
		t.Errorf("%d requests", n)
	}
	return r
}

// tokenOfAnotherInvoice resumes with the token of an export of another invoice.
func tokenOfAnotherInvoice(t *testing.T) result {
	s := serve(t, nil, 2, 100, 50)
	files, _ := blobs(1, 100, 50)
	if err := s.Add(billingtest.Export{InvoiceID: "G000000777", Files: files}); err != nil {
		t.Fatal(err)
	}
	o := s.client
	o.Transport = s.transport
	client, err := billing.NewClient(s.credential, &o)
	if err != nil {
		t.Fatal(err)
	}
	p, err := billing.BeginExport(t.Context(), client, billing.BilledUsage{InvoiceID: "G000000777"}, &billing.BeginExportOptions{NoReexport: true})
	if err != nil {
		t.Fatal(err)
	}
	if s.begun.ResumeToken, err = p.ResumeToken(); err != nil {
		t.Fatal(err)
	}
	r := s.export(t.Context(), t)
	if n := len(s.Requests()); n != 1 {
		t.Errorf("%d requests", n)
	}
	return r
}

// tampered returns a trial with a resume token of the right form that was changed.
func tampered(name, members string) trial {
	return trial{name, apierror.ErrResumeToken, "apierror.ErrResumeToken", inBubble(func(t *testing.T) result {
		s := serve(t, nil, 2, 100, 50)
		text := `{"endpoint":"https://graph.microsoft.com/v1.0",` + members + "}"
		s.begun.ResumeToken = "partnerbilling-export.v1." + base64.RawURLEncoding.EncodeToString([]byte(text))
		r := s.export(t.Context(), t)
		if n := len(s.Requests()); n != 0 {
			t.Errorf("%d requests", n)
		}
		return r
	})}
}
