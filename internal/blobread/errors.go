package blobread

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// Why a blob cannot be read. Package manifest exports all but ErrRecreated, with documentation.
var (
	ErrUntrusted   = errors.New("untrusted storage location")
	ErrSAS         = errors.New("shared access signature not usable")
	ErrDenied      = errors.New("access to storage denied")
	ErrDataChanged = errors.New("the export's data changed")
	ErrBlobChanged = errors.New("blob changed while it was read")
	ErrBlobMissing = errors.New("blob is missing")
	ErrBadResponse = errors.New("unexpected response from storage")
	ErrUnavailable = errors.New("storage unavailable")

	// ErrRecreated says that a blob cannot be continued at its byte: the export was made again,
	// below another root, where the blob has other bytes, which may well be the same text.
	// [Reader.Restart] reads it from its beginning.
	ErrRecreated = errors.New("blob was recreated")
)

// Error is a blob that could not be read to its end.
type Error struct {
	Blob       string
	Offset     int64
	StatusCode int
	Code       string
	RequestID  string
	Reason     string
	Err        error // one of the errors of this package, or a context error
	Cause      error
}

// Error returns the blob, the kind and the reason in one line.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Blob != "" {
		fmt.Fprintf(&b, "blob %q at byte %d: ", e.Blob, e.Offset)
	}
	b.WriteString(e.Err.Error())
	if e.Reason != "" {
		b.WriteString(": " + e.Reason)
	}
	b.WriteString(responseText(e.StatusCode, e.Code, e.RequestID))
	return b.String()
}

// responseText identifies a response in the text of an error; it is empty where there was none.
func responseText(status int, code, id string) string {
	if status == 0 {
		return ""
	}
	text := fmt.Sprintf(" (HTTP %d", status)
	if code != "" {
		text += " " + code
	}
	if id != "" {
		text += ", request " + id
	}
	return text + ")"
}

// Unwrap returns the kind and the cause.
func (e *Error) Unwrap() []error {
	switch {
	case e.Cause == nil:
		return []error{e.Err}
	case errors.Is(e.Cause, io.EOF):
		// io.EOF is the regular end, which this is not.
		return []error{e.Err, io.ErrUnexpectedEOF}
	}
	return []error{e.Err, e.Cause}
}
