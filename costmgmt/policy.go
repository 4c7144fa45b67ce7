package costmgmt

import (
	"context"
	"fmt"
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/internal/jsonscalar"
	"github.com/partnerbilling/sdk-go/internal/rest"
)

// ViewCharges says whether a customer's users, and its resellers, may see the costs of their
// subscriptions, at pay-as-you-go prices.
type ViewCharges string

// The values that the service knows.
const (
	ViewChargesAllowed    ViewCharges = "Allowed"
	ViewChargesNotAllowed ViewCharges = "NotAllowed"
)

type policyBody struct {
	Properties policyProperties `json:"properties"`
}

type policyProperties struct {
	ViewCharges jsonscalar.Text `json:"viewCharges"`
}

func policyCall(account, customer, method, api string) *call {
	return &call{
		what: "cost policy of a customer", api: api, method: method, scope: CustomerScope(account, customer), path: "/policies/default", version: billingVersion,
	}
}

// CostPolicy tells whether a customer may see costs.
func (c *Client) CostPolicy(ctx context.Context, account, customer string) (ViewCharges, error) {
	var answer policyBody
	err := c.do(ctx, policyCall(account, customer, http.MethodGet, "PoliciesClient.GetByCustomerAtBillingAccount"), &answer)
	return ViewCharges(answer.Properties.ViewCharges), err
}

// SetCostPolicy lets a customer see costs, or not. It returns when the service is through.
func (c *Client) SetCostPolicy(ctx context.Context, account, customer string, v ViewCharges) error {
	k := policyCall(account, customer, http.MethodPut, "PoliciesClient.BeginCreateOrUpdateByCustomerAtBillingAccount")
	if v != ViewChargesAllowed && v != ViewChargesNotAllowed {
		return invalid(k.what, fmt.Sprintf("%.32q is neither %q nor %q", string(v), ViewChargesAllowed, ViewChargesNotAllowed))
	}
	k.body = policyBody{policyProperties{jsonscalar.Text(v)}}
	k.status = []int{http.StatusOK, http.StatusCreated, http.StatusAccepted}
	req, err := c.request(ctx, k)
	if err != nil {
		return err
	}
	op := k.op()
	resp, err := rest.Send(ctx, c.pipeline, req, op) //nolint:bodyclose // The poller reads it.
	if err != nil {
		return err
	}
	// This is a resource of Resource Manager, whose operations azcore's poller knows. The transport sees
	// to it that the poller follows no link to another host.
	p, err := runtime.NewPoller[policyBody](resp, c.pipeline, nil)
	if err != nil {
		return op.Failed(ctx, err)
	}
	got, err := p.PollUntilDone(ctx, nil)
	switch {
	case err != nil:
		return op.Failed(ctx, err)
	case got.Properties.ViewCharges != "" && got.Properties.ViewCharges != jsonscalar.Text(v):
		return op.Errorf(apierror.ErrMalformed, "viewCharges is %.32q after it was set to %q", got.Properties.ViewCharges, v)
	}
	return nil
}
