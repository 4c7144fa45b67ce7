package lro_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/internal/lro"
)

var errUnavailable = fmt.Errorf("test: %w", apierror.ErrUnavailable)

// TestPaceWaitsAsTheServiceAsks also between attempts that failed, and grows its own pauses.
func TestPaceWaitsAsTheServiceAsks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var at []time.Duration
		p := lro.Pace{First: 3 * time.Second}
		err := p.Repeat(t.Context(), func(context.Context) (bool, time.Duration, error) {
			at = append(at, time.Since(start))
			switch len(at) {
			case 1:
				return false, 7 * time.Second, nil
			case 2:
				return false, 0, &apierror.RequestError{RetryAfter: 5 * time.Second, Err: apierror.ErrUnavailable}
			case 3:
				return false, 0, nil
			case 4:
				return false, 0, errUnavailable
			}
			return true, 0, nil
		})
		if err != nil || len(at) != 5 || at[0] != 3*time.Second || at[1] != 10*time.Second || at[2] != 15*time.Second {
			t.Fatalf("attempts at %v, %v", at, err)
		}
		if own := at[3] - at[2]; own < 8*time.Second || own > 12*time.Second {
			t.Errorf("first pause of its own: %v", own)
		}
		if own := at[4] - at[3]; own < 12*time.Second || own > 18*time.Second {
			t.Errorf("second pause of its own: %v", own)
		}
	})
}

func TestPaceGivesUp(t *testing.T) {
	for name, c := range map[string]struct {
		pace    lro.Pace
		within  time.Duration // of the context; zero: none
		attempt error
		asked   time.Duration
		text    string
		after   time.Duration // at least
	}{
		"no usable response":       {lro.Pace{}, 0, errUnavailable, 0, "test: service unavailable; gave up after 15m0s without a usable response", 15 * time.Minute},
		"longer than the context":  {lro.Pace{}, time.Hour, nil, 2 * time.Hour, "the service asks to wait 2h0m0s, which is longer than the time left", 0},
		"longer than MaxPause":     {lro.Pace{MaxPause: time.Minute}, 0, &apierror.RequestError{Op: "x", StatusCode: 429, RetryAfter: time.Hour, Err: apierror.ErrUnavailable}, 0, "x: service unavailable (HTTP 429); retry after 1h0m0s; gave up, since that is longer than the time left", 0},
		"before the first attempt": {lro.Pace{First: 2 * time.Hour}, time.Hour, nil, 0, "the service asks to wait 2h0m0s, which is longer than the time left", 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				if c.within > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, c.within)
					defer cancel()
				}
				start := time.Now()
				err := c.pace.Repeat(ctx, func(context.Context) (bool, time.Duration, error) { return false, c.asked, c.attempt })
				gaveUp, is := errors.AsType[*lro.GaveUp](err)
				if !is || gaveUp.Error() != c.text || errors.Is(err, apierror.ErrUnavailable) != (c.attempt != nil) {
					t.Errorf("got %v", err)
				}
				if took := time.Since(start); took < c.after || took > c.after+2*time.Minute {
					t.Errorf("after %v", took)
				}
			})
		})
	}
}

func TestPaceEndsWithItsContextAndWithFinalErrors(t *testing.T) {
	reason := errors.New("enough")
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Minute, func() { cancel(reason) })
		var p lro.Pace
		err := p.Repeat(ctx, func(context.Context) (bool, time.Duration, error) { return false, 0, nil })
		if !errors.Is(err, reason) {
			t.Errorf("got %v", err)
		}
	})
	var p lro.Pace
	if err := p.Repeat(t.Context(), func(context.Context) (bool, time.Duration, error) { return true, 0, reason }); !errors.Is(err, reason) {
		t.Errorf("got %v", err)
	}
}

// TestPaceAbandonsSilentAttempts after 15 minutes, even where the attempt's error says something
// else.
func TestPaceAbandonsSilentAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var p lro.Pace
		err := p.Repeat(t.Context(), func(ctx context.Context) (bool, time.Duration, error) {
			<-ctx.Done()
			return false, 0, context.Cause(ctx)
		})
		if _, is := errors.AsType[*lro.GaveUp](err); !is || time.Since(start) != 15*time.Minute || !strings.Contains(err.Error(), "service unavailable within 15m0s") {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}
