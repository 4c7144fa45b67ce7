package billingtest

import (
	"context"
	"crypto/md5" //nolint:gosec // what Azure Storage computes
	"encoding/base64"
	"encoding/binary"
	"hash/crc64"
	"io"
	"net/http"
	"strings"
)

// Headers with checksums.
const (
	headerRangeMD5  = "X-Ms-Range-Get-Content-Md5"
	headerRangeCRC  = "X-Ms-Range-Get-Content-Crc64"
	headerMD5       = "Content-Md5"
	headerBlobMD5   = "X-Ms-Blob-Content-Md5"
	headerCRC       = "X-Ms-Content-Crc64"
	checkedRangeMax = 4 << 20
)

// storageCRC is the table of Azure Storage's CRC64.
var storageCRC = crc64.MakeTable(0x9A6C9329AC4BC9B5)

// addChecksums sets the checksums that Azure sends with the bytes first to next-1 of a blob: of a
// range if the client asks for it and the range is not too long, and that of the whole blob if the
// blob has one.
func (s *Server) addChecksums(x *Exchange, b *blob, header http.Header, first, next int64, partial bool) (*storageError, error) {
	if e := checkedRange(x.Request.Header, next-first, partial); e != nil {
		return e, nil
	}
	ctx := x.Request.Context()
	if b.hasMD5() {
		sum, err := b.contentMD5(ctx, s.cache)
		if err != nil {
			return nil, err
		}
		if partial {
			header.Set(headerBlobMD5, sum)
		} else {
			header.Set(headerMD5, sum)
		}
	}
	if !partial || !isTrue(x.Request.Header, headerRangeMD5) && !isTrue(x.Request.Header, headerRangeCRC) {
		return nil, nil //nolint:nilnil // neither an error of the service nor one of the connection
	}
	data, err := io.ReadAll(b.open(ctx, first, next, s.cache))
	if err != nil {
		return nil, err
	}
	if isTrue(x.Request.Header, headerRangeMD5) {
		header.Set(headerMD5, encodedMD5(data))
	}
	if isTrue(x.Request.Header, headerRangeCRC) {
		var sum [8]byte
		binary.LittleEndian.PutUint64(sum[:], crc64.Checksum(data, storageCRC))
		header.Set(headerCRC, base64.StdEncoding.EncodeToString(sum[:]))
	}
	return nil, nil //nolint:nilnil // as above
}

// checkedRange rejects a request for the checksum of no range, of one longer than 4 MiB, and of
// both checksums.
func checkedRange(h http.Header, length int64, partial bool) *storageError {
	name := headerRangeMD5
	if isTrue(h, headerRangeCRC) {
		name = headerRangeCRC
	}
	both := isTrue(h, headerRangeMD5) && isTrue(h, headerRangeCRC)
	if !isTrue(h, name) || partial && length <= checkedRangeMax && !both {
		return nil
	}
	return &storageError{
		status: http.StatusBadRequest, code: "InvalidHeaderValue", message: "The value for one of the HTTP headers is not in the correct format.",
		headerName: strings.ToLower(name),
	}
}

func isTrue(h http.Header, name string) bool { return strings.EqualFold(h.Get(name), "true") }

func encodedMD5(data []byte) string {
	sum := md5.Sum(data) //nolint:gosec // as above
	return base64.StdEncoding.EncodeToString(sum[:])
}

// hasMD5 reports whether the blob has the property Content-MD5.
func (b *blob) hasMD5() bool { return b.content.md5 }

// contentMD5 returns the MD5 of the whole blob. The first call computes it.
func (b *blob) contentMD5(ctx context.Context, cache *segmentCache) (string, error) {
	b.mu.Lock()
	sum := b.md5
	b.mu.Unlock()
	if sum != "" {
		return sum, nil
	}
	size, err := b.size(ctx, cache)
	if err != nil {
		return "", err
	}
	h := md5.New() //nolint:gosec // as above
	if _, err := io.Copy(h, b.open(ctx, 0, size, cache)); err != nil {
		return "", err
	}
	sum = base64.StdEncoding.EncodeToString(h.Sum(nil))
	b.mu.Lock()
	defer b.mu.Unlock()
	b.md5 = sum
	return sum, nil
}
