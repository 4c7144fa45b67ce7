package manifest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
)

// again returns a checkpoint of the stream that was written and parsed.
func again(t *testing.T, s *manifest.Stream[row]) *manifest.Checkpoint {
	t.Helper()
	c, err := s.Checkpoint()
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := manifest.ParseCheckpoint(c.String() + "\n")
	if err != nil {
		t.Fatalf("%s: %v", c, err)
	}
	if parsed.String() != c.String() || parsed.Rows() != c.Rows() {
		t.Fatalf("%s became %s", c, parsed)
	}
	return parsed
}

// crooked are blobs with all that makes lines and rows differ: a byte order mark, empty
// lines, CRLF, bad lines, no last end, several members, nothing at all.
func crooked(t *testing.T) (store *storage, rows int) {
	t.Helper()
	text := strings.ReplaceAll(string(lines(4000, 2000)), "\n", "\r\n")
	store = newStorage(t)
	store.put(name(0), zipped([]byte("\ufeff"+string(lines(0, 4000)))))
	store.put(name(1), zipped([]byte(strings.Replace(text, "\r\n", "\r\n\r\n\r\n", 700))))
	store.put(name(2), zipped(nil))
	store.put(name(3), append(zipped([]byte("BAD\n"+string(lines(6000, 1500))+"BAD\n")), zipped([]byte(strings.TrimSuffix("BAD\n"+string(lines(7500, 500)), "\n")))...))
	return store, 8000
}

// However often a reading is broken off, and wherever, each row comes exactly once if
// rows and checkpoint are kept together.
func TestResumingAnywhere(t *testing.T) {
	store, rows := crooked(t)
	m := store.manifest(nil)
	r := rand.New(rand.NewPCG(1, 2))
	bad := 0
	for what, o := range ways {
		o.OnBadLine = func(*lineitem.DecodeError) error { bad++; return nil }
		for _, every := range []int{1, 700, 5000} {
			var ns []int
			var from *manifest.Checkpoint
			bad = 0
			runs := 0
			for finished := false; !finished; runs++ {
				o.Resume = from
				s := stream(t, m, &o)
				left := 1 + r.IntN(every*2)
				saved, had := len(ns), bad
				finished = true
				for row, err := range s.All(t.Context()) {
					if err != nil {
						t.Fatal(err)
					}
					if left--; left == 0 {
						// Crashed: what came since the checkpoint is rolled back.
						if r.IntN(2) == 0 {
							from, saved, had = again(t, s), len(ns), bad
						}
						finished = false
						break
					}
					if r.IntN(every) == 0 {
						from, saved, had = again(t, s), len(ns), bad
					}
					ns = append(ns, row.N)
				}
				if !finished {
					ns, bad = ns[:saved], had
					if every == 1 && runs > 50 { // one row at a time takes long
						every = 3000
					}
					continue
				}
				from = again(t, s)
				if n := s.Report(); from.Rows() != int64(rows) || n.Total.Rows+n.Earlier != int64(rows) || !n.Total.Verified {
					t.Errorf("%s: the last checkpoint has %d rows, the report %+v, %d", what, from.Rows(), n.Total, n.Earlier)
				}
			}
			if slices.Sort(ns); !isCount(ns, rows) {
				t.Errorf("%s, every %d: %d rows in %d runs, want 0 to %d once", what, every, len(ns), runs, rows-1)
			}
			if bad != 3 {
				t.Errorf("%s, every %d: %d bad lines in %d runs, want 3", what, every, bad, runs)
			}
			// From the end, nothing is left, and nothing is requested.
			requests := fmt.Sprint(store.requests)
			o.Resume = from
			if ns, err := collect(t.Context(), stream(t, m, &o)); err != nil || len(ns) != 0 || fmt.Sprint(store.requests) != requests {
				t.Errorf("%s: after the end: %d rows, %v", what, len(ns), err)
			}
		}
	}
}

// A checkpoint after a loop that ended in an error, or in nothing at all, is one too.
func TestCheckpointOutsideOfTheLoop(t *testing.T) {
	text := append(append(lines(0, 3000), "BAD\n"...), lines(3000, 10)...)
	store := newStorage(t).put(name(0), zipped(text))
	for what, o := range ways {
		s := stream(t, store.manifest(nil), &o)
		if c := again(t, s); c.Rows() != 0 {
			t.Errorf("%s: %d rows before the first", what, c.Rows())
		}
		ns, err := collect(t.Context(), s)
		if !errors.Is(err, lineitem.ErrSyntax) {
			t.Fatal(err)
		}
		c := again(t, s)
		if c.Rows() != 3000 {
			t.Errorf("%s: %d rows, and %d in the checkpoint", what, len(ns), c.Rows())
		}
		o.Resume = c
		o.OnBadLine = func(e *lineitem.DecodeError) error {
			if e.Position.Line != 3001 {
				t.Errorf("%s: line %d is bad", what, e.Position.Line)
			}
			return nil
		}
		rest, err := collect(t.Context(), stream(t, store.manifest(nil), &o))
		if err != nil || len(rest) != 10 || rest[0] != 3000 {
			t.Errorf("%s: rest %v, %v", what, rest, err)
		}
	}
}

// With several loops a checkpoint loses no row, even if one of the loops makes no progress.
func TestCheckpointOfParallelLoops(t *testing.T) {
	store := newStorage(t)
	for i := range 3 {
		store.put(name(i), zipped(lines(i*20_000, 20_000)))
	}
	m := store.manifest(nil)
	for range 5 {
		var mu sync.Mutex
		var through []int // rows whose body had completed when the last checkpoint was made
		var from *manifest.Checkpoint
		s := stream(t, m, &manifest.ReadOptions{Concurrency: 3})
		err := s.Parallel(t.Context(), 4, func(part *share) error {
			n := 0
			for row, err := range part.All() {
				if err != nil {
					return err
				}
				if n++; n == 3000 {
					mu.Lock()
					from = again(t, s)
					mu.Unlock()
					return errOurs
				}
				mu.Lock()
				through = append(through, row.N)
				mu.Unlock()
			}
			return nil
		})
		if !errors.Is(err, errOurs) {
			t.Fatal(err)
		}
		rest, err := collect(t.Context(), stream(t, m, &manifest.ReadOptions{Resume: from}))
		if err != nil {
			t.Fatal(err)
		}
		if int64(len(rest))+from.Rows() != 60_000 {
			t.Errorf("%d rows and %d before them", len(rest), from.Rows())
		}
		all := append(slices.Clone(through), rest...)
		slices.Sort(all)
		if all = slices.Compact(all); !isCount(all, 60_000) {
			t.Errorf("%d different rows of 60000", len(all))
		}
	}
}

// A checkpoint of other data cannot be resumed.
func TestForeignCheckpointsAreRefused(t *testing.T) {
	store := several(t, 3)
	s := stream(t, store.manifest(nil), nil)
	for range s.All(t.Context()) {
		break
	}
	good := again(t, s)
	other := func(names []string, changes map[string]any) *manifest.Manifest[row] {
		m, err := manifest.Parse[row](document(names, changes), nil)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	three := []string{name(2), name(0), name(1)} // their order does not matter
	for what, c := range map[string]struct {
		m    *manifest.Manifest[row]
		from *manifest.Checkpoint
		want error
	}{
		"same":           {other(three, nil), good, nil},
		"other eTag":     {other(three, map[string]any{"eTag": "x"}), good, manifest.ErrDataChanged},
		"no eTag":        {other(three, map[string]any{"eTag": nil}), good, manifest.ErrDataChanged},
		"one blob more":  {other(append(three, "more"), nil), good, manifest.ErrDataChanged},
		"one blob less":  {other(three[:2], nil), good, manifest.ErrDataChanged},
		"another blob":   {other([]string{name(0), name(1), name(3)}, nil), good, manifest.ErrDataChanged},
		"the zero value": {other(three, nil), &manifest.Checkpoint{}, manifest.ErrCheckpoint},
	} {
		if _, err := c.m.NewStream(&manifest.ReadOptions{Resume: c.from}); !errors.Is(err, c.want) {
			t.Errorf("%s: error = %v, want %v", what, err, c.want)
		}
	}
	for _, err := range store.manifest(nil).BlobItems(t.Context(), manifest.Blob{Name: name(0)}, &manifest.ReadOptions{Resume: good}) {
		if !errors.Is(err, manifest.ErrCheckpoint) {
			t.Errorf("one blob: %v", err)
		}
	}
	if _, err := stream(t, other(three, map[string]any{"eTag": nil}), nil).Checkpoint(); !errors.Is(err, manifest.ErrCheckpoint) {
		t.Errorf("a checkpoint without an eTag: %v", err)
	}
}

// The error of a checkpoint that cannot be parsed says what to do.
func TestErrorsOfCheckpointTexts(t *testing.T) {
	good := again(t, stream(t, several(t, 1).manifest(nil), nil)).String()
	for text, want := range map[string]string{
		"":                                 "it is empty; pass no checkpoint at the first start",
		" \n":                              "it is empty; pass no checkpoint at the first start",
		"x":                                "it is not a checkpoint; start over",
		good[:len(good)-1]:                 "it is damaged; start over",
		"partnerbilling-checkpoint.v99.AA": "it was written by another version of this package; resume with that version, or start over",
	} {
		_, err := manifest.ParseCheckpoint(text)
		if want = "manifest: checkpoint not usable: " + want; err == nil || err.Error() != want || !errors.Is(err, manifest.ErrCheckpoint) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// The blobs may have been made anew, but what stands before the checkpoint must be the
// same.
func TestResumingComparesWhatWasRead(t *testing.T) {
	text := lines(0, 5000)
	for what, c := range map[string]struct {
		data []byte
		want error
	}{
		"other bytes":       {zippedOther(text), nil},
		"another first row": {zipped(append(lines(1, 1), text[len(lines(0, 1)):]...)), manifest.ErrDataChanged},
		"shorter":           {zipped(lines(0, 100)), manifest.ErrDataChanged},
	} {
		for _, row := range []int{0, 1, 1990} {
			s := stream(t, newStorage(t).put(name(0), zipped(text)).manifest(nil), nil)
			n := 0
			for range s.All(t.Context()) {
				if n++; n == 3000+row {
					break
				}
			}
			o := &manifest.ReadOptions{Resume: again(t, s)}
			ns, err := collect(t.Context(), stream(t, newStorage(t).put(name(0), c.data).manifest(nil), o))
			if !errors.Is(err, c.want) || c.want != nil && len(ns) > 0 || c.want == nil && (len(ns) != 5000-n+1 || ns[0] != n-1) {
				t.Errorf("%s: %d rows, %v", what, len(ns), err)
			}
		}
	}
}

func TestCheckpointIsText(t *testing.T) {
	s := stream(t, several(t, 20).manifest(nil), &manifest.ReadOptions{Concurrency: 4})
	n := 0
	for range s.All(t.Context()) {
		if n++; n == 8000 {
			break
		}
	}
	c := again(t, s)
	if strings.ContainsAny(c.String(), " \"'\n\\&") || len(c.String()) > 2000 {
		t.Errorf("not fit for a command line: %s", c)
	}
	clean(t, "checkpoint", printed(t, c)+printed(t, *c))
	data, err := json.Marshal(map[string]*manifest.Checkpoint{"at": c})
	if err != nil || !strings.Contains(string(data), c.String()) {
		t.Errorf("%s, %v", data, err)
	}
	var back map[string]*manifest.Checkpoint
	if err := json.Unmarshal(data, &back); err != nil || back["at"].String() != c.String() {
		t.Errorf("%v, %v", back, err)
	}
	text := c.String()
	damaged := []string{"", "hello", strings.Replace(text, ".v1.", ".v2.", 1), text[:len(text)/2], text[:len(text)-1], text + "0", text + " x"}
	for i := range len(text) - 30 {
		turned := []byte(text)
		if turned[30+i] ^= 1; string(turned) != text {
			damaged = append(damaged, string(turned))
		}
	}
	for _, d := range damaged {
		if _, err := manifest.ParseCheckpoint(d); !errors.Is(err, manifest.ErrCheckpoint) {
			t.Errorf("%s: %v", d, err)
		}
		if err := new(manifest.Checkpoint).UnmarshalText([]byte(d)); !errors.Is(err, manifest.ErrCheckpoint) {
			t.Errorf("%s: %v", d, err)
		}
	}
}

// A stream whose context was canceled is resumed as any other.
func TestResumingAfterACancel(t *testing.T) {
	m := several(t, 10).manifest(nil)
	ctx, cancel := context.WithCancel(t.Context())
	s := stream(t, m, &manifest.ReadOptions{Concurrency: 3})
	var ns []int
	for row, err := range s.All(ctx) {
		if err != nil {
			break
		}
		if ns = append(ns, row.N); len(ns) == 2345 {
			cancel()
		}
	}
	cancel()
	rest, err := collect(t.Context(), stream(t, m, &manifest.ReadOptions{Resume: again(t, s)}))
	if all := append(ns, rest...); err != nil || len(all) != 10_000 {
		t.Errorf("%d and %d rows, %v", len(ns), len(rest), err)
	}
}

// FuzzCheckpoint: no text makes ParseCheckpoint or NewStream fail otherwise than by an
// error, and what is accepted is what it was written from.
func FuzzCheckpoint(f *testing.F) {
	store := newStorage(f)
	for i := range 9 {
		store.put(name(i), zipped(lines(0, 10)))
	}
	m := store.manifest(nil)
	s, err := m.NewStream(nil)
	if err != nil {
		f.Fatal(err)
	}
	for range s.All(context.Background()) {
		if c, err := s.Checkpoint(); err == nil {
			f.Add(c.String())
		}
	}
	f.Add("partnerbilling-checkpoint.v1.e30.a3d7c4b1")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := manifest.ParseCheckpoint(text)
		if err != nil {
			return
		}
		if again, err := manifest.ParseCheckpoint(c.String()); err != nil || again.String() != c.String() {
			t.Errorf("%s is not its own text: %v", c, err)
		}
		if s, err := m.NewStream(&manifest.ReadOptions{Resume: c}); err == nil {
			if again, err := s.Checkpoint(); err != nil || again.Rows() != c.Rows() {
				t.Errorf("%s became %s, %v", c, again, err)
			}
		}
	})
}
