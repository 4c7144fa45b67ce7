package manifest_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
)

type share = manifest.Share[row]

// manyBlobs is an export of some blobs of several batches each.
func manyBlobs(tb testing.TB, blobs, rows int) *storage {
	store := newStorage(tb)
	for i := range blobs {
		store.put(name(i), zipped(lines(i*rows, rows)))
	}
	return store
}

func TestEveryRowComesToOneLoop(t *testing.T) {
	const blobs, rows = 5, 8_000
	store := manyBlobs(t, blobs, rows)
	for _, o := range []manifest.ReadOptions{{Concurrency: 1}, {Concurrency: 3}, {Concurrency: 3, InOrder: true}, {Concurrency: 8}} {
		for _, loops := range []int{0, 1, 4} {
			s := stream(t, store.manifest(nil), &o)
			var came [blobs * rows]atomic.Int32
			err := s.Parallel(t.Context(), loops, func(part *share) error {
				last := make(map[string]int64)
				for r, err := range part.All() {
					if err != nil {
						return err
					}
					came[r.N].Add(1)
					at := part.Position()
					if at.Line <= last[at.Blob] || at.Line != int64(r.N%rows+1) || at.Blob != name(r.N/rows) {
						t.Errorf("row %d comes from %v after line %d", r.N, at, last[at.Blob])
					}
					last[at.Blob] = at.Line
				}
				return nil
			})
			if report := s.Report().Total; err != nil || !report.Verified || report.Rows != blobs*rows || report.Bytes != report.Size {
				t.Errorf("%d loops, %+v: %v, %+v", loops, o, err, report)
			}
			for n := range came {
				if got := came[n].Load(); got != 1 {
					t.Fatalf("%d loops, %+v: row %d came %d times", loops, o, n, got)
				}
			}
		}
	}
}

var errOurs = errors.New("ours")

// A loop that fails, is left or panics takes the others with it: none of them may
// believe that the export was read.
func TestOneLoopEndsAll(t *testing.T) {
	endings := map[string]struct {
		body func(part *share) error
		want error
	}{
		"error":           {func(part *share) error { return errors.Join(one(part), errOurs) }, errOurs},
		"error before":    {func(*share) error { return errOurs }, errOurs},
		"break":           {one, manifest.ErrLeft},
		"panic":           {func(part *share) error { return errors.Join(one(part), panics()) }, nil},
		"panic in a loop": {func(part *share) error { return each(part, func() error { return panics() }) }, nil},
		"error in a loop": {func(part *share) error { return each(part, func() error { return errOurs }) }, errOurs},
	}
	for what, e := range endings {
		for _, concurrency := range []int{1, 4} {
			s := stream(t, manyBlobs(t, 4, 20_000).manifest(nil), &manifest.ReadOptions{Concurrency: concurrency})
			var first atomic.Bool
			var clean atomic.Int32
			var recovered any
			var err error
			func() {
				defer func() { recovered = recover() }()
				err = s.Parallel(t.Context(), 4, func(part *share) error {
					if !first.Swap(true) {
						return e.body(part)
					}
					for _, err := range part.All() {
						if err != nil {
							return err
						}
					}
					clean.Add(1)
					return nil
				})
			}()
			if clean.Load() > 0 {
				t.Errorf("%s: %d loops took their share for the whole", what, clean.Load())
			}
			if e.want == nil && recovered != "oops" || !errors.Is(err, e.want) {
				t.Errorf("%s: got %v, recovered %v", what, err, recovered)
			}
			if s.Report().Total.Verified {
				t.Errorf("%s: verified", what)
			}
		}
	}
}

func panics() error { panic("oops") }

// one takes one row.
func one(part *share) error {
	for _, err := range part.All() {
		return err
	}
	return nil
}

// each does something for every row.
func each(part *share, do func() error) error {
	for _, err := range part.All() {
		if err := errors.Join(err, do()); err != nil {
			return err
		}
	}
	return nil
}

// Damage ends all loops with it, even where a body does not return it.
func TestDamageEndsAllLoops(t *testing.T) {
	store := manyBlobs(t, 3, 5_000).put(name(3), zipped([]byte(string(lines(0, 3_000))+"BAD\n")))
	for _, quiet := range []bool{false, true} {
		var ends atomic.Int32
		err := stream(t, store.manifest(nil), nil).Parallel(t.Context(), 3, func(part *share) error {
			for _, err := range part.All() {
				if err != nil {
					ends.Add(1)
					if quiet {
						return nil
					}
					return err
				}
			}
			return nil
		})
		if e, ok := errors.AsType[*lineitem.DecodeError](err); !ok || e.Line != 3001 || ends.Load() != 3 {
			t.Errorf("got %v in %d loops", err, ends.Load())
		}
	}
}

// A loop ends without an error only when all others are done with their rows: what one does with
// its last row may still fail.
func TestLoopsWaitForEachOther(t *testing.T) {
	for _, fails := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := stream(t, manyBlobs(t, 2, 10).manifest(nil), &manifest.ReadOptions{Concurrency: 2})
			var mu sync.Mutex
			var ended []string
			start := time.Now()
			err := s.Parallel(t.Context(), 2, func(part *share) error {
				for r, err := range part.All() {
					switch {
					case err != nil:
						mu.Lock()
						ended = append(ended, "with an error")
						mu.Unlock()
						return err
					case r.N == 19:
						time.Sleep(time.Hour)
						if fails {
							return errOurs
						}
					}
				}
				mu.Lock()
				ended = append(ended, "well after "+time.Since(start).Round(time.Hour).String())
				mu.Unlock()
				return nil
			})
			want := "well after 1h0m0s, well after 1h0m0s"
			if fails {
				want = "with an error"
			}
			if got := strings.Join(ended, ", "); got != want || errors.Is(err, errOurs) != fails {
				t.Errorf("loops ended %s; %v", got, err)
			}
		})
	}
}

func TestParallelIsUsedOnce(t *testing.T) {
	s := stream(t, manyBlobs(t, 1, 10).manifest(nil), nil)
	twice := func(part *share) error {
		if err := each(part, func() error { return nil }); err != nil {
			return err
		}
		return one(part)
	}
	if err := s.Parallel(t.Context(), 1, twice); !errors.Is(err, manifest.ErrUsed) {
		t.Errorf("a share ranged over twice: %v", err)
	}
	if err := s.Parallel(t.Context(), 1, one); !errors.Is(err, manifest.ErrUsed) {
		t.Errorf("a stream used twice: %v", err)
	}
	if _, err := collect(t.Context(), s); !errors.Is(err, manifest.ErrUsed) {
		t.Errorf("ranged over after that: %v", err)
	}
}

// Bodies that do not look at the rows have not read them.
func TestLoopsThatDoNotRange(t *testing.T) {
	m := manyBlobs(t, 2, 10).manifest(nil)
	if err := stream(t, m, nil).Parallel(t.Context(), 2, func(*share) error { return nil }); !errors.Is(err, manifest.ErrLeft) {
		t.Errorf("nobody ranged: %v", err)
	}
	var first atomic.Bool
	err := stream(t, m, nil).Parallel(t.Context(), 2, func(part *share) error {
		if !first.Swap(true) {
			return nil
		}
		return each(part, func() error { return nil })
	})
	if err != nil {
		t.Errorf("one ranged for all: %v", err)
	}
	if err := stream(t, newStorage(t).manifest(nil), nil).Parallel(t.Context(), 2, func(part *share) error { return each(part, panics) }); err != nil {
		t.Errorf("an empty export: %v", err)
	}
}

func TestParallelEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	var ends atomic.Int32
	err := stream(t, manyBlobs(t, 4, 20_000).manifest(nil), nil).Parallel(ctx, 3, func(part *share) error {
		for _, err := range part.All() {
			if err != nil {
				ends.Add(1)
				return err
			}
			cancel(errOurs)
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) || !errors.Is(err, errOurs) || ends.Load() != 3 {
		t.Errorf("got %v in %d loops", err, ends.Load())
	}
}

// In a synctest bubble the clock stands still while a consumer waits for anything but channels and
// timers, so that the retry would never come.
func TestParallelWaitsForARetryInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := several(t, 1)
		store.fault = func(n int, _ *http.Request, r *response) error {
			if n == 0 {
				*r = *refusal(http.StatusServiceUnavailable, "ServerBusy")
				r.cut, r.stall = -1, -1
			}
			return nil
		}
		var rows atomic.Int64
		err := stream(t, store.manifest(nil), nil).Parallel(t.Context(), 2, func(s *manifest.Share[row]) error {
			for _, err := range s.All() {
				if err != nil {
					return err
				}
				rows.Add(1)
			}
			return nil
		})
		if err != nil || rows.Load() == 0 {
			t.Errorf("%d rows, %v", rows.Load(), err)
		}
	})
}
