package manifest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partnerbilling/sdk-go/manifest"
)

var errReset = syscall.ECONNRESET

// big is a blob of a few hundred KiB, so that there is progress between breaks.
var big = zipped(lines(0, 30_000))

const bigRows = 30_000

// outcome is what one read of a single blob came to.
type outcome struct {
	rows     []int
	err      error
	report   manifest.BlobReport
	requests int
	took     time.Duration
}

// readOne reads a store of one blob with a fake clock.
func readOne(t *testing.T, data []byte, fault func(n int, req *http.Request, a *response) error, o *manifest.ReadOptions) outcome {
	t.Helper()
	var out outcome
	synctest.Test(t, func(t *testing.T) {
		store := newStorage(t).put(name(0), data)
		store.fault = fault
		s := stream(t, store.manifest(nil), o)
		start := time.Now()
		out.rows, out.err = collect(t.Context(), s)
		out.took = time.Since(start)
		out.report = s.Report().Blobs[0]
		out.requests = store.requests[name(0)]
		if n := store.open.Load(); n != 0 {
			t.Errorf("%d bodies are still open", n)
		}
	})
	return out
}

func (o *outcome) survived(t *testing.T, what string, rows int) {
	t.Helper()
	if o.err != nil || !isCount(o.rows, rows) {
		t.Errorf("%s: %d rows, error %v, want all %d in order", what, len(o.rows), o.err, rows)
	}
	if !o.report.Verified || o.report.Bytes != o.report.Size || o.report.Rows != int64(rows) {
		t.Errorf("%s: report %+v is not that of a whole blob", what, o.report)
	}
}

// refused expects a typed error after an exact prefix of the rows.
func (o *outcome) refused(t *testing.T, what string, is error) {
	t.Helper()
	if !errors.Is(o.err, is) {
		t.Errorf("%s: error = %v, want %v", what, o.err, is)
	}
	var read *manifest.ReadError
	if errors.As(o.err, &read) && read.Blob != name(0) {
		t.Errorf("%s: the error names blob %q", what, read.Blob)
	}
	if !isCount(o.rows, len(o.rows)) {
		t.Errorf("%s: rows before the error are no exact prefix", what)
	}
	if o.report.Verified {
		t.Errorf("%s: the blob counts as verified", what)
	}
}

func TestBrokenAtEveryByte(t *testing.T) {
	rows := 40
	data := zipped(lines(0, rows))
	for len(data) < 2000 {
		rows += 10
		data = zipped(lines(0, rows))
	}
	for cut := range data {
		out := readOne(t, data, func(n int, _ *http.Request, a *response) error {
			if n == 0 {
				a.cut, a.err = cut, errReset
			}
			return nil
		}, nil)
		if out.survived(t, fmt.Sprintf("cut at byte %d", cut), rows); t.Failed() {
			return
		}
		if out.requests != 2 || out.report.Reopened != 1 {
			t.Fatalf("cut at byte %d: %d requests, %d re-opened, want 2 and 1", cut, out.requests, out.report.Reopened)
		}
	}
}

func TestBreaksAreSurvived(t *testing.T) {
	first := func(change func(a *response)) func(int, *http.Request, *response) error {
		return func(n int, _ *http.Request, a *response) error {
			if n == 0 {
				change(a)
			}
			return nil
		}
	}
	always := func(change func(a *response)) func(int, *http.Request, *response) error {
		return func(_ int, _ *http.Request, a *response) error {
			change(a)
			return nil
		}
	}
	errs := func(count int, err error) func(int, *http.Request, *response) error {
		return func(n int, _ *http.Request, _ *response) error {
			if n < count {
				return err
			}
			return nil
		}
	}
	statuses := func(count, status int, code string, h http.Header) func(int, *http.Request, *response) error {
		return func(n int, _ *http.Request, a *response) error {
			if n < count {
				*a = *refusal(status, code)
				a.cut, a.stall = -1, -1
				for k := range h {
					a.header.Set(k, h.Get(k))
				}
			}
			return nil
		}
	}
	cases := map[string]struct {
		fault    func(int, *http.Request, *response) error
		reopened int // -1: any
		least    time.Duration
		most     time.Duration
	}{
		"no fault":                  {nil, 0, 0, 0},
		"end after each 100 kB":     {always(func(a *response) { a.cut, a.err = min(100_000, len(a.body)), io.EOF }), (len(big) - 1) / 100_000, 0, 0},
		"reset after each 100 kB":   {always(func(a *response) { a.cut, a.err = min(100_000, len(a.body)+1), errReset }), (len(big) - 1) / 100_000, 0, 0},
		"unexpected EOF":            {first(func(a *response) { a.cut, a.err = 9, io.ErrUnexpectedEOF }), 1, 0, 0},
		"end before the first byte": {first(func(a *response) { a.cut, a.err = 0, io.EOF }), 1, 0, 0},
		"reset at the last byte":    {first(func(a *response) { a.cut, a.err = len(a.body)-1, errReset }), 1, 0, 0},
		"reset after the last byte": {first(func(a *response) { a.cut, a.err = len(a.body), errReset }), 0, 0, 0},
		"stall after the last byte": {first(func(a *response) { a.stall = len(a.body) }), 0, time.Minute, time.Minute},
		"stall in the middle":       {first(func(a *response) { a.stall = 1000 }), 1, time.Minute, 62 * time.Second},
		"stall before headers":      {first(func(a *response) { a.mute = true }), 0, time.Minute, 62 * time.Second},
		"reset before headers, x5":  {errs(5, errReset), 0, 0, time.Minute},
		"503 once":                  {statuses(1, 503, "ServerBusy", nil), 0, 0, time.Second},
		"503, x10":                  {statuses(10, 503, "ServerBusy", nil), 0, 0, 15 * time.Minute},
		"500, x3":                   {statuses(3, 500, "OperationTimedOut", nil), 0, 0, time.Minute},
		"408":                       {statuses(1, 408, "", nil), 0, 0, time.Minute},
		"429 with Retry-After":      {statuses(2, 429, "", http.Header{"Retry-After": {"40"}}), 0, 80 * time.Second, 81 * time.Second},
		"no length, told by HEAD": {func(_ int, req *http.Request, a *response) error {
			if req.Method == http.MethodGet {
				a.header.Del("Content-Length")
				a.length = -1
			}
			return nil
		}, 0, 0, 0},
		"no length, and cut": {func(n int, req *http.Request, a *response) error {
			if req.Method == http.MethodGet {
				a.header.Del("Content-Length")
				a.length = -1
			}
			if n == 0 {
				a.cut, a.err = 70_000, io.EOF
			}
			return nil
		}, 1, 0, 0},
	}
	for what, c := range cases {
		for _, concurrency := range []int{1, 2} {
			out := readOne(t, big, c.fault, &manifest.ReadOptions{Concurrency: concurrency})
			out.survived(t, what, bigRows)
			if out.report.Reopened != c.reopened {
				t.Errorf("%s: re-opened %d times, want %d", what, out.report.Reopened, c.reopened)
			}
			if out.took < c.least || out.took > c.most && c.most > 0 {
				t.Errorf("%s: took %v, want between %v and %v", what, out.took, c.least, c.most)
			}
		}
	}
}

func TestRetryBudget(t *testing.T) {
	cases := map[string]struct {
		fault       func(int, *http.Request, *response) error
		least, most time.Duration
		requests    int // at most
	}{
		"refused for ever": {func(int, *http.Request, *response) error { return syscall.ECONNREFUSED }, time.Minute, 3 * time.Minute, 100},
		"500 for ever": {func(_ int, _ *http.Request, a *response) error {
			*a = *refusal(500, "InternalError")
			a.cut, a.stall = -1, -1
			return nil
		}, 14 * time.Minute, 15 * time.Minute, 500},
		"stalled for ever": {func(_ int, _ *http.Request, a *response) error { a.stall = 10; return nil }, 8 * time.Minute, 15 * time.Minute, 8},
		"mute for ever":    {func(_ int, _ *http.Request, a *response) error { a.mute = true; return nil }, 8 * time.Minute, 15 * time.Minute, 8},
		"no byte for ever": {func(_ int, _ *http.Request, a *response) error { a.cut, a.err = 0, errReset; return nil }, time.Minute, 3 * time.Minute, 100},
		"requests too long a delay": {func(_ int, _ *http.Request, a *response) error {
			*a = *refusal(503, "ServerBusy")
			a.cut, a.stall = -1, -1
			a.header.Set("Retry-After", "99999999999")
			return nil
		}, 0, 0, 1},
	}
	for what, c := range cases {
		out := readOne(t, big, c.fault, nil)
		out.refused(t, what, manifest.ErrUnavailable)
		if !strings.Contains(out.err.Error(), "; read again later") {
			t.Errorf("%s: %v does not say what to do", what, out.err)
		}
		if out.took < c.least || out.took > c.most || out.requests > c.requests {
			t.Errorf("%s: gave up after %v and %d requests, want %v to %v and at most %d", what, out.took, out.requests, c.least, c.most, c.requests)
		}
	}
}

// Failures count only while nothing comes forward: a long blob may break any number
// of times.
func TestProgressResetsTheRetryBudget(t *testing.T) {
	text := ""
	for i := range 300 {
		text += fmt.Sprintf("{\"N\":%d,\"x\":%q}\n", i, noise(10_000, uint64(i)))
	}
	data := zipped([]byte(text))
	stallAfter := func(n int) func(int, *http.Request, *response) error {
		return func(_ int, _ *http.Request, a *response) error { a.stall = n; return nil }
	}
	out := readOne(t, data, stallAfter(70_000), nil)
	out.survived(t, "stall after each 70 kB", 300)
	if out.report.Reopened < 30 || out.took < 30*time.Minute {
		t.Errorf("%d times re-opened in %v, want more than any budget allows without progress", out.report.Reopened, out.took)
	}
	out = readOne(t, data, stallAfter(5000), nil)
	out.refused(t, "stall after each 5 kB", manifest.ErrUnavailable)
	if out.requests != manifest.DefaultMaxTries {
		t.Errorf("%d requests, want %d", out.requests, manifest.DefaultMaxTries)
	}
	busy := func(n int, _ *http.Request, a *response) error {
		if n%20 != 0 {
			*a = *refusal(503, "ServerBusy")
			a.header.Set("Retry-After", "30")
			a.cut, a.stall = -1, -1
			return nil
		}
		a.cut, a.err = min(500_000, len(a.body)), io.EOF
		return nil
	}
	out = readOne(t, data, busy, nil)
	out.survived(t, "busy for ten minutes after each 500 kB", 300)
}

func TestSlowConnectionIsReplaced(t *testing.T) {
	out := readOne(t, big, func(n int, _ *http.Request, a *response) error {
		if n == 0 {
			a.body = a.body[:200] // what trickles: one byte a second
			a.pause = 59 * time.Second
			a.cut, a.err = 100, errReset
			a.stall = -1
			a.length = int64(len(big))
			a.slice = 1
		}
		return nil
	}, nil)
	out.survived(t, "dribble", bigRows)
	if out.took > 6*time.Minute {
		t.Errorf("took %v, want the dribbling connection to be left after five minutes", out.took)
	}
}

func TestSlowConsumerIsNotAStall(t *testing.T) {
	for _, concurrency := range []int{1, 2} {
		synctest.Test(t, func(t *testing.T) {
			store := newStorage(t).put(name(0), big).put(name(1), big)
			s := stream(t, store.manifest(nil), &manifest.ReadOptions{Concurrency: concurrency})
			n := 0
			for _, err := range s.All(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				if n++; n%1000 == 0 {
					time.Sleep(3 * time.Minute)
				}
			}
			if r := s.Report(); n != 2*bigRows || r.Total.Reopened != 0 || store.requests[name(0)] != 1 {
				t.Errorf("%d rows, report %+v, want no connection to be given up", n, r.Total)
			}
		})
	}
}

func TestEmptyBlobs(t *testing.T) {
	out := readOne(t, zipped(nil), nil, nil)
	out.survived(t, "gzip of nothing", 0)
	out = readOne(t, []byte{}, nil, &manifest.ReadOptions{AllowEmpty: true})
	out.survived(t, "no bytes, admitted", 0)
	for what, o := range map[string]*manifest.ReadOptions{"no bytes": nil, "no bytes, not compressed": {AllowPlain: true}} {
		out := readOne(t, []byte{}, nil, o)
		out.refused(t, what, manifest.ErrIncomplete)
		if e, is := errors.AsType[*manifest.ReadError](out.err); !is || e.Blob != name(0) || !strings.Contains(out.err.Error(), "AllowEmpty") {
			t.Errorf("%s: error %v does not name the blob and what to do", what, out.err)
		}
	}
}

// A manifest may say that a blob is empty. One that says how long a blob is, is right about it.
func TestEmptyBlobsByTheirSize(t *testing.T) {
	const link = root + "/a.csv?sp=r&se=2099-01-01&sig=x"
	rooted := map[string]any{"name": "a.csv"}
	for _, c := range []struct {
		name  string
		size  map[string]any // of the blob, in the manifest
		data  string
		allow bool
		want  error
	}{
		{"no size", nil, "", false, manifest.ErrIncomplete},
		{"null", map[string]any{"byteCount": nil}, "", false, manifest.ErrIncomplete},
		{"0", map[string]any{"byteCount": 0}, "", false, nil},
		{"0 as text", map[string]any{"byteCount": "0"}, "", false, nil},
		{"negative", map[string]any{"byteCount": -1}, "", false, manifest.ErrIncomplete},
		{"longer", map[string]any{"byteCount": 10}, "", false, manifest.ErrBadResponse},
		{"longer, admitted", map[string]any{"byteCount": 10}, "", true, manifest.ErrBadResponse},
		{"admitted", nil, "", true, nil},
		{"0 of one that is not empty", map[string]any{"byteCount": 0}, "N,BillingPreTaxTotal\n0,1\n", false, manifest.ErrBadResponse},
		{"former host: 0", map[string]any{"sizeInBytes": 0}, "", false, nil},
		{"former host: 0, misspelled", map[string]any{"sizeinBytes": 0}, "", false, nil},
		{"former host: longer", map[string]any{"sizeInBytes": 10}, "", false, manifest.ErrIncomplete},
	} {
		for _, blob := range []map[string]any{rooted, {"blobLink": link}} {
			t.Run(c.name, func(t *testing.T) {
				st := newStorage(t).put("a.csv", []byte(c.data))
				o := &manifest.Options{}
				o.Transport = st
				entry := maps.Clone(blob)
				maps.Copy(entry, c.size)
				changes := map[string]any{"dataFormat": "Csv", "blobCount": 1, "blobs": []any{entry}}
				parse := func(data []byte, err error) *manifest.Manifest[row] {
					t.Helper()
					if err != nil {
						t.Fatal(err)
					}
					m, err := manifest.Parse[row](data, o)
					if err != nil {
						t.Fatal(err)
					}
					return m
				}
				m := parse(document(nil, changes), nil)
				for what, m := range map[string]*manifest.Manifest[row]{"parsed": m, "written and parsed": parse(m.MarshalWithSAS())} {
					ns, err := collect(t.Context(), stream(t, m, &manifest.ReadOptions{AllowEmpty: c.allow}))
					if c.want == nil && (err != nil || len(ns) != 0) || c.want != nil && !errors.Is(err, c.want) {
						t.Errorf("%s: %d rows, %v, want %v", what, len(ns), err, c.want)
					}
				}
			})
		}
	}
}

func TestContentEncodingIsRecordedNotApplied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStorage(t).put(name(0), big)
		store.blobs[name(0)].encoding = "gzip"
		store.fault = func(n int, _ *http.Request, a *response) error {
			if n == 0 {
				a.cut, a.err = 100_000, io.EOF
			}
			return nil
		}
		s := stream(t, store.manifest(nil), nil)
		if ns, err := collect(t.Context(), s); err != nil || !isCount(ns, bigRows) {
			t.Fatalf("%d rows, error %v", len(ns), err)
		}
		if r := s.Report().Blobs[0]; r.ContentEncoding != "gzip" || r.Reopened != 1 {
			t.Errorf("report %+v, want the encoding in it", r)
		}
	})
}

func TestCancelEndsAReadAtOnce(t *testing.T) {
	why := errors.New("the user went home")
	const last = "the user went home; the blob was being retried after this failure: storage returned status 503 (HTTP 503 ServerBusy, request request-1)"
	faults := map[string]func(int, *http.Request, *response) error{
		"waiting for bytes":   func(_ int, _ *http.Request, a *response) error { a.stall = 100_000; return nil },
		"waiting for headers": func(_ int, _ *http.Request, a *response) error { a.mute = true; return nil },
		"in a pause": func(_ int, _ *http.Request, a *response) error {
			*a = *refusal(503, "ServerBusy")
			a.cut, a.stall = -1, -1
			a.header.Set("Retry-After", "500")
			return nil
		},
	}
	for what, fault := range faults {
		for _, concurrency := range []int{1, 3} {
			synctest.Test(t, func(t *testing.T) {
				store := newStorage(t).put(name(0), big).put(name(1), big)
				store.fault = fault
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(30*time.Second, func() { cancel(why) })
				start := time.Now()
				_, err := collect(ctx, stream(t, store.manifest(nil), &manifest.ReadOptions{Concurrency: concurrency}))
				if !errors.Is(err, context.Canceled) || !errors.Is(err, why) {
					t.Errorf("%s: error = %v, want context.Canceled and its cause", what, err)
				}
				// The error says why nothing came.
				read, ok := errors.AsType[*manifest.ReadError](err)
				if what == "in a pause" && (!ok || read.Blob != name(0) || !strings.HasSuffix(err.Error(), last)) {
					t.Errorf("%s: error = %v, want one about %s that ends with %q", what, err, name(0), last)
				}
				if took := time.Since(start); took != 30*time.Second {
					t.Errorf("%s: took %v, want 30s", what, took)
				}
				if n := store.open.Load(); n != 0 {
					t.Errorf("%s: %d bodies are still open", what, n)
				}
			})
		}
	}
}

// A stall timeout longer than the window of the speed check is honored.
func TestLongSilenceIsAllowedOnRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStorage(t).put(name(0), zipped(lines(0, 1000)))
		store.fault = func(_ int, _ *http.Request, a *response) error {
			a.pause, a.slice = 9*time.Minute, 4000
			return nil
		}
		s := stream(t, store.manifest(nil), &manifest.ReadOptions{StallTimeout: 30 * time.Minute})
		if ns, err := collect(t.Context(), s); err != nil || !isCount(ns, 1000) || s.Report().Total.Reopened != 0 {
			t.Errorf("%d rows, %v, %d re-opens", len(ns), err, s.Report().Total.Reopened)
		}
	})
}

// A failure that was recovered from does not explain a later cancellation.
func TestCancelAfterARecoveredFailure(t *testing.T) {
	for _, concurrency := range []int{1, 3} {
		synctest.Test(t, func(t *testing.T) {
			store := newStorage(t).put(name(0), big)
			store.fault = func(n int, _ *http.Request, a *response) error {
				if n == 0 {
					return errReset
				}
				a.stall = 10
				return nil
			}
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			_, err := collect(ctx, stream(t, store.manifest(nil), &manifest.ReadOptions{Concurrency: concurrency}))
			if !errors.Is(err, context.DeadlineExceeded) || strings.Contains(err.Error(), "retried") {
				t.Errorf("error = %v", err)
			}
		})
	}
}

// The loop of Parallel learns, too, which blob was being retried when the context ended. It is one
// loop, since the clock of synctest stands while a second one waits for the mutex of the queue.
func TestCancelOfParallelNamesTheBlob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStorage(t).put(name(0), big)
		store.fault = func(int, *http.Request, *response) error { return errReset }
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		err := stream(t, store.manifest(nil), nil).Parallel(ctx, 1, func(rows *manifest.Share[row]) error {
			for _, err := range rows.All() {
				if err != nil {
					return err
				}
			}
			return nil
		})
		read, ok := errors.AsType[*manifest.ReadError](err)
		if !ok || read.Blob != name(0) || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), errReset.Error()) {
			t.Errorf("error = %v", err)
		}
	})
}
