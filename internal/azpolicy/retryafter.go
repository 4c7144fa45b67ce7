package azpolicy

import (
	"net/http"
	"strconv"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/partnerbilling/sdk-go/internal/retry"
)

// RetryAfter writes Retry-After as a plain number of seconds, for azcore's retry
// policy. Left to itself that reads a date by the local clock, knows no fractions, and
// multiplies a large number until it overflows into no pause at all.
//
// Headers are others that ask for a pause, in seconds. Of all that an answer has, the
// longest is what counts.
type RetryAfter struct{ Headers []string }

// Do implements policy.Policy.
func (p RetryAfter) Do(req *policy.Request) (*http.Response, error) {
	resp, err := req.Next()
	if err != nil {
		return resp, err
	}
	const longest = 10 * 365 * 24 * time.Hour
	pause, ok := retry.After(resp.Header, time.Now())
	for _, name := range p.Headers {
		if other, asked := retry.After(http.Header{"Retry-After": {resp.Header.Get(name)}}, time.Now()); asked {
			pause, ok = max(pause, other), true
		}
	}
	for _, name := range []string{"X-Ms-Retry-After-Ms", "Retry-After-Ms", "Retry-After"} {
		resp.Header.Del(name)
	}
	if ok {
		seconds := (min(pause, longest) + time.Second - 1) / time.Second
		resp.Header.Set("Retry-After", strconv.FormatInt(int64(seconds), 10))
	}
	return resp, nil
}
