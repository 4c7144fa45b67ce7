// Package httpguard stands between an azcore pipeline and the wire and lets only those requests pass that were meant to go
// out: https, to hosts on an allow list, without following redirects. What comes back up has been cleaned of addresses that
// contain a signature.
package httpguard

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/partnerbilling/sdk-go/internal/redact"
)

// Rules say what may pass.
type Rules struct {
	// Name tells in error texts which side is meant, for instance "Graph" or "storage".
	Name string
	// Allow decides about a request's URL; nil means that it may be sent. It is asked for every request, after the scheme has been
	// found to be https and the URL to hold no user information. A nil Allow refuses everything.
	Allow func(*url.URL) error
	// Prepare, where set, gets the last touch on a copy of the request, right before it is sent. Secrets that belong into the
	// URL are added here, so that no policy, log or error of the pipeline ever sees them. It must not change scheme or host.
	Prepare func(*http.Request)
	// RefuseAuthorization makes a request with an Authorization header an error.
	RefuseAuthorization bool
	// MaxBody limits the length of response bodies in bytes; 0 means no limit.
	MaxBody int64
}

// New returns a transporter that applies the rules and sends what passes through next.
//
// A nil next means a client made here and shared by all guards: proxies from the environment, TLS 1.2 or later, time limits
// for connecting and for response headers, and no transparent decompression. An *http.Client is copied and the copy made to
// not follow redirects. Any other transporter is used as it is; when its answer shows that it followed a redirect on its own,
// the answer is refused.
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
	next  policy.Transporter
	rules Rules
}

// Do sends a copy of req if the rules let it pass.
func (g *guard) Do(req *http.Request) (*http.Response, error) {
	if err := g.check(req); err != nil {
		closeRequest(req)
		return nil, err
	}
	sent := req.Clone(req.Context())
	if g.rules.Prepare != nil {
		g.rules.Prepare(sent)
		if !sameOrigin(sent.URL, req.URL) {
			closeRequest(req)
			return nil, refuse(g.rules.Name, "the request was turned to another host", ErrForeignHost)
		}
	}
	scheme, host := sent.URL.Scheme, sent.URL.Host
	resp, err := g.next.Do(sent)
	if err != nil {
		closeResponse(resp)
		return nil, g.clean(err)
	}
	if resp == nil {
		return nil, errors.New(g.rules.Name + ": the transport returned neither a response nor an error")
	}
	if followed(resp, scheme, host) {
		closeResponse(resp)
		return nil, refuse(g.rules.Name, "the transport followed one", ErrRedirect)
	}
	if resp.StatusCode >= 300 && resp.StatusCode < 400 && resp.StatusCode != http.StatusNotModified {
		closeResponse(resp)
		return nil, refuse(g.rules.Name, "the server answered "+strconv.Itoa(resp.StatusCode), ErrRedirect)
	}
	// Everything above keeps the response: errors, spans, captured responses. So it gets a request without secrets, neither in
	// the URL, as the copy may have, nor in the header, and whatever the server may have quoted of them goes, too.
	resp.Request = req
	if token := req.Header.Get("Authorization"); token != "" {
		resp.Request = req.WithContext(req.Context())
		resp.Request.Header = req.Header.Clone()
		resp.Request.Header.Del("Authorization")
		forget(resp.Header, token)
	}
	if resp.Body == nil {
		resp.Body = http.NoBody
	}
	resp.Body = &body{ReadCloser: resp.Body, name: g.rules.Name, limit: g.rules.MaxBody}
	if resp.StatusCode == http.StatusServiceUnavailable {
		resp.Body = &lastBody{resp.Body, g.next}
	}
	return resp, nil
}

// forget replaces an access token in the values of a header.
func forget(h http.Header, authorization string) {
	_, token, ok := strings.Cut(authorization, " ")
	if !ok {
		token = authorization
	}
	hide := strings.NewReplacer(token, redact.Placeholder, url.QueryEscape(token), redact.Placeholder)
	for _, values := range h {
		for i, v := range values {
			values[i] = hide.Replace(v)
		}
	}
}

// lastBody is the body of an answer after which the next request shall go out on another
// connection: it may reach a server that is not overloaded.
type lastBody struct {
	io.ReadCloser
	transport policy.Transporter
}

// Close closes the response's body, and the connections that nobody uses, where the
// transport can do that: by then the answer's own is one of them.
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
		return refuse(g.rules.Name, "the request has no host", ErrForeignHost)
	case u.Scheme != "https":
		return refuse(g.rules.Name, "the request to "+u.Host+" is not", ErrInsecure)
	case u.User != nil:
		return refuse(g.rules.Name, "the address holds user information", ErrForeignHost)
	case g.rules.Allow == nil:
		return refuse(g.rules.Name, u.Host, ErrForeignHost)
	}
	if err := g.rules.Allow(u); err != nil {
		return refuse(g.rules.Name, err.Error(), ErrForeignHost, cleanCause(err))
	}
	if g.rules.RefuseAuthorization && len(req.Header.Values("Authorization")) > 0 {
		return refuse(g.rules.Name, "", ErrAuthorization)
	}
	return nil
}

// clean makes a transport's error fit to be seen, and final where trying again cannot help.
func (g *guard) clean(err error) error {
	clean := redact.Error(err)
	if IsCertificate(err) {
		return refuse(g.rules.Name, clean.Error(), ErrCertificate, clean)
	}
	return clean
}

// followed reports whether resp is the answer to another request than the one sent. Package net/http notes in a redirected
// request the response that caused it.
func followed(resp *http.Response, scheme, host string) bool {
	r := resp.Request
	if r == nil {
		return false
	}
	return r.Response != nil || (r.URL != nil && (r.URL.Scheme != scheme || r.URL.Host != host))
}

func sameOrigin(a, b *url.URL) bool { return a.Scheme == b.Scheme && a.Host == b.Host && a.User == nil }

// closeRequest keeps the promise of every http.RoundTripper, that the request's body is closed, for requests not sent.
func closeRequest(req *http.Request) {
	if req.Body != nil {
		// Nothing was sent, so nothing can have been lost.
		_ = req.Body.Close()
	}
}

// closeResponse drops a response that nobody will see; so nobody can miss the error either.
func closeResponse(resp *http.Response) {
	if resp != nil && resp.Body != nil {
		_ = resp.Body.Close()
	}
}

// body cleans the errors of a response body and limits its length.
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
		return 0, refuse(b.name, "more than "+strconv.FormatInt(b.limit, 10)+" bytes", ErrBodyTooLarge)
	}
	return n, redact.Error(err)
}

// Close closes the response's body.
func (b *body) Close() error { return redact.Error(b.ReadCloser.Close()) }
