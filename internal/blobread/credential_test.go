package blobread_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/log"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/partnerbilling/sdk-go/internal/blobread"
)

// tokens is a credential that returns what a function returns for its nth token.
type tokens struct {
	n    int
	next func(n int) (string, error)
}

func (c *tokens) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	c.n++
	text, err := c.next(c.n)
	return azcore.AccessToken{Token: text, ExpiresOn: time.Now().Add(time.Hour)}, err
}

// final is an error that retrying cannot fix, as those of package azidentity.
type final struct{ error }

func (final) NonRetriable() {}

// guarded is storage with one blob, which may refuse a token.
type guarded struct {
	data    []byte
	after   int // bytes of each body
	status  func(token string) int
	header  http.Header
	request int
}

// Do implements policy.Transporter.
func (g *guarded) Do(req *http.Request) (*http.Response, error) {
	g.request++
	resp := &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Etag": {`"0x1"`}}, Request: req, Body: http.NoBody}
	for key, values := range g.header {
		resp.Header[key] = append([]string(nil), values...)
	}
	if g.status != nil {
		if status := g.status(strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ")); status != 0 {
			resp.StatusCode = status
			return resp, nil
		}
	}
	start := 0
	if wanted := strings.Join(req.Header["x-ms-range"], ""); wanted != "" {
		if _, err := fmt.Sscanf(wanted, "bytes=%d-", &start); err != nil {
			return nil, err
		}
		resp.StatusCode = http.StatusPartialContent
		resp.Header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", start, len(g.data)-1, len(g.data)))
	}
	data := g.data[start:]
	resp.ContentLength, resp.Body = int64(len(data)), io.NopCloser(bytes.NewReader(data))
	if g.after > 0 {
		resp.Body = io.NopCloser(io.LimitReader(resp.Body, int64(g.after)))
	}
	return resp, nil
}

// read reads the blob. pause is called after each part of the text.
func (g *guarded) read(t *testing.T, cred azcore.TokenCredential, o azcore.ClientOptions, pause func()) ([]byte, error) {
	t.Helper()
	o.Transport = g
	link, name, err := blobread.ParseURL(address, nil)
	if err != nil {
		t.Fatal(err)
	}
	source := blobread.NewFixed(map[string]blobread.Link{name: link}, cred, o)
	r := blobread.Open(t.Context(), source, blobread.Blob{Name: name}, blobread.Limits{}, blobread.NewThrottle(1))
	defer func() { _ = r.Close() }()
	var text []byte
	p := make([]byte, 10_000)
	for {
		n, err := r.Read(p)
		text = append(text, p[:n]...)
		if errors.Is(err, io.EOF) {
			return text, nil
		} else if err != nil {
			return text, err
		}
		if pause != nil {
			pause()
		}
	}
}

// After status 401 the request is sent once more, with a fresh token.
func TestTokenRevoked(t *testing.T) {
	data := bytes.Repeat([]byte("0123456789"), 10_000)
	g := &guarded{data: data, after: 30_000}
	g.status = func(token string) int {
		if g.request > 2 && token == "canary-token-1" {
			return http.StatusUnauthorized
		}
		return 0
	}
	cred := &tokens{next: func(n int) (string, error) { return fmt.Sprintf("canary-token-%d", n), nil }}
	synctest.Test(t, func(t *testing.T) {
		if got, err := g.read(t, cred, azcore.ClientOptions{}, nil); err != nil || !bytes.Equal(got, data) || cred.n != 2 || g.request != 5 {
			t.Errorf("%d of %d bytes with %d tokens in %d requests, %v", len(got), len(data), cred.n, g.request, err)
		}
	})
}

// Only status 403 is about the role of the identity.
func TestCredentialRefused(t *testing.T) {
	for status, c := range map[int]struct {
		requests int
		text     string
	}{
		http.StatusUnauthorized: {2, "check the credential and its tenant"},
		http.StatusForbidden:    {1, "assign its identity the role Storage Blob Data Reader"},
	} {
		g := &guarded{status: func(string) int { return status }}
		cred := &tokens{next: func(int) (string, error) { return "canary-token", nil }}
		_, err := g.read(t, cred, azcore.ClientOptions{}, nil)
		if !errors.Is(err, blobread.ErrDenied) || !strings.Contains(err.Error(), c.text) || g.request != c.requests {
			t.Errorf("%d: %v after %d requests", status, err, g.request)
		}
		if status == http.StatusUnauthorized && strings.Contains(err.Error(), "role") {
			t.Errorf("401 is not about a role: %v", err)
		}
	}
}

// A token that cannot be refreshed for a while costs part of the retry budget, and the whole of it
// at most.
func TestCredentialFails(t *testing.T) {
	data := bytes.Repeat([]byte("0123456789"), 10_000)
	outage := errors.New("login service unavailable, token canary=eyJhbGciOiJub25lIn0.canary.x")
	for what, c := range map[string]struct {
		next   func(n int) (string, error)
		tokens int   // that are requested; -1: many
		want   error // nil: everything is read
		text   string
	}{
		"an outage at the start": {func(n int) (string, error) {
			if n < 4 {
				return "", outage
			}
			return "canary-token", nil
		}, 5, nil, ""},
		"a final error at the start": {func(int) (string, error) { return "", final{outage} }, 1, blobread.ErrDenied, "no access token: the credential failed: login service"},
		"an outage later": {func(n int) (string, error) {
			if n > 1 && n < 5 {
				return "", outage
			}
			return "canary-token", nil
		}, 5, nil, ""},
		"an outage later, as azidentity reports it": {func(n int) (string, error) {
			if n > 1 && n < 5 {
				return "", final{outage}
			}
			return "canary-token", nil
		}, 5, nil, ""},
		"an outage without end": {func(n int) (string, error) {
			if n > 1 {
				return "", outage
			}
			return "canary-token", nil
		}, -1, blobread.ErrDenied, "the last: no access token: the credential failed: login service"},
		"no token":       {func(int) (string, error) { return " ", nil }, 1, blobread.ErrDenied, "returned no token"},
		"invalid header": {func(int) (string, error) { return "canary\r\nHost: evil", nil }, 1, blobread.ErrDenied, "invalid in a header"},
	} {
		synctest.Test(t, func(t *testing.T) {
			g := &guarded{data: data, after: 50_000}
			cred := &tokens{next: c.next}
			begun := time.Now()
			paused := false
			got, err := g.read(t, cred, azcore.ClientOptions{}, func() {
				if !paused {
					time.Sleep(2 * time.Hour) // the token expires
					begun, paused = time.Now(), true
				}
			})
			took := time.Since(begun)
			if c.want == nil {
				if err != nil || !bytes.Equal(got, data) || cred.n != c.tokens {
					t.Errorf("%s: %d of %d bytes with %d tokens, %v", what, len(got), len(data), cred.n, err)
				}
				return
			}
			if _, ok := errors.AsType[*blobread.Error](err); !ok || !errors.Is(err, c.want) || errors.Is(err, blobread.ErrUnavailable) || !strings.Contains(err.Error(), c.text) || strings.Contains(fmt.Sprintf("%v %+v", err, err), "canary.x") {
				t.Errorf("%s: %v", what, err)
			}
			if c.tokens < 0 {
				if cred.n < 5 || took < time.Minute || took > blobread.DefaultRetryBudget+time.Minute {
					t.Errorf("%s: %d tokens in %v", what, cred.n, took)
				}
			} else if cred.n != c.tokens || took > 0 {
				t.Errorf("%s: %d tokens in %v", what, cred.n, took)
			}
		})
	}
}

// The log never has the token, even where the caller allows the header.
func TestTokenIsNotLogged(t *testing.T) {
	var mu sync.Mutex
	var logged strings.Builder
	log.SetListener(func(_ log.Event, text string) {
		mu.Lock()
		defer mu.Unlock()
		logged.WriteString(text)
	})
	defer log.SetListener(nil)
	g := &guarded{data: []byte("data")}
	cred := &tokens{next: func(int) (string, error) { return "canary-token", nil }}
	o := azcore.ClientOptions{Logging: policy.LogOptions{AllowedHeaders: []string{"authorization"}, IncludeBody: true}}
	if _, err := g.read(t, cred, o, nil); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if text := logged.String(); !strings.Contains(text, "a%20b.zip") || strings.Contains(text, "canary") {
		t.Errorf("no request is logged, or one with its token:\n%s", text)
	}
}

// The token of a fake credential may be any text, such as a letter that headers have, too.
func TestShortToken(t *testing.T) {
	g := &guarded{data: []byte("data"), header: http.Header{
		"Last-Modified": {"Sat, 05 Oct 2024 10:00:00 GMT"}, "Date": {"Sat, 05 Oct 2024 10:00:00 GMT"}, "Content-Type": {"text/csv"},
	}}
	for _, token := range []string{"t", "0", "GMT"} {
		cred := &tokens{next: func(int) (string, error) { return token, nil }}
		synctest.Test(t, func(t *testing.T) {
			if got, err := g.read(t, cred, azcore.ClientOptions{}, nil); err != nil || string(got) != "data" {
				t.Errorf("token %q: %q, %v", token, got, err)
			}
		})
	}
}
