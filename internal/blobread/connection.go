package blobread

import (
	"context"
	"errors"
	"io"
	"time"
)

// slowWindow and slowBytes define a connection that is too slow to be worth keeping. With a longer
// stall timeout, the window is that long.
const (
	slowWindow = 5 * time.Minute
	slowBytes  = 300 << 10
)

// errStalled ends an attempt in which no data comes.
var errStalled = errors.New("no data came within the stall timeout")

// connection is the request in progress and the body of its response, watched for silence and for
// slowness.
type connection struct {
	stall  time.Duration
	body   io.ReadCloser   // nil while there is no connection
	ctx    context.Context //nolint:containedctx // Of the request; its cause tells why the body failed.
	cancel context.CancelCauseFunc
	timer  *time.Timer // cancels ctx; runs only while we wait for storage
	speed  speed
}

// begin returns the context of a new request, with the stall timer running.
func (c *connection) begin(parent context.Context) context.Context {
	ctx, cancel := context.WithCancelCause(parent)
	c.ctx, c.cancel = ctx, cancel
	c.timer = time.AfterFunc(c.stall, func() { cancel(errStalled) })
	return ctx
}

// read reads from the body with the stall timer running, and returns how long that took.
func (c *connection) read(p []byte) (n int, waited time.Duration, err error) {
	c.timer.Reset(c.stall)
	begun := time.Now()
	n, err = c.body.Read(p)
	waited = time.Since(begun)
	c.timer.Stop()
	if c.speed.tooSlow(n, waited, max(slowWindow, c.stall)) && err == nil {
		err = errStalled
	}
	return n, waited, err
}

// stalled reports whether the stall timer ended the request.
func (c *connection) stalled() bool { return errors.Is(context.Cause(c.ctx), errStalled) }

// close ends the request and closes the body.
func (c *connection) close() {
	if c.timer != nil {
		c.timer.Stop()
	}
	if c.cancel != nil {
		c.cancel(nil)
	}
	if c.body != nil {
		// Everything wanted was read; an error of Close changes nothing.
		_ = c.body.Close()
	}
	c.body = nil
}

// speed measures how much data comes in a window of waiting time.
type speed struct {
	waited time.Duration
	bytes  int64
}

// tooSlow takes a read into account. It reports whether a window has ended with too little data.
func (s *speed) tooSlow(n int, waited, window time.Duration) bool {
	s.waited += waited
	s.bytes += int64(n)
	if s.waited < window {
		return false
	}
	slow := s.bytes < slowBytes
	*s = speed{}
	return slow
}
