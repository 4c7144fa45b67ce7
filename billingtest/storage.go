package billingtest

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// storage handles GET and HEAD of blobs.
func (s *Server) storage(x *Exchange) *Response {
	r := x.Request
	if r.Header.Get("Authorization") != "" {
		return (&storageError{
			status: http.StatusUnauthorized, code: "InvalidAuthenticationInfo",
			message: "Authentication information is not given in the correct format. Check the value of Authorization header.",
		}).response(x)
	}
	if e := unsupportedVerb(x); e != nil {
		return e.response(x)
	}
	if e := s.checkSAS(r.URL.Path, r.URL.Query()); e != nil {
		return e.response(x)
	}
	if r.URL.Query().Has("comp") || r.URL.Query().Has("restype") {
		return storageNotImplemented(x)
	}
	b := s.blobAt(r.URL.Path)
	if b == nil {
		return (&storageError{status: http.StatusNotFound, code: "BlobNotFound", message: "The specified blob does not exist."}).response(x)
	}
	return s.sendBlob(x, b)
}

// unsupportedVerb rejects what does not read.
func unsupportedVerb(x *Exchange) *storageError {
	if x.Request.Method == http.MethodGet || x.Request.Method == http.MethodHead {
		return nil
	}
	return &storageError{status: http.StatusMethodNotAllowed, code: "UnsupportedHttpVerb", message: "The resource doesn't support specified Http Verb."}
}

// sendBlob sends a blob, or a range of it.
func (s *Server) sendBlob(x *Exchange, b *blob) *Response {
	r := x.Request
	size, err := b.size(r.Context(), s.cache)
	if err != nil {
		return &Response{Err: err}
	}
	header := storageHeader()
	eTag := `"` + b.eTag + `"`
	header.Set(headerETag, eTag)
	header.Set("Last-Modified", timestamp(b.lastModified()))
	if e := checkConditions(r.Header, eTag, b.lastModified()); e != nil {
		e.header = header
		return e.response(x)
	}
	header.Set("Accept-Ranges", "bytes")
	header.Set(headerContentType, "application/octet-stream")
	header.Set("X-Ms-Blob-Type", "BlockBlob")
	header.Set("X-Ms-Server-Encrypted", "true")

	status, first, next := http.StatusOK, int64(0), size
	from, to, partial := requestedRange(r.Header)
	partial = partial && r.Method == http.MethodGet // Get Blob Properties has no range
	if partial {
		if from >= size {
			return (&storageError{
				status: http.StatusRequestedRangeNotSatisfiable, code: "InvalidRange", message: "The range specified is invalid for the current size of the resource.",
				header: http.Header{headerContentRange: {fmt.Sprintf("bytes */%d", size)}},
			}).response(x)
		}
		status, first, next = http.StatusPartialContent, from, min(to, size-1)+1
		header.Set(headerContentRange, fmt.Sprintf("bytes %d-%d/%d", first, next-1, size))
	}
	refused, err := s.addChecksums(x, b, header, first, next, partial)
	switch {
	case err != nil:
		return &Response{Err: err}
	case refused != nil:
		return refused.response(x)
	}
	header.Set("Content-Length", strconv.FormatInt(next-first, 10))
	resp := &Response{Status: status, Header: header, Length: next - first}
	if r.Method == http.MethodGet && first < next {
		resp.Body = b.open(r.Context(), first, next, s.cache)
	}
	return resp
}

// requestedRange parses x-ms-range or, without it, Range: bytes=a- and bytes=a-b. Other forms are
// ignored, as Azure does.
func requestedRange(h http.Header) (first, last int64, ok bool) {
	text := h.Get(headerStorageRange)
	if text == "" {
		text = h.Get(headerRange)
	}
	text, ok = strings.CutPrefix(text, "bytes=")
	from, to, dash := strings.Cut(text, "-")
	first, err := strconv.ParseInt(from, 10, 64)
	if !ok || !dash || err != nil || first < 0 {
		return 0, 0, false
	}
	if to == "" {
		return first, 1<<63 - 2, true
	}
	last, err = strconv.ParseInt(to, 10, 64)
	return first, last, err == nil && last >= first
}
