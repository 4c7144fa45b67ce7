package billingtest

import (
	"net/http"
	"strings"
)

// armOperation is a long-running operation of Resource Manager. It is pending at its first poll.
type armOperation struct {
	polls   int
	pending func() *Response // nil: status 202 without a body
	result  func() *Response // of the polls after that
}

// beginOperation keeps an operation and returns its ID.
func (s *Server) beginOperation(c *armCall, o *armOperation) string {
	id := newID()
	s.mu.Lock()
	defer s.mu.Unlock()
	c.account.operations[id] = o
	return id
}

// accepted is the response that begins an operation whose state is at a path.
func (c *armCall) accepted(path string) *Response {
	resp := armJSON(http.StatusAccepted, nil)
	resp.Header.Set(headerLocation, c.link(path))
	resp.Header.Set(headerRetryAfter, "1")
	return resp
}

// link returns the URL of a path, with a port and the API version, as the service writes it.
func (c *armCall) link(path string) string {
	host := c.Request.URL.Host
	if !strings.Contains(host, ":") {
		host += ":443"
	}
	return "https://" + host + path + "?api-version=" + c.Request.URL.Query().Get("api-version")
}

// pollOperation handles a poll of an operation.
func (s *Server) pollOperation(c *armCall) *Response {
	if c.account == nil {
		return armNotFound()
	}
	s.mu.Lock()
	o := c.account.operations[c.path["id"]]
	first := o != nil && o.polls == 0
	if o != nil {
		o.polls++
	}
	s.mu.Unlock()
	switch {
	case o == nil:
		return armError(http.StatusNotFound, "NotFound", "The operation was not found.")
	case !first:
		return o.result()
	}
	resp := armJSON(http.StatusAccepted, nil)
	if o.pending != nil {
		resp = o.pending()
	}
	resp.Header.Set(headerRetryAfter, "1")
	return resp
}
