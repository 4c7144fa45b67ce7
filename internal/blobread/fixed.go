package blobread

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/partnerbilling/sdk-go/internal/bloburl"
	"github.com/partnerbilling/sdk-go/internal/sas"
)

// Link is the URL of one blob.
type Link struct {
	URL   string // without a query
	SAS   sas.Token
	IsOwn bool // the caller has admitted the host
}

// ParseLink checks a URL with a SAS. It returns the path of the blob, too. The error is an [*Error]
// matching [ErrUntrusted] or [ErrSAS], about no blob: nothing was requested.
func ParseLink(text string, admitted []string) (l Link, name string, err error) {
	address, _, _ := strings.Cut(text, "?")
	if l, name, err = ParseURL(address, admitted); err != nil {
		return Link{}, "", err
	}
	if l.SAS, err = sas.New(text); err != nil {
		return Link{}, "", &Error{Reason: "its SAS is not usable: " + err.Error(), Err: ErrSAS}
	}
	return l, name, nil
}

// ParseURL is ParseLink for a URL without a SAS, which is requested with a credential.
func ParseURL(text string, admitted []string) (l Link, name string, err error) {
	if l.URL, name, err = bloburl.ParseBlob(text, admitted); err != nil {
		return Link{}, "", &Error{Reason: "it " + err.Error(), Err: ErrUntrusted}
	}
	host, _, _ := strings.Cut(strings.TrimPrefix(l.URL, "https://"), "/")
	l.IsOwn = bloburl.IsOwn(host, admitted)
	return l, name, nil
}

// fixed are blobs with URLs of their own.
type fixed struct {
	wire  wire
	links map[string]Link
	byURL map[string]Link
	cred  azcore.TokenCredential
}

// NewFixed returns the source of blobs with URLs of their own, by name. Their requests are
// authorized by the SAS of each link or, where cred is not nil, by a bearer token for storage.
// Neither is refreshed after storage refused it.
func NewFixed(links map[string]Link, cred azcore.TokenCredential, o azcore.ClientOptions) Source {
	s := &fixed{links: links, byURL: make(map[string]Link, len(links)), cred: cred}
	for _, l := range links {
		s.byURL[l.URL] = l
	}
	s.wire = newWire(o, s.accessTo, cred)
	return s
}

// accessTo returns the access to a known URL, which has no SAS where there is a credential.
func (s *fixed) accessTo(u *url.URL) (access, bool) {
	l, known := s.byURL[bloburl.Canonical(u)]
	return access{l.SAS, l.IsOwn}, known
}

func (s *fixed) locate(_ context.Context, name string, last target) (target, *failure) {
	if last.client != nil {
		return last, nil
	}
	link, known := s.links[name]
	if !known {
		return target{}, &failure{kind: ErrUntrusted, reason: "it has no known URL"}
	}
	client, err := s.wire.client(link.URL)
	if err != nil {
		return target{}, &failure{kind: ErrUntrusted, cause: err}
	}
	return target{client: client}, nil
}

func (s *fixed) denied(_ context.Context, name string, _ target, status, _ int) *failure {
	switch {
	case s.cred != nil && status == http.StatusUnauthorized:
		return &failure{kind: ErrDenied, reason: "storage does not accept the credential's token; check the credential and its tenant"}
	case s.cred != nil:
		return &failure{kind: ErrDenied, reason: "the credential may not read the blob; assign its identity the role Storage Blob Data Reader on the container"}
	}
	return sasRefused(s.links[name].SAS, s.wire.clock.now())
}

func (s *fixed) missing(context.Context, target, int) *failure { return nil }
