package manifest

import "github.com/partnerbilling/sdk-go/internal/exportdoc"

// Parse reads the manifest's JSON as Microsoft Graph sends it, as a cost details report of Cost Management
// has it, and as [Manifest.MarshalWithSAS] writes it. It is tolerant about spelling and dates, and strict
// about everything on which money or a secret depends. It does no I/O.
//
// An error is an [*Error] which matches, with errors.Is,
//   - [ErrMalformed]: not a JSON object, or an unsupported dataFormat;
//   - [ErrIncomplete]: blobCount is missing or differs from the list of blobs, or a name is listed
//     twice;
//   - [ErrUntrusted]: the root directory or the name of a blob leads elsewhere;
//   - [ErrSAS]: the token cannot work, or has expired and there is no [Options.Refresh].
//
// An export without blobs is valid and has no rows.
func Parse[T any](data []byte, o *Options) (*Manifest[T], error) {
	d, err := exportdoc.Decode(data)
	if err != nil {
		return nil, malformed()
	}
	return FromDocument[T](d, o)
}

// FromDocument returns the manifest of a document, which only packages of this module can make; users call
// [Parse]. Its errors are those of Parse.
func FromDocument[T any](d exportdoc.Document, o *Options) (*Manifest[T], error) {
	e, err := newExport(d, o)
	if err != nil {
		return nil, err
	}
	return &Manifest[T]{e, whole(e)}, nil
}
