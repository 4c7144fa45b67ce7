package billingtest

import (
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// resource is a budget or an export of Cost Management, as it was put.
type resource struct {
	name, id, eTag string
	properties     json.RawMessage
	runs           []*exportRun // of an export
}

// exportRun is a run of an export.
type exportRun struct {
	id        string
	submitted time.Time
	polls     int
}

// resourcePath matches the path of a collection of budgets or exports, of one of them, and of what
// is below it.
var resourcePath = regexp.MustCompile(`(?i)^(.+/providers/Microsoft\.(?:CostManagement/(budgets|exports)|Consumption/(budgets)))(?:/([^/]+)(?:/([^/]+))?)?$`)

// resourceCall is a request about budgets or exports. All but the name is in lower case.
type resourceCall struct{ collection, kind, name, below string }

// resource handles requests about budgets and exports.
func (s *Server) resource(x *Exchange, a *account, c resourceCall) *Response {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := strings.ToLower(x.Request.URL.Path)
	known := a.kept[key]
	switch method := x.Request.Method; {
	case c.name == "" && method == http.MethodGet:
		return a.resources(c.collection)
	case c.below == "" && method == http.MethodPut:
		return a.put(x, key, c)
	case c.below == "run" && c.kind == "exports" && method == http.MethodPost:
		return a.run(strings.TrimSuffix(key, "/run"))
	case c.below == "runhistory" && c.kind == "exports" && method == http.MethodGet:
		return a.history(strings.TrimSuffix(key, "/runhistory"), s.options.RunningPolls)
	case known == nil:
	case c.below == "" && method == http.MethodGet:
		return armJSON(http.StatusOK, known.object())
	case c.below == "" && method == http.MethodDelete:
		delete(a.kept, key)
		return armRaw(http.StatusOK, nil)
	}
	return armError(http.StatusNotFound, "ResourceNotFound", "The resource was not found.")
}

// put creates or replaces a resource. An eTag must be that of the known version, and an export,
// unlike a budget, is only replaced by its eTag. The documentation does not tell the status for a
// wrong one: 412 is that of Azure's guidelines.
func (a *account) put(x *Exchange, key string, c resourceCall) *Response {
	var object struct {
		ETag       string          `json:"eTag"`
		Properties json.RawMessage `json:"properties"`
	}
	if json.Unmarshal(x.Body, &object) != nil || object.Properties == nil {
		return armError(http.StatusBadRequest, "BadRequest", "The resource has no properties.")
	}
	status, known := http.StatusOK, a.kept[key]
	switch {
	case known == nil:
		status, known = http.StatusCreated, &resource{name: c.name, id: x.Request.URL.Path}
		a.kept[key] = known
	case object.ETag != known.eTag && (object.ETag != "" || c.kind == "exports"):
		return armError(http.StatusPreconditionFailed, "PreconditionFailed", "The eTag is not that of the latest version.")
	}
	known.eTag, known.properties = `"`+newID()+`"`, object.Properties
	return armJSON(status, known.object())
}

func (r *resource) object() map[string]any {
	return map[string]any{"name": r.name, "id": r.id, "eTag": r.eTag, "properties": r.properties}
}

// resources lists the budgets or the exports of a scope.
func (a *account) resources(collection string) *Response {
	value := []any{}
	for _, key := range slices.Sorted(maps.Keys(a.kept)) {
		if strings.HasPrefix(key, collection+"/") {
			value = append(value, a.kept[key].object())
		}
	}
	return armJSON(http.StatusOK, map[string]any{"value": value})
}

// run starts a run of an export. The response has no body.
func (a *account) run(key string) *Response {
	e := a.kept[key]
	if e == nil {
		return armError(http.StatusNotFound, "ResourceNotFound", "The export was not found.")
	}
	e.runs = append(e.runs, &exportRun{id: newID(), submitted: time.Now().UTC()})
	return armRaw(http.StatusOK, nil)
}

// history lists the runs of an export, the latest first. A run is queued at the first poll, in
// progress at as many as Options.RunningPolls, and completed then. It delivers no files.
func (a *account) history(key string, running int) *Response {
	e := a.kept[key]
	if e == nil {
		return armError(http.StatusNotFound, "ResourceNotFound", "The export was not found.")
	}
	value := []any{}
	for _, r := range slices.Backward(e.runs) {
		r.polls++
		properties := map[string]any{"executionType": "OnDemand", "submittedTime": r.submitted.Format(time.RFC3339Nano), "status": "InProgress"}
		switch {
		case r.polls > 1+running || running < 0:
			properties["status"] = "Completed"
			properties["fileName"] = e.name + "/" + r.id + "/part_0_0001.csv"
			properties["manifestFile"] = e.name + "/" + r.id + "/manifest.json"
		case r.polls == 1:
			properties["status"] = "Queued"
		}
		value = append(value, map[string]any{"id": e.id + "/run/" + r.id, "name": r.id, "properties": properties})
	}
	return armJSON(http.StatusOK, map[string]any{"value": value})
}
