package blobread_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"go.uber.org/goleak"

	"github.com/partnerbilling/sdk-go/internal/blobread"
	"github.com/partnerbilling/sdk-go/internal/jsonscalar"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	address   = "https://account.blob.core.windows.net/prices/a%20b.zip"
	signature = "sv=2021-08-06&sp=r&se=2099-01-01&sig=canary%2F"
)

// file is storage with one blob, whose bodies end after some bytes.
type file struct {
	t       *testing.T
	data    []byte
	after   int
	query   string
	header  string // Authorization
	status  int    // of every response; 0: as Azure responds
	request int
}

// Do implements policy.Transporter.
func (f *file) Do(req *http.Request) (*http.Response, error) {
	f.request++
	if req.URL.Scheme+"://"+req.URL.Host+req.URL.EscapedPath() != address || req.URL.RawQuery != f.query || req.Header.Get("Authorization") != f.header {
		f.t.Errorf("request for %s with Authorization %q", req.URL, req.Header.Get("Authorization"))
	}
	resp := &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Etag": {`"0x1"`}}, Request: req}
	data := f.data
	if wanted := strings.Join(req.Header["x-ms-range"], ""); wanted != "" {
		start, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(wanted, "bytes="), "-"))
		if err != nil {
			f.t.Errorf("range %q", wanted)
		}
		resp.StatusCode = http.StatusPartialContent
		resp.Header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", start, len(data)-1, len(data)))
		data = data[start:]
	}
	if f.status != 0 {
		resp.StatusCode, resp.Header = f.status, http.Header{}
	}
	resp.ContentLength, resp.Body = int64(len(data)), io.NopCloser(io.LimitReader(bytes.NewReader(data), int64(f.after)))
	return resp, nil
}

type credential struct{}

func (credential) GetToken(_ context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: strings.Join(o.Scopes, " "), ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// open opens the file by a URL with a SAS or, with a credential, without one.
func open(t *testing.T, f *file, url string, cred azcore.TokenCredential, size int64) (io.ReadCloser, error) {
	t.Helper()
	o := azcore.ClientOptions{Transport: f}
	if cred == nil && size == 0 {
		return blobread.Download(t.Context(), url, &blobread.DownloadOptions{ClientOptions: o})
	}
	parse := blobread.ParseLink
	if cred != nil {
		parse = blobread.ParseURL
	}
	link, name, err := parse(url, nil)
	if err != nil {
		return nil, err
	}
	source := blobread.NewFixed(map[string]blobread.Link{name: link}, cred, o)
	return blobread.Open(t.Context(), source, blobread.Blob{Name: name, Size: jsonscalar.Int{Value: size, Set: size > 0}}, blobread.Limits{}, blobread.NewThrottle(1)), nil
}

// A file comes whole over broken connections, with a SAS or with a credential.
func TestDownload(t *testing.T) {
	data := bytes.Repeat([]byte("0123456789"), 50_000)
	for what, c := range map[string]struct {
		url, query, header string
		cred               azcore.TokenCredential
		size               int
	}{
		"SAS":                    {address + "?" + signature, signature, "", nil, 0},
		"SAS, known size":        {address + "?" + signature, signature, "", nil, len(data)},
		"credential, known size": {address, "", "Bearer https://storage.azure.com/.default", credential{}, len(data)},
		"credential":             {address, "", "Bearer https://storage.azure.com/.default", credential{}, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := &file{t: t, data: data, after: 100_000, query: c.query, header: c.header}
			r, err := open(t, f, c.url, c.cred, int64(c.size))
			if err != nil || f.request != 0 {
				t.Fatalf("%s: %v after %d requests", what, err, f.request)
			}
			got, err := io.ReadAll(r)
			if err = errors.Join(err, r.Close()); err != nil || !bytes.Equal(got, data) || f.request != 5 {
				t.Errorf("%s: %d of %d bytes in %d requests, %v", what, len(got), len(data), f.request, err)
			}
		})
	}
}

// failing is a credential that has no token.
type failing struct{}

func (failing) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{}, final{errors.New("not signed in")}
}

// The errors of what the caller can correct say how.
func TestErrorsHaveAdvice(t *testing.T) {
	for want, c := range map[string]struct {
		url  string
		cred azcore.TokenCredential
		size int64
	}{
		"its length is 4, and the manifest says 7; if a later run of the export has overwritten it, use the manifest of that run":     {address + "?" + signature, nil, 7},
		"no access token: the credential failed: not signed in; sign in again, for instance with az login, or correct the credential": {address, failing{}, 0},
	} {
		f := &file{t: t, data: []byte("data"), after: 10, query: signature}
		r, err := open(t, f, c.url, c.cred, c.size)
		if err == nil {
			_, err = io.ReadAll(r)
			err = errors.Join(err, r.Close())
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestDownloadFails(t *testing.T) {
	for what, c := range map[string]struct {
		url    string
		cred   azcore.TokenCredential
		size   int64
		status int
		want   error
	}{
		"no SAS":               {address, nil, 0, 0, blobread.ErrSAS},
		"a foreign host":       {"https://evil.example/c/b?" + signature, nil, 0, 0, blobread.ErrUntrusted},
		"plain http":           {strings.Replace(address, "https", "http", 1) + "?" + signature, nil, 0, 0, blobread.ErrUntrusted},
		"credential and SAS":   {address + "?" + signature, credential{}, 0, 0, blobread.ErrUntrusted},
		"another length":       {address + "?" + signature, nil, 7, 0, blobread.ErrBadResponse},
		"not found":            {address + "?" + signature, nil, 0, 404, blobread.ErrBlobMissing},
		"a SAS refused":        {address + "?" + signature, nil, 0, 403, blobread.ErrSAS},
		"a credential refused": {address, credential{}, 0, 403, blobread.ErrDenied},
	} {
		f := &file{t: t, data: []byte("data"), after: 10, query: signature, status: c.status}
		if c.cred != nil {
			f.query, f.header = "", "Bearer https://storage.azure.com/.default"
		}
		r, err := open(t, f, c.url, c.cred, c.size)
		if err == nil {
			_, err = io.ReadAll(r)
			err = errors.Join(err, r.Close())
		}
		if _, ok := errors.AsType[*blobread.Error](err); !ok || !errors.Is(err, c.want) || strings.Contains(fmt.Sprintf("%v %+v", err, err), "canary") {
			t.Errorf("%s: %v, want %v", what, err, c.want)
		}
	}
}
