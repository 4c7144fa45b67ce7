package billingtest

import (
	"context"
	"io"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Request is a recorded request, to the service or to any other host.
type Request struct {
	Time   time.Time
	Call   Call
	Method string
	Scheme string
	Host   string      // with the port, where the URL had one
	Path   string      // without the query, which may have a SAS token
	Header http.Header // without Authorization
	Body   []byte      // without its Content-Encoding
	Status int         // of the response; 0: none yet, or the connection broke before it
}

// requestLog records requests, violations and open bodies.
type requestLog struct {
	mu         sync.Mutex
	requests   []*Request
	violations []string
	open       int
}

func (r *requestLog) add(x *Exchange, violations []string) *Request {
	header := x.Request.Header.Clone()
	header.Del("Authorization")
	u := x.Request.URL
	entry := &Request{
		Time: time.Now(), Call: x.Call, Method: x.Request.Method, Scheme: u.Scheme, Host: u.Host, Path: u.Path, Header: header, Body: x.Body,
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests = append(r.requests, entry)
	r.violations = append(r.violations, violations...)
	return entry
}

func (r *requestLog) setStatus(entry *Request, resp *Response) {
	if resp.Err != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	entry.Status = resp.Status
}

// Requests returns all requests so far, to any host, in the order of arrival.
func (s *Server) Requests() []Request {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	all := make([]Request, 0, len(s.log.requests))
	for _, entry := range s.log.requests {
		all = append(all, *entry)
	}
	return all
}

// Violations returns one text for each forbidden act of a client: a bearer token or a SAS token
// sent to the wrong host, a request without TLS, a request to a host that is not the service's. The
// responses to them are those of the real hosts.
func (s *Server) Violations() []string {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	return slices.Clone(s.log.violations)
}

// OpenBodies returns the number of open response bodies: not closed yet or, on a listener, still
// being sent.
func (s *Server) OpenBodies() int {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	return s.log.open
}

func (r *requestLog) addViolation(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.violations = append(r.violations, what)
}

// trackBody counts a body until it is closed. As in net/http, reading it fails when the request's
// context is done, and a body shorter than its Content-Length ends with io.ErrUnexpectedEOF.
func (r *requestLog) trackBody(ctx context.Context, body io.ReadCloser, length int64) io.ReadCloser {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open++
	return &openBody{record: r, ctxErr: ctx.Err, body: body, left: length, counted: length >= 0}
}

// openBody is a response body that is counted until it is closed.
type openBody struct {
	record  *requestLog
	ctxErr  func() error // the request's context
	body    io.ReadCloser
	left    int64 // of the Content-Length
	counted bool  // there is a Content-Length
	closed  atomic.Bool
	once    sync.Once
	err     error
}

// Read reads from the body. It fails if the request's context is done.
func (b *openBody) Read(p []byte) (int, error) {
	if err := b.ctxErr(); err != nil {
		return 0, err
	}
	if b.closed.Load() {
		return 0, http.ErrBodyReadAfterClose
	}
	if !b.counted {
		return b.body.Read(p)
	}
	if b.left == 0 {
		return 0, io.EOF
	}
	n, err := b.body.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	if err == io.EOF && b.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// Close closes the body. Closing again does nothing.
func (b *openBody) Close() error {
	b.closed.Store(true)
	b.once.Do(func() {
		b.err = b.body.Close()
		b.record.mu.Lock()
		defer b.record.mu.Unlock()
		b.record.open--
	})
	return b.err
}
