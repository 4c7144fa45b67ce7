package faulttest

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/manifest"
)

var serverBusy = billingtest.StorageError(503, "ServerBusy", "The server is busy.")

var busyRows = []row{
	withTrials(storageRow("B24", "consecutive 503 ServerBusy",
		scripted{"once", nil, "", []billingtest.Step{onBlob(1, serverBusy)}},
		scripted{"3 times", nil, "", []billingtest.Step{onBlob(3, serverBusy)}},
		scripted{"10 times", nil, "", []billingtest.Step{onBlob(10, serverBusy)}},
		scripted{"Retry-After: 5", nil, "", []billingtest.Step{onBlob(4, billingtest.Header("Retry-After", "5"), serverBusy)}},
		scripted{"in the middle of a blob", nil, "", broken(serverBusy)}),
		trial{"10 times, with backoff", nil, "", inBubble(func(t *testing.T) result {
			s := serve(t, atOnce(), 1, 100, 50).script(onBlob(10, serverBusy))
			start := time.Now()
			r := s.export(t.Context(), t)
			if took := time.Since(start); took < 5*time.Second || took > 5*time.Minute {
				t.Errorf("it took %v", took)
			}
			return r
		})},
		trial{"Retry-After is honored", nil, "", inBubble(func(t *testing.T) result {
			s := serve(t, atOnce(), 1, 100, 50).script(onBlob(4, billingtest.Header("Retry-After", "60"), serverBusy))
			start := time.Now()
			r := s.export(t.Context(), t)
			if took := time.Since(start); took < 4*time.Minute || took > 5*time.Minute {
				t.Errorf("it took %v", took)
			}
			return r
		})}),
	{"B25", "500 always, 8 workers", []trial{{"in memory", manifest.ErrUnavailable, "manifest.ErrUnavailable", inBubble(func(t *testing.T) result {
		s := serve(t, nil, 8, 100, 50).script(onBlob(-1, billingtest.StorageError(500, "InternalError", "Oh.")))
		s.read = &manifest.ReadOptions{Concurrency: 8}
		start := time.Now()
		r := s.export(t.Context(), t)
		if took := time.Since(start); took < 14*time.Minute || took > 17*time.Minute {
			t.Errorf("given up after %v", took)
		}
		// A hundred retries for all workers, and then one in half a minute for each.
		if n, most := s.count(billingtest.BlobCall), 8+100+8*31; n > most {
			t.Errorf("%d requests, want %d at most", n, most)
		}
		r.note = fmt.Sprintf("%d requests in %v", s.count(billingtest.BlobCall), time.Since(start).Round(time.Minute))
		return r
	})}}},
	{"B26", "30 % of the requests 503, 8 workers, 64 blobs", []trial{
		{"as they come", nil, "", inBubble(func(t *testing.T) result { return oftenBusy(t, false) })},
		{"in order", nil, "", inBubble(func(t *testing.T) result { return oftenBusy(t, true) })},
	}},
	{"B33", "storage serves 8 requests at once, 64 workers", []trial{
		{"as they come", nil, "", inBubble(func(t *testing.T) result { return overloaded(t, false) })},
		{"in order", nil, "", inBubble(func(t *testing.T) result { return overloaded(t, true) })},
	}},
	{"B27", "the Azure SDKs' eight kinds of responses, 5 % each, 1,000 blobs", []trial{
		{"in memory", nil, "", inBubble(eightKinds)},
	}},
}

// seeded is a random generator that is safe for concurrent use.
type seeded struct {
	mu sync.Mutex
	r  *rand.Rand
}

func newSeeded(seed uint64) *seeded { return &seeded{r: rand.New(rand.NewPCG(seed, 1))} }

func (s *seeded) float() float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.r.Float64()
}

func oftenBusy(t *testing.T, inOrder bool) result {
	s := serve(t, nil, 64, 500, 100)
	s.read = &manifest.ReadOptions{Concurrency: 8, InOrder: inOrder}
	chance := newSeeded(1)
	s.script(onBlob(-1, func(x *billingtest.Exchange, next func(*billingtest.Exchange) *billingtest.Response) *billingtest.Response {
		if chance.float() < 0.3 {
			return serverBusy(x, next)
		}
		return next(x)
	}))
	r := s.export(t.Context(), t)
	n := s.count(billingtest.BlobCall)
	if n > 128 {
		t.Errorf("%d requests for 64 blobs", n)
	}
	r.note = fmt.Sprintf("%d requests", n)
	return r
}

// overloaded counts the rejected requests after the reader has had ten seconds to adapt.
func overloaded(t *testing.T, inOrder bool) result {
	s := serve(t, atOnce(), 600, 60, 100)
	s.read = &manifest.ReadOptions{Concurrency: 64, InOrder: inOrder}
	start, late := time.Now(), 0
	var mu sync.Mutex
	s.script(onBlob(-1, func(x *billingtest.Exchange, next func(*billingtest.Exchange) *billingtest.Response) *billingtest.Response {
		mu.Lock()
		defer mu.Unlock()
		since := time.Since(start)
		if s.OpenBodies() < 8 || since > 40*time.Second {
			return billingtest.Dribble(2000, time.Second)(x, next)
		}
		if since > 10*time.Second {
			late++
		}
		return serverBusy(x, next)
	}))
	r := s.export(t.Context(), t)
	if late > 70 { // without throttling there are more than a hundred
		t.Errorf("%d requests rejected after ten seconds", late)
	}
	r.note = fmt.Sprintf("%d rejected", late)
	return r
}

// eightKinds are the kinds of responses by which the Azure SDKs are tested: a full response, four
// that end too early, and three without a response.
func eightKinds(t *testing.T) result {
	s := serve(t, nil, 1000, 60, 100)
	s.read = &manifest.ReadOptions{Concurrency: 8, MaxTries: 20}
	kinds := []struct {
		name string
		do   billingtest.Action
	}{
		{"p: part, then wait", billingtest.StallAfter(2000)},
		{"pc: part, then close", billingtest.Cut(2000, billingtest.ErrClosed)},
		{"pa: part, then abort", billingtest.Cut(2000, billingtest.ErrReset)},
		{"pn: part, then a clean end", billingtest.Cut(2000, billingtest.ErrClosed)}, // shorter than its Content-Length, which net/http reports
		{"n: nothing, wait", billingtest.Stall()},
		{"nc: nothing, close", billingtest.Drop(billingtest.ErrClosed)},
		{"na: nothing, abort", billingtest.Drop(billingtest.ErrReset)},
		{"f: full", func(x *billingtest.Exchange, next func(*billingtest.Exchange) *billingtest.Response) *billingtest.Response {
			return next(x)
		}},
	}
	chance, faults := newSeeded(2), 0
	var mu sync.Mutex
	s.script(onBlob(-1, func(x *billingtest.Exchange, next func(*billingtest.Exchange) *billingtest.Response) *billingtest.Response {
		if kind := int(chance.float() * 20); kind < len(kinds) {
			mu.Lock()
			faults++
			mu.Unlock()
			return kinds[kind].do(x, next)
		}
		return next(x)
	}))
	r := s.export(t.Context(), t)
	r.note = fmt.Sprintf("%d faults, %s", faults, r.note)
	return r
}
