package azurite_test

import (
	"bytes"
	"crypto/md5" //nolint:gosec // what Azure Storage computes
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/internal/azurite"
)

// TestStorageOfBillingtestIsLikeAzurite sends the same requests to both.
func TestStorageOfBillingtestIsLikeAzurite(t *testing.T) {
	data := bytes.Repeat([]byte("0123456789"), 500_000)
	emulator := azurite.Shared(t)
	container := emulator.NewContainer()
	emulator.PutBlob(container, "x", data, nil)
	memory := billingtest.NewServer(&billingtest.Options{RunningPolls: -1, ContentMD5: true})
	if err := memory.Add(billingtest.Export{InvoiceID: "G1", Files: []billingtest.File{{Name: "x", Raw: data}}}); err != nil {
		t.Fatal(err)
	}
	sides := [2]struct {
		client  *http.Client
		address string
		head    http.Header
	}{
		{client: emulator.Client, address: emulator.BlobURL(container, "x") + "?" + emulator.ContainerSAS(container, "r", time.Now().Add(time.Hour))},
		{client: &http.Client{Transport: memory}, address: blobAddress(t, memory)},
	}
	for i := range sides {
		sides[i].head, _ = ask(t, sides[i].client, http.MethodHead, sides[i].address, nil)
	}
	const past, future = "Mon, 01 Jan 2001 00:00:00 GMT", "Tue, 01 Jan 2999 00:00:00 GMT"
	sum := md5.Sum(data[10:20]) //nolint:gosec // as above
	for _, c := range []struct {
		name    string
		method  string
		header  map[string]string // TAG and DATE stand for those of the blob
		status  string
		bytes   int
		content string // Content-MD5
	}{
		{"whole", "GET", nil, "200", len(data), "whole"},
		{"properties", "HEAD", nil, "200", 0, "whole"},
		{"properties ignore a range", "HEAD", map[string]string{"Range": "bytes=10-19"}, "200", 0, "whole"},
		{"range", "GET", map[string]string{"Range": "bytes=10-19"}, "206", 10, ""},
		{"range with MD5", "GET", map[string]string{"x-ms-range": "bytes=10-19", "x-ms-range-get-content-md5": "true"}, "206", 10, base64.StdEncoding.EncodeToString(sum[:])},
		{"If-Match", "GET", map[string]string{"If-Match": "TAG"}, "200", len(data), "whole"},
		{"If-Match, other", "GET", map[string]string{"If-Match": `"0x1"`}, "412 ConditionNotMet", -1, ""},
		{"If-None-Match", "GET", map[string]string{"If-None-Match": "TAG"}, "304", -1, ""},
		{"If-None-Match, other", "GET", map[string]string{"If-None-Match": `"0x1"`}, "200", len(data), "whole"},
		{"If-None-Match, any", "GET", map[string]string{"If-None-Match": "*"}, "400 UnsatisfiableCondition", -1, ""},
		{"If-Modified-Since, before", "GET", map[string]string{"If-Modified-Since": past}, "200", len(data), "whole"},
		{"If-Modified-Since, after", "GET", map[string]string{"If-Modified-Since": future}, "304", -1, ""},
		{"If-Modified-Since, the same", "GET", map[string]string{"If-Modified-Since": "DATE"}, "304", -1, ""},
		{"If-Unmodified-Since, before", "GET", map[string]string{"If-Unmodified-Since": past}, "412 ConditionNotMet", -1, ""},
		{"If-Unmodified-Since, after", "GET", map[string]string{"If-Unmodified-Since": future}, "200", len(data), "whole"},
		{"If-Unmodified-Since, the same", "GET", map[string]string{"If-Unmodified-Since": "DATE", "If-Match": "TAG"}, "200", len(data), "whole"},
		{"either of two is met", "GET", map[string]string{"If-None-Match": "TAG", "If-Modified-Since": past}, "200", len(data), "whole"},
		{"neither of two is met", "GET", map[string]string{"If-None-Match": "TAG", "If-Modified-Since": future}, "304", -1, ""},
		{"the first of two is not met", "GET", map[string]string{"If-Match": `"0x1"`, "If-Modified-Since": past}, "412 ConditionNotMet", -1, ""},
		{"the second of two is not met", "GET", map[string]string{"If-Match": "TAG", "If-Unmodified-Since": past}, "412 ConditionNotMet", -1, ""},
		{"properties, not modified", "HEAD", map[string]string{"If-Modified-Since": future}, "304", -1, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got [2]http.Header
			for i, side := range sides {
				header := http.Header{}
				for name, value := range c.header {
					header.Set(name, strings.NewReplacer("TAG", side.head.Get("Etag"), "DATE", side.head.Get("Last-Modified")).Replace(value))
				}
				var body []byte
				got[i], body = ask(t, side.client, c.method, side.address, header)
				where := []string{"Azurite", "billingtest"}[i]
				if s := got[i].Get(statusHeader); s != c.status {
					t.Errorf("%s: status %s; want %s", where, s, c.status)
				}
				if c.bytes < 0 {
					continue
				}
				want := c.content
				if want == "whole" {
					all := md5.Sum(data) //nolint:gosec // as above
					want = base64.StdEncoding.EncodeToString(all[:])
				}
				if len(body) != c.bytes || got[i].Get("Content-Md5") != want {
					t.Errorf("%s: %d bytes, Content-MD5 %q; want %d, %q", where, len(body), got[i].Get("Content-Md5"), c.bytes, want)
				}
			}
			names := []string{"Content-Range", "Content-Length", "Accept-Ranges"}
			if c.status == "206" {
				names = append(names, "X-Ms-Blob-Content-Md5")
			}
			for _, name := range names {
				if c.bytes >= 0 && got[0].Get(name) != got[1].Get(name) {
					t.Errorf("%s: Azurite sends %q, billingtest %q", name, got[0].Get(name), got[1].Get(name))
				}
			}
		})
	}
}

// statusHeader is where ask returns the status and the error code.
const statusHeader = "Status"

// ask sends a request and returns the response's header, with the status, and its body.
func ask(t *testing.T, client *http.Client, method, address string, header http.Header) (http.Header, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if header != nil {
		r.Header = header
	}
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	status := response.Status[:3]
	if code := response.Header.Get("X-Ms-Error-Code"); code != "" && response.StatusCode >= 400 {
		status += " " + code
	}
	response.Header.Set(statusHeader, status)
	return response.Header, body
}

// blobAddress returns the URL of the one blob of the invoice G1, with its SAS.
func blobAddress(t *testing.T, s *billingtest.Server) string {
	t.Helper()
	token, err := s.Credential().GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{"https://graph.microsoft.com/.default"}})
	if err != nil {
		t.Fatal(err)
	}
	call := func(method, address, body string) *http.Response {
		r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token.Token)
		r.Header.Set("Content-Type", "application/json")
		response, err := s.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		return response
	}
	begun := call(http.MethodPost, "https://graph.microsoft.com/v1.0/reports/partners/billing/usage/billed/export", `{"invoiceId":"G1"}`)
	if err := begun.Body.Close(); err != nil {
		t.Fatal(err)
	}
	done := call(http.MethodGet, begun.Header.Get("Location"), "")
	defer done.Body.Close()
	var operation struct {
		Manifest struct{ RootDirectory, SasToken string } `json:"resourceLocation"`
	}
	if err := json.NewDecoder(done.Body).Decode(&operation); err != nil {
		t.Fatal(err)
	}
	return operation.Manifest.RootDirectory + "/x?" + operation.Manifest.SasToken
}
