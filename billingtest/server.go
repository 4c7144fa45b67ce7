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

// Server is the service in memory: tokens, Graph, Resource Manager, the storage of exports, and the
// storage accounts that configured exports are delivered to. It has no sockets and
// no goroutines of its own; see [Server.Listen] for the same service on a listener. All methods are
// safe for concurrent use.
type Server struct {
	options Options
	tokens  signer
	cache   *segmentCache
	log     requestLog
	script  script

	mu         sync.Mutex
	exports    map[string]*offered              // by address
	isDefault  bool                             // Add was not called yet
	stored     map[string]*content              // by directory
	serial     int                              // number of contents stored
	operations map[string]*operation            // by id
	manifests  map[string]*manifest             // by id
	account    *account                         // nil: none was set
	containers map[string]map[string]*container // of the tenant, by host and name
	sas        []signer                         // keys of SAS tokens; the last is current
}

// offered is an export that can be requested.
type offered struct {
	export Export
	added  time.Time
	sets   map[string]*content // by attribute set, made at the first request
}

// NewServer returns a server. Until the first [Server.Add], it has one export of each of the five
// kinds, under [DefaultInvoiceID], [DefaultBillingPeriod] and [DefaultCurrency].
func NewServer(o *Options) *Server {
	s := &Server{
		options: o.normal(), tokens: newSigner(), sas: []signer{newSigner()}, isDefault: true,
		exports: map[string]*offered{}, stored: map[string]*content{}, operations: map[string]*operation{}, manifests: map[string]*manifest{},
		containers: map[string]map[string]*container{},
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

// Add adds exports. An export that is requested in the same way as an earlier one replaces it, as
// when the service has newer data. Existing operations keep the old data.
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

// Prepare generates all blobs of all exports once, in the attribute set that each Export names, and
// fills the cache. Otherwise the first request for each blob does so for that blob. Call it before
// measuring, and for exports of many millions of rows.
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

// contentOf returns the content of an export in an attribute set. It stores the blobs at the first
// call.
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
	c.stored, c.serial, c.md5 = o.added, s.serial, s.options.ContentMD5
	o.sets[set] = c
	s.cache.drop(s.stored[c.directory()])
	s.stored[c.directory()] = c
	return c, nil
}

// Do implements policy.Transporter, so that a Server can be azcore.ClientOptions.Transport. It
// handles the requests to Graph, Resource Manager and storage and does not follow redirects. Errors
// are *url.Error, as those of [http.Client]: they contain the whole URL.
func (s *Server) Do(request *http.Request) (*http.Response, error) {
	response, err := s.RoundTrip(request)
	if err != nil {
		return nil, &url.Error{Op: request.Method[:1] + strings.ToLower(request.Method[1:]), URL: request.URL.String(), Err: err}
	}
	return response, nil
}

// RoundTrip implements [http.RoundTripper]: http.Client{Transport: server}.
func (s *Server) RoundTrip(request *http.Request) (*http.Response, error) {
	ctx := request.Context()
	x, err := newExchange(request, false)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	resp := s.handle(x)
	if resp.Err != nil {
		return nil, resp.Err
	}
	response := &http.Response{
		Status: strconv.Itoa(resp.Status) + " " + http.StatusText(resp.Status), StatusCode: resp.Status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: resp.Header, Body: http.NoBody, ContentLength: resp.Length, Request: request,
	}
	if resp.Body != nil {
		response.Body = s.log.trackBody(ctx, resp.Body, resp.Length)
	}
	return response, nil
}

// handle records the request and applies the script, or serves the request as usual.
func (s *Server) handle(x *Exchange) *Response {
	x.Call, x.Blob = s.classify(x)
	entry := s.log.add(x, s.violations(x))
	resp := s.script.run(x, s.serve)
	if resp.Header == nil {
		resp.Header = http.Header{}
	}
	s.log.setStatus(entry, resp)
	return resp
}

// serve handles a request without the script.
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
	case side == tenantSide:
		return s.tenantStorage(x)
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
	tenantSide // storage accounts of the tenant
)

// sideOf returns the side by the host. In requests to a listener's own address, the path decides.
func (s *Server) sideOf(x *Exchange) side {
	u := x.Request.URL
	switch {
	case onHost(u, s.options.GraphHost):
		return graphSide
	case onHost(u, s.options.StorageHost):
		return storageSide
	case onHost(u, s.options.ARMHost):
		return armSide
	case s.isTenantStorage(u):
		return tenantSide
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

// hosts reports whether a host name is one of the service.
func (s *Server) hosts(name string) bool {
	u := &url.URL{Host: name}
	return onHost(u, s.options.GraphHost) || onHost(u, s.options.StorageHost) || onHost(u, s.options.ARMHost) || s.isTenantStorage(u)
}

func onHost(u *url.URL, host string) bool {
	return strings.EqualFold(u.Host, host) || strings.EqualFold(u.Host, host+":443")
}

// newID returns a random ID, for an operation or a request.
func newID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	var seed uint64
	for _, x := range b {
		seed = seed<<8 | uint64(x)
	}
	return guid(seed)
}
