// Package httpguard is a transport for azcore pipelines that sends a request only over https and
// only to a host on an allow list, and that never follows a redirect. It redacts signatures and
// tokens from errors and responses.
package httpguard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/partnerbilling/sdk-go/internal/redact"
)

// Rules say which requests may be sent.
type Rules struct {
	// Name names the service in error texts, for instance "Graph" or "storage".
	Name string
	// Allow returns nil if a request to the URL may be sent. It is called for every request whose
	// URL is https and has no user information. A nil Allow rejects every request.
	Allow func(*url.URL) error
	// Prepare, if set, runs last, on a copy of the request, right before it is sent. Secrets in the
	// URL are added here, so that no policy, log or error of the pipeline ever sees them. It must
	// not change scheme or host.
	Prepare func(*http.Request)
	// RefuseAuthorization makes a request with an Authorization header an error.
	RefuseAuthorization bool
	// RefuseLocal returns true for a URL whose host must not have a local address, as by DNS
	// rebinding. It concerns connections of the default client to the host itself: a proxy may have
	// any address, and so may a host that a transport of the caller connects to.
	RefuseLocal func(*url.URL) bool
	// MaxBody limits the length of response bodies in bytes; 0 means no limit.
	MaxBody int64
}

type maxBodyKey struct{}

// WithMaxBody returns a context whose requests have responses of at most limit bytes, where that is
// less than Rules.MaxBody.
func WithMaxBody(ctx context.Context, limit int64) context.Context {
	return context.WithValue(ctx, maxBodyKey{}, limit)
}

// maxBody returns the limit of the response to a request.
func (g *guard) maxBody(req *http.Request) int64 {
	if limit, is := req.Context().Value(maxBodyKey{}).(int64); is && (g.rules.MaxBody == 0 || limit < g.rules.MaxBody) {
		return limit
	}
	return g.rules.MaxBody
}

// New returns a transporter that applies the rules and sends the allowed requests through next.
//
// A nil next selects a client that all guards share: proxies from the environment, TLS 1.2 or
// later, timeouts for connecting and for response headers, and no transparent decompression. An
// *http.Client is copied, and the copy does not follow redirects. Any other transporter is used as
// it is; if its response shows that it followed a redirect, the response is rejected.
func New(next policy.Transporter, r Rules) policy.Transporter {
	switch client := next.(type) {
	case nil:
		next = defaultClient()
	case *http.Client:
		if client == nil {
			next = defaultClient()
			break
		}
		next = withoutRedirects(client)
	}
	return &guard{next: next, rules: r}
}

type guard struct {
	next   policy.Transporter
	rules  Rules
	tokens tokens
}

// Do sends a copy of req if the rules allow it.
func (g *guard) Do(req *http.Request) (*http.Response, error) {
	if err := g.check(req); err != nil {
		closeRequest(req)
		return nil, err
	}
	ctx := req.Context()
	if g.rules.RefuseLocal != nil && g.rules.RefuseLocal(req.URL) {
		ctx = refuseLocal(ctx, req.URL.Hostname())
	}
	sent := req.Clone(ctx)
	if g.rules.Prepare != nil {
		g.rules.Prepare(sent)
		if !sameOrigin(sent.URL, req.URL) {
			closeRequest(req)
			return nil, newError(g.rules.Name, "request was changed to another host", ErrForeignHost)
		}
	}
	if authorization := sent.Header.Get("Authorization"); authorization != "" {
		g.tokens.sent(authorization)
	}
	scheme, host := sent.URL.Scheme, sent.URL.Host
	resp, err := g.next.Do(sent)
	if err != nil {
		closeResponse(resp)
		err = g.clean(host, err)
		noteFailure(ctx, err)
		return nil, err
	}
	if resp == nil {
		return nil, errors.New(g.rules.Name + ": the transport returned neither a response nor an error")
	}
	if followed(resp, scheme, host) {
		closeResponse(resp)
		return nil, newError(g.rules.Name, "the transport followed a redirect", ErrRedirect)
	}
	if resp.StatusCode >= 300 && resp.StatusCode < 400 && resp.StatusCode != http.StatusNotModified {
		closeResponse(resp)
		return nil, newError(g.rules.Name, "the server returned status "+strconv.Itoa(resp.StatusCode), ErrRedirect)
	}
	if resp.StatusCode >= http.StatusBadRequest {
		noteFailure(ctx, fmt.Errorf("%s: HTTP status %d", redact.Text(host), resp.StatusCode))
	}
	// The pipeline keeps the response in errors, spans, logs and captured responses. So its request
	// has no secrets in URL or header, and secrets that the server echoed are removed from the
	// headers. It has neither the server's reason phrase nor its trailer, which net/http writes
	// into the response that it returned when the body ends.
	own := *resp
	resp = &own
	resp.Status = strconv.Itoa(resp.StatusCode) + " " + http.StatusText(resp.StatusCode)
	resp.Trailer = nil
	resp.Request = req
	if req.Header.Get("Authorization") != "" {
		resp.Request = req.WithContext(req.Context())
		resp.Request.Header = req.Header.Clone()
		resp.Request.Header.Del("Authorization")
	}
	redactValues(resp.Header)
	if resp.Body == nil {
		resp.Body = http.NoBody
	}
	resp.Body = &body{ReadCloser: resp.Body, name: g.rules.Name, limit: g.maxBody(req)}
	if resp.StatusCode == http.StatusServiceUnavailable {
		resp.Body = &lastBody{resp.Body, g.next}
	}
	return resp, nil
}

// tokens are the access tokens that were sent last, which are redacted by their value.
type tokens struct {
	mu   sync.Mutex
	last [4]*redact.Known // that sent last in front; nil: none
}

// sent takes note of the token in an Authorization header.
func (t *tokens) sent(authorization string) {
	_, token, ok := strings.Cut(authorization, " ")
	if !ok {
		token = authorization
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	i := slices.IndexFunc(t.last[:], func(k *redact.Known) bool { return k.Is(token) })
	if i < 0 {
		known := redact.Know(token)
		if known == nil {
			return
		}
		i = len(t.last) - 1
		t.last[i] = known
	}
	known := t.last[i]
	known.Used()
	copy(t.last[1:i+1], t.last[:i])
	t.last[0] = known
}

// redactValues strikes known secrets from a header. What only looks like one stays, since a
// Location must remain a URL.
func redactValues(h http.Header) {
	for _, values := range h {
		for i, v := range values {
			values[i] = redact.Values(v)
		}
	}
}

// lastBody is a response body after which the next request uses another connection, which may reach
// a server that is not overloaded.
type lastBody struct {
	io.ReadCloser
	transport policy.Transporter
}

// Close closes the response body and then the idle connections, if the transport can do that. The
// connection of this response is idle by then.
func (b *lastBody) Close() error {
	err := b.ReadCloser.Close()
	if c, ok := b.transport.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
	return err
}

// check applies the rules to a request that has not been sent.
func (g *guard) check(req *http.Request) error {
	u := req.URL
	switch {
	case u == nil || u.Host == "":
		return newError(g.rules.Name, "request has no host", ErrForeignHost)
	case u.Scheme != "https":
		return newError(g.rules.Name, "request to "+u.Host+" is not https", ErrInsecure)
	case u.User != nil:
		return newError(g.rules.Name, "URL has user information", ErrForeignHost)
	case g.rules.Allow == nil:
		return newError(g.rules.Name, u.Host, ErrForeignHost)
	}
	if err := g.rules.Allow(u); err != nil {
		return newError(g.rules.Name, err.Error(), ErrForeignHost, cleanCause(err))
	}
	if g.rules.RefuseAuthorization && len(req.Header.Values("Authorization")) > 0 {
		return newError(g.rules.Name, "", ErrAuthorization)
	}
	return nil
}

// clean redacts the error of a transport. An error that a retry cannot fix becomes non-retriable.
func (g *guard) clean(host string, err error) error {
	clean := redact.ErrorAt(host, err)
	switch {
	case IsCertificate(err):
		return newError(g.rules.Name, clean.Error(), ErrCertificate, clean)
	case errors.Is(err, ErrLocalAddress):
		return newError(g.rules.Name, clean.Error(), ErrLocalAddress, clean)
	}
	return clean
}

// followed reports whether resp belongs to another request than the one sent. Package net/http
// stores in a redirected request the response that caused it.
func followed(resp *http.Response, scheme, host string) bool {
	r := resp.Request
	if r == nil {
		return false
	}
	return r.Response != nil || (r.URL != nil && (r.URL.Scheme != scheme || r.URL.Host != host))
}

func sameOrigin(a, b *url.URL) bool { return a.Scheme == b.Scheme && a.Host == b.Host && a.User == nil }

// closeRequest closes the body of a request that is not sent, as an http.RoundTripper must.
func closeRequest(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close() // nothing was sent, so nothing can be lost
	}
}

// closeResponse closes a response that is not returned; the error of its body does not matter
// either.
func closeResponse(resp *http.Response) {
	if resp != nil && resp.Body != nil {
		_ = resp.Body.Close()
	}
}

// body redacts the errors of a response body and limits its length.
type body struct {
	io.ReadCloser
	name  string
	limit int64
	read  int64
}

// Read reads from the response.
func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.read += int64(n)
	if b.limit > 0 && b.read > b.limit {
		return 0, newError(b.name, "more than "+strconv.FormatInt(b.limit, 10)+" bytes", ErrBodyTooLarge)
	}
	return n, redact.Error(err)
}

// Close closes the response's body.
func (b *body) Close() error { return redact.Error(b.ReadCloser.Close()) }
