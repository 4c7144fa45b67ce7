package azurite_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/partnerbilling/sdk-go/internal/azurite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestBlobIsReadWithASignature(t *testing.T) {
	storage := azurite.Shared(t)
	container := storage.NewContainer()
	data := bytes.Repeat([]byte("0123456789"), 100)
	etag := storage.PutBlob(container, "run=1/a b%2.json.gz", data, http.Header{"x-ms-blob-content-type": {"application/gzip"}})
	if etag == "" {
		t.Fatal("PutBlob returned no ETag")
	}
	address := storage.BlobURL(container, "run=1/a b%2.json.gz") + "?"
	valid := storage.ContainerSAS(container, "r", time.Now().Add(time.Hour))

	cases := []struct {
		name   string
		sas    string
		header http.Header
		status int
		body   []byte
	}{
		{"whole", valid, nil, http.StatusOK, data},
		{"range", valid, http.Header{"Range": {"bytes=10-13"}}, http.StatusPartialContent, []byte("0123")},
		{"open range", valid, http.Header{"Range": {"bytes=995-"}, "If-Match": {etag}}, http.StatusPartialContent, []byte("56789")},
		{"other ETag", valid, http.Header{"If-Match": {`"0x1"`}}, http.StatusPreconditionFailed, nil},
		{"no signature", "", nil, http.StatusForbidden, nil},
		{"expired", storage.ContainerSAS(container, "r", time.Now().Add(-time.Hour)), nil, http.StatusForbidden, nil},
		{"list only", storage.ContainerSAS(container, "l", time.Now().Add(time.Hour)), nil, http.StatusForbidden, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			status, body := get(t, storage.Client, address+c.sas, c.header)
			if status != c.status {
				t.Fatalf("status %d, want %d: %s", status, c.status, body)
			}
			if c.body != nil && !bytes.Equal(body, c.body) {
				t.Fatalf("got %d bytes, want %d", len(body), len(c.body))
			}
		})
	}
}

func TestBlobIsReplacedAndDeleted(t *testing.T) {
	storage := azurite.Shared(t)
	container := storage.NewContainer()
	first := storage.PutBlob(container, "x", []byte("one"), nil)
	second := storage.PutBlob(container, "x", []byte("two"), nil)
	if first == second {
		t.Fatalf("the ETag %s did not change", first)
	}
	storage.DeleteBlob(container, "x")
	address := storage.BlobURL(container, "x") + "?" + storage.ContainerSAS(container, "r", time.Now().Add(time.Hour))
	if status, _ := get(t, storage.Client, address, nil); status != http.StatusNotFound {
		t.Fatalf("status %d of a deleted blob, want 404", status)
	}
}

func TestServerStopsWithItsTest(t *testing.T) {
	var address string
	var client *http.Client
	t.Run("own", func(t *testing.T) {
		storage := azurite.Start(t)
		if other := azurite.Shared(t); other.Host == storage.Host {
			t.Fatal("Start returned the shared server")
		}
		address, client = storage.BlobURL("nothing", "here"), storage.Client
		if status, _ := get(t, client, address, nil); status < 400 {
			t.Fatalf("status %d without a signature", status)
		}
	})
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err == nil {
		response.Body.Close()
		t.Fatal("the server still responds after its test")
	}
	if !strings.Contains(err.Error(), "refused") {
		t.Fatalf("want a refused connection, got %v", err)
	}
}

func get(t *testing.T, client *http.Client, address string, header http.Header) (int, []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if header != nil {
		request.Header = header
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, body
}
