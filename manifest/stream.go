package manifest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/partnerbilling/sdk-go/lineitem"
)

// progressEvery is the shortest time between two calls of OnProgress.
const progressEvery = 100 * time.Millisecond

// Stream is one reading of an export. It is made by [Manifest.NewStream], used once
// with [Stream.All], and tells where it is and what it has read.
type Stream[T any] struct {
	source   *source
	blobs    []Blob
	options  ReadOptions
	format   lineitem.Format
	throttle *throttle
	used     atomic.Bool

	todo   []int     // the blobs that are to be read
	cursor cursor[T] // of the goroutine that ranges

	calling sync.Mutex // held while OnBadLine or OnProgress runs
	told    time.Time  // when OnProgress was last called

	mu     sync.Mutex
	report Report
	done   int     // blobs that were delivered to their end
	marks  []marks // how far each blob was delivered
}

// cursor is where a loop stands.
type cursor[T any] struct {
	position lineitem.Position // of the row in the loop's body, the last one that was there
	batch    *batch[T]         // nil between batches
	row      int               // in the loop's body, or the next to be
	bad      *lineitem.DecodeError
}

// due is where the first line of the batch starts that is not through.
func (c *cursor[T]) due() start {
	if c.bad != nil {
		return start{c.bad.Position.Line, c.bad.Position.Offset}
	}
	return c.batch.starts[c.row]
}

func newStream[T any](src *source, blobs []Blob, o *ReadOptions, format lineitem.Format) *Stream[T] {
	s := &Stream[T]{source: src, blobs: slices.Clone(blobs), options: o.withDefaults(), format: format}
	// CSV is mostly not compressed, and its header tells it from an error page.
	s.options.AllowPlain = s.options.AllowPlain || format == lineitem.FormatCSV
	// A single blob keeps several workers busy, but no more than there are processors.
	s.throttle = newThrottle(min(s.options.Concurrency, max(len(blobs), runtime.GOMAXPROCS(0))))
	s.report.Blobs, s.marks = make([]BlobReport, len(blobs)), make([]marks, len(blobs))
	for i, b := range blobs {
		s.report.Blobs[i].Name = b.Name
		s.todo = append(s.todo, i)
	}
	return s
}

// All yields every row of every blob. It returns a single-use iterator, which does
// nothing until it is ranged over.
//
// An error comes once, as the last element, together with the zero row, after all
// rows that were decoded before it in the same blob. It matches, with errors.Is or
// errors.As,
//   - *[lineitem.DecodeError]: a line is not a row, or a blob is damaged;
//   - *[ReadError]: a blob could not be read, with [ErrSAS], [ErrDataChanged],
//     [ErrBlobChanged], [ErrBlobMissing], [ErrBadAnswer], [ErrUntrusted] or
//     [ErrUnavailable] saying why;
//   - ctx's error, and its cause, if ctx ended;
//   - [ErrUsed], if the stream was ranged over before;
//   - what OnBadLine returned.
//
// Where no error comes, the export was read whole: every blob of the manifest, every
// byte of each, every checksum right. Then, and only then, a sum over the rows is the
// sum of the export.
//
// However the loop is left, no goroutine and no connection of the stream outlives it.
func (s *Stream[T]) All(ctx context.Context) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		if s.used.Swap(true) {
			yield(none, fmt.Errorf("manifest: %w; make a new one to read again", ErrUsed))
			return
		}
		read := s.parallel
		if s.options.Concurrency == 1 {
			read = s.sequential
		}
		if err := read(ctx, yield); err != nil && err != ErrLeft { //nolint:errorlint // Never wrapped.
			yield(none, err)
		}
	}
}

// Position tells where the row in the loop's body stands. It is meant to be called
// there, in the goroutine that ranges.
func (s *Stream[T]) Position() lineitem.Position { return s.cursor.position }

// Report tells what has been read so far. It may be called at any time, from any
// goroutine; what it returns does not change any more.
func (s *Stream[T]) Report() Report {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := Report{Blobs: slices.Clone(s.report.Blobs), Total: BlobReport{Verified: true}, Earlier: s.report.Earlier}
	for i := range r.Blobs {
		r.Total.add(&r.Blobs[i])
	}
	return r
}

// deliver hands a batch's rows to a loop, and keeps its cursor. It returns ErrLeft if
// the loop was left, and the batch's own error behind its rows.
func (s *Stream[T]) deliver(ctx context.Context, b *batch[T], c *cursor[T], yield func(T, error) bool) error {
	if b.panicked != nil {
		panic(b.panicked) //nolint:forbidigo // The caller's own panic goes on in the caller's goroutine.
	}
	yielded, skipped := 0, 0
	c.batch, c.row, c.bad = b, 0, nil
	defer func() { s.account(b, c.batch == nil, yielded, skipped) }() // also when the loop's body panics
	for i := range b.n + 1 {
		for ; skipped < len(b.bad) && b.bad[skipped].rows == i; skipped++ {
			c.bad = b.bad[skipped].err
			if err := s.bad(c.bad); err != nil {
				return err
			}
			c.bad = nil
		}
		if i == b.n {
			break
		}
		if ctx.Err() != nil {
			return ended(ctx)
		}
		c.position = b.position(i)
		yielded++
		if !yield(b.rows[i], nil) {
			return ErrLeft
		}
		c.row++
	}
	c.batch = nil
	return b.err
}

// bad asks what to do about a bad line. It returns nil if it is to be left out.
func (s *Stream[T]) bad(e *lineitem.DecodeError) error {
	if s.options.OnBadLine == nil {
		return e
	}
	s.calling.Lock()
	defer s.calling.Unlock()
	if err := s.options.OnBadLine(e); !errors.Is(err, io.EOF) {
		return err
	}
	return e // io.EOF would say that the data was read to its end
}

// account takes a batch into the report, as far as it was delivered.
func (s *Stream[T]) account(b *batch[T], whole bool, yielded, skipped int) {
	s.mu.Lock()
	r := &s.report.Blobs[b.blob]
	r.Rows += int64(yielded)
	r.Skipped += int64(skipped)
	r.Blank += b.blank
	r.Replaced += b.replaced
	if b.report.Bytes >= r.Bytes { // loops that share a blob may be through out of turn
		r.Size, r.Bytes, r.Reopened = b.report.Size, b.report.Bytes, b.report.Reopened
		r.ContentEncoding = b.report.ContentEncoding
	}
	if whole && b.err == nil {
		s.marks[b.blob].add(b.number, mark{at: b.end, rows: int64(b.n), read: b.read, ahead: b.ahead, done: b.done})
		if b.done {
			r.Verified = true
			s.done++
		}
	}
	s.mu.Unlock()
	s.tell(false)
}

// tell calls OnProgress, if it is time to.
func (s *Stream[T]) tell(last bool) {
	if s.options.OnProgress == nil {
		return
	}
	s.calling.Lock()
	defer s.calling.Unlock()
	now := time.Now()
	if !last && now.Sub(s.told) < progressEvery {
		return
	}
	s.told = now
	total := s.Report().Total
	s.mu.Lock()
	done := s.done
	s.mu.Unlock()
	s.options.OnProgress(Progress{
		Rows: total.Rows, Bytes: total.Bytes, TotalBytes: total.Size,
		BlobsDone: done, Blobs: len(s.blobs),
	})
}

// whole is the last word on a stream that came to its end: every blob must have.
func (s *Stream[T]) whole() error {
	if s.done != len(s.blobs) {
		return fmt.Errorf("manifest: %w: %d of %d blobs were read", ErrIncomplete, s.done, len(s.blobs))
	}
	s.tell(true)
	return nil
}
