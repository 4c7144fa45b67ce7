package manifest

import (
	"bytes"
	"io"
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/partnerbilling/sdk-go/internal/redact"
)

// maxErrorBody is how much of an error's body is kept. Azure's are below 1 KiB.
const maxErrorBody = 16 << 10

// answers looks at what comes back from storage before azcore does: it reads the
// server's clock, scrubs headers, which might quote the request's address, and bounds
// and scrubs the bodies of errors, which azcore reads into memory whole and writes to
// its log.
type answers struct {
	next  policy.Transporter
	clock *serverClock
}

// Do sends the request.
func (a *answers) Do(req *http.Request) (*http.Response, error) {
	resp, err := a.next.Do(req)
	if err != nil {
		return nil, err
	}
	a.clock.observe(resp.Header)
	for _, values := range resp.Header {
		for i, v := range values {
			values[i] = redact.Text(v)
		}
	}
	if resp.StatusCode == http.StatusOK || resp.StatusCode == http.StatusPartialContent {
		return resp, nil
	}
	// Status and code are in the head. What the body adds is a help for people, and
	// a body that breaks off, or cannot be closed, takes nothing else away.
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
	_ = resp.Body.Close()
	body = []byte(redact.Text(string(body)))
	resp.Body = io.NopCloser(bytes.NewReader(body))
	resp.ContentLength = int64(len(body))
	return resp, nil
}
