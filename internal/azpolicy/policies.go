// Package azpolicy has the policies and the credential that the pipelines to Microsoft's services
// share.
package azpolicy

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/partnerbilling/sdk-go/internal/errtext"
	"github.com/partnerbilling/sdk-go/internal/redact"
)

// RequestID sets client-request-id, by which Microsoft's support can find a request. Each try has
// an ID of its own.
type RequestID struct{}

// Do implements policy.Policy.
func (RequestID) Do(req *policy.Request) (*http.Response, error) {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	req.Raw().Header.Set("client-request-id", fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]))
	return req.Next()
}

// RetryUnauthorized retries a request once after status 401. The token may have been revoked, and
// the bearer token policy, which comes after this one, drops it on 401. If the response demands
// claims, that policy has already retried with another token.
type RetryUnauthorized struct{}

// Do implements policy.Policy.
func (RetryUnauthorized) Do(req *policy.Request) (*http.Response, error) {
	resp, err := req.Next()
	if err != nil || resp.StatusCode != http.StatusUnauthorized || demandsClaims(resp) {
		return resp, err
	}
	runtime.Drain(resp)
	if err := req.RewindBody(); err != nil {
		return nil, err
	}
	return req.Next()
}

func demandsClaims(resp *http.Response) bool {
	return slices.ContainsFunc(resp.Header.Values("WWW-Authenticate"), func(challenge string) bool {
		return strings.Contains(challenge, "claims=")
	})
}

// credential validates tokens before they are put into a header, and classifies errors.
type credential struct {
	next azcore.TokenCredential
	kind error
}

// Credential returns a credential that validates the tokens of cred. Its errors match
// unauthenticated and contain no secret.
func Credential(cred azcore.TokenCredential, unauthenticated error) azcore.TokenCredential {
	return &credential{cred, unauthenticated}
}

// GetToken implements azcore.TokenCredential.
func (c *credential) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	token, err := c.next.GetToken(ctx, o)
	switch {
	case ctx.Err() != nil && err != nil:
		return azcore.AccessToken{}, err
	case err != nil:
		return azcore.AccessToken{}, c.failed("the credential failed: "+redact.Error(err).Error(), redact.Error(err))
	case strings.TrimSpace(token.Token) == "":
		return azcore.AccessToken{}, c.failed("the credential returned no token", nonRetriable{c.kind})
	case strings.ContainsFunc(token.Token, func(r rune) bool { return r <= ' ' || r >= 0x7f }):
		return azcore.AccessToken{}, c.failed("the credential returned a token with characters that are invalid in a header", nonRetriable{c.kind})
	}
	return token, nil
}

func (c *credential) failed(text string, causes ...error) error {
	return errtext.New(c.kind.Error()+": "+text, append(causes, c.kind)...)
}

// nonRetriable marks an error that a retry cannot fix.
type nonRetriable struct{ error }

// NonRetriable marks the error for azcore's retry policy.
func (nonRetriable) NonRetriable() {}

// SafeLogOptions returns a copy of o that logs no request or response body and no Authorization
// header.
func SafeLogOptions(o policy.LogOptions) policy.LogOptions {
	o.IncludeBody = false
	o.AllowedQueryParams = slices.Clone(o.AllowedQueryParams)
	o.AllowedHeaders = slices.DeleteFunc(slices.Clone(o.AllowedHeaders), func(name string) bool {
		return strings.EqualFold(name, "Authorization")
	})
	return o
}
