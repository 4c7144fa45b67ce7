package manifest_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partnerbilling/sdk-go/manifest"
)

// guarded is a storage that takes only the newest of the SAS it hands out.
type guarded struct {
	*storage
	refreshes atomic.Int64
	reply     func(fresh string) ([]byte, error)
}

// fresh makes the storage require a new SAS, and returns it.
func (g *guarded) fresh(life time.Duration) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.sas = token(life) + "&skv=" + time.Now().Format("150405.000000000")
	return g.sas
}

func (g *guarded) refresh(context.Context) ([]byte, error) {
	g.refreshes.Add(1)
	time.Sleep(time.Second)
	sas := g.fresh(time.Hour)
	if g.reply != nil {
		return g.reply(sas)
	}
	return g.json(sas), nil
}

// A SAS that is refused during the read is refreshed once for all workers, and every blob
// is continued at its byte.
func TestSASIsRefreshedDuringTheRead(t *testing.T) {
	for _, o := range []manifest.ReadOptions{{Concurrency: 1}, {Concurrency: 8}, {Concurrency: 8, InOrder: true}} {
		synctest.Test(t, func(t *testing.T) {
			g := &guarded{storage: newStorage(t)}
			for i := range 8 {
				g.put(name(i), zipped(lines(i*10_000, 10_000)))
			}
			m := g.manifestWith(g.fresh(time.Hour), &manifest.Options{Refresh: g.refresh})
			var broken atomic.Int64
			g.fault = func(n int, _ *http.Request, a *response) error {
				if n == 0 && a.status == 200 {
					a.cut, a.err = 30_000, io.EOF
					if broken.Add(1) == 1 {
						g.sas = "a newer one"
					}
				}
				return nil
			}
			if o.Concurrency > 1 {
				// All are open before the SAS goes.
				g.fault = func(n int, _ *http.Request, a *response) error {
					if n == 0 {
						a.pause = time.Second
						a.cut, a.err = 30_000, io.EOF
						time.AfterFunc(time.Millisecond, func() { g.mu.Lock(); defer g.mu.Unlock(); g.sas = "a newer one" })
					}
					return nil
				}
			}
			s := stream(t, m, &o)
			ns, err := collect(t.Context(), s)
			if err != nil || len(ns) != 80_000 || !s.Report().Total.Verified {
				t.Fatalf("%d rows, error %v", len(ns), err)
			}
			if o.InOrder && !isCount(ns, 80_000) {
				t.Error("rows are out of order")
			}
			if n := g.refreshes.Load(); n != 1 {
				t.Errorf("%d refreshes, want one", n)
			}
			// A later stream profits, and the JSON for other machines too.
			if _, err := collect(t.Context(), stream(t, m, nil)); err != nil || g.refreshes.Load() != 1 {
				t.Errorf("second stream: error %v, %d refreshes", err, g.refreshes.Load())
			}
			if data, err := m.MarshalWithSAS(); err != nil || !strings.Contains(string(data), "skv=") {
				t.Errorf("the JSON has not the fresh SAS: %v", err)
			}
		})
	}
}

func TestSASIsRefreshedBeforeItExpires(t *testing.T) {
	for what, life := range map[string]time.Duration{"expired": -time.Hour, "one minute left": time.Minute, "plenty": 2 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			g := &guarded{storage: newStorage(t).put(name(0), zipped(lines(0, 10)))}
			sas := g.fresh(life) + "&skt=" + time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)
			m := g.manifestWith(sas, &manifest.Options{Refresh: g.refresh})
			g.sas = "" // any will do: nothing forces a refresh
			ns, err := collect(t.Context(), stream(t, m, nil))
			if err != nil || !isCount(ns, 10) {
				t.Errorf("%s: rows %v, error %v", what, ns, err)
			}
			want := int64(1)
			if life > time.Hour {
				want = 0
			}
			if got := g.refreshes.Load(); got != want {
				t.Errorf("%s: %d refreshes, want %d", what, got, want)
			}
		})
	}
}

// With a local clock that is an hour ahead, every SAS seems to be over on arrival.
// Storage knows better, whether it tells its time or not.
func TestWrongClockCostsOneRefreshAtMost(t *testing.T) {
	for what, c := range map[string]struct {
		skew time.Duration
		date bool
	}{"ahead": {time.Hour, true}, "behind": {-time.Hour, true}, "ahead, no Date": {time.Hour, false}} {
		synctest.Test(t, func(t *testing.T) {
			g := &guarded{storage: newStorage(t)}
			for i := range 6 {
				g.put(name(i), zipped(lines(i*10, 10)))
			}
			g.reply = func(string) ([]byte, error) {
				g.sas = token(time.Hour-c.skew) + "&skv=" + time.Now().Format("150405")
				return g.json(g.sas), nil
			}
			g.sas = token(time.Hour - c.skew)
			m := g.manifestWith(g.sas, &manifest.Options{Refresh: g.refresh})
			g.fault = func(_ int, _ *http.Request, a *response) error {
				if c.date {
					a.header.Set("Date", time.Now().Add(-c.skew).UTC().Format(http.TimeFormat))
				}
				return nil
			}
			ns, err := collect(t.Context(), stream(t, m, &manifest.ReadOptions{Concurrency: 1}))
			if err != nil || !isCount(ns, 60) {
				t.Errorf("%s: rows %v, error %v", what, ns, err)
			}
			if got := g.refreshes.Load(); got > 1 {
				t.Errorf("%s: %d refreshes", what, got)
			}
		})
	}
}

// A SAS ends by the clock of storage, also where the local one is an hour behind.
func TestSASExpiresByTheClockOfStorage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &guarded{storage: newStorage(t).put(name(0), zipped(lines(0, 10))).put(name(1), zipped(lines(10, 10)))}
		m := g.manifestWith(g.fresh(90*time.Minute), &manifest.Options{Refresh: g.refresh})
		g.fault = func(_ int, _ *http.Request, a *response) error {
			a.header.Set("Date", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))
			return nil
		}
		rows := 0
		for _, err := range m.Items(t.Context(), &manifest.ReadOptions{Concurrency: 1}) {
			if err != nil {
				t.Fatal(err)
			}
			if rows++; rows == 10 {
				time.Sleep(40 * time.Minute) // 50 minutes are left here, none there
			}
		}
		if rows != 20 || g.refreshes.Load() != 1 {
			t.Errorf("%d rows, %d refreshes, want one before the second blob was requested", rows, g.refreshes.Load())
		}
	})
}

func TestRefreshFails(t *testing.T) {
	gone := errors.New("the operation is gone")
	names := func(g *guarded, change map[string]any) func(string) ([]byte, error) {
		return func(sas string) ([]byte, error) {
			d := map[string]any{"sasToken": sas}
			maps.Copy(d, change)
			return document([]string{name(0)}, d), nil
		}
	}
	cases := map[string]struct {
		reply    func(g *guarded) func(string) ([]byte, error)
		is       []error
		requests int64
	}{
		"no refresh":    {nil, []error{manifest.ErrSAS}, 0},
		"refresh fails": {func(*guarded) func(string) ([]byte, error) { return func(string) ([]byte, error) { return nil, gone } }, []error{manifest.ErrSAS, gone}, 1},
		"not a manifest": {func(*guarded) func(string) ([]byte, error) {
			return func(string) ([]byte, error) { return []byte("<html>"), nil }
		}, []error{manifest.ErrSAS, manifest.ErrMalformed}, 1},
		"unusable SAS": {func(g *guarded) func(string) ([]byte, error) { return names(g, map[string]any{"sasToken": "x"}) }, []error{manifest.ErrSAS}, 1},
		"another eTag": {func(g *guarded) func(string) ([]byte, error) { return names(g, map[string]any{"eTag": "new"}) }, []error{manifest.ErrDataChanged}, 1},
		"a foreign root": {func(g *guarded) func(string) ([]byte, error) {
			return names(g, map[string]any{"rootDirectory": "https://evil.example/c"})
		}, []error{manifest.ErrUntrusted}, 1},
		"other blobs": {func(*guarded) func(string) ([]byte, error) {
			return func(sas string) ([]byte, error) {
				return document([]string{"other"}, map[string]any{"sasToken": sas}), nil
			}
		}, []error{manifest.ErrDataChanged}, 1},
		"refused all the same": {func(g *guarded) func(string) ([]byte, error) {
			return func(sas string) ([]byte, error) { g.sas = "never"; return g.json(sas), nil }
		}, []error{manifest.ErrSAS}, 1},
	}
	for what, c := range cases {
		synctest.Test(t, func(t *testing.T) {
			g := &guarded{storage: newStorage(t).put(name(0), zipped(lines(0, 10)))}
			o := &manifest.Options{}
			if c.reply != nil {
				o.Refresh, g.reply = g.refresh, c.reply(g)
			}
			m := g.manifestWith(g.fresh(time.Hour), o)
			g.sas = "a newer one"
			_, err := collect(t.Context(), stream(t, m, nil))
			for _, is := range c.is {
				if !errors.Is(err, is) {
					t.Errorf("%s: error = %v, want %v", what, err, is)
				}
			}
			if err != nil && !strings.Contains(err.Error(), "new export") {
				t.Errorf("%s: error %v does not say what to do", what, err)
			}
			if got := g.refreshes.Load(); got != c.requests {
				t.Errorf("%s: %d refreshes, want %d", what, got, c.requests)
			}
			clean(t, what, printed(t, err))
		})
	}
}

func TestSameSASAgainIsNoRefresh(t *testing.T) {
	// What our own clock calls expired is refreshed before the request, and once more
	// when storage, which may know better, has refused it.
	for what, want := range map[string]int64{"valid": 1, "expired": 2} {
		synctest.Test(t, func(t *testing.T) {
			wait := time.Duration(want-1) * 2 * time.Hour
			g := &guarded{storage: newStorage(t).put(name(0), zipped(lines(0, 10)))}
			old := g.fresh(time.Hour)
			g.reply = func(string) ([]byte, error) { return g.json(old), nil }
			m := g.manifestWith(old, &manifest.Options{Refresh: g.refresh})
			time.Sleep(wait)
			g.sas = "a newer one"
			if _, err := collect(t.Context(), stream(t, m, nil)); !errors.Is(err, manifest.ErrSAS) || int64(g.refreshes.Load()) != want {
				t.Errorf("%s: error %v after %d refreshes, want ErrSAS after %d", what, err, g.refreshes.Load(), want)
			}
		})
	}
}

func TestExpiredSASIsNamedInTheError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &guarded{storage: newStorage(t).put(name(0), zipped(lines(0, 10)))}
		m := g.manifestWith(g.fresh(time.Hour), nil)
		end := m.SAS().Expires()
		time.Sleep(2 * time.Hour)
		g.sas = "a newer one"
		_, err := collect(t.Context(), stream(t, m, nil))
		var read *manifest.ReadError
		if !errors.Is(err, manifest.ErrSAS) || !errors.As(err, &read) || read.StatusCode != 403 || read.Code != "AuthenticationFailed" ||
			!strings.Contains(err.Error(), "expired at "+end.Format(time.RFC3339)+"; poll the operation again") {
			t.Errorf("error = %v, want the expiry, Azure's code and what to do", err)
		}
	})
}

func TestCancelEndsARefresh(t *testing.T) {
	for _, concurrency := range []int{1, 4} {
		synctest.Test(t, func(t *testing.T) {
			g := &guarded{storage: newStorage(t)}
			for i := range 4 {
				g.put(name(i), zipped(lines(i*10, 10)))
			}
			o := &manifest.Options{Refresh: func(ctx context.Context) ([]byte, error) { <-ctx.Done(); return nil, ctx.Err() }}
			m := g.manifestWith(g.fresh(time.Hour), o)
			g.sas = "a newer one"
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			start := time.Now()
			_, err := collect(ctx, stream(t, m, &manifest.ReadOptions{Concurrency: concurrency}))
			if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Minute {
				t.Errorf("error %v after %v, want the deadline after 1m", err, time.Since(start))
			}
		})
	}
}

// A clock that is fast must not keep a good SAS from being tried.
func TestFastClockLeavesItToStorage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newStorage(t).put(name(0), zipped(lines(0, 10))) // which takes every SAS
		m := st.manifestWith(token(time.Hour), &manifest.Options{Refresh: func(context.Context) ([]byte, error) { return nil, errors.New("not now") }})
		time.Sleep(2 * time.Hour)
		ns, err := collect(t.Context(), stream(t, m, nil))
		if err != nil || !isCount(ns, 10) {
			t.Errorf("%d rows, %v", len(ns), err)
		}
	})
}

func TestRefreshTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newStorage(t).put(name(0), zipped(lines(0, 10)))
		m := st.manifestWith(token(time.Hour), &manifest.Options{Refresh: func(ctx context.Context) ([]byte, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}})
		time.Sleep(2 * time.Hour)
		start := time.Now()
		ns, err := collect(t.Context(), stream(t, m, nil))
		if took := time.Since(start); took > 2*time.Hour || err != nil || !isCount(ns, 10) {
			t.Errorf("%d rows, %v, after %v", len(ns), err, took)
		}
	})
}

// Without an eTag nothing tells whether the data behind a fresh SAS are the same.
func TestNoRefreshWithoutETag(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &guarded{storage: newStorage(t).put(name(0), zipped(lines(0, 10)))}
		old := g.fresh(time.Hour)
		g.reply = func(sas string) ([]byte, error) { return g.json(sas), nil }
		o := &manifest.Options{Refresh: g.refresh}
		o.Transport = g
		m, err := manifest.Parse[row](document([]string{name(0)}, map[string]any{"sasToken": old, "eTag": nil}), o)
		if err != nil {
			t.Fatal(err)
		}
		g.sas = "a newer one"
		if _, err := collect(t.Context(), stream(t, m, nil)); !errors.Is(err, manifest.ErrDataChanged) || !strings.Contains(err.Error(), "eTag") {
			t.Errorf("got %v", err)
		}
	})
}
