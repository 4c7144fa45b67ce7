package manifest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/partnerbilling/sdk-go/internal/blobread"
)

// What can be wrong with an export. Every error of this package matches at least one of them, or a
// context error, or an error of package lineitem, with [errors.Is].
var (
	// ErrMalformed says that the data is not the JSON of a manifest, for instance because it was
	// truncated, or that its dataFormat is not supported.
	ErrMalformed = errors.New("malformed manifest")

	// ErrIncomplete says that the export is not complete: the number of blobs, or of rows, is not
	// the one that the manifest promises, a blob is listed twice, or a blob has no bytes. A sum
	// over it would be wrong. Run the export again.
	ErrIncomplete = errors.New("incomplete export")

	// ErrUntrusted says that the manifest names a location where an export cannot be: a foreign
	// host, plain http, or a blob outside the root directory. Nothing was sent there. Hosts of your
	// own (a private endpoint, an emulator) are admitted with [Options.StorageHosts].
	ErrUntrusted = blobread.ErrUntrusted

	// ErrSAS says that the shared access signature is unusable, has expired or was refused by
	// storage. A fresh one comes with the operation: poll it again, or make a new export if that no
	// longer exists.
	ErrSAS = blobread.ErrSAS

	// ErrDenied says that storage refused a credential, or that there was no access token within
	// the retry budget; the text has the cause. After status 403 its identity needs the role
	// Storage Blob Data Reader.
	ErrDenied = blobread.ErrDenied

	// ErrDataChanged says that the service now describes other data than those being read. Rows of
	// the two must not be mixed: delete those of this export and read it with ReadOptions.Resume
	// nil. A checkpoint of another export gives this error, too.
	ErrDataChanged = blobread.ErrDataChanged

	// ErrBlobChanged says that a blob was overwritten while it was being read. The rows delivered
	// so far belong to its former content: start over.
	ErrBlobChanged = blobread.ErrBlobChanged

	// ErrBlobMissing says that a blob of the manifest does not exist (any more). Make a new export.
	ErrBlobMissing = blobread.ErrBlobMissing

	// ErrBadResponse says that storage, or a proxy, returned something else than what was
	// requested: another range, another length, a changed encoding, a redirect. Nothing of that
	// response was used. A proxy that rewrites traffic is the usual reason.
	ErrBadResponse = blobread.ErrBadResponse

	// ErrUnavailable says that storage could not be read within the retry budget. The last failure
	// is part of the text. It is safe to read again later.
	ErrUnavailable = blobread.ErrUnavailable

	// ErrBlobTooLarge says that a blob holds more text than [ReadOptions.MaxBlobBytes] allows.
	ErrBlobTooLarge = errors.New("blob holds more text than allowed")

	// ErrSelection says that [Manifest.Select], [Manifest.BlobItems] or [Manifest.OpenBlob] was
	// called with a name that no blob of the manifest has, with no name, or with one name twice.
	// Nothing was requested. [Manifest.Blobs] lists the names.
	ErrSelection = errors.New("invalid selection of blobs")

	// ErrCheckpoint says that a [Checkpoint] cannot be used: its text is damaged, it was written by
	// another version of this package, or it belongs to another selection of blobs. Nothing was
	// read. It also says that none can be made: the rows are CSV, or the manifest has no eTag.
	ErrCheckpoint = errors.New("checkpoint not usable")

	// ErrAttributeMissing says that every row of an export was read, and that an attribute without
	// which the rows cannot be used had a value in none: an amount or its currency. It was renamed,
	// or left out, and a sum would be zero. [ReadOptions.AllowMissing] accepts such an export.
	ErrAttributeMissing = errors.New("required attribute has no value in any row")

	// ErrLeft says that a loop of [Stream.Parallel] was left before its end, so that rows were not
	// read. Return an error of your own from the body to end it on purpose.
	ErrLeft = errors.New("a loop was left before the end of its rows")

	// ErrUsed says that a [Stream] was ranged over for a second time. Make a new one.
	ErrUsed = errors.New("stream was already used")
)

// Error is a manifest, a selection or a checkpoint that was refused before anything was read, or an
// attribute that is missing in all that was read.
type Error struct {
	// Field is the attribute that is wrong, as the service spells it, for instance "blobs[3].name",
	// or "manifest", "selection" or "checkpoint", if the error is about the whole.
	Field string
	// Reason says what is wrong with it and what can be done.
	Reason string
	// Err is one of the sentinel errors of this package.
	Err error
}

// Error returns kind, attribute and reason in one line.
func (e *Error) Error() string {
	if kind := e.Err.Error(); strings.Contains(kind, e.Field) { // "malformed manifest", for instance
		return fmt.Sprintf("manifest: %s: %s", kind, e.Reason)
	}
	return fmt.Sprintf("manifest: %v: %s: %s", e.Err, e.Field, e.Reason)
}

// Unwrap returns the sentinel error.
func (e *Error) Unwrap() error { return e.Err }

// ReadError is a blob that could not be read to its end.
type ReadError struct {
	// Blob is the name of the blob.
	Blob string
	// Offset is the number of bytes of the blob that had been read.
	Offset int64
	// StatusCode is the HTTP status of the response that ended the read, 0 where there was none.
	StatusCode int
	// Code is Azure's error code, for instance "AuthenticationFailed"; empty where there was none.
	Code string
	// RequestID is what Azure's support needs; empty where there was no response.
	RequestID string
	// Reason says what happened and what can be done.
	Reason string
	// Err is one of the sentinel errors of this package, or a context error.
	Err error
	// Cause is the underlying error, nil where there was none.
	Cause error
}

// Error returns the blob, the kind and the reason in one line. It never holds the SAS nor content
// of the export.
func (e *ReadError) Error() string { return "manifest: " + (*blobread.Error)(e).Error() }

// Unwrap returns the sentinel error and the cause.
func (e *ReadError) Unwrap() []error { return (*blobread.Error)(e).Unwrap() }

// readError turns an error about a blob into one of this package, and returns others as they are.
func readError(err error) error {
	if e, ok := errors.AsType[*blobread.Error](err); ok {
		return (*ReadError)(e)
	}
	return err
}

// readStuck is the error of a stream whose context ended while it waited for rows: that of a blob
// that was waiting to be retried, if there is one.
func readStuck(ctx context.Context, t *blobread.Throttle) error {
	if err := t.Stuck(ctx); err != nil {
		return readError(err)
	}
	return readCanceled(ctx)
}

// readCanceled is the error of a stream whose context ended.
func readCanceled(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if err == cause { //nolint:errorlint // Asks whether there is a cause of its own.
		return fmt.Errorf("manifest: read canceled: %w", err)
	}
	return fmt.Errorf("manifest: read canceled: %w: %w", err, cause)
}
