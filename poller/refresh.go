package poller

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/internal/redact"
	"github.com/partnerbilling/sdk-go/internal/retry"
)

// load returns the JSON of a manifest, which it fetches if need be.
func (s *service) load(ctx context.Context, at found) ([]byte, error) {
	if at.link == nil {
		return []byte(at.embedded.Reveal()), nil
	}
	a, err := s.get(ctx, at.link, aboutManifest, maxManifest)
	if err != nil {
		return nil, err
	}
	var object map[string]json.RawMessage
	if err := parseObject(a.body, aboutManifest, &object); err != nil {
		return nil, err
	}
	return a.body, nil
}

// refresher returns the function with which the reading of a manifest gets a fresh signature. It asks for the manifest by its id;
// where that fails, or brings the same signature again, it asks the operation, whose answer holds the manifest or its address; and
// where that is no better, it asks for the same export once more. Whether what comes is still the same data, the reader judges.
func (s *service) refresher(operation, link *url.URL, data []byte) func(context.Context) ([]byte, error) {
	address := link
	if id := signatureOf(data).id; address == nil && id != "" {
		// An id that makes no address leaves the operation to ask.
		address, _ = s.manifestAddress(id)
	}
	r := &refreshing{service: s, operation: operation, manifest: address, known: signatureOf(data).signature}
	return r.refresh
}

type refreshing struct {
	service   *service
	operation *url.URL
	manifest  *url.URL // nil if not known

	mu       sync.Mutex
	known    redact.Secret
	exported time.Time // when the export was last asked for again
}

func (r *refreshing) refresh(ctx context.Context) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var data []byte
	gone := false
	err := patiently(ctx, func(ctx context.Context) (err error) {
		data, gone, err = r.once(ctx)
		return err
	})
	if gone || err == nil && r.old(data) {
		again, failure := r.export(ctx)
		switch {
		case failure == nil:
			data, err = again, nil
		case gone:
			err = fmt.Errorf("%w; %w", err, failure)
		default:
			err = failure
		}
	}
	if err != nil {
		return nil, err
	}
	r.known = signatureOf(data).signature
	return data, nil
}

// old reports whether a manifest has the signature that is no good any more, or none.
func (r *refreshing) old(data []byte) bool {
	have := signatureOf(data).signature.Reveal()
	return have == "" || have == r.known.Reveal()
}

// patiently repeats what may succeed after all, as PollUntilDone does.
func patiently(ctx context.Context, try func(context.Context) error) error {
	var p pace
	for {
		requestCtx, cancel := context.WithDeadlineCause(ctx, p.begin(time.Now()), errSilent)
		err := try(requestCtx)
		silent := requestCtx.Err() != nil
		cancel()
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ended(ctx, aboutManifest)
		case !silent && !errors.Is(err, apierror.ErrUnavailable), p.exhausted(time.Now()):
			return err
		}
		pause := asked(err)
		if pause == 0 {
			pause = p.pause()
		} else if pause > faultBudget {
			return err
		}
		if retry.Sleep(ctx, pause) != nil {
			return ended(ctx, aboutManifest)
		}
	}
}

// once asks both sources at most once each. It reports whether the service knows of neither any more.
func (r *refreshing) once(ctx context.Context) (data []byte, gone bool, err error) {
	var first error
	if r.manifest != nil {
		data, err := r.service.load(ctx, found{link: r.manifest})
		if err == nil && !r.old(data) {
			return data, false, nil
		}
		first = err
	}
	data, err = r.fromOperation(ctx)
	gone = errors.Is(err, apierror.ErrExpired)
	if err != nil && first != nil {
		err = fmt.Errorf("%w; before that, %w", err, first)
	}
	return data, gone, err
}

func (r *refreshing) fromOperation(ctx context.Context) ([]byte, error) {
	a, err := r.service.get(ctx, r.operation, aboutOperation, maxOperation+maxManifest)
	if err != nil {
		return nil, err
	}
	r.service.graphs(a)
	w, err := parseOperation(a.body)
	if err != nil {
		return nil, err
	}
	at, is, err := r.service.find(w)
	if err != nil {
		return nil, err
	}
	if !is {
		return nil, newError(fmt.Sprintf("%s: %v: it does not name its manifest any more; begin a new export", aboutOperation, apierror.ErrExpired), apierror.ErrExpired)
	}
	return r.service.load(ctx, at)
}

type signature struct {
	id        string
	signature redact.Secret
}

// signatureOf reads from a manifest's JSON just enough to tell it from another. What is not there is empty.
func signatureOf(data []byte) signature {
	var m struct {
		ID            json.RawMessage `json:"id"`
		SASToken      json.RawMessage `json:"sasToken"`
		RootFolderSAS json.RawMessage `json:"rootFolderSAS"`
	}
	if json.Unmarshal(data, &m) != nil {
		return signature{}
	}
	return signature{id: text(m.ID), signature: redact.New(first(text(m.SASToken), text(m.RootFolderSAS)))}
}
