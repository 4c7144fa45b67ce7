package manifest

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"

	"github.com/partnerbilling/sdk-go/internal/httpguard"
)

// source is the way to an export's blobs. It is the one that holds the SAS of the
// moment: clients are made for URLs without it, and it is added to a copy of the
// request behind the guard, so that nothing in front of the guard can give it away.
// Streams share a source, and with it a SAS that one of them got renewed.
type source struct {
	origin  origin
	initial SAS // the one the manifest came with
	hosts   []string
	client  azcore.ClientOptions
	clock   serverClock

	// Where blobs have addresses of their own: by name, and the signatures by address.
	links      map[string]link
	signatures map[string]SAS

	refresh func(context.Context) ([]byte, error)
	turn    chan struct{} // held by the one that renews

	mu         sync.Mutex
	places     []place // where the export lay, and, as the last, lies; none where there are no blobs
	sas        SAS     // of the last place
	generation int     // counts renewals
	foresee    bool    // whether sas is to be renewed ahead of its end
}

// place is where an export lies. An export that had to be made again lies elsewhere; what
// was asked for in a former place just then is still answered, or refused, there.
type place struct {
	url  string
	root *location
	sas  SAS // the last one for this place
}

// origin identifies an export.
type origin struct {
	eTag, root string
	names      []string // sorted
}

func (o origin) equal(p origin) bool { return o.root == p.root && o.same(p) }

// same reports whether it is the same data, perhaps in another place: a renewed manifest
// must agree with the first.
func (o origin) same(p origin) bool { return o.eTag == p.eTag && slices.Equal(o.names, p.names) }

// newSource expects what [Manifest.check] has found good.
func newSource(origin origin, sas SAS, o *Options) *source {
	s := &source{
		origin:  origin,
		initial: sas,
		hosts:   o.StorageHosts,
		client:  o.ClientOptions,
		refresh: o.Refresh,
		turn:    make(chan struct{}, 1),
		sas:     sas,
		foresee: true,
	}
	if root, err := newLocation(origin.root, o.StorageHosts); err == nil {
		s.places = []place{{origin.root, root, sas}}
	}
	guard := httpguard.New(o.Transport, httpguard.Rules{
		Name:                "storage",
		Allow:               s.allow,
		Prepare:             s.prepare,
		RefuseAuthorization: true,
	})
	s.client.Transport = &answers{next: guard, clock: &s.clock}
	s.client.APIVersion = "" // Graph's, not storage's
	s.client.Retry = noRetry()
	s.client.Logging.IncludeBody = false
	return s
}

// noRetry leaves retrying to the reader, who alone knows where to continue.
func noRetry() policy.RetryOptions { return policy.RetryOptions{MaxRetries: -1} }

// describes reports whether s was made for this export and SAS.
func (s *source) describes(o origin, sas SAS) bool {
	return s.origin.equal(o) && s.initial.Reveal() == sas.Reveal()
}

// placeOf finds the place of a request's URL.
func (s *source) placeOf(u *url.URL) (place, bool) {
	if s.links != nil {
		sas, known := s.signatures[address(u)]
		return place{sas: sas}, known
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range slices.Backward(s.places) {
		if p.root.contains(u) {
			return p, true
		}
	}
	return place{}, false
}

// allow keeps the SAS in the root directory, whatever a policy may have done to the
// request.
func (s *source) allow(u *url.URL) error {
	if _, known := s.placeOf(u); !known {
		return ErrUntrusted
	}
	return nil
}

// prepare has the last word on a request: it adds the SAS and refuses transparent
// compression, under which no byte offset would mean anything.
func (s *source) prepare(req *http.Request) {
	p, _ := s.placeOf(req.URL) // which allow has seen to
	query := p.sas.Reveal()
	if req.URL.RawQuery != "" {
		query = req.URL.RawQuery + "&" + query
	}
	req.URL.RawQuery = query
	req.Header.Set("Accept-Encoding", "identity")
}

// blob makes the client of one blob, and tells for which place.
func (s *source) blob(name string) (*blob.Client, int, error) {
	u, at := s.links[name].url, 0
	if s.links == nil {
		s.mu.Lock()
		at = len(s.places) - 1
		root := s.places[at].root
		s.mu.Unlock()
		var reason string
		if u, reason = root.join(name); reason != "" {
			return nil, at, &Error{Field: "blob", Reason: "its name " + reason, Err: ErrUntrusted}
		}
	}
	client, err := blob.NewClientWithNoCredential(u, &blob.ClientOptions{ClientOptions: s.client})
	return client, at, err
}

// moved reports whether the export lies elsewhere by now.
func (s *source) moved(from int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.links == nil && from != len(s.places)-1
}

// settle takes a renewed SAS into use, for the place that it is for.
func (s *source) settle(p place) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if last := len(s.places) - 1; s.places[last].url == p.url {
		s.places[last] = p
	} else {
		s.places = append(s.places, p)
	}
	s.sas = p.sas
	s.generation++
	// A SAS that seems to be over on arrival is judged by a wrong clock: storage decides.
	s.foresee = s.clock.now().Before(p.sas.staleAt())
}

// latest gives where the export lies and the SAS of the moment.
func (s *source) latest() (root string, sas SAS) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.places) == 0 {
		return s.origin.root, s.sas
	}
	return s.places[len(s.places)-1].url, s.sas
}

// current gives the SAS of the moment and its generation.
func (s *source) current() (SAS, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sas, s.generation
}

// stale reports whether the SAS should be renewed before a new request.
func (s *source) stale() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refresh != nil && s.foresee && !s.clock.now().Before(s.sas.staleAt())
}

// expired reports whether the SAS is past its end, by storage's own clock where that
// is known.
func (s *source) expired() bool {
	sas, _ := s.current()
	return !s.clock.now().Before(sas.Expires())
}

// serverClock tells the time as storage sees it: the one that a SAS expires by.
type serverClock struct {
	mu   sync.Mutex
	skew time.Duration
	told bool // by an answer
}

// known reports whether storage has told its time.
func (c *serverClock) known() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.told
}

func (c *serverClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.skew)
}

// observe learns from the Date of an answer.
func (c *serverClock) observe(h http.Header) {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return // no Date, nothing to learn
	}
	skew := time.Until(date)
	if skew.Abs() < 2*time.Second {
		skew = 0 // Date has whole seconds only
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.skew, c.told = skew, true
}
