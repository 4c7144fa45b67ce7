package manifest_test

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
)

// Where storage can serve eight of sixty-four readers at a time, fewer read soon; and when it is
// no longer busy, more do.
func TestFewerAtOnceWhileStorageIsBusy(t *testing.T) {
	for _, inOrder := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			store := newStorage(t)
			for i := range 600 {
				store.put(name(i), thousands()[i%100])
			}
			began, refused, late := time.Now(), 0, 0
			most, mostAtLast := int64(0), int64(0)
			store.fault = func(_ int, _ *http.Request, a *response) error {
				open, since := store.open.Load()+1, time.Since(began)
				a.pause = time.Second
				switch well := since > 40*time.Second; {
				case open > 8 && !well:
					*a = *refusal(503, "ServerBusy")
					a.cut, a.stall = -1, -1
					if refused++; since > 10*time.Second {
						late++
					}
				case well:
					mostAtLast = max(mostAtLast, open)
				default:
					most = max(most, open)
				}
				return nil
			}
			s := stream(t, store.manifest(nil), &manifest.ReadOptions{Concurrency: 64, InOrder: inOrder})
			ns, err := collect(t.Context(), s)
			if err != nil || len(ns) != 600_000 || !s.Report().Total.Verified {
				t.Fatalf("in order %t: %d rows, %v", inOrder, len(ns), err)
			}
			t.Logf("in order %t: %d refusals, %d of them after 10 s; at once %d, then %d; %v", inOrder, refused, late, most, mostAtLast, time.Since(began))
			if refused == 0 || late > 70 { // without the throttle they are over a hundred
				t.Errorf("in order %t: %d refusals, %d of them when the load was known", inOrder, refused, late)
			}
			if mostAtLast < 3 {
				t.Errorf("in order %t: at most %d at once although storage was no longer busy", inOrder, mostAtLast)
			}
		})
	}
}

// Where all fails, workers do not each hammer away: what they may retry is shared.
func TestOutageIsRetriedSlowly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := several(t, 64)
		n := 0
		store.fault = func(_ int, _ *http.Request, a *response) error {
			n++
			*a = *refusal(500, "InternalError")
			a.cut, a.stall = -1, -1
			return nil
		}
		start := time.Now()
		_, err := collect(t.Context(), stream(t, store.manifest(nil), &manifest.ReadOptions{Concurrency: 64}))
		if took := time.Since(start); !errors.Is(err, manifest.ErrUnavailable) || took < 14*time.Minute || took > 16*time.Minute {
			t.Errorf("%v after %v, want the budget to be used", err, took)
		}
		// A hundred retries, and one in half a minute of each worker.
		if most := 64 + 100 + 64*31; n > most {
			t.Errorf("%d requests, want %d at most", n, most)
		}
		t.Logf("%d requests", n)
	})
}

// A blob that is not there may have another root by now. If the service knows of
// none, it is missing.
func TestMissingBlobIsRefreshedOnce(t *testing.T) {
	for what, comes := range map[string]bool{"comes back": true, "stays away": false} {
		synctest.Test(t, func(t *testing.T) {
			g := &guarded{storage: newStorage(t).put(name(0), zipped(lines(0, 10)))}
			g.reply = func(sas string) ([]byte, error) { return g.json(sas), nil }
			m := g.manifestWith(g.fresh(time.Hour), &manifest.Options{Refresh: g.refresh})
			g.fault = func(n int, _ *http.Request, a *response) error {
				if n == 0 || !comes {
					*a = *refusal(404, "BlobNotFound")
					a.cut, a.stall = -1, -1
				}
				return nil
			}
			ns, err := collect(t.Context(), stream(t, m, nil))
			if comes && (err != nil || !isCount(ns, 10)) || !comes && !errors.Is(err, manifest.ErrBlobMissing) {
				t.Errorf("%s: %d rows, %v", what, len(ns), err)
			}
			if n := g.refreshes.Load(); n != 1 {
				t.Errorf("%s: %d refreshes, want one", what, n)
			}
		})
	}
}

// The limit on a blob's text is a limit to what is handed out of it.
func TestMaxBlobBytes(t *testing.T) {
	text := lines(0, 5000)
	store := newStorage(t).put(name(0), zipped(text))
	for _, limit := range []int64{int64(len(text)) - 1, int64(len(text)), 1000, 0} {
		for _, concurrency := range []int{1, 4} {
			ns, err := collect(t.Context(), stream(t, store.manifest(nil), &manifest.ReadOptions{Concurrency: concurrency, MaxBlobBytes: limit}))
			if fits := limit == 0 || limit >= int64(len(text)); fits && (err != nil || !isCount(ns, 5000)) ||
				!fits && (!errors.Is(err, manifest.ErrBlobTooLarge) || errors.Is(err, lineitem.ErrCorrupt) || !isCount(ns, len(ns)) || len(ns) == 5000) {
				t.Errorf("limit %d: %d rows, %v", limit, len(ns), err)
			}
		}
	}
}
