package faulttest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"runtime/metrics"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/manifest"
)

// sleeping reads large rows while the loop body sleeps for longer than the stall timeout, again and
// again, so that the bodies are open for hours.
func sleeping(t *testing.T, workers int) result {
	s := serve(t, nil, 2, 40, 100_000)
	s.read = &manifest.ReadOptions{Concurrency: workers}
	stream := open[numbered](t, s)
	start := time.Now()
	r := result{ledger: s.ledger}
	for row, err := range stream.All(t.Context()) {
		if err != nil {
			r.err = err
			break
		}
		s.ledger.record(stream.Position(), row.N)
		time.Sleep(3 * manifest.DefaultStallTimeout)
	}
	if took := time.Since(start); took < 4*time.Hour {
		t.Errorf("it took %v", took)
	}
	if n := stream.Report().Total.Reopened; n != 0 || s.count(billingtest.BlobCall) != 2 {
		t.Errorf("%d re-opens, %d requests, want none and 2: one for each blob", n, s.count(billingtest.BlobCall))
	}
	s.wantClean(t)
	return r
}

// The blobs of slowConsumer.
const (
	slowBlobs = 8
	slowRows  = 16 // of each member, which is 1 MiB of text
	slowRow   = 1 << 20 / slowRows
)

// repeated is the body of a blob that repeats a gzip member.
type repeated struct {
	bytes.Reader
	member []byte
	left   int           // members to come
	sent   *atomic.Int64 // rows
}

func (r *repeated) Read(p []byte) (int, error) {
	if r.Len() == 0 {
		if r.left == 0 {
			return 0, io.EOF
		}
		r.left--
		r.sent.Add(slowRows)
		r.Reset(r.member)
	}
	return r.Reader.Read(p)
}

func (r *repeated) Close() error { return nil }

// slowConsumer reads gigabytes that are served from memory, in a slow loop. It asserts that neither
// the rows read ahead nor the memory grow with the size of the export.
func slowConsumer(t *testing.T) result {
	var stored bytes.Buffer
	w, err := gzip.NewWriterLevel(&stored, gzip.NoCompression)
	if err != nil {
		t.Fatal(err)
	}
	const head, tail = `{"pad":"`, "\"}\n"
	for range slowRows {
		_, _ = w.Write([]byte(head + strings.Repeat("x", slowRow-len(head+tail)) + tail)) // into memory
	}
	w.Close()
	files := make([]billingtest.File, slowBlobs)
	for i := range files {
		files[i] = billingtest.File{Name: fmt.Sprintf("part-%05d.json.gz", i), Raw: stored.Bytes()}
	}
	s := serveExport(t, atOnce(), billingtest.Export{InvoiceID: request.InvoiceID, Files: files})
	var sent atomic.Int64
	length := stored.Len() * slowMembers
	s.script(billingtest.Step{On: billingtest.BlobCall, For: slowBlobs, Do: func(*billingtest.Exchange, func(*billingtest.Exchange) *billingtest.Response) *billingtest.Response {
		return &billingtest.Response{
			Status: http.StatusOK, Length: int64(length), Body: &repeated{member: stored.Bytes(), left: slowMembers, sent: &sent},
			Header: http.Header{"Etag": {`"0x1"`}, "Content-Length": {strconv.Itoa(length)}},
		}
	}})
	s.read = &manifest.ReadOptions{Concurrency: slowBlobs}
	stream := open[struct{}](t, s)
	var r result
	rows, ahead, early := int64(0), int64(0), uint64(0)
	const all = slowBlobs * slowMembers * slowRows
	grown := heapGrowth(func() {
		for _, err := range stream.All(t.Context()) {
			if err != nil {
				r.err = err
				break
			}
			if rows++; rows%slowRows == 0 {
				time.Sleep(slowPause)
			}
			ahead = max(ahead, sent.Load()-rows)
			if rows == all/10 {
				early = memoryNow()
			}
		}
	})
	late := memoryNow()
	if rows != all || !stream.Report().Total.Verified {
		t.Errorf("%d rows of %d", rows, all)
	}
	// For each worker, a block of 128 KiB and as much again in the queue.
	if grown > slowBlobs*4<<20 {
		t.Errorf("the heap grew by %d MiB", grown>>20)
	}
	if late > early+8<<20 {
		t.Errorf("memory grew from %d to %d MiB", early>>20, late>>20)
	}
	if ahead*slowRow < 4<<20 || ahead*slowRow > slowBlobs*4<<20 {
		t.Errorf("%d MiB were read ahead of the loop, want 4 to %d", ahead*slowRow>>20, slowBlobs*4)
	}
	s.wantClean(t)
	r.note = fmt.Sprintf("%d MiB read, %d ahead, heap +%d, memory %d to %d", rows*slowRow>>20, ahead*slowRow>>20, grown>>20, early>>20, late>>20)
	return r
}

// memoryNow returns the memory that the program has from the operating system.
func memoryNow() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64() - sample[1].Value.Uint64()
}
