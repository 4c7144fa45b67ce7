package faulttest

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/manifest"
)

var stallRows = []row{
	{"B07", "stall in the body, once", []trial{
		{"in memory", nil, "", inBubble(func(t *testing.T) result {
			s := serve(t, atOnce(), 1, 3000, 200).script(onBlob(1, billingtest.StallAfter(cut)))
			start := time.Now()
			r := s.export(t.Context(), t)
			if took := time.Since(start); took < time.Minute || took > 61*time.Second {
				t.Errorf("it took %v", took)
			}
			return r
		})},
		{"socket", nil, "", func(t *testing.T) result {
			s := serve(t, atOnce(), 1, 3000, 200).script(onBlob(1, billingtest.StallAfter(cut)))
			s.read = &manifest.ReadOptions{StallTimeout: time.Second}
			start := time.Now()
			r := onSocket(t, s)
			if took := time.Since(start); took > manifest.DefaultStallTimeout {
				t.Errorf("it took %v", took)
			}
			return r
		}},
	}},
	{"B08", "stall before headers; in the TLS handshake", []trial{
		{"before headers", nil, "", inBubble(func(t *testing.T) result {
			return serve(t, nil, 1, 3000, 200).script(onBlob(2, billingtest.Stall())).export(t.Context(), t)
		})},
		{"TLS handshake", nil, "", silentHandshake},
	}},
	storageRow("B09", "stall always",
		scripted{"in the body", manifest.ErrUnavailable, "manifest.ErrUnavailable", []billingtest.Step{onBlob(-1, billingtest.StallAfter(1000))}},
		scripted{"before headers", manifest.ErrUnavailable, "manifest.ErrUnavailable", []billingtest.Step{onBlob(-1, billingtest.Stall())}}),
	{"B10", "half of the connections stall (proxy)", []trial{{"timeout", nil, "", func(t *testing.T) result {
		s := serve(t, atOnce(), 8, 3000, 200)
		s.read = &manifest.ReadOptions{StallTimeout: time.Second, MaxTries: 50, Concurrency: 8}
		return throughProxy(t, s, toxic("timeout", 0.5, map[string]any{"timeout": 0}))
	}}}},
	{"B11", "100 bytes a second", []trial{
		{"once", nil, "", inBubble(func(t *testing.T) result {
			return serve(t, nil, 1, 3000, 200).script(onBlob(1, billingtest.Dribble(100, time.Second))).export(t.Context(), t)
		})},
		{"always", nil, "", inBubble(func(t *testing.T) result {
			start := time.Now()
			s := serve(t, nil, 1, 3000, 200).script(onBlob(-1, billingtest.Dribble(100, time.Second)))
			r := s.export(t.Context(), t)
			r.note = fmt.Sprintf("always: %v, %s", time.Since(start).Round(time.Minute), r.note)
			return reopened(t, s, r, 10, 30) // a slow connection is replaced after five minutes
		})},
		{"5 bytes a second, always", manifest.ErrUnavailable, "manifest.ErrUnavailable", inBubble(func(t *testing.T) result {
			return serve(t, nil, 1, 3000, 200).script(onBlob(-1, billingtest.Dribble(5, time.Second))).export(t.Context(), t)
		})},
	}},
	{"B12", "slow, but without faults (proxy)", []trial{
		{"latency", nil, "", func(t *testing.T) result {
			return slowly(t, toxic("latency", 1, map[string]any{"latency": 200, "jitter": 100}))
		}},
		{"slices", nil, "", func(t *testing.T) result {
			return slowly(t, toxic("slicer", 1, map[string]any{"average_size": 1000, "size_variation": 500, "delay": 100}))
		}},
		{"bandwidth", nil, "", func(t *testing.T) result {
			return slowly(t, toxic("bandwidth", 1, map[string]any{"rate": 500}))
		}},
	}},
}

// slowly reads through a slow proxy with a short stall timeout, and asserts that no stall is
// detected.
func slowly(t *testing.T, bad toxicity) result {
	s := serve(t, atOnce(), 4, 3000, 200)
	s.read = &manifest.ReadOptions{StallTimeout: 5 * time.Second, Concurrency: 4}
	r := throughProxy(t, s, bad)
	if n := s.count(billingtest.BlobCall); n != 4 {
		t.Errorf("%d requests for 4 blobs", n)
	}
	return r
}

// silentHandshake reads from a storage that accepts the first connections and sends nothing.
func silentHandshake(t *testing.T) result {
	s := serve(t, atOnce(), 1, 3000, 200)
	l, err := s.Listen()
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	silent, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	client := viaAddress(l, "")
	var dialed atomic.Int64
	direct := client.Transport.(*http.Transport).DialContext
	client.Transport.(*http.Transport).DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		if address == storageAddress && dialed.Add(1) <= 2 {
			return (&net.Dialer{}).DialContext(ctx, network, silent.Addr().String())
		}
		return direct(ctx, network, address)
	}
	defer client.CloseIdleConnections()
	s.transport = client
	s.read = &manifest.ReadOptions{StallTimeout: time.Second}
	r := s.export(t.Context(), t)
	if n := dialed.Load(); n < 3 {
		t.Errorf("storage was dialed %d times", n)
	}
	return r
}
