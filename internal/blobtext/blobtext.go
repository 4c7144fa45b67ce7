// Package blobtext reads the text of a blob, which may be compressed with gzip.
//
// Part of the text may be known already, from before a checkpoint or from the former root of an
// export that was made again. Then the blob is read from its beginning, the known part is compared
// by its checksum instead of being returned, and the rest follows. So what was returned before and
// what follows are always the same text.
package blobtext

import (
	"errors"
	"fmt"
	"io"

	"github.com/partnerbilling/sdk-go/internal/blobread"
	"github.com/partnerbilling/sdk-go/internal/checksum"
	"github.com/partnerbilling/sdk-go/internal/gunzip"
)

// maxRestarts is how often a blob may be read again without more of its text being found.
const maxRestarts = 3

// Known is the part of a text that is not to be returned again.
type Known struct {
	Sum checksum.Sum // of the known text
	// Offset is where in the known text to begin, mostly its end.
	Offset int64
}

// Reader reads the text of a blob.
type Reader struct {
	blob       *blobread.Reader
	text       *gunzip.Reader
	compressed bool // is required

	known    Known
	held     []byte // of the known text, to be returned
	verified bool   // the known text was found to be the same
	restarts int    // since text was returned
}

// New returns a reader of the text of a blob. It uses text, which may have been used for another
// blob. compressed says that a blob that is not compressed is an error.
func New(blob *blobread.Reader, text *gunzip.Reader, compressed bool, known Known) *Reader {
	text.Reset(blob, compressed)
	return &Reader{blob: blob, text: text, compressed: compressed, known: known}
}

// Blob returns the reader of the blob's bytes, which is another one after the blob was recreated.
func (r *Reader) Blob() *blobread.Reader { return r.blob }

// Close closes the blob.
func (r *Reader) Close() error { return r.blob.Close() }

// Sum returns the sum of the text that was returned, and of the known text before it.
func (r *Reader) Sum() checksum.Sum { return r.text.Sum().Without(checksum.Of(r.held)) }

// Read implements io.Reader.
func (r *Reader) Read(p []byte) (n int, err error) {
	for {
		if err = r.skip(); err == nil && len(r.held) > 0 {
			n = copy(p, r.held)
			r.held = r.held[n:]
		} else if err == nil {
			n, err = r.text.Read(p)
		}
		switch {
		case n > 0:
			r.restarts = 0
			return n, err
		case !errors.Is(err, blobread.ErrRecreated):
			return 0, err
		}
		if err := r.restart(); err != nil {
			return 0, err
		}
	}
}

// skip reads the known text.
func (r *Reader) skip() error {
	if r.verified {
		return nil
	}
	var scratch [4 << 10]byte
	for left := r.known.Sum.Length - r.text.Sum().Length; left > 0; {
		n, err := r.text.Read(scratch[:min(left, int64(len(scratch)))])
		if wanted := r.known.Sum.Length - left + int64(n) - r.known.Offset; wanted > 0 {
			r.held = append(r.held, scratch[max(0, int64(n)-wanted):n]...)
		}
		if left -= int64(n); err == nil {
			continue
		}
		if err == io.EOF { //nolint:errorlint // Readers return io.EOF itself.
			return r.changed(fmt.Sprintf("it is %d bytes shorter than what was read before", left))
		}
		return err
	}
	if r.text.Sum() != r.known.Sum {
		return r.changed("it is not the same as what was read before")
	}
	r.verified = true
	return nil
}

// changed says that the rest of the text does not belong to the known part.
func (r *Reader) changed(how string) error {
	return r.blob.Fail(blobread.ErrDataChanged, "the blob was read again, and "+how+"; start over")
}

// restart begins the blob again, below the export's new root.
func (r *Reader) restart() error {
	if r.restarts++; r.restarts > maxRestarts {
		return r.blob.Fail(blobread.ErrBlobChanged, "it was recreated several times; start over")
	}
	if r.verified {
		r.known.Sum = r.text.Sum()
		r.known.Offset = r.known.Sum.Length
	}
	r.held, r.verified = nil, false
	r.blob = r.blob.Restart()
	r.text.Reset(r.blob, r.compressed)
	return nil
}
