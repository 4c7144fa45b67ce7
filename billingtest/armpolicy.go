package billingtest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// getPolicy returns whether the users of a customer see its costs. By default they do not.
func (s *Server) getPolicy(c *armCall) *Response {
	if !s.isCustomer(c.path["customer"]) {
		return armNotFound()
	}
	s.mu.Lock()
	view := c.account.policies[strings.ToLower(c.path["customer"])]
	s.mu.Unlock()
	setDefault(&view, "NotAllowed")
	return armJSON(http.StatusOK, c.policy(view))
}

func (c *armCall) policy(view string) map[string]any {
	return map[string]any{
		"id": c.account.id() + "/customers/" + c.path["customer"] + "/policies/default", "name": "default", "type": "Microsoft.Billing/billingAccounts/customers/policies",
		"properties": map[string]any{"viewCharges": view},
	}
}

// putPolicy sets a policy, by an operation that takes a while.
func (s *Server) putPolicy(c *armCall) *Response {
	var body struct {
		Properties struct {
			ViewCharges string `json:"viewCharges"`
		} `json:"properties"`
	}
	switch err := json.Unmarshal(c.Body, &body); {
	case !s.isCustomer(c.path["customer"]):
		return armNotFound()
	case err != nil || !slices.Contains([]string{"Allowed", "NotAllowed"}, body.Properties.ViewCharges):
		return armBadRequest("viewCharges is neither Allowed nor NotAllowed.")
	}
	view := body.Properties.ViewCharges
	id := s.beginOperation(c, &armOperation{
		pending: func() *Response { return armJSON(http.StatusOK, map[string]any{"status": "InProgress"}) },
		result: func() *Response {
			s.mu.Lock()
			defer s.mu.Unlock()
			c.account.policies[strings.ToLower(c.path["customer"])] = view
			return armJSON(http.StatusOK, map[string]any{"status": "Succeeded"})
		},
	})
	resp := armJSON(http.StatusCreated, c.policy(view))
	resp.Header.Set("Azure-Asyncoperation", c.link(c.account.id()+"/operationResults/"+id))
	resp.Header.Set(headerRetryAfter, "1")
	return resp
}
