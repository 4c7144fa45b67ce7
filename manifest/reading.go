package manifest

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/partnerbilling/sdk-go/internal/blobread"
	"github.com/partnerbilling/sdk-go/internal/blobtext"
	"github.com/partnerbilling/sdk-go/internal/gunzip"
	"github.com/partnerbilling/sdk-go/internal/lines"
	"github.com/partnerbilling/sdk-go/lineitem"
)

// reading is a blob that is being read, block by block.
type reading struct {
	blob     int // index in the plan
	name     string
	sections int // read so far
	text     *blobtext.Reader
	lines    *lines.Blocks // nil until the format is known
	judgment *judgment     // of the format; nil: the manifest says it
	maxBytes int64         // of text; 0: no limit
	maxLine  int           // in bytes
	empty    bool          // it may have no bytes
	header   *header
}

// newReading opens a blob of the plan; nothing is sent yet. text may have been used for another
// blob.
func newReading(ctx context.Context, p *plan, blob int, text *gunzip.Reader) *reading {
	b := &p.blobs[blob]
	bytes := blobread.Open(ctx, p.export.source, b.Blob, p.options.limits(), p.throttle)
	r := &reading{
		blob: blob, name: b.Name, maxBytes: p.options.MaxBlobBytes, empty: b.empty,
		text: blobtext.New(bytes, text, !p.options.AllowPlain, blobtext.Known{Sum: b.from.sum(), Offset: b.from.at.offset}),
	}
	if r.judgment, r.maxLine = p.judgment, p.options.MaxLineBytes; r.judgment != nil {
		return r
	}
	r.lines = lines.NewBlocksAt(r.text, r.maxLine, max(1, b.from.at.line), b.from.at.offset)
	r.lines.Quoted, r.lines.SkipBlank = p.format == lineitem.FormatCSV, true
	return r
}

// next reads the next lines of the blob. The error ends the blob, and so does s.until.done.
func (r *reading) next(s *section) (err error) {
	s.number = r.sections
	r.sections++
	if r.lines == nil {
		if err := r.judge(r.maxLine); err != nil {
			*s.block = lines.Block{}
			return err
		}
	}
	ended := r.lines.Next(s.block)
	s.until.at = lineStart{s.block.Number(s.block.Lines()), s.block.Offset(s.block.Lines())}
	switch {
	case ended != nil:
		err = r.end(ended, s)
		s.until.done = err == nil
	case r.maxBytes > 0 && s.until.at.offset > r.maxBytes:
		*s.block = lines.Block{} // not even the rows below the limit
		err = readError(r.text.Blob().Fail(ErrBlobTooLarge, fmt.Sprintf("it has more than %d bytes", r.maxBytes)))
	case r.lines.Quoted:
		r.header = s.takeHeader(r.header)
	}
	s.until.read, s.until.ahead = r.text.Sum(), r.lines.Ahead()
	b := r.text.Blob()
	s.report.Size, s.report.Bytes = b.Size(), b.Offset()
	s.report.Reopened, s.report.ContentEncoding = b.Reopened(), b.ContentEncoding()
	return err
}

// end returns the error with which the lines ended, nil if the blob is complete.
func (r *reading) end(err error, s *section) error {
	_, unread := errors.AsType[*blobread.Error](err)
	switch {
	case err == io.EOF && r.text.Blob().Size() == 0 && !r.empty: //nolint:errorlint // The end is io.EOF itself.
		return readError(r.text.Blob().Fail(ErrIncomplete, "it has no bytes, and the manifest does not say so; "+
			"run the export again, or set ReadOptions.AllowEmpty if such blobs are expected"))
	case err == io.EOF && r.text.Blob().Complete(): //nolint:errorlint // The end is io.EOF itself.
		return nil
	case err == io.EOF: //nolint:errorlint // As above.
		return readError(r.text.Blob().Fail(ErrBadResponse, "the rows ended before the blob did"))
	case unread:
		return readError(err)
	case errors.Is(err, lines.ErrTooLong):
		err = lineitem.ErrLineTooLong
	case errors.Is(err, lineitem.ErrCorrupt), errors.Is(err, lineitem.ErrNotGzip):
	default:
		return fmt.Errorf("manifest: blob %q: %w", r.name, err)
	}
	return &lineitem.DecodeError{Position: s.at(0), Err: err}
}

// close closes the connection.
func (r *reading) close() {
	// There is nothing to report.
	_ = r.text.Close()
}
