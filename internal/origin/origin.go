// Package origin checks that a URL is on a service's endpoint. A bearer token is sent to that
// scheme, host and port only.
package origin

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// ErrForeign is returned for a URL that is not on the endpoint.
var ErrForeign = errors.New("URL is not on the configured endpoint")

// Endpoint is the root of a service, for instance https://graph.microsoft.com/v1.0.
type Endpoint struct{ root *url.URL }

// Parse parses an endpoint: https, a host, and optionally a port and a path.
func Parse(endpoint string) (Endpoint, error) {
	u, err := url.Parse(strings.TrimRight(endpoint, "/"))
	switch {
	case err != nil:
		// The parser's error would quote the text, which may contain a secret.
		return Endpoint{}, errors.New("endpoint is not a URL")
	case u.Scheme != "https":
		return Endpoint{}, errors.New("endpoint must begin with https://")
	case u.Hostname() == "" || !ascii(u.Host):
		return Endpoint{}, errors.New("endpoint must name a host in ASCII")
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return Endpoint{}, errors.New("endpoint must not have user information, a query or a fragment")
	}
	return Endpoint{root: u}, nil
}

// String returns the endpoint without a trailing slash.
func (e Endpoint) String() string { return e.root.String() }

// Join returns the URL of a path below the endpoint. Each segment is escaped; an empty one, "." and
// ".." are errors.
func (e Endpoint) Join(segments ...string) (*url.URL, error) {
	escaped := make([]string, len(segments))
	for i, s := range segments {
		if s == "" || s == "." || s == ".." {
			return nil, fmt.Errorf("%w: invalid path segment %q", ErrForeign, s)
		}
		escaped[i] = url.PathEscape(s)
	}
	u, err := url.Parse(e.String() + "/" + strings.Join(escaped, "/"))
	if err != nil {
		return nil, fmt.Errorf("%w: it is not a URL", ErrForeign)
	}
	return u, e.Check(u)
}

// Resolve parses a reference, absolute or relative to base, and returns its URL without a fragment.
// A URL that is not on the endpoint is an error that matches [ErrForeign]. A nil base is the
// endpoint itself, with a trailing slash.
func (e Endpoint) Resolve(base *url.URL, reference string) (*url.URL, error) {
	ref, err := url.Parse(strings.TrimSpace(reference))
	if err != nil {
		return nil, fmt.Errorf("%w: it is not a URL", ErrForeign)
	}
	if base == nil {
		root := *e.root
		root.Path, root.RawPath = root.Path+"/", ""
		base = &root
	}
	u := base.ResolveReference(ref)
	u.Fragment, u.RawFragment = "", ""
	return u, e.Check(u)
}

// Check returns an error that matches [ErrForeign] unless u has the endpoint's scheme, host and
// port and no user information.
func (e Endpoint) Check(u *url.URL) error {
	switch {
	case u.Opaque != "" || u.Host == "":
		return fmt.Errorf("%w: it has no host", ErrForeign)
	case u.Scheme != e.root.Scheme:
		return fmt.Errorf("%w: its scheme is %.16q", ErrForeign, u.Scheme)
	case u.User != nil:
		return fmt.Errorf("%w: it has user information", ErrForeign)
	case !ascii(u.Host) || !strings.EqualFold(u.Hostname(), e.root.Hostname()) || port(u) != port(e.root):
		return fmt.Errorf("%w: its host is %.256q", ErrForeign, u.Host)
	}
	return nil
}

func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	return "443"
}

// ascii reports whether s is printable ASCII. Other letters may fold to an ASCII letter.
func ascii(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}
