package manifest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
)

type batch = manifest.Batch[row]

// collectBatches returns the rows of all batches.
func collectBatches(ctx context.Context, s *manifest.Stream[row]) (ns []int, err error) {
	for b, e := range s.Batches(ctx) {
		if e != nil {
			return ns, e
		}
		ns = append(ns, numbersOf(b)...)
	}
	return ns, nil
}

func numbersOf(b batch) (ns []int) {
	for i := range b.Rows {
		ns = append(ns, b.Rows[i].N)
	}
	return ns
}

func TestBatchesHaveEveryRowOnce(t *testing.T) {
	for what, o := range ways {
		store := several(t, 12)
		s := stream(t, store.manifest(nil), &o)
		last := map[string]int{}
		var ns []int
		for b, err := range s.Batches(t.Context()) {
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			if len(b.Rows) == 0 || cap(b.Rows) != len(b.Rows) || s.Position() != b.Position(0) {
				t.Fatalf("%s: %d rows, capacity %d, at %v, %v", what, len(b.Rows), cap(b.Rows), s.Position(), b.Position(0))
			}
			for i, n := range numbersOf(b) {
				at := b.Position(i)
				if at.Blob != name(n/1000) || at.Line != int64(n%1000+1) || n%1000 != last[at.Blob] {
					t.Fatalf("%s: row %d is at %v", what, n, at)
				}
				last[at.Blob]++
			}
			ns = append(ns, numbersOf(b)...)
		}
		if (o.InOrder || o.Concurrency == 1) && !isCount(ns, 12_000) {
			t.Errorf("%s: the rows are not in the order of the manifest", what)
		}
		if slices.Sort(ns); !isCount(ns, 12_000) {
			t.Errorf("%s: %d rows, want each of 12000 once", what, len(ns))
		}
		r := s.Report()
		if r.Total.Rows != 12_000 || !r.Total.Verified || r.Total.Bytes != r.Total.Size || r.Counted != 12_000 || store.open.Load() != 0 {
			t.Errorf("%s: report %+v", what, r.Total)
		}
	}
}

// TestStringsOfABatchAreNotReused: only the slice is.
func TestStringsOfABatchAreNotReused(t *testing.T) {
	type named struct {
		N    int
		Name string `json:"CustomerName"`
	}
	var blobs [][]byte
	for i := range 6 {
		blobs = append(blobs, lines(i*3000, 3000))
	}
	s, err := of[named](t, blobs...).NewStream(&manifest.ReadOptions{Concurrency: 4, AllowUnknownAttributes: true})
	if err != nil {
		t.Fatal(err)
	}
	var kept []named
	for b, err := range s.Batches(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		kept = append(kept, b.Rows...)
		clear(b.Rows) // the caller's until the next batch
	}
	for _, r := range kept {
		if want := fmt.Sprintf("customer %d", r.N*7919%1000003); r.Name != want {
			t.Fatalf("row %d has the name %q, want %q", r.N, r.Name, want)
		}
	}
	if len(kept) != 18_000 {
		t.Errorf("%d rows", len(kept))
	}
}

// TestShortBatchBeforeAnError: the rows before an error in its blob come, and a stream resumes at
// the line that is bad.
func TestShortBatchBeforeAnError(t *testing.T) {
	enough := errors.New("enough")
	for what, o := range ways {
		for _, before := range []int{0, 1, 700, 4000} {
			for _, stop := range []error{nil, enough} {
				text := slices.Concat(lines(0, before), []byte("BAD\n"), lines(before, 50))
				store := newStorage(t).put(name(0), zipped(text))
				if o.OnBadLine = nil; stop != nil {
					o.OnBadLine = func(*lineitem.DecodeError) error { return stop }
				}
				s := stream(t, store.manifest(nil), &o)
				var ns []int
				var failed error
				var last *manifest.Checkpoint
				for b, err := range s.Batches(t.Context()) {
					if failed != nil {
						t.Fatalf("%s: something follows the error", what)
					}
					if failed = err; err != nil {
						if b.Rows != nil {
							t.Errorf("%s: %d rows beside the error", what, len(b.Rows))
						}
						continue
					}
					ns = append(ns, numbersOf(b)...)
					last = checkpointOf(t, b)
				}
				want := lineitem.ErrSyntax
				if stop != nil {
					want = stop
				}
				if !errors.Is(failed, want) || !isCount(ns, before) {
					t.Fatalf("%s: %d rows, %v; want %d, %v", what, len(ns), failed, before, want)
				}
				if last == nil {
					last = again(t, s) // of the stream, where there was no batch
				}
				for _, c := range []*manifest.Checkpoint{last, again(t, s)} {
					if c.Rows() != int64(before) {
						t.Errorf("%s: %d rows in the checkpoint, want %d", what, c.Rows(), before)
					}
					resume := o
					skipped := 0
					resume.Resume, resume.OnBadLine = c, func(e *lineitem.DecodeError) error {
						if skipped++; e.Line != int64(before+1) {
							t.Errorf("%s: line %d is bad", what, e.Line)
						}
						return nil
					}
					rest, err := collectBatches(t.Context(), stream(t, store.manifest(nil), &resume))
					if err != nil || skipped != 1 || !isCount(append(slices.Clone(ns), rest...), before+50) {
						t.Errorf("%s: the rest is %d rows, %v, %d bad lines", what, len(rest), err, skipped)
					}
				}
			}
		}
	}
}

// checkpointOf returns the checkpoint of a batch, written and parsed.
func checkpointOf(t *testing.T, b batch) *manifest.Checkpoint {
	t.Helper()
	c, err := b.Checkpoint()
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := manifest.ParseCheckpoint(c.String())
	if err != nil || parsed.String() != c.String() || parsed.Rows() != c.Rows() {
		t.Fatalf("%s became %s, %v", c, parsed, err)
	}
	return parsed
}

// uneven are blobs whose batches end anywhere: lines of very different lengths, a few of which fill
// a batch alone, with bad and blank lines at both ends of blobs and batches.
func uneven(t *testing.T) (store *storage, rows int) {
	t.Helper()
	r := rand.New(rand.NewPCG(3, 4))
	store = newStorage(t)
	n := 0
	for i, longest := range []int{200_000, 4000, 10, 40_000} {
		var text bytes.Buffer
		for range 60 + r.IntN(400) {
			for r.IntN(4) == 0 {
				text.WriteString([]string{"\n", "BAD\n", " \r\n"}[r.IntN(3)])
			}
			size := r.IntN(longest)
			if r.IntN(20) > 0 {
				size %= 5000
			}
			fmt.Fprintf(&text, "{\"N\":%d,\"x\":\"%s\"}\n", n, strings.Repeat("x", size))
			n++
		}
		text.WriteString([]string{"", "BAD", "\n", "BAD\n\n"}[i])
		store.put(name(i), zipped(text.Bytes()))
	}
	return store, n
}

// TestResumingFromEveryBatch: whichever batch is the last that was committed, the rows after its
// checkpoint are exactly those that did not come with it or before.
func TestResumingFromEveryBatch(t *testing.T) {
	for _, make := range []func(*testing.T) (*storage, int){crooked, uneven} {
		store, rows := make(t)
		m := store.manifest(nil)
		for what, o := range ways {
			bad := 0
			o.OnBadLine = func(*lineitem.DecodeError) error { bad++; return nil }
			type commit struct {
				from      *manifest.Checkpoint
				rows, bad int
			}
			var ns []int
			var commits []commit
			s := stream(t, m, &o)
			for b, err := range s.Batches(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				before := again(t, s)
				if before.Rows() != int64(len(ns)) {
					t.Errorf("%s: the stream's checkpoint has %d rows in the body of the batch after %d", what, before.Rows(), len(ns))
				}
				ns = append(ns, numbersOf(b)...)
				commits = append(commits, commit{checkpointOf(t, b), len(ns), bad})
			}
			total := bad
			commits = append(commits, commit{again(t, s), len(ns), bad})
			if sorted := slices.Sorted(slices.Values(ns)); !isCount(sorted, rows) || len(commits) < 5 {
				t.Fatalf("%s: %d rows in %d batches", what, len(ns), len(commits))
			}
			for i, c := range commits {
				if c.from.Rows() != int64(c.rows) {
					t.Errorf("%s: the checkpoint of batch %d has %d rows, want %d", what, i, c.from.Rows(), c.rows)
				}
				if i%9 != 0 && i < len(commits)-2 && what != "2 workers, order" { // every one takes long
					continue
				}
				o.Resume, bad = c.from, c.bad
				read := collectBatches
				if i%2 == 1 {
					read = collect
				}
				s := stream(t, m, &o)
				rest, err := read(t.Context(), s)
				if err != nil {
					t.Fatalf("%s, batch %d: %v", what, i, err)
				}
				all := append(ns[:c.rows:c.rows], rest...)
				if slices.Sort(all); !isCount(all, rows) {
					t.Fatalf("%s: %d rows up to batch %d and %d after it", what, c.rows, i, len(rest))
				}
				if r := s.Report(); !r.Total.Verified || r.Total.Rows+r.Earlier != int64(rows) || r.Counted != int64(rows) {
					t.Errorf("%s, batch %d: report %+v, %d earlier, %d counted", what, i, r.Total, r.Earlier, r.Counted)
				}
				// Bad lines of other blobs that came before the batch may come again.
				if o.Concurrency == 1 && bad != total || bad < total {
					t.Errorf("%s, batch %d: %d bad lines, want %d", what, i, bad, total)
				}
			}
			o.Resume = nil
		}
	}
}

// TestLoadingWithCrashes commits rows and checkpoint of a batch together, or neither, and stops
// anywhere.
func TestLoadingWithCrashes(t *testing.T) {
	store, rows := crooked(t)
	m := store.manifest(nil)
	r := rand.New(rand.NewPCG(5, 6))
	for what, o := range ways {
		o.OnBadLine = func(*lineitem.DecodeError) error { return nil }
		var committed []int
		runs := 0
		for finished := false; !finished; runs++ {
			s := stream(t, m, &o)
			finished = true
			for b, err := range s.Batches(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				if runs < 20 && r.IntN(3) == 0 {
					finished = false
					break // the transaction is rolled back
				}
				committed, o.Resume = append(committed, numbersOf(b)...), checkpointOf(t, b)
				if runs < 20 && r.IntN(6) == 0 {
					finished = false
					break // right after the commit
				}
			}
		}
		if slices.Sort(committed); !isCount(committed, rows) {
			t.Errorf("%s: %d rows in %d runs, want %d once", what, len(committed), runs, rows)
		}
	}
}

// TestLeavingALoopOverBatches: by break, by a panic, by a context that ends.
func TestLeavingALoopOverBatches(t *testing.T) {
	for what, o := range ways {
		for _, leave := range []string{"break", "panic", "cancel", "error of the body"} {
			store := several(t, 6)
			s := stream(t, store.manifest(nil), &o)
			ctx, cancel := context.WithCancelCause(t.Context())
			var ns []int
			var failed error
			var kept batch
			func() {
				defer func() {
					if r := recover(); (r != nil) != (leave == "panic") {
						t.Errorf("%s: recovered %v", what, r)
					}
				}()
				for b, err := range s.Batches(ctx) {
					if failed = err; err != nil {
						continue
					}
					if kept = b; len(ns) > 0 {
						switch leave {
						case "break":
							return
						case "panic":
							panic("ours")
						case "cancel":
							cancel(errOurs)
						}
					}
					ns = append(ns, numbersOf(b)...)
				}
			}()
			cancel(nil)
			if leave == "cancel" && (!errors.Is(failed, context.Canceled) || !errors.Is(failed, errOurs)) {
				t.Errorf("%s: error %v, want that of the context and its cause", what, failed)
			}
			if n := store.open.Load(); n != 0 {
				t.Errorf("%s, %s: %d bodies are still open", what, leave, n)
			}
			c := again(t, s)
			if c.Rows() != int64(len(ns)) {
				t.Errorf("%s, %s: checkpoint with %d rows, want %d: the body of the others did not complete", what, leave, c.Rows(), len(ns))
			}
			o.Resume = c
			rest, err := collect(t.Context(), stream(t, store.manifest(nil), &o))
			if ns = append(ns, rest...); err != nil {
				t.Fatal(err)
			}
			o.Resume = nil
			if slices.Sort(ns); !isCount(ns, 6000) {
				t.Errorf("%s, %s: %d rows", what, leave, len(ns))
			}
			if _, err := kept.Checkpoint(); !errors.Is(err, manifest.ErrCheckpoint) || kept.Position(0) != (lineitem.Position{}) {
				t.Errorf("%s, %s: a batch after its body: %v, %v", what, leave, err, kept.Position(0))
			}
		}
	}
}

func TestBatchIsThatOfItsBodyAlone(t *testing.T) {
	s := stream(t, several(t, 3).manifest(nil), nil)
	var first batch
	for b, err := range s.Batches(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if first.Rows == nil {
			first = b
		} else if _, err := first.Checkpoint(); !errors.Is(err, manifest.ErrCheckpoint) || first.Position(0) != (lineitem.Position{}) {
			t.Errorf("the first batch in the body of another: %v, %v", err, first.Position(0))
		}
		checkpointOf(t, b)
	}
	var zero batch
	if _, err := zero.Checkpoint(); !errors.Is(err, manifest.ErrCheckpoint) || zero.Position(0) != (lineitem.Position{}) {
		t.Errorf("the zero Batch: %v", err)
	}
}

func TestBatchesArePulled(t *testing.T) {
	next, stop := iter.Pull2(stream(t, several(t, 2).manifest(nil), &manifest.ReadOptions{InOrder: true}).Batches(t.Context()))
	defer stop()
	n := 0
	for b, err, ok := next(); ok; b, err, ok = next() {
		if err != nil {
			t.Fatal(err)
		}
		if c := checkpointOf(t, b); c.Rows() != int64(n+len(b.Rows)) || b.Rows[0].N != n {
			t.Errorf("row %d, checkpoint of %d", b.Rows[0].N, c.Rows())
		}
		n += len(b.Rows)
	}
	if n != 2000 {
		t.Errorf("%d rows", n)
	}
}

func TestStreamOfBatchesIsUsedOnce(t *testing.T) {
	s := stream(t, several(t, 2).manifest(nil), nil)
	if ns, err := collectBatches(t.Context(), s); err != nil || len(ns) != 2000 {
		t.Fatal(len(ns), err)
	}
	if _, err := collect(t.Context(), s); !errors.Is(err, manifest.ErrUsed) {
		t.Error(err)
	}
	s = stream(t, several(t, 2).manifest(nil), nil)
	if ns, err := collect(t.Context(), s); err != nil || len(ns) != 2000 {
		t.Fatal(len(ns), err)
	}
	if _, err := collectBatches(t.Context(), s); !errors.Is(err, manifest.ErrUsed) {
		t.Error(err)
	}
}

func TestBatchesOfSeveralLoops(t *testing.T) {
	const blobs, rows = 5, 8_000
	store := manyBlobs(t, blobs, rows)
	for _, o := range []manifest.ReadOptions{{Concurrency: 1}, {Concurrency: 3}, {Concurrency: 3, InOrder: true}} {
		for _, loops := range []int{1, 4} {
			s := stream(t, store.manifest(nil), &o)
			var came [blobs * rows]atomic.Int32
			err := s.Parallel(t.Context(), loops, func(part *share) error {
				for b, err := range part.Batches() {
					if err != nil {
						return err
					}
					for i, n := range numbersOf(b) {
						came[n].Add(1)
						if at := b.Position(i); at.Line != int64(n%rows+1) || at.Blob != name(n/rows) {
							t.Errorf("row %d comes from %v", n, at)
						}
					}
					if _, err := b.Checkpoint(); !errors.Is(err, manifest.ErrCheckpoint) {
						t.Errorf("checkpoint of a batch in a share: %v", err)
					}
				}
				for _, err := range part.Batches() {
					if !errors.Is(err, manifest.ErrUsed) {
						t.Errorf("error = %v, want ErrUsed", err)
					}
				}
				return nil
			})
			if report := s.Report().Total; err != nil || !report.Verified || report.Rows != blobs*rows {
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

// TestOneLoopOverBatchesEndsAll: as with rows.
func TestOneLoopOverBatchesEndsAll(t *testing.T) {
	s := stream(t, manyBlobs(t, 4, 20_000).manifest(nil), &manifest.ReadOptions{Concurrency: 4})
	var first, clean atomic.Int32
	err := s.Parallel(t.Context(), 4, func(part *share) error {
		for _, err := range part.Batches() {
			if err != nil {
				return err
			}
			if first.Add(1) == 1 {
				return nil // leaves the loop
			}
		}
		clean.Add(1)
		return nil
	})
	if !errors.Is(err, manifest.ErrLeft) || clean.Load() != 0 {
		t.Errorf("%v, %d loops took their share for the whole", err, clean.Load())
	}
}

// TestCheckpointsOfParallelBatches: the stream's checkpoint covers what all loops have completed.
func TestCheckpointsOfParallelBatches(t *testing.T) {
	m := manyBlobs(t, 3, 20_000).manifest(nil)
	s := stream(t, m, &manifest.ReadOptions{Concurrency: 3})
	var mu sync.Mutex
	var through []int
	var from *manifest.Checkpoint
	err := s.Parallel(t.Context(), 4, func(part *share) error {
		for b, err := range part.Batches() {
			if err != nil {
				return err
			}
			mu.Lock()
			if len(through) > 15_000 {
				from = again(t, s)
				mu.Unlock()
				return errOurs
			}
			through = append(through, numbersOf(b)...)
			mu.Unlock()
		}
		return nil
	})
	if !errors.Is(err, errOurs) {
		t.Fatal(err)
	}
	rest, err := collectBatches(t.Context(), stream(t, m, &manifest.ReadOptions{Resume: from}))
	if err != nil || int64(len(rest))+from.Rows() != 60_000 {
		t.Fatalf("%d rows and %d before them, %v", len(rest), from.Rows(), err)
	}
	all := append(through, rest...)
	slices.Sort(all)
	if all = slices.Compact(all); !isCount(all, 60_000) {
		t.Errorf("%d different rows", len(all))
	}
}

func TestBatchesOfASelection(t *testing.T) {
	m := several(t, 5).manifest(nil)
	part := selected(t, m, name(3), name(1))
	s := stream(t, part, &manifest.ReadOptions{InOrder: true})
	var from *manifest.Checkpoint
	n := 0
	for b, err := range s.Batches(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if b.Rows[0].N/1000 == 1 && from == nil {
			n += len(b.Rows)
			from = checkpointOf(t, b)
			break
		}
		n += len(b.Rows)
	}
	ns, err := collectBatches(t.Context(), stream(t, part, &manifest.ReadOptions{Resume: from}))
	if err != nil || n+len(ns) != 2000 || from.Rows() != int64(n) {
		t.Errorf("%d and %d rows, %v", n, len(ns), err)
	}
	if _, err := m.NewStream(&manifest.ReadOptions{Resume: from}); !errors.Is(err, manifest.ErrCheckpoint) {
		t.Errorf("the checkpoint of a selection was taken for the whole: %v", err)
	}
}

// TestBatchesWithoutCheckpoints: the same streams have none as with All.
func TestBatchesWithoutCheckpoints(t *testing.T) {
	o := &manifest.Options{}
	o.Transport = several(t, 1)
	m, err := manifest.Parse[row](document([]string{name(0)}, map[string]any{"eTag": nil, "sasToken": token(time.Hour)}), o)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for b, err := range stream(t, m, nil).Batches(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.Checkpoint(); !errors.Is(err, manifest.ErrCheckpoint) {
			t.Errorf("without an eTag: %v", err)
		}
		n += len(b.Rows)
	}
	if n != 1000 {
		t.Errorf("%d rows", n)
	}
}

// TestBatchesEndWithTheJudgment: a whole export in which a required attribute never came is an
// error after all rows, also where it is resumed from the checkpoint of its last batch.
func TestBatchesEndWithTheJudgment(t *testing.T) {
	text := rowsOf(0, 3000, `"BillingCurrency":"EUR"`)
	for _, o := range []manifest.ReadOptions{{}, {Concurrency: 1}, {AllowMissing: true}} {
		m := of[lineitem.Usage](t, text, text)
		var last *manifest.Checkpoint
		for resumed, from := range []*manifest.Checkpoint{nil, nil} {
			if resumed == 1 {
				from = last
			}
			o.Resume = from
			s, err := m.NewStream(&o)
			if err != nil {
				t.Fatal(err)
			}
			rows := 0
			var failed error
			for b, err := range s.Batches(t.Context()) {
				if failed = err; err != nil {
					continue
				}
				rows += len(b.Rows)
				if last, err = b.Checkpoint(); err != nil {
					t.Fatal(err)
				}
			}
			if want := 6000 * (1 - resumed); rows != want || errors.Is(failed, manifest.ErrAttributeMissing) == o.AllowMissing {
				t.Errorf("%+v: %d rows, %v; want %d", o, rows, failed, want)
			}
			if r := s.Report(); r.Counted != 6000 || values(r, "BillingCurrency") != 6000 || values(r, "BillingPreTaxTotal") != 0 {
				t.Errorf("%d counted, %d with a currency", r.Counted, values(r, "BillingCurrency"))
			}
		}
	}
	s, err := of[lineitem.Usage](t, text).NewStream(nil)
	if err != nil {
		t.Fatal(err)
	}
	err = s.Parallel(t.Context(), 2, func(part *manifest.Share[lineitem.Usage]) error {
		for _, err := range part.Batches() {
			if err != nil {
				return err
			}
		}
		return nil
	})
	if !errors.Is(err, manifest.ErrAttributeMissing) {
		t.Errorf("several loops: %v", err)
	}
}

// TestCheckpointWhileBadLinesAreDecidedAbout: OnBadLine is called before the batch of the line, and
// a checkpoint there covers the batches before it.
func TestCheckpointWhileBadLinesAreDecidedAbout(t *testing.T) {
	text := slices.Concat(lines(0, 1500), []byte("BAD\n"), lines(1500, 10))
	for what, o := range ways {
		store := newStorage(t).put(name(0), zipped(text)).put(name(1), zipped([]byte("BAD\n")))
		var s *manifest.Stream[row]
		done := 0
		o.OnBadLine = func(*lineitem.DecodeError) error {
			if c := again(t, s); c.Rows() != int64(done) {
				t.Errorf("%s: %d rows, want %d", what, c.Rows(), done)
			}
			return nil
		}
		s = stream(t, store.manifest(nil), &o)
		for b, err := range s.Batches(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			done += len(b.Rows)
		}
		if r := s.Report(); r.Total.Rows != 1510 || r.Total.Skipped != 2 {
			t.Errorf("%s: %+v", what, r.Total)
		}
	}
}

// TestSlowBatchesDoNotStall: the time in a loop body is not that of storage.
func TestSlowBatchesDoNotStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := stream(t, several(t, 4).manifest(nil), &manifest.ReadOptions{StallTimeout: time.Second})
		n := 0
		for b, err := range s.Batches(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Second)
			n += len(b.Rows)
		}
		if n != 4000 {
			t.Errorf("%d rows", n)
		}
	})
}

// both waits until two decoders are in it, so that each has dates of its own.
type both struct{}

var arrived = make(chan struct{})

func (*both) UnmarshalText([]byte) error {
	select {
	case arrived <- struct{}{}:
	case <-arrived:
	}
	return nil
}

// TestRefusedBatchHasNoCheckpoint: rows whose dates contradict those of others came as a batch, but
// a stream must not resume after them.
func TestRefusedBatchHasNoCheckpoint(t *testing.T) {
	type dated struct {
		Day  time.Time `json:"UsageDate"`
		Both both
	}
	m := of[dated](t, []byte(`{"UsageDate":"9/30/2026","Both":"x"}`), []byte(`{"UsageDate":"30/9/2026","Both":"x"}`))
	s, err := m.NewStream(&manifest.ReadOptions{Concurrency: 2, AllowUnknownAttributes: true})
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for b, err := range s.Batches(t.Context()) {
		if err != nil {
			if !errors.Is(err, lineitem.ErrDateOrder) || refused != 1 {
				t.Errorf("%v after %d refused batches", err, refused)
			}
			return
		}
		if _, err := b.Checkpoint(); err != nil {
			if refused++; !errors.Is(err, manifest.ErrCheckpoint) {
				t.Error(err)
			}
		}
	}
	t.Error("no error")
}
