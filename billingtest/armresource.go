package billingtest

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// resource is a budget or an export of Cost Management, as it was put.
type resource struct {
	name, id, eTag string
	properties     json.RawMessage
	runs           []*exportRun // of an export
}

func (r *resource) object() map[string]any {
	return map[string]any{"name": r.name, "id": r.id, "eTag": r.eTag, "properties": r.properties}
}

// key identifies a budget or an export, given the path of what is below it.
func (c *armCall) key(below string) string {
	return strings.TrimSuffix(strings.ToLower(c.Request.URL.Path), below)
}

// kept returns the budget or the export of a request, nil if there is none. The caller holds s.mu.
func (c *armCall) kept(below string) *resource {
	if c.account == nil {
		return nil
	}
	return c.account.kept[c.key(below)]
}

// listKept lists the budgets or the exports of a scope.
func (s *Server) listKept(c *armCall) *Response {
	s.mu.Lock()
	defer s.mu.Unlock()
	value := []any{}
	if c.account == nil {
		return armNotFound()
	}
	for _, key := range slices.Sorted(maps.Keys(c.account.kept)) {
		if strings.HasPrefix(key, c.key("")+"/") {
			value = append(value, c.account.kept[key].object())
		}
	}
	return armJSON(http.StatusOK, map[string]any{"value": value})
}

func (s *Server) getKept(c *armCall) *Response {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := c.kept("")
	if r == nil {
		return armNotFound()
	}
	object := r.object()
	if strings.EqualFold(c.Request.URL.Query().Get("$expand"), "runHistory") {
		var properties map[string]any
		if err := json.Unmarshal(r.properties, &properties); err != nil {
			return &Response{Err: err}
		}
		properties["runHistory"] = map[string]any{"value": r.history(s.options.RunningPolls)}
		object["properties"] = properties
	}
	return armJSON(http.StatusOK, object)
}

// putKept creates or replaces a resource. An eTag must be that of the known version, and an export,
// unlike a budget, is only replaced by its eTag. The documentation does not tell the status for a
// wrong one: 412 is that of Azure's guidelines.
func (s *Server) putKept(c *armCall) *Response {
	var object struct {
		ETag       string          `json:"eTag"`
		Properties json.RawMessage `json:"properties"`
	}
	if c.account == nil {
		return armNotFound()
	}
	if json.Unmarshal(c.Body, &object) != nil || object.Properties == nil {
		return armBadRequest("The resource has no properties.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	status, known := http.StatusOK, c.kept("")
	isExport := strings.Contains(c.key(""), "/providers/microsoft.costmanagement/exports/")
	switch {
	case known == nil:
		status, known = http.StatusCreated, &resource{name: c.path["name"], id: c.Request.URL.Path}
		c.account.kept[c.key("")] = known
	case object.ETag != known.eTag && (object.ETag != "" || isExport):
		return armError(http.StatusPreconditionFailed, "PreconditionFailed", "The eTag is not that of the latest version.")
	}
	known.eTag, known.properties = `"`+newID()+`"`, object.Properties
	return armJSON(status, known.object())
}

func (s *Server) deleteKept(c *armCall) *Response {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.kept("") == nil {
		return armNotFound()
	}
	delete(c.account.kept, c.key(""))
	return armRaw(http.StatusOK, nil)
}
