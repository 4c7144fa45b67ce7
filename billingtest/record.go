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

// Request is a request that has reached the service, or would have reached a host that is none of the service's.
type Request struct {
	Time   time.Time
	Call   Call
	Method string
	Scheme string
	Host   string      // with the port, where the URL had one
	Path   string      // without the query: the SAS token is not kept
	Header http.Header // without Authorization
	Body   []byte
	Status int // of the answer; 0: the connection broke before one, or it is still to come
}

// record is what happened so far.
type record struct {
	mu         sync.Mutex
	requests   []*Request
	violations []string
	open       int
}

func (r *record) enter(x *Exchange, violations []string) *Request {
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

func (r *record) leave(entry *Request, a *Response) {
	if a.Err != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	entry.Status = a.Status
}

// Requests returns all requests so far, to whatever host, in the order of their arrival.
func (s *Server) Requests() []Request {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	all := make([]Request, 0, len(s.log.requests))
	for _, entry := range s.log.requests {
		all = append(all, *entry)
	}
	return all
}

// Violations returns what no client of this service may do, for each time it was done: a bearer token or a SAS token sent where it does not
// belong, a request without TLS, a request to a host that is none of the service's. They are answered as the real hosts would answer them.
func (s *Server) Violations() []string {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	return slices.Clone(s.log.violations)
}

// OpenBodies returns how many response bodies are open: received and not closed yet, or, on a listener, still being sent.
func (s *Server) OpenBodies() int {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	return s.log.open
}

func (r *record) violated(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.violations = append(r.violations, what)
}

// opened counts a body until it is closed, ties it to the request's context, and holds it to its Content-Length as HTTP does.
func (r *record) opened(ctx context.Context, body io.ReadCloser, length int64) io.ReadCloser {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open++
	return &openBody{record: r, dead: ctx.Err, body: body, left: length, counted: length >= 0}
}

// openBody is a response body in a client's hands.
type openBody struct {
	record  *record
	dead    func() error // the request's context
	body    io.ReadCloser
	left    int64 // of the Content-Length
	counted bool  // there is a Content-Length
	closed  atomic.Bool
	once    sync.Once
	err     error
}

// Read reads on while the request's context lives.
func (b *openBody) Read(p []byte) (int, error) {
	if err := b.dead(); err != nil {
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

// Close ends the count. Closing again does nothing.
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
