package azurite

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"
)

// Azurite's default account, with the published key.
const (
	account    = "devstoreaccount1"
	accountKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)

// CreateContainer creates a container. A name has at least three characters: lower-case letters,
// digits and hyphens.
func (s *Server) CreateContainer(name string) {
	s.t.Helper()
	s.do(http.MethodPut, s.BlobURL(name, "")+"?restype=container", nil, nil, http.StatusCreated)
}

// PutBlob writes or overwrites a block blob and returns its ETag. The header, which may be nil, is
// added to the request: x-ms-blob-content-encoding, for example, sets the Content-Encoding of later
// responses.
func (s *Server) PutBlob(container, name string, data []byte, header http.Header) string {
	s.t.Helper()
	header = header.Clone()
	if header == nil {
		header = http.Header{}
	}
	header.Set("x-ms-blob-type", "BlockBlob")
	return s.do(http.MethodPut, s.BlobURL(container, name), header, data, http.StatusCreated).Get("ETag")
}

// DeleteBlob deletes a blob.
func (s *Server) DeleteBlob(container, name string) {
	s.t.Helper()
	s.do(http.MethodDelete, s.BlobURL(container, name), nil, nil, http.StatusAccepted)
}

// BlobURL returns the URL of a blob, or of a folder of blobs, without a signature. The name's
// segments are escaped. With an empty name it returns the URL of the container.
func (s *Server) BlobURL(container, name string) string {
	address := "https://" + s.Host + "/" + s.Account + "/" + container
	if name == "" {
		return address
	}
	segments := strings.Split(name, "/")
	for i, segment := range segments {
		segments[i] = url.PathEscape(segment)
	}
	return address + "/" + strings.Join(segments, "/")
}

// ContainerSAS returns a SAS token for all blobs of a container, as a query without its "?".
// Permissions are letters in Azure's order: "r" reads, "rl" also lists. The expiry has a resolution
// of one second; one in the past makes an expired token with a valid signature.
func (s *Server) ContainerSAS(container, permissions string, expiry time.Time) string {
	s.t.Helper()
	return s.sign(sas.BlobSignatureValues{
		Protocol:      sas.ProtocolHTTPS,
		ContainerName: container,
		Permissions:   permissions,
		ExpiryTime:    expiry.UTC(),
	}.SignWithSharedKey)
}

// do sends a request with all permissions of the account.
func (s *Server) do(method, address string, header http.Header, body []byte, want int) http.Header {
	s.t.Helper()
	signature := s.sign(sas.AccountSignatureValues{
		Protocol:      sas.ProtocolHTTPS,
		Permissions:   "rwdlac",
		ResourceTypes: "sco",
		ExpiryTime:    time.Now().Add(24 * time.Hour).UTC(),
	}.SignWithSharedKey)
	separator := "?"
	if strings.Contains(address, "?") {
		separator = "&"
	}
	request, err := http.NewRequestWithContext(s.t.Context(), method, address+separator+signature, bytes.NewReader(body))
	if err != nil {
		s.t.Fatalf("azurite: %v", err)
	}
	if header != nil {
		request.Header = header
	}
	request.Header.Set("x-ms-version", sas.Version)
	response, err := s.Client.Do(request)
	if err != nil {
		s.t.Fatalf("azurite: %v", err)
	}
	defer response.Body.Close()
	responseBody, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatalf("azurite: %s %s: %v", method, address, err)
	}
	if response.StatusCode != want {
		s.t.Fatalf("azurite: %s %s: %s, want %d: %s", method, address, response.Status, want, responseBody)
	}
	return response.Header
}

func (s *Server) sign(with func(*sas.SharedKeyCredential) (sas.QueryParameters, error)) string {
	s.t.Helper()
	key, err := blob.NewSharedKeyCredential(account, accountKey)
	if err != nil {
		s.t.Fatalf("azurite: %v", err)
	}
	query, err := with(key)
	if err != nil {
		s.t.Fatalf("azurite: sign: %v", err)
	}
	return query.Encode()
}
