package blobread

import (
	"context"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
)

// Source is where blobs are, and how requests for them are authorized. [NewRooted] and [NewFixed]
// return one. It is safe for concurrent use.
type Source interface {
	// locate returns where to request a blob; last is where it was requested before. A stale SAS is
	// refreshed first.
	locate(ctx context.Context, name string, last target) (target, *failure)
	// denied is called after storage refused the authorization of a request with a status, with the
	// number of refreshes since the last progress. It returns why the request cannot be retried, or
	// hintRetry.
	denied(ctx context.Context, name string, at target, status, refreshes int) *failure
	// missing is called after storage did not find a blob. nil means that the blob is missing.
	missing(ctx context.Context, at target, refreshes int) *failure
}

// target is where a blob is requested.
type target struct {
	client     *blob.Client // nil: not located yet
	place      int          // counts the storage roots; versions are compared within one
	generation int          // counts the refreshes of the SAS
}
