package manifest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"

	"github.com/partnerbilling/sdk-go/internal/retry"
)

const (
	// progressBytes is how much must have come for a try to count as a success.
	progressBytes = 64 << 10
	// maxRenewals is how often a SAS may be renewed without progress in between.
	maxRenewals = 3
	// slowWindow and slowBytes describe a connection that only pretends to be alive. Who
	// allows longer silence than that has a longer window.
	slowWindow = 5 * time.Minute
	slowBytes  = 300 << 10
)

// errStalled ends a try in which nothing comes.
var errStalled = errors.New("no data came within the stall time-out")

// blobReader reads one blob from its first to its last byte. Where a connection
// breaks or stalls, it goes on at the exact byte with a new request, which must be
// answered with that very range of that very version of the blob: every answer is
// checked (answer.go), nothing is ever assumed. Time that the caller takes between
// two calls of Read counts for nothing.
//
// After an error it stays at that error. It is not safe for concurrent use.
type blobReader struct {
	ctx    context.Context //nolint:containedctx // An io.Reader cannot be handed one; the reader lives inside one call.
	name   string
	source *source
	client *blob.Client
	place  int // of the client
	known  int // the place that gave the ETag
	limits limits

	offset   int64 // bytes handed out
	total    int64 // the blob's length; -1 until the first answer
	etag     string
	encoding string // Content-Encoding the blob is stored with; not applied

	body   io.ReadCloser // nil while there is no connection
	cancel context.CancelCauseFunc
	try    context.Context //nolint:containedctx // Tells why the current body failed.
	timer  *time.Timer     // ends try when nothing comes; runs only while we wait

	budget   retry.Budget
	marked   int64 // offset of the last progress
	renewals int   // since then
	patient  int   // failures since then at which the service was alive and asked for time
	reopened int
	refused  bool          // storage was busy at least once
	retrying bool          // the next open is a retry
	waited   time.Duration // in the window that watches for slowness
	got      int64         // bytes in it
	err      error
}

// limits are the bounds of patience, all set.
type limits struct {
	stall    time.Duration
	budget   retry.Budget
	backoff  retry.Backoff
	throttle *throttle
}

func newBlobReader(ctx context.Context, s *source, name string, l limits) (*blobReader, error) {
	client, place, err := s.blob(name)
	if err != nil {
		return nil, err
	}
	return &blobReader{ctx: ctx, name: name, source: s, client: client, place: place, limits: l, total: -1, budget: l.budget}, nil
}

// Read implements io.Reader. Any error but io.EOF is a *ReadError.
func (r *blobReader) Read(p []byte) (int, error) {
	for r.err == nil {
		if r.body == nil {
			if r.err = r.connect(); r.err != nil {
				break
			}
		}
		if r.offset == r.total {
			r.err = r.finish()
			break
		}
		if len(p) == 0 {
			return 0, nil
		}
		// No more is asked for than was promised; what comes in excess is found by finish.
		if left := r.total - r.offset; int64(len(p)) > left {
			p = p[:left]
		}
		n, err := r.receive(p)
		if err != nil {
			r.err = r.broken(err)
		}
		if n > 0 {
			return n, nil
		}
	}
	return 0, r.err
}

// receive reads from the body with the stall timer running.
func (r *blobReader) receive(p []byte) (int, error) {
	r.timer.Reset(r.limits.stall)
	start := time.Now()
	n, err := r.body.Read(p)
	waited := time.Since(start)
	r.timer.Stop()
	r.budget.Spend(waited)
	r.offset += int64(n)
	if r.offset-r.marked >= progressBytes {
		r.marked, r.renewals, r.patient = r.offset, 0, 0
		r.budget.Reset()
	}
	r.waited += waited
	r.got += int64(n)
	if r.waited >= max(slowWindow, r.limits.stall) {
		if r.got < slowBytes && err == nil {
			err = errStalled
		}
		r.waited, r.got = 0, 0
	}
	return n, err
}

// broken deals with a body that ended before the blob did. It returns nil where the
// reading can go on with a new connection.
func (r *blobReader) broken(err error) error {
	if errors.Is(context.Cause(r.try), errStalled) {
		err = errStalled
	}
	r.drop()
	if r.ctx.Err() != nil {
		return r.final(cancelled(r.ctx))
	}
	if r.offset == r.total {
		return nil // all is there; Read finds out at once
	}
	f := classify(err)
	if errors.Is(err, io.EOF) {
		f.reason = fmt.Sprintf("the connection ended at byte %d of %d", r.offset, r.total)
	}
	return r.wait(f, r.budget.Failures() == 0)
}

// connect gets a body that starts at the offset, however many tries that takes.
func (r *blobReader) connect() error {
	if r.total >= 0 && r.offset == r.total {
		return nil
	}
	for {
		if r.ctx.Err() != nil {
			return r.final(cancelled(r.ctx))
		}
		f := r.open()
		if f == nil {
			return nil
		}
		if err := r.wait(f, false); err != nil {
			return err
		}
	}
}

// open is one try to get a body.
func (r *blobReader) open() *failure {
	generation, f := r.source.ready(r.ctx)
	if f != nil {
		return f
	}
	if r.source.moved(r.place) {
		var err error
		if r.client, r.place, err = r.source.blob(r.name); err != nil {
			return &failure{kind: ErrUntrusted, cause: err}
		}
	}
	start := time.Now() // a renewal has limits of its own
	again := r.total >= 0
	try, cancel := context.WithCancelCause(r.ctx)
	r.try, r.cancel = try, cancel
	r.timer = time.AfterFunc(r.limits.stall, func() { cancel(errStalled) })
	f = r.request(try)
	r.timer.Stop()
	r.budget.Spend(time.Since(start))
	switch {
	case f == nil:
		if r.known = r.place; again {
			r.reopened++
		}
		r.limits.throttle.bucket.Give(r.retrying)
		r.retrying = false
		return nil
	case r.ctx.Err() != nil:
		f = cancelled(r.ctx)
	case errors.Is(context.Cause(r.try), errStalled):
		f = &failure{reason: errStalled.Error(), cause: errStalled}
	}
	r.drop()
	switch {
	case again && r.known != r.place && f.kind == ErrBlobChanged: //nolint:errorlint // Kinds are never wrapped.
		f.kind = errMoved
	case f.denied:
		return r.denied(f, generation)
	case f.missing:
		return r.missing(f, generation)
	}
	return f
}

// missing looks whether the export has another place by now, where the blob still is.
func (r *blobReader) missing(f *failure, generation int) *failure {
	if r.source.refresh == nil || r.renewals > 0 {
		return f
	}
	r.renewals++
	renewal := r.source.renew(r.ctx, generation)
	switch {
	case renewal == nil:
		return &failure{again: true}
	case errors.Is(renewal.kind, ErrDataChanged), r.ctx.Err() != nil:
		return renewal
	}
	return f // the service knows of nothing newer
}

// denied tries to get a fresh SAS after storage refused the one of this generation.
func (r *blobReader) denied(f *failure, generation int) *failure {
	allowed := maxRenewals
	if !r.source.expired() {
		allowed = 1 // it is refused for something that time did not do
	}
	if r.source.refresh != nil && r.renewals < allowed {
		r.renewals++
		renewal := r.source.renew(r.ctx, generation)
		if renewal == nil {
			return &failure{again: true}
		}
		renewal.status, renewal.code, renewal.id = f.status, f.code, f.id
		return renewal
	}
	sas, _ := r.source.current()
	end := sas.Expires().Format(time.RFC3339)
	if r.source.expired() {
		f.reason = "it expired at " + end + "; " + whatToDo
	} else {
		f.reason = "storage refused it although it is valid until " + end + "; " + whatToDo
	}
	return f
}

// wait pauses before the next try, or says why there is none.
func (r *blobReader) wait(f *failure, atOnce bool) error {
	switch {
	case f.kind != nil:
		return r.final(f)
	case f.again:
		return nil // with a fresh SAS there is nothing to wait for
	}
	// A service that says it is busy is worth the whole time, not just a few tries.
	within := true
	if f.alive {
		r.patient++
		r.refused = true
		r.limits.throttle.busy()
	} else {
		within = r.budget.Fail()
	}
	pause := max(f.after, r.limits.backoff.Delay(r.budget.Failures()+r.patient))
	r.retrying = r.limits.throttle.bucket.Take()
	switch {
	case !r.retrying:
		pause = max(pause, r.limits.backoff.Max) // hardly anything succeeds for anybody
	case atOnce:
		pause = 0
	}
	if !within || !r.budget.Allows(pause) {
		f.kind = ErrUnavailable
		if f.after > 0 {
			f.reason += fmt.Sprintf(" and asks to wait %v", f.after)
		}
		f.reason = fmt.Sprintf("given up after %d failures in %v without progress, the last: %s",
			r.budget.Failures()+r.patient, r.budget.Spent().Round(time.Second), f.reason)
		return r.final(f)
	}
	if err := retry.Sleep(r.ctx, pause); err != nil {
		return r.final(cancelled(r.ctx))
	}
	r.budget.Spend(pause)
	return nil
}

// finish makes sure that nothing follows the last byte.
func (r *blobReader) finish() error {
	if r.body == nil {
		return io.EOF
	}
	var excess [1]byte
	n, err := r.receive(excess[:])
	r.drop()
	switch {
	case n > 0:
		r.offset = r.total
		return r.final(badAnswer("more came than the %d bytes that were promised", r.total))
	case r.ctx.Err() != nil && !errors.Is(err, io.EOF):
		return r.final(cancelled(r.ctx))
	}
	return io.EOF // a connection that breaks after the last byte has done its work
}

// final dresses a failure up for the caller.
func (r *blobReader) final(f *failure) error {
	return &ReadError{
		Blob: r.name, Offset: r.offset, StatusCode: f.status, Code: f.code, RequestID: f.id,
		Reason: f.reason, Err: f.kind, Cause: f.cause,
	}
}

// drop ends the current try and lets go of its body.
func (r *blobReader) drop() {
	if r.timer != nil {
		r.timer.Stop()
	}
	if r.cancel != nil {
		r.cancel(nil)
	}
	if r.body != nil {
		// It was read as far as it was wanted; what closing says changes nothing.
		_ = r.body.Close()
	}
	r.body = nil
}

// whole reports whether the last byte was read and nothing came after it.
func (r *blobReader) whole() bool { return errors.Is(r.err, io.EOF) && r.offset == r.total }

// Close lets go of the connection. It may be called at any time and more than once.
func (r *blobReader) Close() error {
	r.drop()
	if r.err == nil {
		r.err = r.final(&failure{kind: context.Canceled, reason: "the reader was closed"})
	}
	return nil
}
