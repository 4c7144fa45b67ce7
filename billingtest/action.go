package billingtest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"syscall"
	"time"
)

// Chain makes one action of several. The first is the outermost: it sees the request first and the answer last.
func Chain(actions ...Action) Action {
	return func(x *Exchange, next func(*Exchange) *Response) *Response {
		for _, do := range slices.Backward(actions) {
			inner := next
			next = func(x *Exchange) *Response { return do(x, inner) }
		}
		return next(x)
	}
}

// Respond answers with exactly this. The header may be nil.
func Respond(status int, header http.Header, body string) Action {
	return func(*Exchange, func(*Exchange) *Response) *Response {
		return respond(status, header.Clone(), []byte(body))
	}
}

// GraphError answers with an error in Graph's form.
func GraphError(status int, code, message string) Action {
	return func(x *Exchange, _ func(*Exchange) *Response) *Response { return graphError(x, status, code, message) }
}

// StorageError answers with an error in Azure Storage's form, such as 503, "ServerBusy".
func StorageError(status int, code, message string) Action {
	return func(x *Exchange, _ func(*Exchange) *Response) *Response {
		return (&azureError{status: status, code: code, message: message}).answer(x)
	}
}

// RedirectTo answers 302 with the address.
func RedirectTo(address string) Action {
	return Respond(http.StatusFound, http.Header{headerLocation: {address}}, "")
}

// Errors of a connection, for [Drop] and [Cut].
var (
	ErrClosed error = io.ErrUnexpectedEOF // the peer closes in good order, but too early
	ErrReset  error = syscall.ECONNRESET  // the peer resets
)

// Drop breaks the connection with the error before there is an answer. On a listener, ErrReset resets and all others close.
func Drop(err error) Action {
	return func(*Exchange, func(*Exchange) *Response) *Response { return &Response{Err: err} }
}

// Cut breaks the connection with the error after n bytes of the body. A body of no more than n bytes is cut at its end.
func Cut(n int64, err error) Action {
	return body(func(_ context.Context, b io.ReadCloser) io.ReadCloser {
		return &cutBody{ReadCloser: b, left: n, then: func() error { return err }}
	})
}

// Stall never answers: the request hangs until its context ends.
func Stall() Action {
	return func(x *Exchange, _ func(*Exchange) *Response) *Response {
		<-x.Request.Context().Done()
		return &Response{Err: x.Request.Context().Err()}
	}
}

// StallAfter sends n bytes of the body and then no more, until the request's context ends or the body is closed.
func StallAfter(n int64) Action {
	return body(func(ctx context.Context, b io.ReadCloser) io.ReadCloser {
		c := &cutBody{ReadCloser: b, left: n, closed: make(chan struct{})}
		c.then = func() error { return c.wait(ctx, nil) }
		return c
	})
}

// Dribble sends the body in pieces of n bytes at most, with a pause before each.
func Dribble(n int, pause time.Duration) Action {
	return body(func(ctx context.Context, b io.ReadCloser) io.ReadCloser {
		d := &dribble{cutBody: cutBody{ReadCloser: b, closed: make(chan struct{})}, n: n}
		d.pause = func() error {
			timer := time.NewTimer(pause)
			defer timer.Stop()
			return d.wait(ctx, timer.C)
		}
		return d
	})
}

// Header sets a header of the answer, or deletes it if the value is empty. Content-Length tells another length than the body has;
// deleting it leaves the end of the body to the end of the connection.
func Header(name, value string) Action {
	return answered(func(_ *Exchange, a *Response) {
		if value == "" {
			a.Header.Del(name)
		} else {
			a.Header.Set(name, value)
		}
		if http.CanonicalHeaderKey(name) != "Content-Length" {
			return
		}
		a.Length = -1
		if _, err := fmt.Sscan(value, &a.Length); err != nil {
			a.Length = -1
		}
	})
}

// Status changes the status of the answer and leaves the rest.
func Status(status int) Action {
	return answered(func(_ *Exchange, a *Response) { a.Status = status })
}

// IgnoreRange answers as if the request had neither a range nor conditions: with the whole blob and status 200.
func IgnoreRange() Action {
	return EditRequest(func(r *http.Request) {
		for _, name := range []string{headerRange, headerStorageRange, "If-Match", "If-None-Match"} {
			r.Header.Del(name)
		}
	})
}

// EditRequest changes the request before the service sees it; the client's own is untouched.
func EditRequest(edit func(*http.Request)) Action {
	return func(x *Exchange, next func(*Exchange) *Response) *Response {
		other := *x
		other.Request = x.Request.Clone(x.Request.Context())
		edit(other.Request)
		return next(&other)
	}
}

// EditJSON changes the JSON object that Graph answers with. An answer that is no object stays.
func EditJSON(edit func(object map[string]any)) Action {
	return func(x *Exchange, next func(*Exchange) *Response) *Response {
		a := next(x)
		if a.Err != nil || a.Body == nil {
			return a
		}
		text, err := io.ReadAll(a.Body)
		if err != nil {
			return &Response{Err: err}
		}
		var object map[string]any
		if err := json.Unmarshal(text, &object); err != nil {
			return respond(a.Status, a.Header, text)
		}
		edit(object)
		return graphJSON(a.Status, a.Header, object)
	}
}

// Before does something, such as [Server.ExpireSAS] or [Server.ReplaceBlob], before the request is answered as usual.
func Before(do func()) Action {
	return func(x *Exchange, next func(*Exchange) *Response) *Response {
		do()
		return next(x)
	}
}

// answered changes answers that are no broken connection.
func answered(change func(*Exchange, *Response)) Action {
	return func(x *Exchange, next func(*Exchange) *Response) *Response {
		a := next(x)
		if a.Err == nil {
			change(x, a)
		}
		return a
	}
}

// body wraps the body of an answer.
func body(wrap func(context.Context, io.ReadCloser) io.ReadCloser) Action {
	return answered(func(x *Exchange, a *Response) {
		if a.Body == nil {
			a.Body = http.NoBody
		}
		a.Body = wrap(x.Request.Context(), a.Body)
	})
}

// cutBody hands out so many bytes, and then the error of a function that may wait.
type cutBody struct {
	io.ReadCloser
	left   int64
	then   func() error
	closed chan struct{} // nil: nothing waits
	once   sync.Once
}

// Read implements io.Reader.
func (c *cutBody) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, c.then()
	}
	n, err := c.ReadCloser.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	if err == io.EOF {
		c.left, err = 0, nil
	}
	return n, err
}

// Close implements io.Closer and wakes a reader that waits.
func (c *cutBody) Close() error {
	c.once.Do(func() {
		if c.closed != nil {
			close(c.closed)
		}
	})
	return c.ReadCloser.Close()
}

// wait returns nil after something has arrived, or says why it did not.
func (c *cutBody) wait(ctx context.Context, arrived <-chan time.Time) error {
	select {
	case <-arrived:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-c.closed:
		return http.ErrBodyReadAfterClose
	}
}

// dribble hands out little at a time.
type dribble struct {
	cutBody
	n     int
	pause func() error
}

// Read implements io.Reader.
func (d *dribble) Read(p []byte) (int, error) {
	if err := d.pause(); err != nil {
		return 0, err
	}
	return d.ReadCloser.Read(p[:min(len(p), d.n)])
}
