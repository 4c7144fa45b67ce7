package billingtest

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strconv"
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
// Each token is different and has the format of a real one. GetToken returns an error if its
// context is done, or if the scope is neither Graph's nor Resource Manager's.
func (s *Server) Credential() azcore.TokenCredential { return credential{s} }

// armScope is the scope of Resource Manager in Azure's modules for the public cloud.
const armScope = "https://management.core.windows.net//.default"

type credential struct{ server *Server }

// GetToken implements [azcore.TokenCredential].
func (c credential) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	if err := ctx.Err(); err != nil {
		return azcore.AccessToken{}, err
	}
	want := []string{"https://" + c.server.options.GraphHost + "/.default", "https://" + c.server.options.ARMHost + "/.default", armScope}
	if len(o.Scopes) != 1 || !slices.Contains(want, o.Scopes[0]) {
		return azcore.AccessToken{}, fmt.Errorf("billingtest: token requested for scopes %q: want one of %q", o.Scopes, want)
	}
	now := time.Now()
	expires := now.Add(c.server.options.TokenLifetime)
	return azcore.AccessToken{Token: c.server.tokens.token(now, expires), ExpiresOn: expires}, nil
}

// token makes a signed JSON Web Token.
func (s signer) token(now, expires time.Time) string {
	encode := base64.RawURLEncoding.EncodeToString
	text := encode([]byte(`{"typ":"JWT","alg":"HS256"}`)) + "." + encode(fmt.Appendf(nil,
		`{"aud":"https://graph.microsoft.com","roles":["PartnerBilling.Read.All"],"tid":%q,"nbf":%d,"exp":%d,"uti":%q}`,
		partnerTenant, now.Unix(), expires.Unix(), newID()))
	return text + "." + encode(s.sign(text))
}

// Graph's messages about invalid bearer tokens.
const (
	tokenEmpty   = "Access token is empty."
	tokenInvalid = "CompactToken validation failed: signature."
	tokenExpired = "Lifetime validation failed, the token is expired."
)

// checkToken validates the bearer token of a request and returns Graph's error message, or "".
func (s *Server) checkToken(r *http.Request) (problem string) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return tokenEmpty
	}
	dot := strings.LastIndexByte(token, '.')
	if dot < 0 {
		return tokenInvalid
	}
	signature, err := base64.RawURLEncoding.DecodeString(token[dot+1:])
	if err != nil || !s.tokens.verify(token[:dot], signature) {
		return tokenInvalid
	}
	_, claims, _ := strings.Cut(token[:dot], ".")
	decoded, err := base64.RawURLEncoding.DecodeString(claims)
	if err != nil {
		return tokenInvalid
	}
	_, after, _ := strings.Cut(string(decoded), `"exp":`)
	number, _, _ := strings.Cut(after, ",")
	expires, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return tokenInvalid
	}
	if time.Now().Unix() >= expires {
		return tokenExpired
	}
	return ""
}
