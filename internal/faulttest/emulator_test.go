package faulttest

import (
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/internal/azurite"
	"github.com/partnerbilling/sdk-go/manifest"
)

// emulator is a transport that sends requests for blobs to Microsoft's storage emulator and all
// others to the in-memory service.
type emulator struct {
	graph     policy.Transporter
	storage   *azurite.Server
	container string
	open      atomic.Int64 // bodies
}

// put replaces a blob.
func (e *emulator) put(name string, data []byte) {
	e.storage.PutBlob(e.container, "run/"+name, data, nil)
}

// remove deletes a blob.
func (e *emulator) remove(name string) { e.storage.DeleteBlob(e.container, "run/"+name) }

// reencode stores a file with Content-Encoding: gzip.
func (e *emulator) reencode(t *testing.T, f billingtest.File) {
	t.Helper()
	e.storage.PutBlob(e.container, "run/"+f.Name, f.Raw, http.Header{"x-ms-blob-content-encoding": {"gzip"}})
}

// emulated serves an export with its blobs on the emulator.
func emulated(t *testing.T, files []billingtest.File, ledger *ledger) (*service, *emulator) {
	t.Helper()
	e := &emulator{storage: azurite.Shared(t)}
	container := e.storage.NewContainer()
	e.container = container
	for _, f := range files {
		e.put(f.Name, f.Raw)
	}
	sas := e.storage.ContainerSAS(container, "rl", time.Now().Add(time.Hour))
	s := serveExport(t, atOnce(), billingtest.Export{InvoiceID: request.InvoiceID, Files: files, EditManifest: func(m map[string]any) {
		m["rootDirectory"], m["sasToken"] = e.storage.BlobURL(container, "run"), sas
	}})
	e.graph, s.transport, s.ledger = s.transport, e, ledger
	s.client.StorageHosts = []string{e.storage.Host}
	return s, e
}

// Do implements policy.Transporter.
func (e *emulator) Do(req *http.Request) (*http.Response, error) {
	if req.URL.Host != e.storage.Host {
		return e.graph.Do(req)
	}
	resp, err := e.storage.Client.Do(req)
	if err == nil {
		e.open.Add(1)
		resp.Body = &countedBody{ReadCloser: resp.Body, open: &e.open}
	}
	return resp, err
}

// countedBody is a body that is counted until it is closed.
type countedBody struct {
	io.ReadCloser
	open   *atomic.Int64
	closed atomic.Bool
}

func (b *countedBody) Close() error {
	if !b.closed.Swap(true) {
		b.open.Add(-1)
	}
	return b.ReadCloser.Close()
}

// onEmulator reads a blob without rows from the emulator.
func onEmulator(t *testing.T, data []byte, o *manifest.ReadOptions) result {
	t.Helper()
	s, e := emulated(t, []billingtest.File{{Name: nameOfBlob, Raw: data}}, newLedger(map[string]int64{nameOfBlob: 0}))
	s.read = o
	r := s.export(t.Context(), t)
	if n := e.open.Load(); n != 0 {
		t.Errorf("%d bodies are open", n)
	}
	return r
}
