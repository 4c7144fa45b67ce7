package faulttest

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
)

var refreshRows = []row{
	{"R01", "SAS of 2 s, 64 MiB, connection lost after its expiry (emulator)", []trial{
		{"emulator", nil, "", brokenAfterExpiry},
	}},
	{"R02", "SAS expires for 8 workers at once", []trial{
		{"in memory", nil, "", inBubble(func(t *testing.T) result {
			s := expireWhenOpen(t, serve(t, nil, 16, 3000, 200), 8)
			return wantRefreshes(s, s.export(t.Context(), t), t, 1, 0)
		})},
		{"in memory, in order", nil, "", inBubble(func(t *testing.T) result {
			s := expireWhenOpen(t, serve(t, nil, 16, 3000, 200), 8)
			s.read.InOrder = true
			return wantRefreshes(s, s.export(t.Context(), t), t, 1, 0)
		})},
		{"emulator", nil, "", expiringOnEmulator},
	}},
	{"R03", "refresh returns the same SAS", []trial{
		{"always", manifest.ErrSAS, "manifest.ErrSAS", inBubble(func(t *testing.T) result { return sameSAS(t, 99) })},
		{"always, read twice", manifest.ErrSAS, "manifest.ErrSAS", inBubble(oneExportAnHour)},
		{"until the re-export", nil, "", inBubble(func(t *testing.T) result { return sameSAS(t, 3) })},
		{"until the operation is polled", nil, "", inBubble(func(t *testing.T) result { return sameSAS(t, 2) })},
	}},
	{"R04", "refreshed manifest has another eTag", []trial{
		{"eTag", manifest.ErrDataChanged, "manifest.ErrDataChanged", inBubble(func(t *testing.T) result {
			return refreshedWith(t, func(m map[string]any) { m["eTag"] = "another" })
		})},
		{"none", manifest.ErrDataChanged, "manifest.ErrDataChanged", inBubble(func(t *testing.T) result {
			files, ledger := blobs(2, 3000, 200)
			s := serveExport(t, nil, billingtest.Export{InvoiceID: request.InvoiceID, Files: files, EditManifest: func(m map[string]any) { delete(m, "eTag") }})
			s.ledger = ledger
			return expireWhenOpen(t, s, 1).export(t.Context(), t)
		})},
		{"other blobs", manifest.ErrDataChanged, "manifest.ErrDataChanged", inBubble(func(t *testing.T) result {
			return refreshedWith(t, func(m map[string]any) { m["blobs"] = m["blobs"].([]any)[1:]; m["blobCount"] = 1 })
		})},
		{"foreign root", manifest.ErrUntrusted, "manifest.ErrUntrusted", inBubble(func(t *testing.T) result {
			return refreshedWith(t, func(m map[string]any) { m["rootDirectory"] = "https://evil.example/x" })
		})},
	}},
	{"R05", "manifest gone, operation available", []trial{
		{"404", nil, "", inBubble(func(t *testing.T) result { return manifestGone(t, 404) })},
		{"410", nil, "", inBubble(func(t *testing.T) result { return manifestGone(t, 410) })},
	}},
	{"R06", "both gone; re-export at the same location", []trial{
		{"after 3 h", nil, "", inBubble(func(t *testing.T) result { return reexported(t, nil) })},
	}},
	{"R07", "both gone; re-export at another location, same rows", []trial{
		{"after 3 h", nil, "", inBubble(func(t *testing.T) result {
			return reexported(t, func(e *billingtest.Export) { e.Version = "203001010000" })
		})},
		{"same text in other bytes", nil, "", inBubble(func(t *testing.T) result {
			return reexported(t, func(e *billingtest.Export) {
				e.Version = "203001010000"
				e.Files = twoMembers(e.Files, lines(longRows, 200))
			})
		})},
	}},
	{"R08", "as R07, with a changed row", []trial{
		{"among the rows read before", manifest.ErrDataChanged, "manifest.ErrDataChanged", inBubble(func(t *testing.T) result { return reexportedChanged(t, 5) })},
		{"after the rows read before", nil, "", inBubble(func(t *testing.T) result { return reexportedChanged(t, longRows-10) })},
	}},
	{"R09", "403 with Azure's error codes", []trial{
		{"AuthenticationFailed", nil, "", inBubble(func(t *testing.T) result { return forbidden(t, "AuthenticationFailed", 1) })},
		{"AuthorizationPermissionMismatch", manifest.ErrSAS, "manifest.ErrSAS", inBubble(func(t *testing.T) result { return forbidden(t, "AuthorizationPermissionMismatch", -1) })},
		{"AuthorizationSourceIPMismatch", manifest.ErrSAS, "manifest.ErrSAS", inBubble(func(t *testing.T) result { return forbidden(t, "AuthorizationSourceIPMismatch", -1) })},
	}},
	{"R10", "local clock an hour fast, or slow", []trial{
		{"fast", nil, "", inBubble(func(t *testing.T) result { return skewedClock(t, time.Hour) })},
		{"slow", nil, "", inBubble(func(t *testing.T) result { return skewedClock(t, -time.Hour) })},
		{"slow, and the SAS expires", nil, "", inBubble(func(t *testing.T) result {
			s := skewedService(t, -time.Hour, longRows)
			s.read = &manifest.ReadOptions{Concurrency: 2}
			s.script(billingtest.Step{On: billingtest.BlobCall, For: 2, Do: billingtest.Chain(billingtest.Cut(1_600_000, billingtest.ErrClosed), billingtest.Dribble(50_000, time.Second))})
			rows := 0
			s.onRow = func(lineitem.Position) {
				if rows++; rows == 50 {
					time.Sleep(65 * time.Minute)
				}
			}
			r := s.export(t.Context(), t)
			if n := statuses(s, http.StatusForbidden); n != 0 {
				t.Errorf("%d requests with a SAS that had expired by storage's clock", n)
			}
			return wantRefreshes(s, r, t, 1, 0)
		})},
	}},
	{"R11", "403 always", []trial{
		{"valid SAS", manifest.ErrSAS, "manifest.ErrSAS", inBubble(func(t *testing.T) result { return forbidden(t, "AuthenticationFailed", -1) })},
		{"always expired", manifest.ErrSAS, "manifest.ErrSAS", inBubble(func(t *testing.T) result {
			s := serve(t, &billingtest.Options{SASLifetime: time.Second}, 8, 100, 50)
			s.script(billingtest.Step{On: billingtest.BlobCall, For: -1, Do: func(x *billingtest.Exchange, next func(*billingtest.Exchange) *billingtest.Response) *billingtest.Response {
				time.Sleep(2 * time.Second)
				return next(x)
			}})
			r := s.export(t.Context(), t)
			if n := s.count(billingtest.ManifestCall); n > 2*3+1 {
				t.Errorf("%d refreshes", n)
			}
			return r
		})},
	}},
	{"R12", "context canceled in a refresh", []trial{
		{"manifest", context.Canceled, "context.Canceled", inBubble(func(t *testing.T) result {
			s := expireWhenOpen(t, serve(t, nil, 8, 2000, 200), 1)
			s.script(billingtest.Step{On: billingtest.ManifestCall, For: -1, Do: billingtest.Stall()})
			ctx, cancel := context.WithCancel(t.Context())
			var at time.Time
			time.AfterFunc(time.Minute, func() { at = time.Now(); cancel() })
			r := s.export(ctx, t)
			if took := time.Since(at); took > 100*time.Millisecond {
				t.Errorf("it ended %v after the context was canceled", took)
			}
			return r
		})},
	}},
	{"R13", "blob missing at first; found after a refresh", []trial{
		{"404", nil, "", inBubble(func(t *testing.T) result {
			s := serve(t, nil, 2, 3000, 200)
			s.script(billingtest.Step{On: billingtest.BlobCall, Do: billingtest.StorageError(404, "BlobNotFound", "The specified blob does not exist.")})
			return wantRefreshes(s, s.export(t.Context(), t), t, 1, 0)
		})},
	}},
	{"R14", "re-export disabled", []trial{
		{"NoReexport", manifest.ErrSAS, "manifest.ErrSAS", inBubble(func(t *testing.T) result {
			s := longRead(t)
			s.begun.NoReexport = true
			return wantRefreshes(s, s.export(t.Context(), t), t, 1, 0)
		})},
		{"NoReexport, resumed without it", manifest.ErrSAS, "manifest.ErrSAS", inBubble(func(t *testing.T) result {
			s := longRead(t)
			s.begun.NoReexport = true
			p, err := s.begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			token, err := p.ResumeToken()
			if err != nil {
				t.Fatal(err)
			}
			s.begun = billing.BeginExportOptions{ResumeToken: token}
			return wantRefreshes(s, s.export(t.Context(), t), t, 1, 0)
		})},
	}},
	{"R15", "SAS that has expired by a wrong clock, and no other", []trial{
		{"Date 2 h ahead", nil, "", inBubble(dateAhead)},
	}},
}

// dateAhead reads from storage whose Date, perhaps a proxy's, is beyond the expiry of the only SAS.
func dateAhead(t *testing.T) result {
	files, ledger := blobs(4, 100, 50)
	var first any
	s := serveExport(t, nil, billingtest.Export{InvoiceID: request.InvoiceID, Files: files, EditManifest: func(m map[string]any) {
		if first == nil {
			first = m["sasToken"]
		}
		m["sasToken"] = first
	}})
	s.ledger, s.begun.NoReexport = ledger, true
	s.read = &manifest.ReadOptions{Concurrency: 1}
	s.script(billingtest.Step{On: billingtest.BlobCall, For: -1, Do: billingtest.Header("Date", time.Now().Add(2*time.Hour).UTC().Format(http.TimeFormat))})
	r := s.export(t.Context(), t)
	if n := statuses(s, http.StatusForbidden); n != 0 {
		t.Errorf("%d requests were refused", n)
	}
	return wantRefreshes(s, r, t, 1, 0)
}

// expireWhenOpen breaks the first response for each blob. When the given number of blobs is open,
// it expires the SAS, so that they cannot be opened again with it.
func expireWhenOpen(t *testing.T, s *service, open int) *service {
	t.Helper()
	s.read = &manifest.ReadOptions{Concurrency: 8}
	var opened atomic.Int64
	return s.script(billingtest.Step{On: billingtest.BlobCall, For: open, Do: func(x *billingtest.Exchange, next func(*billingtest.Exchange) *billingtest.Response) *billingtest.Response {
		resp := billingtest.Chain(billingtest.Cut(100_000, billingtest.ErrReset), billingtest.Dribble(50_000, time.Second))(x, next)
		if opened.Add(1) == int64(open) {
			s.ExpireSAS()
		}
		return resp
	}})
}

// wantRefreshes asserts the number of requests for a manifest, and of exports after the first.
func wantRefreshes(s *service, r result, t *testing.T, manifests, exports int) result {
	t.Helper()
	if n := s.count(billingtest.ManifestCall); n != manifests {
		t.Errorf("%d requests for a manifest, want %d", n, manifests)
	}
	if n := s.count(billingtest.ExportCall) - 1; n != exports {
		t.Errorf("%d re-exports, want %d", n, exports)
	}
	r.note = fmt.Sprintf("%d refreshes", manifests+exports)
	return r
}

// sameSAS reads from a service that returns the same SAS in a number of manifests.
func sameSAS(t *testing.T, times int) result {
	files, ledger := blobs(2, 3000, 200)
	var first any
	given := 0
	s := serveExport(t, nil, billingtest.Export{InvoiceID: request.InvoiceID, Files: files, EditManifest: func(m map[string]any) {
		if given++; given == 1 {
			first = m["sasToken"]
		} else if given <= times {
			m["sasToken"] = first
		}
	}})
	s.ledger = ledger
	r := expireWhenOpen(t, s, 1).export(t.Context(), t)
	// A worker whose request is rejected with a SAS that another worker has just refreshed requests
	// one more refresh, before it learns that this SAS was rejected for the other worker, too.
	calls := s.count(billingtest.ManifestCall)
	if exports := s.count(billingtest.ExportCall); calls > 2 || exports > 2 {
		t.Errorf("%d requests for the manifest, %d exports", calls, exports)
	}
	r.note = fmt.Sprintf("%d manifests", given)
	return r
}

// oneExportAnHour reads twice from a service whose refreshes do not help: the second time, there is
// no re-export.
func oneExportAnHour(t *testing.T) result {
	files, ledger := blobs(2, 100, 50)
	var first any
	s := serveExport(t, nil, billingtest.Export{InvoiceID: request.InvoiceID, Files: files, EditManifest: func(m map[string]any) {
		if first == nil {
			first = m["sasToken"]
		}
		m["sasToken"] = first
	}})
	s.ledger = ledger
	m, err := s.manifest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.ExpireSAS()
	var r result
	for range 2 {
		r = s.rows(t.Context(), m)
	}
	if n := s.count(billingtest.ExportCall); n != 2 {
		t.Errorf("%d exports, want one more than the first", n)
	}
	return r
}

// refreshedWith changes the manifests after the first.
func refreshedWith(t *testing.T, change func(map[string]any)) result {
	files, ledger := blobs(2, 3000, 200)
	given := 0
	s := serveExport(t, nil, billingtest.Export{InvoiceID: request.InvoiceID, Files: files, EditManifest: func(m map[string]any) {
		if given++; given > 1 {
			change(m)
		}
	}})
	s.ledger = ledger
	return expireWhenOpen(t, s, 1).export(t.Context(), t)
}

func manifestGone(t *testing.T, status int) result {
	s := expireWhenOpen(t, serve(t, nil, 2, 3000, 200), 1)
	s.script(billingtest.Step{On: billingtest.ManifestCall, Do: billingtest.GraphError(status, "Gone", "No more.")})
	return wantRefreshes(s, s.export(t.Context(), t), t, 1, 0)
}

// longRows is more than the number of rows that a stream holds at a time.
const longRows = 20_000

// longRead sets up reading that takes three hours, in the middle of which connections break. The
// service keeps operations and manifests for two hours.
func longRead(t *testing.T) *service {
	files, ledger := blobs(2, longRows, 200)
	s := serveExport(t, &billingtest.Options{OperationLifetime: 2 * time.Hour}, billingtest.Export{InvoiceID: request.InvoiceID, Files: files, EditManifest: sameETag})
	s.ledger = ledger
	s.read = &manifest.ReadOptions{Concurrency: 2}
	s.script(billingtest.Step{On: billingtest.BlobCall, For: 2, Do: billingtest.Chain(billingtest.Cut(1_600_000, billingtest.ErrClosed), billingtest.Dribble(50_000, time.Second))})
	rows := 0
	s.onRow = func(lineitem.Position) {
		if rows++; rows == 50 {
			time.Sleep(3 * time.Hour)
		}
	}
	return s
}

// sameETag sets the same eTag in each manifest, as of data that has not changed.
func sameETag(m map[string]any) { m["eTag"] = "the same" }

// reexported reads an export that is replaced in between. The change may be nil.
func reexported(t *testing.T, change func(*billingtest.Export)) result {
	s := longRead(t)
	if change != nil {
		files, _ := blobs(2, longRows, 200)
		e := billingtest.Export{InvoiceID: request.InvoiceID, Files: files, EditManifest: sameETag}
		change(&e)
		slept := s.onRow
		s.onRow = func(at lineitem.Position) {
			slept(at)
			if s.ledger.rows() == 40 {
				if err := s.Add(e); err != nil {
					t.Error(err)
				}
			}
		}
	}
	return wantRefreshes(s, s.export(t.Context(), t), t, 1, 1)
}

// reexportedChanged reads an export that is replaced by one with one row changed.
func reexportedChanged(t *testing.T, n int) result {
	return reexported(t, func(e *billingtest.Export) {
		text := lines(longRows, 200)
		text[n] = strings.Replace(text[n], `"pad":"`, `"pad":"*`, 1)
		e.Version = "203001010000"
		e.Files = twoMembers(e.Files, text)
	})
}

// twoMembers replaces the content of files by rows compressed in two gzip members.
func twoMembers(files []billingtest.File, text []string) []billingtest.File {
	for i := range files {
		files[i].Raw = append(pack(text[:1234]), pack(text[1234:])...)
	}
	return files
}

// forbidden rejects requests for blobs with one of Azure's error codes, a number of times or
// always.
func forbidden(t *testing.T, code string, times int) result {
	s := serve(t, nil, 2, 3000, 200)
	s.read = &manifest.ReadOptions{Concurrency: 1}
	s.script(billingtest.Step{On: billingtest.BlobCall, For: times, Do: billingtest.StorageError(403, code, "This request is not authorized.")})
	r := s.export(t.Context(), t)
	if n := s.count(billingtest.ManifestCall); n > 1 {
		t.Errorf("%d refreshes", n)
	}
	return r
}

// skewedClock reads with a local clock that is wrong by a duration.
func skewedClock(t *testing.T, by time.Duration) result {
	s := skewedService(t, by, 3000)
	s.script(billingtest.Step{On: billingtest.BlobCall, For: 2, Do: billingtest.Cut(100_000, billingtest.ErrReset)})
	r := s.export(t.Context(), t)
	if n := s.count(billingtest.ManifestCall); n > 1 {
		t.Errorf("%d refreshes, want at most one", n)
	}
	return r
}

// skewedService is a service whose clock is behind the local clock by a duration.
func skewedService(t *testing.T, by time.Duration, rows int) *service {
	files, ledger := blobs(2, rows, 200)
	var real atomic.Value // the SAS that the service accepts
	s := serveExport(t, nil, billingtest.Export{InvoiceID: request.InvoiceID, Files: files, EditManifest: func(m map[string]any) {
		sas := m["sasToken"].(string)
		real.Store(sas)
		fields := strings.Split(sas, "&")
		for i, f := range fields {
			if strings.HasPrefix(f, "se=") {
				fields[i] = "se=" + time.Now().Add(time.Hour-by).UTC().Format("2006-01-02T15:04:05Z")
			}
		}
		m["sasToken"] = strings.Join(fields, "&")
	}})
	s.ledger = ledger
	s.transport = transport(func(req *http.Request) (*http.Response, error) {
		if strings.Contains(req.URL.RawQuery, "sig=") {
			req = req.Clone(req.Context())
			req.URL.RawQuery = real.Load().(string)
		}
		resp, err := s.Server.Do(req)
		if err == nil {
			resp.Header.Set("Date", time.Now().Add(-by).UTC().Format(http.TimeFormat))
		}
		return resp, err
	})
	return s
}

// transport is a function as a transport.
type transport func(*http.Request) (*http.Response, error)

func (f transport) Do(req *http.Request) (*http.Response, error) { return f(req) }
