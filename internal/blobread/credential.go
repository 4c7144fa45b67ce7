package blobread

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/partnerbilling/sdk-go/internal/azpolicy"
)

var errNoToken = errors.New("no access token")

// credential validates the tokens of a credential and marks its errors, to tell them from those of
// storage. The bearer token policy makes all of them non-retriable, so what the credential itself
// says about a retry has to be noted here.
type credential struct {
	next   azcore.TokenCredential
	worked atomic.Bool // it returned a token before
}

func newCredential(cred azcore.TokenCredential) *credential {
	return &credential{next: azpolicy.Credential(cred, errNoToken)}
}

// GetToken implements azcore.TokenCredential.
func (c *credential) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	token, err := c.next.GetToken(ctx, o)
	switch {
	case err == nil:
		c.worked.Store(true)
	case ctx.Err() == nil:
		// Package azidentity marks every failed authentication as non-retriable, an outage of the
		// network too. A credential that worked before deserves the retry budget all the same.
		var final interface{ NonRetriable() }
		err = &tokenError{err, errors.As(err, &final) && !c.worked.Load()}
	}
	return token, err
}

// tokenError says that no token could be had.
type tokenError struct {
	error
	final bool // a retry cannot help
}

// Unwrap returns the credential's error.
func (e *tokenError) Unwrap() error { return e.error }
