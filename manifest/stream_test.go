package manifest_test

import (
	"errors"
	"fmt"
	"net/http"
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

// several makes a store of blobs with 1000 rows each, numbered through.
func several(tb testing.TB, blobs int) *storage {
	tb.Helper()
	store := newStorage(tb)
	for i := range blobs {
		store.put(name(i), thousands()[i])
	}
	return store
}

var thousands = sync.OnceValue(func() [][]byte {
	var blobs [][]byte
	for i := range 100 {
		blobs = append(blobs, zipped(lines(i*1000, 1000)))
	}
	return blobs
})

// ways are the different ways to read a stream.
var ways = map[string]manifest.ReadOptions{
	"sequential":        {Concurrency: 1},
	"default":           {},
	"8 workers":         {Concurrency: 8},
	"8 workers, order":  {Concurrency: 8, InOrder: true},
	"99 workers":        {Concurrency: 99},
	"2 workers, order":  {Concurrency: 2, InOrder: true},
	"sequential, order": {Concurrency: 1, InOrder: true},
}

func TestEveryRowComesOnce(t *testing.T) {
	for what, o := range ways {
		store := several(t, 12)
		s := stream(t, store.manifest(nil), &o)
		ns, err := collect(t.Context(), s)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		last := map[int]int{}
		for _, n := range ns {
			if before, ok := last[n/1000]; ok && n != before+1 || !ok && n%1000 != 0 {
				t.Fatalf("%s: row %d of a blob came after %d", what, n, before)
			}
			last[n/1000] = n
		}
		if (o.InOrder || o.Concurrency == 1) && !isCount(ns, 12_000) {
			t.Errorf("%s: the rows are not in the order of the manifest", what)
		}
		slices.Sort(ns)
		if !isCount(ns, 12_000) {
			t.Errorf("%s: %d rows, want each of 12000 once", what, len(ns))
		}
		r := s.Report()
		if r.Total.Rows != 12_000 || !r.Total.Verified || r.Total.Bytes != r.Total.Size || len(r.Blobs) != 12 || store.open.Load() != 0 {
			t.Errorf("%s: report %+v", what, r.Total)
		}
		for i, b := range r.Blobs {
			if b.Name != name(i) || b.Rows != 1000 || !b.Verified || b.Size != int64(len(store.blobs[b.Name].data)) {
				t.Errorf("%s: blob report %+v", what, b)
			}
		}
	}
}

func TestPositionIsThatOfTheRow(t *testing.T) {
	// Blank and skipped lines stand between the rows.
	var text strings.Builder
	type at struct{ line, offset int64 }
	want := map[int]at{}
	line := int64(0)
	add := func(s string) { text.WriteString(s + "\n"); line++ }
	for i := range 2000 {
		if i%7 == 0 {
			add("")
		}
		if i%11 == 0 {
			add("{bad")
		}
		want[i] = at{line + 1, int64(text.Len())}
		add(fmt.Sprintf(`{"N":%d}`, i))
	}
	for what, o := range ways {
		store := newStorage(t).put(name(0), zipped([]byte(text.String())))
		var calls atomic.Int64
		o.OnBadLine = func(e *lineitem.DecodeError) error {
			if e.Blob != name(0) || e.Line == 0 {
				t.Errorf("%s: the bad line is at %+v", what, e.Position)
			}
			calls.Add(1)
			return nil
		}
		s := stream(t, store.manifest(nil), &o)
		for r, err := range s.All(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if p := s.Position(); p.Blob != name(0) || p.Line != want[r.N].line || p.Offset != want[r.N].offset {
				t.Fatalf("%s: row %d is at %+v, want %+v", what, r.N, p, want[r.N])
			}
		}
		b := s.Report().Blobs[0]
		if b.Rows != 2000 || b.Skipped != calls.Load() || b.Skipped != 182 || b.Blank != 286 || !b.Verified {
			t.Errorf("%s: report %+v, OnBadLine was called %d times", what, b, calls.Load())
		}
	}
}

func TestErrorComesLastBehindTheRowsBeforeIt(t *testing.T) {
	bad := slices.Concat(lines(1000, 700), []byte("{\"N\":oops}\n"), lines(1701, 5000))
	for what, o := range ways {
		store := several(t, 6)
		store.blobs[name(1)].data = zipped(bad)
		s := stream(t, store.manifest(nil), &o)
		var failed error
		inBad, after := 0, 0
		for r, err := range s.All(t.Context()) {
			switch {
			case failed != nil:
				after++
			case err != nil:
				if failed = err; r.N != 0 {
					t.Errorf("%s: the row beside the error is not zero", what)
				}
			case r.N/1000 == 1:
				if r.N != 1000+inBad {
					t.Errorf("%s: row %d came as number %d of its blob", what, r.N, inBad)
				}
				inBad++
			}
		}
		var decode *lineitem.DecodeError
		if !errors.As(failed, &decode) || decode.Blob != name(1) || decode.Line != 701 || !errors.Is(failed, lineitem.ErrSyntax) {
			t.Errorf("%s: error = %v, want a DecodeError of line 701", what, failed)
		}
		if inBad != 700 || after != 0 {
			t.Errorf("%s: %d rows before the bad line and %d elements after the error, want 700 and 0", what, inBad, after)
		}
		if n := store.open.Load(); n != 0 {
			t.Errorf("%s: %d bodies are still open", what, n)
		}
		if r := s.Report(); r.Total.Verified || r.Blobs[1].Verified {
			t.Errorf("%s: a failed stream counts as verified", what)
		}
	}
}

func TestOnBadLineCanEndTheStream(t *testing.T) {
	enough := errors.New("enough")
	for what, o := range ways {
		store := newStorage(t).put(name(0), zipped([]byte("{\"N\":0}\n{\n{\"N\":1}\n")))
		o.OnBadLine = func(*lineitem.DecodeError) error { return enough }
		ns, err := collect(t.Context(), stream(t, store.manifest(nil), &o))
		if !errors.Is(err, enough) || !isCount(ns, 1) {
			t.Errorf("%s: rows %v, error %v, want one row and the error of OnBadLine", what, ns, err)
		}
	}
}

func TestDamagedBlobs(t *testing.T) {
	whole := zipped(lines(0, 1000))
	tail := func(change func(b []byte)) []byte {
		b := slices.Clone(whole)
		change(b)
		return b
	}
	cases := map[string]struct {
		data  []byte
		is    error
		plain bool
	}{
		"trailer is cut off":    {whole[:len(whole)-8], lineitem.ErrCorrupt, false},
		"last byte is missing":  {whole[:len(whole)-1], lineitem.ErrCorrupt, false},
		"checksum is wrong":     {tail(func(b []byte) { b[len(b)-8] ^= 1 }), lineitem.ErrCorrupt, false},
		"length is wrong":       {tail(func(b []byte) { b[len(b)-1] ^= 1 }), lineitem.ErrCorrupt, false},
		"garbage at the end":    {append(slices.Clone(whole), "garbage garbage"...), lineitem.ErrCorrupt, false},
		"cut after a member":    {append(slices.Clone(whole), whole[:10]...), lineitem.ErrCorrupt, false},
		"plain lines":           {lines(0, 10), lineitem.ErrNotGzip, false},
		"plain lines, admitted": {lines(0, 1000), nil, true},
		"two members":           {append(zipped(lines(0, 500)), zipped(lines(500, 500))...), nil, false},
		"padding at the end":    {append(slices.Clone(whole), make([]byte, 511)...), nil, false},
		"zeros at the end":      {append(slices.Clone(whole), make([]byte, 512)...), lineitem.ErrCorrupt, false},
	}
	for what, c := range cases {
		out := readOne(t, c.data, nil, &manifest.ReadOptions{AllowPlain: c.plain})
		if c.is == nil {
			out.survived(t, what, 1000)
			continue
		}
		out.refused(t, what, c.is)
		if !strings.Contains(fmt.Sprint(out.err), name(0)) {
			t.Errorf("%s: error %v does not name the blob", what, out.err)
		}
	}
}

func TestLongLinesAreBounded(t *testing.T) {
	long := fmt.Appendf(nil, `{"N":0,"x":%q}`+"\n", strings.Repeat("x", 5000))
	store := newStorage(t).put(name(0), zipped(long))
	_, err := collect(t.Context(), stream(t, store.manifest(nil), &manifest.ReadOptions{MaxLineBytes: 4000}))
	if !errors.Is(err, lineitem.ErrLineTooLong) {
		t.Errorf("error = %v, want ErrLineTooLong", err)
	}
}

func TestNothingIsRequestedUntilRanged(t *testing.T) {
	store := several(t, 2)
	m := store.manifest(nil)
	s := stream(t, m, nil)
	_, _ = s.All(t.Context()), m.Items(t.Context(), nil)
	if len(store.requests) != 0 {
		t.Error("something was requested")
	}
}

func TestStreamIsUsedOnce(t *testing.T) {
	s := stream(t, several(t, 2).manifest(nil), nil)
	it := s.All(t.Context())
	if ns, err := collect(t.Context(), s); err != nil || len(ns) != 2000 {
		t.Fatalf("%d rows, error %v", len(ns), err)
	}
	n := 0
	for _, err := range it {
		if n++; !errors.Is(err, manifest.ErrUsed) {
			t.Errorf("error = %v, want ErrUsed", err)
		}
	}
	if n != 1 {
		t.Errorf("%d elements, want the error alone", n)
	}
}

func TestItemsCanBeRangedAgain(t *testing.T) {
	store := several(t, 3)
	items := store.manifest(nil).Items(t.Context(), nil)
	for range 2 {
		n := 0
		for _, err := range items {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		if n != 3000 {
			t.Errorf("%d rows, want 3000", n)
		}
	}
}

func TestBlobItems(t *testing.T) {
	store := several(t, 3)
	m := store.manifest(nil)
	want := 1000
	for r, err := range m.BlobItems(t.Context(), m.Blobs()[1], nil) {
		if err != nil || r.N != want {
			t.Fatalf("row %d, error %v, want row %d", r.N, err, want)
		}
		want++
	}
	if want != 2000 || len(store.requests) != 1 {
		t.Errorf("ended at row %d with requests for %v", want, store.requests)
	}
	for _, foreign := range []manifest.Blob{{}, {Name: "other"}, {Name: "../" + name(0)}} {
		n := 0
		for _, err := range m.BlobItems(t.Context(), foreign, nil) {
			if n++; !errors.Is(err, manifest.ErrSelection) {
				t.Errorf("%q: error = %v, want ErrSelection", foreign.Name, err)
			}
		}
		if n != 1 {
			t.Errorf("%q: %d elements, want the error alone", foreign.Name, n)
		}
	}
}

func TestAsReadsOtherRows(t *testing.T) {
	type narrow struct {
		Total lineitem.Decimal `json:"BillingPreTaxTotal"`
	}
	m := several(t, 2).manifest(nil)
	var totals lineitem.Totals
	other := manifest.As[narrow](m)
	for r, err := range other.Items(t.Context(), nil) {
		if err != nil {
			t.Fatal(err)
		}
		totals.Add("EUR", r.Total)
	}
	if got := totals.Text("EUR"); got != "999" && got != "999.000" {
		t.Errorf("sum %s, want 999", got)
	}
	if got, want := other.Info(), m.Info(); got != want || len(other.Blobs()) != 2 || other.SAS().Reveal() != m.SAS().Reveal() {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestProgress(t *testing.T) {
	for what, o := range ways {
		synctest.Test(t, func(t *testing.T) {
			store := newStorage(t)
			for i := range 5 { // long enough that rows come while the rest is still on its way
				store.put(name(i), zipped(lines(i*3000, 3000)))
			}
			store.fault = func(_ int, _ *http.Request, a *response) error {
				a.pause, a.slice = 50*time.Millisecond, 1000
				return nil
			}
			var seen []manifest.Progress
			var last time.Time
			o.OnProgress = func(p manifest.Progress) {
				if since := time.Since(last); since < 100*time.Millisecond && p.BlobsDone < 5 {
					t.Errorf("%s: told again after %v", what, since)
				}
				last = time.Now()
				seen = append(seen, p)
			}
			s := stream(t, store.manifest(nil), &o)
			if _, err := collect(t.Context(), s); err != nil {
				t.Fatal(err)
			}
			total := s.Report().Total
			want := manifest.Progress{Rows: 15000, Bytes: total.Size, TotalBytes: total.Size, BlobsDone: 5, Blobs: 5}
			if len(seen) < 3 || seen[len(seen)-1] != want {
				t.Fatalf("%s: %d reports, want several, the last %+v", what, len(seen), want)
			}
			for i := 1; i < len(seen); i++ {
				a, b := seen[i-1], seen[i]
				if b.Rows < a.Rows || b.Bytes < a.Bytes || b.BlobsDone < a.BlobsDone || b.Bytes > b.TotalBytes {
					t.Errorf("%s: %+v came after %+v", what, b, a)
				}
			}
		})
	}
}

func TestReportCanBeReadFromOutside(t *testing.T) {
	s := stream(t, several(t, 10).manifest(nil), &manifest.ReadOptions{Concurrency: 4})
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
				if r := s.Report(); r.Total.Rows > 10_000 || len(r.Blobs) != 10 {
					t.Errorf("report %+v", r.Total)
				}
			}
		}
	}()
	if _, err := collect(t.Context(), s); err != nil {
		t.Error(err)
	}
	close(stop)
	<-done
}
