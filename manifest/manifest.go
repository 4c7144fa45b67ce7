package manifest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"

	"github.com/partnerbilling/sdk-go/internal/blobread"
	"github.com/partnerbilling/sdk-go/internal/exportdoc"
)

// Manifest is a finished export, or a part of one: which blobs it consists of, and how to reach
// them. T is the type of its rows. [Parse] and package poller return manifests. A Manifest cannot
// be changed, and is safe for concurrent use.
type Manifest[T any] struct {
	export  *export
	part    *selection
	dataset dataset
}

// Parse reads the manifest's JSON as Microsoft Graph sends it, as a cost details report of Cost
// Management has it, and as [Manifest.MarshalWithSAS] writes it. It is tolerant about spelling and
// dates, and strict about everything on which money or a secret depends. It does no I/O.
//
// An error is an [*Error] which matches, with errors.Is,
//   - [ErrMalformed]: not a JSON object, or an unsupported dataFormat;
//   - [ErrIncomplete]: blobCount is missing or differs from the list of blobs, or a name is listed
//     twice;
//   - [ErrUntrusted]: the root directory or the name of a blob leads elsewhere;
//   - [ErrSAS]: the token cannot work. Whether it has expired, storage decides when it is read.
//
// An export without blobs is valid and has no rows.
func Parse[T any](data []byte, o *Options) (*Manifest[T], error) {
	d, err := exportdoc.Decode(data)
	if err != nil {
		return nil, malformed()
	}
	return FromDocument[T](d, o)
}

// FromDocument is for the other packages of this module, since the type of d is internal. Call
// [Parse] instead. The errors are those of Parse.
func FromDocument[T any](d exportdoc.Document, o *Options) (*Manifest[T], error) {
	e, err := newExport(d, o)
	if err != nil {
		return nil, err
	}
	return &Manifest[T]{e, whole(e), datasetOf[T]()}, nil
}

// As returns the same export with rows of another type, for instance a struct with just the three
// columns that are needed, which is faster to decode:
//
//	type row struct {
//		Customer string           `json:"CustomerId"`
//		Total    lineitem.Decimal `json:"BillingPreTaxTotal"`
//	}
//	for r, err := range manifest.As[row](m).Items(ctx, nil) { ... }
//
// A field for an attribute that the export's dataset does not have would stay zero. Where the
// dataset is known, which it is for a manifest with rows of lineitem.Usage or
// lineitem.Reconciliation, [Manifest.NewStream] returns an error that suggests the nearest name,
// and Items and BlobItems yield it; see [ReadOptions.AllowUnknownAttributes].
//
// Both manifests share the SAS: when a stream of one refreshes it, the other has the fresh one.
func As[U, T any](m *Manifest[T]) *Manifest[U] { return &Manifest[U]{m.export, m.part, m.dataset} }

// Info returns what describes the export.
func (m *Manifest[T]) Info() Info {
	if m.export == nil {
		return Info{}
	}
	d := &m.export.doc
	root, _ := m.export.current()
	return Info{
		ID: d.ID, ETag: d.ETag, SchemaVersion: d.SchemaVersion, DataFormat: d.DataFormat,
		PartitionType: d.PartitionType, PartnerTenantID: d.PartnerTenantID, Created: d.Created,
		RootDirectory: root, BlobCount: len(d.Blobs),
	}
}

// SAS returns the current SAS, which a stream may have refreshed. Where each blob has its own, it
// is zero.
func (m *Manifest[T]) SAS() SAS {
	if m.export == nil {
		return SAS{}
	}
	_, s := m.export.current()
	return s
}

// Blobs returns a copy of the list of blobs, in the order of the service, or that of
// [Manifest.Select].
func (m *Manifest[T]) Blobs() []Blob {
	if m.export == nil {
		return nil
	}
	blobs := make([]Blob, len(m.part.blobs))
	for i, b := range m.part.blobs {
		blobs[i] = m.export.blobs[b]
	}
	return blobs
}

// Blob returns the blob with a name, and whether there is one.
func (m *Manifest[T]) Blob(name string) (Blob, bool) {
	if m.export == nil {
		return Blob{}, false
	}
	i, err := m.part.find(m.export, name)
	if err != nil {
		return Blob{}, false
	}
	return m.export.blobs[i], true
}

// Select returns a manifest of some of the blobs, in the order of the names, for instance to
// distribute an export over several machines. Its streams and their reports are about these blobs
// alone, and a checkpoint of one is resumed with the same selection. A refresh still requires the
// whole export to be unchanged.
//
// A name that no blob of the manifest has, a name that is repeated, and no name at all are an
// [*Error] matching [ErrSelection].
func (m *Manifest[T]) Select(names ...string) (*Manifest[T], error) {
	if m.export == nil {
		return nil, errZero
	}
	part, err := m.part.choose(m.export, names)
	if err != nil {
		return nil, err
	}
	return &Manifest[T]{m.export, part, m.dataset}, nil
}

// Items reads every row of every blob. It does nothing until it is ranged over, and reads the
// export anew each time. An error comes once, as the last element, with the zero row; [Stream.All]
// lists the kinds. Leaving the loop in any way ends everything that was started.
//
// Always take both variables: "for range m.Items(ctx, nil)" and "for item := range" compile, but
// drop the error and count its zero row. The linter errcheck, which golangci-lint runs by default,
// reports both; go vet does not.
func (m *Manifest[T]) Items(ctx context.Context, o *ReadOptions) iter.Seq2[T, error] {
	return rowsOf(ctx, func() (*Stream[T], error) { return m.NewStream(o) })
}

// BlobItems reads every row of one blob of the manifest, in line order, for a fan-out of your own.
// It behaves as [Manifest.Items]. The blob is found by its name; if no blob of the manifest has it,
// the error is an [*Error] matching [ErrSelection].
func (m *Manifest[T]) BlobItems(ctx context.Context, b Blob, o *ReadOptions) iter.Seq2[T, error] {
	return rowsOf(ctx, func() (*Stream[T], error) {
		if o != nil && o.Resume != nil {
			return nil, &Error{Field: "Resume", Reason: "checkpoints are of streams, and this reads one blob; use NewStream", Err: ErrCheckpoint}
		}
		one, err := m.Select(b.Name)
		if err != nil {
			return nil, err
		}
		return one.NewStream(o)
	})
}

// rowsOf makes a stream each time the iterator is ranged over.
func rowsOf[T any](ctx context.Context, open func() (*Stream[T], error)) iter.Seq2[T, error] {
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

// NewStream is Items with positions, checkpoints and a report. It does no I/O. The error matches
// [ErrMalformed] if there are no rows to read, and [ErrCheckpoint] or [ErrDataChanged] if the
// options have a checkpoint that is not of this export or not of the same selection of its blobs,
// and [lineitem.ErrUnknownAttribute] if T has a field for an attribute that the dataset lacks.
func (m *Manifest[T]) NewStream(o *ReadOptions) (*Stream[T], error) {
	if m.export == nil {
		return nil, errZero
	}
	attributes, err := attributesOf[T](m.dataset)
	if err != nil {
		attributes = nil // the error comes with the first rows, as their decoder's
	}
	p, err := newPlan(m.export, m.part, attributes, o)
	if err != nil {
		return nil, err
	}
	if !p.options.AllowUnknownAttributes {
		if err := checkAttributes[T](m.dataset); err != nil {
			return nil, err
		}
	}
	return newStream[T](p), nil
}

// OpenBlob opens one blob of the manifest for its bytes, as they are stored: a gzip file, or an
// archive. Reading continues over broken connections as [Manifest.Items] does, with the same
// errors, and io.EOF means that every byte was read. Close it in the end. Options about rows and
// lines are not used. A blob whose name is not in the manifest is an [*Error] matching
// [ErrSelection].
func (m *Manifest[T]) OpenBlob(ctx context.Context, b Blob, o *ReadOptions) (io.ReadCloser, error) {
	if m.export == nil {
		return nil, errZero
	}
	i, err := m.part.find(m.export, b.Name)
	if err != nil {
		return nil, err
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	options := o.withDefaults()
	promised := &m.export.doc.Blobs[i]
	blob := blobread.Blob{Name: promised.Name, Size: promised.Size, VerifyMD5: options.VerifyMD5}
	return blobBytes{blobread.Open(ctx, m.export.source, blob, options.limits(), blobread.NewThrottle(1))}, nil
}

// blobBytes is a blob whose errors are those of this package.
type blobBytes struct{ *blobread.Reader }

// Read implements io.Reader.
func (b blobBytes) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	return n, readError(err)
}

// errZero is returned for the zero Manifest.
var errZero = &Error{Field: "manifest", Reason: "it is the zero value; Parse and pollers return manifests", Err: ErrMalformed}

// MarshalWithSAS returns the whole export as JSON in the form of Microsoft Graph, with the current
// SAS in it, for a store or another machine; [Parse] reads it back. A selection is not part of it.
// Whoever holds the result can read the export until the SAS expires: treat it as a secret. An
// export that is read with a credential has no SAS, which is an error matching [ErrSAS].
func (m *Manifest[T]) MarshalWithSAS() ([]byte, error) {
	if m.export == nil {
		return nil, errZero
	}
	d, err := m.export.document()
	if err != nil {
		return nil, err
	}
	data, err := d.Marshal()
	if err != nil {
		return nil, fmt.Errorf("manifest: marshal: %w", err)
	}
	return data, nil
}

// MarshalJSON returns what [Manifest.Info], [Manifest.SAS] and [Manifest.Blobs] return, with each
// SAS as REDACTED: for logs. [Parse] does not read it.
func (m Manifest[T]) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Info
		SAS   SAS
		Blobs []Blob
	}{m.Info(), m.SAS(), m.Blobs()})
}

// String returns the manifest's ID, eTag and number of blobs in one line.
func (m Manifest[T]) String() string {
	info, chosen := m.Info(), 0
	if m.part != nil {
		chosen = len(m.part.blobs)
	}
	return fmt.Sprintf("manifest %q, eTag %q, %d of %d blobs", info.ID, info.ETag, chosen, info.BlobCount)
}

// Format writes [Manifest.String], whatever the verb.
func (m Manifest[T]) Format(f fmt.State, _ rune) {
	// A failed write is reported by fmt.
	_, _ = io.WriteString(f, m.String())
}
