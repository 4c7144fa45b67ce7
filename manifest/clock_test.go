package manifest_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partnerbilling/sdk-go/manifest"
)

// Whether a SAS has expired is for storage to say: a local clock that is fast keeps nobody from
// reading, also where no fresh SAS can be had.
func TestStorageDecidesWhetherASASHasExpired(t *testing.T) {
	rooted := func(_ *testing.T, st *storage) *manifest.Manifest[row] {
		return st.manifestWith(token(-time.Hour), nil)
	}
	linked := func(t *testing.T, st *storage) *manifest.Manifest[row] {
		t.Helper()
		o := &manifest.Options{}
		o.Transport = st
		m, err := manifest.Parse[row](document(nil, map[string]any{
			"rootDirectory": nil, "sasToken": nil, "blobCount": 1,
			"blobs": []any{map[string]any{"blobLink": root + "/" + name(0) + "?" + token(-time.Hour)}},
		}), o)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	for what, parse := range map[string]func(*testing.T, *storage) *manifest.Manifest[row]{"root directory": rooted, "links": linked} {
		for _, accepted := range []bool{true, false} {
			synctest.Test(t, func(t *testing.T) {
				st := newStorage(t).put(name(0), zipped(lines(0, 10)))
				if !accepted {
					st.sas = "a newer one"
				}
				ns, err := collect(t.Context(), stream(t, parse(t, st), nil))
				switch {
				case accepted && (err != nil || !isCount(ns, 10)):
					t.Errorf("%s: %d rows, %v, from storage that accepts the SAS", what, len(ns), err)
				case !accepted && (!errors.Is(err, manifest.ErrSAS) || !strings.Contains(err.Error(), "it expired at ")):
					t.Errorf("%s: %v, from storage that refuses the SAS", what, err)
				}
			})
		}
	}
}

// A Date of storage, or of a proxy, that is hours ahead does not end a read that storage still
// serves. It costs a refresh at most.
func TestDateAheadDoesNotEndTheRead(t *testing.T) {
	failed := errors.New("the service cannot be reached")
	for _, refused := range []bool{false, true} {
		for what, reply := range map[string]func(g *guarded, old string) ([]byte, error){
			"no refresh":    nil,
			"refresh fails": func(*guarded, string) ([]byte, error) { return nil, failed },
			"same SAS":      func(g *guarded, old string) ([]byte, error) { return g.json(old), nil },
		} {
			synctest.Test(t, func(t *testing.T) {
				g := &guarded{storage: newStorage(t)}
				for i := range 6 {
					g.put(name(i), zipped(lines(i*10, 10)))
				}
				old := g.fresh(time.Hour)
				g.fault = func(_ int, _ *http.Request, a *response) error {
					a.header.Set("Date", time.Now().Add(2*time.Hour).UTC().Format(http.TimeFormat))
					return nil
				}
				o := &manifest.Options{}
				if reply != nil {
					o.Refresh = func(context.Context) ([]byte, error) {
						g.refreshes.Add(1)
						time.Sleep(time.Second)
						return reply(g, old)
					}
				}
				rows := 0
				var err error
				for _, err = range g.manifestWith(old, o).Items(t.Context(), &manifest.ReadOptions{Concurrency: 1}) {
					if rows++; rows == 10 && refused {
						g.sas = "a newer one"
					}
				}
				switch {
				case !refused && (err != nil || rows != 60):
					t.Errorf("%s: %d rows, %v, from storage that accepts the SAS", what, rows, err)
				case refused && !errors.Is(err, manifest.ErrSAS):
					t.Errorf("%s: %v, from storage that refuses the SAS", what, err)
				case refused && what == "refresh fails" && !errors.Is(err, failed):
					t.Errorf("%s: %v, without the cause", what, err)
				}
				if n := g.refreshes.Load(); n > 1 {
					t.Errorf("%s: %d refreshes", what, n)
				}
			})
		}
	}
}
