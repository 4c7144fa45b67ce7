package lineitem

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
)

// sourceBuffer is how much compressed data is read at a time.
const sourceBuffer = 64 << 10

// inflater reads a text that may be gzip'd, which its first bytes tell. It reads any
// number of gzip members and ends with io.EOF only after the trailer of each was
// verified. Padding with zeros after the last member is accepted.
type inflater struct {
	src      source
	buf      *bufio.Reader
	gz       *gzip.Reader // nil: not gzip'd
	needGzip bool
	started  bool
	err      error
}

// source remembers the error of the reader below, which the gzip reader would
// report as damaged data.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

func newInflater(r io.Reader, needGzip bool) *inflater {
	in := &inflater{src: source{r: r}, needGzip: needGzip}
	in.buf = bufio.NewReaderSize(&in.src, sourceBuffer)
	return in
}

// Read implements io.Reader. Errors are sticky: those of the source as they are,
// [ErrNotGzip], [ErrCorrupt].
func (in *inflater) Read(p []byte) (n int, err error) {
	if in.err == nil && !in.started {
		in.started = true
		in.err = in.start()
	}
	for in.err == nil && n == 0 && len(p) > 0 {
		if in.gz == nil {
			n, in.err = in.buf.Read(p)
			continue
		}
		n, err = in.gz.Read(p)
		switch {
		case err == io.EOF: //nolint:errorlint // Readers return io.EOF itself.
			in.err = in.nextMember()
		case err != nil:
			in.err = in.damaged(err)
		}
	}
	if n > 0 {
		return n, nil
	}
	return 0, in.err
}

// start looks at the first bytes. No bytes at all are an empty text.
func (in *inflater) start() error {
	magic, err := in.buf.Peek(2)
	if len(magic) == 0 {
		return err
	}
	if len(magic) < 2 || magic[0] != 0x1f || magic[1] != 0x8b {
		if in.src.err != nil && len(magic) < 2 {
			return in.src.err
		}
		if in.needGzip {
			return ErrNotGzip
		}
		return nil
	}
	if in.gz, err = gzip.NewReader(in.buf); err != nil {
		return in.damaged(err)
	}
	in.gz.Multistream(false)
	return nil
}

// nextMember goes on after the end of a verified member.
func (in *inflater) nextMember() error {
	for {
		b, err := in.buf.Peek(1)
		if len(b) == 0 {
			return err // io.EOF: the end; anything else is the source's own
		}
		if b[0] != 0 {
			break
		}
		if _, err := in.buf.Discard(1); err != nil {
			return err
		}
	}
	if err := in.gz.Reset(in.buf); err != nil {
		return in.damaged(err)
	}
	in.gz.Multistream(false)
	return nil
}

// damaged tells damaged data from a source that failed.
func (in *inflater) damaged(err error) error {
	var corrupt flate.CorruptInputError
	switch {
	case in.src.err != nil:
		return in.src.err
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF),
		errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), errors.As(err, &corrupt):
		return ErrCorrupt
	}
	return fmt.Errorf("%w: %w", ErrCorrupt, err)
}
