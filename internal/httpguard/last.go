package httpguard

import (
	"context"
	"sync"
)

// Last is the last failure among the attempts of a call, which the retry policy of azcore forgets
// when the context ends during a pause. It is safe for concurrent use.
type Last struct {
	mu  sync.Mutex
	err error
}

type lastKey struct{}

// WithLast returns a context whose requests keep their last failure in the Last.
func WithLast(ctx context.Context) (context.Context, *Last) {
	last := new(Last)
	return context.WithValue(ctx, lastKey{}, last), last
}

// noteFailure keeps the failure of an attempt. The end of the context is none: it is what cut the
// attempt short.
func noteFailure(ctx context.Context, err error) {
	last, is := ctx.Value(lastKey{}).(*Last)
	if !is || ctx.Err() != nil {
		return
	}
	last.mu.Lock()
	defer last.mu.Unlock()
	last.err = err
}

// Err returns the last failure, nil if there was none. It has no secrets.
func (l *Last) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}
