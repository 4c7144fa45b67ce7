package manifest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/partnerbilling/sdk-go/internal/redact"
)

// whatToDo ends the text of every error about a SAS.
const whatToDo = "poll the operation again for a fresh one, or make a new export"

// renewTimeout bounds a renewal, which may have to make an export. The poller's own patience
// with the service is shorter.
const renewTimeout = 100 * time.Minute

var errRenewTimeout = errors.New("the renewal of the SAS took too long")

// ready makes sure of a SAS that will last for a request, and gives its generation.
// One that is about to expire is renewed; if that fails, it is still used up.
func (s *source) ready(ctx context.Context) (int, *failure) {
	_, generation := s.current()
	if !s.stale() {
		return generation, nil
	}
	// As long as storage has not told its time, it may be our clock that is wrong: it
	// is left to storage to refuse.
	if f := s.renew(ctx, generation); f != nil && (s.clock.known() && s.expired() || errors.Is(f.kind, ErrDataChanged)) {
		return generation, f
	}
	_, generation = s.current()
	return generation, nil
}

// renew gets a fresh SAS in the place of that of the given generation. Of many
// readers that find the SAS expired, one asks the service and the others take what
// it got. The service must still describe the same export: rows of two versions are
// never mixed.
func (s *source) renew(ctx context.Context, generation int) (f *failure) {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return &failure{kind: ctx.Err(), cause: context.Cause(ctx)}
	}
	old, now := s.current()
	if now != generation {
		return nil
	}
	state := "was refused or is about to expire"
	if s.expired() {
		state = "expired"
	}
	state = fmt.Sprintf("it %s (%s)", state, old.Expires().Format(time.RFC3339))
	if s.refresh == nil {
		return &failure{kind: ErrSAS, reason: state + "; " + whatToDo}
	}
	// Until it is known, others who find the SAS stale wait for their turn.
	defer func() {
		if f != nil {
			s.mu.Lock()
			s.foresee = false // once ahead of its end is enough
			s.mu.Unlock()
		}
	}()
	within, cancel := context.WithTimeoutCause(ctx, renewTimeout, errRenewTimeout)
	defer cancel()
	data, err := s.refresh(within)
	switch {
	case ctx.Err() != nil:
		return &failure{kind: ctx.Err(), cause: context.Cause(ctx)}
	case err != nil:
		clean := redact.Error(err)
		return &failure{kind: ErrSAS, cause: clean, reason: state + " and could not be renewed: " + clean.Error() + "; " + whatToDo}
	}
	fresh, f := s.judge(data)
	switch {
	case f != nil:
		return f
	case fresh.sas.Reveal() == old.Reveal():
		return &failure{kind: ErrSAS, reason: state + " and the service has no other; make a new export"}
	}
	s.settle(fresh)
	return nil
}

// judge takes place and SAS out of a renewed manifest if it is of the same data. The place
// may be another: whether the blobs there are the same is seen when they are read.
func (s *source) judge(data []byte) (place, *failure) {
	d, err := parseDocument(data)
	if err != nil {
		return place{}, &failure{kind: ErrSAS, cause: err, reason: "it had to be renewed, but the service's answer is no manifest; " + whatToDo}
	}
	names := make([]string, len(d.Blobs))
	for i, b := range d.Blobs {
		names[i] = b.Name
	}
	slices.Sort(names)
	fresh := origin{eTag: string(d.ETag), root: d.RootDirectory, names: names}
	if s.origin.eTag == "" {
		// Names and places stay when data change; without an eTag nothing tells.
		return place{}, &failure{kind: ErrDataChanged, reason: "the SAS had to be renewed, and without an eTag it cannot be proved that the data are still the same; make a new export and start over"}
	}
	if !fresh.same(s.origin) {
		return place{}, &failure{kind: ErrDataChanged, reason: fmt.Sprintf(
			"the SAS had to be renewed, and the service now has other data (eTag %q, was %q); make a new export and start over",
			clip(fresh.eTag), clip(s.origin.eTag))}
	}
	sas, err := NewSAS(d.SASToken)
	if err != nil {
		return place{}, &failure{kind: ErrSAS, cause: err, reason: "it had to be renewed, but the new one is not usable; " + whatToDo}
	}
	root, err := newLocation(d.RootDirectory, s.hosts)
	if err != nil {
		return place{}, &failure{kind: ErrUntrusted, cause: err, reason: "the SAS had to be renewed, and the service names a place that cannot be trusted; make a new export"}
	}
	return place{d.RootDirectory, root, sas}, nil
}
