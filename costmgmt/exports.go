package costmgmt

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/internal/jsonscalar"
	"github.com/partnerbilling/sdk-go/internal/retry"
)

// ExportSpec configures an export of Cost Management into a storage account of one's own.
type ExportSpec struct {
	// Name is part of the export's path.
	Name string
	// Type is Usage, ActualCost, AmortizedCost, FocusCost, PriceSheet and others.
	Type string
	// Timeframe is MonthToDate, TheLastMonth and others. Where it is empty, Period is what counts.
	Timeframe string
	Period    Period
	// Granularity is Daily unless it says otherwise.
	Granularity string
	// DataVersion and Columns choose a schema; empty leaves it to the service.
	DataVersion string
	Columns     []string
	// Format is Csv or Parquet, and Compression none, gzip or snappy; empty leaves it to the service.
	Format, Compression string
	// Partition spreads the data over several blobs.
	Partition bool
	// Overwrite is OverwritePreviousReport or CreateNewReport; empty leaves it to the service.
	Overwrite string
	// Recurrence is Daily, Weekly, Monthly or Annually; empty makes an export that only runs when it
	// is told to. RecurrencePeriod is when it is active.
	Recurrence       string
	RecurrencePeriod Period
	// Destination is where it goes.
	Destination Destination
	// Description is for people.
	Description string
}

// Destination is a container in Azure storage.
type Destination struct {
	// ResourceID is the path of the storage account. The subscription that holds it needs the
	// provider Microsoft.CostManagementExports to be registered.
	ResourceID string
	// Container and Folder are where in it.
	Container, Folder string
}

// ExportInfo is an export as the service has it.
type ExportInfo struct {
	ID, Name, ETag string
	// Raw is the resource as the service sent it.
	Raw json.RawMessage
}

func exportCall(s Scope, name, method, below, api string) (*call, error) {
	k := &call{what: "export", api: api, method: method, scope: s, version: costVersion}
	if name == "" || name == "." || name == ".." {
		return nil, invalid(k.what, "it needs a name")
	}
	k.path = "/providers/Microsoft.CostManagement/exports/" + url.PathEscape(name) + below
	return k, nil
}

// PutExport makes an export, or changes the one of that name, for which it asks for the eTag first.
func (c *Client) PutExport(ctx context.Context, s Scope, e ExportSpec) (ExportInfo, error) {
	k, err := exportCall(s, e.Name, http.MethodGet, "", "ExportsClient.Get")
	if err != nil {
		return ExportInfo{}, err
	}
	properties, err := e.wire(k.what)
	if err != nil {
		return ExportInfo{}, err
	}
	var known resource[json.RawMessage]
	if err := c.do(ctx, k, &known); err != nil && !errors.Is(err, apierror.ErrNotFound) {
		return ExportInfo{}, err
	}
	k.method, k.api, k.status = http.MethodPut, "ExportsClient.CreateOrUpdate", []int{http.StatusOK, http.StatusCreated}
	body := map[string]any{"properties": properties}
	if known.ETag != "" {
		body["eTag"] = known.ETag
	}
	k.body = body
	var raw json.RawMessage
	if err := c.do(ctx, k, &raw); err != nil {
		return ExportInfo{}, err
	}
	var r resource[json.RawMessage]
	if json.Unmarshal(raw, &r) != nil {
		return ExportInfo{}, failed(k.what, "%v: the answer is no export", []any{apierror.ErrMalformed}, apierror.ErrMalformed)
	}
	return ExportInfo{ID: string(r.ID), Name: string(r.Name), ETag: string(r.ETag), Raw: raw}, nil
}

func (e *ExportSpec) wire(what string) (any, error) {
	type object = map[string]any
	dataset := object{"granularity": e.Granularity}
	if e.Granularity == "" {
		dataset["granularity"] = "Daily"
	}
	configuration := object{}
	if e.DataVersion != "" {
		configuration["dataVersion"] = e.DataVersion
	}
	if len(e.Columns) > 0 {
		configuration["columns"] = e.Columns
	}
	if len(configuration) > 0 {
		dataset["configuration"] = configuration
	}
	definition := object{"type": e.Type, "timeframe": e.Timeframe, "dataSet": dataset}
	switch {
	case e.Type == "":
		return nil, invalid(what, "it needs a type, such as ActualCost")
	case e.Destination.ResourceID == "" || e.Destination.Container == "":
		return nil, invalid(what, "it needs a destination: the resource id of a storage account, and a container")
	case e.Timeframe == "":
		if err := e.Period.check(what); err != nil {
			return nil, err
		}
		definition["timeframe"], definition["timePeriod"] = "Custom", e.Period.midnights()
	}
	properties := object{
		"definition": definition, "partitionData": e.Partition,
		"deliveryInfo": object{"destination": object{
			"type": "AzureBlob", "resourceId": e.Destination.ResourceID, "container": e.Destination.Container, "rootFolderPath": e.Destination.Folder,
		}},
	}
	for name, value := range map[string]string{
		"format": e.Format, "compressionMode": e.Compression, "dataOverwriteBehavior": e.Overwrite, "exportDescription": e.Description,
	} {
		if value != "" {
			properties[name] = value
		}
	}
	if e.Recurrence != "" {
		if err := e.RecurrencePeriod.check(what); err != nil {
			return nil, err
		}
		properties["schedule"] = object{"status": "Active", "recurrence": e.Recurrence, "recurrencePeriod": e.RecurrencePeriod.midnights()}
	}
	return properties, nil
}

// RunExport runs an export now, for the period given, or for its own where p is nil. It does not wait:
// the first run can take hours.
func (c *Client) RunExport(ctx context.Context, s Scope, name string, p *Period) error {
	k, err := exportCall(s, name, http.MethodPost, "/run", "ExportsClient.Execute")
	if err != nil {
		return err
	}
	k.status = []int{http.StatusOK, http.StatusAccepted}
	if p != nil {
		if err := p.check(k.what); err != nil {
			return err
		}
		k.body = map[string]any{"timePeriod": p.midnights()}
	}
	return c.do(ctx, k, nil)
}

// ExportRun is one run of an export.
type ExportRun struct {
	ID string
	// Status is the service's word: Queued, InProgress, Completed, Failed, DataNotAvailable and others.
	Status string
	// Submitted, Started and Ended are in UTC; zero where they are not known.
	Submitted, Started, Ended time.Time
	// File and Manifest are paths in the destination's container.
	File, Manifest string
	// Code and Message say why it failed.
	Code, Message string
}

const (
	firstLook = 10 * time.Second
	longLook  = time.Minute
	// patience is how long there may be no good answer about a run.
	patience = 15 * time.Minute
)

// WaitExportRun waits until the newest run of an export that was submitted after a moment has ended, and
// returns it. Take that moment before [Client.RunExport], by the service's clock if yours may be wrong:
// earlier runs do not count. Only ctx limits the waiting.
//
// A run that failed comes with an error that matches [ErrRunFailed], one without data with
// [apierror.ErrNoData].
func (c *Client) WaitExportRun(ctx context.Context, s Scope, name string, submittedAfter time.Time) (ExportRun, error) {
	k, err := exportCall(s, name, http.MethodGet, "/runHistory", "ExportsClient.GetExecutionHistory")
	if err != nil {
		return ExportRun{}, err
	}
	good := time.Now()
	for pause := firstLook; ; pause = min(pause*3/2, longLook) {
		run, err := c.newestRun(ctx, k, submittedAfter)
		switch {
		case err == nil:
			good = time.Now()
		case !errors.Is(err, apierror.ErrUnavailable) || time.Since(good) > patience:
			return ExportRun{}, err
		}
		switch strings.ToLower(run.Status) {
		case "completed":
			return run, nil
		case "datanotavailable", "newdatanotavailable":
			return run, failed(k.what, "%v: the run %s says %s", []any{apierror.ErrNoData, run.ID, run.Status}, apierror.ErrNoData)
		case "failed", "timeout", "canceled", "cancelled":
			return run, failed(k.what, "%v: the run %s says %s (%s: %s)", []any{ErrRunFailed, run.ID, run.Status, run.Code, run.Message}, ErrRunFailed)
		}
		if retry.Sleep(ctx, pause) != nil {
			return ExportRun{}, k.op().Ended(ctx)
		}
	}
}

// newestRun looks for the newest run after a moment; its status is empty where there is none yet.
func (c *Client) newestRun(ctx context.Context, k *call, after time.Time) (newest ExportRun, err error) {
	var p page
	if err := c.do(ctx, k, &p); err != nil {
		return newest, err
	}
	if !p.Value.set {
		return newest, failed(k.what, "%v: it is no list of runs", []any{apierror.ErrMalformed}, apierror.ErrMalformed)
	}
	for _, raw := range p.Value.are {
		var r resource[struct {
			Status    jsonscalar.Text `json:"status"`
			Submitted jsonscalar.Time `json:"submittedTime"`
			Started   jsonscalar.Time `json:"processingStartTime"`
			Ended     jsonscalar.Time `json:"processingEndTime"`
			File      jsonscalar.Text `json:"fileName"`
			Manifest  jsonscalar.Text `json:"manifestFile"`
			Error     struct {
				Code    jsonscalar.Text `json:"code"`
				Message jsonscalar.Text `json:"message"`
			} `json:"error"`
		}]
		if jsonscalar.IsNull(raw) {
			continue
		}
		if json.Unmarshal(raw, &r) != nil {
			return newest, failed(k.what, "%v: a run is not as expected", []any{apierror.ErrMalformed}, apierror.ErrMalformed)
		}
		q := &r.Properties
		if q.Submitted.Before(after) || q.Submitted.Before(newest.Submitted) {
			continue
		}
		newest = ExportRun{
			ID: string(r.Name), Status: string(q.Status), Submitted: q.Submitted.Time, Started: q.Started.Time, Ended: q.Ended.Time,
			File: string(q.File), Manifest: string(q.Manifest), Code: string(q.Error.Code), Message: fmt.Sprintf("%.512s", string(q.Error.Message)),
		}
	}
	return newest, nil
}
