package manifest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/partnerbilling/sdk-go/internal/azurite"
	"github.com/partnerbilling/sdk-go/manifest"
)

// These tests read from Microsoft's storage emulator over TLS: real signatures,
// conditions and ranges.

// onAzurite puts blobs of 20,000 rows into a container.
func onAzurite(t *testing.T, blobs int) (s *azurite.Server, container string, names []string) {
	t.Helper()
	s = azurite.Shared(t)
	container = s.NewContainer()
	for i := range blobs {
		names = append(names, fmt.Sprintf("Fragment=full/part ü+%d.json.gz", i))
		s.PutBlob(container, "run/"+names[i], zipped(lines(i*20_000, 20_000)), nil)
	}
	return s, container, names
}

func azuriteManifest(t *testing.T, s *azurite.Server, container string, names []string, sas string, transport policy.Transporter) *manifest.Manifest[row] {
	t.Helper()
	o := &manifest.Options{StorageHosts: []string{s.Host}}
	o.Transport = transport
	data := document(names, map[string]any{"rootDirectory": s.BlobURL(container, "run"), "sasToken": sas})
	m, err := manifest.Parse[row](data, o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func anHour() time.Time { return time.Now().Add(time.Hour) }

// cutter is a transport whose bodies break after some bytes, over real connections.
type cutter struct {
	next  policy.Transporter
	after int64
	cut   func(request int) bool
	then  func()
	count atomic.Int64
}

func (c *cutter) Do(req *http.Request) (*http.Response, error) {
	n := int(c.count.Add(1))
	resp, err := c.next.Do(req)
	if err == nil && resp.StatusCode < 300 && c.cut(n) {
		resp.Body = &cutBody{ReadCloser: resp.Body, left: c.after, then: c.then}
	}
	return resp, err
}

type cutBody struct {
	io.ReadCloser
	left int64
	then func()
}

func (b *cutBody) Read(p []byte) (int, error) {
	if b.left == 0 {
		if b.then != nil {
			b.then()
			b.then = nil
		}
		return 0, errReset
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

func TestAzuriteRows(t *testing.T) {
	s, container, names := onAzurite(t, 5)
	m := azuriteManifest(t, s, container, names, s.ContainerSAS(container, "rl", anHour()), s.Client)
	for what, o := range ways {
		st := stream(t, m, &o)
		ns, err := collect(t.Context(), st)
		if err != nil || len(ns) != 100_000 || !st.Report().Total.Verified {
			t.Errorf("%s: %d rows, error %v", what, len(ns), err)
		}
		if (o.InOrder || o.Concurrency == 1) && !isCount(ns, 100_000) {
			t.Errorf("%s: rows are out of order", what)
		}
	}
}

func TestAzuriteResumesABrokenConnection(t *testing.T) {
	s, container, names := onAzurite(t, 2)
	for after, always := range map[int64]bool{70_000: true, 0: false, 1: false, 100_000: false} {
		cut := &cutter{next: s.Client, after: after, cut: func(n int) bool { return always || n <= 2 }}
		m := azuriteManifest(t, s, container, names, s.ContainerSAS(container, "r", anHour()), cut)
		st := stream(t, m, &manifest.ReadOptions{InOrder: true})
		ns, err := collect(t.Context(), st)
		if err != nil || !isCount(ns, 40_000) {
			t.Errorf("cut after %d bytes: %d rows, error %v", after, len(ns), err)
		}
		if r := st.Report().Total; r.Reopened < 2 || !r.Verified {
			t.Errorf("cut after %d bytes: report %+v, want connections to be re-opened", after, r)
		}
	}
}

func TestAzuriteContentEncoding(t *testing.T) {
	s := azurite.Shared(t)
	container := s.NewContainer()
	s.PutBlob(container, "run/a", big, http.Header{"x-ms-blob-content-encoding": {"gzip"}})
	cut := &cutter{next: s.Client, after: 100_000, cut: func(n int) bool { return n == 1 }}
	st := stream(t, azuriteManifest(t, s, container, []string{"a"}, s.ContainerSAS(container, "r", anHour()), cut), nil)
	if ns, err := collect(t.Context(), st); err != nil || !isCount(ns, bigRows) {
		t.Errorf("%d rows, error %v", len(ns), err)
	}
	if r := st.Report().Blobs[0]; r.ContentEncoding != "gzip" || r.Reopened != 1 {
		t.Errorf("report %+v", r)
	}
}

func TestAzuriteBlobOverwrittenOrDeletedDuringTheRead(t *testing.T) {
	for what, c := range map[string]struct {
		do func(s *azurite.Server, container, name string)
		is error
	}{
		"overwritten": {func(s *azurite.Server, c, n string) { s.PutBlob(c, n, big, nil) }, manifest.ErrBlobChanged},
		"deleted":     {func(s *azurite.Server, c, n string) { s.DeleteBlob(c, n) }, manifest.ErrBlobMissing},
	} {
		s := azurite.Shared(t)
		container := s.NewContainer()
		s.PutBlob(container, "run/a", big, nil)
		cut := &cutter{next: s.Client, after: 100_000, cut: func(n int) bool { return n == 1 }, then: func() { c.do(s, container, "run/a") }}
		m := azuriteManifest(t, s, container, []string{"a"}, s.ContainerSAS(container, "r", anHour()), cut)
		// In one goroutine: the emulator's methods end the test from there.
		ns, err := collect(t.Context(), stream(t, m, &manifest.ReadOptions{Concurrency: 1}))
		if !errors.Is(err, c.is) || len(ns) == 0 || !isCount(ns, len(ns)) {
			t.Errorf("%s: %d rows, error %v, want a prefix and %v", what, len(ns), err, c.is)
		}
	}
}

func TestAzuriteEmptyBlobs(t *testing.T) {
	s := azurite.Shared(t)
	container := s.NewContainer()
	s.PutBlob(container, "run/a", []byte{}, nil)
	s.PutBlob(container, "run/b", zipped(nil), nil)
	m := azuriteManifest(t, s, container, []string{"a", "b"}, s.ContainerSAS(container, "r", anHour()), s.Client)
	st := stream(t, m, &manifest.ReadOptions{AllowEmpty: true})
	if ns, err := collect(t.Context(), st); err != nil || len(ns) != 0 || !st.Report().Total.Verified {
		t.Errorf("%d rows, error %v", len(ns), err)
	}
	if ns, err := collect(t.Context(), stream(t, m, nil)); !errors.Is(err, manifest.ErrIncomplete) || len(ns) != 0 {
		t.Errorf("not admitted: %d rows, error %v", len(ns), err)
	}
}

func TestAzuriteRefusals(t *testing.T) {
	s, container, names := onAzurite(t, 1)
	good := s.ContainerSAS(container, "r", anHour())
	at := strings.Index(good, "sig=") + len("sig=")
	forged := good[:at] + canary + good[at+len(canary):]
	for what, c := range map[string]struct {
		sas   string
		names []string
		is    error
	}{
		"wrong signature":   {forged, names, manifest.ErrSAS},
		"another container": {s.ContainerSAS(s.NewContainer(), "r", anHour()), names, manifest.ErrSAS},
		"no such blob":      {good, []string{"none"}, manifest.ErrBlobMissing},
	} {
		m := azuriteManifest(t, s, container, c.names, c.sas, s.Client)
		_, err := collect(t.Context(), stream(t, m, nil))
		var read *manifest.ReadError
		if !errors.Is(err, c.is) || !errors.As(err, &read) || read.Code == "" || read.RequestID == "" {
			t.Errorf("%s: error = %v, want %v with Azure's code and request", what, err, c.is)
		}
		text := printed(t, err)
		clean(t, what, text)
		if sig := c.sas[strings.Index(c.sas, "sig=")+4:][:16]; strings.Contains(text, sig) {
			t.Errorf("%s: the error discloses the signature", what)
		}
	}
}

// A SAS that expires during the read is refreshed, and the blob is continued at the same byte.
func TestAzuriteSASExpiresDuringTheRead(t *testing.T) {
	s := azurite.Shared(t)
	container := s.NewContainer()
	names := []string{"a", "b", "c", "d"}
	for i, n := range names {
		s.PutBlob(container, "run/"+n, zipped(lines(i*20_000, 20_000)), nil)
	}
	end := time.Now().Add(2 * time.Second)
	short, long := s.ContainerSAS(container, "r", end), s.ContainerSAS(container, "r", anHour())
	var calls atomic.Int64
	o := &manifest.Options{StorageHosts: []string{s.Host}}
	describe := func(sas string) []byte {
		return document(names, map[string]any{"rootDirectory": s.BlobURL(container, "run"), "sasToken": sas})
	}
	o.Refresh = func(context.Context) ([]byte, error) { calls.Add(1); return describe(long), nil }
	// All four bodies break, and are continued when the SAS is over.
	o.Transport = &cutter{next: s.Client, after: 100_000, cut: func(n int) bool { return n <= 4 }, then: func() { time.Sleep(time.Until(end) + time.Second) }}
	m, err := manifest.Parse[row](describe(short), o)
	if err != nil {
		t.Fatal(err)
	}
	ns, err := collect(t.Context(), stream(t, m, &manifest.ReadOptions{Concurrency: 4, InOrder: true}))
	if err != nil || !isCount(ns, 80_000) || calls.Load() != 1 {
		t.Errorf("%d rows, error %v, %d refreshes, want all rows and one refresh", len(ns), err, calls.Load())
	}
}

func TestAzuriteCertificateIsNotTrusted(t *testing.T) {
	s, container, names := onAzurite(t, 1)
	m := azuriteManifest(t, s, container, names, s.ContainerSAS(container, "r", anHour()), nil)
	start := time.Now()
	_, err := collect(t.Context(), stream(t, m, nil))
	if !errors.Is(err, manifest.ErrUntrusted) || time.Since(start) > 5*time.Second {
		t.Errorf("error %v after %v, want ErrUntrusted at once", err, time.Since(start))
	}
	clean(t, "certificate", printed(t, err))
}

func TestAzuriteLeavesNothingBehind(t *testing.T) {
	s, container, names := onAzurite(t, 8)
	m := azuriteManifest(t, s, container, names, s.ContainerSAS(container, "r", anHour()), s.Client)
	for range 3 {
		for _, err := range m.Items(t.Context(), &manifest.ReadOptions{Concurrency: 8}) {
			if err != nil {
				t.Fatal(err)
			}
			break
		}
		ctx, cancel := context.WithCancel(t.Context())
		for _, err := range m.Items(ctx, &manifest.ReadOptions{Concurrency: 8}) {
			cancel()
			if err != nil && !errors.Is(err, context.Canceled) {
				t.Errorf("error = %v, want that of the context", err)
			}
		}
		cancel()
	}
}
