package blobread

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/partnerbilling/sdk-go/internal/bloburl"
	"github.com/partnerbilling/sdk-go/internal/redact"
	"github.com/partnerbilling/sdk-go/internal/sas"
)

const (
	// maxRefreshes is how often a SAS may be refreshed without progress in between.
	maxRefreshes = 3
	// refreshTimeout bounds a refresh, which may have to make an export. The poller's own limits
	// are shorter.
	refreshTimeout = 100 * time.Minute
)

var errRefreshTimeout = errors.New("the refresh of the SAS took too long")

// Lease is a storage root and the SAS for it.
type Lease struct {
	Root bloburl.Root
	URL  string // of the root, as the service wrote it
	SAS  sas.Token
}

// Refresh returns a fresh lease from the service. An error that is an [*Error] says that the
// service responded with something that cannot be used; any other, that it could not be reached.
type Refresh func(context.Context) (Lease, error)

// Rooted are the blobs below a storage root. An export that had to be made again has another root;
// requests for a former root that are still in progress end there.
type Rooted struct {
	wire    wire
	refresh Refresh       // nil: none
	turn    chan struct{} // held by the reader that refreshes

	mu         sync.Mutex
	leases     []Lease   // one for each root; the last is current
	former     sas.Token // of requests that may still be in progress, so that it stays known
	generation int       // counts refreshes
	ahead      bool      // whether to refresh before the expiry
	late       refusal   // the last refresh, where it failed after the expiry
}

// refusal is a refresh that failed.
type refusal struct {
	failure    *failure // nil: there was none
	generation int      // of the SAS that was to be refreshed
	at         time.Time
}

// refusalHolds is how long a refresh that failed is not repeated for the same SAS.
const refusalHolds = time.Minute

// NewRooted returns the source of the blobs below a storage root. refresh may be nil.
func NewRooted(l Lease, refresh Refresh, o azcore.ClientOptions) *Rooted {
	s := &Rooted{refresh: refresh, turn: make(chan struct{}, 1), leases: []Lease{l}, ahead: true}
	s.wire = newWire(o, s.accessTo, nil)
	return s
}

// Current returns the current lease.
func (s *Rooted) Current() Lease {
	l, _ := s.current()
	return l
}

func (s *Rooted) current() (Lease, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.leases[len(s.leases)-1], s.generation
}

// accessTo returns the access to a URL below one of the roots.
func (s *Rooted) accessTo(u *url.URL) (access, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range slices.Backward(s.leases) {
		if l.Root.Contains(u) {
			return access{l.SAS, l.Root.IsOwn()}, true
		}
	}
	return access{}, false
}

func (s *Rooted) locate(ctx context.Context, name string, last target) (target, *failure) {
	if f := s.freshen(ctx); f != nil {
		return last, f
	}
	s.mu.Lock()
	place, generation := len(s.leases)-1, s.generation
	root := s.leases[place].Root
	s.mu.Unlock()
	if last.client != nil && last.place == place {
		last.generation = generation
		return last, nil
	}
	address, err := root.Join(name)
	if err != nil {
		return last, &failure{kind: ErrUntrusted, reason: "its name " + err.Error()}
	}
	client, err := s.wire.client(address)
	if err != nil {
		return last, &failure{kind: ErrUntrusted, cause: err}
	}
	return target{client: client, place: place, generation: generation}, nil
}

// freshen refreshes a SAS that is about to expire. Where that fails, the SAS is used as it is: its
// expiry is compared with a clock, which may be wrong, and a Date, which may be a proxy's. Storage
// is left to refuse it.
func (s *Rooted) freshen(ctx context.Context) *failure {
	s.mu.Lock()
	token, generation := s.leases[len(s.leases)-1].SAS, s.generation
	stale := s.refresh != nil && s.ahead && sas.StaleAt(token, s.wire.clock.now())
	s.mu.Unlock()
	if !stale {
		return nil
	}
	if f := s.replace(ctx, generation, true); f != nil && errors.Is(f.kind, ErrDataChanged) {
		return f
	}
	return nil
}

// expired reports whether the current SAS has expired, by the clock of storage where that is known.
func (s *Rooted) expired() bool {
	l, _ := s.current()
	return sas.ExpiredAt(l.SAS, s.wire.clock.now())
}

func (s *Rooted) denied(ctx context.Context, _ string, at target, _, refreshes int) *failure {
	l, _ := s.current()
	allowed := maxRefreshes
	if !l.SAS.Expires().IsZero() && !s.expired() {
		allowed = 1 // the reason is not its expiry
	}
	if s.refresh == nil || refreshes >= allowed {
		return sasRefused(l.SAS, s.wire.clock.now())
	}
	if f := s.replace(ctx, at.generation, false); f != nil {
		return f
	}
	return &failure{hint: hintRetry}
}

// missing finds out whether the export has another root by now.
func (s *Rooted) missing(ctx context.Context, at target, refreshes int) *failure {
	if s.refresh == nil || refreshes > 0 {
		return nil
	}
	f := s.replace(ctx, at.generation, false)
	switch {
	case f == nil:
		return &failure{hint: hintRetry}
	case errors.Is(f.kind, ErrDataChanged), ctx.Err() != nil:
		return f
	}
	return nil // the service knows of nothing newer
}

// replace gets a fresh SAS for that of the given generation. Of many readers that find the SAS
// expired, one requests it and the others take the result. ahead says that nobody has refused it.
func (s *Rooted) replace(ctx context.Context, generation int, ahead bool) (f *failure) {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return canceled(ctx)
	}
	old, current := s.current()
	if current != generation {
		return nil
	}
	if f := s.justFailed(generation, ahead); f != nil {
		return f
	}
	// Until the result is known, others who find the SAS stale wait for their turn.
	defer func() {
		if f != nil {
			s.failed(f, generation)
		}
	}()
	state := s.state(old.SAS)
	if s.refresh == nil {
		return &failure{kind: ErrSAS, reason: state + "; " + refreshAdvice}
	}
	within, cancel := context.WithTimeoutCause(ctx, refreshTimeout, errRefreshTimeout)
	defer cancel()
	fresh, err := s.refresh(within)
	var unusable *Error
	switch {
	case ctx.Err() != nil:
		return canceled(ctx)
	case errors.As(err, &unusable):
		return &failure{kind: unusable.Err, cause: unusable.Cause, reason: unusable.Reason}
	case err != nil:
		clean := redact.Error(err)
		return &failure{kind: ErrSAS, cause: clean, reason: state + " and could not be refreshed: " + clean.Error() + "; " + refreshAdvice}
	case fresh.SAS.Reveal() == old.SAS.Reveal():
		return &failure{kind: ErrSAS, reason: state + " and the service has no other; make a new export"}
	}
	s.use(fresh)
	return nil
}

// failed notes a refresh that failed.
func (s *Rooted) failed(f *failure, generation int) {
	late := s.wire.clock.known() && s.expired()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ahead = false // once before the expiry is enough
	if late {
		s.late = refusal{f, generation, time.Now()}
	}
}

// justFailed returns the failure of a refresh that need not be repeated: after the expiry, a moment
// ago, and where the SAS was not refused, at any time. It is nil if there was none.
func (s *Rooted) justFailed(generation int, ahead bool) *failure {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.late.failure == nil || s.late.generation != generation || !ahead && time.Since(s.late.at) > refusalHolds {
		return nil
	}
	f := *s.late.failure // the caller adds the response to its copy
	return &f
}

// state says why a SAS is to be refreshed.
func (s *Rooted) state(token sas.Token) string {
	expiry := token.Expires().Format(time.RFC3339)
	switch {
	case token.Expires().IsZero():
		return "it was refused (expiry unknown)"
	case sas.ExpiredAt(token, s.wire.clock.now()):
		return fmt.Sprintf("it expired (%s)", expiry)
	default:
		return fmt.Sprintf("it was refused or is about to expire (%s)", expiry)
	}
}

// use makes a lease the current one.
func (s *Rooted) use(l Lease) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if last := len(s.leases) - 1; s.leases[last].URL == l.URL {
		s.former, s.leases[last] = s.leases[last].SAS, l
	} else {
		s.leases = append(s.leases, l)
	}
	s.generation++
	// A SAS that seems stale on arrival is seen by a wrong clock: storage decides.
	s.ahead = !sas.StaleAt(l.SAS, s.wire.clock.now())
}
