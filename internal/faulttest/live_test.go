package faulttest

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
)

// TestLive verifies facts about the real service that are not documented. Set
// PARTNERBILLING_LIVE_INVOICE to the number of an invoice and provide a credential for azidentity's
// DefaultAzureCredential:
//
//	PARTNERBILLING_LIVE_INVOICE=G016907411 go test -run '^TestLive$' -v -timeout 5h
//
// It exports the invoice twice and reads the first export twice. With PARTNERBILLING_LIVE_HOLD=1 it
// also keeps a response open until its signature has expired, which takes an hour or longer.
const (
	liveInvoice = "PARTNERBILLING_LIVE_INVOICE"
	liveHold    = "PARTNERBILLING_LIVE_HOLD"
)

func TestLive(t *testing.T) {
	invoice := os.Getenv(liveInvoice)
	if invoice == "" {
		t.Skip("set " + liveInvoice + " to the number of an invoice to test the real service; see this file")
	}
	cred, err := azidentity.NewDefaultAzureCredential(nil)
	if err != nil {
		t.Fatal(err)
	}
	l := &live{invoice: invoice, credential: cred, next: http.DefaultClient, hold: os.Getenv(liveHold) != ""}
	l.run(t)
}

// TestLiveInMemory runs the same against the in-memory service.
func TestLiveInMemory(t *testing.T) {
	inBubble(func(t *testing.T) result {
		s := serve(t, nil, 3, 3000, 200)
		l := &live{invoice: request.InvoiceID, credential: s.credential, next: s.Server, hold: true}
		l.run(t)
		for fact, want := range map[string]string{
			"a refreshed manifest has another signature":       "yes",
			"a second export has the same eTag":                "yes",
			"a second export has the same location":            "yes",
			"a second export's blobs have the same ETags":      "yes",
			"a response continues after its signature expired": "yes",
			"blobs have a Content-MD5":                         "0 of 3",
			"every blob was read with all its rows":            "yes, 9000 rows",
		} {
			if got := l.results[fact]; got != want {
				t.Errorf("%s: %s, want %s", fact, got, want)
			}
		}
		return result{}
	})(t)
}

// live tests a service.
type live struct {
	invoice    string
	credential azcore.TokenCredential
	next       policy.Transporter
	hold       bool

	mu      sync.Mutex
	reject  bool              // reject the next request for a blob, as if its signature had expired
	etags   map[string]string // of blobs, by name
	md5s    int
	wait    time.Time // bodies pause until this time
	results map[string]string
}

func (l *live) report(t *testing.T, fact, format string, values ...any) {
	t.Helper()
	l.results[fact] = fmt.Sprintf(format, values...)
	t.Logf("%-52s %s", fact+":", l.results[fact])
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func (l *live) run(t *testing.T) {
	ctx := t.Context()
	l.results, l.etags = map[string]string{}, map[string]string{}
	first := l.export(ctx, t)
	lifetime := time.Until(first.SAS().Expires())
	l.report(t, "a signature is valid for", "%v", lifetime.Round(time.Minute))

	rows := l.read(ctx, t, first)
	l.report(t, "every blob was read with all its rows", "yes, %d rows", rows)
	l.report(t, "blobs have a Content-MD5", "%d of %d", l.md5s, len(first.Blobs()))
	etags := maps.Clone(l.etags)

	old := first.SAS().Reveal()
	l.reject = true
	again := l.read(ctx, t, first)
	data, err := first.MarshalWithSAS()
	if err != nil {
		t.Fatal(err)
	}
	refreshed, err := manifest.Parse[lineitem.Usage](data, nil)
	if err != nil {
		t.Fatal(err)
	}
	l.report(t, "a refreshed manifest has another signature", "%s", yes(refreshed.SAS().Reveal() != old))
	if again != rows {
		t.Errorf("%d rows, and %d before", again, rows)
	}

	second := l.export(ctx, t)
	l.report(t, "a second export has the same eTag", "%s", yes(second.Info().ETag == first.Info().ETag))
	l.report(t, "a second export has the same location", "%s", yes(second.Info().RootDirectory == first.Info().RootDirectory))
	names := func(m *manifest.Manifest[lineitem.Usage]) []string {
		var all []string
		for _, b := range m.Blobs() {
			all = append(all, b.Name)
		}
		return slices.Sorted(slices.Values(all))
	}
	l.report(t, "a second export's blobs have the same names", "%s", yes(slices.Equal(names(first), names(second))))
	clear(l.etags)
	if n := l.read(ctx, t, second); n != rows {
		l.report(t, "a second export has as many rows", "no, %d", n)
	}
	l.report(t, "a second export's blobs have the same ETags", "%s", yes(maps.Equal(etags, l.etags)))

	if l.hold {
		l.wait = second.SAS().Expires().Add(5 * time.Minute)
		n, err := l.held(ctx, second)
		l.report(t, "a response continues after its signature expired", "%s", yes(err == nil))
		t.Logf("%d rows were read from that response, %v", n, err)
	}
}

func (l *live) export(ctx context.Context, t *testing.T) *manifest.Manifest[lineitem.Usage] {
	t.Helper()
	client, err := billing.NewClient(l.credential, &billing.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: transport(l.do)}})
	if err != nil {
		t.Fatal(err)
	}
	p, err := billing.BeginExport(ctx, client, billing.BilledUsage{InvoiceID: l.invoice}, nil)
	if err != nil {
		t.Fatal(err)
	}
	m, err := p.PollUntilDone(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	secrets.add(m.SAS().Reveal())
	return m
}

// read counts the rows of an export.
func (l *live) read(ctx context.Context, t *testing.T, m *manifest.Manifest[lineitem.Usage]) (n int64) {
	t.Helper()
	s, err := manifest.As[anyRow](m).NewStream(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range s.All(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if r := s.Report(); !r.Total.Verified || r.Total.Rows != n {
		t.Errorf("%+v", r.Total)
	}
	return n
}

// anyRow is a row type for rows of any kind.
type anyRow struct {
	Partner string `json:"PartnerId"`
}

// held reads the first blob while the connection pauses until the signature has expired. It allows
// no retry.
func (l *live) held(ctx context.Context, m *manifest.Manifest[lineitem.Usage]) (n int, err error) {
	for _, err := range manifest.As[anyRow](m).BlobItems(ctx, m.Blobs()[0], &manifest.ReadOptions{StallTimeout: 24 * time.Hour, MaxTries: 1, RetryBudget: time.Nanosecond}) {
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

func (l *live) do(req *http.Request) (*http.Response, error) {
	if !strings.Contains(req.URL.Host, ".blob.") {
		return l.next.Do(req)
	}
	l.mu.Lock()
	reject := l.reject
	l.reject = false
	l.mu.Unlock()
	if reject {
		return &http.Response{StatusCode: 403, Header: http.Header{"X-Ms-Error-Code": {"AuthenticationFailed"}}, Body: http.NoBody, Request: req}, nil
	}
	resp, err := l.next.Do(req)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	name := path.Base(req.URL.Path)
	if _, seen := l.etags[name]; !seen && resp.Header.Get("Content-MD5") != "" {
		l.md5s++
	}
	l.etags[name] = resp.Header.Get("ETag")
	if !l.wait.IsZero() {
		resp.Body = &pausing{ReadCloser: resp.Body, until: l.wait}
	}
	return resp, nil
}

// pausing is a body that returns a few bytes, and the rest not before a time.
type pausing struct {
	io.ReadCloser
	until time.Time
	read  int
}

func (p *pausing) Read(b []byte) (int, error) {
	if p.read > 0 {
		time.Sleep(time.Until(p.until))
	}
	n, err := p.ReadCloser.Read(b[:min(len(b), 1000+p.read)])
	p.read += n
	return n, err
}
