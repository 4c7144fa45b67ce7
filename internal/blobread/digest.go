package blobread

import (
	"bytes"
	"crypto/md5" //nolint:gosec // It is what storage has of a blob; it finds damage, not attacks.
	"encoding/base64"
	"hash"
	"net/http"
)

// Headers with an MD5. That of the whole blob is in the second where the response is a range, and
// the first is then that of the range.
const (
	headerMD5     = "Content-Md5"
	headerBlobMD5 = "X-Ms-Blob-Content-Md5"
)

// digest compares what was read of a blob with the MD5 that storage sends, if it does: that of the
// whole blob, which is a property of it, and that of a range. A blob that is compressed with gzip
// has a checksum of its own, so its MD5 is computed only where the owner wants that.
type digest struct {
	always bool // also of gzip

	whole, part sum
	head        []byte // the first byte, before it is known whether it begins gzip
	decided     bool
	off         bool // nothing is compared
}

// sum is an MD5 that was sent, and that of what was read.
type sum struct {
	sent string // as in the header; empty: none
	hash hash.Hash
}

// begin takes the MD5 that the response has at an offset. It returns a failure where that is not
// the MD5 that the blob had before.
func (d *digest) begin(h http.Header, offset int64) *failure {
	d.part = sum{}
	whole := h.Get(headerBlobMD5)
	if offset > 0 {
		d.part.sent = h.Get(headerMD5)
	} else if whole == "" {
		whole = h.Get(headerMD5)
	}
	switch {
	case d.off || whole == "":
	case offset == 0 && d.whole.hash == nil:
		d.whole.sent = whole
	case d.whole.sent != "" && d.whole.sent != whole:
		return badResponse("its MD5 differs from that of the response before, with the same ETag")
	}
	return nil
}

// add takes bytes that were read at an offset.
func (d *digest) add(p []byte, offset int64) {
	if d.off || len(p) == 0 {
		return
	}
	if !d.decided {
		if offset == 0 && len(p) == 1 {
			d.head = []byte{p[0]}
			return
		}
		d.decided = true
		if !d.always && isGzip(d.head, p) {
			d.off = true
			return
		}
		d.write(&d.whole, d.head)
	}
	d.write(&d.whole, p)
	d.write(&d.part, p)
}

// isGzip reports whether head and p together begin with gzip's magic number.
func isGzip(head, p []byte) bool {
	first := append(append(make([]byte, 0, 4), head...), p[:min(len(p), 2)]...)
	return bytes.HasPrefix(first, []byte("\x1f\x8b"))
}

func (d *digest) write(s *sum, p []byte) {
	if d.off || s.sent == "" {
		return
	}
	if s.hash == nil {
		s.hash = md5.New() //nolint:gosec // As above.
	}
	if _, err := s.hash.Write(p); err != nil {
		d.off = true // where MD5 is not allowed at all (FIPS 140-only mode), nothing can be compared
	}
}

// finish compares what was read with what was sent, after the last byte.
func (d *digest) finish() *failure {
	rest := d.head
	if d.decided {
		rest = nil
	}
	d.write(&d.whole, rest)
	d.write(&d.part, nil)
	for _, s := range []*sum{&d.whole, &d.part} {
		if d.off || s.sent == "" {
			continue
		}
		if base64.StdEncoding.EncodeToString(s.hash.Sum(nil)) != s.sent {
			return badResponse("the MD5 of its bytes is not the one that storage has sent: " +
				"they were damaged on the way or in storage; read again, and if that does not help, make a new export")
		}
	}
	return nil
}
