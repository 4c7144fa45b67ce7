package retry_test

import (
	"context"
	"errors"
	"math"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/partnerbilling/sdk-go/internal/retry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestBackoffGrowsToItsLimit(t *testing.T) {
	b := retry.Backoff{Base: 500 * time.Millisecond, Max: 30 * time.Second}
	want := []time.Duration{0.5e9, 1e9, 2e9, 4e9, 8e9, 16e9, 30e9, 30e9}
	for i, ceiling := range want {
		if got := b.Ceiling(i + 1); got != ceiling {
			t.Errorf("ceiling after %d failures = %v, want %v", i+1, got, ceiling)
		}
	}
	if got := b.Ceiling(math.MaxInt); got != b.Max {
		t.Errorf("ceiling after very many failures = %v, want %v", got, b.Max)
	}
}

func TestBackoffHasFullJitter(t *testing.T) {
	b := retry.Backoff{Base: time.Second, Max: time.Minute}
	low, high := time.Hour, time.Duration(0)
	for range 2000 {
		d := b.Delay(3)
		if d <= 0 || d > 4*time.Second {
			t.Fatalf("delay %v is outside (0, 4s]", d)
		}
		low, high = min(low, d), max(high, d)
	}
	if low > 400*time.Millisecond || high < 3600*time.Millisecond {
		t.Errorf("2000 delays lie in [%v, %v]; full jitter covers (0, 4s]", low, high)
	}
	if d := (retry.Backoff{}).Delay(5); d != 0 {
		t.Errorf("delay of the zero value = %v, want none", d)
	}
}

func TestSleepEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		why := errors.New("enough")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(why) })
		start := time.Now()
		if err := retry.Sleep(ctx, time.Hour); !errors.Is(err, why) {
			t.Errorf("error = %v, want the cause", err)
		}
		if waited := time.Since(start); waited != time.Second {
			t.Errorf("slept %v, want 1s", waited)
		}
		if err := retry.Sleep(ctx, 0); !errors.Is(err, why) {
			t.Errorf("on a canceled context: error = %v, want the cause", err)
		}
		start = time.Now()
		if err := retry.Sleep(t.Context(), 7*time.Second); err != nil || time.Since(start) != 7*time.Second {
			t.Errorf("not canceled: error %v after %v, want none after 7s", err, time.Since(start))
		}
	})
}

func TestBudgetByTries(t *testing.T) {
	b := retry.Budget{Tries: 3}
	for i, allowed := range []bool{true, true, false} {
		if b.Fail() != allowed {
			t.Fatalf("after failure %d another try is allowed: %t, want %t", i+1, !allowed, allowed)
		}
	}
	b.Reset()
	if b.Exhausted() || !b.Fail() {
		t.Error("Reset did not reset the count")
	}
}

func TestBudgetMinElapsed(t *testing.T) {
	b := retry.Budget{Tries: 2, MinElapsed: time.Minute}
	for range 10 {
		if !b.Fail() {
			t.Fatal("tries that take no time must not exhaust the budget")
		}
	}
	b.Spend(time.Minute)
	if b.Fail() {
		t.Error("after MinElapsed the tries must exhaust the budget")
	}
}

func TestBudgetByTime(t *testing.T) {
	b := retry.Budget{MaxElapsed: time.Minute}
	b.Spend(40 * time.Second)
	if !b.Fail() || !b.Allows(20*time.Second) || b.Allows(21*time.Second) {
		t.Error("exactly 20s must be left")
	}
	b.Spend(20 * time.Second)
	if b.Fail() {
		t.Error("a failure after MaxElapsed must exhaust the budget")
	}
	if free := (&retry.Budget{}); !free.Fail() || !free.Allows(math.MaxInt64) {
		t.Error("the zero budget must have no limit")
	}
}

func TestAfter(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	date := func(d time.Duration) string { return now.Add(d).Format(http.TimeFormat) }
	cases := []struct {
		name string
		h    map[string]string
		want time.Duration // 0: no valid delay
	}{
		{"seconds", map[string]string{"Retry-After": "10"}, 10 * time.Second},
		{"blanks", map[string]string{"Retry-After": " 10 "}, 10 * time.Second},
		{"fraction is rounded up", map[string]string{"Retry-After": "1.5"}, 2 * time.Second},
		{"milliseconds first", map[string]string{"Retry-After": "10", "x-ms-retry-after-ms": "250"}, 250 * time.Millisecond},
		{"milliseconds, other name", map[string]string{"retry-after-ms": "20"}, 20 * time.Millisecond},
		{"invalid milliseconds", map[string]string{"Retry-After": "3", "retry-after-ms": "x"}, 3 * time.Second},
		{"date", map[string]string{"Retry-After": date(7 * time.Second)}, 7 * time.Second},
		{"date by the server's clock", map[string]string{"Retry-After": date(time.Hour), "Date": date(time.Hour - 7*time.Second)}, 7 * time.Second},
		{"past date", map[string]string{"Retry-After": date(-time.Second)}, 0},
		{"missing", nil, 0},
		{"empty", map[string]string{"Retry-After": ""}, 0},
		{"zero", map[string]string{"Retry-After": "0"}, 0},
		{"negative", map[string]string{"Retry-After": "-5"}, 0},
		{"word", map[string]string{"Retry-After": "soon"}, 0},
		{"not a number", map[string]string{"Retry-After": "NaN"}, 0},
		{"huge", map[string]string{"Retry-After": "99999999999"}, math.MaxInt64},
		{"largest int64", map[string]string{"Retry-After": "9223372036854775807"}, math.MaxInt64},
		{"out of float's range", map[string]string{"Retry-After": "1e400"}, math.MaxInt64},
	}
	for _, c := range cases {
		h := make(http.Header)
		for k, v := range c.h {
			h.Set(k, v)
		}
		if got, ok := retry.After(h, now); got != c.want || ok != (c.want != 0) {
			t.Errorf("%s: %v, %t, want %v", c.name, got, ok, c.want)
		}
	}
}

func FuzzAfter(f *testing.F) {
	f.Add("10", "")
	f.Add("Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 21 Oct 2015 07:27:00 GMT")
	f.Add("1e999", "x")
	f.Fuzz(func(t *testing.T, after, date string) {
		d, ok := retry.After(http.Header{"Retry-After": {after}, "Date": {date}}, time.Now())
		if ok != (d > 0) || d < 0 {
			t.Errorf("%v, %t", d, ok)
		}
	})
}

func TestBucketIsEmptyAfterManyConsecutiveFailures(t *testing.T) {
	var b retry.Bucket
	for range 100 {
		if !b.Take() {
			t.Fatal("the bucket must pay for 100 consecutive retries")
		}
	}
	if b.Take() {
		t.Error("the bucket paid for more than 100 consecutive retries")
	}
	for range 4 {
		b.Give(false)
	}
	if b.Take() {
		t.Error("four successes pay for no retry")
	}
	b.Give(false)
	if !b.Take() || b.Take() {
		t.Error("five successes pay for one retry")
	}
	b.Give(true)
	if !b.Take() {
		t.Error("a retry that succeeded must give back its cost")
	}
	for range 1000 {
		b.Give(true)
	}
	for range 100 {
		b.Take()
	}
	if b.Take() {
		t.Error("successes must not pay for more than a hundred retries")
	}
}
