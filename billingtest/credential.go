package billingtest

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// signer signs and verifies with a random key of its own.
type signer struct{ key [32]byte }

func newSigner() (s signer) {
	_, _ = rand.Read(s.key[:]) // never fails
	return s
}

func (s signer) sign(text string) []byte {
	h := hmac.New(sha256.New, s.key[:])
	h.Write([]byte(text))
	return h.Sum(nil)
}

func (s signer) verify(text string, signature []byte) bool {
	return hmac.Equal(s.sign(text), signature)
}

// Credential returns a credential whose tokens this server accepts, each for Options.TokenLifetime.
// Each token is different, has the format of a real one, and is for one service alone: Graph,
// Resource Manager or storage, as its scope says. A service rejects a token for another with status
// 401, as in production. GetToken returns an error if its context is done, or if the scope is that
// of none of them.
func (s *Server) Credential() azcore.TokenCredential {
	return credential{s.tokens, s.audiences(), s.options.TokenLifetime}
}

// credential signs its tokens itself.
type credential struct {
	signer   signer
	known    []string
	lifetime time.Duration
}

// GetToken implements [azcore.TokenCredential].
func (c credential) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	if err := ctx.Err(); err != nil {
		return azcore.AccessToken{}, err
	}
	var resource string
	ok := len(o.Scopes) == 1
	if ok {
		resource, ok = strings.CutSuffix(o.Scopes[0], "/.default")
	}
	if !ok || !slices.Contains(c.known, resource) && !isStorageAccount(resource) {
		return azcore.AccessToken{}, fmt.Errorf("billingtest: token requested for scopes %q: want /.default of one of %q", o.Scopes, c.known)
	}
	now := time.Now()
	expires := now.Add(c.lifetime)
	return azcore.AccessToken{Token: c.signer.token(resource, now, expires), ExpiresOn: expires}, nil
}
