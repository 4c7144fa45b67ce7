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

var transportRows = slices.Concat(cutRows, stallRows, answerRows, busyRows, peerRows)

// scripted is a trial that consists of what storage does: in memory, on a clock that
// moves when all wait. The same is done to azblob's reader.
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

// onBlob is a step that happens to the next request for a blob, or to so many.
func onBlob(times int, actions ...billingtest.Action) billingtest.Step {
	return billingtest.Step{On: billingtest.BlobCall, For: times, Do: billingtest.Chain(actions...)}
}

// cut is where the first connection breaks before something odd is answered to the second.
const cut = 100_000

// broken is a first connection that breaks, and what is done to the second for that blob.
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
	}}, {"in memory", nil, "", inBubble(func(t *testing.T) result { // each connection has its time
		s := serve(t, nil, 1, 10_500, 1060)
		s.script(onBlob(-1, billingtest.Cut(100_000, billingtest.ErrReset), billingtest.Dribble(20_000, 3*time.Second)))
		return reopened(t, s, s.export(t.Context(), t), 75, 95)
	})}}},
	{"B03", "RST at an edge", []trial{
		atEdge("byte 0", func(int64) int64 { return 0 }),
		atEdge("byte 1", func(int64) int64 { return 1 }),
		atEdge("gzip header's end", func(int64) int64 { return 10 }),
		atEdge("last byte", func(size int64) int64 { return size - 1 }),
		atEdge("gzip trailer", func(size int64) int64 { return size - 8 }),
	}},
	{"B04", "cut at every byte of a blob of 2 KB", []trial{
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
	storageRow("B20", "body of unknown length, cut",
		scripted{"in memory", nil, "", []billingtest.Step{onBlob(1, billingtest.Header("Content-Length", ""), billingtest.Cut(cut, billingtest.ErrClosed))}}),
	{"B22", "broken off right behind the last byte", []trial{
		{"in memory", nil, "", inBubble(func(t *testing.T) result {
			s := serve(t, nil, 1, 3000, 200)
			s.script(onBlob(1, billingtest.Cut(int64(len(zipped(3000, 200))), billingtest.ErrReset)))
			r := s.export(t.Context(), t)
			if n := s.count(billingtest.BlobCall); n != 1 {
				t.Errorf("%d requests; nothing was left to be asked for", n)
			}
			return r
		})},
		{"emulator", nil, "", func(t *testing.T) result {
			files, l := blobs(1, 3000, 200)
			s, _ := emulated(t, files, l)
			return s.losing(int64(len(files[0].Raw)), 0).export(t.Context(), t)
		}},
	}},
	{"B23", "inflating on the way", []trial{
		{"stored with Content-Encoding: gzip, cut at 1 MiB (emulator)", nil, "", func(t *testing.T) result {
			files, l := blobs(1, 9000, 400)
			s, e := emulated(t, files, l)
			e.reencode(t, files[0])
			return s.losing(1<<20, 0).export(t.Context(), t)
		}},
		{"nobody is asked to compress", nil, "", inBubble(func(t *testing.T) result {
			s := serve(t, nil, 2, 3000, 200).script(broken(billingtest.Before(func() {}))...)
			r := s.export(t.Context(), t)
			for _, q := range s.Requests() {
				if got := q.Header.Get("Accept-Encoding"); q.Call == billingtest.BlobCall && got != "identity" {
					t.Errorf("Accept-Encoding: %q", got)
				}
			}
			return r
		})},
		{"a transport that inflates", manifest.ErrBadAnswer, "manifest.ErrBadAnswer", inBubble(func(t *testing.T) result {
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

// reopened asserts how often a connection had to be replaced.
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

// everyByte reads a blob once for each of its bytes, each time cut there.
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
			if wrong := r.ledger.wrong(r.err == nil); r.err != nil || len(wrong) > 0 {
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

var answerRows = []row{
	storageRow("B13", "re-open answered 200 with all of it",
		scripted{"whole blob", manifest.ErrBadAnswer, "manifest.ErrBadAnswer", broken(billingtest.IgnoreRange())},
		scripted{"the rest, with 200", manifest.ErrBadAnswer, "manifest.ErrBadAnswer", broken(billingtest.Status(200))}),
	storageRow("B14", "re-open answered with another range",
		scripted{"1000 earlier", manifest.ErrBadAnswer, "manifest.ErrBadAnswer", broken(asked(cut-1000, "-"))},
		scripted{"1 later", manifest.ErrBadAnswer, "manifest.ErrBadAnswer", broken(asked(cut+1, "-"))},
		scripted{"other total", manifest.ErrBadAnswer, "manifest.ErrBadAnswer", broken(billingtest.Header("Content-Range", fmt.Sprintf("bytes %d-%d/%d", cut, cut+999, cut+1000)))},
		scripted{"no Content-Range", manifest.ErrBadAnswer, "manifest.ErrBadAnswer", broken(billingtest.Header("Content-Range", ""))},
		scripted{"multipart", manifest.ErrBadAnswer, "manifest.ErrBadAnswer", broken(billingtest.Header("Content-Range", ""), billingtest.Header("Content-Type", "multipart/byteranges; boundary=x"))},
		scripted{"206 for the whole", manifest.ErrBadAnswer, "manifest.ErrBadAnswer", []billingtest.Step{onBlob(1, billingtest.Status(206))}},
		scripted{"the whole again, shorter", manifest.ErrBadAnswer, "manifest.ErrBadAnswer", []billingtest.Step{
			{On: billingtest.BlobCall, Blob: firstBlob, Do: billingtest.Cut(0, billingtest.ErrReset)},
			{On: billingtest.BlobCall, Blob: firstBlob, Do: billingtest.Header("Content-Length", "1000")},
		}},
		scripted{"other Content-Encoding", manifest.ErrBadAnswer, "manifest.ErrBadAnswer", broken(billingtest.Header("Content-Encoding", "gzip"))},
		scripted{"framed", manifest.ErrBadAnswer, "manifest.ErrBadAnswer", []billingtest.Step{onBlob(1, billingtest.Header("X-Ms-Structured-Body", "XSM/1.0; properties=crc64"))}},
		scripted{"its start alone", manifest.ErrBadAnswer, "manifest.ErrBadAnswer", broken(asked(cut, fmt.Sprintf("-%d", cut+5000)))}),
	storageRow("B15", "re-open answered with another ETag",
		scripted{"other", manifest.ErrBlobChanged, "manifest.ErrBlobChanged", broken(billingtest.Header("ETag", `"0x8DCFFFFFFFFFFFF"`))},
		scripted{"weak", manifest.ErrBadAnswer, "manifest.ErrBadAnswer", broken(billingtest.Header("ETag", `W/"0x8DCFFFFFFFFFFFF"`))},
		scripted{"none", manifest.ErrBadAnswer, "manifest.ErrBadAnswer", broken(billingtest.Header("ETag", ""))}),
	{"B16", "blob overwritten in mid-read", []trial{
		{"in memory", manifest.ErrBlobChanged, "manifest.ErrBlobChanged", inBubble(func(t *testing.T) result {
			s := serve(t, nil, 2, 3000, 200)
			s.script(broken(billingtest.Before(func() {
				if err := s.ReplaceBlob("part-00000.json.gz", &billingtest.File{Raw: zipped(3001, 200)}); err != nil {
					t.Error(err)
				}
			}))...)
			r := s.export(t.Context(), t)
			if statuses(s, http.StatusPreconditionFailed) == 0 {
				t.Error("storage was not told which version was meant")
			}
			return r
		})},
		{"emulator", manifest.ErrBlobChanged, "manifest.ErrBlobChanged", func(t *testing.T) result {
			return changedOnEmulator(t, func(e *emulator, name string) { e.put(name, zipped(100, 10)) })
		}},
	}},
	{"B17", "blob deleted in mid-read", []trial{
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
	storageRow("B18", "half of the body, and a good end",
		scripted{"at once", lineitem.ErrCorrupt, "lineitem.ErrCorrupt", []billingtest.Step{onBlob(1, billingtest.Header("Content-Length", "200000"), billingtest.Cut(200_000, io.EOF))}},
		scripted{"of a range", manifest.ErrBadAnswer, "manifest.ErrBadAnswer", broken(billingtest.Header("Content-Length", "200000"), billingtest.Cut(200_000, io.EOF))}),
	storageRow("B19", "short body that ends with its connection",
		scripted{"length by HEAD", nil, "", []billingtest.Step{onBlob(1, billingtest.Header("Content-Length", ""), billingtest.Cut(200_000, io.EOF))}},
		scripted{"length by HEAD, of another version", manifest.ErrBlobChanged, "manifest.ErrBlobChanged", []billingtest.Step{
			{On: billingtest.BlobCall, Blob: firstBlob, Do: billingtest.Header("Content-Length", "")},
			{On: billingtest.BlobCall, Blob: firstBlob, Do: billingtest.Header("ETag", `"0x8DCFFFFFFFFFFFF"`)},
		}},
		scripted{"length nowhere", manifest.ErrBadAnswer, "manifest.ErrBadAnswer", []billingtest.Step{onBlob(-1, billingtest.Header("Content-Length", ""), billingtest.Cut(200_000, io.EOF))}}),
	{"B21", "more bytes than promised", []trial{
		{"a byte", manifest.ErrBadAnswer, "manifest.ErrBadAnswer", inBubble(func(t *testing.T) result { return withMore(t, []byte("!")) })},
		{"good rows", manifest.ErrBadAnswer, "manifest.ErrBadAnswer", inBubble(func(t *testing.T) result { return withMore(t, zipped(3, 50)) })},
		{"of a range", manifest.ErrBadAnswer, "manifest.ErrBadAnswer", inBubble(func(t *testing.T) result {
			return serve(t, nil, 2, 3000, 200).script(broken(billingtest.Header("Content-Length", "9999999"))...).export(t.Context(), t)
		})},
	}},
	alsoOn(storageRow("B28", "302 from storage",
		scripted{"first answer", manifest.ErrBadAnswer, "manifest.ErrBadAnswer", []billingtest.Step{onBlob(-1, billingtest.RedirectTo("https://evil.example/blob"))}},
		scripted{"re-open", manifest.ErrBadAnswer, "manifest.ErrBadAnswer", broken(billingtest.RedirectTo("https://evil.example/blob"))}),
		trial{"http.Client on a socket", manifest.ErrBadAnswer, "manifest.ErrBadAnswer", func(t *testing.T) result {
			return onSocket(t, serve(t, atOnce(), 1, 100, 50).script(onBlob(-1, billingtest.RedirectTo("https://evil.example/blob"))))
		}},
		trial{"a transport that follows it", manifest.ErrBadAnswer, "manifest.ErrBadAnswer", followedByTransport}),
	{"B31", "blob is not there; the others end", []trial{
		{"in memory", manifest.ErrBlobMissing, "manifest.ErrBlobMissing", inBubble(func(t *testing.T) result {
			s := serve(t, nil, 8, 3000, 200)
			s.read = &manifest.ReadOptions{Concurrency: 8}
			s.script(billingtest.Step{On: billingtest.BlobCall, Blob: "part-00005.json.gz", For: -1, Do: billingtest.StorageError(404, "BlobNotFound", "The specified blob does not exist.")})
			return asking(s, s.export(t.Context(), t), t, 1, 0)
		})},
		{"emulator", manifest.ErrBlobMissing, "manifest.ErrBlobMissing", func(t *testing.T) result {
			files, l := blobs(8, 3000, 200)
			s, e := emulated(t, files, l)
			e.remove(files[5].Name)
			return s.export(t.Context(), t)
		}},
	}},
	storageRow("B32", "an HTML page with status 200",
		scripted{"captive portal", manifest.ErrBadAnswer, "manifest.ErrBadAnswer", []billingtest.Step{onBlob(-1, billingtest.Respond(200, nil, "<html>please sign in</html>"))}},
		scripted{"with an ETag", lineitem.ErrNotGzip, "lineitem.ErrNotGzip", []billingtest.Step{onBlob(-1, billingtest.Header("ETag", `"1"`), billingtest.Respond(200, nil, "<html>please sign in</html>"))}},
		scripted{"407", manifest.ErrUnavailable, "manifest.ErrUnavailable", []billingtest.Step{onBlob(-1, billingtest.Respond(407, nil, "who are you"))}}),
}

// withMore has a transport whose bodies go on behind their end.
func withMore(t *testing.T, more []byte) result {
	s := serve(t, nil, 1, 3000, 200)
	s.transport = transport(func(req *http.Request) (*http.Response, error) {
		resp, err := s.Server.Do(req)
		if err == nil && strings.Contains(req.URL.Host, ".blob.") {
			var all []byte
			all, err = io.ReadAll(resp.Body)
			resp.Body = joined{bytes.NewReader(append(all, more...)), resp.Body} // in one piece
		}
		return resp, err
	})
	return s.export(t.Context(), t)
}

// joined is a body with something else to read.
type joined struct {
	io.Reader
	io.Closer
}

// asked lets the service see another range than was asked for.
func asked(from int64, to string) billingtest.Action {
	return billingtest.EditRequest(func(r *http.Request) { r.Header.Set("X-Ms-Range", fmt.Sprintf("bytes=%d%s", from, to)) })
}

// changedOnEmulator reads a blob that is changed after its first connection broke.
func changedOnEmulator(t *testing.T, change func(e *emulator, name string)) result {
	files, l := blobs(1, 3000, 400)
	s, e := emulated(t, files, l)
	s.read = &manifest.ReadOptions{Concurrency: 1} // the emulator is changed by the test's own goroutine
	s.losing(300_000, 0)
	s.onLost = func() { change(e, files[0].Name) }
	return s.export(t.Context(), t)
}

// alsoOn adds trials to a row.
func alsoOn(r row, more ...trial) row {
	r.trials = append(r.trials, more...)
	return r
}

// followedByTransport has a transport that does what none should: it follows the redirect,
// and brings what is there.
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
		t.Errorf("%v does not say what the transport did", r.err)
	}
	return r
}
