package faulttest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"runtime"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/tracing"

	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
	"github.com/partnerbilling/sdk-go/poller"
)

// The harness also checks the errors of all other rows, and the log of the whole run.
var secretRows = []row{
	{"S01", "secrets in values, errors, logs and spans", []trial{
		{"values", nil, "", inBubble(secretsInValues)},
		{"responses that echo", nil, "", func(t *testing.T) result { return echoed(t, headersNotLogged) }},
		{"responses that echo in headers that are logged", nil, "", func(t *testing.T) result { return echoed(t, headersLogged) }},
		{"errors of transports", nil, "", brokenTransports},
		{"errors of other kinds", nil, "", inBubble(otherErrors)},
		{"panic in the loop body", nil, "", inBubble(panicInLoop)},
		{"crash of the program", nil, "", crashed},
		{"log, with all events and bodies", nil, "", inBubble(fullLog)},
		{"spans", nil, "", inBubble(spans)},
		{"policies", nil, "", inBubble(callerPolicies)},
	}},
	{"S05", "secrets echoed without their names", []trial{
		{"every form", nil, "", echoesInForms},
	}},
	{"S02", "disk written while an export is read", []trial{
		{"system calls", nil, "", noDisk},
	}},
	{"S03", "HTTPS_PROXY set: only CONNECT, no plain text", []trial{
		{"tunnel", nil, "", behindProxy},
	}},
	{"S04", "policy that changes requests for blobs", []trial{
		changedByPolicy("other host", func(r *http.Request) { r.URL.Host, r.Host = "evil.example", "evil.example" }),
		changedByPolicy("out of the root directory", func(r *http.Request) { r.URL.Path, r.URL.RawPath = "/other/"+path.Base(r.URL.Path), "" }),
		changedByPolicy("plain http", func(r *http.Request) { r.URL.Scheme = "http" }),
		changedByPolicy("with a bearer token", func(r *http.Request) { r.Header.Set("Authorization", "Bearer token") }),
	}},
}

// secretsInValues checks every value that a program gets.
func secretsInValues(t *testing.T) result {
	s := serve(t, nil, 4, 200, 50)
	o := s.client
	o.Transport = s.transport
	check := func(what string, v any) { secrets.check(t, what, v) }
	client, err := billing.NewClient(s.credential, &o)
	if err != nil {
		t.Fatal(err)
	}
	p, err := billing.BeginExport(t.Context(), client, request, nil)
	if err != nil {
		t.Fatal(err)
	}
	check("the poller at first", p)
	m, err := p.PollUntilDone(t.Context(), &poller.PollUntilDoneOptions{OnProgress: func(op poller.Operation) { check("the operation", op) }})
	if err != nil {
		t.Fatal(err)
	}
	sas := m.SAS()
	secrets.add(sas.Reveal())
	token, err := p.ResumeToken()
	if err != nil {
		t.Fatal(err)
	}
	read := &manifest.ReadOptions{OnProgress: func(p manifest.Progress) { check("the progress", p) }}
	stream, err := manifest.As[numbered](m).NewStream(numberedRows(read))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // a client and a poller that were used may contain more
		for what, v := range map[string]any{
			"the request": request, "the client": client, "the client by value": *client, "its options": o,
			"the poller": p, "the poller by value": *p, "the resume token": token,
			"the manifest": m, "the manifest by value": *m, "its SAS": sas, "the SAS by pointer": &sas, "As": manifest.As[numbered](m),
			"SAS in a field": struct{ s manifest.SAS }{sas}, "SAS in a map": map[string]manifest.SAS{"s": sas}, "SAS in a list": []any{sas},
			"the stream": stream, "the report": stream.Report(), "the position": stream.Position(), "the read options": read,
			"the rows": m.Items(t.Context(), nil), "a blob's rows": m.BlobItems(t.Context(), m.Blobs()[0], nil),
		} {
			check(what, v)
		}
		for row, err := range stream.All(t.Context()) {
			check("a row", row)
			if err != nil && !errors.Is(err, manifest.ErrUsed) {
				t.Fatal(err)
			}
		}
	}
	shared, err := m.NewStream(nil)
	if err != nil {
		t.Fatal(err)
	}
	var share *manifest.Share[lineitem.Usage]
	if err := shared.Parallel(t.Context(), 1, func(rows *manifest.Share[lineitem.Usage]) error {
		share = rows
		for range rows.All() {
			break
		}
		return nil
	}); err == nil {
		t.Error("no error")
	}
	check("a share", share) // not earlier: printing it while others use it is a race
	if sas.String() != "REDACTED" || !strings.Contains(sas.Reveal(), "sig=") {
		t.Error("the SAS is not redacted, or Reveal does not return it")
	}
	s.wantClean(t)
	return result{}
}

// panicInLoop checks what a program would print of a panic while blobs are read.
func panicInLoop(t *testing.T) result {
	s := serve(t, nil, 16, 2000, 200)
	stream := open[numbered](t, s)
	stacks := make([]byte, 1<<22)
	func() {
		defer func() {
			secrets.check(t, "the panic", recover())
			secrets.check(t, "the stacks", string(stacks[:runtime.Stack(stacks, true)]))
		}()
		for range stream.All(t.Context()) {
			panic(errOfCaller)
		}
	}()
	s.wantStopped(t)
	s.wantClean(t)
	return result{}
}

// crashed checks what Go's runtime prints when a process crashes by a panic while blobs are read.
func crashed(t *testing.T) result {
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	cmd := child(t, "crash", []string{"GOTRACEBACK=system"}, nil)
	cmd.ExtraFiles = []*os.File{writer}
	out, err := cmd.CombinedOutput()
	writer.Close()
	if err == nil || !strings.Contains(string(out), "goroutine ") || !strings.Contains(string(out), errOfCaller.Error()) {
		t.Fatalf("it did not crash: %v, %s", err, out)
	}
	known, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Fields(string(known))
	if len(all) < 2 {
		t.Fatalf("the process wrote %d secrets", len(all))
	}
	for _, secret := range all {
		secrets.add(secret)
	}
	secrets.check(t, "the crash", string(out))
	return result{}
}

// crashInLoop writes its secrets to the parent process, and crashes.
func crashInLoop(t *testing.T) {
	pipe := os.NewFile(3, "secrets")
	s := serve(t, atOnce(), 16, 2000, 200)
	s.credential = recordingCredential{s.credential, pipe}
	m, err := s.manifest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintln(pipe, m.SAS().Reveal()); err != nil {
		t.Fatal(err)
	}
	for range m.Items(t.Context(), numberedRows(&manifest.ReadOptions{Concurrency: 8})) {
		panic(errOfCaller)
	}
}

// recordingCredential is a credential that writes its tokens to a writer.
type recordingCredential struct {
	azcore.TokenCredential
	to io.Writer
}

func (c recordingCredential) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	token, err := c.TokenCredential.GetToken(ctx, o)
	if err == nil {
		_, err = fmt.Fprintln(c.to, token.Token)
	}
	return token, err
}

// serveWithRefresh serves an export whose SAS is refreshed while it is read and whose manifest is
// fetched by URL, so that every kind of request is sent.
func serveWithRefresh(t *testing.T) *service {
	t.Helper()
	s := serve(t, &billingtest.Options{ResourceLocation: billingtest.LocationURI}, 4, 200, 50)
	return s.script(
		billingtest.Step{On: billingtest.OperationCall, Do: billingtest.GraphError(503, "ServiceUnavailable", "Try later.")},
		billingtest.Step{On: billingtest.BlobCall, Skip: 1, Do: billingtest.Before(s.ExpireSAS)},
	)
}

func fullLog(t *testing.T) result {
	s := serveWithRefresh(t)
	s.client.Logging = policy.LogOptions{
		IncludeBody:        true,
		AllowedHeaders:     []string{"Authorization", "WWW-Authenticate", "Location", "Operation-Location"},
		AllowedQueryParams: []string{"sig", "se", "sp", "sv", "sr", "skoid"},
	}
	_, from := secrets.logSince(0)
	r := s.export(t.Context(), t)
	text, _ := secrets.logSince(from)
	for _, want := range []string{"Request: ", "Response: ", "Retry: ", "graph.microsoft.com", ".blob.core.windows.net", "https://"} {
		if !strings.Contains(text, want) {
			t.Errorf("the log does not contain %q", want)
		}
	}
	if strings.Contains(text, "sasToken") || strings.Contains(text, `"pad"`) || strings.Contains(text, "attributeSet") {
		t.Error("the log contains bodies")
	}
	secrets.check(t, "the log", text)
	r.note = ""
	return r
}

func spans(t *testing.T) result {
	s := serveWithRefresh(t)
	var seen canaries // only its log is used
	note := func(what string, of ...any) { seen.note(what, printed(of)) }
	ended := 0
	s.client.TracingProvider = tracing.NewProvider(func(name, version string) tracing.Tracer {
		return tracing.NewTracer(func(ctx context.Context, span string, o *tracing.SpanOptions) (context.Context, tracing.Span) {
			note("span", name, version, span, o)
			return ctx, tracing.NewSpan(tracing.SpanImpl{
				End:           func() { note("end"); ended++ },
				SetAttributes: func(a ...tracing.Attribute) { note("attributes", a) },
				AddEvent:      func(event string, a ...tracing.Attribute) { note("event", event, a) },
				SetStatus:     func(status tracing.SpanStatus, text string) { note("status", status, text) },
			})
		}, nil)
	}, nil)
	s.read = &manifest.ReadOptions{Concurrency: 1} // so that counting ended is not a race
	r := s.export(t.Context(), t)
	// An export that fails has spans with errors.
	s.script(billingtest.Step{On: billingtest.BlobCall, For: -1, Do: echo(403)})
	if failed := s.all(t.Context()); failed.err == nil {
		t.Error("no error")
	}
	text, _ := seen.logSince(0)
	for _, want := range []string{"HTTP GET", "HTTP POST", "graph.microsoft.com", "http.status_code", "Poller.PollUntilDone"} {
		if !strings.Contains(text, want) {
			t.Errorf("no span contains %q", want)
		}
	}
	if ended < 10 {
		t.Errorf("%d spans", ended)
	}
	secrets.check(t, "a span", text)
	r.note = fmt.Sprintf("%d spans", ended)
	return r
}

// recordingPolicy is a policy that records everything it sees, except the Authorization header of
// requests as they are sent.
type recordingPolicy struct {
	seen *canaries
	sent bool // the policy sees requests as they are sent
}

func (n recordingPolicy) Do(req *policy.Request) (*http.Response, error) {
	n.note(req.Raw(), n.sent)
	resp, err := req.Next()
	n.note(req.Raw(), n.sent)
	if resp != nil {
		n.seen.note(resp.Status, resp.Header)
		n.note(resp.Request, true)
	}
	if err != nil {
		n.seen.note(printed(err))
	}
	return resp, err
}

func (n recordingPolicy) note(req *http.Request, sent bool) {
	header := req.Header.Clone()
	if sent {
		header.Del("Authorization")
	}
	n.seen.note(req.Method, req.URL, req.Host, req.RequestURI, header, req.Form)
}

// callerPolicies reads with policies of the caller. As in all clients of azcore, per-try policies
// run after the credential's policy and see the bearer token in the Authorization header, and so
// does the request of a response. No policy may see a signature.
func callerPolicies(t *testing.T) result {
	s := serveWithRefresh(t)
	perCall, perTry := &canaries{}, &canaries{}
	s.client.PerCallPolicies = []policy.Policy{recordingPolicy{perCall, false}}
	s.client.PerRetryPolicies = []policy.Policy{recordingPolicy{perTry, true}}
	var captured *http.Response
	r := s.export(policy.WithCaptureResponse(t.Context(), &captured), t)
	for what, seen := range map[string]*canaries{"a policy per call": perCall, "a policy per try": perTry} {
		text, _ := seen.logSince(0)
		for _, want := range []string{"graph.microsoft.com", ".blob.core.windows.net", "POST"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s did not see %q", what, want)
			}
		}
		secrets.check(t, what, text)
	}
	if captured == nil {
		t.Error("no response was captured")
	} else {
		secrets.check(t, "a captured response", fmt.Sprint(captured.Header, captured.Request.URL))
	}
	r.note = ""
	return r
}

// changedByPolicy returns a trial with a policy of the caller that changes requests for blobs. They
// must not be sent.
func changedByPolicy(name string, how func(*http.Request)) trial {
	return trial{name, manifest.ErrUntrusted, "manifest.ErrUntrusted", inBubble(func(t *testing.T) result {
		s := serve(t, nil, 2, 100, 50)
		s.client.PerCallPolicies = []policy.Policy{requestPolicy(how)}
		r := s.export(t.Context(), t)
		if n := s.count(billingtest.BlobCall) + s.count(billingtest.OtherCall); n != 0 {
			t.Errorf("%d requests were sent", n)
		}
		return r
	})}
}

// requestPolicy is a policy that changes requests for blobs.
type requestPolicy func(*http.Request)

// Do implements policy.Policy.
func (p requestPolicy) Do(req *policy.Request) (*http.Response, error) {
	if strings.Contains(req.Raw().URL.Host, ".blob.") {
		p(req.Raw())
	}
	return req.Next()
}
