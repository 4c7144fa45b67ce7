package billingtest

import (
	"context"
	"crypto/rand"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Server is the whole service in memory: tokens, Graph, storage. It has no sockets and no goroutines of its own; see [Server.Listen] for
// the same service on a listener. All methods may be used by any number of goroutines at once.
type Server struct {
	options Options
	tokens  signer
	cache   *segmentCache
	log     record
	script  script

	mu         sync.Mutex
	exports    map[string]*offered   // by address
	isDefault  bool                  // nothing was added yet
	stored     map[string]*content   // by directory
	serial     int                   // of the content stored last
	operations map[string]*operation // by id
	manifests  map[string]*manifest  // by id
	account    *account              // nil: none was set
	sas        []signer              // keys of SAS tokens; the last one is in use
}

// offered is an export that can be asked for.
type offered struct {
	export Export
	added  time.Time
	sets   map[string]*content // by attribute set, made when first asked for
}

// NewServer makes a server that offers one export of each of the five kinds, under [DefaultInvoiceID], [DefaultBillingPeriod] and
// [DefaultCurrency], until the first [Server.Add].
func NewServer(o *Options) *Server {
	s := &Server{
		options: o.normal(), tokens: newSigner(), sas: []signer{newSigner()}, isDefault: true,
		exports: map[string]*offered{}, stored: map[string]*content{}, operations: map[string]*operation{}, manifests: map[string]*manifest{},
	}
	s.cache = newSegmentCache(s.options.CacheBytes)
	for _, e := range defaultExports() {
		if n, err := e.normal(); err == nil {
			s.exports[n.address()] = newOffered(e)
		}
	}
	return s
}

func newOffered(e Export) *offered {
	return &offered{export: e, added: time.Now(), sets: map[string]*content{}}
}

// Add offers exports. One that is asked for in the same way as an earlier one takes its place, as when the service has made
// newer data: operations that exist already keep the old.
func (s *Server) Add(exports ...Export) error {
	for _, e := range exports {
		n, err := e.normal()
		if err != nil {
			return err
		}
		s.mu.Lock()
		if s.isDefault {
			clear(s.exports)
			s.isDefault = false
		}
		s.exports[n.address()] = newOffered(e)
		s.mu.Unlock()
	}
	return nil
}

// Prepare does ahead of time what the first request for a blob would otherwise wait for: it goes once over all rows of all exports, in
// the attribute set that each Export names, and fills the cache. Useful before measuring, and for exports of many millions of rows.
func (s *Server) Prepare(ctx context.Context) error {
	s.mu.Lock()
	var all []*offered
	for _, o := range s.exports {
		all = append(all, o)
	}
	s.mu.Unlock()
	for _, o := range all {
		c, err := s.contentOf(o, o.export.AttributeSet)
		if err != nil {
			return err
		}
		for _, b := range s.blobsOf(c) {
			if _, err := b.size(ctx, s.cache); err != nil {
				return err
			}
		}
	}
	return nil
}

// contentOf returns an offered export in an attribute set, and stores its blobs.
func (s *Server) contentOf(o *offered, set string) (*content, error) {
	setDefault(&set, "full")
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := o.sets[set]; c != nil {
		return c, nil
	}
	e := o.export
	e.AttributeSet = set
	c, err := newContent(e)
	if err != nil {
		return nil, err
	}
	s.serial++
	c.stored, c.serial = o.added, s.serial
	o.sets[set] = c
	s.cache.drop(s.stored[c.directory()])
	s.stored[c.directory()] = c
	return c, nil
}

// Do answers a request. A Server is a policy.Transporter: put it into azcore.ClientOptions.Transport, and it answers the requests to Graph,
// to storage and to Resource Manager alike. It follows no redirects. Errors are *url.Error, as those of [http.Client]: they hold the whole URL.
func (s *Server) Do(request *http.Request) (*http.Response, error) {
	response, err := s.RoundTrip(request)
	if err != nil {
		return nil, &url.Error{Op: request.Method[:1] + strings.ToLower(request.Method[1:]), URL: request.URL.String(), Err: err}
	}
	return response, nil
}

// RoundTrip makes a Server an [http.RoundTripper]: http.Client{Transport: server}.
func (s *Server) RoundTrip(request *http.Request) (*http.Response, error) {
	ctx := request.Context()
	x, err := newExchange(request, false)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	answer := s.answer(x)
	if answer.Err != nil {
		return nil, answer.Err
	}
	response := &http.Response{
		Status: strconv.Itoa(answer.Status) + " " + http.StatusText(answer.Status), StatusCode: answer.Status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: answer.Header, Body: http.NoBody, ContentLength: answer.Length, Request: request,
	}
	if answer.Body != nil {
		response.Body = s.log.opened(ctx, answer.Body, answer.Length)
	}
	return response, nil
}

// answer is the service: it writes the request down, lets the script have it, and answers.
func (s *Server) answer(x *Exchange) *Response {
	x.Call, x.Blob = s.classify(x)
	entry := s.log.enter(x, s.violations(x))
	answer := s.script.run(x, s.serve)
	if answer.Header == nil {
		answer.Header = http.Header{}
	}
	s.log.leave(entry, answer)
	return answer
}

// serve answers without a script.
func (s *Server) serve(x *Exchange) *Response {
	u := x.Request.URL
	switch side := s.sideOf(x); {
	case u.Scheme != "https":
		return &Response{Err: &net.OpError{Op: "dial", Net: "tcp", Err: errNoPlainHTTP}}
	case side == graphSide:
		return s.graph(x)
	case side == storageSide:
		return s.storage(x)
	case side == armSide:
		return s.resourceManager(x)
	default:
		return &Response{Err: &net.DNSError{Err: "no such host", Name: u.Hostname(), IsNotFound: true}}
	}
}

// side is one of the hosts of the service, or none.
type side int

const (
	nowhere side = iota
	graphSide
	storageSide
	armSide
)

// sideOf tells the hosts apart. A listener is also reached by its address; then the path decides.
func (s *Server) sideOf(x *Exchange) side {
	u := x.Request.URL
	switch {
	case onHost(u, s.options.GraphHost):
		return graphSide
	case onHost(u, s.options.StorageHost):
		return storageSide
	case onHost(u, s.options.ARMHost):
		return armSide
	case !x.listener || !isAddress(u):
		return nowhere
	case strings.HasPrefix(u.Path, "/v1.0/") || strings.HasPrefix(u.Path, "/beta/"):
		return graphSide
	case strings.HasPrefix(u.Path, "/providers/") || strings.HasPrefix(u.Path, "/subscriptions/"):
		return armSide
	default:
		return storageSide
	}
}

func onHost(u *url.URL, host string) bool {
	return strings.EqualFold(u.Host, host) || strings.EqualFold(u.Host, host+":443")
}

// newID makes the id of an operation or a request.
func newID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	var seed uint64
	for _, x := range b {
		seed = seed<<8 | uint64(x)
	}
	return guid(seed)
}
