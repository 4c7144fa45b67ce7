package azpolicy

import (
	"net/http"
	"strconv"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/partnerbilling/sdk-go/internal/retry"
)

// RetryAfter rewrites Retry-After as a whole number of seconds for azcore's retry policy, which
// itself compares a date with the local clock, does not parse fractions, and overflows at large
// numbers.
//
// Headers are further headers with a delay in seconds. The longest delay of a response wins.
type RetryAfter struct{ Headers []string }

// Do implements policy.Policy.
func (p RetryAfter) Do(req *policy.Request) (*http.Response, error) {
	resp, err := req.Next()
	if err != nil {
		return resp, err
	}
	const longest = 10 * 365 * 24 * time.Hour
	delay, ok := retry.After(resp.Header, time.Now())
	for _, name := range p.Headers {
		if other, found := retry.After(http.Header{"Retry-After": {resp.Header.Get(name)}}, time.Now()); found {
			delay, ok = max(delay, other), true
		}
	}
	for _, name := range []string{"X-Ms-Retry-After-Ms", "Retry-After-Ms", "Retry-After"} {
		resp.Header.Del(name)
	}
	if ok {
		seconds := (min(delay, longest) + time.Second - 1) / time.Second
		resp.Header.Set("Retry-After", strconv.FormatInt(int64(seconds), 10))
	}
	return resp, nil
}
