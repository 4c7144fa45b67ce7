package faulttest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
)

var consumerRows = []row{
	{"C01", "break after line 1: 8 workers, 64 blobs", []trial{
		{"break", nil, "", breakAfterOne},
	}},
	{"C02", "panic in the caller's code", []trial{
		{"loop body", nil, "", inBubble(func(t *testing.T) result {
			return panicking(t, func(s *manifest.Stream[numbered]) {
				for range s.All(t.Context()) {
					panic(errOfCaller)
				}
			})
		})},
		{"loop body of Parallel", nil, "", inBubble(func(t *testing.T) result {
			return panicking(t, func(s *manifest.Stream[numbered]) {
				err := s.Parallel(t.Context(), 4, func(rows *manifest.Share[numbered]) error {
					for range rows.All() {
						panic(errOfCaller)
					}
					return nil
				})
				t.Errorf("it returned %v", err)
			})
		})},
		{"UnmarshalJSON", nil, "", inBubble(func(t *testing.T) result {
			return panicking(t, drain[panickyRow](t))
		})},
		{"OnBadLine", nil, "", inBubble(func(t *testing.T) result {
			return panicking(t, drain[struct {
				N bool `json:"n"` // which no row has
			}](t))
		})},
	}},
	{"C03", "context canceled", []trial{
		{"in a body", context.Canceled, "context.Canceled", inBubble(func(t *testing.T) result {
			return canceled(t, serve(t, nil, 8, 2000, 200).script(
				billingtest.Step{On: billingtest.BlobCall, For: -1, Do: billingtest.StallAfter(50_000)}), promptly)
		})},
		{"in backoff", context.Canceled, "context.Canceled", inBubble(func(t *testing.T) result {
			busy := billingtest.Chain(billingtest.Header("Retry-After", "600"), billingtest.StorageError(503, "ServerBusy", "The server is busy."))
			return canceled(t, serve(t, nil, 8, 2000, 200).script(billingtest.Step{On: billingtest.BlobCall, For: -1, Do: busy}), promptly)
		})},
		{"in a refresh", context.Canceled, "context.Canceled", inBubble(func(t *testing.T) result {
			s := serve(t, nil, 8, 2000, 200)
			return canceled(t, s.script(
				billingtest.Step{On: billingtest.BlobCall, Do: billingtest.Before(s.ExpireSAS)},
				billingtest.Step{On: billingtest.ManifestCall, For: -1, Do: billingtest.Stall()}), promptly)
		})},
		{"in a body, on a socket", context.Canceled, "context.Canceled", func(t *testing.T) result {
			s := serve(t, atOnce(), 8, 2000, 200).script(
				billingtest.Step{On: billingtest.BlobCall, For: -1, Do: billingtest.StallAfter(50_000)})
			l, err := s.Listen()
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			s.transport = l.Client
			return canceled(t, s, time.Second) // real time, on a machine that may be busy
		}},
	}},
	{"C04", "consumer sleeps 3 x StallTimeout between rows", []trial{
		{"1 worker", nil, "", inBubble(func(t *testing.T) result { return sleeping(t, 1) })},
		{"8 workers", nil, "", inBubble(func(t *testing.T) result { return sleeping(t, 8) })},
	}},
	{"C05", "consumer slower than the network: 8 x 1 GiB from memory (32 MiB with the race detector)", []trial{
		{"8 workers", nil, "", slowConsumer},
	}},
	{"C06", "stream misused", []trial{
		{"stopped twice", nil, "", inBubble(func(t *testing.T) result {
			return misused(t, func(s *manifest.Stream[numbered]) {
				next, stop := iter.Pull2(s.All(t.Context()))
				if _, err, ok := next(); err != nil || !ok {
					t.Errorf("no first row: %v", err)
				}
				stop()
				stop()
				if _, err, ok := next(); err != nil || ok {
					t.Errorf("something came after the stop: %v", err)
				}
			})
		})},
		{"canceled during Next", nil, "", inBubble(endedDuringNext)},
		{"ranged over twice", nil, "", inBubble(func(t *testing.T) result {
			return misused(t, func(s *manifest.Stream[numbered]) {
				loop := s.All(t.Context())
				for range loop {
					break
				}
				for _, err := range loop {
					if !errors.Is(err, manifest.ErrUsed) {
						t.Errorf("got %v, want ErrUsed", err)
					}
				}
			})
		})},
		{"a tag that names no attribute", lineitem.ErrUnknownAttribute, "lineitem.ErrUnknownAttribute", inBubble(func(t *testing.T) result {
			s := serve(t, nil, 1, 1, 0)
			m, err := s.manifest(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var r result
			for _, err := range m.Items(t.Context(), nil) {
				r.err = err
			}
			return r
		})},
		{"used by two goroutines", nil, "", inBubble(usedByTwo)},
		{"no loop in Parallel", nil, "", inBubble(func(t *testing.T) result {
			return misused(t, func(s *manifest.Stream[numbered]) {
				if err := s.Parallel(t.Context(), 2, func(*manifest.Share[numbered]) error { return nil }); !errors.Is(err, manifest.ErrLeft) {
					t.Errorf("got %v, want ErrLeft", err)
				}
			})
		})},
		{"loop of Parallel left", nil, "", inBubble(func(t *testing.T) result {
			return misused(t, func(s *manifest.Stream[numbered]) {
				err := s.Parallel(t.Context(), 8, func(rows *manifest.Share[numbered]) error {
					for range rows.All() {
						break
					}
					return nil
				})
				if !errors.Is(err, manifest.ErrLeft) {
					t.Errorf("got %v, want ErrLeft", err)
				}
			})
		})},
	}},
	{"C07", "a worker fails while others wait", []trial{
		{"one", manifest.ErrBlobMissing, "manifest.ErrBlobMissing", func(t *testing.T) result { return workerFails(t, 1) }},
		{"all at once", manifest.ErrBlobMissing, "manifest.ErrBlobMissing", func(t *testing.T) result { return workerFails(t, 8) }},
	}},
}

// promptly is how soon reading must end after its context is canceled.
const promptly = 100 * time.Millisecond

var errOfCaller = errors.New("the caller's own")

// panickyRow is a row type whose UnmarshalJSON panics.
type panickyRow struct{}

func (*panickyRow) UnmarshalJSON([]byte) error { panic(errOfCaller) }

// open requests an export and returns a stream of it.
func open[T any](t *testing.T, s *service) *manifest.Stream[T] {
	t.Helper()
	m, err := s.manifest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stream, err := manifest.As[T](m).NewStream(numberedRows(s.read))
	if err != nil {
		t.Fatal(err)
	}
	return stream
}

// readers returns the number of goroutines that read blobs.
func readers() int {
	stacks := make([]byte, 4<<20)
	return strings.Count(string(stacks[:runtime.Stack(stacks, true)]), "\ngithub.com/partnerbilling/sdk-go/manifest.(*workers[")
}

// wantStopped asserts that no goroutine and no open body is left. A goroutine may still need a
// moment to exit, and so may a server on a socket to notice that its connection was closed.
func (s *service) wantStopped(t *testing.T) {
	t.Helper()
	for i := 0; s.transport != s.Server && s.OpenBodies() > 0 && i < 1000; i++ {
		time.Sleep(time.Millisecond)
	}
	if n := s.OpenBodies(); n != 0 {
		t.Errorf("%d bodies are open", n)
	}
	for i := 0; readers() > 0; i++ {
		if i == 1000 {
			t.Errorf("%d goroutines are left after a second", readers())
			return
		}
		time.Sleep(time.Millisecond)
	}
}

func breakAfterOne(t *testing.T) result {
	files, ledger := blobs(64, 3000, 300)
	s, e := emulated(t, files, ledger)
	s.read = &manifest.ReadOptions{Concurrency: 8}
	stream := open[numbered](t, s)
	before := goleak.IgnoreCurrent()
	for row, err := range stream.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		ledger.record(stream.Position(), row.N)
		// Wait until the workers are in the middle of their blobs. One may be between two blobs.
		for i := 0; i < 1000 && e.open.Load() < 8; i++ {
			time.Sleep(time.Millisecond)
		}
		if n := e.open.Load(); n < 4 {
			t.Errorf("%d bodies are open in the loop, want about 8", n)
		}
		break
	}
	if n := e.open.Load(); n != 0 {
		t.Errorf("%d bodies are open", n)
	}
	start := time.Now()
	s.wantStopped(t)
	e.storage.Client.CloseIdleConnections()
	if err := goleak.Find(before); err != nil {
		t.Error(err)
	}
	took := time.Since(start)
	if took > time.Second {
		t.Errorf("goroutines ran for %v after the loop, want a second at most", took)
	}
	if r := stream.Report().Total; r.Rows != 1 || r.Verified {
		t.Errorf("report %+v, want one row and nothing verified", r)
	}
	for _, wrong := range ledger.problems(false) {
		t.Error(wrong)
	}
	s.wantClean(t)
	return result{note: fmt.Sprintf("all stopped in %v", took.Round(time.Millisecond))}
}

// panicking asserts that a panic in the caller's code reaches the caller of the iterator unchanged,
// and that no goroutine is left.
func panicking[T any](t *testing.T, read func(*manifest.Stream[T])) result {
	t.Helper()
	s := serve(t, nil, 16, 2000, 200)
	s.read = &manifest.ReadOptions{Concurrency: 8, OnBadLine: func(*lineitem.DecodeError) error { panic(errOfCaller) }}
	stream := open[T](t, s)
	func() {
		defer func() {
			if err, _ := recover().(error); !errors.Is(err, errOfCaller) {
				t.Errorf("recovered %v", err)
			}
		}()
		read(stream)
		t.Error("the panic was lost")
	}()
	s.wantStopped(t)
	s.wantClean(t)
	if stream.Report().Total.Verified {
		t.Error("the export is reported as verified")
	}
	return result{}
}

// drain reads a stream and ignores rows and errors.
func drain[T any](t *testing.T) func(*manifest.Stream[T]) {
	return func(s *manifest.Stream[T]) {
		for range s.All(t.Context()) {
		}
	}
}

// canceled cancels the context while all workers block, and asserts that reading ends soon, with
// the cause.
func canceled(t *testing.T, s *service, soon time.Duration) result {
	t.Helper()
	s.read = &manifest.ReadOptions{Concurrency: 8}
	m, err := s.manifest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	var at time.Time
	timer := time.AfterFunc(2*time.Second, func() {
		at = time.Now()
		cancel(errOfCaller)
	})
	defer timer.Stop()
	r := s.rows(ctx, m)
	took := time.Since(at)
	if at.IsZero() {
		t.Fatalf("it ended before the context was canceled: %v", r.err)
	}
	if took > soon {
		t.Errorf("it ended %v after the context was canceled", took)
	}
	if !errors.Is(r.err, errOfCaller) {
		t.Errorf("%v does not have the context's cause", r.err)
	}
	s.wantStopped(t)
	s.wantClean(t)
	r.note = ""
	return r
}

// misused uses a stream in a wrong way, and asserts that no goroutine is left.
func misused(t *testing.T, use func(*manifest.Stream[numbered])) result {
	t.Helper()
	s := serve(t, nil, 16, 2000, 200)
	s.read = &manifest.ReadOptions{Concurrency: 8}
	use(open[numbered](t, s))
	s.wantStopped(t)
	s.wantClean(t)
	return result{}
}

// endedDuringNext cancels the context while a call waits for a row.
func endedDuringNext(t *testing.T) result {
	s := serve(t, nil, 8, 2000, 200).script(billingtest.Step{On: billingtest.BlobCall, For: -1, Do: billingtest.Stall()})
	s.read = &manifest.ReadOptions{Concurrency: 8}
	ctx, cancel := context.WithCancel(t.Context())
	next, stop := iter.Pull2(open[numbered](t, s).All(ctx))
	go func() {
		time.Sleep(time.Second)
		cancel()
	}()
	if _, err, ok := next(); !ok || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
	if _, err, ok := next(); ok || err != nil {
		t.Errorf("something came after the error: %v", err)
	}
	stop()
	s.wantStopped(t)
	s.wantClean(t)
	return result{}
}

// usedByTwo ranges over a stream in two goroutines: one gets all rows, the other ErrUsed.
func usedByTwo(t *testing.T) result {
	s := serve(t, nil, 16, 2000, 200)
	s.read = &manifest.ReadOptions{Concurrency: 8}
	stream := open[numbered](t, s)
	var rows, rejected atomic.Int64
	both := make(chan struct{})
	for range 2 {
		go func() {
			defer func() { both <- struct{}{} }()
			for _, err := range stream.All(t.Context()) {
				switch {
				case errors.Is(err, manifest.ErrUsed):
					rejected.Add(1)
				case err != nil:
					t.Error(err)
				default:
					rows.Add(1)
				}
				stream.Report()
			}
		}()
	}
	<-both
	<-both
	if rows.Load() != 16*2000 || rejected.Load() != 1 {
		t.Errorf("%d rows, %d times ErrUsed", rows.Load(), rejected.Load())
	}
	s.wantStopped(t)
	s.wantClean(t)
	return result{}
}

// workerFails returns 404 for some of 8 blobs, over real sockets, while the others stall. It
// asserts that all workers stop after the first error.
func workerFails(t *testing.T, fail int) result {
	s := serve(t, atOnce(), 8, 2000, 200)
	s.read = &manifest.ReadOptions{Concurrency: 8}
	l, err := s.Listen()
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s.transport = l.Client
	var waiting atomic.Int64
	var failed atomic.Pointer[time.Time]
	for i := range 8 {
		do := billingtest.Chain(billingtest.Before(func() { waiting.Add(1) }), billingtest.StallAfter(50_000))
		if i < fail {
			do = func(x *billingtest.Exchange, next func(*billingtest.Exchange) *billingtest.Response) *billingtest.Response {
				for waiting.Load() < int64(8-fail) {
					time.Sleep(time.Millisecond)
				}
				time.Sleep(100 * time.Millisecond) // the bodies of the others are being sent
				now := time.Now()
				failed.CompareAndSwap(nil, &now)
				return billingtest.StorageError(404, "BlobNotFound", "The specified blob does not exist.")(x, next)
			}
		}
		s.script(billingtest.Step{On: billingtest.BlobCall, Blob: fmt.Sprintf("part-%05d.json.gz", i), For: -1, Do: do})
	}
	m, err := s.manifest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r := s.rows(t.Context(), m)
	took := time.Since(*failed.Load())
	if took > time.Second {
		t.Errorf("the other workers ran for %v", took)
	}
	if n := strings.Count(fmt.Sprint(r.err), ".json.gz"); n != 1 || len(r.err.Error()) > 1000 {
		t.Errorf("the error names %d blobs: %v", n, r.err)
	}
	s.wantStopped(t)
	s.wantClean(t)
	r.note = fmt.Sprintf("all stopped in %v", took.Round(time.Millisecond))
	return r
}
