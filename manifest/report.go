package manifest

import "github.com/partnerbilling/sdk-go/lineitem"

// Report says what has been read, blob by blob.
type Report struct {
	// Blobs are in the order of the manifest.
	Blobs []BlobReport
	// Total sums up the blobs; its Name and ContentEncoding are empty, and it is Verified if every
	// blob is.
	Total BlobReport
	// Earlier is how many rows came before the checkpoint that the stream resumed from. They are
	// not counted anywhere else.
	Earlier int64
	// Admitted says what was wrong with the manifest and read all the same, because
	// [Options.AllowUnverifiedManifest] is set; nil if nothing was. With it, Verified says less.
	Admitted []string
	// Attributes says how often each attribute of the row type came, in the order of its fields;
	// nil for a type that decodes a row as one value. It is about all blobs, since counts for each
	// would make reports and checkpoints many times as long: to find the blob that lacks an
	// attribute, read each alone (see [Manifest.Select]).
	Attributes []lineitem.AttributeCount
	// Unknown has the names of the attributes that came and have no field in the row type, sorted,
	// 256 at most. A renamed attribute is here by its new name.
	Unknown []string
	// Counted is how many rows Attributes and Unknown are about: those of Total, and those before
	// the checkpoint, unless a version that did not count made it, or a read into another row type.
	Counted int64
}

// BlobReport says what has been read of a blob.
type BlobReport struct {
	// Name is the name of the blob.
	Name string
	// Size is the length of the blob in bytes, as storage reports it; 0 until it was opened.
	Size int64
	// Bytes is how many of them were read.
	Bytes int64
	// Rows is how many rows were delivered.
	Rows int64
	// Skipped is how many bad lines OnBadLine skipped.
	Skipped int64
	// Blank is how many lines were empty.
	Blank int64
	// Replaced is how many strings had bytes that are not valid UTF-8, each replaced by U+FFFD.
	Replaced int64
	// Reopened is how many times the blob was continued on a new connection.
	Reopened int
	// ContentEncoding is the one that the blob is stored with, if any. It was not applied: rows are
	// decompressed because the content is gzip.
	ContentEncoding string
	// Verified says that the blob was read completely: as many bytes as it is long, nothing after
	// them, a right checksum at the end of each gzip member, the promised number of rows, and,
	// where it is compared (see ReadOptions.VerifyMD5), the MD5 that storage has. For a blob that
	// was done before the stream's checkpoint it says that the checkpoint says so.
	Verified bool
}

// add adds one blob's numbers to a total.
func (r *BlobReport) add(b *BlobReport) {
	r.Size += b.Size
	r.Bytes += b.Bytes
	r.Rows += b.Rows
	r.Skipped += b.Skipped
	r.Blank += b.Blank
	r.Replaced += b.Replaced
	r.Reopened += b.Reopened
	r.Verified = r.Verified && b.Verified
}
