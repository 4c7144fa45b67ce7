package billingtest

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// armCall is a request to Azure Resource Manager, with the variable parts of its path.
type armCall struct {
	*Exchange
	account *account
	path    map[string]string
}

// resourceManager handles requests to Azure Resource Manager.
func (s *Server) resourceManager(x *Exchange) *Response {
	if problem := s.checkToken(x.Request, s.armAudiences()); problem != tokenValid {
		return armTokenError(problem)
	}
	if x.refusal != 0 {
		code, message := x.refusalText()
		return armError(x.refusal, code, message)
	}
	u := x.Request.URL
	if u.Query().Get("api-version") == "" {
		return armError(http.StatusBadRequest, "MissingApiVersionParameter", "The api-version query parameter (?api-version=) is required for all requests.")
	}
	r, path, exists := routeOf(x.Request.Method, strings.TrimSuffix(u.EscapedPath(), "/"))
	switch {
	case r == nil && exists:
		return armError(http.StatusMethodNotAllowed, "MethodNotAllowed", "The resource does not support this method.")
	case r == nil:
		return armNotFound()
	}
	s.mu.Lock()
	a := s.account
	s.mu.Unlock()
	if name, ok := path["account"]; ok && (a == nil || !strings.EqualFold(name, a.Name)) {
		return armNotFound()
	}
	if profile, ok := path["profile"]; ok && !strings.EqualFold(profile, DefaultProfile) {
		return armNotFound()
	}
	if r.handle == nil {
		return armError(http.StatusNotImplemented, "NotImplemented", "The in-memory service does not implement this call of Azure Resource Manager.")
	}
	return r.handle(s, &armCall{Exchange: x, account: a, path: path})
}

func armNotFound() *Response {
	return armError(http.StatusNotFound, "ResourceNotFound", "The resource was not found.")
}

func armBadRequest(message string) *Response {
	return armError(http.StatusBadRequest, "BadRequest", message)
}

func armJSON(status int, object any) *Response {
	if object == nil {
		return armRaw(status, nil)
	}
	body, err := json.Marshal(object)
	if err != nil {
		return &Response{Err: err}
	}
	return armRaw(status, body)
}

func armRaw(status int, body []byte) *Response {
	return respond(status, http.Header{"Date": {timestamp(time.Now())}, "X-Ms-Request-Id": {newID()}, headerContentType: {"application/json; charset=utf-8"}}, body)
}

func armError(status int, code, message string) *Response {
	return armJSON(status, map[string]any{"error": map[string]any{"code": code, "message": message}})
}
