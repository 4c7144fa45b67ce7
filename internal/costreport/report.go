// Package costreport is a cost details report of any size, in the memory of a small one, with the
// services that make and deliver it. Tests and benchmarks of costmgmt read it.
package costreport

import (
	"fmt"
	"io"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// distinct is the number of rows of a blob that are made. They repeat.
const distinct = 5000

// Report is a report and, as a transporter, Resource Manager and the storage account that holds
// it.
type Report struct{ Blobs [4]Blob }

// New returns a report of rows in the euro, whose number is rounded down to a multiple of 20,000.
func New(rows int) *Report {
	r := new(Report)
	for i := range r.Blobs {
		r.Blobs[i] = Blob{Rows: makeRows(uint64(i), distinct), Times: rows / len(r.Blobs) / distinct}
	}
	return r
}

// Size returns the number of bytes of all blobs.
func (r *Report) Size() (n int64) {
	for _, b := range r.Blobs {
		n += b.Size()
	}
	return n
}

// Blob is a header and rows that come a number of times.
type Blob struct {
	Rows  []byte // CSV, without the header
	Times int
}

// Size returns the number of bytes of a blob.
func (b Blob) Size() int64 { return int64(len(header)) + int64(len(b.Rows))*int64(b.Times) }

// Open returns the bytes of a blob from an offset on.
func (b Blob) Open(from int64) io.Reader { return io.NewSectionReader(b, from, b.Size()-from) }

// ReadAt implements io.ReaderAt.
func (b Blob) ReadAt(p []byte, at int64) (n int, err error) {
	for n < len(p) {
		switch from := at + int64(n); {
		case from >= b.Size():
			return n, io.EOF
		case from < int64(len(header)):
			n += copy(p[n:], header[from:])
		default:
			n += copy(p[n:], b.Rows[(from-int64(len(header)))%int64(len(b.Rows)):])
		}
	}
	return n, nil
}

// Do implements policy.Transporter.
func (r *Report) Do(req *http.Request) (*http.Response, error) {
	res := &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Request: req, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Body: http.NoBody}
	switch {
	case req.Method == http.MethodPost:
		res.StatusCode = http.StatusAccepted
		res.Header.Set("Location", "https://management.azure.com/operations/1")
		res.Header.Set("Retry-After", "1")
	case req.URL.Host == "management.azure.com":
		res.Body = io.NopCloser(strings.NewReader(`{"status":"Completed","manifest":` + r.document() + `}`))
	default:
		i, err := strconv.Atoi(path.Base(req.URL.Path))
		if err != nil || i < 0 || i >= len(r.Blobs) {
			return nil, fmt.Errorf("costreport: no blob has the path %s", req.URL.Path)
		}
		size, from := r.Blobs[i].Size(), int64(0)
		if _, err := fmt.Sscanf(req.Header.Get("Range"), "bytes=%d-", &from); err == nil {
			res.StatusCode = http.StatusPartialContent
			res.Header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, size-1, size))
		}
		res.Header.Set("ETag", `"1"`)
		res.ContentLength = size - from
		res.Body = io.NopCloser(r.Blobs[i].Open(from))
	}
	return res, nil
}

// document returns the report's manifest.
func (r *Report) document() string {
	var links []string
	for i, b := range r.Blobs {
		links = append(links, fmt.Sprintf(`{"blobLink":"https://account.blob.core.windows.net/c/%d?sp=r&se=2099-01-01&sig=s%d","byteCount":%d}`, i, i, b.Size()))
	}
	return `{"manifestVersion":"2022-05-01","dataFormat":"Csv","blobCount":4,"compressData":false,"requestContext":{},"blobs":[` + strings.Join(links, ",") + `]}`
}
