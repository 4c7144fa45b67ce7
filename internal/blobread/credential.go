package blobread

import (
	"context"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/partnerbilling/sdk-go/internal/redact"
)

// credential marks the errors of a credential, to tell them from those of storage.
type credential struct{ azcore.TokenCredential }

// GetToken implements azcore.TokenCredential.
func (c credential) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	token, err := c.TokenCredential.GetToken(ctx, o)
	if err != nil && ctx.Err() == nil {
		err = &tokenError{redact.Error(err)}
	}
	return token, err
}

// tokenError says that no token could be had.
type tokenError struct{ error }

// Unwrap returns the credential's error.
func (e *tokenError) Unwrap() error { return e.error }
