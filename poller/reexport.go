package poller

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"

	"github.com/partnerbilling/sdk-go/apierror"
)

const (
	// reexportEvery keeps a reading that cannot go on from making the service work without end.
	reexportEvery = time.Hour
	// reexportWait is how long such an export may take, twice as long as any is known to.
	reexportWait = time.Hour
)

// request is the POST of an export, kept in order to make it again. There is nothing secret in it.
type request struct {
	Address string `json:"address"`
	Body    string `json:"body"`
}

// requestOf copies what a request asks for.
func requestOf(req *policy.Request) (*request, error) {
	r := &request{Address: req.Raw().URL.String()}
	if body := req.Body(); body != nil {
		text, err := io.ReadAll(body)
		if err := cmp.Or(err, req.RewindBody()); err != nil {
			return nil, fmt.Errorf("poller: reading the request: %w", err)
		}
		r.Body = string(text)
	}
	return r, nil
}

// export asks for the same export again, waits for it, and returns its manifest.
func (r *refreshing) export(ctx context.Context) ([]byte, error) {
	switch {
	case r.service.request == nil:
		return nil, newError("export request: it is not known any more, or not to be made again; begin a new export", apierror.ErrExpired)
	case !r.exported.IsZero() && time.Since(r.exported) < reexportEvery:
		return nil, newError(fmt.Sprintf("export request: it was made again %v ago already; begin a new export", time.Since(r.exported).Round(time.Second)), apierror.ErrExpired)
	}
	r.exported = time.Now()
	var p *Poller[struct{}]
	if err := patiently(ctx, func(ctx context.Context) (err error) {
		p, err = r.service.post(ctx)
		return err
	}); err != nil {
		return nil, err
	}
	m, err := p.PollUntilDone(ctx, &PollUntilDoneOptions{MaxWait: reexportWait})
	if err != nil {
		return nil, err
	}
	r.operation, r.manifest = p.address, p.found.link
	data, err := m.MarshalWithSAS()
	if err != nil {
		return nil, fmt.Errorf("poller: %w", err)
	}
	if id := signatureOf(data).id; r.manifest == nil && id != "" {
		r.manifest, _ = r.service.manifestAddress(id) // as in refresher
	}
	return data, nil
}

// post makes the request again.
func (s *service) post(ctx context.Context) (*Poller[struct{}], error) {
	u, err := s.endpoint.Resolve(nil, s.request.Address)
	if err != nil {
		return nil, foreign(aboutExport, err)
	}
	req, err := runtime.NewRequest(ctx, http.MethodPost, u.String())
	if err != nil {
		return nil, newError(aboutExport+": its address cannot be requested", apierror.ErrForeignLocation)
	}
	req.Raw().Header.Set("Accept", "application/json")
	if s.request.Body != "" {
		if err := req.SetBody(streaming.NopCloser(strings.NewReader(s.request.Body)), "application/json"); err != nil {
			return nil, fmt.Errorf("poller: %w", err)
		}
	}
	resp, err := s.do(ctx, req, aboutExport) //nolint:bodyclose // begin closes it.
	if err != nil {
		return nil, err
	}
	return begin[struct{}](s, resp)
}
