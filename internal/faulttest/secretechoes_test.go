package faulttest

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/manifest"
	"github.com/partnerbilling/sdk-go/poller"
)

// echoForms are the forms in which a server or a proxy may send back a secret: without the name by
// which it could be recognized, or with its characters encoded.
var echoForms = []struct {
	name string
	of   func(secret string) string
}{
	{"bare", func(s string) string { return s }},
	{"bare, decoded", decodedSecret},
	{"quoted", func(s string) string { return `sig="` + decodedSecret(s) + `"` }},
	{"single quotes", func(s string) string { return `signature='` + decodedSecret(s) + `'` }},
	{"XML", func(s string) string { return "<Signature>" + decodedSecret(s) + "</Signature>" }},
	{"XML of another name", func(s string) string { return "<StringToSign>" + decodedSecret(s) + "</StringToSign>" }},
	{"escaped", func(s string) string { return url.QueryEscape(decodedSecret(s)) }},
	{"escaped twice", func(s string) string { return url.QueryEscape(url.QueryEscape(decodedSecret(s))) }},
	{"escaped in lower case", func(s string) string { return lowerEscapes.Replace(url.QueryEscape(decodedSecret(s))) }},
	{"in a path", func(s string) string { return "/c/b/" + url.PathEscape(decodedSecret(s)) }},
	{"JSON", func(s string) string { return escapedJSON(s, `\`) }},
	{"JSON in JSON", func(s string) string { return escapedJSON(s, `\\`) }},
	{"query in JSON", func(s string) string {
		return `https:\/\/h\/b?sp\u003drl\u0026sig\u003d` + escapedJSON(s, `\`) + `\u0026sv\u003d1`
	}},
	{"HTML", func(s string) string {
		return "<b>" + strings.NewReplacer("+", "&#43;", "/", "&#x2F;", "=", "&#61;").Replace(decodedSecret(s)) + "</b>"
	}},
	{"plus as blank", func(s string) string { return strings.ReplaceAll(decodedSecret(s), "+", " ") }},
	{"base64", func(s string) string { return base64.StdEncoding.EncodeToString([]byte("x=" + decodedSecret(s))) }},
	{"in a word", func(s string) string { return "token" + decodedSecret(s) + "refused" }},
	{"cut at its end", func(s string) string { return decodedSecret(s)[:len(decodedSecret(s))-5] }},
	{"cut at its beginning", func(s string) string { return decodedSecret(s)[5:] }},
	{"after a lot of text", func(s string) string { return strings.Repeat("please wait ", 330) + decodedSecret(s) }},
	{"often", func(s string) string { return strings.Repeat(decodedSecret(s)+" ", 400) }},
}

func decodedSecret(s string) string {
	if decoded, err := url.PathUnescape(s); err == nil {
		return decoded
	}
	return s
}

func escapedJSON(s, escape string) string {
	return strings.NewReplacer("+", escape+"u002b", "/", escape+"/", "=", escape+"u003d").Replace(decodedSecret(s))
}

// echoedSecrets echoes only the secrets of a request: in the body, in headers, and in the status.
func echoedSecrets(status int, form func(string) string) billingtest.Action {
	return func(x *billingtest.Exchange, _ func(*billingtest.Exchange) *billingtest.Response) *billingtest.Response {
		all := form(secretOf(x.Request))
		header := http.Header{}
		for _, name := range append(headersLogged, headersNotLogged...) {
			header.Set(name, strings.ReplaceAll(all[:min(len(all), 4000)], "\n", " "))
		}
		body := fmt.Sprintf(`{"error":{"code":%q,"message":%q,"innerError":{"request-id":%q}},"status":%q}`, all, all, all, all)
		switch {
		case x.Call == billingtest.BlobCall:
			body = "<?xml version=\"1.0\"?><Error><Code>" + all + "</Code><Message>" + all + "</Message></Error>"
		case status == http.StatusOK:
			body = all + " is the beginning of a page"
		}
		return billingtest.Respond(status, header, body)(x, nil)
	}
}

// secretOf returns the signature of a request to storage as it is in the query, or the token of
// another request.
func secretOf(r *http.Request) string {
	for pair := range strings.SplitSeq(r.URL.RawQuery, "&") {
		if signature, is := strings.CutPrefix(pair, "sig="); is {
			return signature
		}
	}
	return strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
}

// opaqueTokens gives a client tokens that look like nothing in particular, and replaces them by
// those of the service before a request reaches it.
type opaqueTokens struct {
	credential azcore.TokenCredential

	mu   sync.Mutex
	real map[string]string
}

// GetToken implements azcore.TokenCredential.
func (o *opaqueTokens) GetToken(ctx context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	token, err := o.credential.GetToken(ctx, options)
	if err != nil {
		return token, err
	}
	sum := sha256.Sum256([]byte(token.Token))
	text := "0.AX" + base64.RawURLEncoding.EncodeToString(append(sum[:], sum[:20]...))
	secrets.add(text)
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.real == nil {
		o.real = map[string]string{}
	}
	o.real[text] = token.Token
	token.Token = text
	return token, nil
}

// accept makes the service take the opaque token of a request.
func (o *opaqueTokens) accept(r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if token, is := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); is {
		r.Header.Set("Authorization", "Bearer "+o.real[token])
	}
}

// echoesInForms lets each kind of request fail in a number of ways, with each form of its secret,
// and checks all errors and the whole log.
func echoesInForms(t *testing.T) result {
	errorsSeen := 0
	_, from := secrets.logSince(0)
	for _, form := range echoForms {
		for _, call := range everyCall {
			ways := map[string]billingtest.Action{
				"transport": func(x *billingtest.Exchange, _ func(*billingtest.Exchange) *billingtest.Response) *billingtest.Response {
					return &billingtest.Response{Err: errors.New("proxy: " + form.of(secretOf(x.Request)))}
				},
				"body": func(x *billingtest.Exchange, next func(*billingtest.Exchange) *billingtest.Response) *billingtest.Response {
					resp := next(x)
					if resp.Body != nil {
						resp.Body = &failingBody{resp.Body, errors.New("proxy: " + form.of(secretOf(x.Request)))}
					}
					return resp
				},
			}
			for _, status := range []int{200, 302, 400, 401, 403, 404, 409, 410, 412, 429, 500, 503} {
				ways[fmt.Sprint(status)] = echoedSecrets(status, form.of)
			}
			for way, do := range ways {
				if call == billingtest.ExportCall && way == "body" || call == billingtest.BlobCall && way == "200" {
					continue // its body is not read, or has rows
				}
				errorsSeen += echoFailure(t, call, form.name+", "+way, do)
			}
		}
	}
	logged, _ := secrets.logSince(from)
	secrets.check(t, "the log", logged)
	if errorsSeen < 1000 {
		t.Errorf("%d errors are fewer than 1000", errorsSeen)
	}
	return result{note: fmt.Sprintf("%d errors, %d KB of log", errorsSeen, len(logged)>>10)}
}

// echoFailure requests and reads an export while one kind of request fails in one way. It returns
// the number of errors.
func echoFailure(t *testing.T, call billingtest.Call, what string, do billingtest.Action) (n int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, &billingtest.Options{ResourceLocation: billingtest.LocationURI}, 1, 10, 50)
		tokens := &opaqueTokens{credential: s.Server.Credential()}
		s.credential = tokens
		s.client.Logging = policy.LogOptions{IncludeBody: true, AllowedHeaders: append(headersLogged, headersNotLogged...)}
		s.wait, s.read = &poller.PollUntilDoneOptions{MaxWait: 5 * time.Second}, &manifest.ReadOptions{RetryBudget: 5 * time.Second}
		accept := billingtest.EditRequest(tokens.accept)
		s.Script(billingtest.Step{On: call, For: -1, Do: billingtest.Chain(do, accept)}, billingtest.Step{For: -1, Do: accept})
		r := s.all(t.Context())
		if r.err == nil {
			t.Errorf("%v, %s: no error", call, what)
			return
		}
		n++
		secrets.check(t, fmt.Sprintf("%v, %s", call, what), r.err)
	})
	return n
}
