package manifest

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/partnerbilling/sdk-go/internal/checksum"
	"github.com/partnerbilling/sdk-go/internal/gunzip"
)

// errMoved says that a blob cannot be continued at its byte: the export was made again,
// in another place, where the blob holds other bytes. They may well mean the same rows.
var errMoved = errors.New("the blob was made again")

// maxRestarts is how often a blob may be read anew without more of its text being found.
const maxRestarts = 3

// content is the text of a blob. Part of it may be known already, from before a
// checkpoint or from the export's former place: then the blob is read from its start,
// that part is compared by its sum instead of being handed out, and the rest follows. So
// what was handed out and what follows are always the same text.
type content struct {
	raw  *blobReader
	text *gunzip.Reader
	open func() (*blobReader, error)
	gzip bool // is required

	known    checksum.Sum // of the text that is compared
	from     int64        // where in it to hand out from, mostly its end
	held     []byte       // what of it is to be handed out
	checked  bool         // it was found to be the same
	restarts int          // since text was handed out
}

// newContent uses a reader of texts that may have been used for another blob. Nothing is
// sent yet.
func newContent(ctx context.Context, s *source, name string, l limits, text *gunzip.Reader, gzip bool, known checksum.Sum, from int64) (*content, error) {
	open := func() (*blobReader, error) { return newBlobReader(ctx, s, name, l) }
	raw, err := open()
	if err != nil {
		return nil, err
	}
	text.Reset(raw, gzip)
	return &content{raw: raw, text: text, open: open, gzip: gzip, known: known, from: from}, nil
}

// sum returns the sum of the text that was handed out, and of what is known before it.
func (c *content) sum() checksum.Sum { return c.text.Sum().Without(checksum.Of(c.held)) }

// Read implements io.Reader.
func (c *content) Read(p []byte) (n int, err error) {
	for {
		if err = c.catchUp(); err == nil && len(c.held) > 0 {
			n = copy(p, c.held)
			c.held = c.held[n:]
		} else if err == nil {
			n, err = c.text.Read(p)
		}
		switch {
		case n > 0:
			c.restarts = 0
			return n, err
		case !errors.Is(err, errMoved):
			return 0, err
		}
		if err := c.restart(); err != nil {
			return 0, err
		}
	}
}

// catchUp reads the text that is known.
func (c *content) catchUp() error {
	if c.checked {
		return nil
	}
	var scratch [4 << 10]byte
	for left := c.known.Length - c.text.Sum().Length; left > 0; {
		n, err := c.text.Read(scratch[:min(left, int64(len(scratch)))])
		if wanted := c.known.Length - left + int64(n) - c.from; wanted > 0 {
			c.held = append(c.held, scratch[max(0, int64(n)-wanted):n]...)
		}
		if left -= int64(n); err == nil {
			continue
		}
		if err == io.EOF { //nolint:errorlint // Readers return io.EOF itself.
			return c.changed(fmt.Sprintf("it has %d bytes of text less", left))
		}
		return err
	}
	if c.text.Sum() != c.known {
		return c.changed("it is not the same")
	}
	c.checked = true
	return nil
}

// changed says that the part that is known cannot be followed by the rest.
func (c *content) changed(how string) error {
	return c.raw.final(&failure{kind: ErrDataChanged, reason: "of the text whose rows came before, " + how + "; start over"})
}

// restart begins the blob again, in the export's new place.
func (c *content) restart() error {
	if c.restarts++; c.restarts > maxRestarts {
		return c.raw.final(&failure{kind: ErrBlobChanged, reason: "it was made again several times; start over"})
	}
	if c.checked {
		c.known = c.text.Sum()
		c.from = c.known.Length
	}
	c.held = nil
	raw, err := c.open()
	if err != nil {
		return err
	}
	_ = c.raw.Close() // has nothing to report
	raw.reopened, raw.refused, raw.budget = c.raw.reopened+1, c.raw.refused, c.raw.budget
	c.raw, c.checked = raw, false
	c.text.Reset(raw, c.gzip)
	return nil
}
