package faulttest

import (
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/internal/azurite"
	"github.com/partnerbilling/sdk-go/manifest"
)

// shortLived serves an export from the emulator. Only the SAS of its first manifest has the given
// lifetime: on a busy machine, opening eight blobs may take longer, and a second refresh would be
// correct.
func shortLived(t *testing.T, files []billingtest.File, l *ledger, lifetime time.Duration) (s *service, manifests *atomic.Int64) {
	t.Helper()
	storage := azurite.Shared(t)
	container := storage.NewContainer()
	for _, f := range files {
		storage.PutBlob(container, "run/"+f.Name, f.Raw, nil)
	}
	manifests = new(atomic.Int64)
	s = serveExport(t, atOnce(), billingtest.Export{InvoiceID: request.InvoiceID, Files: files, EditManifest: func(m map[string]any) {
		valid := lifetime
		if manifests.Add(1) > 1 {
			valid = time.Hour
		}
		sas := storage.ContainerSAS(container, "rl", time.Now().Add(valid))
		secrets.add(sas)
		m["rootDirectory"], m["sasToken"] = storage.BlobURL(container, "run"), sas
	}})
	s.ledger = l
	s.client.StorageHosts = []string{storage.Host}
	graph := s.transport
	s.transport = transport(func(req *http.Request) (*http.Response, error) {
		if req.URL.Host == storage.Host {
			return storage.Client.Do(req)
		}
		return graph.Do(req)
	})
	return s, manifests
}

// breakAfter breaks the first connection of each blob after a number of bytes, at a time after the
// start.
func (s *service) breakAfter(after int64, at time.Duration) *service {
	next, start := s.transport, time.Now()
	seen := map[string]bool{}
	turn := make(chan struct{}, 1)
	s.transport = transport(func(req *http.Request) (*http.Response, error) {
		resp, err := next.Do(req)
		if err != nil || resp.StatusCode != http.StatusOK || resp.Header.Get("ETag") == "" {
			return resp, err
		}
		turn <- struct{}{}
		first := !seen[req.URL.Path]
		seen[req.URL.Path] = true
		<-turn
		if first {
			resp.Body = &brokenBody{ReadCloser: resp.Body, left: after, until: start.Add(at), then: s.onBreak}
		}
		return resp, err
	})
	return s
}

type brokenBody struct {
	io.ReadCloser
	left  int64
	until time.Time
	then  func()
}

func (l *brokenBody) Read(p []byte) (int, error) {
	if l.left == 0 {
		time.Sleep(time.Until(l.until))
		if l.then != nil {
			l.then()
		}
		return 0, billingtest.ErrReset
	}
	n, err := l.ReadCloser.Read(p[:min(int64(len(p)), l.left)])
	l.left -= int64(n)
	return n, err
}

func brokenAfterExpiry(t *testing.T) result {
	data := zipped(21_000, 4100) // 64 MiB
	files := []billingtest.File{{Name: nameOfBlob, Raw: data}}
	s, manifests := shortLived(t, files, newLedger(map[string]int64{nameOfBlob: 21_000}), 2*time.Second)
	r := s.breakAfter(int64(len(data)/2), 3*time.Second).export(t.Context(), t)
	if n := manifests.Load() - 1; n != 1 {
		t.Errorf("%d refreshes, want one", n)
	}
	r.note = fmt.Sprintf("%d MiB, %s, 1 refresh", len(data)>>20, r.note)
	return r
}

func expiringOnEmulator(t *testing.T) result {
	files, l := blobs(8, 4000, 400)
	s, manifests := shortLived(t, files, l, 2*time.Second)
	s.read = &manifest.ReadOptions{Concurrency: 8}
	r := s.breakAfter(500_000, 3*time.Second).export(t.Context(), t)
	if n := manifests.Load() - 1; n != 1 {
		t.Errorf("%d refreshes, want exactly one", n)
	}
	return r
}
