package manifest

import (
	"fmt"
	"net/url"
	"strings"
)

// link is where a blob lies that has an address and a SAS of its own, instead of a place in
// a root directory that all blobs share.
type link struct {
	url  string
	sas  SAS
	size int64 // that the manifest promises; 0: none
}

// newLink reads an address with a SAS and checks it like a root directory: what it names is
// where the SAS will be sent. name is the path of the blob.
func newLink(address string, admitted []string) (l link, name string, err *Error) {
	place, _, _ := strings.Cut(address, "?")
	url, name, reason := linkedPlace(place, admitted)
	if reason != "" {
		return link{}, "", &Error{Reason: "it " + reason, Err: ErrUntrusted}
	}
	sas, sasErr := NewSAS(address)
	if sasErr != nil {
		return link{}, "", &Error{Reason: "its signature is not usable: " + reasonOf(sasErr), Err: ErrSAS}
	}
	return link{url: url, sas: sas}, name, nil
}

// linkedPlace checks a blob's URL without a query, and says what is wrong with it.
func linkedPlace(place string, admitted []string) (canonical, name, reason string) {
	u, err := url.Parse(place)
	switch {
	case place == "":
		return "", "", "is missing"
	case err != nil || u.Opaque != "":
		return "", "", "is not a URL"
	case u.Scheme != "https":
		return "", "", "is not an https URL"
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || strings.Contains(place, "#"):
		return "", "", "holds more than a host and a path"
	}
	host := strings.TrimSuffix(strings.ToLower(u.Host), ":443")
	if !hostAdmitted(host, admitted) {
		return "", "", "leads to a host that is none of Azure's blob endpoints; admit it with StorageHosts if it is yours"
	}
	escaped := strings.ToLower(u.EscapedPath())
	name = strings.TrimPrefix(u.Path, "/")
	if strings.Contains(escaped, "%2f") || strings.Contains(escaped, "%5c") || !strings.Contains(name, "/") {
		return "", "", "names no blob in a container"
	}
	canonical, reason = (&location{host: host}).join(name)
	return canonical, name, reason
}

// address is a URL as links have it.
func address(u *url.URL) string {
	return "https://" + strings.TrimSuffix(strings.ToLower(u.Host), ":443") + u.EscapedPath()
}

// reasonOf gives the reason of an error without its kind.
func reasonOf(err error) string {
	if e, ok := err.(*Error); ok { //nolint:errorlint // It was made here.
		return e.Reason
	}
	return err.Error()
}

// linked reports whether the blobs have addresses of their own.
func (m *Manifest[T]) linked() bool { return len(m.Blobs) > 0 && m.Blobs[0].URL != "" }

// checkLink is what must hold of a blob with an address of its own.
func (m *Manifest[T]) checkLink(i int) error {
	b := &m.Blobs[i]
	if _, _, reason := linkedPlace(b.URL, m.options.StorageHosts); reason != "" {
		return &Error{Field: fmt.Sprintf("blobs[%d].blobLink", i), Reason: "it " + reason, Err: ErrUntrusted}
	}
	if b.SAS.IsZero() {
		return &Error{Field: fmt.Sprintf("blobs[%d].blobLink", i), Reason: "it has no signature", Err: ErrSAS}
	}
	return nil
}

// newLinkedSource is newSource for blobs with addresses of their own. Their signatures
// cannot be renewed: the service makes them with the report.
func newLinkedSource(origin origin, blobs []Blob, o *Options) *source {
	earliest := blobs[0].SAS
	links := make(map[string]link, len(blobs))
	byAddress := make(map[string]SAS, len(blobs))
	for _, b := range blobs {
		url, _, _ := linkedPlace(b.URL, o.StorageHosts) // which check has found good
		links[b.Name] = link{url: url, sas: b.SAS, size: b.Size}
		byAddress[url] = b.SAS
		if b.SAS.Expires().Before(earliest.Expires()) {
			earliest = b.SAS
		}
	}
	s := newSource(origin, earliest, o)
	s.refresh, s.links, s.signatures = nil, links, byAddress
	return s
}
