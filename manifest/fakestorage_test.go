package manifest_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
)

const (
	root   = "https://account.blob.core.windows.net/billed/v1/PartnerTenantId=t/Fragment=full"
	canary = "CANARYsignatureCANARY"
)

// token is a SAS that is valid for the given time.
func token(life time.Duration) string {
	end := url.QueryEscape(time.Now().Add(life).UTC().Format(time.RFC3339))
	return "skoid=" + canary + "&sv=2021-08-06&se=" + end + "&sr=d&sp=rl&sdd=7&sig=" + canary + "%2F%2B%3D"
}

// row is what the tests read: a subset of a billing row.
type row struct {
	N     int              `json:"N"`
	Total lineitem.Decimal `json:"BillingPreTaxTotal"`
}

// lines makes n rows, numbered from first.
func lines(first, n int) []byte {
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, "{\"N\":%d,\"CustomerName\":\"customer %d\",\"BillingPreTaxTotal\":0.%03d}\n", first+i, (first+i)*7919%1000003, i%1000)
	}
	return b.Bytes()
}

func zipped(data []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// storage responds as Azure does, except for faults.
type storage struct {
	tb    testing.TB
	mu    sync.Mutex
	blobs map[string]*object
	// fault may change the response to request n (from 0) for a blob, or return an error.
	fault    func(n int, req *http.Request, a *response) error
	requests map[string]int
	hosts    map[string]int
	open     atomic.Int64
	sas      string   // when set, another query is refused
	again    *storage // below rootAgain: the export after it was recreated
}

// rootAgain is the root directory of a recreated export.
const rootAgain = root + "-again"

type object struct {
	data     []byte
	etag     string
	encoding string
}

// response is a response before it is sent.
type response struct {
	status  int
	header  http.Header
	body    []byte
	length  int64
	cut     int // after so many bytes of the body comes err
	err     error
	stall   int // after so many bytes nothing comes any more
	pause   time.Duration
	slice   int  // bytes in a Read at most
	mute    bool // no response comes at all
	inflate bool
}

func newStorage(tb testing.TB) *storage {
	return &storage{tb: tb, blobs: map[string]*object{}, requests: map[string]int{}, hosts: map[string]int{}}
}

func (s *storage) put(name string, data []byte) *storage {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.blobs[name] = &object{data: data, etag: fmt.Sprintf("\"0x%X\"", len(s.blobs)+8000)}
	return s
}

// manifest describes all blobs, in the order of their names.
func (s *storage) manifest(o *manifest.Options) *manifest.Manifest[row] {
	s.tb.Helper()
	return s.manifestWith(token(time.Hour), o)
}

func (s *storage) manifestWith(sas string, o *manifest.Options) *manifest.Manifest[row] {
	s.tb.Helper()
	if o == nil {
		o = &manifest.Options{}
	}
	o.Transport = s
	m, err := manifest.Parse[row](s.json(sas), o)
	if err != nil {
		s.tb.Fatal(err)
	}
	return m
}

func (s *storage) json(sas string) []byte {
	names := []string{}
	for i := range len(s.blobs) {
		names = append(names, name(i))
	}
	return document(names, map[string]any{"sasToken": sas})
}

func name(i int) string { return fmt.Sprintf("part-%05d.json.gz", i) }

// document is a manifest's JSON; changes replace attributes, nil removes them.
func document(names []string, changes map[string]any) []byte {
	blobs := []map[string]string{}
	for _, n := range names {
		blobs = append(blobs, map[string]string{"name": n, "partitionValue": "default"})
	}
	d := map[string]any{
		"id": "44e8500b-ab92-490e-8ac3-90500a1d3427", "createdDateTime": "2023-11-06T19:58:47.513Z", "schemaVersion": "2",
		"dataFormat": "compressedJSON", "partitionType": "default", "eTag": "RwDrn7fbiTXy6UULE",
		"partnerTenantId": "aaaabbbb-0000-cccc-1111-dddd2222eeee", "rootDirectory": root, "sasToken": token(time.Hour),
		"blobCount": len(names), "blobs": blobs,
	}
	for k, v := range changes {
		if d[k] = v; v == nil {
			delete(d, k)
		}
	}
	data, err := json.Marshal(d)
	if err != nil {
		panic(err)
	}
	return data
}

// Do implements policy.Transporter.
func (s *storage) Do(req *http.Request) (*http.Response, error) {
	if s.again != nil && strings.HasPrefix(req.URL.String(), rootAgain+"/") {
		moved := req.Clone(req.Context())
		moved.URL.Path = strings.Replace(moved.URL.Path, "-again/", "/", 1)
		return s.again.Do(moved)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hosts[req.URL.Host]++
	if got := req.Header.Get("Accept-Encoding"); got != "identity" {
		s.tb.Errorf("Accept-Encoding is %q, want identity", got)
	}
	if req.Header.Get("Authorization") != "" || req.Header.Get("Referer") != "" {
		s.tb.Error("Authorization or Referer sent to storage")
	}
	if req.URL.Scheme != "https" || !strings.HasPrefix(req.URL.String(), root+"/") {
		s.tb.Errorf("request outside the root directory: %s%s", req.URL.Host, req.URL.Path)
	}
	base := path.Base(req.URL.Path)
	n := s.requests[base]
	s.requests[base]++
	a := s.respond(req, s.blobs[base])
	a.cut, a.stall = -1, -1
	if s.fault != nil {
		if err := s.fault(n, req, a); err != nil {
			return nil, err
		}
	}
	if a.mute {
		s.mu.Unlock()
		<-req.Context().Done()
		s.mu.Lock()
		return nil, req.Context().Err()
	}
	s.open.Add(1)
	return &http.Response{
		StatusCode: a.status, Status: strconv.Itoa(a.status), Header: a.header, ContentLength: a.length, Request: req,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Uncompressed: a.inflate,
		Body: &body{ctx: req.Context(), open: &s.open, response: *a},
	}, nil
}

func (s *storage) respond(req *http.Request, o *object) *response {
	switch {
	case !strings.Contains(req.URL.RawQuery, "sig=") || s.sas != "" && req.URL.RawQuery != s.sas:
		return refusal(403, "AuthenticationFailed")
	case o == nil:
		return refusal(404, "BlobNotFound")
	}
	if match := req.Header.Get("If-Match"); match != "" && match != o.etag {
		return refusal(412, "ConditionNotMet")
	}
	a := &response{status: 200, header: http.Header{"Etag": {o.etag}, "Accept-Ranges": {"bytes"}}, body: o.data}
	if o.encoding != "" {
		a.header.Set("Content-Encoding", o.encoding)
	}
	wanted := req.Header.Get("X-Ms-Range")
	if wanted == "" {
		wanted = strings.Join(req.Header["x-ms-range"], "")
	}
	if wanted != "" {
		start, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(wanted, "bytes="), "-"))
		if err != nil {
			s.tb.Errorf("range %q is not an open one", wanted)
		}
		if start >= len(o.data) {
			return refusal(416, "InvalidRange")
		}
		a.status, a.body = 206, o.data[start:]
		a.header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", start, len(o.data)-1, len(o.data)))
	}
	a.length = int64(len(a.body))
	a.header.Set("Content-Length", strconv.Itoa(len(a.body)))
	if req.Method == http.MethodHead {
		a.body = nil
	}
	return a
}

// refusal is an error in Azure's form. Its body quotes the signature, as a proxy's
// error page might.
func refusal(status int, code string) *response {
	body := []byte("<?xml version=\"1.0\"?><Error><Code>" + code + "</Code><Message>see https://h/p?sv=1&sig=" + canary + "</Message></Error>")
	return &response{
		status: status, body: body, length: int64(len(body)),
		header: http.Header{"X-Ms-Error-Code": {code}, "X-Ms-Request-Id": {"request-1"}, "Content-Type": {"application/xml"}},
	}
}

// body is the body of a response. It knows when it is closed, and ends with its request.
type body struct {
	response
	ctx    context.Context
	open   *atomic.Int64
	pos    int
	closed bool
}

func (b *body) Read(p []byte) (int, error) {
	switch {
	case b.closed:
		return 0, errors.New("read after close")
	case b.ctx.Err() != nil:
		return 0, b.ctx.Err()
	case b.pos == b.cut:
		return 0, b.err
	case b.pos == b.stall:
		<-b.ctx.Done()
		return 0, b.ctx.Err()
	case b.pos == len(b.body):
		return 0, io.EOF
	}
	if b.pause > 0 {
		time.Sleep(b.pause)
	}
	end := min(b.pos+len(p), len(b.body))
	for _, limit := range []int{b.cut, b.stall} {
		if limit > b.pos {
			end = min(end, limit)
		}
	}
	if b.slice > 0 {
		end = min(end, b.pos+b.slice)
	}
	n := copy(p, b.body[b.pos:end])
	b.pos += n
	return n, nil
}

func (b *body) Close() error {
	if !b.closed {
		b.closed = true
		b.open.Add(-1)
	}
	return nil
}

// collect reads a stream to its end or error.
func collect(ctx context.Context, s *manifest.Stream[row]) (ns []int, err error) {
	for r, e := range s.All(ctx) {
		if e != nil {
			return ns, e
		}
		ns = append(ns, r.N)
	}
	return ns, nil
}

func stream(tb testing.TB, m *manifest.Manifest[row], o *manifest.ReadOptions) *manifest.Stream[row] {
	tb.Helper()
	s, err := m.NewStream(o)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// isCount expects exactly the rows 0 to n-1 in this order.
func isCount(ns []int, n int) bool {
	for i, got := range ns {
		if got != i {
			return false
		}
	}
	return len(ns) == n
}
