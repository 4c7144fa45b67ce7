package blobread

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/partnerbilling/sdk-go/internal/jsonscalar"
	"github.com/partnerbilling/sdk-go/internal/retry"
)

// Blob identifies a blob within its [Source].
type Blob struct {
	Name string
	// Size is the length in bytes, where the owner promises it. Reading insists on it.
	Size jsonscalar.Int
	// VerifyMD5 also compares the MD5 of a blob that is compressed with gzip.
	VerifyMD5 bool
}

// Reader reads one blob from its first to its last byte. Where a connection breaks or stalls, it
// continues at the exact byte with a new request. Time that the caller takes between two calls of
// Read does not count as silence of storage.
//
// After an error it stays at that error. It is not safe for concurrent use.
type Reader struct {
	ctx    context.Context //nolint:containedctx // An io.Reader takes none; the reader lives inside one call.
	blob   Blob
	source Source

	at       target
	version  version
	conn     connection
	attempts attempts
	offset   int64 // bytes read
	reopened int
	err      error
}

// Open returns a reader of a blob. Nothing is sent before the first Read. The throttle is that of
// all readers of a stream.
func Open(ctx context.Context, s Source, b Blob, l Limits, t *Throttle) *Reader {
	l = l.withDefaults()
	return &Reader{
		ctx: ctx, blob: b, source: s,
		version:  newVersion(b),
		conn:     connection{stall: l.StallTimeout},
		attempts: newAttempts(l, t),
	}
}

// Restart closes the reader and returns one that begins again at the first byte, with what is left
// of the retry budget.
func (r *Reader) Restart() *Reader {
	_ = r.Close() // has nothing to report
	n := &Reader{
		ctx: r.ctx, blob: r.blob, source: r.source,
		version:  newVersion(r.blob),
		conn:     connection{stall: r.conn.stall},
		attempts: r.attempts.restarted(),
		reopened: r.reopened + 1,
	}
	return n
}

// Size returns the length of the blob in bytes, 0 before the first response.
func (r *Reader) Size() int64 { return max(0, r.version.length) }

// Offset returns how many bytes were read.
func (r *Reader) Offset() int64 { return r.offset }

// Reopened returns how many times the blob was continued on a new connection.
func (r *Reader) Reopened() int { return r.reopened }

// ContentEncoding returns the Content-Encoding that the blob is stored with. It is not applied.
func (r *Reader) ContentEncoding() string { return r.version.encoding }

// Throttled reports whether storage was too busy for a request at least once.
func (r *Reader) Throttled() bool { return r.attempts.throttled }

// Complete reports whether the last byte was read and nothing followed it.
func (r *Reader) Complete() bool { return errors.Is(r.err, io.EOF) && r.offset == r.version.length }

// Fail returns an error about the blob at the current offset.
func (r *Reader) Fail(kind error, reason string) error {
	return r.fail(&failure{kind: kind, reason: reason})
}

// Read implements io.Reader. Any error but io.EOF is an [*Error].
func (r *Reader) Read(p []byte) (int, error) {
	for r.err == nil {
		if r.conn.body == nil {
			if r.err = r.connect(); r.err != nil {
				break
			}
		}
		if r.offset == r.version.length {
			r.err = r.finish()
			break
		}
		if len(p) == 0 {
			return 0, nil
		}
		// No more is read than was promised; excess bytes are found by finish.
		if left := r.version.length - r.offset; int64(len(p)) > left {
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

// receive reads from the connection.
func (r *Reader) receive(p []byte) (int, error) {
	n, waited, err := r.conn.read(p)
	r.version.digest.add(p[:n], r.offset)
	r.offset += int64(n)
	r.attempts.spend(waited)
	r.attempts.reached(r.offset)
	return n, err
}

// broken handles a body that ended before the blob did. It returns nil where reading can continue
// on a new connection.
func (r *Reader) broken(err error) error {
	if r.conn.stalled() {
		err = errStalled
	}
	r.conn.close()
	if r.ctx.Err() != nil {
		return r.fail(r.canceled())
	}
	if r.offset == r.version.length {
		return nil // complete; Read returns at once
	}
	f := classify(err)
	if errors.Is(err, io.EOF) {
		f.reason = fmt.Sprintf("the connection ended at byte %d of %d", r.offset, r.version.length)
	}
	return r.pause(f, r.attempts.none())
}

// connect gets a body that starts at the offset, however many attempts that takes.
func (r *Reader) connect() error {
	if r.offset == r.version.length {
		return nil
	}
	for {
		if r.ctx.Err() != nil {
			return r.fail(r.canceled())
		}
		f := r.attempt()
		if f == nil {
			return nil
		}
		if err := r.pause(f, false); err != nil {
			return err
		}
	}
}

// attempt is one attempt to get a body.
func (r *Reader) attempt() (f *failure) {
	if r.at, f = r.source.locate(r.ctx, r.blob.Name, r.at); f != nil {
		return f
	}
	begun := time.Now() // a refresh has limits of its own
	again := r.version.known()
	ctx := r.conn.begin(r.ctx)
	r.conn.body, f = r.version.request(ctx, r.at.client, r.offset)
	r.conn.timer.Stop()
	r.attempts.spend(time.Since(begun))
	switch {
	case f == nil:
		if r.version.place = r.at.place; again {
			r.reopened++
		}
		r.attempts.succeeded()
		r.attempts.throttle.recovered(r.blob.Name)
		return nil
	case r.ctx.Err() != nil:
		f = r.canceled()
	case r.conn.stalled():
		f = &failure{reason: errStalled.Error(), cause: errStalled}
	}
	r.conn.close()
	switch {
	case again && r.version.place != r.at.place && f.kind == ErrBlobChanged: //nolint:errorlint // Kinds are never wrapped.
		f.kind = ErrRecreated
	case f.hint == hintDenied, f.hint == hintMissing:
		return r.refused(f)
	}
	return f
}

// refused lets the source refresh its authorization after storage denied a request, or found no
// blob.
func (r *Reader) refused(f *failure) *failure {
	refreshes := r.attempts.refreshes
	r.attempts.refreshes++
	var instead *failure
	if f.hint == hintDenied {
		instead = r.source.denied(r.ctx, r.blob.Name, r.at, f.status, refreshes)
		instead.status, instead.code, instead.id = f.status, f.code, f.id
	} else {
		instead = r.source.missing(r.ctx, r.at, refreshes)
	}
	if instead == nil {
		return f
	}
	if instead.cause == nil {
		instead.cause = f.cause
	}
	return instead
}

// pause waits before the next attempt, or returns why there is none.
func (r *Reader) pause(f *failure, immediately bool) error {
	switch {
	case f.kind != nil:
		return r.fail(f)
	case f.hint == hintRetry:
		return nil
	}
	delay, ok := r.attempts.failed(f, immediately)
	if !ok {
		return r.fail(f)
	}
	r.attempts.throttle.retried(r.blob.Name, r.offset, f)
	if err := retry.Sleep(r.ctx, delay); err != nil {
		return r.fail(r.canceled())
	}
	r.attempts.spend(delay)
	return nil
}

// finish makes sure that the bytes are those of storage and that nothing follows the last one.
func (r *Reader) finish() error {
	if f := r.version.digest.finish(); f != nil {
		r.conn.close()
		return r.fail(f)
	}
	if r.conn.body == nil {
		return io.EOF
	}
	var excess [1]byte
	n, err := r.receive(excess[:])
	r.conn.close()
	switch {
	case n > 0:
		r.offset = r.version.length
		return r.fail(badResponse("more bytes came than the %d that were promised", r.version.length))
	case r.ctx.Err() != nil && !errors.Is(err, io.EOF):
		return r.fail(r.canceled())
	}
	return io.EOF // a connection that breaks after the last byte has delivered everything
}

// canceled is the failure of the reader's context, which has ended.
func (r *Reader) canceled() *failure { return r.attempts.throttle.canceled(r.ctx, r.blob.Name) }

// fail makes the error of a failure.
func (r *Reader) fail(f *failure) error {
	return &Error{
		Blob: r.blob.Name, Offset: r.offset, StatusCode: f.status, Code: f.code, RequestID: f.id,
		Reason: f.reason, Err: f.kind, Cause: f.cause,
	}
}

// Close closes the connection. It may be called at any time and more than once.
func (r *Reader) Close() error {
	r.conn.close()
	if r.err == nil {
		r.err = r.fail(&failure{kind: context.Canceled, reason: "the reader was closed"})
	}
	return nil
}
