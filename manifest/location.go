package manifest

import (
	"net"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxBlobName is Azure's own limit on a blob's name, in characters.
const maxBlobName = 1024

// azureHosts are the endpoints under which Azure offers blobs.
var azureHosts = []string{".blob.core.windows.net", ".blob.storage.azure.net"}

// location is a root directory that may be trusted: https, an admitted host, and a
// path that means what it says.
type location struct {
	host string // as it goes on the wire, with a port other than 443
	path string // escaped, without a slash at the end
}

// newLocation checks a root directory. What the manifest names is where the SAS
// will be sent, so anything unusual is refused rather than repaired.
func newLocation(root string, admitted []string) (*location, error) {
	refuse := func(reason string) (*location, error) {
		return nil, &Error{Field: "rootDirectory", Reason: reason, Err: ErrUntrusted}
	}
	u, err := url.Parse(root)
	switch {
	case root == "":
		return refuse("it is missing")
	case err != nil:
		return refuse("it is not a URL")
	case u.Scheme != "https":
		return refuse("it is not an https URL")
	case u.Opaque != "" || u.User != nil:
		return refuse("it holds more than a host and a path")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.Contains(root, "#"):
		return refuse("it has a query or a fragment")
	}
	host := strings.ToLower(u.Host)
	host = strings.TrimSuffix(host, ":443")
	if !hostAdmitted(host, admitted) {
		return refuse("its host is none of Azure's blob endpoints; admit it with StorageHosts if it is yours")
	}
	escaped := strings.TrimRight(u.EscapedPath(), "/")
	lower := strings.ToLower(escaped)
	if escaped == "" || strings.Contains(lower, "%2f") || strings.Contains(lower, "%5c") {
		return refuse("its path names no directory")
	}
	if reason := badPath(strings.Trim(u.Path, "/")); reason != "" || strings.HasPrefix(u.Path, "//") {
		return refuse("its path " + reason)
	}
	return &location{host: host, path: escaped}, nil
}

// hostAdmitted compares host, in lower case and without port 443, with the allow list.
func hostAdmitted(host string, admitted []string) bool {
	for _, suffix := range azureHosts {
		if below(host, suffix) {
			return true
		}
	}
	for _, a := range admitted {
		a = strings.TrimSuffix(strings.ToLower(a), ":443")
		if a != "" && host == a || strings.HasPrefix(a, ".") && below(host, a) {
			return true
		}
	}
	return false
}

// below reports whether host is a name below the domain suffix, without a port and
// without empty labels.
func below(host, suffix string) bool {
	name, ok := strings.CutSuffix(host, suffix)
	if !ok || name == "" || net.ParseIP(host) != nil {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || strings.ContainsFunc(label, notInHost) {
			return false
		}
	}
	return true
}

func notInHost(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-')
}

// badPath says what is wrong with a slash-separated path, or nothing.
func badPath(path string) string {
	switch {
	case path == "":
		return "is empty"
	case utf8.RuneCountInString(path) > maxBlobName:
		return "is longer than 1024 characters"
	case !utf8.ValidString(path):
		return "is not valid UTF-8"
	case strings.ContainsRune(path, '\\'):
		return "holds a backslash"
	case strings.ContainsFunc(path, unicode.IsControl):
		return "holds a control character"
	}
	for segment := range strings.SplitSeq(path, "/") {
		switch segment {
		case "":
			return "has an empty segment"
		case ".", "..":
			return "has a segment that climbs (. or ..)"
		}
	}
	return ""
}

// join gives the URL of a blob, without a SAS. Each segment of the name is escaped
// by itself, so that nothing in it can reach the query, another directory or
// another host. (url.JoinPath and ResolveReference would let it.)
func (l *location) join(name string) (string, string) {
	if reason := badPath(name); reason != "" {
		return "", reason
	}
	var b strings.Builder
	b.WriteString("https://" + l.host + l.path)
	for segment := range strings.SplitSeq(name, "/") {
		b.WriteString("/" + url.PathEscape(segment))
	}
	return b.String(), ""
}

// contains reports whether a URL about to be requested lies in the directory.
func (l *location) contains(u *url.URL) bool {
	return strings.TrimSuffix(strings.ToLower(u.Host), ":443") == l.host &&
		strings.HasPrefix(u.EscapedPath(), l.path+"/")
}
