package billingtest

import (
	"bytes"
	"context"
	"io"
	"sort"
)

// open returns the bytes first to next-1 of the blob.
func (b *blob) open(ctx context.Context, first, next int64, cache *segmentCache) io.ReadCloser {
	if b.fixed != nil {
		return io.NopCloser(bytes.NewReader(b.fixed[first:next]))
	}
	return &blobBody{blob: b, cache: cache, at: first, end: next, ctxErr: ctx.Err}
}

// blobBody generates the bytes of a blob while they are read. It holds at most one segment in
// memory.
type blobBody struct {
	blob    *blob
	cache   *segmentCache
	at, end int64
	part    []byte // rest of the header, segment or trailer that contains at
	packed  bytes.Buffer
	ctxErr  func() error // the request's context
}

// Read implements io.Reader.
func (b *blobBody) Read(p []byte) (int, error) {
	if b.at >= b.end {
		return 0, io.EOF
	}
	if len(b.part) == 0 {
		if err := b.ctxErr(); err != nil {
			return 0, err
		}
		if err := b.load(); err != nil {
			return 0, err
		}
	}
	n := copy(p, b.part[:min(int64(len(b.part)), b.end-b.at)])
	b.part = b.part[n:]
	b.at += int64(n)
	return n, nil
}

// load sets part to the part of the blob that starts at the current offset: from the cache, or
// generated.
func (b *blobBody) load() error {
	x := b.blob.index // made before the response was sent
	switch last := x.starts[len(x.starts)-1]; {
	case b.at < headerLength:
		b.part = gzipHeader[b.at:]
		return nil
	case b.at >= last:
		b.part = x.tail[b.at-last:]
		return nil
	}
	i := sort.Search(len(x.starts), func(i int) bool { return x.starts[i] > b.at }) - 1
	b.part = b.cache.get(b.blob, i)
	if b.part == nil {
		b.packed.Reset()
		if _, err := b.blob.pack(&b.packed, i); err != nil {
			return err
		}
		b.part = b.packed.Bytes()
		b.cache.put(b.blob, i, b.part)
	}
	b.part = b.part[b.at-x.starts[i]:]
	return nil
}

// Close implements io.Closer. There is nothing to release.
func (b *blobBody) Close() error { return nil }
