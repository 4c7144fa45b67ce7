package ledger

import (
	"context"
	"errors"
	"fmt"

	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
	"github.com/partnerbilling/sdk-go/sink"
)

// Options are the options of [Run]. The zero value is the defaults.
type Options struct {
	AttributeSet string
	Read         *manifest.ReadOptions
	CommitRows   int
	OnCommit     func(rows int64)
}

// run is one call of [Run].
type run[T any] struct {
	*session[T]
	manifest *manifest.Manifest[T]
	version  Version
	read     manifest.ReadOptions
	onCommit func(rows int64)
}

// Run loads an export.
func Run[T any](ctx context.Context, store Store[T], unit sink.Unit, m *manifest.Manifest[T], schema *lineitem.Schema[T], o Options) (sink.Result, error) {
	if err := unit.Check(); err != nil {
		return sink.Result{}, err
	}
	info := m.Info()
	r := &run[T]{
		session: newSession(store, unit, schema, o.CommitRows), manifest: m, onCommit: o.OnCommit,
		version: Version{ETag: info.ETag, ManifestID: info.ID, AttributeSet: o.AttributeSet, Schema: schema.Hash()},
	}
	if o.Read != nil {
		r.read = *o.Read
	}
	switch {
	case r.read.Resume != nil:
		return sink.Result{}, fmt.Errorf("%w: the read options have a checkpoint; the database has the one to resume from", sink.ErrPartial)
	case len(m.Blobs()) != info.BlobCount:
		return sink.Result{}, fmt.Errorf("%w: the manifest is a selection of %d of %d blobs; load the manifest that it was selected from", sink.ErrPartial, len(m.Blobs()), info.BlobCount)
	}
	r.refuseSkipping()
	if _, err := m.NewStream(&r.read); err != nil { // before anything is written
		return sink.Result{}, err
	}
	entry, ready, err := store.Read(ctx)
	if err != nil {
		return sink.Result{}, err
	}
	if ready && entry.idle() && entry.Current.Same(r.version) {
		r.started(&entry)
		return r.result(sink.Unchanged), nil
	}
	return r.load(ctx)
}

// refuseSkipping makes a bad line an error also if the caller's function would skip it.
func (r *run[T]) refuseSkipping() {
	decide := r.read.OnBadLine
	if decide == nil {
		return
	}
	r.read.OnBadLine = func(bad *lineitem.DecodeError) error {
		if err := decide(bad); err != nil {
			return err
		}
		return fmt.Errorf("%w: OnBadLine has skipped a line: %w", sink.ErrPartial, bad)
	}
}

func (r *run[T]) load(ctx context.Context) (sink.Result, error) {
	var stream *manifest.Stream[T]
	err := r.store.Start(ctx, func(e *Entry, complete bool) (err error) {
		if complete && e.Current.Same(r.version) {
			stream = nil
			e.abandon()
		} else if stream = r.resume(e); stream == nil {
			e.begin(r.version)
			stream, err = r.manifest.NewStream(&r.read)
		}
		r.started(e)
		return err
	})
	if err == nil {
		err = r.sweep(ctx)
	}
	if err != nil {
		return sink.Result{}, err
	}
	if stream == nil {
		return r.result(sink.Unchanged), nil
	}
	if err := r.all(ctx, stream); err != nil {
		return sink.Result{}, err
	}
	return r.finish(ctx)
}

// resume returns a stream of the rows that the load in progress lacks, nil if it cannot be resumed.
func (r *run[T]) resume(e *Entry) *manifest.Stream[T] {
	if e.Next.Number == 0 || e.Checkpoint == "" || !e.Next.Same(r.version) {
		return nil
	}
	checkpoint, err := manifest.ParseCheckpoint(e.Checkpoint)
	if err != nil || checkpoint.Rows() != e.Next.Rows {
		return nil // of another version of the SDK: the load begins again
	}
	o := r.read
	o.Resume = checkpoint
	stream, err := r.manifest.NewStream(&o)
	if err != nil {
		return nil // such as another list of blobs: it begins again
	}
	e.Next.ManifestID = r.version.ManifestID
	return stream
}

// all inserts the rows of a stream.
func (r *run[T]) all(ctx context.Context, stream *manifest.Stream[T]) error {
	for batch, err := range stream.Batches(ctx) {
		if err != nil {
			return err
		}
		r.rows = append(r.rows, batch.Rows...)
		for i := range batch.Rows {
			r.at = append(r.at, batch.Position(i))
		}
		if len(r.rows) < r.limit {
			continue
		}
		checkpoint, err := checkpointText(batch.Checkpoint())
		if err == nil {
			err = r.commit(ctx, checkpoint)
		}
		if err != nil {
			return err
		}
	}
	checkpoint, err := checkpointText(stream.Checkpoint())
	if err == nil {
		err = r.commit(ctx, checkpoint)
	}
	if err != nil {
		return err
	}
	return r.verify(stream.Report())
}

func (r *run[T]) commit(ctx context.Context, checkpoint string) error {
	if err := r.flush(ctx, checkpoint); err != nil {
		return err
	}
	if r.onCommit != nil {
		r.onCommit(r.entry.Next.Rows)
	}
	return nil
}

// checkpointText returns the text of a checkpoint, "" where there is none: CSV, and a manifest
// without an eTag, cannot be resumed.
func checkpointText(c *manifest.Checkpoint, err error) (string, error) {
	switch {
	case err == nil:
		return c.String(), nil
	case errors.Is(err, manifest.ErrCheckpoint):
		return "", nil
	default:
		return "", err
	}
}

// verify makes sure that the rows are those of the whole export.
func (r *run[T]) verify(report manifest.Report) error {
	total := &report.Total
	if !total.Verified || total.Skipped != 0 || total.Rows+report.Earlier != r.entry.Next.Rows {
		return fmt.Errorf("%w: %d rows were read, %d inserted, %d lines skipped", sink.ErrPartial, total.Rows+report.Earlier, r.entry.Next.Rows, total.Skipped)
	}
	if r.read.AllowMissing {
		return nil
	}
	return report.CheckAttributes() // a selection of all blobs is a whole export
}
