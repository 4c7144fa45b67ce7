package faulttest

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	"github.com/partnerbilling/sdk-go/billingtest"
)

// storageAddress is the storage host of the in-memory service.
const storageAddress = "adlsreconbuprodeastus201.blob.core.windows.net:443"

// toxicity describes a toxic of toxiproxy.
type toxicity map[string]any

// toxic describes a toxic for data from the server, with the share of connections that it affects.
func toxic(kind string, share float64, attributes map[string]any) toxicity {
	return toxicity{"name": kind, "type": kind, "stream": "downstream", "toxicity": share, "attributes": attributes}
}

// toxified starts a toxiproxy in front of an address.
func toxified(t *testing.T, upstream string) *toxiproxy.Proxy {
	t.Helper()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	p := toxiproxy.NewProxy(server, t.Name(), "127.0.0.1:0", upstream)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	return p
}

// add adds a toxic.
func add(t *testing.T, p *toxiproxy.Proxy, bad toxicity) {
	t.Helper()
	data, err := json.Marshal(bad)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Toxics.AddToxicJson(strings.NewReader(string(data))); err != nil {
		t.Fatal(err)
	}
}

// viaAddress returns a client for a listener that connects to storage by another address, and to
// Graph directly.
func viaAddress(l *billingtest.Listener, storage string) *http.Client {
	u, err := url.Parse(l.URL)
	if err != nil {
		panic(err)
	}
	return &http.Client{Transport: &http.Transport{
		TLSClientConfig:     &tls.Config{RootCAs: l.CA, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout: 10 * time.Second,
		DisableCompression:  true,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			to := u.Host
			if storage != "" && strings.Contains(address, ".blob.") {
				to = storage
			}
			return (&net.Dialer{}).DialContext(ctx, network, to)
		},
	}}
}

// throughProxy reads an export with storage behind a fault-injecting proxy.
func throughProxy(t *testing.T, s *service, bad ...toxicity) result {
	t.Helper()
	l, err := s.Listen()
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	p := toxified(t, strings.TrimPrefix(l.URL, "https://"))
	for _, b := range bad {
		add(t, p, b)
	}
	client := viaAddress(l, p.Listen)
	defer client.CloseIdleConnections()
	s.transport = client
	return s.export(t.Context(), t)
}

// refusedForAWhile makes storage refuse connections for ten seconds while blobs are read.
func refusedForAWhile(t *testing.T) result {
	s := serve(t, atOnce(), 2, 9000, 400)
	l, err := s.Listen()
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	p := toxified(t, strings.TrimPrefix(l.URL, "https://"))
	add(t, p, toxic("bandwidth", 1, map[string]any{"rate": 2000}))
	client := viaAddress(l, p.Listen)
	defer client.CloseIdleConnections()
	s.transport = client
	down := time.AfterFunc(500*time.Millisecond, func() {
		p.Stop()
		time.Sleep(10 * time.Second)
		if err := p.Start(); err != nil {
			t.Error(err)
		}
	})
	defer down.Stop()
	start := time.Now()
	r := s.export(t.Context(), t)
	if took := time.Since(start); took < 10*time.Second {
		t.Errorf("it took %v only", took)
	}
	return r
}
