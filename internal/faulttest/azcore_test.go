package faulttest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"

	"github.com/partnerbilling/sdk-go/billingtest"
)

// azcoreScript is the script of a trial that is also run with azcore's poller.
type azcoreScript struct {
	options *billingtest.Options
	steps   []billingtest.Step
}

var (
	azcoreScripts  = map[string][]azcoreScript{}
	azcoreVerdicts = map[string][]string{}
)

func TestAzcorePoller(t *testing.T) {
	for id, scripts := range azcoreScripts {
		for _, script := range scripts {
			var verdict string
			t.Run(id, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { verdict = azcorePolls(t, script) })
			})
			azcoreVerdicts[id] = addOnce(azcoreVerdicts[id], verdict)
		}
	}
}

// azcorePolls waits for an export with azcore's Location poller.
func azcorePolls(t *testing.T, script azcoreScript) string {
	s := serve(t, script.options, 2, 100, 50)
	s.Script(script.steps...)
	var leaked atomic.Bool
	elsewhere := transport(func(req *http.Request) (*http.Response, error) {
		if req.URL.Scheme == "https" && req.URL.Host == "graph.microsoft.com" {
			return s.Server.Do(req)
		}
		leaked.Store(leaked.Load() || req.Header.Get("Authorization") != "")
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: http.NoBody, Request: req}, nil
	})
	bearer := runtime.NewBearerTokenPolicy(s.credential, []string{"https://graph.microsoft.com/.default"}, nil)
	pl := runtime.NewPipeline("comparison", "v0", runtime.PipelineOptions{PerRetry: []policy.Policy{bearer}}, &azcore.ClientOptions{Transport: elsewhere})
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Hour)
	defer cancel()
	body, err := azcoreExport(ctx, pl)
	polls := s.count(billingtest.OperationCall)
	var status struct {
		Status   string          `json:"status"`
		Location json.RawMessage `json:"resourceLocation"`
		Link     string          `json:"resourceLocation@odata.navigationLink"`
	}
	_ = json.Unmarshal(body, &status) // a body that is not JSON has no status
	switch whole := status.Location != nil || status.Link != ""; {
	case leaked.Load():
		return "sent the access token to another host"
	case errors.Is(err, context.DeadlineExceeded):
		return "hangs until its context is done"
	case err != nil:
		return "error"
	case !whole:
		return fmt.Sprintf("WRONG: success without a manifest after %d polls", polls)
	default:
		return "ok"
	}
}

func azcoreExport(ctx context.Context, pl runtime.Pipeline) (json.RawMessage, error) {
	req, err := runtime.NewRequest(ctx, http.MethodPost, "https://graph.microsoft.com/v1.0/reports/partners/billing/usage/billed/export")
	if err != nil {
		return nil, err
	}
	if err := req.SetBody(streaming.NopCloser(strings.NewReader(`{"invoiceId":"`+request.InvoiceID+`","attributeSet":"full"}`)), "application/json"); err != nil {
		return nil, err
	}
	resp, err := pl.Do(req)
	if err != nil {
		return nil, err
	}
	p, err := runtime.NewPoller[json.RawMessage](resp, pl, nil)
	if err != nil {
		return nil, err
	}
	return p.PollUntilDone(ctx, &runtime.PollUntilDoneOptions{Frequency: time.Second})
}

// azcoreVerdict returns the text for the table.
func azcoreVerdict(id string) string {
	if verdicts := azcoreVerdicts[id]; len(verdicts) > 0 {
		return "azcore: " + strings.Join(verdicts, "; ")
	}
	return ""
}

// countingCredential counts the tokens requested.
type countingCredential struct {
	azcore.TokenCredential
	n atomic.Int64
}

func (c *countingCredential) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	c.n.Add(1)
	return c.TokenCredential.GetToken(ctx, o)
}
