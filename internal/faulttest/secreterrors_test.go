package faulttest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
	"github.com/partnerbilling/sdk-go/poller"
)

// everyCall are the kinds of requests that contain a secret.
var everyCall = []billingtest.Call{billingtest.ExportCall, billingtest.OperationCall, billingtest.ManifestCall, billingtest.BlobCall}

// requestText is the text of a request with its secrets, which a server or a proxy may echo.
func requestText(r *http.Request) string {
	return r.Method + " " + r.URL.String() + " Authorization: " + r.Header.Get("Authorization")
}

// Headers in which a response may echo the request. azcore logs the latter.
var (
	headersNotLogged = []string{"Location", "Operation-Location", "X-Ms-Error-Code", "Content-Range", "Content-Encoding", "Warning"}
	headersLogged    = []string{"Request-Id", "Client-Request-Id", "X-Ms-Request-Id", "X-Ms-Client-Request-Id", "Www-Authenticate", "Etag", "Server", "Date"}
)

// echo responds with the text of the request, in the body and in headers.
func echo(status int, headers ...string) billingtest.Action {
	return func(x *billingtest.Exchange, _ func(*billingtest.Exchange) *billingtest.Response) *billingtest.Response {
		all := requestText(x.Request)
		body := fmt.Sprintf(`{"error":{"code":%q,"message":%q,"innerError":{"request-id":%q}},"status":%q}`, all, all, all, all)
		if x.Call == billingtest.BlobCall {
			body = "<?xml version=\"1.0\"?><Error><Code>" + all + "</Code><Message>" + all + "</Message><AuthenticationErrorDetail>" + all + "</AuthenticationErrorDetail></Error>"
		}
		header := http.Header{"Content-Type": {"application/json"}}
		for _, name := range headers {
			header.Set(name, all)
		}
		return &billingtest.Response{Status: status, Header: header, Body: io.NopCloser(strings.NewReader(body)), Length: int64(len(body))}
	}
}

// failing requests and reads an export while one kind of request always fails, and checks the error
// and the log for secrets.
func failing(t *testing.T, what string, call billingtest.Call, do billingtest.Action) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, &billingtest.Options{ResourceLocation: billingtest.LocationURI}, 2, 100, 50)
		// Long enough for a second poll.
		s.wait, s.read = &poller.PollUntilDoneOptions{MaxWait: time.Minute}, &manifest.ReadOptions{RetryBudget: time.Minute}
		_, from := secrets.logSince(0)
		r := s.script(billingtest.Step{On: call, For: -1, Do: do}).export(t.Context(), t)
		logged, _ := secrets.logSince(from)
		if found := secrets.find(logged); found != "" {
			t.Errorf("%v, %s: the log contains a secret: %s", call, what, found)
		}
		if r.err == nil {
			t.Errorf("%v, %s: no error", call, what)
			return
		}
		secrets.check(t, fmt.Sprintf("%v, %s", call, what), r.err)
	})
}

// echoed responds to each kind of request with each status, with the text of the request.
func echoed(t *testing.T, headers []string) result {
	t.Helper()
	n := 0
	for _, call := range everyCall {
		for _, status := range []int{200, 206, 302, 307, 400, 401, 403, 404, 409, 410, 412, 416, 429, 500, 503} {
			failing(t, fmt.Sprint("echoed with ", status), call, echo(status, headers...))
			n++
		}
	}
	return result{note: fmt.Sprintf("%d responses", n)}
}

func brokenTransports(t *testing.T) result {
	kinds := map[string]func(all string) error{
		"reset":       func(string) error { return billingtest.ErrReset },
		"refused":     func(string) error { return &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED} },
		"closed":      func(string) error { return billingtest.ErrClosed },
		"end":         func(string) error { return io.EOF },
		"text":        func(all string) error { return errors.New("proxy said no to " + all) },
		"wrapped":     func(all string) error { return fmt.Errorf("proxy: %w: %w", errors.New(all), billingtest.ErrReset) },
		"name":        func(all string) error { return &net.DNSError{Err: "no such host", Name: all, IsNotFound: true} },
		"time-out":    func(all string) error { return &net.DNSError{Err: "i/o timeout " + all, IsTimeout: true} },
		"address":     func(all string) error { return &net.AddrError{Err: "bad port", Addr: all} },
		"certificate": func(string) error { return &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}} },
		"hostname":    func(all string) error { return x509.HostnameError{Certificate: &x509.Certificate{}, Host: all} },
		"TLS": func(all string) error {
			return tls.RecordHeaderError{Msg: "first record does not look like TLS: " + all}
		},
		"ResponseError": func(all string) error {
			return &azcore.ResponseError{StatusCode: 500, ErrorCode: all, RawResponse: responseTo("https://h/?"+all[:1], all)}
		},
	}
	n := 0
	for _, call := range everyCall {
		for what, kind := range kinds {
			failing(t, what, call, func(x *billingtest.Exchange, _ func(*billingtest.Exchange) *billingtest.Response) *billingtest.Response {
				return &billingtest.Response{Err: kind(requestText(x.Request))}
			})
			n++
			if call == billingtest.ExportCall {
				continue // its body is not read
			}
			failing(t, what+" in the body", call, func(x *billingtest.Exchange, next func(*billingtest.Exchange) *billingtest.Response) *billingtest.Response {
				resp := next(x)
				if err := kind(requestText(x.Request)); resp.Body != nil {
					resp.Body = &failingBody{resp.Body, err}
				}
				return resp
			})
			n++
		}
	}
	return result{note: fmt.Sprintf("%d errors of transports", n)}
}

// failingBody returns a few bytes and its error.
type failingBody struct {
	io.ReadCloser
	err error
}

func (b *failingBody) Read(p []byte) (int, error) {
	if len(p) > 10 && b.ReadCloser != nil {
		n, _ := b.ReadCloser.Read(p[:10])
		return n, b.err
	}
	return 0, b.err
}

// badCredential fails with an error text that contains a token.
type badCredential struct{ good azcore.TokenCredential }

func (c badCredential) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	token, err := c.good.GetToken(ctx, o)
	if err != nil {
		return token, err
	}
	return azcore.AccessToken{}, fmt.Errorf("POST https://login.microsoftonline.com/: 400, cached was Bearer %s, access_token=%s", token.Token, token.Token)
}

// otherErrors checks errors that need no fault of the network or the service.
func otherErrors(t *testing.T) result {
	check := func(what string, want, err error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
		secrets.check(t, what, err)
	}
	s := serve(t, nil, 2, 100, 50)
	m, err := s.manifest(t.Context())
	if err != nil {
		t.Fatal(err)
	}

	changed := func(change func(d map[string]any)) error {
		data, err := m.MarshalWithSAS()
		if err != nil {
			t.Fatal(err)
		}
		var d map[string]any
		if err := json.Unmarshal(data, &d); err != nil {
			t.Fatal(err)
		}
		change(d)
		if data, err = json.Marshal(d); err != nil {
			t.Fatal(err)
		}
		_, err = manifest.Parse[numbered](data, nil)
		return err
	}
	text := m.SAS().Reveal()
	check("a root with the SAS in it", manifest.ErrUntrusted, changed(func(d map[string]any) {
		d["rootDirectory"] = m.Info().RootDirectory + "?" + text
	}))
	check("a foreign root", manifest.ErrUntrusted, changed(func(d map[string]any) { d["rootDirectory"] = "https://evil.example/" + text }))
	check("a name with the SAS in it", manifest.ErrUntrusted, changed(func(d map[string]any) {
		d["blobs"] = []any{map[string]string{"name": "../" + text}, map[string]string{"name": "b"}}
	}))
	_, err = m.Select(text)
	check("a selection with the SAS in it", manifest.ErrSelection, err)
	_, err = manifest.NewSAS(strings.Replace(m.SAS().Reveal(), "sp=rl", "sp=l", 1))
	check("a SAS that cannot read", manifest.ErrSAS, err)
	_, err = manifest.NewSAS(m.SAS().Reveal() + "&comp=list")
	check("a SAS with another parameter", manifest.ErrSAS, err)
	whole, err := m.MarshalWithSAS()
	if err != nil {
		t.Fatal(err)
	}
	_, err = manifest.Parse[numbered](whole[:len(whole)-2], nil)
	check("a truncated manifest", manifest.ErrMalformed, err)
	_, err = manifest.Parse[numbered]([]byte(strings.Replace(string(whole), `"sasToken":"`, `"blobs":"`, 1)), nil)
	check("a manifest of another shape", manifest.ErrMalformed, err)

	client, err := billing.NewClient(badCredential{s.credential}, &billing.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: s.transport}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = billing.BeginExport(t.Context(), client, request, nil)
	check("a credential whose error contains a token", apierror.ErrUnauthenticated, err)
	_, err = billing.BeginExport(t.Context(), client, request, &billing.BeginExportOptions{ResumeToken: m.SAS().Reveal()})
	check("a SAS as resume token", apierror.ErrResumeToken, err)

	never := serve(t, &billingtest.Options{RunningPolls: 1 << 20}, 1, 10, 10)
	never.wait = &poller.PollUntilDoneOptions{MaxWait: time.Minute}
	_, err = never.manifest(t.Context())
	if e, ok := errors.AsType[*apierror.TimeoutError](err); !ok || e.ResumeToken == "" {
		t.Errorf("got %v, want a TimeoutError", err)
	}
	secrets.check(t, "an export that takes too long", err)

	bad := serveBlob(t, 0, packed("{\"n\":\"https://h/?"+m.SAS().Reveal()+"\"}\n"))
	err = readRows(t, bad, recordRows(bad)).err
	if _, ok := errors.AsType[*lineitem.DecodeError](err); !ok {
		t.Errorf("got %v, want a DecodeError", err)
	}
	secrets.check(t, "a row with a SAS in it", err)
	s.wantClean(t)
	return result{}
}
