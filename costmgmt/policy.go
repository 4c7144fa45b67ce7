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

type policyBody struct {
	Properties policyProperties `json:"properties"`
}

type policyProperties struct {
	ViewCharges jsonscalar.Text `json:"viewCharges"`
}

func policyCall(account, customer, method, api string) *call {
	return &call{
		what: "cost policy", api: api, method: method, scope: CustomerScope(account, customer), path: "/policies/default", version: billingVersion,
	}
}

// GetCostPolicyOptions are the options of [Client.GetCostPolicy]. There are none so far.
type GetCostPolicyOptions struct{}

// GetCostPolicy returns whether the users of a customer see the costs of its subscriptions.
func (c *Client) GetCostPolicy(ctx context.Context, account, customer string, o *GetCostPolicyOptions) (ViewCharges, error) {
	var body policyBody
	err := c.do(ctx, policyCall(account, customer, http.MethodGet, "PoliciesClient.GetByCustomerAtBillingAccount"), &body)
	return ViewCharges(body.Properties.ViewCharges), err
}

// SetCostPolicyOptions are the options of [Client.SetCostPolicy]. There are none so far.
type SetCostPolicyOptions struct{}

// SetCostPolicy lets the users of a customer see the costs of its subscriptions, or hides them, and
// waits until the service has done so. Values other than [ViewChargesAllowed] and
// [ViewChargesNotAllowed] are an error that matches [ErrInvalidRequest].
func (c *Client) SetCostPolicy(ctx context.Context, account, customer string, v ViewCharges, o *SetCostPolicyOptions) error {
	k := policyCall(account, customer, http.MethodPut, "PoliciesClient.BeginCreateOrUpdateByCustomerAtBillingAccount")
	if v != ViewChargesAllowed && v != ViewChargesNotAllowed {
		return invalid(k.what, fmt.Sprintf("invalid ViewCharges %.32q: must be %s or %s", string(v), ViewChargesAllowed, ViewChargesNotAllowed))
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
	// This is a resource of Resource Manager, whose operations azcore's poller knows. The transport
	// sees to it that the poller follows no link to another host.
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
