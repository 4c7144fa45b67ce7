package manifest_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partnerbilling/sdk-go/manifest"
)

// zippedOther is the same text in other bytes, in several members.
func zippedOther(data []byte) []byte {
	var b bytes.Buffer
	for part := range len(data)/5000 + 1 {
		w, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
		if err != nil {
			panic(err)
		}
		if _, err := w.Write(data[part*5000 : min(len(data), part*5000+5000)]); err != nil || w.Close() != nil {
			panic("cannot compress")
		}
	}
	return b.Bytes()
}

// An export that had to be made again has another root, with blobs of other versions. Reading
// continues where it was, if what was read is there too.
func TestExportRecreated(t *testing.T) {
	text := lines(0, 10_000)
	changedAt := func(row int) []byte {
		all := bytes.SplitAfter(text, []byte("\n"))
		all[row] = bytes.Replace(all[row], []byte("customer"), []byte("Customer"), 1)
		return bytes.Join(all, nil)
	}
	for what, c := range map[string]struct {
		data []byte // nil: as it was
		etag string // empty: another
		err  error
		last int // of the rows, in case of an error at most so many
	}{
		"the same blob":              {nil, `"0x1F40"`, nil, 0},
		"the same bytes":             {nil, "", nil, 0},
		"the same text":              {zippedOther(text), "", nil, 0},
		"text that grew":             {zipped(append(bytes.Clone(text), "\n\n"...)), "", nil, 0},
		"another row that was read":  {zipped(changedAt(20)), "", manifest.ErrDataChanged, 9000},
		"another row that was not":   {zipped(changedAt(9990)), "", nil, 0},
		"less than was read":         {zipped(lines(0, 1000)), "", manifest.ErrDataChanged, 9000},
		"nothing":                    {zipped(nil), "", manifest.ErrDataChanged, 9000},
		"no blob":                    {[]byte{}, "", manifest.ErrBlobMissing, 9000},
		"no gzip":                    {text, "", nil, -1},
		"the same text, then broken": {zippedOther(text)[:len(zippedOther(text))-30], "", nil, -1},
	} {
		for _, o := range []manifest.ReadOptions{{Concurrency: 1}, {Concurrency: 4}} {
			synctest.Test(t, func(t *testing.T) {
				g := &guarded{storage: newStorage(t)}
				g.put(name(0), zipped(text)).put(name(1), zipped(lines(0, 10)))
				g.again = newStorage(t).put(name(0), g.blobs[name(0)].data).put(name(1), g.blobs[name(1)].data)
				if c.data != nil {
					g.again.put(name(0), c.data)
				}
				switch g.again.blobs[name(0)].etag = `"0xNEW"`; {
				case c.etag != "":
					g.again.blobs[name(0)].etag = c.etag
				case len(c.data) == 0 && c.data != nil:
					delete(g.again.blobs, name(0))
				}
				g.reply = func(sas string) ([]byte, error) {
					return document([]string{name(0), name(1)}, map[string]any{"sasToken": sas, "rootDirectory": rootAgain}), nil
				}
				g.fault = func(n int, req *http.Request, a *response) error {
					if n == 0 && strings.HasSuffix(req.URL.Path, name(0)) {
						a.cut, a.err = 70_000, io.EOF
						time.AfterFunc(time.Millisecond, func() { g.mu.Lock(); defer g.mu.Unlock(); g.sas = "a newer one" })
						a.pause = time.Second
					}
					return nil
				}
				s := stream(t, g.manifestWith(g.fresh(time.Hour), &manifest.Options{Refresh: g.refresh}), &o)
				var ns []int
				var err error
				for r, e := range s.All(t.Context()) {
					if err = e; e == nil && s.Position().Blob == name(0) {
						ns = append(ns, r.N)
					}
				}
				switch {
				case c.last < 0:
					if err == nil || !isCount(ns, len(ns)) || s.Report().Total.Verified {
						t.Errorf("%s: %d rows, %v", what, len(ns), err)
					}
				case !errors.Is(err, c.err) || !isCount(ns, len(ns)) || len(ns) == 0:
					t.Errorf("%s: %d rows, %v", what, len(ns), err)
				case c.err == nil && (len(ns) != 10_000 || !s.Report().Total.Verified):
					t.Errorf("%s: %d rows, %+v", what, len(ns), s.Report().Total)
				case c.err != nil && len(ns) > c.last:
					t.Errorf("%s: %d rows came before %v", what, len(ns), err)
				}
				if n := g.refreshes.Load(); n != 1 && c.err == nil && c.last == 0 {
					t.Errorf("%s: %d refreshes, want one", what, n)
				}
			})
		}
	}
}

// Where every refresh names another root and the blob never stays the same, it ends.
func TestExportRecreatedRepeatedly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &guarded{storage: newStorage(t).put(name(0), zipped(lines(0, 10_000)))}
		g.again = newStorage(t).put(name(0), zipped(lines(0, 10_000)))
		roots := []string{root, rootAgain}
		g.reply = func(sas string) ([]byte, error) {
			return document([]string{name(0)}, map[string]any{"sasToken": sas, "rootDirectory": roots[g.refreshes.Load()%2]}), nil
		}
		version := 0
		fault := func(_ int, _ *http.Request, a *response) error {
			version++
			a.header.Set("Etag", `"0x`+strings.Repeat("1", version)+`"`)
			a.cut, a.err = 1000, io.EOF
			if version%2 == 0 {
				*a = *refusal(403, "AuthenticationFailed")
				a.cut = -1
			}
			a.stall = -1
			return nil
		}
		g.fault, g.again.fault = fault, fault
		ns, err := collect(t.Context(), stream(t, g.manifestWith(g.fresh(time.Hour), &manifest.Options{Refresh: g.refresh}), nil))
		if err == nil || !isCount(ns, len(ns)) || g.refreshes.Load() > 10 {
			t.Errorf("%d rows, %d refreshes, %v", len(ns), g.refreshes.Load(), err)
		}
	})
}
