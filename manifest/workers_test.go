package manifest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
)

func TestLeavingTheLoopEndsEverything(t *testing.T) {
	leave := map[string]func(it iter.Seq2[row, error], cancel context.CancelFunc) error{
		"break": func(it iter.Seq2[row, error], _ context.CancelFunc) error {
			for range it {
				break
			}
			return nil
		},
		"panic": func(it iter.Seq2[row, error], _ context.CancelFunc) (err error) {
			defer func() {
				if r := recover(); r != "oops" {
					err = fmt.Errorf("recovered %v", r)
				}
			}()
			for range it {
				panic("oops")
			}
			return nil
		},
		"pull": func(it iter.Seq2[row, error], _ context.CancelFunc) error {
			next, stop := iter.Pull2(it)
			next()
			stop()
			return nil
		},
		"cancel": func(it iter.Seq2[row, error], cancel context.CancelFunc) error {
			rows := 0
			for _, err := range it {
				if err != nil {
					if !errors.Is(err, context.Canceled) || rows != 1 {
						return fmt.Errorf("error %w after %d rows", err, rows)
					}
					return nil
				}
				rows++
				cancel()
			}
			return errors.New("ended without an error")
		},
	}
	for how, end := range leave {
		for what, o := range ways {
			store := several(t, 20)
			s := stream(t, store.manifest(nil), &o)
			ctx, cancel := context.WithCancel(t.Context())
			if err := end(s.All(ctx), cancel); err != nil {
				t.Errorf("%s, %s: %v", how, what, err)
			}
			cancel()
			if n := store.open.Load(); n != 0 {
				t.Errorf("%s, %s: %d bodies are still open", how, what, n)
			}
			// A goroutine that has done its work may need a moment to be gone.
			for i := 0; workers() > 0 && i < 100; i++ {
				time.Sleep(time.Millisecond)
			}
			if n := workers(); n > 0 {
				t.Errorf("%s, %s: %d goroutines are left", how, what, n)
			}
			if r := s.Report(); r.Total.Rows != 1 || r.Total.Verified {
				t.Errorf("%s, %s: report %+v, want one row and nothing verified", how, what, r.Total)
			}
		}
	}
}

// A blob that was read to its end, but not handed out to its end, is not verified.
func TestLeftRowsAreNotVerified(t *testing.T) {
	for what, o := range ways {
		s := stream(t, newStorage(t).put(name(0), zipped(lines(0, 10))).manifest(nil), &o)
		n := 0
		for range s.All(t.Context()) {
			if n++; n == 5 {
				break
			}
		}
		if r := s.Report(); r.Total.Rows != 5 || r.Total.Verified {
			t.Errorf("%s: report %+v, want 5 rows, not verified", what, r.Total)
		}
	}
}

// workers counts the goroutines that the package has started.
func workers() int {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	return strings.Count(string(stacks), "sdk-go/manifest.(*workers[")
}

func TestConcurrencyOneStartsNoGoroutine(t *testing.T) {
	for _, concurrency := range []int{1, 2} {
		most := 0
		for _, err := range several(t, 3).manifest(nil).Items(t.Context(), &manifest.ReadOptions{Concurrency: concurrency}) {
			if err != nil {
				t.Fatal(err)
			}
			most = max(most, workers())
			if most > 0 {
				break
			}
		}
		if (most > 0) != (concurrency > 1) {
			t.Errorf("Concurrency %d: %d goroutines in the loop", concurrency, most)
		}
	}
}

func TestFirstRowDoesNotWaitForMany(t *testing.T) {
	// Lines of 70 KB that cannot be compressed much, at one read per second.
	var text strings.Builder
	for i := range 12 {
		fmt.Fprintf(&text, "{\"N\":%d,\"x\":%q}\n", i, noise(70_000, uint64(i)))
	}
	long := zipped([]byte(text.String()))
	for what, o := range ways {
		synctest.Test(t, func(t *testing.T) {
			store := newStorage(t).put(name(0), long)
			store.fault = func(_ int, _ *http.Request, a *response) error { a.pause = time.Second; return nil }
			s := stream(t, store.manifest(nil), &o)
			start := time.Now()
			for _, err := range s.All(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				break
			}
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("%s: the first row took %v", what, took)
			}
		})
	}
}

// An ordered loop that hangs on the first blob must not make the workers buffer the
// whole export.
func TestWorkersDoNotRunAheadOfAnOrderedLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStorage(t)
		for i := range 100 {
			store.put(name(i), zipped(lines(i*10, 10))) // small enough to wait in a queue whole
		}
		s := stream(t, store.manifest(nil), &manifest.ReadOptions{Concurrency: 4, InOrder: true})
		for _, err := range s.All(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Hour)
			store.mu.Lock()
			n := len(store.requests)
			store.mu.Unlock()
			if n != 4 {
				t.Errorf("%d blobs were begun, want 4", n)
			}
			break
		}
	})
}

// noise is text that hardly compresses.
func noise(n int, seed uint64) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	r := rand.New(rand.NewPCG(seed, 1))
	b := make([]byte, n)
	for i := range b {
		b[i] = letters[r.IntN(len(letters))]
	}
	return string(b)
}

// panicky and quitter are rows whose own code misbehaves in a worker.
type panicky struct{}

func (*panicky) UnmarshalJSON([]byte) error { panic("oops") }

type quitter struct{}

func (*quitter) UnmarshalJSON([]byte) error {
	runtime.Goexit()
	return nil
}

var atOnce = []manifest.ReadOptions{{Concurrency: 1}, {Concurrency: 2}, {Concurrency: 2, InOrder: true}, {Concurrency: 8}}

// A panic in code of the caller's can be recovered where the stream is ranged over, in
// whatever goroutine it was, and leaves nothing behind.
func TestPanicOfAWorkerComesToTheLoop(t *testing.T) {
	st := newStorage(t).put(name(0), zipped(lines(0, 10))).put(name(1), zipped(lines(0, 10_000)))
	for _, o := range atOnce {
		recovering := func(read func() error) {
			defer func() {
				if v := recover(); v != "oops" {
					t.Errorf("%d at once: recovered %v", o.Concurrency, v)
				}
			}()
			t.Errorf("the panic was lost: %v", read())
		}
		m := manifest.As[panicky](st.manifest(nil))
		recovering(func() error {
			for _, err := range m.Items(t.Context(), &o) {
				return err
			}
			return nil
		})
		s, err := m.NewStream(&o)
		if err != nil {
			t.Fatal(err)
		}
		recovering(func() error {
			return s.Parallel(t.Context(), 3, func(rows *manifest.Share[panicky]) error {
				for _, err := range rows.All() {
					return err
				}
				return nil
			})
		})
	}
}

// Code of the caller's may end the goroutine it runs in; the loop must not wait for it.
func TestGoexitOfAWorkerEndsTheLoop(t *testing.T) {
	st := newStorage(t).put(name(0), zipped(lines(0, 10))).put(name(1), zipped(lines(0, 10)))
	for _, o := range atOnce[1:] {
		for _, err := range manifest.As[quitter](st.manifest(nil)).Items(t.Context(), &o) {
			if err == nil || !strings.Contains(err.Error(), "Goexit") {
				t.Errorf("%d at once, in order %t: got %v", o.Concurrency, o.InOrder, err)
			}
		}
	}
}

// meeting is a row that waits for another one to be decoded at the same time, until two
// have met or many have waited in vain.
type meeting struct{}

var meetings struct {
	inside, vain atomic.Int32
	once         sync.Once
	met          chan struct{}
}

func (*meeting) UnmarshalJSON([]byte) error {
	if meetings.inside.Add(1) == 2 {
		meetings.once.Do(func() { close(meetings.met) })
	}
	defer meetings.inside.Add(-1)
	if meetings.vain.Load() < 5000 {
		select {
		case <-meetings.met:
		case <-time.After(time.Millisecond):
			meetings.vain.Add(1) // the other worker may not have been there yet
		}
	}
	return nil
}

// The lines of a single blob are decoded by several goroutines.
func TestOneBlobKeepsSeveralBusy(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	m := manifest.As[meeting](newStorage(t).put(name(0), zipped(lines(0, 20_000))).manifest(nil))
	for _, inOrder := range []bool{false, true} {
		meetings.met, meetings.once = make(chan struct{}), sync.Once{}
		meetings.vain.Store(0)
		rows := 0
		for _, err := range m.Items(t.Context(), &manifest.ReadOptions{Concurrency: 2, InOrder: inOrder}) {
			if err != nil {
				t.Fatal(err)
			}
			rows++
		}
		if rows != 20_000 {
			t.Errorf("in order %t: %d rows", inOrder, rows)
		}
		select {
		case <-meetings.met:
		default:
			t.Errorf("in order %t: one goroutine decoded all", inOrder)
		}
	}
}

// OnBadLine is called in the goroutine of the loop, in the order of the
// lines, before the rows after the line and after those before it.
func TestOnBadLineIsCalledInTheLoop(t *testing.T) {
	for _, o := range atOnce {
		var events []string
		o.OnBadLine = func(e *lineitem.DecodeError) error {
			events = append(events, fmt.Sprintf("bad %d", e.Line))
			return nil
		}
		text := "BAD\n" + string(lines(0, 2)) + "BAD\nBAD\n\n" + string(lines(2, 1)) + "BAD\n"
		for row, err := range newStorage(t).put(name(0), zipped([]byte(text))).manifest(nil).Items(t.Context(), &o) {
			events = append(events, fmt.Sprintf("row %d %v", row.N, err))
		}
		want := "bad 1|row 0 <nil>|row 1 <nil>|bad 4|bad 5|row 2 <nil>|bad 8"
		if got := strings.Join(events, "|"); got != want {
			t.Errorf("%d at once: %s", o.Concurrency, got)
		}
	}
}

// An io.EOF of the caller's is not the end of a blob.
func TestCallersEOFIsAnError(t *testing.T) {
	text := append(append(lines(0, 10), "BAD\n"...), lines(10, 10)...)
	st := newStorage(t).put(name(0), zipped(text))
	for _, concurrency := range []int{1, 4} {
		s := stream(t, st.manifest(nil), &manifest.ReadOptions{Concurrency: concurrency, OnBadLine: func(*lineitem.DecodeError) error { return io.EOF }})
		ns, err := collect(t.Context(), s)
		if !isCount(ns, 10) || !errors.Is(err, lineitem.ErrSyntax) || s.Report().Total.Verified {
			t.Errorf("%d at once: %d rows, %v, verified %t", concurrency, len(ns), err, s.Report().Total.Verified)
		}
	}
}
