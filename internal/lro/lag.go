package lro

import (
	"errors"
	"net/http"
	"time"

	"github.com/partnerbilling/sdk-go/apierror"
)

// lagTime is how long the service may not find what it has just accepted or named.
const lagTime = time.Minute

// lag is whether the service may not find something yet because it is new. The zero lag is that of
// something old.
type lag struct {
	possible bool
	since    time.Time // when it was first not found; zero: it was not requested
}

// found notes that the service has found it.
func (l *lag) found() { l.possible = false }

// explain returns the error of a request for it. Where it was not found, but may be new, the error
// is [apierror.ErrUnavailable]: the next request may find it. The time counts from the first
// request, since the service may ask for any pause before that.
func (l *lag) explain(err error) error {
	rejected, is := errors.AsType[*apierror.RequestError](err)
	if !l.possible || !is || rejected.StatusCode != http.StatusNotFound || !errors.Is(err, apierror.ErrExpired) {
		return err
	}
	if l.since.IsZero() {
		l.since = time.Now()
	}
	if time.Since(l.since) >= lagTime {
		l.possible = false
		return err
	}
	rejected.Err = apierror.ErrUnavailable
	rejected.Advice = "what the service has just accepted may not be found at once; try again in a few seconds"
	return rejected
}
