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

// rowsOfBlob is how many rows a blob of these trials has, before it is damaged.
const rowsOfBlob = 3000

var gzipRows = []row{
	{"G01", "blob without a row", []trial{
		{"no bytes", nil, "", func(t *testing.T) result { return onEmulator(t, []byte{}) }},
		{"gzip of nothing", nil, "", func(t *testing.T) result { return onEmulator(t, packed("")) }},
	}},
	{"G02", "gzip stream cut off", []trial{
		{"in the middle", lineitem.ErrCorrupt, "lineitem.ErrCorrupt", inBubble(func(t *testing.T) result {
			whole := zipped(rowsOfBlob, 50)
			return damaged(t, whole[:len(whole)/2], -1)
		})},
		{"trailer -1", lineitem.ErrCorrupt, "lineitem.ErrCorrupt", inBubble(func(t *testing.T) result {
			whole := zipped(rowsOfBlob, 50)
			return damaged(t, whole[:len(whole)-1], rowsOfBlob)
		})},
		{"trailer -8", lineitem.ErrCorrupt, "lineitem.ErrCorrupt", inBubble(func(t *testing.T) result {
			whole := zipped(rowsOfBlob, 50)
			return damaged(t, whole[:len(whole)-8], rowsOfBlob)
		})},
	}},
	{"G03", "gzip trailer does not fit", []trial{
		{"CRC", lineitem.ErrCorrupt, "lineitem.ErrCorrupt", inBubble(func(t *testing.T) result {
			data := zipped(rowsOfBlob, 50)
			data[len(data)-8] ^= 1
			return damaged(t, data, rowsOfBlob)
		})},
		{"ISIZE", lineitem.ErrCorrupt, "lineitem.ErrCorrupt", inBubble(func(t *testing.T) result {
			data := zipped(rowsOfBlob, 50)
			data[len(data)-1] ^= 1
			return damaged(t, data, rowsOfBlob)
		})},
	}},
	{"G04", "gzip members", []trial{
		{"2", nil, "", inBubble(func(t *testing.T) result { return sound(t, members(2, "\n"), nil) })},
		{"1000", nil, "", inBubble(func(t *testing.T) result { return sound(t, members(1000, "\n"), nil) })},
		{"line across", nil, "", inBubble(func(t *testing.T) result { return sound(t, members(50, `"pad":`), nil) })},
	}},
	{"G05", "cut at the border of gzip members, true Content-Length", []trial{
		{"connection ends", nil, "", cutAtBorder},
		{"body ends well", nil, "", inBubble(func(t *testing.T) result {
			// As an HTTP client would give it that does not compare lengths.
			data := members(2, "\n")
			return sound(t, data, billingtest.Cut(border(data), io.EOF))
		})},
	}},
	{"G06", "bytes behind the gzip stream", []trial{
		{"512 zeros", nil, "", inBubble(func(t *testing.T) result {
			return sound(t, append(zipped(rowsOfBlob, 50), make([]byte, 512)...), nil)
		})},
		{"15 of garbage", lineitem.ErrCorrupt, "lineitem.ErrCorrupt", inBubble(func(t *testing.T) result {
			return damaged(t, append(zipped(rowsOfBlob, 50), "garbage garbage"...), rowsOfBlob)
		})},
		{"a member that says it is none", lineitem.ErrCorrupt, "lineitem.ErrCorrupt", inBubble(func(t *testing.T) result {
			more := zipped(rowsOfBlob, 50)
			more[1]++
			return damaged(t, append(zipped(rowsOfBlob, 50), more...), rowsOfBlob)
		})},
	}},
	{"G07", "no gzip", []trial{
		{"plain JSON", lineitem.ErrNotGzip, "lineitem.ErrNotGzip", inBubble(func(t *testing.T) result {
			return damaged(t, []byte(text(rowsOfBlob)), 0)
		})},
		{"HTML", lineitem.ErrNotGzip, "lineitem.ErrNotGzip", inBubble(func(t *testing.T) result {
			return damaged(t, []byte("<!DOCTYPE html><html><body>Please sign in.</body></html>"), 0)
		})},
		{"zstd", lineitem.ErrNotGzip, "lineitem.ErrNotGzip", inBubble(func(t *testing.T) result {
			w, err := zstd.NewWriter(nil)
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			return damaged(t, w.EncodeAll([]byte(text(rowsOfBlob)), nil), 0)
		})},
	}},
	{"G08", "gzip bomb: 1 GiB of zeros, one line", []trial{
		{"1 GiB", lineitem.ErrLineTooLong, "lineitem.ErrLineTooLong", func(t *testing.T) result {
			s := given(t, 0, zerosOf1GiB(t))
			var r result
			grown := heapGrowth(func() { r = readRows(t, s, numbering(s)).result })
			if grown > 64<<20 {
				t.Errorf("the heap grew by %d MiB, want 64 at most", grown>>20)
			}
			r.note = fmt.Sprintf("heap +%d MiB", grown>>20)
			return r
		}},
	}},
	{"G09", "gzip bomb of good rows, MaxBlobBytes set", []trial{
		{"1 GiB", manifest.ErrBlobTooLarge, "manifest.ErrBlobTooLarge", bombOfRows},
	}},
}

// bombOfRows is of lines that are each fine, so that only their sum tells.
func bombOfRows(t *testing.T) result {
	const (
		limit = 100 << 20
		line  = 1 << 20
		rows  = 1024
	)
	var data bytes.Buffer
	pad := packed(strings.Repeat("0", line) + `"}` + "\n") // once, for the sake of time
	w := gzip.NewWriter(&data)
	for i := range rows {
		_, _ = fmt.Fprintf(w, `{"n":%d,"pad":"`, i) // into memory
		w.Close()
		data.Write(pad)
		w.Reset(&data)
	}
	s := given(t, rows, data.Bytes())
	s.read = &manifest.ReadOptions{MaxBlobBytes: limit}
	var got reading
	grown := heapGrowth(func() {
		got = readRows(t, s, func(row numbered, at lineitem.Position) {
			s.ledger.saw(at, row.N)
			if at.Offset >= limit {
				t.Errorf("a row at %d came through", at.Offset)
			}
		})
	})
	if e, ok := errors.AsType[*manifest.ReadError](got.err); !ok || e.Blob != nameOfBlob {
		t.Errorf("got %v, want an error that names the blob", got.err)
	}
	if n := s.ledger.rows(); n < limit/line*9/10 {
		t.Errorf("%d rows before the limit", n)
	}
	if grown > 64<<20 {
		t.Errorf("the heap grew by %d MiB, want 64 at most", grown>>20)
	}
	got.note = fmt.Sprintf("heap +%d MiB", grown>>20)
	return got.result
}

// nameOfBlob is the one blob of these trials.
const nameOfBlob = "part-00000.json.gz"

// atOnce has the export ready at the first look: these trials are not about polls, and not
// all of them have a clock of their own.
func atOnce() *billingtest.Options { return &billingtest.Options{RunningPolls: -1} }

// given offers an export of one blob, given byte for byte, in which there are so many rows.
func given(t *testing.T, rows int64, data []byte) *service {
	t.Helper()
	s := serveExport(t, atOnce(), billingtest.Export{InvoiceID: request.InvoiceID, Files: []billingtest.File{{Name: nameOfBlob, Raw: data}}})
	s.ledger = newLedger(map[string]int64{nameOfBlob: rows})
	return s
}

// sound reads a blob that has all its rows. Where do is set, it cuts the first answer.
func sound(t *testing.T, data []byte, do billingtest.Action) result {
	t.Helper()
	s, requests := given(t, rowsOfBlob, data), 1
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

// damaged reads a blob that must be refused after so many rows, -1 if that depends on how
// they were compressed. The error says where, and the blob does not count as read.
func damaged(t *testing.T, data []byte, rows int64) result {
	t.Helper()
	s := given(t, max(rows, rowsOfBlob), data)
	got := readRows(t, s, numbering(s))
	n := s.ledger.rows()
	if rows >= 0 && n != rows {
		t.Errorf("%d rows before the error, want %d", n, rows)
	}
	offset := int64(len(text(int(n))))
	located(t, got.err, lineitem.Position{Blob: nameOfBlob, Line: n + 1, Offset: offset}, "")
	if got.report.Total.Verified || got.report.Blobs[0].Verified {
		t.Error("the blob counts as verified")
	}
	if s.count(billingtest.BlobCall) != 1 {
		t.Errorf("%d requests for the blob, want one: damage does not pass", s.count(billingtest.BlobCall))
	}
	return got.result
}

// located asserts where a DecodeError says that the fault is.
func located(t *testing.T, err error, at lineitem.Position, attribute string) {
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

// reading is a result with what else a trial may ask about.
type reading struct {
	result
	report manifest.Report
}

// readRows asks for an export and reads it, in rows of the trial's own type.
func readRows[T any](t *testing.T, s *service, see func(row T, at lineitem.Position)) (r reading) {
	t.Helper()
	defer s.tidy(t)
	r.ledger = s.ledger
	m, err := s.manifest(t.Context())
	if err != nil {
		r.err = err
		return r
	}
	stream, err := manifest.As[T](m).NewStream(s.read)
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

// numbering takes numbered rows down in a ledger.
func numbering(s *service) func(numbered, lineitem.Position) {
	return func(row numbered, at lineitem.Position) { s.ledger.saw(at, row.N) }
}

// text is what the first rows of a blob hold.
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

// members is a blob of so many gzip members, of about as many rows each. Each border is
// behind a line's end, or within a line, behind the text given.
func members(count int, behind string) (data []byte) {
	rest := text(rowsOfBlob)
	for left := count; left > 1; left-- {
		at := len(rest) / left
		at += strings.Index(rest[at:], behind) + len(behind)
		data, rest = append(data, packed(rest[:at])...), rest[at:]
	}
	return append(data, packed(rest)...)
}

// border is where the second gzip member begins.
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
	s := given(t, rowsOfBlob, data).script(billingtest.Step{On: billingtest.BlobCall, Do: billingtest.Cut(border(data), billingtest.ErrClosed)})
	l, err := s.Listen()
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s.transport = l.Client
	r := s.all(t.Context())
	s.gone(t)
	s.tidy(t)
	if n := s.count(billingtest.BlobCall); n != 2 {
		t.Errorf("%d requests for the blob, want 2", n)
	}
	return r
}

// zerosOf1GiB is a line of that length, in a thousandth of it.
func zerosOf1GiB(t *testing.T) []byte {
	t.Helper()
	const members = 64 // all the same, for the sake of time
	data := bytes.Repeat(packed(strings.Repeat("\x00", 1<<30/members)), members)
	if len(data) > 2<<20 {
		t.Fatalf("the bomb has %d bytes", len(data))
	}
	return data
}

// heapGrowth returns by how much the heap grew at most while something ran. The collector
// runs often, so that garbage counts for little.
func heapGrowth(do func()) uint64 {
	defer debug.SetGCPercent(debug.SetGCPercent(10))
	runtime.GC()
	runtime.GC() // pools keep what they have until the second time
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
