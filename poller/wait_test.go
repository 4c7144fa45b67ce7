package poller_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/poller"
)

func running(headers ...string) reply { return respond(200, `{"status":"running"}`, headers...) }

// gap is the time between the requests i and i+1.
func (s *script) gap(i int) time.Duration { return s.times[i+1].Sub(s.times[i]) }

func TestPollUntilDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := play(
			respond(200, sample(t, "operation-notstarted"), "Retry-After", "10"),
			running("Retry-After", "7"),
			respond(202, ""),
			respond(200, sample(t, "operation-succeeded-link"), "Retry-After", "3600"),
			respond(200, manifestOf(t)))
		p := accepted(t, s)
		var seen []string
		m, err := p.PollUntilDone(t.Context(), &poller.PollUntilDoneOptions{OnProgress: func(op poller.Operation) { seen = append(seen, op.Status) }})
		if err != nil {
			t.Fatal(err)
		}
		if len(m.Blobs()) != 1 || !p.Done() {
			t.Errorf("%+v", m)
		}
		if got := strings.Join(seen, " "); got != "notstarted running  succeeded" {
			t.Errorf("progress: %s", got)
		}
		if s.gap(1) != 10*time.Second || s.gap(2) != 7*time.Second || s.gap(3) < 8*time.Second || s.gap(3) > 12*time.Second || s.gap(4) != 0 {
			t.Errorf("pauses: %v %v %v %v", s.gap(1), s.gap(2), s.gap(3), s.gap(4))
		}
		if again, err := p.PollUntilDone(t.Context(), nil); again != m || err != nil {
			t.Errorf("again: %v", err)
		}
	})
}

func TestPollUntilDoneHonorsTheFirstRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := play(respond(202, "", "Location", operationURL, "Retry-After", "25"), respond(200, finished(t)))
		p, err := begin(t, s)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.PollUntilDone(t.Context(), nil); err != nil || s.gap(0) != 25*time.Second {
			t.Errorf("%v, first poll after %v", err, s.gap(0))
		}
	})
}

func TestRetryAfterForms(t *testing.T) {
	const own = -1
	for name, c := range map[string]struct {
		value, date string
		want        time.Duration
	}{
		"seconds":                   {"7", "", 7 * time.Second},
		"fraction":                  {"1.5", "", 2 * time.Second},
		"small fraction":            {"0.1", "", time.Second},
		"spaces":                    {" 7 ", "", 7 * time.Second},
		"date":                      {"Sat, 01 Jan 2000 00:00:07 GMT", "", 7 * time.Second},
		"date, server an hour late": {"Fri, 31 Dec 1999 23:00:07 GMT", "Fri, 31 Dec 1999 23:00:00 GMT", 7 * time.Second},
		"date, server an hour fast": {"Sat, 01 Jan 2000 01:00:07 GMT", "Sat, 01 Jan 2000 01:00:00 GMT", 7 * time.Second},
		"missing":                   {"", "", own},
		"zero":                      {"0", "", own},
		"negative":                  {"-5", "", own},
		"past":                      {"Fri, 31 Dec 1999 23:00:00 GMT", "", own},
		"word":                      {"soon", "", own},
		"not a number":              {"NaN", "", own},
	} {
		for status, body := range map[int]string{200: `{"status":"running"}`, 202: "", 429: "", 503: ""} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					headers := []string{"Retry-After", c.value}
					if c.date != "" {
						headers = append(headers, "Date", c.date)
					}
					s := play(respond(status, body, headers...), respond(200, finished(t)))
					if _, err := accepted(t, s).PollUntilDone(t.Context(), nil); err != nil {
						t.Fatal(err)
					}
					got := s.gap(1)
					if c.want == own && (got < 8*time.Second || got > 12*time.Second) || c.want != own && got != c.want {
						t.Errorf("status %d: waited %v, want %v", status, got, c.want)
					}
				})
			})
		}
	}
}

func TestDefaultPausesGrow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := play(append(times(20, running()), respond(200, finished(t)))...)
		if _, err := accepted(t, s).PollUntilDone(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		base := 10 * time.Second
		for i := range 20 {
			got := s.gap(i + 1)
			if got < base*8/10 || got > min(base*12/10, time.Minute) {
				t.Errorf("pause %d is %v, around %v was expected", i, got, base)
			}
			base = min(base*3/2, time.Minute)
		}
	})
}

func TestFrequency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := play(running(), running("Retry-After", "9"), running(), respond(200, finished(t)))
		if _, err := accepted(t, s).PollUntilDone(t.Context(), &poller.PollUntilDoneOptions{Frequency: 3 * time.Second}); err != nil {
			t.Fatal(err)
		}
		if s.gap(1) != 3*time.Second || s.gap(2) != 9*time.Second || s.gap(3) != 3*time.Second {
			t.Errorf("%v %v %v", s.gap(1), s.gap(2), s.gap(3))
		}
	})
	_, err := accepted(t, play(running())).PollUntilDone(t.Context(), &poller.PollUntilDoneOptions{Frequency: time.Millisecond})
	if err == nil || !strings.Contains(err.Error(), "Frequency") {
		t.Errorf("got %v", err)
	}
}

func TestHugeRetryAfterEndsAtOnce(t *testing.T) {
	for _, value := range []string{"99999999999", "9223372036854775807", "99999999999999999999999999", "7201", "Fri, 31 Dec 9999 23:59:59 GMT"} {
		for status, body := range map[int]string{200: `{"status":"running"}`, 429: ``} {
			t.Run(value, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := play(respond(status, body, "Retry-After", value))
					start := time.Now()
					_, err := accepted(t, s).PollUntilDone(t.Context(), nil)
					timeout := mustTimeOut(t, err)
					if timeout.RetryAfter <= 2*time.Hour || time.Since(start) != 0 || s.requests() != 2 {
						t.Errorf("%+v after %v and %d requests", timeout, time.Since(start), s.requests())
					}
				})
			})
		}
	}
}

func TestMaxWait(t *testing.T) {
	for maxWait, want := range map[time.Duration]time.Duration{0: 2 * time.Hour, time.Minute: time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			s := play(running("Retry-After", "10"))
			start := time.Now()
			p := accepted(t, s)
			_, err := p.PollUntilDone(t.Context(), &poller.PollUntilDoneOptions{MaxWait: maxWait})
			timeout := mustTimeOut(t, err)
			if took := time.Since(start); took > want || took < want-10*time.Second {
				t.Errorf("took %v", took)
			}
			if timeout.Status != "running" || !strings.Contains(err.Error(), "resume token") {
				t.Errorf("%v", err)
			}
			if p.Done() {
				t.Error("the operation is not done")
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		s := play(append(times(1000, running("Retry-After", "60")), respond(200, finished(t)))...)
		if _, err := accepted(t, s).PollUntilDone(t.Context(), &poller.PollUntilDoneOptions{MaxWait: -1}); err != nil {
			t.Errorf("without a limit: %v", err)
		}
	})
}

func TestHangingServiceTimesOut(t *testing.T) {
	hang := func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		_, err := accepted(t, play(hang)).PollUntilDone(t.Context(), nil)
		timeout := mustTimeOut(t, err)
		if took := time.Since(start); took != 15*time.Minute || !errors.Is(timeout.Err, apierror.ErrUnavailable) {
			t.Errorf("after %v: %v", took, err)
		}
	})
}

func TestTransientFaultsAreRetried(t *testing.T) {
	for name, fault := range map[string]reply{
		"reset":       unreachable(&net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}),
		"end":         unreachable(io.EOF),
		"name":        unreachable(&net.DNSError{Err: "no such host", Name: "graph.microsoft.com", IsNotFound: true}),
		"429":         respond(429, ""),
		"500":         respond(500, ""),
		"503 in HTML": respond(503, "<html>"),
		"408":         respond(408, ""),
		"cut":         breaks(`{"status":"suc`, io.ErrUnexpectedEOF),
		"cut JSON":    respond(200, `{"status":"suc`),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := play(append(times(10, fault), respond(200, finished(t)))...)
				if _, err := accepted(t, s).PollUntilDone(t.Context(), nil); err != nil {
					t.Error(err)
				}
				if s.open != 0 {
					t.Errorf("%d bodies are open", s.open)
				}
			})
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				_, err := accepted(t, play(running(), fault)).PollUntilDone(t.Context(), nil)
				timeout := mustTimeOut(t, err)
				if took := time.Since(start); took < 15*time.Minute || took > 17*time.Minute || !errors.Is(err, apierror.ErrUnavailable) || timeout.Status != "running" {
					t.Errorf("after %v: %v", took, err)
				}
			})
			synctest.Test(t, func(t *testing.T) {
				s := play(append(times(5, fault), running(), fault, respond(200, sample(t, "operation-succeeded-uri")), fault, respond(200, manifestOf(t)))...)
				if _, err := accepted(t, s).PollUntilDone(t.Context(), nil); err != nil {
					t.Errorf("in between, and for the manifest: %v", err)
				}
			})
		})
	}
}

func TestUsableResponsesResetTheRetryBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fault := respond(503, "")
		replies := append([]reply{fault}, times(30, running("Retry-After", "60"))...)
		s := play(append(replies, fault, respond(200, finished(t)))...)
		if _, err := accepted(t, s).PollUntilDone(t.Context(), nil); err != nil {
			t.Error(err)
		}
	})
}

func TestThrottlingForTenMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := play(append(times(20, respond(429, "", "Retry-After", "30")), respond(200, finished(t)))...)
		start := time.Now()
		if _, err := accepted(t, s).PollUntilDone(t.Context(), nil); err != nil || time.Since(start) != 10*time.Minute {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

func TestRequestedDelayMayBeLongerThanTheRetryBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := play(respond(429, "", "Retry-After", "1800"), respond(200, finished(t)))
		if _, err := accepted(t, s).PollUntilDone(t.Context(), nil); err != nil || s.gap(1) != 30*time.Minute {
			t.Errorf("%v", err)
		}
	})
}

func TestFinalErrorsEndTheWait(t *testing.T) {
	for name, c := range map[string]struct {
		reply reply
		want  error
	}{
		"401":     {respond(401, ""), apierror.ErrUnauthenticated},
		"403":     {respond(403, ""), apierror.ErrPermission},
		"410":     {respond(410, ""), apierror.ErrExpired},
		"404":     {respond(404, ""), apierror.ErrExpired},
		"failed":  {respond(200, sample(t, "operation-failed")), apierror.ErrNoData},
		"HTML":    {respond(200, "<html>"), apierror.ErrMalformed},
		"foreign": {running("Location", "https://evil.example"), apierror.ErrForeignLocation},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := play(running("Retry-After", "1"), c.reply)
				_, err := accepted(t, s).PollUntilDone(t.Context(), nil)
				if !errors.Is(err, c.want) || s.requests() != 3 {
					t.Errorf("%v after %d requests", err, s.requests())
				}
				mustNotLeak(t, err)
			})
		})
	}
}

func TestSuccessWithoutManifest(t *testing.T) {
	empty := respond(200, `{"status":"succeeded"}`)
	for repolls := range 5 {
		synctest.Test(t, func(t *testing.T) {
			s := play(append(times(repolls, empty), respond(200, finished(t)))...)
			_, err := accepted(t, s).PollUntilDone(t.Context(), nil)
			if (err == nil) != (repolls <= 3) || err != nil && !errors.Is(err, apierror.ErrMalformed) {
				t.Errorf("after %d: %v", repolls, err)
			}
		})
	}
}

func TestCanceling(t *testing.T) {
	reason := errors.New("canceled by the user")
	for name, s := range map[string]func() *script{
		"in a pause":   func() *script { return play(running("Retry-After", "3600")) },
		"in a request": func() *script { return play(hangUntilDone) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				p := accepted(t, s())
				start := time.Now()
				time.AfterFunc(time.Minute, func() { cancel(reason) })
				_, err := p.PollUntilDone(ctx, nil)
				if !errors.Is(err, reason) || !errors.Is(err, context.Canceled) || time.Since(start) != time.Minute {
					t.Errorf("%v after %v", err, time.Since(start))
				}
				if token, err := p.ResumeToken(); err != nil || token == "" {
					t.Errorf("no resume token: %v", err)
				}
			})
		})
	}
	t.Run("before", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		s := play(running())
		p := accepted(t, s)
		if _, err := p.PollUntilDone(ctx, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("deadline of the caller", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 95*time.Second)
			defer cancel()
			_, err := accepted(t, play(running())).PollUntilDone(ctx, nil)
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v", err)
			}
			timeout := mustTimeOut(t, err)
			if !strings.Contains(err.Error(), "operation "+timeout.OperationID+": ") || !strings.HasSuffix(err.Error(), "; continue later with the resume token") {
				t.Errorf("got %v", err)
			}
		})
	})
	// It is not the reason why there is no response.
	lost := unreachable(&net.DNSError{Err: "no such host", Name: "graph.microsoft.com", IsNotFound: true})
	for name, replies := range map[string][]reply{
		"deadline after a failure":          {running(), lost},
		"deadline in a request after that":  {running(), lost, hangUntilDone},
		"deadline after a failure long ago": {lost, running()},
	} {
		t.Run(name, func(t *testing.T) {
			for _, limit := range []string{"of the caller", "MaxWait"} {
				synctest.Test(t, func(t *testing.T) {
					ctx, o := t.Context(), &poller.PollUntilDoneOptions{}
					if limit == "MaxWait" {
						o.MaxWait = 95 * time.Second
					} else {
						var cancel context.CancelFunc
						ctx, cancel = context.WithTimeout(ctx, 95*time.Second)
						defer cancel()
					}
					_, err := accepted(t, play(replies...)).PollUntilDone(ctx, o)
					_ = mustTimeOut(t, err)
					const failure = "lookup graph.microsoft.com: no such host"
					if want := len(replies) > 2 || name == "deadline after a failure"; strings.Contains(err.Error(), failure) != want {
						t.Errorf("%s: got %v", limit, err)
					}
				})
			}
		})
	}
}

func hangUntilDone(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func mustTimeOut(t *testing.T, err error) *apierror.TimeoutError {
	t.Helper()
	mustNotLeak(t, err)
	var timeout *apierror.TimeoutError
	if !errors.As(err, &timeout) {
		t.Fatalf("got %v", err)
	}
	if timeout.ResumeToken == "" || timeout.OperationID == "" || !timeout.Timeout() {
		t.Errorf("%+v", timeout)
	}
	return timeout
}

// A delay that the service asks for and that ends after the deadline of the context: the error
// comes at once, and it is the deadline that was the limit. MaxWait is none of the context.
func TestDelayBeyondTheDeadline(t *testing.T) {
	for name, limit := range map[string]time.Duration{"deadline": time.Minute, "MaxWait": time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			p := accepted(t, play(running("Retry-After", "300")))
			_, err := p.PollUntilDone(ctx, &poller.PollUntilDoneOptions{MaxWait: 2 * time.Minute})
			_ = mustTimeOut(t, err)
			if errors.Is(err, context.DeadlineExceeded) != (name == "deadline") || ctx.Err() != nil {
				t.Errorf("%s: got %v", name, err)
			}
		})
	}
}
