package retry

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// After returns the delay that a response requests by x-ms-retry-after-ms, retry-after-ms or
// Retry-After, a number of seconds (fractions are rounded up) or a date. A date is relative to the
// response's own Date header, if there is one, so that a wrong local clock does not matter. A
// missing or invalid value, zero and a past date return false; a value too large for a
// time.Duration returns the largest one.
func After(h http.Header, now time.Time) (time.Duration, bool) {
	for _, key := range []string{"X-Ms-Retry-After-Ms", "Retry-After-Ms"} {
		if d, ok := duration(h.Get(key), time.Millisecond); ok {
			return d, true
		}
	}
	value := strings.TrimSpace(h.Get("Retry-After"))
	if d, ok := duration(value, time.Second); ok {
		return d, true
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	if server, err := http.ParseTime(h.Get("Date")); err == nil {
		now = server
	}
	if d := date.Sub(now); d > 0 {
		return d, true
	}
	return 0, false
}

// duration parses a positive number of units, rounded up to a whole unit.
func duration(s string, unit time.Duration) (time.Duration, bool) {
	f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if math.IsNaN(f) || f <= 0 || err != nil && !math.IsInf(f, 1) {
		return 0, false
	}
	if f = math.Ceil(f); f >= float64(math.MaxInt64/unit) {
		return math.MaxInt64, true
	}
	return time.Duration(f) * unit, true
}
