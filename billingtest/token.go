package billingtest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Audiences of tokens, besides those that are named for a host.
const (
	armAudience     = "https://management.core.windows.net/" // what Azure's modules request for the public cloud
	storageAudience = "https://storage.azure.com"
)

func (s *Server) graphAudience() []string { return []string{"https://" + s.options.GraphHost} }

func (s *Server) armAudiences() []string {
	return []string{"https://" + s.options.ARMHost, armAudience}
}

// audiences returns the audiences that the credential knows.
func (s *Server) audiences() []string {
	return append(append(s.graphAudience(), s.armAudiences()...), storageAudience)
}

// isStorageAccount reports whether an audience is that of a single storage account.
func isStorageAccount(audience string) bool {
	u, err := url.Parse(audience)
	return err == nil && u.Scheme == "https" && strings.HasSuffix(u.Host, blobDomain) && u.Path == ""
}

// blobDomain is the end of the host names of storage accounts.
const blobDomain = ".blob.core.windows.net"

// claims are the content of a token.
type claims struct {
	Audience  string   `json:"aud"`
	Roles     []string `json:"roles,omitempty"`
	Tenant    string   `json:"tid"`
	NotBefore int64    `json:"nbf"`
	Expires   int64    `json:"exp"`
	ID        string   `json:"uti"`
}

// token makes a signed JSON Web Token for an audience.
func (s signer) token(audience string, now, expires time.Time) string {
	encode := base64.RawURLEncoding.EncodeToString
	c := claims{Audience: audience, Tenant: partnerTenant, NotBefore: now.Unix(), Expires: expires.Unix(), ID: newID()}
	if audience != armAudience && audience != storageAudience {
		c.Roles = []string{"PartnerBilling.Read.All"}
	}
	content, err := json.Marshal(c)
	if err != nil {
		return fmt.Sprint(err) // never: claims are text and numbers
	}
	text := encode([]byte(`{"typ":"JWT","alg":"HS256"}`)) + "." + encode(content)
	return text + "." + encode(s.sign(text))
}

// tokenProblem is why a bearer token is rejected.
type tokenProblem int

const (
	tokenValid tokenProblem = iota
	tokenMissing
	tokenInvalid
	tokenExpired
	tokenAudience // it is for another service
)

// graphTokenMessages are Graph's messages about invalid bearer tokens.
var graphTokenMessages = map[tokenProblem]string{
	tokenMissing:  "Access token is empty.",
	tokenInvalid:  "CompactToken validation failed: signature.",
	tokenExpired:  "Lifetime validation failed, the token is expired.",
	tokenAudience: "Access token validation failure. Invalid audience.",
}

// checkToken validates the bearer token of a request to a service with these audiences.
func (s *Server) checkToken(r *http.Request, audiences []string) tokenProblem {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return tokenMissing
	}
	c, ok := s.claims(token)
	switch {
	case !ok:
		return tokenInvalid
	case time.Now().Unix() >= c.Expires:
		return tokenExpired
	case !slices.ContainsFunc(audiences, func(a string) bool { return strings.TrimSuffix(a, "/") == strings.TrimSuffix(c.Audience, "/") }):
		return tokenAudience
	default:
		return tokenValid
	}
}

// claims returns the content of a token that this server has issued.
func (s *Server) claims(token string) (c claims, ok bool) {
	dot := strings.LastIndexByte(token, '.')
	if dot < 0 {
		return c, false
	}
	signature, err := base64.RawURLEncoding.DecodeString(token[dot+1:])
	if err != nil || !s.tokens.verify(token[:dot], signature) {
		return c, false
	}
	_, content, _ := strings.Cut(token[:dot], ".")
	decoded, err := base64.RawURLEncoding.DecodeString(content)
	return c, err == nil && json.Unmarshal(decoded, &c) == nil
}
