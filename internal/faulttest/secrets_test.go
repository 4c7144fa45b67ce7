package faulttest

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	azlog "github.com/Azure/azure-sdk-for-go/sdk/azcore/log"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// secrets are the access tokens and signatures of the whole run, and its log.
var secrets = newCanaries()

type canaries struct {
	mu     sync.Mutex
	known  map[[8]byte][]string // forms in which a secret could be printed, by their first bytes
	last   string               // last secret added
	logged bytes.Buffer
}

func newCanaries() *canaries {
	c := &canaries{}
	azlog.SetListener(func(e azlog.Event, text string) { c.note(string(e)+":", text) })
	slog.SetDefault(slog.New(slog.NewTextHandler(c, &slog.HandlerOptions{Level: slog.LevelDebug})))
	log.SetOutput(c)
	return c
}

// Write records the log. It is searched at the end of the run, when all secrets are known.
func (c *canaries) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.logged.Write(p)
}

// note logs values.
func (c *canaries) note(values ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fmt.Fprintln(&c.logged, values...)
}

// add adds a secret: a bearer token, or the signature of a SAS.
func (c *canaries) add(secret string) {
	if q, err := url.ParseQuery(strings.TrimPrefix(secret, "?")); err == nil && q.Get("sig") != "" {
		secret = q.Get("sig")
	}
	if len(secret) < 12 {
		return // too short to search for
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil {
		c.known = map[[8]byte][]string{}
	}
	c.last = secret
	c.learn(secret)
	// A text may have been truncated within the secret. Of a bearer token only the signature is
	// searched for, since the rest is similar in all tokens.
	if sign := secret[strings.LastIndexByte(secret, '.')+1:]; len(sign) > 2*pieceOfSecret {
		c.learn(sign[:pieceOfSecret])
		c.learn(sign[len(sign)-pieceOfSecret:])
	}
}

const pieceOfSecret = 16

func (c *canaries) learn(secret string) {
	escaped := url.QueryEscape(secret)
	forms := []string{
		secret, escaped, url.QueryEscape(escaped), url.PathEscape(secret), lowerEscapes.Replace(escaped),
		hex.EncodeToString([]byte(secret)), strings.ToUpper(hex.EncodeToString([]byte(secret))),
		strings.Trim(fmt.Sprintf("%v", []byte(secret)), "[]"),       // as %v prints bytes
		strings.Trim(fmt.Sprintf("%#v", []byte(secret))[6:], "{} "), // and %#v
	}
	for _, alphabet := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		for _, before := range []string{"", "x", "xx"} {
			forms = append(forms, inner(alphabet, before, secret))
		}
	}
	for _, form := range forms {
		key := [8]byte([]byte(form[:8]))
		if !slices.Contains(c.known[key], form) {
			c.known[key] = append(c.known[key], form)
		}
	}
}

// lowerEscapes writes percent escapes of base64 text in lower case, as some programs do.
var lowerEscapes = strings.NewReplacer("%2B", "%2b", "%2F", "%2f", "%3D", "%3d")

// inner returns the part of a base64 text that depends on the secret alone. There are three,
// depending on the length of the text before the secret.
func inner(alphabet *base64.Encoding, before, secret string) string {
	text := alphabet.EncodeToString([]byte(before + secret))
	return strings.TrimRight(text[4:], "=")[:len(secret)]
}

// check searches for secrets in all forms in which a value could be printed.
func (c *canaries) check(t *testing.T, what string, v any) {
	t.Helper()
	if found := c.find(printed(v)); found != "" {
		t.Errorf("%s contains a secret: %s", what, found)
	}
}

// find returns the text before the first secret in a text, or "".
func (c *canaries) find(text string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := []byte(text)
	for i := range max(0, len(all)-7) {
		for _, form := range c.known[[8]byte(all[i:])] {
			if strings.HasPrefix(text[i:], form) {
				return "..." + text[max(0, i-120):i] + "<here>"
			}
		}
	}
	return ""
}

// checkLog searches for secrets in the log of the run.
func (c *canaries) checkLog() error {
	c.mu.Lock()
	text, last := c.logged.String(), c.last
	c.mu.Unlock()
	if found := c.find(text); found != "" {
		return errors.New("the log contains a secret: " + found)
	}
	// Make sure that the search would find a secret.
	if last != "" && c.find(text+last) == "" {
		return errors.New("the search for secrets does not find a known secret")
	}
	return nil
}

// logSince returns the log from an offset, and its current length.
func (c *canaries) logSince(n int) (string, int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return string(c.logged.Bytes()[n:]), c.logged.Len()
}

// watched returns a credential whose tokens are added as secrets.
func (c *canaries) watched(cred azcore.TokenCredential) azcore.TokenCredential {
	return watchedCredential{cred, c}
}

type watchedCredential struct {
	azcore.TokenCredential
	canaries *canaries
}

func (w watchedCredential) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	token, err := w.TokenCredential.GetToken(ctx, o)
	w.canaries.add(token.Token)
	return token, err
}

// printed returns a value in all forms in which it could be printed by accident, and an error with
// all errors that it wraps.
func printed(v any) string {
	var b bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%10v"} {
		fmt.Fprintf(&b, verb+"\n", v)
		fmt.Fprintf(&b, verb+"\n", struct{ hidden any }{v})
		fmt.Fprintf(&b, verb+"\n", []any{v})
	}
	for _, h := range []slog.Handler{slog.NewTextHandler(&b, nil), slog.NewJSONHandler(&b, nil)} {
		slog.New(h).Info("message", "value", v, slog.Group("group", "value", v))
	}
	for _, value := range []any{v, map[string]any{"value": v}, struct{ Value any }{v}} {
		if data, err := json.Marshal(value); err == nil {
			b.Write(data)
		} else {
			fmt.Fprintln(&b, err)
		}
	}
	err, _ := v.(error)
	descend(&b, err)
	return b.String()
}

func descend(b *bytes.Buffer, err error) {
	if err == nil {
		return
	}
	fmt.Fprintf(b, "%v %+v %#v\n", err, err, err)
	//nolint:errorlint // Each error of the tree is printed by itself.
	if e, ok := err.(*azcore.ResponseError); ok && e.RawResponse != nil {
		fmt.Fprintf(b, "%+v\n", e.RawResponse)
		if e.RawResponse.Request != nil {
			fmt.Fprintf(b, "%v %+v\n", e.RawResponse.Request.URL, e.RawResponse.Request.Header)
		}
	}
	//nolint:errorlint // As above.
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		descend(b, e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, below := range e.Unwrap() {
			descend(b, below)
		}
	}
}

// TestSecretsAreFound: secrets are found in every form, and nothing else is.
func TestSecretsAreFound(t *testing.T) {
	signature := base64.StdEncoding.EncodeToString([]byte("\xfb\xff\xbe of a SAS, of 32 bytes long."))
	token := "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjF9.c2lnbmF0dXJlLW9mLWEtdG9rZW4tdGhhdC1pcy1zZWNyZXQ"
	c := &canaries{}
	c.add("?sv=2021-08-06&sp=rl&sig=" + url.QueryEscape(signature))
	c.add(token)
	for _, secret := range []string{signature, token} {
		for what, text := range map[string]string{
			"plain":                secret,
			"in a URL":             url.QueryEscape(secret),
			"in a URL in a URL":    url.QueryEscape(url.QueryEscape(secret)),
			"in a URL, small":      lowerEscapes.Replace(url.QueryEscape(secret)),
			"in a path":            url.PathEscape(secret),
			"hex":                  fmt.Sprintf("%x", secret),
			"HEX":                  fmt.Sprintf("%X", secret),
			"quoted":               fmt.Sprintf("%q", secret),
			"bytes":                fmt.Sprintf("%v", []byte(secret)),
			"Go bytes":             fmt.Sprintf("%#v", []byte(secret)),
			"base64":               base64.StdEncoding.EncodeToString([]byte(secret)),
			"base64 after 1":       base64.StdEncoding.EncodeToString([]byte("?" + secret + "&")),
			"base64 after 2":       base64.StdEncoding.EncodeToString([]byte("s=" + secret + "&a=b")),
			"base64 for URLs":      base64.RawURLEncoding.EncodeToString([]byte(secret + "&a")),
			"base64 after 1, URLs": base64.URLEncoding.EncodeToString([]byte("?" + secret)),
			"base64 after 2, URLs": base64.URLEncoding.EncodeToString([]byte("s=" + secret)),
			"cut at its end":       strings.TrimSuffix(secret, secret[len(secret)-20:]),
			"cut at its beginning": secret[20:],
			"an error":             printed(fmt.Errorf("read: %w", &url.Error{Op: "Get", URL: "https://h/?sig=" + url.QueryEscape(secret), Err: errors.New("reset")})),
			"JSON":                 printed(map[string]string{"sasToken": secret}),
			"JSON as bytes":        printed(map[string][]byte{"sasToken": []byte(secret)}),
			"a field not exported": printed(struct{ hidden *string }{&secret}) + printed(struct{ hidden string }{secret}),
			"a response's request": printed(&azcore.ResponseError{RawResponse: responseTo("https://h/?"+url.QueryEscape(secret), "")}),
			"a response's header":  printed(&azcore.ResponseError{RawResponse: responseTo("https://h/", "Bearer "+secret)}),
			"below joined errors":  printed(errors.Join(errors.New("one"), fmt.Errorf("two: %w", errors.New(secret)))),
			"after a lot of text":  strings.Repeat("nothing to see ", 1000) + secret,
			"the very end":         "sig=" + secret,
			"the very beginning":   secret + ".",
			"base64 of a URL":      base64.StdEncoding.EncodeToString([]byte("https://h/container/blob?sig=" + secret)),
		} {
			if c.find(text) == "" {
				t.Errorf("%s is not found: %s", what, text)
			}
		}
	}
	for _, text := range []string{
		"", "short", "sv=2021-08-06&sp=rl", "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjF9.", signature[:8] + "-" + signature[9:17],
		base64.StdEncoding.EncodeToString([]byte("another signature of 32 bytes 42")),
	} {
		if found := c.find(text); found != "" {
			t.Errorf("found in %s: %s", text, found)
		}
	}
	if err := c.checkLog(); err != nil {
		t.Error(err)
	}
	c.note("GET https://h/b?sig=" + url.QueryEscape(signature))
	if c.checkLog() == nil {
		t.Error("a signature in the log is not found")
	}
}

func responseTo(address, authorization string) *http.Response {
	to, err := url.Parse(address)
	if err != nil {
		panic(err)
	}
	return &http.Response{Body: http.NoBody, Request: &http.Request{Method: http.MethodGet, URL: to, Header: http.Header{"Authorization": {authorization}}}}
}
