package blobread

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"slices"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"

	"github.com/partnerbilling/sdk-go/internal/azpolicy"
	"github.com/partnerbilling/sdk-go/internal/httpguard"
	"github.com/partnerbilling/sdk-go/internal/redact"
	"github.com/partnerbilling/sdk-go/internal/sas"
)

// maxErrorBody is how much of the body of an error response is kept. Azure's are below 1 KiB.
const maxErrorBody = 16 << 10

// storageScope is the scope of bearer tokens for storage.
const storageScope = "https://storage.azure.com/.default"

// wire makes the clients of blobs and authorizes their requests. Clients are made for URLs without
// a SAS: it is added to a copy of the request after the guard, so that nothing before the guard can
// disclose it.
type wire struct {
	options azcore.ClientOptions
	clock   *clock
}

// access is how a blob may be requested.
type access struct {
	sas   sas.Token
	isOwn bool // the caller has admitted the host, whatever address it has
}

// newWire returns the wire of a source. accessTo returns the access to a URL and whether it may be
// requested at all. With a credential, a bearer token is sent.
func newWire(o azcore.ClientOptions, accessTo func(*url.URL) (access, bool), cred azcore.TokenCredential) wire {
	w := wire{options: o, clock: &clock{}}
	guard := httpguard.New(o.Transport, httpguard.Rules{
		Name: "storage",
		Allow: func(u *url.URL) error {
			if _, known := accessTo(u); !known {
				return ErrUntrusted
			}
			return nil
		},
		Prepare: func(req *http.Request) {
			a, _ := accessTo(req.URL) // which Allow has admitted
			prepare(req, a.sas)
		},
		RefuseLocal: func(u *url.URL) bool {
			a, _ := accessTo(u)
			return !a.isOwn
		},
		RefuseAuthorization: cred == nil,
	})
	w.options.Transport = &responses{next: guard, clock: w.clock}
	w.options.APIVersion = "" // that of another service
	w.options.Retry = noRetry()
	w.options.Logging = azpolicy.SafeLogOptions(o.Logging)
	if cred != nil {
		// Not azblob's own policy, which requests a token for whatever scope a 401 response names.
		bearer := runtime.NewBearerTokenPolicy(newCredential(cred), []string{storageScope}, nil)
		w.options.PerRetryPolicies = append(slices.Clone(o.PerRetryPolicies), azpolicy.RetryUnauthorized{}, bearer)
	}
	return w
}

// client returns the client of one blob.
func (w wire) client(address string) (*blob.Client, error) {
	return blob.NewClientWithNoCredential(address, &blob.ClientOptions{ClientOptions: w.options})
}

// noRetry leaves retries to the reader, who alone knows where to continue.
func noRetry() policy.RetryOptions { return policy.RetryOptions{MaxRetries: -1} }

// prepare runs last before a request is sent: it adds the SAS and refuses transparent compression,
// under which byte offsets would have no meaning.
func prepare(req *http.Request, token sas.Token) {
	sas.Used(token)
	query := token.Reveal()
	if req.URL.RawQuery != "" && query != "" {
		query = req.URL.RawQuery + "&" + query
	}
	if query != "" {
		req.URL.RawQuery = query
	}
	req.Header.Set("Accept-Encoding", "identity")
}

// responses handles what comes back from storage before azcore does: it reads the server's clock,
// redacts headers, which might quote the URL of the request, and bounds and redacts the bodies of
// errors, which azcore reads into memory whole and writes to its log.
type responses struct {
	next  policy.Transporter
	clock *clock
}

// Do sends the request.
func (r *responses) Do(req *http.Request) (*http.Response, error) {
	resp, err := r.next.Do(req)
	if err != nil {
		return nil, err
	}
	r.clock.observe(resp.Header)
	for _, values := range resp.Header {
		for i, v := range values {
			values[i] = redact.Text(v)
		}
	}
	if resp.StatusCode == http.StatusOK || resp.StatusCode == http.StatusPartialContent {
		return resp, nil
	}
	// Status and code are in the header. The body only adds text for people; one that breaks off,
	// or cannot be closed, takes nothing else away.
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
	_ = resp.Body.Close()
	body = []byte(redact.Text(string(body)))
	resp.Body = io.NopCloser(bytes.NewReader(body))
	resp.ContentLength = int64(len(body))
	return resp, nil
}
