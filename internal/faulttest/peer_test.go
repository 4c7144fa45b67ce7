package faulttest

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/manifest"
)

// These rows are about the identity of the server: TLS and DNS.
var peerRows = []row{
	{"B29", "TLS that cannot be trusted", []trial{
		{"unknown certificate", manifest.ErrUntrusted, "manifest.ErrUntrusted", func(t *testing.T) result {
			return badPeer(t, func(s *httptest.Server, c *tls.Config) { c.RootCAs = nil })
		}},
		{"wrong host", manifest.ErrUntrusted, "manifest.ErrUntrusted", func(t *testing.T) result {
			return badPeer(t, func(s *httptest.Server, c *tls.Config) { c.ServerName = "another.blob.core.windows.net" })
		}},
		{"TLS 1.1", manifest.ErrUntrusted, "manifest.ErrUntrusted", func(t *testing.T) result {
			return badPeer(t, func(s *httptest.Server, c *tls.Config) {
				s.TLS.MinVersion, s.TLS.MaxVersion = tls.VersionTLS11, tls.VersionTLS11
			})
		}},
	}},
	{"B30", "DNS", []trial{
		{"temporary failure, 3 times", nil, "", inBubble(func(t *testing.T) result { return dnsFailure(t, 3, true) })},
		{"no such host, 3 times", nil, "", inBubble(func(t *testing.T) result { return dnsFailure(t, 3, false) })},
		{"no such host", manifest.ErrUnavailable, "manifest.ErrUnavailable", inBubble(func(t *testing.T) result { return dnsFailure(t, 1<<30, false) })},
		{"no such host of a proxy", manifest.ErrUnavailable, "manifest.ErrUnavailable", inBubble(func(t *testing.T) result {
			return dnsUntil(t, 0, "storage.blob.core.windows.net", func(r *http.Request) bool { return strings.Contains(r.URL.Host, ".blob.") })
		})},
		{"deadline while an export is requested", context.DeadlineExceeded, "context.DeadlineExceeded", inBubble(func(t *testing.T) result {
			return dnsUntil(t, 5*time.Second, "graph.microsoft.com", func(*http.Request) bool { return true })
		})},
		{"deadline while it is polled", context.DeadlineExceeded, "context.DeadlineExceeded", inBubble(func(t *testing.T) result {
			return dnsUntil(t, 10*time.Minute, "graph.microsoft.com", func(r *http.Request) bool { return r.Method == http.MethodGet })
		})},
	}},
}

// badPeer replaces storage by a server to which no request may be sent.
func badPeer(t *testing.T, spoil func(*httptest.Server, *tls.Config)) result {
	s := serve(t, atOnce(), 1, 100, 50)
	var requests atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests.Add(1) }))
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	server.Config.ErrorLog = discardLog
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	trusted := httptest.NewTLSServer(nil)
	defer trusted.Close()
	config.RootCAs = trusted.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	spoil(server, config)
	server.StartTLS()
	defer server.Close()
	var dialed atomic.Int64
	storage := &http.Client{Transport: &http.Transport{TLSClientConfig: config, DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		dialed.Add(1)
		return (&net.Dialer{}).DialContext(ctx, network, server.Listener.Addr().String())
	}}}
	defer storage.CloseIdleConnections()
	s.transport = transport(func(req *http.Request) (*http.Response, error) {
		if strings.Contains(req.URL.Host, ".blob.") {
			return storage.Do(req)
		}
		return s.Server.Do(req)
	})
	start := time.Now()
	r := s.export(t.Context(), t)
	if took := time.Since(start); took > 30*time.Second || dialed.Load() != 1 || requests.Load() != 0 {
		t.Errorf("%d tries, %d requests, %v", dialed.Load(), requests.Load(), took)
	}
	return r
}

// dnsUntil fails to resolve the host of a proxy, for some requests, until a deadline if there is
// one. The error names the host that was not reached.
func dnsUntil(t *testing.T, deadline time.Duration, host string, fails func(*http.Request) bool) result {
	s := serve(t, &billingtest.Options{StorageHost: "storage.blob.core.windows.net"}, 1, 100, 50)
	s.transport = transport(func(req *http.Request) (*http.Response, error) {
		if fails(req) {
			return nil, &url.Error{Op: "Get", URL: req.URL.String(), Err: &net.OpError{Op: "proxyconnect", Net: "tcp", Err: &net.DNSError{
				Err: "no such host", Name: "proxy.example", IsNotFound: true,
			}}}
		}
		return s.Server.Do(req)
	})
	ctx := t.Context()
	if deadline > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, deadline)
		defer cancel()
	}
	r := s.export(ctx, t)
	if r.err == nil || !strings.Contains(r.err.Error(), host) || !strings.Contains(r.err.Error(), "lookup proxy.example: no such host") {
		t.Errorf("the cause is not in %v", r.err)
	}
	return r
}

// dnsFailure fails to resolve the host of storage for a number of tries.
func dnsFailure(t *testing.T, times int64, temporary bool) result {
	s := serve(t, nil, 1, 3000, 200)
	var tries atomic.Int64
	s.transport = transport(func(req *http.Request) (*http.Response, error) {
		if strings.Contains(req.URL.Host, ".blob.") && tries.Add(1) <= times {
			return nil, &url.Error{Op: "Get", URL: req.URL.String(), Err: &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{
				Err: "no such host", Name: req.URL.Host, Server: "10.0.0.1:53", IsTemporary: temporary, IsNotFound: !temporary,
			}}}
		}
		return s.Server.Do(req)
	})
	start := time.Now()
	r := s.export(t.Context(), t)
	r.note = fmt.Sprintf("%d tries", tries.Load())
	if took := time.Since(start); r.err != nil && (took < time.Minute || took > 5*time.Minute) {
		t.Errorf("given up after %v", took)
	}
	return r
}
