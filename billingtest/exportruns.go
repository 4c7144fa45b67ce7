package billingtest

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

// exportRun is a run of a configured export.
type exportRun struct {
	id        string
	submitted time.Time
	polls     int
	delivered *delivery // nil: there were no data
}

// exportSpec is what a run needs to know of an export.
type exportSpec struct {
	Format      string `json:"format"`
	Compression string `json:"compressionMode"`
	Partition   bool   `json:"partitionData"`
	Overwrite   string `json:"dataOverwriteBehavior"`
	Definition  struct {
		Type       string           `json:"type"`
		Timeframe  string           `json:"timeframe"`
		TimePeriod *requestedPeriod `json:"timePeriod"`
		DataSet    struct {
			Granularity   string `json:"granularity"`
			Configuration struct {
				DataVersion string `json:"dataVersion"`
			} `json:"configuration"`
		} `json:"dataSet"`
	} `json:"definition"`
	Delivery struct {
		Destination struct {
			ResourceID     string `json:"resourceId"`
			StorageAccount string `json:"storageAccount"`
			Container      string `json:"container"`
			Folder         string `json:"rootFolderPath"`
		} `json:"destination"`
	} `json:"deliveryInfo"`
}

// host is the host of the storage account that the export is delivered to.
func (e *exportSpec) host() string {
	d := e.Delivery.Destination
	name := cmp.Or(d.StorageAccount, d.ResourceID[strings.LastIndexByte(d.ResourceID, '/')+1:])
	return strings.ToLower(name) + blobDomain
}

// runExport runs an export: it writes its files into the storage account. The response has no body.
func (s *Server) runExport(c *armCall) *Response {
	s.mu.Lock()
	r := c.kept("/run")
	var properties json.RawMessage
	if r != nil {
		properties = r.properties
	}
	s.mu.Unlock()
	if r == nil {
		return armError(http.StatusNotFound, "ResourceNotFound", "The export was not found.")
	}
	var e exportSpec
	var parameters struct {
		TimePeriod *requestedPeriod `json:"timePeriod"`
	}
	if json.Unmarshal(properties, &e) != nil || len(c.Body) > 0 && json.Unmarshal(c.Body, &parameters) != nil {
		return armBadRequest("The export or the parameters of the run are invalid.")
	}
	if parameters.TimePeriod != nil {
		e.Definition.Timeframe, e.Definition.TimePeriod = "Custom", parameters.TimePeriod
	}
	f, known := s.costsOf(c)
	days, ok := requestedDays(e.Definition.Timeframe, e.Definition.TimePeriod)
	columns := exportColumns[strings.ToLower(e.Definition.Type)]
	switch {
	case !known:
		return armNotFound()
	case !ok:
		return armBadRequest("The timeframe or timePeriod of the export is invalid.")
	case columns == nil || !slices.Contains([]string{"", "csv"}, strings.ToLower(e.Format)) || !slices.Contains([]string{"", "none", "gzip"}, strings.ToLower(e.Compression)):
		return armError(http.StatusNotImplemented, "NotImplemented", "The in-memory service does not deliver exports of this type or format.")
	}
	f.days = days
	run := &exportRun{id: newID(), submitted: time.Now().UTC()}
	d, err := s.deliver(&e, r, run, f, columns)
	if err != nil {
		return &Response{Err: err}
	}
	run.delivered = d
	s.mu.Lock()
	defer s.mu.Unlock()
	r.runs = append(r.runs, run)
	return armRaw(http.StatusOK, nil)
}

// exportRuns lists the runs of an export, the latest first. A run is queued at the first poll, in
// progress at as many as Options.RunningPolls, and completed then.
func (s *Server) exportRuns(c *armCall) *Response {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := c.kept("/runhistory")
	if r == nil {
		return armError(http.StatusNotFound, "ResourceNotFound", "The export was not found.")
	}
	return armJSON(http.StatusOK, map[string]any{"value": r.history(s.options.RunningPolls)})
}

func (r *resource) history(running int) []any {
	value := []any{}
	for _, run := range slices.Backward(r.runs) {
		run.polls++
		properties := map[string]any{"executionType": "OnDemand", "submittedTime": run.submitted.Format(time.RFC3339Nano), "status": "InProgress"}
		switch done := run.polls > 1+running || running < 0; {
		case done && run.delivered == nil:
			properties["status"] = "DataNotAvailable"
		case done:
			properties["status"] = "Completed"
			properties["fileName"], properties["manifestFile"] = run.delivered.files[0].Name, run.delivered.manifest
		case run.polls == 1:
			properties["status"] = "Queued"
		}
		value = append(value, map[string]any{"id": r.id + "/run/" + run.id, "name": run.id, "type": "Microsoft.CostManagement/exports/run", "properties": properties})
	}
	return value
}
