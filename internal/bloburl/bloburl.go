// Package bloburl decides which URLs of blobs may be requested: https, on one of Azure's blob
// endpoints or a host that the caller admits, with a path that cannot mean anything else than it
// says. A manifest names the hosts to which a secret is sent, so anything unusual is refused rather
// than repaired.
//
// Errors are clauses without a subject ("is not a URL") for the caller to build upon.
package bloburl

import (
	"errors"
	"net"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxBlobName is Azure's own limit on the name of a blob, in characters.
const maxBlobName = 1024

// azureHosts are the endpoints under which Azure offers blobs.
var azureHosts = []string{".blob.core.windows.net", ".blob.storage.azure.net"}

// errHost is returned for a host that is not admitted.
var errHost = errors.New("names a host that is not one of Azure's blob endpoints; admit it with StorageHosts if it is yours")

// Root is a directory of blobs. It is comparable.
type Root struct {
	host string // as it is sent, with a port other than 443
	path string // escaped, without a slash at the end
	own  bool   // the caller has admitted the host
}

// IsOwn reports whether the caller has admitted the host, whether it is one of Azure's or not.
func (r Root) IsOwn() bool { return r.own }

// ParseRoot checks the URL of a directory.
func ParseRoot(text string, admitted []string) (Root, error) {
	u, err := parse(text)
	if err != nil {
		return Root{}, err
	}
	host, err := hostOf(u, admitted)
	if err != nil {
		return Root{}, err
	}
	escaped := strings.TrimRight(u.EscapedPath(), "/")
	lower := strings.ToLower(escaped)
	if escaped == "" || strings.Contains(lower, "%2f") || strings.Contains(lower, "%5c") {
		return Root{}, errors.New("has a path that is not a directory")
	}
	if strings.HasPrefix(u.Path, "//") {
		return Root{}, errors.New("has a path with an empty segment")
	}
	if err := checkPath(strings.Trim(u.Path, "/")); err != nil {
		return Root{}, errors.New("has a path that " + err.Error())
	}
	return Root{host: host, path: escaped, own: IsOwn(host, admitted)}, nil
}

// ParseBlob checks the URL of a blob, without a query, and returns it in the form of [Canonical],
// with the path of the blob.
func ParseBlob(text string, admitted []string) (canonical, path string, err error) {
	u, err := parse(text)
	if err != nil {
		return "", "", err
	}
	host, err := hostOf(u, admitted)
	if err != nil {
		return "", "", err
	}
	escaped := strings.ToLower(u.EscapedPath())
	path = strings.TrimPrefix(u.Path, "/")
	if strings.Contains(escaped, "%2f") || strings.Contains(escaped, "%5c") || !strings.Contains(path, "/") {
		return "", "", errors.New("is not the URL of a blob in a container")
	}
	canonical, err = Root{host: host}.Join(path)
	return canonical, path, err
}

// parse checks what roots and blobs have in common.
func parse(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case text == "":
		return nil, errors.New("is missing")
	case err != nil:
		return nil, errors.New("is not a URL")
	case u.Scheme != "https":
		return nil, errors.New("is not an https URL")
	case u.Opaque != "" || u.User != nil:
		return nil, errors.New("holds more than a host and a path")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.Contains(text, "#"):
		return nil, errors.New("has a query or a fragment")
	}
	return u, nil
}

// hostOf returns the host of a URL in lower case and without port 443, if it is admitted.
func hostOf(u *url.URL, admitted []string) (string, error) {
	host := strings.ToLower(u.Host)
	host = strings.TrimSuffix(host, ":443")
	if !isAdmitted(host, admitted) {
		return "", errHost
	}
	return host, nil
}

func isAdmitted(host string, admitted []string) bool {
	for _, suffix := range azureHosts {
		if isBelow(host, suffix) {
			return true
		}
	}
	return IsOwn(host, admitted)
}

// IsOwn reports whether the caller has admitted a host, which has no port 443.
func IsOwn(host string, admitted []string) bool {
	for _, a := range admitted {
		a = strings.TrimSuffix(strings.ToLower(a), ":443")
		if a != "" && host == a || strings.HasPrefix(a, ".") && isBelow(host, a) {
			return true
		}
	}
	return false
}

// isBelow reports whether host is a name below the domain suffix, without a port and without empty
// labels.
func isBelow(host, suffix string) bool {
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

// checkPath says what is wrong with a slash-separated path.
func checkPath(path string) error {
	switch {
	case path == "":
		return errors.New("is empty")
	case utf8.RuneCountInString(path) > maxBlobName:
		return errors.New("is longer than 1024 characters")
	case !utf8.ValidString(path):
		return errors.New("is not valid UTF-8")
	case strings.ContainsRune(path, '\\'):
		return errors.New("holds a backslash")
	case strings.ContainsFunc(path, unicode.IsControl):
		return errors.New("holds a control character")
	}
	for segment := range strings.SplitSeq(path, "/") {
		switch segment {
		case "":
			return errors.New("has an empty segment")
		case ".", "..":
			return errors.New("has a relative segment (. or ..)")
		}
	}
	return nil
}

// Join returns the URL of a blob in the directory. Each segment of the name is escaped by itself,
// so that nothing in it can reach the query, another directory or another host. (url.JoinPath and
// ResolveReference would let it.)
func (r Root) Join(name string) (string, error) {
	if err := checkPath(name); err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("https://" + r.host + r.path)
	for segment := range strings.SplitSeq(name, "/") {
		b.WriteString("/" + url.PathEscape(segment))
	}
	return b.String(), nil
}

// Contains reports whether a URL that is about to be requested is in the directory.
func (r Root) Contains(u *url.URL) bool {
	return strings.TrimSuffix(strings.ToLower(u.Host), ":443") == r.host &&
		strings.HasPrefix(u.EscapedPath(), r.path+"/")
}

// Canonical returns a URL that is about to be requested in the form that [ParseBlob] returns.
func Canonical(u *url.URL) string {
	return "https://" + strings.TrimSuffix(strings.ToLower(u.Host), ":443") + u.EscapedPath()
}
