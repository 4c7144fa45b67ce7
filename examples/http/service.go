package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
)

// service streams the usage of invoices.
type service struct {
	client  *billing.Client
	log     func(text string)
	reading func(manifest.Progress)
	sent    atomic.Int64 // rows of all responses
	tokens  tokens
}

func (s *service) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /invoices/{invoice}/usage", s.usage)
	return mux
}

// usage exports an invoice and sends each row as a line of JSON. What the client does not read is
// not read from storage either: a write to the client blocks the loop, and with it the workers.
//
// Once rows are on their way, the status can no longer tell that the read failed. The response is
// then aborted, so that the client has an error at the end of the body instead of an end.
func (s *service) usage(w http.ResponseWriter, r *http.Request) {
	if !r.ProtoAtLeast(1, 1) { // its bodies end where the connection does, whole or not
		http.Error(w, "HTTP/1.1 is required", http.StatusHTTPVersionNotSupported)
		return
	}
	ctx := r.Context() // ends when the client disconnects
	invoice := r.PathValue("invoice")
	body := newBody(w)
	err := billing.ReadExport(ctx, s.client, billing.BilledUsage{InvoiceID: invoice}, s.tokens.of(invoice), func(m *manifest.Manifest[lineitem.Usage]) error {
		for item, err := range m.Items(ctx, &manifest.ReadOptions{OnProgress: s.reading}) {
			if err != nil {
				return err
			}
			if err := body.write(&item); err != nil {
				return err
			}
			s.sent.Add(1)
		}
		return body.end()
	}, nil)
	switch {
	case err == nil:
		s.log(fmt.Sprintf("%q: sent %d rows", r.URL.Path, body.rows))
	case body.begun:
		s.log(fmt.Sprintf("%q: aborted after %d rows: %v", r.URL.Path, body.rows, err))
		panic(http.ErrAbortHandler)
	default:
		status := statusOf(err)
		s.log(fmt.Sprintf("%q: %d: %v", r.URL.Path, status, err))
		http.Error(w, http.StatusText(status), status)
	}
}

// statusOf returns the HTTP status for an error before the first row.
func statusOf(err error) int {
	switch {
	case errors.Is(err, billing.ErrInvalidRequest):
		return http.StatusBadRequest
	case errors.Is(err, apierror.ErrNoData):
		return http.StatusNotFound
	case errors.Is(err, apierror.ErrUnavailable), errors.Is(err, manifest.ErrUnavailable):
		return http.StatusServiceUnavailable
	case errors.As(err, new(*apierror.TimeoutError)):
		return http.StatusGatewayTimeout // the next request continues with the same export
	default:
		return http.StatusBadGateway
	}
}

const (
	// flushAfter is how long rows may wait for the buffer to be full.
	flushAfter = time.Second
	// clientTimeout is how long a client may take to accept more of the body.
	clientTimeout = time.Minute
)

// rowCount is a trailer: how many rows a whole body has. A client that is behind a proxy, which may
// end a body that was aborted, compares it.
const rowCount = "Row-Count"

// body is a response body of rows.
type body struct {
	w       http.ResponseWriter
	control *http.ResponseController
	lines   *json.Encoder
	begun   bool
	rows    int64
	flushed time.Time
}

func newBody(w http.ResponseWriter) *body {
	return &body{w: w, control: http.NewResponseController(w), lines: json.NewEncoder(w)}
}

// write sends a row. The first one is sent at once, others when the buffer of net/http is full or
// rows are scarce.
func (b *body) write(item *lineitem.Usage) error {
	now := time.Now()
	late := now.Sub(b.flushed) > flushAfter
	if late {
		if err := b.control.SetWriteDeadline(now.Add(clientTimeout)); err != nil {
			return err
		}
	}
	b.begin()
	if err := b.lines.Encode(item); err != nil {
		return err
	}
	b.rows++
	if late {
		b.flushed = now
		return b.control.Flush()
	}
	return nil
}

// begin sends the header with the first row, or with the end of an export without rows.
func (b *body) begin() {
	if !b.begun {
		b.begun = true
		b.w.Header().Set("Content-Type", "application/x-ndjson")
		b.w.Header().Set("Trailer", rowCount)
		b.w.WriteHeader(http.StatusOK)
	}
}

// end sends what is buffered. The export is read only if that has succeeded.
func (b *body) end() error {
	b.begin()
	if err := b.control.SetWriteDeadline(time.Now().Add(clientTimeout)); err != nil {
		return err
	}
	b.w.Header().Set(rowCount, strconv.FormatInt(b.rows, 10))
	return b.control.Flush()
}

// tokens has the resume tokens of exports that were not read to their end: when the client repeats
// its request, the service does not export again. Those of a service that is restarted often would
// be in a database.
type tokens struct {
	mu        sync.Mutex
	ofInvoice map[string]string
}

func (t *tokens) of(invoice string) *token { return &token{t, invoice} }

// token is the poller.TokenStore of an invoice.
type token struct {
	all     *tokens
	invoice string
}

func (t *token) Load(context.Context) (string, error) {
	t.all.mu.Lock()
	defer t.all.mu.Unlock()
	return t.all.ofInvoice[t.invoice], nil
}

func (t *token) Save(_ context.Context, text string) error {
	t.all.mu.Lock()
	defer t.all.mu.Unlock()
	if t.all.ofInvoice == nil {
		t.all.ofInvoice = make(map[string]string)
	}
	t.all.ofInvoice[t.invoice] = text
	return nil
}

func (t *token) Forget(context.Context) error {
	t.all.mu.Lock()
	defer t.all.mu.Unlock()
	delete(t.all.ofInvoice, t.invoice)
	return nil
}
