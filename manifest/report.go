package manifest

// Report says what has been read, blob by blob.
type Report struct {
	// Blobs are in the order of the manifest.
	Blobs []BlobReport
	// Total sums up the blobs; its Name and ContentEncoding are empty, and it is
	// Verified if every blob is.
	Total BlobReport
	// Earlier is how many rows came before the checkpoint that the stream began at. They
	// are not counted anywhere else.
	Earlier int64
}

// BlobReport says what has been read of a blob.
type BlobReport struct {
	// Name is the blob's name.
	Name string
	// Size is the blob's length in bytes, as storage gives it; 0 until it was opened.
	Size int64
	// Bytes is how many of them were read.
	Bytes int64
	// Rows is how many rows the loop has got.
	Rows int64
	// Skipped is how many bad lines OnBadLine let pass.
	Skipped int64
	// Blank is how many lines were empty.
	Blank int64
	// Replaced is how many texts held bytes that are not valid UTF-8, each replaced by
	// U+FFFD.
	Replaced int64
	// Reopened is how many times the blob was continued on a new connection.
	Reopened int
	// ContentEncoding is the one that the blob is stored with, if any. It was not
	// applied: rows are inflated because the content is gzip.
	ContentEncoding string
	// Verified says that the blob was read whole: as many bytes as it is long, nothing
	// after them, and a right checksum at the end of each gzip member. Of a blob that was
	// through before the stream's checkpoint it says that the checkpoint says so.
	Verified bool
}

// add puts one blob's numbers into a total.
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
