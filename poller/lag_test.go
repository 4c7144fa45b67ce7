package poller_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/poller"
)

func notFound() reply { return respond(404, `{"error":{"code":"NotFound","message":"Not found."}}`) }

// The service may not find at once what it has just accepted, nor the manifest that it has just
// named.
func TestLagAfterAcceptance(t *testing.T) {
	uri := respond(200, sample(t, "operation-succeeded-uri"))
	for name, replies := range map[string][]reply{
		"operation":              {notFound(), notFound(), notFound(), running(), respond(200, finished(t))},
		"manifest":               {uri, notFound(), notFound(), notFound(), respond(200, manifestOf(t))},
		"both":                   {notFound(), uri, notFound(), respond(200, manifestOf(t))},
		"with other faults":      {respond(503, ""), notFound(), respond(500, ""), notFound(), running(), uri, respond(503, ""), notFound(), respond(200, manifestOf(t))},
		"in HTML":                {respond(404, "<html>"), respond(404, ""), respond(200, finished(t))},
		"after an hour, waiting": {notFound(), notFound(), respond(200, finished(t))},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := play(replies...)
				p := accepted(t, s)
				if name == "after an hour, waiting" {
					time.Sleep(time.Hour) // the first poll counts, as the service may ask for a long pause
				}
				start := time.Now()
				if _, err := p.PollUntilDone(t.Context(), nil); err != nil || s.open != 0 {
					t.Errorf("%v, %d open bodies", err, s.open)
				}
				if took := time.Since(start); took > 5*time.Minute {
					t.Errorf("it took %v", took)
				}
			})
		})
	}
}

// What is not found for longer than a minute does not exist.
func TestLagIsBounded(t *testing.T) {
	for name, replies := range map[string][]reply{
		"operation": {notFound()},
		"manifest":  {respond(200, sample(t, "operation-succeeded-uri")), notFound()},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := play(replies...)
				p := accepted(t, s)
				start := time.Now()
				_, err := p.PollUntilDone(t.Context(), nil)
				if took := time.Since(start); !errors.Is(err, apierror.ErrExpired) || took < time.Minute || took > 2*time.Minute || s.requests() < 5 {
					t.Errorf("%v after %v and %d requests", err, took, s.requests())
				}
				mustNotLeak(t, err)
			})
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				_, err := accepted(t, play(replies...)).PollUntilDone(t.Context(), &poller.PollUntilDoneOptions{MaxWait: 25 * time.Second})
				if timeout := mustTimeOut(t, err); time.Since(start) != 25*time.Second || timeout.ResumeToken == "" {
					t.Errorf("MaxWait: %v after %v", err, time.Since(start))
				}
			})
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 25*time.Second)
				defer cancel()
				start := time.Now()
				_, err := accepted(t, play(replies...)).PollUntilDone(ctx, nil)
				if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 25*time.Second {
					t.Errorf("context: %v after %v", err, time.Since(start))
				}
			})
		})
	}
}

// Poll and Result report lag as a response that is worth another try.
func TestLagOfPollAndResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := accepted(t, play(notFound()))
		for range 2 {
			_, err := p.Poll(t.Context())
			if rejected, is := errors.AsType[*apierror.RequestError](err); !is || !errors.Is(err, apierror.ErrUnavailable) || errors.Is(err, apierror.ErrExpired) || rejected.StatusCode != 404 || p.Done() {
				t.Errorf("%v, done: %t", err, p.Done())
			}
			if _, err := p.ResumeToken(); err != nil {
				t.Errorf("resume token: %v", err)
			}
			time.Sleep(59 * time.Second)
		}
		time.Sleep(time.Second)
		if _, err := p.Poll(t.Context()); !errors.Is(err, apierror.ErrExpired) || !p.Done() {
			t.Errorf("after two minutes: %v, done: %t", err, p.Done())
		}
	})
	synctest.Test(t, func(t *testing.T) {
		p := accepted(t, play(respond(200, sample(t, "operation-succeeded-uri")), notFound(), notFound(), respond(200, manifestOf(t))))
		if _, err := p.Poll(t.Context()); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if _, err := p.Result(t.Context()); !errors.Is(err, apierror.ErrUnavailable) {
				t.Errorf("%v", err)
			}
		}
		if _, err := p.Result(t.Context()); err != nil {
			t.Errorf("%v", err)
		}
	})
}

// A 404 is final where it is not that of something new: after the operation was found, in another
// process, and where it says that there is no data. 410 is final in any case.
func TestNotFoundWithoutLag(t *testing.T) {
	for name, tc := range map[string]struct {
		poller  func(*script) *poller.Poller[lineitem.Usage]
		replies []reply
		want    error
	}{
		"found before":        {func(s *script) *poller.Poller[lineitem.Usage] { return accepted(t, s) }, []reply{running("Retry-After", "1"), notFound()}, apierror.ErrExpired},
		"no data":             {func(s *script) *poller.Poller[lineitem.Usage] { return accepted(t, s) }, []reply{respond(404, `{"error":{"code":"5000"}}`)}, apierror.ErrNoData},
		"410":                 {func(s *script) *poller.Poller[lineitem.Usage] { return accepted(t, s) }, []reply{respond(410, "")}, apierror.ErrExpired},
		"410 of the manifest": {func(s *script) *poller.Poller[lineitem.Usage] { return accepted(t, s) }, []reply{respond(200, sample(t, "operation-succeeded-uri")), respond(410, "")}, apierror.ErrExpired},
		"resumed":             {func(s *script) *poller.Poller[lineitem.Usage] { return resumed(t, s) }, []reply{notFound()}, apierror.ErrExpired},
		"resumed, manifest":   {func(s *script) *poller.Poller[lineitem.Usage] { return resumed(t, s) }, []reply{respond(200, sample(t, "operation-succeeded-uri")), notFound()}, apierror.ErrExpired},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := tc.poller(play(tc.replies...))
				start := time.Now()
				if _, err := p.PollUntilDone(t.Context(), nil); !errors.Is(err, tc.want) || time.Since(start) > time.Second {
					t.Errorf("%v after %v", err, time.Since(start))
				}
			})
		})
	}
}
