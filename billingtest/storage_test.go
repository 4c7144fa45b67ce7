package billingtest_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partnerbilling/sdk-go/billingtest"
)

var small = billingtest.Export{InvoiceID: invoice, Rows: 40, Blobs: 2}

// checkStorageError asserts an error of Azure Storage and closes the body.
func checkStorageError(t *testing.T, response *http.Response, status int, code string) {
	t.Helper()
	defer response.Body.Close()
	if response.StatusCode != status || response.Header.Get("X-Ms-Error-Code") != code || response.Header.Get("X-Ms-Request-Id") == "" {
		t.Errorf("status %d, header %v; want %d, %s", response.StatusCode, response.Header, status, code)
	}
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var body struct{ Code, Message string }
	if err := xml.Unmarshal(bytes.TrimPrefix(text, []byte("\ufeff")), &body); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	if body.Code != code || !strings.Contains(body.Message, "RequestId:") {
		t.Errorf("body is %s; want %s", text, code)
	}
}

// edited changes a query parameter.
func edited(t *testing.T, address, name, value string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set(name, value)
	if value == "" {
		q.Del(name)
	}
	u.RawQuery = q.Encode()
	return u.String()
}

func TestInvalidSAS(t *testing.T) {
	s, urls := serve(t, nil, small)
	plain, _, _ := strings.Cut(urls[0], "?")
	other, _ := serve(t, nil, small)
	directory := strings.TrimPrefix(plain[:strings.LastIndex(plain, "/")], "https://adlsreconbuprodeastus201.blob.core.windows.net")
	for name, address := range map[string]string{
		"none":              plain,
		"no signature":      edited(t, urls[0], "sig", ""),
		"other signature":   edited(t, urls[0], "sig", "AAAA"),
		"not base64":        edited(t, urls[0], "sig", "?"),
		"later expiry":      edited(t, urls[0], "se", "2999-01-01T00:00:00Z"),
		"not a time":        edited(t, urls[0], "se", "tomorrow"),
		"more permissions":  edited(t, urls[0], "sp", "rwl"),
		"wider scope":       edited(t, urls[0], "sdd", "1"),
		"scope too deep":    edited(t, urls[0], "sdd", "70"),
		"container scope":   edited(t, urls[0], "sr", "c"),
		"of another server": plain + "?" + other.SASToken(directory, time.Hour),
		"other directory":   plain + "?" + s.SASToken(strings.Replace(directory, "Fragment=full", "Fragment=basic", 1), time.Hour),
		"expired":           plain + "?" + s.SASToken(directory, -time.Second),
	} {
		t.Run(name, func(t *testing.T) {
			checkStorageError(t, get(t, s, address, nil), http.StatusForbidden, "AuthenticationFailed")
		})
	}
	if got := read(t, s, plain+"?"+s.SASToken(directory, time.Minute), "", http.StatusOK); len(got) == 0 {
		t.Error("no bytes with a valid token")
	}
	if !strings.Contains(urls[0], "&sdd=7&") || !strings.Contains(urls[0], "&sr=d&sp=rl&") {
		t.Errorf("the token is not like the real ones: %s", urls[0])
	}
}

func TestSASExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, urls := serve(t, &billingtest.Options{SASLifetime: 10 * time.Minute}, small)
		time.Sleep(10*time.Minute - time.Second)
		read(t, s, urls[0], "", http.StatusOK)
		time.Sleep(time.Second)
		checkStorageError(t, get(t, s, urls[0], nil), http.StatusForbidden, "AuthenticationFailed")

		s, urls = serve(t, nil, small)
		time.Sleep(time.Hour - time.Second)
		read(t, s, urls[0], "", http.StatusOK)
		s.ExpireSAS()
		checkStorageError(t, get(t, s, urls[0], nil), http.StatusForbidden, "AuthenticationFailed")
		fresh := manifestOf(t, finish(t, s, begin(t, s, "usage/billed/export", `{"invoiceId":"G016907411"}`)))
		read(t, s, urlsOf(t, fresh)[0], "", http.StatusOK)
	})
}

func TestBlobHeaders(t *testing.T) {
	s, urls := serve(t, nil, small)
	want := packed(t, small, 0)
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		response := request(t, s, method, urls[0], nil)
		data, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		if err := response.Body.Close(); err != nil {
			t.Fatal(err)
		}
		h := response.Header
		if tag := h.Get("ETag"); len(tag) < 10 || tag[0] != '"' || tag[len(tag)-1] != '"' {
			t.Errorf("ETag %s", tag)
		}
		if response.ContentLength != int64(len(want)) || h.Get("Content-Length") != strconv.Itoa(len(want)) || h.Get("Content-Type") != "application/octet-stream" ||
			h.Get("X-Ms-Request-Id") == "" || h.Get("Date") == "" || h.Get("Last-Modified") == "" || h.Get("Content-Encoding") != "" {
			t.Errorf("%s: %v", method, h)
		}
		if method == http.MethodGet && !bytes.Equal(data, want) || method == http.MethodHead && len(data) != 0 {
			t.Errorf("%s returns %d bytes", method, len(data))
		}
	}
}

func TestRangesAndConditions(t *testing.T) {
	s, urls := serve(t, nil, small)
	n := len(packed(t, small, 0))
	head := request(t, s, http.MethodHead, urls[0], nil)
	if err := head.Body.Close(); err != nil {
		t.Fatal(err)
	}
	tag := head.Header.Get("ETag")
	for _, c := range []struct {
		name    string
		header  map[string]string
		status  int
		code    string
		content string
	}{
		{"Range", map[string]string{"Range": "bytes=5-"}, 206, "", fmt.Sprintf("bytes 5-%d/%d", n-1, n)},
		{"x-ms-range wins", map[string]string{"Range": "bytes=5-", "X-Ms-Range": "bytes=7-9"}, 206, "", fmt.Sprintf("bytes 7-9/%d", n)},
		{"beyond the end", map[string]string{"Range": "bytes=5-999999999"}, 206, "", fmt.Sprintf("bytes 5-%d/%d", n-1, n)},
		{"last byte", map[string]string{"Range": fmt.Sprintf("bytes=%d-", n-1)}, 206, "", fmt.Sprintf("bytes %d-%d/%d", n-1, n-1, n)},
		{"start is the length", map[string]string{"Range": fmt.Sprintf("bytes=%d-", n)}, 416, "InvalidRange", fmt.Sprintf("bytes */%d", n)},
		{"suffix is ignored", map[string]string{"Range": "bytes=-5"}, 200, "", ""},
		{"unknown unit is ignored", map[string]string{"Range": "lines=1-5"}, 200, "", ""},
		{"If-Match", map[string]string{"If-Match": tag, "Range": "bytes=0-"}, 206, "", fmt.Sprintf("bytes 0-%d/%d", n-1, n)},
		{"If-Match, list", map[string]string{"If-Match": `"a", ` + tag}, 200, "", ""},
		{"If-Match, other", map[string]string{"If-Match": `"0x1"`, "Range": "bytes=0-"}, 412, "ConditionNotMet", ""},
		{"If-Match, other, range too far", map[string]string{"If-Match": `"0x1"`, "Range": "bytes=99999999-"}, 412, "ConditionNotMet", ""},
		{"If-None-Match", map[string]string{"If-None-Match": tag}, 304, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			header := http.Header{}
			for name, value := range c.header {
				header.Set(name, value)
			}
			response := get(t, s, urls[0], header)
			if got := response.Header.Get("Content-Range"); got != c.content {
				t.Errorf("Content-Range %q; want %q", got, c.content)
			}
			if c.code != "" {
				checkStorageError(t, response, c.status, c.code)
			}
			if err := response.Body.Close(); err != nil || response.StatusCode != c.status {
				t.Errorf("status %d, %v; want %d", response.StatusCode, err, c.status)
			}
		})
	}
	empty, urls := serve(t, nil, billingtest.Export{InvoiceID: invoice, Files: []billingtest.File{{Raw: []byte{}}}})
	checkStorageError(t, get(t, empty, urls[0], http.Header{"Range": {"bytes=0-"}}), 416, "InvalidRange")
}

func TestStorageErrors(t *testing.T) {
	s, urls := serve(t, nil, small)
	address, query, _ := strings.Cut(urls[0], "?")
	directory := address[:strings.LastIndex(address, "/")]
	checkStorageError(t, get(t, s, directory+"/part-1?"+query, nil), http.StatusNotFound, "BlobNotFound")
	checkStorageError(t, get(t, s, directory+"?"+query, nil), http.StatusNotFound, "BlobNotFound")
	checkStorageError(t, request(t, s, http.MethodDelete, urls[0], nil), http.StatusMethodNotAllowed, "UnsupportedHttpVerb")
	if v := s.Violations(); len(v) != 0 {
		t.Errorf("violations %v", v)
	}
	checkStorageError(t, get(t, s, urls[0], http.Header{"Authorization": {"Bearer x"}}), http.StatusUnauthorized, "InvalidAuthenticationInfo")
	if v := s.Violations(); len(v) != 1 || !strings.Contains(v[0], "Authorization") {
		t.Errorf("violations %v", v)
	}
}

func TestViolationsAreRecordedAndRejected(t *testing.T) {
	s, urls := serve(t, nil, small)
	_, query, _ := strings.Cut(urls[0], "?")
	for want, address := range map[string]string{
		"not https":                                  strings.Replace(urls[0], "https:", "http:", 1),
		"unknown host":                               "https://storage.example/x?" + query,
		"SAS token away from storage":                graph + report + "operations/1?" + query,
		"unknown host: GET 127.0.0.1:8443":           "https://127.0.0.1:8443/v1.0/x",
		"unknown host: GET graph.microsoft.com:8443": "https://graph.microsoft.com:8443/v1.0/x",
	} {
		before := len(s.Violations())
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := s.Do(r)
		if err == nil {
			if response.StatusCode < 400 {
				t.Errorf("%s: status %d", want, response.StatusCode)
			}
			if err := response.Body.Close(); err != nil {
				t.Error(err)
			}
		} else if wrapped := new(url.Error); !errors.As(err, &wrapped) {
			t.Errorf("%s: error is a %T", want, err)
		}
		v := s.Violations()
		if !strings.Contains(strings.Join(v[before:], "\n"), want) {
			t.Errorf("violations %v; want %s", v[before:], want)
		}
		if strings.Contains(strings.Join(v, ""), "sig=") {
			t.Errorf("a SAS token in %v", v)
		}
	}
	var dns *net.DNSError
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://storage.example/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Do(r); !errors.As(err, &dns) || !dns.IsNotFound {
		t.Errorf("error is %v; want a host not found", err)
	}
}

func TestGivenContent(t *testing.T) {
	raw := []byte("not gzip")
	for _, c := range []struct {
		name   string
		export billingtest.Export
		want   []string // decompressed, or as it is
	}{
		{"lines", billingtest.Export{InvoiceID: invoice, Lines: []string{`{"a":1}`, `{"a":2}`}}, []string{"{\"a\":1}\n{\"a\":2}\n"}},
		{"lines in two blobs", billingtest.Export{InvoiceID: invoice, Blobs: 2, Lines: []string{"1", "2", "3"}}, []string{"1\n", "2\n3\n"}},
		{"no lines", billingtest.Export{InvoiceID: invoice, Lines: []string{}}, []string{""}},
		{"files", billingtest.Export{InvoiceID: invoice, Files: []billingtest.File{{Name: "a.gz", Lines: []string{"x"}}, {Raw: raw}}}, []string{"x\n", string(raw)}},
		{"no files", billingtest.Export{InvoiceID: invoice, Files: []billingtest.File{}}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, urls := serve(t, nil, c.export)
			var got []string
			for i, address := range urls {
				data := read(t, s, address, "", http.StatusOK)
				if !bytes.Equal(data, packed(t, c.export, i)) {
					t.Error("served and written blob differ")
				}
				if bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
					got = append(got, inflate(t, data))
				} else {
					got = append(got, string(data))
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("got %q; want %q", got, c.want)
			}
			if _, err := c.export.Truth(); err == nil {
				t.Error("Truth returned no error for given rows")
			}
		})
	}
}

func TestReplaceBlob(t *testing.T) {
	s, urls := serve(t, nil, small)
	names, err := small.BlobNames()
	if err != nil {
		t.Fatal(err)
	}
	first := request(t, s, http.MethodHead, urls[0], nil)
	if err := errors.Join(first.Body.Close(), s.ReplaceBlob(names[0], &billingtest.File{Raw: []byte("other")})); err != nil {
		t.Fatal(err)
	}
	checkStorageError(t, get(t, s, urls[0], http.Header{"If-Match": {first.Header.Get("ETag")}}), http.StatusPreconditionFailed, "ConditionNotMet")
	if got := read(t, s, urls[0], "", http.StatusOK); string(got) != "other" {
		t.Errorf("got %q", got)
	}
	if err := s.ReplaceBlob(names[0], nil); err != nil {
		t.Fatal(err)
	}
	checkStorageError(t, get(t, s, urls[0], nil), http.StatusNotFound, "BlobNotFound")
	if got := read(t, s, urls[1], "", http.StatusOK); len(got) == 0 {
		t.Error("the other blob is gone, too")
	}
	if err := s.ReplaceBlob("no such blob", nil); err == nil {
		t.Error("a blob that does not exist was replaced")
	}
}

// TestReplaceBlobOfTheNewerVersion: two versions of the same data have blobs of the same names; the
// newer one is replaced.
func TestReplaceBlobOfTheNewerVersion(t *testing.T) {
	s, old := serve(t, nil, small)
	e := small
	e.Version = "202412312359"
	if err := s.Add(e); err != nil {
		t.Fatal(err)
	}
	newer := urlsOf(t, manifestOf(t, finish(t, s, begin(t, s, "usage/billed/export", `{"invoiceId":"G016907411"}`))))
	names, err := e.BlobNames()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.ReplaceBlob(names[0], &billingtest.File{Raw: []byte("other")}); err != nil {
		t.Fatal(err)
	}
	if got := read(t, s, newer[0], "", http.StatusOK); string(got) != "other" {
		t.Errorf("the newer blob has %d bytes", len(got))
	}
	if got := read(t, s, old[0], "", http.StatusOK); !bytes.Equal(got, packed(t, small, 0)) {
		t.Errorf("the older blob changed, too: %d bytes", len(got))
	}
}

// TestHeaderNamesInAnyCase: without a socket, header names arrive as the client wrote them.
func TestHeaderNamesInAnyCase(t *testing.T) {
	s := billingtest.NewServer(&billingtest.Options{RunningPolls: -1})
	address := urlsOf(t, manifestOf(t, finish(t, s, begin(t, s, "usage/billed/export", `{"invoiceId":"G016907411"}`))))[0]
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header["x-ms-range"] = []string{"bytes=10-19"} // as azblob sets it
	resp, err := s.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusPartialContent || resp.ContentLength != 10 || len(r.Header["x-ms-range"]) != 1 {
		t.Errorf("status %d, %d bytes", resp.StatusCode, resp.ContentLength)
	}
}
