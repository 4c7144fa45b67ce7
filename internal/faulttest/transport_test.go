package faulttest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/internal/httpguard"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
)

var transportRows = slices.Concat(cutRows, stallRows, responseRows, busyRows, peerRows)

// scripted is a trial with a script for storage. The script is also run with azblob's reader.
type scripted struct {
	name     string
	want     error
	wantName string
	steps    []billingtest.Step
}

// storageRow makes a row of scripts.
func storageRow(id, fault string, all ...scripted) row {
	r := row{id: id, fault: fault}
	for _, s := range all {
		r.trials = append(r.trials, trial{s.name, s.want, s.wantName, inBubble(func(t *testing.T) result {
			return serve(t, nil, 2, 3000, 200).script(s.steps...).export(t.Context(), t)
		})})
		azblobScripts[id] = append(azblobScripts[id], s.steps)
	}
	return r
}

// onBlob returns a step for a number of requests for blobs.
func onBlob(times int, actions ...billingtest.Action) billingtest.Step {
	return billingtest.Step{On: billingtest.BlobCall, For: times, Do: billingtest.Chain(actions...)}
}

// cut is the offset at which the first connection breaks.
const cut = 100_000

// broken returns steps that break the first connection, and apply the actions to the second request
// for that blob.
func broken(actions ...billingtest.Action) []billingtest.Step {
	return []billingtest.Step{
		{On: billingtest.BlobCall, Blob: firstBlob, Do: billingtest.Cut(cut, billingtest.ErrReset)},
		{On: billingtest.BlobCall, Blob: firstBlob, Do: billingtest.Chain(actions...)},
	}
}

const firstBlob = "part-00000.json.gz"

// onSocket runs the export over TLS on a real socket.
func onSocket(t *testing.T, s *service) result {
	t.Helper()
	l, err := s.Listen()
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	defer l.Client.CloseIdleConnections()
	s.transport = l.Client
	return s.export(t.Context(), t)
}

var cutRows = []row{
	{"B01", "FIN every 300 KB, 8 MiB (proxy)", []trial{{"limit_data", nil, "", func(t *testing.T) result {
		s := serve(t, atOnce(), 1, 10_500, 1060)
		r := throughProxy(t, s, toxic("limit_data", 1, map[string]any{"bytes": 300_000}))
		return reopened(t, s, r, 24, 40)
	}}}},
	{"B02", "RST every 100 KB, 8 MiB", []trial{{"socket", nil, "", func(t *testing.T) result {
		s := serve(t, atOnce(), 1, 10_500, 1060)
		s.script(onBlob(-1, billingtest.Cut(100_000, billingtest.ErrReset)))
		return reopened(t, s, onSocket(t, s), 75, 95)
	}}, {"in memory", nil, "", inBubble(func(t *testing.T) result { // every connection makes progress
		s := serve(t, nil, 1, 10_500, 1060)
		s.script(onBlob(-1, billingtest.Cut(100_000, billingtest.ErrReset), billingtest.Dribble(20_000, 3*time.Second)))
		return reopened(t, s, s.export(t.Context(), t), 75, 95)
	})}}},
	{"B03", "RST at a boundary", []trial{
		atEdge("byte 0", func(int64) int64 { return 0 }),
		atEdge("byte 1", func(int64) int64 { return 1 }),
		atEdge("gzip header's end", func(int64) int64 { return 10 }),
		atEdge("last byte", func(size int64) int64 { return size - 1 }),
		atEdge("gzip trailer", func(size int64) int64 { return size - 8 }),
	}},
	{"B04", "connection broken at every byte of a blob of 2 KB", []trial{
		{"reset", nil, "", func(t *testing.T) result { return everyByte(t, billingtest.ErrReset) }},
		{"closed", nil, "", func(t *testing.T) result { return everyByte(t, billingtest.ErrClosed) }},
	}},
	{"B05", "reset before headers, 5 times", []trial{
		{"socket", nil, "", func(t *testing.T) result {
			return onSocket(t, serve(t, atOnce(), 1, 100, 50).script(onBlob(5, billingtest.Drop(billingtest.ErrReset))))
		}},
		{"in memory", nil, "", inBubble(func(t *testing.T) result {
			return serve(t, nil, 1, 100, 50).script(onBlob(5, billingtest.Drop(billingtest.ErrReset))).export(t.Context(), t)
		})},
	}},
	{"B06", "connection refused for 10 s (proxy)", []trial{{"down and up", nil, "", refusedForAWhile}}},
	storageRow("B20", "body without Content-Length, cut",
		scripted{"in memory", nil, "", []billingtest.Step{onBlob(1, billingtest.Header("Content-Length", ""), billingtest.Cut(cut, billingtest.ErrClosed))}}),
	{"B22", "connection broken after the last byte", []trial{
		{"in memory", nil, "", inBubble(func(t *testing.T) result {
			s := serve(t, nil, 1, 3000, 200)
			s.script(onBlob(1, billingtest.Cut(int64(len(zipped(3000, 200))), billingtest.ErrReset)))
			r := s.export(t.Context(), t)
			if n := s.count(billingtest.BlobCall); n != 1 {
				t.Errorf("%d requests, want one: no byte was missing", n)
			}
			return r
		})},
		{"emulator", nil, "", func(t *testing.T) result {
			files, l := blobs(1, 3000, 200)
			s, _ := emulated(t, files, l)
			return s.breakAfter(int64(len(files[0].Raw)), 0).export(t.Context(), t)
		}},
	}},
	{"B23", "transparent decompression", []trial{
		{"stored with Content-Encoding: gzip, cut at 1 MiB (emulator)", nil, "", func(t *testing.T) result {
			files, l := blobs(1, 9000, 400)
			s, e := emulated(t, files, l)
			e.reencode(t, files[0])
			return s.breakAfter(1<<20, 0).export(t.Context(), t)
		}},
		{"Accept-Encoding is identity", nil, "", inBubble(func(t *testing.T) result {
			s := serve(t, nil, 2, 3000, 200).script(broken(billingtest.Before(func() {}))...)
			r := s.export(t.Context(), t)
			for _, q := range s.Requests() {
				if got := q.Header.Get("Accept-Encoding"); q.Call == billingtest.BlobCall && got != "identity" {
					t.Errorf("Accept-Encoding: %q", got)
				}
			}
			return r
		})},
		{"a transport that decompresses", manifest.ErrBadResponse, "manifest.ErrBadResponse", inBubble(func(t *testing.T) result {
			s := serve(t, nil, 1, 100, 50)
			s.transport = transport(func(req *http.Request) (*http.Response, error) {
				resp, err := s.Server.Do(req)
				if err == nil && strings.Contains(req.URL.Host, ".blob.") {
					resp.Uncompressed = true
				}
				return resp, err
			})
			return s.export(t.Context(), t)
		})},
	}},
}

// reopened asserts how often a connection was replaced.
func reopened(t *testing.T, s *service, r result, least, most int) result {
	t.Helper()
	if n := s.count(billingtest.BlobCall) - 1; n < least || n > most {
		t.Errorf("%d re-opens, want %d to %d", n, least, most)
	}
	return r
}

func atEdge(name string, at func(size int64) int64) trial {
	return trial{name, nil, "", func(t *testing.T) result {
		s := serve(t, atOnce(), 1, 3000, 100)
		s.script(onBlob(1, billingtest.Cut(at(int64(len(zipped(3000, 100)))), billingtest.ErrReset)))
		return onSocket(t, s)
	}}
}

// everyByte reads a blob once for each of its bytes and breaks the connection at that byte.
func everyByte(t *testing.T, how error) result {
	const rows, pad = 31, 80
	size := len(zipped(rows, pad))
	if size < 1900 || size > 2200 {
		t.Fatalf("the blob has %d bytes", size)
	}
	var r result
	for at := range size {
		inBubble(func(t *testing.T) result {
			s := serve(t, nil, 1, rows, pad)
			s.script(onBlob(1, billingtest.Cut(int64(at), how)))
			r = s.export(t.Context(), t)
			if wrong := r.ledger.problems(r.err == nil); r.err != nil || len(wrong) > 0 {
				t.Errorf("cut at %d: %v, %v", at, wrong, r.err)
			}
			return r
		})(t)
		if t.Failed() {
			break
		}
	}
	r.note = fmt.Sprintf("%d cuts", size)
	return r
}

var responseRows = []row{
	storageRow("B13", "200 in response to a range request",
		scripted{"whole blob", manifest.ErrBadResponse, "manifest.ErrBadResponse", broken(billingtest.IgnoreRange())},
		scripted{"the rest, with 200", manifest.ErrBadResponse, "manifest.ErrBadResponse", broken(billingtest.Status(200))}),
	storageRow("B14", "response with another range",
		scripted{"1000 earlier", manifest.ErrBadResponse, "manifest.ErrBadResponse", broken(otherRange(cut-1000, "-"))},
		scripted{"1 later", manifest.ErrBadResponse, "manifest.ErrBadResponse", broken(otherRange(cut+1, "-"))},
		scripted{"other total", manifest.ErrBadResponse, "manifest.ErrBadResponse", broken(billingtest.Header("Content-Range", fmt.Sprintf("bytes %d-%d/%d", cut, cut+999, cut+1000)))},
		scripted{"no Content-Range", manifest.ErrBadResponse, "manifest.ErrBadResponse", broken(billingtest.Header("Content-Range", ""))},
		scripted{"multipart", manifest.ErrBadResponse, "manifest.ErrBadResponse", broken(billingtest.Header("Content-Range", ""), billingtest.Header("Content-Type", "multipart/byteranges; boundary=x"))},
		scripted{"206 for the whole blob", manifest.ErrBadResponse, "manifest.ErrBadResponse", []billingtest.Step{onBlob(1, billingtest.Status(206))}},
		scripted{"the whole blob again, shorter", manifest.ErrBadResponse, "manifest.ErrBadResponse", []billingtest.Step{
			{On: billingtest.BlobCall, Blob: firstBlob, Do: billingtest.Cut(0, billingtest.ErrReset)},
			{On: billingtest.BlobCall, Blob: firstBlob, Do: billingtest.Header("Content-Length", "1000")},
		}},
		scripted{"other Content-Encoding", manifest.ErrBadResponse, "manifest.ErrBadResponse", broken(billingtest.Header("Content-Encoding", "gzip"))},
		scripted{"structured body", manifest.ErrBadResponse, "manifest.ErrBadResponse", []billingtest.Step{onBlob(1, billingtest.Header("X-Ms-Structured-Body", "XSM/1.0; properties=crc64"))}},
		scripted{"only the start of the range", manifest.ErrBadResponse, "manifest.ErrBadResponse", broken(otherRange(cut, fmt.Sprintf("-%d", cut+5000)))}),
	storageRow("B15", "response with another ETag",
		scripted{"other", manifest.ErrBlobChanged, "manifest.ErrBlobChanged", broken(billingtest.Header("ETag", `"0x8DCFFFFFFFFFFFF"`))},
		scripted{"weak", manifest.ErrBadResponse, "manifest.ErrBadResponse", broken(billingtest.Header("ETag", `W/"0x8DCFFFFFFFFFFFF"`))},
		scripted{"none", manifest.ErrBadResponse, "manifest.ErrBadResponse", broken(billingtest.Header("ETag", ""))}),
	{"B16", "blob overwritten while it is read", []trial{
		{"in memory", manifest.ErrBlobChanged, "manifest.ErrBlobChanged", inBubble(func(t *testing.T) result {
			s := serve(t, nil, 2, 3000, 200)
			s.script(broken(billingtest.Before(func() {
				if err := s.ReplaceBlob("part-00000.json.gz", &billingtest.File{Raw: zipped(3001, 200)}); err != nil {
					t.Error(err)
				}
			}))...)
			r := s.export(t.Context(), t)
			if statuses(s, http.StatusPreconditionFailed) == 0 {
				t.Error("no request had an If-Match that failed")
			}
			return r
		})},
		{"emulator", manifest.ErrBlobChanged, "manifest.ErrBlobChanged", func(t *testing.T) result {
			return changedOnEmulator(t, func(e *emulator, name string) { e.put(name, zipped(100, 10)) })
		}},
	}},
	{"B17", "blob deleted while it is read", []trial{
		{"in memory", manifest.ErrBlobMissing, "manifest.ErrBlobMissing", inBubble(func(t *testing.T) result {
			s := serve(t, nil, 2, 3000, 200)
			s.script(broken(billingtest.Before(func() {
				if err := s.ReplaceBlob("part-00000.json.gz", nil); err != nil {
					t.Error(err)
				}
			}))...)
			return s.export(t.Context(), t)
		})},
		{"emulator", manifest.ErrBlobMissing, "manifest.ErrBlobMissing", func(t *testing.T) result {
			return changedOnEmulator(t, func(e *emulator, name string) { e.remove(name) })
		}},
	}},
	storageRow("B18", "half of the body, then a clean EOF",
		scripted{"of the whole blob", lineitem.ErrCorrupt, "lineitem.ErrCorrupt", []billingtest.Step{onBlob(1, billingtest.Header("Content-Length", "200000"), billingtest.Cut(200_000, io.EOF))}},
		scripted{"of a range", manifest.ErrBadResponse, "manifest.ErrBadResponse", broken(billingtest.Header("Content-Length", "200000"), billingtest.Cut(200_000, io.EOF))}),
	storageRow("B19", "short body without Content-Length",
		scripted{"length by HEAD", nil, "", []billingtest.Step{onBlob(1, billingtest.Header("Content-Length", ""), billingtest.Cut(200_000, io.EOF))}},
		scripted{"length by HEAD, of another version", manifest.ErrBlobChanged, "manifest.ErrBlobChanged", []billingtest.Step{
			{On: billingtest.BlobCall, Blob: firstBlob, Do: billingtest.Header("Content-Length", "")},
			{On: billingtest.BlobCall, Blob: firstBlob, Do: billingtest.Header("ETag", `"0x8DCFFFFFFFFFFFF"`)},
		}},
		scripted{"length unknown", manifest.ErrBadResponse, "manifest.ErrBadResponse", []billingtest.Step{onBlob(-1, billingtest.Header("Content-Length", ""), billingtest.Cut(200_000, io.EOF))}}),
	{"B21", "more bytes than Content-Length", []trial{
		{"a byte", manifest.ErrBadResponse, "manifest.ErrBadResponse", inBubble(func(t *testing.T) result { return withExtraBytes(t, []byte("!")) })},
		{"valid rows", manifest.ErrBadResponse, "manifest.ErrBadResponse", inBubble(func(t *testing.T) result { return withExtraBytes(t, zipped(3, 50)) })},
		{"of a range", manifest.ErrBadResponse, "manifest.ErrBadResponse", inBubble(func(t *testing.T) result {
			return serve(t, nil, 2, 3000, 200).script(broken(billingtest.Header("Content-Length", "9999999"))...).export(t.Context(), t)
		})},
	}},
	withTrials(storageRow("B28", "302 from storage",
		scripted{"first response", manifest.ErrBadResponse, "manifest.ErrBadResponse", []billingtest.Step{onBlob(-1, billingtest.RedirectTo("https://evil.example/blob"))}},
		scripted{"re-open", manifest.ErrBadResponse, "manifest.ErrBadResponse", broken(billingtest.RedirectTo("https://evil.example/blob"))}),
		trial{"http.Client on a socket", manifest.ErrBadResponse, "manifest.ErrBadResponse", func(t *testing.T) result {
			return onSocket(t, serve(t, atOnce(), 1, 100, 50).script(onBlob(-1, billingtest.RedirectTo("https://evil.example/blob"))))
		}},
		trial{"a transport that follows it", manifest.ErrBadResponse, "manifest.ErrBadResponse", followedByTransport}),
	{"B31", "blob missing; the other workers stop", []trial{
		{"in memory", manifest.ErrBlobMissing, "manifest.ErrBlobMissing", inBubble(func(t *testing.T) result {
			s := serve(t, nil, 8, 3000, 200)
			s.read = &manifest.ReadOptions{Concurrency: 8}
			s.script(billingtest.Step{On: billingtest.BlobCall, Blob: "part-00005.json.gz", For: -1, Do: billingtest.StorageError(404, "BlobNotFound", "The specified blob does not exist.")})
			return wantRefreshes(s, s.export(t.Context(), t), t, 1, 0)
		})},
		{"emulator", manifest.ErrBlobMissing, "manifest.ErrBlobMissing", func(t *testing.T) result {
			files, l := blobs(8, 3000, 200)
			s, e := emulated(t, files, l)
			e.remove(files[5].Name)
			return s.export(t.Context(), t)
		}},
	}},
	storageRow("B32", "an HTML page with status 200",
		scripted{"captive portal", manifest.ErrBadResponse, "manifest.ErrBadResponse", []billingtest.Step{onBlob(-1, billingtest.Respond(200, nil, "<html>please sign in</html>"))}},
		scripted{"with an ETag", lineitem.ErrNotGzip, "lineitem.ErrNotGzip", []billingtest.Step{onBlob(-1, billingtest.Header("ETag", `"1"`), billingtest.Respond(200, nil, "<html>please sign in</html>"))}},
		scripted{"407", manifest.ErrUnavailable, "manifest.ErrUnavailable", []billingtest.Step{onBlob(-1, billingtest.Respond(407, nil, "proxy authentication required"))}}),
	{"B34", "bytes that do not have the MD5 of storage", []trial{
		{"report", manifest.ErrBadResponse, "manifest.ErrBadResponse", inBubble(func(t *testing.T) result { return damagedReport(t, false) })},
		{"report, after breaks", manifest.ErrBadResponse, "manifest.ErrBadResponse", inBubble(func(t *testing.T) result { return damagedReport(t, true) })},
		{"of a range", manifest.ErrBadResponse, "manifest.ErrBadResponse", inBubble(func(t *testing.T) result {
			s := report(t, nil)
			s.script(onBlob(1, billingtest.Cut(2000, billingtest.ErrClosed)), onBlob(1, billingtest.Header("Content-MD5", wrongMD5)))
			s.read = &manifest.ReadOptions{Concurrency: 1}
			return readReport(t, s)
		})},
		{"another MD5 of the same version", manifest.ErrBadResponse, "manifest.ErrBadResponse", inBubble(func(t *testing.T) result {
			s := report(t, nil)
			s.script(onBlob(1, billingtest.Cut(2000, billingtest.ErrClosed)), onBlob(1, billingtest.Header("x-ms-blob-content-md5", wrongMD5)))
			s.read = &manifest.ReadOptions{Concurrency: 1}
			return readReport(t, s)
		})},
		{"gzip, VerifyMD5", manifest.ErrBadResponse, "manifest.ErrBadResponse", inBubble(func(t *testing.T) result {
			s := serve(t, nil, 2, 100, 50).script(onBlob(-1, billingtest.Header("Content-MD5", wrongMD5)))
			s.read = &manifest.ReadOptions{VerifyMD5: true}
			return s.export(t.Context(), t)
		})},
		{"gzip", nil, "", inBubble(func(t *testing.T) result {
			return serve(t, nil, 2, 100, 50).script(onBlob(-1, billingtest.Header("Content-MD5", wrongMD5))).export(t.Context(), t)
		})},
		{"gzip, right, after breaks, VerifyMD5", nil, "", inBubble(func(t *testing.T) result {
			s := serve(t, &billingtest.Options{ContentMD5: true}, 2, 3000, 200).script(onBlob(4, billingtest.Cut(100_000, billingtest.ErrReset)))
			s.read = &manifest.ReadOptions{VerifyMD5: true}
			return s.export(t.Context(), t)
		})},
	}},
}

// wrongMD5 is that of no blob of the trials.
const wrongMD5 = "AAAAAAAAAAAAAAAAAAAAAA=="

// withExtraBytes reads with a transport whose bodies are longer than their Content-Length.
func withExtraBytes(t *testing.T, more []byte) result {
	s := serve(t, nil, 1, 3000, 200)
	s.transport = transport(func(req *http.Request) (*http.Response, error) {
		resp, err := s.Server.Do(req)
		if err == nil && strings.Contains(req.URL.Host, ".blob.") {
			var all []byte
			all, err = io.ReadAll(resp.Body)
			resp.Body = joined{bytes.NewReader(append(all, more...)), resp.Body} // in one Read
		}
		return resp, err
	})
	return s.export(t.Context(), t)
}

// joined is a body with another reader.
type joined struct {
	io.Reader
	io.Closer
}

// otherRange makes the service send another range than the requested one.
func otherRange(from int64, to string) billingtest.Action {
	return billingtest.EditRequest(func(r *http.Request) { r.Header.Set("X-Ms-Range", fmt.Sprintf("bytes=%d%s", from, to)) })
}

// changedOnEmulator reads a blob that is changed after its first connection has broken.
func changedOnEmulator(t *testing.T, change func(e *emulator, name string)) result {
	files, l := blobs(1, 3000, 400)
	s, e := emulated(t, files, l)
	s.read = &manifest.ReadOptions{Concurrency: 1} // the test's goroutine changes the emulator
	s.breakAfter(300_000, 0)
	s.onBreak = func() { change(e, files[0].Name) }
	return s.export(t.Context(), t)
}

// withTrials adds trials to a row.
func withTrials(r row, more ...trial) row {
	r.trials = append(r.trials, more...)
	return r
}

// followedByTransport reads with a transport that follows redirects, as none should.
func followedByTransport(t *testing.T) result {
	s := serve(t, atOnce(), 1, 3000, 200)
	s.script(onBlob(1, billingtest.RedirectTo("https://graph.microsoft.com/blob")))
	l, err := s.Listen()
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	defer l.Client.CloseIdleConnections()
	s.transport = transport(l.Client.Do)
	r := s.all(t.Context())
	if !errors.Is(r.err, httpguard.ErrRedirect) {
		t.Errorf("%v does not match ErrRedirect", r.err)
	}
	return r
}
