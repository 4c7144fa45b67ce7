package manifest

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// What can be wrong with an export. Every error of this package matches at
// least one of them, or a context error, or an error of package lineitem, with
// [errors.Is].
var (
	// ErrMalformed says that the manifest is not the JSON that it should be:
	// cut off, of another shape, or in a data format this package cannot read.
	ErrMalformed = errors.New("malformed manifest")

	// ErrIncomplete says that the manifest cannot stand for a whole export: the
	// number of blobs is not the number it promises, or a blob is listed twice.
	// Nothing was read, because a sum over it would be wrong. Ask for the export
	// again.
	ErrIncomplete = errors.New("incomplete export")

	// ErrUntrusted says that the manifest points away from where an export may
	// live: a foreign host, plain http, or a blob outside the root directory.
	// Nothing was sent there. Hosts of your own (a private endpoint, an emulator)
	// are admitted with [Options.StorageHosts].
	ErrUntrusted = errors.New("untrusted storage location")

	// ErrSAS says that the shared access signature is unusable, has expired or was
	// refused by storage. A fresh one comes with the operation: poll it again, or
	// make a new export if that is gone.
	ErrSAS = errors.New("shared access signature not usable")

	// ErrDataChanged says that the service now describes another export than the
	// one being read. Rows of the two must not be mixed: start over.
	ErrDataChanged = errors.New("the export's data changed")

	// ErrBlobChanged says that a blob was overwritten while it was being read. The
	// rows handed out so far belong to its former content: start over.
	ErrBlobChanged = errors.New("blob changed while it was read")

	// ErrBlobMissing says that a blob of the manifest is not there (any more). Make
	// a new export.
	ErrBlobMissing = errors.New("blob is missing")

	// ErrBadAnswer says that storage, or something between it and this program,
	// answered with something else than what was asked for: another range, another
	// length, a changed encoding, a redirect. Nothing of that answer was used.
	// A proxy that rewrites traffic is the usual reason.
	ErrBadAnswer = errors.New("unexpected answer from storage")

	// ErrUnavailable says that storage could not be read within the budget of tries
	// and time. The last failure is part of the text. Reading again later is safe.
	ErrUnavailable = errors.New("storage unavailable")

	// ErrBlobTooLarge says that a blob holds more text than [ReadOptions.MaxBlobBytes]
	// allows.
	ErrBlobTooLarge = errors.New("blob holds more text than allowed")

	// ErrCheckpoint says that a [Checkpoint] is damaged, from another version, or cannot be
	// made. Nothing was read.
	ErrCheckpoint = errors.New("checkpoint not usable")

	// ErrLeft says that a loop of [Stream.Parallel] was left before its end, so that rows
	// were not read. Return an error of your own from the body to end it on purpose.
	ErrLeft = errors.New("a loop was left before the end of its rows")

	// ErrUsed says that a [Stream] was ranged over for a second time. Make a new one.
	ErrUsed = errors.New("stream was already used")
)

// Error is the refusal of a manifest, before anything was read.
type Error struct {
	// Field is the attribute that is at fault, as the service spells it, for
	// instance "blobs[3].name".
	Field string
	// Reason says what is wrong with it and what can be done.
	Reason string
	// Err is one of the sentinel errors of this package.
	Err error
}

// Error gives kind, attribute and reason in one line.
func (e *Error) Error() string {
	return fmt.Sprintf("manifest: %v: %s: %s", e.Err, e.Field, e.Reason)
}

// Unwrap gives the sentinel error.
func (e *Error) Unwrap() error { return e.Err }

// ReadError is a blob that could not be read to its end.
type ReadError struct {
	// Blob is the blob's name.
	Blob string
	// Offset is the number of bytes of the blob that had been read.
	Offset int64
	// StatusCode is the HTTP status of the answer that ended the reading, 0 where
	// there was none.
	StatusCode int
	// Code is Azure's error code, for instance "AuthenticationFailed"; empty where
	// there was none.
	Code string
	// RequestID is what Azure's support asks for; empty where there was no answer.
	RequestID string
	// Reason says what happened and what can be done.
	Reason string
	// Err is one of the sentinel errors of this package, or a context error.
	Err error
	// Cause is the error underneath, nil where there was none.
	Cause error
}

// Error gives the blob, the kind and the reason in one line. It never holds the
// SAS nor content of the export.
func (e *ReadError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "manifest: blob %q at byte %d: %v", e.Blob, e.Offset, e.Err)
	if e.Reason != "" {
		b.WriteString(": " + e.Reason)
	}
	switch {
	case e.StatusCode != 0 && e.Code != "":
		fmt.Fprintf(&b, " (HTTP %d %s", e.StatusCode, e.Code)
	case e.StatusCode != 0:
		fmt.Fprintf(&b, " (HTTP %d", e.StatusCode)
	default:
		return b.String()
	}
	if e.RequestID != "" {
		b.WriteString(", request " + e.RequestID)
	}
	b.WriteString(")")
	return b.String()
}

// Unwrap gives the sentinel error and the cause.
func (e *ReadError) Unwrap() []error {
	switch {
	case e.Cause == nil:
		return []error{e.Err}
	case errors.Is(e.Cause, io.EOF):
		// io.EOF is how a reading ends well, and this one did not.
		return []error{e.Err, io.ErrUnexpectedEOF}
	}
	return []error{e.Err, e.Cause}
}
