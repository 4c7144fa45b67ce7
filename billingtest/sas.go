package billingtest

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// sasTime is the format of times in a SAS token.
const sasTime = "2006-01-02T15:04:05Z"

// SASToken returns a new SAS token as manifests have it, for a directory of the storage account and
// everything below it: "/container/a/b". A negative lifetime gives an expired token. The server
// rejects a token that was changed.
func (s *Server) SASToken(directory string, lifetime time.Duration) string {
	now := time.Now().UTC()
	depth := strings.Count(strings.Trim(directory, "/"), "/")
	q := url.Values{}
	q.Set("skoid", guid(tenantSeed+1))
	q.Set("sktid", partnerTenant)
	q.Set("skt", now.Format(sasTime))
	q.Set("ske", now.Add(24*time.Hour).Format(sasTime))
	q.Set("sks", "b")
	q.Set("skv", "2021-08-06")
	q.Set("scid", newID())
	q.Set("sv", "2021-08-06")
	q.Set("se", now.Add(lifetime).Format(sasTime))
	q.Set("sr", "d")
	q.Set("sp", "rl")
	q.Set("sdd", strconv.Itoa(depth))
	s.mu.Lock()
	key := s.sas[len(s.sas)-1]
	s.mu.Unlock()
	q.Set("sig", base64.StdEncoding.EncodeToString(key.sign(s.signedText("/"+strings.Trim(directory, "/"), q))))
	var token strings.Builder
	for _, name := range []string{"skoid", "sktid", "skt", "ske", "sks", "skv", "scid", "sv", "se", "sr", "sp", "sdd", "sig"} {
		if token.Len() > 0 {
			token.WriteByte('&')
		}
		token.WriteString(name + "=" + url.QueryEscape(q.Get(name)))
	}
	return token.String()
}

// ExpireSAS expires all SAS tokens issued so far.
func (s *Server) ExpireSAS() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sas = append(s.sas, newSigner())
}

// signedText returns the string to sign of a SAS token: the directory and every field.
func (s *Server) signedText(directory string, q url.Values) string {
	lines := []string{"/blob/" + s.options.StorageHost + directory}
	for _, name := range []string{"skoid", "sktid", "skt", "ske", "sks", "skv", "scid", "sv", "st", "se", "sr", "sp", "sdd", "spr", "sip"} {
		lines = append(lines, q.Get(name))
	}
	return strings.Join(lines, "\n")
}

// checkSAS returns nil if the SAS token in the query allows reading the path, and Azure's error
// otherwise.
func (s *Server) checkSAS(path string, q url.Values) *storageError {
	reject := func(detail string) *storageError {
		return &storageError{status: 403, code: "AuthenticationFailed", message: notAuthenticated, detail: detail}
	}
	if !q.Has("sig") {
		return reject("")
	}
	depth, err := strconv.Atoi(q.Get("sdd"))
	if err != nil || depth < 0 || q.Get("sr") != "d" {
		return reject("sr is not valid; the token of this account is for a directory")
	}
	segments := strings.Split(strings.Trim(path, "/"), "/")
	if len(segments) < depth+1 {
		return reject("Signature did not match. String to sign used was /blob" + path)
	}
	signature, err := base64.StdEncoding.DecodeString(q.Get("sig"))
	if err != nil {
		return reject("Signature not valid base64")
	}
	text := s.signedText("/"+strings.Join(segments[:depth+1], "/"), q)
	s.mu.Lock()
	keys := s.sas
	s.mu.Unlock()
	now := time.Now().UTC()
	expiry, err := time.Parse(sasTime, q.Get("se"))
	if err != nil {
		return reject("se is not a time")
	}
	for i, key := range slices.Backward(keys) {
		switch {
		case !key.verify(text, signature):
			continue
		case i < len(keys)-1 || !now.Before(expiry):
			return reject("Signed expiry time [" + timestamp(expiry) + "] must be after signed start time [" + timestamp(now) + "]")
		case !strings.Contains(q.Get("sp"), "r"):
			return &storageError{status: 403, code: "AuthorizationPermissionMismatch", message: "This request is not authorized to perform this operation using this permission."}
		default:
			return nil
		}
	}
	return reject("Signature did not match. String to sign used was /blob" + path)
}

const notAuthenticated = "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature."
