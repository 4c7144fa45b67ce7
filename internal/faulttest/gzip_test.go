package faulttest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
)

// rowsOfBlob is the number of rows of a blob in these trials, before it is damaged.
const rowsOfBlob = 3000

var gzipRows = []row{
	{"G01", "blob without a row", []trial{
		{"no bytes", manifest.ErrIncomplete, "manifest.ErrIncomplete", func(t *testing.T) result { return onEmulator(t, []byte{}, nil) }},
		{"no bytes, admitted", nil, "", func(t *testing.T) result { return onEmulator(t, []byte{}, &manifest.ReadOptions{AllowEmpty: true}) }},
		{"gzip of nothing", nil, "", func(t *testing.T) result { return onEmulator(t, packed(""), nil) }},
		{"no bytes, in a report", manifest.ErrIncomplete, "manifest.ErrIncomplete", inBubble(func(t *testing.T) result {
			return emptyInReport(t, func(b map[string]any) { delete(b, "byteCount") })
		})},
		{"no bytes of those promised", manifest.ErrBadResponse, "manifest.ErrBadResponse", inBubble(func(t *testing.T) result {
			return emptyInReport(t, func(b map[string]any) { b["byteCount"] = 4711 })
		})},
	}},
	{"G02", "gzip stream truncated", []trial{
		{"in the middle", lineitem.ErrCorrupt, "lineitem.ErrCorrupt", inBubble(func(t *testing.T) result {
			whole := zipped(rowsOfBlob, 50)
			return wantCorrupt(t, whole[:len(whole)/2], -1)
		})},
		{"trailer -1", lineitem.ErrCorrupt, "lineitem.ErrCorrupt", inBubble(func(t *testing.T) result {
			whole := zipped(rowsOfBlob, 50)
			return wantCorrupt(t, whole[:len(whole)-1], rowsOfBlob)
		})},
		{"trailer -8", lineitem.ErrCorrupt, "lineitem.ErrCorrupt", inBubble(func(t *testing.T) result {
			whole := zipped(rowsOfBlob, 50)
			return wantCorrupt(t, whole[:len(whole)-8], rowsOfBlob)
		})},
	}},
	{"G03", "wrong gzip trailer", []trial{
		{"CRC", lineitem.ErrCorrupt, "lineitem.ErrCorrupt", inBubble(func(t *testing.T) result {
			data := zipped(rowsOfBlob, 50)
			data[len(data)-8] ^= 1
			return wantCorrupt(t, data, rowsOfBlob)
		})},
		{"ISIZE", lineitem.ErrCorrupt, "lineitem.ErrCorrupt", inBubble(func(t *testing.T) result {
			data := zipped(rowsOfBlob, 50)
			data[len(data)-1] ^= 1
			return wantCorrupt(t, data, rowsOfBlob)
		})},
	}},
	{"G04", "gzip members", []trial{
		{"2", nil, "", inBubble(func(t *testing.T) result { return wantAllRows(t, members(2, "\n"), nil) })},
		{"1000", nil, "", inBubble(func(t *testing.T) result { return wantAllRows(t, members(1000, "\n"), nil) })},
		{"line across", nil, "", inBubble(func(t *testing.T) result { return wantAllRows(t, members(50, `"pad":`), nil) })},
	}},
	{"G05", "cut between gzip members, correct Content-Length", []trial{
		{"connection closed", nil, "", cutAtBorder},
		{"clean EOF", nil, "", inBubble(func(t *testing.T) result {
			// As from an HTTP client that does not verify Content-Length.
			data := members(2, "\n")
			return wantAllRows(t, data, billingtest.Cut(border(data), io.EOF))
		})},
	}},
	{"G06", "bytes after the gzip stream", []trial{
		{"511 zeros", nil, "", inBubble(func(t *testing.T) result {
			return wantAllRows(t, append(zipped(rowsOfBlob, 50), make([]byte, 511)...), nil)
		})},
		{"511 zeros, connection closed within", nil, "", inBubble(func(t *testing.T) result {
			data := zipped(rowsOfBlob, 50)
			padded := append(bytes.Clone(data), make([]byte, 511)...)
			return wantAllRows(t, padded, billingtest.Cut(int64(len(data))+300, billingtest.ErrClosed))
		})},
		{"512 zeros", lineitem.ErrCorrupt, "lineitem.ErrCorrupt", inBubble(func(t *testing.T) result {
			return wantCorrupt(t, append(zipped(rowsOfBlob, 50), make([]byte, 512)...), rowsOfBlob)
		})},
		{"a member overwritten by zeros", lineitem.ErrCorrupt, "lineitem.ErrCorrupt", inBubble(func(t *testing.T) result {
			data := members(2, "\n")
			at := border(data)
			clear(data[at:])
			return wantOneMember(t, data, data[:at])
		})},
		{"15 of garbage", lineitem.ErrCorrupt, "lineitem.ErrCorrupt", inBubble(func(t *testing.T) result {
			return wantCorrupt(t, append(zipped(rowsOfBlob, 50), "garbage garbage"...), rowsOfBlob)
		})},
		{"a member with a wrong magic number", lineitem.ErrCorrupt, "lineitem.ErrCorrupt", inBubble(func(t *testing.T) result {
			more := zipped(rowsOfBlob, 50)
			more[1]++
			return wantCorrupt(t, append(zipped(rowsOfBlob, 50), more...), rowsOfBlob)
		})},
	}},
	{"G07", "not gzip", []trial{
		{"plain JSON", lineitem.ErrNotGzip, "lineitem.ErrNotGzip", inBubble(func(t *testing.T) result {
			return wantCorrupt(t, []byte(text(rowsOfBlob)), 0)
		})},
		{"HTML", lineitem.ErrNotGzip, "lineitem.ErrNotGzip", inBubble(func(t *testing.T) result {
			return wantCorrupt(t, []byte("<!DOCTYPE html><html><body>Please sign in.</body></html>"), 0)
		})},
		{"zstd", lineitem.ErrNotGzip, "lineitem.ErrNotGzip", inBubble(func(t *testing.T) result {
			w, err := zstd.NewWriter(nil)
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			return wantCorrupt(t, w.EncodeAll([]byte(text(rowsOfBlob)), nil), 0)
		})},
	}},
	{"G08", "gzip bomb: 1 GiB of zeros, one line", []trial{
		{"1 GiB", lineitem.ErrLineTooLong, "lineitem.ErrLineTooLong", func(t *testing.T) result {
			s := serveBlob(t, 0, zerosOf1GiB(t))
			var r result
			grown := heapGrowth(func() { r = readRows(t, s, recordRows(s)).result })
			if grown > 64<<20 {
				t.Errorf("the heap grew by %d MiB, want 64 at most", grown>>20)
			}
			r.note = fmt.Sprintf("heap +%d MiB", grown>>20)
			return r
		}},
	}},
	{"G09", "gzip bomb of valid rows, MaxBlobBytes set", []trial{
		{"1 GiB", manifest.ErrBlobTooLarge, "manifest.ErrBlobTooLarge", bombOfRows},
	}},
}

// emptyInReport reads a report of which one blob was overwritten by one without bytes. size changes
// its entry in the manifest.
func emptyInReport(t *testing.T, size func(blob map[string]any)) result {
	t.Helper()
	s := report(t, func(m map[string]any) { size(linksOf(m)[1]) })
	s.script(billingtest.Step{On: billingtest.BlobCall, Do: billingtest.Before(func() {
		if err := s.ReplaceBlob("part_1.csv", &billingtest.File{Raw: []byte{}}); err != nil {
			t.Error(err)
		}
	})})
	s.read = &manifest.ReadOptions{Concurrency: 1}
	return readReport(t, s)
}

// bombOfRows reads a bomb whose lines are each within the limit of a line.
func bombOfRows(t *testing.T) result {
	const (
		limit = 100 << 20
		line  = 1 << 20
		rows  = 1024
	)
	var data bytes.Buffer
	pad := packed(strings.Repeat("0", line) + `"}` + "\n") // compressed once, to save time
	w := gzip.NewWriter(&data)
	for i := range rows {
		_, _ = fmt.Fprintf(w, `{"n":%d,"pad":"`, i) // into memory
		w.Close()
		data.Write(pad)
		w.Reset(&data)
	}
	s := serveBlob(t, rows, data.Bytes())
	s.read = &manifest.ReadOptions{MaxBlobBytes: limit}
	// What is in memory is what was read ahead: a full queue, and what each worker has in hand. It
	// is measured while the loop body holds up the reader. The most that the heap has in between
	// says more of the collector, which gets less done on a busy machine.
	processors := min(8, runtime.GOMAXPROCS(0))
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
	most := uint64(4*processors+24) * line
	var got reading
	live, start := uint64(0), settledHeap()
	got = readRows(t, s, func(row numbered, at lineitem.Position) {
		s.ledger.record(at, row.N)
		if row.N%8 == 0 && at.Offset < limit {
			live = max(live, settledHeap())
		}
		if at.Offset >= limit {
			t.Errorf("a row at offset %d was delivered", at.Offset)
		}
	})
	if e, ok := errors.AsType[*manifest.ReadError](got.err); !ok || e.Blob != nameOfBlob {
		t.Errorf("got %v, want an error that names the blob", got.err)
	}
	if n := s.ledger.rows(); n < limit/line*9/10 {
		t.Errorf("%d rows before the limit", n)
	}
	grown := max(live, start) - start
	if grown > most {
		t.Errorf("the live heap grew by %d MiB, want %d at most", grown>>20, most>>20)
	}
	got.note = fmt.Sprintf("live heap +%d MiB", grown>>20)
	return got.result
}

// settledHeap returns the live heap once several collections find the same. Until then other
// goroutines still work, and what they let go of is in it.
func settledHeap() (now uint64) {
	last := liveHeap()
	for same := 0; same < 3; last = now {
		time.Sleep(time.Millisecond)
		if now = liveHeap(); max(now, last)-min(now, last) < 256<<10 {
			same++
		} else {
			same = 0
		}
	}
	return now
}

// nameOfBlob is the only blob of these trials.
const nameOfBlob = "part-00000.json.gz"

// atOnce makes the first poll succeed, for trials that do not test polls and may run in real time.
func atOnce() *billingtest.Options { return &billingtest.Options{RunningPolls: -1} }

// serveBlob serves an export of one blob with the given bytes and number of rows.
func serveBlob(t *testing.T, rows int64, data []byte) *service {
	t.Helper()
	s := serveExport(t, atOnce(), billingtest.Export{InvoiceID: request.InvoiceID, Files: []billingtest.File{{Name: nameOfBlob, Raw: data}}})
	s.ledger = newLedger(map[string]int64{nameOfBlob: rows})
	return s
}

// wantAllRows reads a blob and asserts that all rows are delivered. If do is set, it cuts the first
// response.
func wantAllRows(t *testing.T, data []byte, do billingtest.Action) result {
	t.Helper()
	s, requests := serveBlob(t, rowsOfBlob, data), 1
	if do != nil {
		s.script(billingtest.Step{On: billingtest.BlobCall, Do: do})
		requests = 2
	}
	r := s.export(t.Context(), t)
	if n := s.count(billingtest.BlobCall); n != requests {
		t.Errorf("%d requests for the blob, want %d", n, requests)
	}
	return r
}

// wantCorrupt reads a blob and asserts an error after a number of rows, or -1 if that depends on
// the compression. The error must have the position, and the blob must not be reported as verified.
func wantCorrupt(t *testing.T, data []byte, rows int64) result {
	t.Helper()
	s := serveBlob(t, max(rows, rowsOfBlob), data)
	got := readRows(t, s, recordRows(s))
	n := s.ledger.rows()
	if rows >= 0 && n != rows {
		t.Errorf("%d rows before the error, want %d", n, rows)
	}
	offset := int64(len(text(int(n))))
	wantPosition(t, got.err, lineitem.Position{Blob: nameOfBlob, Line: n + 1, Offset: offset}, "")
	if got.report.Total.Verified || got.report.Blobs[0].Verified {
		t.Error("the blob is reported as verified")
	}
	if s.count(billingtest.BlobCall) != 1 {
		t.Errorf("%d requests for the blob, want one: a retry cannot help", s.count(billingtest.BlobCall))
	}
	return got.result
}

// wantOneMember reads a blob whose second member is damaged, and asserts that the rows of the first
// are followed by an error.
func wantOneMember(t *testing.T, data, first []byte) result {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(first))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return wantCorrupt(t, data, int64(bytes.Count(text, []byte("\n"))))
}

// wantPosition asserts the position and the attribute of a DecodeError.
func wantPosition(t *testing.T, err error, at lineitem.Position, attribute string) {
	t.Helper()
	e, ok := errors.AsType[*lineitem.DecodeError](err)
	if !ok {
		t.Errorf("got %v, want a DecodeError", err)
		return
	}
	if e.Position != at || e.Attribute != attribute {
		t.Errorf("the error is at %+v, attribute %q, want %+v, %q", e.Position, e.Attribute, at, attribute)
	}
}

// reading is a result with the report of the stream.
type reading struct {
	result
	report manifest.Report
}

// readRows requests an export and reads it, in rows of the trial's own type.
func readRows[T any](t *testing.T, s *service, see func(row T, at lineitem.Position)) (r reading) {
	t.Helper()
	defer s.wantClean(t)
	r.ledger = s.ledger
	m, err := s.manifest(t.Context())
	if err != nil {
		r.err = err
		return r
	}
	stream, err := manifest.As[T](m).NewStream(numberedRows(s.read))
	if err != nil {
		r.err = err
		return r
	}
	for row, err := range stream.All(t.Context()) {
		if err != nil {
			r.err = err
			break
		}
		see(row, stream.Position())
	}
	r.report = stream.Report()
	if r.err == nil && !r.report.Total.Verified {
		t.Error("no error, but not every blob is verified")
	}
	return r
}

// recordRows returns a function that records numbered rows in the ledger.
func recordRows(s *service) func(numbered, lineitem.Position) {
	return func(row numbered, at lineitem.Position) { s.ledger.record(at, row.N) }
}

// text returns the text of the first rows of a blob.
func text(rows int) string {
	return strings.Join(append(lines(rowsOfBlob, 50)[:rows:rows], ""), "\n")
}

func packed(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(text)) // into memory
	w.Close()
	return b.Bytes()
}

// members returns a blob of gzip members of about equal size. Each boundary is after the given
// text, which is a line break or within a line.
func members(count int, after string) (data []byte) {
	rest := text(rowsOfBlob)
	for left := count; left > 1; left-- {
		at := len(rest) / left
		at += strings.Index(rest[at:], after) + len(after)
		data, rest = append(data, packed(rest[:at])...), rest[at:]
	}
	return append(data, packed(rest)...)
}

// border returns the offset of the second gzip member.
func border(data []byte) int64 {
	in := bytes.NewReader(data)
	r, err := gzip.NewReader(in)
	if err != nil {
		panic(err)
	}
	r.Multistream(false)
	if _, err := io.Copy(io.Discard, r); err != nil {
		panic(err)
	}
	return in.Size() - int64(in.Len())
}

func cutAtBorder(t *testing.T) result {
	data := members(2, "\n")
	s := serveBlob(t, rowsOfBlob, data).script(billingtest.Step{On: billingtest.BlobCall, Do: billingtest.Cut(border(data), billingtest.ErrClosed)})
	l, err := s.Listen()
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s.transport = l.Client
	r := s.all(t.Context())
	s.wantStopped(t)
	s.wantClean(t)
	if n := s.count(billingtest.BlobCall); n != 2 {
		t.Errorf("%d requests for the blob, want 2", n)
	}
	return r
}

// zerosOf1GiB returns a line of 1 GiB, compressed to about a thousandth.
func zerosOf1GiB(t *testing.T) []byte {
	t.Helper()
	const members = 64 // all the same, to save time
	data := bytes.Repeat(packed(strings.Repeat("\x00", 1<<30/members)), members)
	if len(data) > 2<<20 {
		t.Fatalf("the bomb has %d bytes", len(data))
	}
	return data
}

// heapGrowth returns the maximum growth of the heap while do runs. The garbage collector runs
// often, so that garbage counts little.
func heapGrowth(do func()) uint64 {
	defer debug.SetGCPercent(debug.SetGCPercent(10))
	runtime.GC()
	runtime.GC() // a sync.Pool keeps its objects until the second collection
	start := heapNow()
	stop, most := make(chan struct{}), make(chan uint64)
	go func() {
		peak := uint64(0)
		for {
			peak = max(peak, heapNow())
			select {
			case <-stop:
				most <- peak
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	do()
	close(stop)
	return max(<-most, start) - start
}

func heapNow() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
