package lro

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"

	"github.com/partnerbilling/sdk-go/apierror"
)

// replay is the POST that began an operation, kept to send it again. It holds no secret.
type replay struct {
	Address string `json:"address"`
	Body    string `json:"body"`
}

func newReplay(req *policy.Request) (*replay, error) {
	p := &replay{Address: req.Raw().URL.String()}
	if body := req.Body(); body != nil {
		data, err := io.ReadAll(body)
		if err := cmp.Or(err, req.RewindBody()); err != nil {
			return nil, fmt.Errorf("poller: reading the request: %w", err)
		}
		p.Body = string(data)
	}
	return p, nil
}

// build makes the request anew.
func (p *replay) build(ctx context.Context, s *Service) (*policy.Request, error) {
	u, err := s.Endpoint.Resolve(nil, p.Address)
	if err != nil {
		return nil, s.Request.Foreign(err)
	}
	req, err := runtime.NewRequest(ctx, http.MethodPost, u.String())
	if err != nil {
		return nil, s.Request.Errorf(apierror.ErrForeignLocation, "invalid URL")
	}
	req.Raw().Header.Set("Accept", "application/json")
	if p.Body != "" {
		if err := req.SetBody(streaming.NopCloser(strings.NewReader(p.Body)), "application/json"); err != nil {
			return nil, fmt.Errorf("poller: request body: %w", err)
		}
	}
	return req, nil
}
