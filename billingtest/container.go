package billingtest

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// container is a container of a storage account of the tenant, into which exports of Cost
// Management are delivered. Its blobs are read with a token of the credential.
type container struct {
	mu    sync.Mutex
	blobs map[string]*blob // by path in the container
}

// containerOf returns a container, and creates the account and the container if needed: in
// production they exist before.
func (s *Server) containerOf(host, name string) *container {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.containers[host] == nil {
		s.containers[host] = map[string]*container{}
	}
	if s.containers[host][name] == nil {
		s.containers[host][name] = &container{blobs: map[string]*blob{}}
	}
	return s.containers[host][name]
}

// isTenantStorage reports whether a host is that of a storage account of the tenant.
func (s *Server) isTenantStorage(u *url.URL) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.containers[strings.ToLower(strings.TrimSuffix(u.Host, ":443"))] != nil
}

func (c *container) put(files []File, now time.Time) {
	made := &content{md5: true, stored: now, seed: hash(0, newID())}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range files {
		b := &blob{name: f.Name, fixed: f.Raw}
		made.add(b)
		c.blobs[f.Name] = b
	}
}

func (c *container) removeBelow(prefix string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.blobs, func(name string, _ *blob) bool { return strings.HasPrefix(name, prefix) })
}

// list returns the blobs below a prefix, sorted by name.
func (c *container) list(prefix string) (blobs []*blob) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(c.blobs)) {
		if strings.HasPrefix(name, prefix) {
			blobs = append(blobs, c.blobs[name])
		}
	}
	return blobs
}

// tenantStorage handles requests to a storage account of the tenant.
func (s *Server) tenantStorage(x *Exchange) *Response {
	u := x.Request.URL
	host := strings.ToLower(strings.TrimSuffix(u.Host, ":443"))
	switch s.checkToken(x.Request, []string{storageAudience, "https://" + host}) {
	case tokenValid:
	case tokenMissing:
		return (&storageError{status: http.StatusConflict, code: "PublicAccessNotPermitted", message: "Public access is not permitted on this storage account."}).response(x)
	case tokenAudience:
		return invalidStorageToken(x, "Issuer/Audience validation failed. Audience did not match.")
	case tokenInvalid, tokenExpired:
		return invalidStorageToken(x, "Signature validation failed, or the token is expired.")
	}
	name, path, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	s.mu.Lock()
	c := s.containers[host][name]
	s.mu.Unlock()
	if c == nil {
		return (&storageError{status: http.StatusNotFound, code: "ContainerNotFound", message: "The specified container does not exist."}).response(x)
	}
	if e := unsupportedVerb(x); e != nil {
		return e.response(x)
	}
	if path == "" && u.Query().Get("restype") == "container" && u.Query().Get("comp") == "list" {
		return listBlobs(x, host, name, c)
	}
	if u.Query().Has("comp") || u.Query().Has("restype") {
		return storageNotImplemented(x)
	}
	c.mu.Lock()
	b := c.blobs[path]
	c.mu.Unlock()
	if b == nil {
		return (&storageError{status: http.StatusNotFound, code: "BlobNotFound", message: "The specified blob does not exist."}).response(x)
	}
	return s.sendBlob(x, b)
}

// invalidStorageToken is the response to a token that storage does not accept.
func invalidStorageToken(x *Exchange, detail string) *Response {
	return (&storageError{
		status: http.StatusUnauthorized, code: "InvalidAuthenticationInfo", message: "Server failed to authenticate the request. Please refer to the information in the www-authenticate header.",
		detail: detail,
		header: http.Header{"Www-Authenticate": {"Bearer authorization_uri=https://login.microsoftonline.com/" + partnerTenant + "/oauth2/authorize resource_id=https://storage.azure.com"}},
	}).response(x)
}

func storageNotImplemented(x *Exchange) *Response {
	return (&storageError{status: http.StatusNotImplemented, code: "NotImplemented", message: "The in-memory service does not implement this operation."}).response(x)
}
