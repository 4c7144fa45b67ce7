package manifest

import (
	"context"
	"fmt"
	"io"
	"iter"
	"slices"
	"time"
)

// Manifest is a finished export: which blobs it consists of, and how to reach
// them. T is the type of its rows.
//
// A Manifest is a value to read. Changes to its fields are honoured by streams made
// afterwards, which check them again as [Parse] does.
type Manifest[T any] struct {
	// ID is the manifest's id; empty where the service gave none.
	ID string
	// ETag changes when the billing data change.
	ETag string
	// SchemaVersion is informational, for instance "2".
	SchemaVersion string
	// DataFormat is "compressedJSON" or "compressedJSONLines", which mean the same: JSON
	// Lines, compressed with gzip. That of a cost details report is "Csv", compressed or
	// not, and that of a price sheet "zip", which has no rows by itself.
	DataFormat string
	// PartitionType says how rows were spread over the blobs. Informational.
	PartitionType string
	// PartnerTenantID is the partner's tenant.
	PartnerTenantID string
	// Created is when the data were prepared, in UTC. That can be days before the
	// export was asked for. Zero where the service gave no readable time.
	Created time.Time
	// RootDirectory is the URL below which the blobs live. It is empty where each blob has
	// its own address, as in a cost details report.
	RootDirectory string
	// SAS opens them; where each blob has its own address, it has its own SAS, too.
	SAS SAS
	// BlobCount is how many blobs the service promises; reading insists on exactly
	// as many.
	BlobCount int
	// Blobs are the parts of the export, in no particular order. They are of no
	// particular size either.
	Blobs []Blob

	options Options
	source  *source
}

// Blob is one part of an export: a gzip file of JSON Lines, or a file of CSV with a header.
type Blob struct {
	// Name is relative to the root directory. Where there is none, it is the path.
	Name string
	// PartitionValue is informational; several blobs may share one.
	PartitionValue string
	// URL is the address of a blob that is in no root directory, without its SAS.
	URL string
	// SAS opens such a blob. It cannot be renewed: the service makes it with the report.
	SAS SAS
	// Size is how long the blob is, in bytes, if the manifest says it; else 0. Reading
	// insists on it.
	Size int64
}

// As gives the same export with rows of another type, for instance a struct with
// just the three columns that matter, which is faster to decode:
//
//	type row struct {
//		Customer string           `json:"CustomerId"`
//		Total    lineitem.Decimal `json:"BillingPreTaxTotal"`
//	}
//	for r, err := range manifest.As[row](m).Items(ctx, nil) { ... }
func As[U, T any](m *Manifest[T]) *Manifest[U] {
	u := Manifest[U](*m)
	u.Blobs = slices.Clone(m.Blobs)
	return &u
}

// Items reads every row of every blob. It does nothing until it is ranged over, and
// reads the export anew each time. An error comes once, as the last element, with
// the zero row; [Stream.All] lists the kinds. Leaving the loop in any way ends all
// that was begun.
func (m *Manifest[T]) Items(ctx context.Context, o *ReadOptions) iter.Seq2[T, error] {
	return ranged(ctx, func() (*Stream[T], error) { return m.NewStream(o) })
}

// BlobItems reads every row of one blob of the manifest, in line order: for a
// fan-out of your own. It behaves as [Manifest.Items]; a blob that is not in the
// manifest is an [*Error] matching [ErrUntrusted].
func (m *Manifest[T]) BlobItems(ctx context.Context, b Blob, o *ReadOptions) iter.Seq2[T, error] {
	return ranged(ctx, func() (*Stream[T], error) { return m.newBlobStream(b, o) })
}

// ranged makes a stream each time the iterator is ranged over.
func ranged[T any](ctx context.Context, open func() (*Stream[T], error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		s, err := open()
		if err != nil {
			var none T
			yield(none, err)
			return
		}
		s.All(ctx)(yield)
	}
}

// NewStream is Items with a Position and a Report. It does no I/O. An error is that
// of [Parse], should the manifest's fields have been changed to something that
// cannot be read, or one that matches [ErrCheckpoint] or [ErrDataChanged], should the
// options have a checkpoint that is not of this export.
func (m *Manifest[T]) NewStream(o *ReadOptions) (*Stream[T], error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	format, err := m.format()
	if err != nil {
		return nil, err
	}
	s := newStream[T](m.reach(), m.Blobs, o, format)
	if from := s.options.Resume; from != nil {
		if err := s.resume(from); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// OpenBlob opens one blob of the manifest for its bytes, as they are stored: a gzip file, or
// an archive. Reading goes on over broken connections as [Manifest.Items] does, with the same
// errors, and io.EOF means that all is there. Close it in the end. Of the options, those
// about rows and lines are not used.
func (m *Manifest[T]) OpenBlob(ctx context.Context, b Blob, o *ReadOptions) (io.ReadCloser, error) {
	if err := m.checkBlob(b); err != nil {
		return nil, err
	}
	options := o.withDefaults()
	r, err := newBlobReader(ctx, m.reach(), b.Name, options.limits(newThrottle(1)))
	if err != nil {
		return nil, fmt.Errorf("manifest: blob %q: %w", b.Name, err)
	}
	return r, nil
}

// checkBlob is what must hold before a single blob is asked for.
func (m *Manifest[T]) checkBlob(b Blob) error {
	if err := m.check(); err != nil {
		return err
	}
	if !slices.ContainsFunc(m.Blobs, func(have Blob) bool { return have.Name == b.Name }) {
		return &Error{Field: "blob", Reason: fmt.Sprintf("%q is not in this manifest", clip(b.Name)), Err: ErrUntrusted}
	}
	return nil
}

func (m *Manifest[T]) newBlobStream(b Blob, o *ReadOptions) (*Stream[T], error) {
	if err := m.checkBlob(b); err != nil {
		return nil, err
	}
	if o != nil && o.Resume != nil {
		return nil, &Error{Field: "Resume", Reason: "it is a whole export's, and this reads one blob; use NewStream", Err: ErrCheckpoint}
	}
	format, err := m.format()
	if err != nil {
		return nil, err
	}
	return newStream[T](m.reach(), []Blob{b}, o, format), nil
}

// reach gives the source shared by all streams of the manifest, so that they share
// a fresh SAS too. Where the caller put another SAS or root into the fields, or made
// the manifest by hand, it is a new one.
func (m *Manifest[T]) reach() *source {
	o := m.origin()
	if m.linked() {
		return newLinkedSource(o, m.Blobs, &m.options)
	}
	if m.source != nil && m.source.describes(o, m.SAS) {
		return m.source
	}
	return newSource(o, m.SAS, &m.options)
}

// origin is what a refreshed manifest must agree with.
func (m *Manifest[T]) origin() origin {
	names := make([]string, len(m.Blobs))
	for i, b := range m.Blobs {
		names[i] = b.Name
	}
	slices.Sort(names)
	return origin{eTag: m.ETag, root: m.RootDirectory, names: names}
}
