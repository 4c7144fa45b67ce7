package poller

import (
	"context"
	"fmt"
)

// TokenStore keeps the resume token of one export between the runs of a program: in a file, in a
// row of a database, or in a secret of the platform. It has one key, so each export that a program
// keeps at a time has a TokenStore of its own; two programs must not use the same one at a time.
//
// A token is text of less than 64 KiB and no secret. Losing it costs another export and no row. How
// far the rows were read is not kept here: that is a manifest.Checkpoint, which belongs where the
// rows are written, in the same transaction.
type TokenStore interface {
	// Load returns the token that was saved last, or "" if there is none.
	Load(ctx context.Context) (string, error)
	// Save replaces the token. Once it has returned nil, the token outlives a crash.
	Save(ctx context.Context, token string) error
	// Forget removes the token. It returns nil if there is none.
	Forget(ctx context.Context) error
}

// StoreError means that a [TokenStore] failed.
type StoreError struct {
	// Op is the method that failed: "load", "save" or "forget".
	Op string
	// ResumeToken is the token that could not be saved. Its export continues in the service.
	ResumeToken string
	// Err is the error of the store.
	Err error
}

// Error says which method failed and what to do about it.
func (e *StoreError) Error() string {
	advice := map[string]string{
		"load":   "nothing was sent; repair the store, or empty it to begin a new export",
		"save":   "the export continues in the service; repair the store and save the error's ResumeToken in it, or begin a new export",
		"forget": "the export of the token was read or is gone; remove the token, or the next run may read the same export again",
	}
	return fmt.Sprintf("poller: %s resume token: %v; %s", e.Op, e.Err, advice[e.Op])
}

// Unwrap returns the error of the store.
func (e *StoreError) Unwrap() error { return e.Err }
