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

// Chain combines actions. The first is the outermost: it sees the request first and the response
// last.
func Chain(actions ...Action) Action {
	return func(x *Exchange, next func(*Exchange) *Response) *Response {
		for _, do := range slices.Backward(actions) {
			inner := next
			next = func(x *Exchange) *Response { return do(x, inner) }
		}
		return next(x)
	}
}

// Respond sends exactly this response. The header may be nil.
func Respond(status int, header http.Header, body string) Action {
	return func(*Exchange, func(*Exchange) *Response) *Response {
		return respond(status, header.Clone(), []byte(body))
	}
}

// GraphError sends an error in Graph's format.
func GraphError(status int, code, message string) Action {
	return func(x *Exchange, _ func(*Exchange) *Response) *Response { return graphError(x, status, code, message) }
}

// StorageError sends an error in Azure Storage's format, such as 503, "ServerBusy".
func StorageError(status int, code, message string) Action {
	return func(x *Exchange, _ func(*Exchange) *Response) *Response {
		return (&storageError{status: status, code: code, message: message}).response(x)
	}
}

// RedirectTo sends a redirect with status 302 to the address.
func RedirectTo(address string) Action {
	return Respond(http.StatusFound, http.Header{headerLocation: {address}}, "")
}

// Errors of a connection, for [Drop] and [Cut].
var (
	ErrClosed error = io.ErrUnexpectedEOF // the server closes the connection too early
	ErrReset  error = syscall.ECONNRESET  // the server resets the connection
)

// Drop breaks the connection with the error before a response is sent. On a listener, ErrReset
// resets the connection and every other error closes it.
func Drop(err error) Action {
	return func(*Exchange, func(*Exchange) *Response) *Response { return &Response{Err: err} }
}

// Cut breaks the connection with the error after n bytes of the body, or at the end of a shorter
// body.
func Cut(n int64, err error) Action {
	return body(func(_ context.Context, b io.ReadCloser) io.ReadCloser {
		return &cutBody{ReadCloser: b, left: n, then: func() error { return err }}
	})
}

// Stall sends no response: the request hangs until its context is done.
func Stall() Action {
	return func(x *Exchange, _ func(*Exchange) *Response) *Response {
		<-x.Request.Context().Done()
		return &Response{Err: x.Request.Context().Err()}
	}
}

// StallAfter sends n bytes of the body and then nothing, until the request's context is done or the
// body is closed.
func StallAfter(n int64) Action {
	return body(func(ctx context.Context, b io.ReadCloser) io.ReadCloser {
		c := &cutBody{ReadCloser: b, left: n, closed: make(chan struct{})}
		c.then = func() error { return c.wait(ctx, nil) }
		return c
	})
}

// Dribble sends the body in chunks of at most n bytes, with a pause before each.
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

// Header sets a header of the response, or deletes it if the value is empty. Setting Content-Length
// does not change the body. Without Content-Length, the body ends with the connection.
func Header(name, value string) Action {
	return onResponse(func(_ *Exchange, resp *Response) {
		if value == "" {
			resp.Header.Del(name)
		} else {
			resp.Header.Set(name, value)
		}
		if http.CanonicalHeaderKey(name) != "Content-Length" {
			return
		}
		resp.Length = -1
		if _, err := fmt.Sscan(value, &resp.Length); err != nil {
			resp.Length = -1
		}
	})
}

// Status changes the status of the response and nothing else.
func Status(status int) Action {
	return onResponse(func(_ *Exchange, resp *Response) { resp.Status = status })
}

// IgnoreRange ignores the range and the conditions of the request: it sends the whole blob with
// status 200.
func IgnoreRange() Action {
	return EditRequest(func(r *http.Request) {
		for _, name := range []string{headerRange, headerStorageRange, headerRangeMD5, headerRangeCRC, "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"} {
			r.Header.Del(name)
		}
	})
}

// EditRequest changes a copy of the request before the service handles it.
func EditRequest(edit func(*http.Request)) Action {
	return func(x *Exchange, next func(*Exchange) *Response) *Response {
		other := *x
		other.Request = x.Request.Clone(x.Request.Context())
		edit(other.Request)
		return next(&other)
	}
}

// EditJSON changes the JSON object in Graph's response. A body that is not an object is not
// changed.
func EditJSON(edit func(object map[string]any)) Action {
	return func(x *Exchange, next func(*Exchange) *Response) *Response {
		resp := next(x)
		if resp.Err != nil || resp.Body == nil {
			return resp
		}
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			return &Response{Err: err}
		}
		var object map[string]any
		if err := json.Unmarshal(text, &object); err != nil {
			return respond(resp.Status, resp.Header, text)
		}
		edit(object)
		return graphJSON(resp.Status, resp.Header, object)
	}
}

// Before calls do, such as [Server.ExpireSAS] or [Server.ReplaceBlob], and then handles the request
// as usual.
func Before(do func()) Action {
	return func(x *Exchange, next func(*Exchange) *Response) *Response {
		do()
		return next(x)
	}
}

// onResponse changes the response, unless the connection breaks before it.
func onResponse(change func(*Exchange, *Response)) Action {
	return func(x *Exchange, next func(*Exchange) *Response) *Response {
		resp := next(x)
		if resp.Err == nil {
			change(x, resp)
		}
		return resp
	}
}

// body wraps the body of the response.
func body(wrap func(context.Context, io.ReadCloser) io.ReadCloser) Action {
	return onResponse(func(x *Exchange, resp *Response) {
		if resp.Body == nil {
			resp.Body = http.NoBody
		}
		resp.Body = wrap(x.Request.Context(), resp.Body)
	})
}

// cutBody returns the first bytes of a body, and then the error of a function that may block.
type cutBody struct {
	io.ReadCloser
	left   int64
	then   func() error
	closed chan struct{} // nil: then does not block
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

// Close implements io.Closer. It unblocks a Read that waits.
func (c *cutBody) Close() error {
	c.once.Do(func() {
		if c.closed != nil {
			close(c.closed)
		}
	})
	return c.ReadCloser.Close()
}

// wait returns nil when arrived receives, or an error if the context is done or the body closed
// first.
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

// dribble returns few bytes at a time.
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
