package costmgmt

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/internal/jsonscalar"
)

// Export is an export that Cost Management writes into a storage account of your own. To change
// one, get it, change fields, and put it.
type Export struct {
	// Name identifies the export in its scope. Required.
	Name string
	// Type is the dataset. Required.
	Type ExportType
	// Timeframe is the period that each run exports; empty stands for Period.
	Timeframe Timeframe
	// Period is the period to export. Required if there is no Timeframe, ignored otherwise.
	Period Period
	// Granularity is the period of each row; empty is sent as [GranularityDaily].
	Granularity Granularity
	// DataVersion is the version of the columns, and Columns a selection of them; empty leaves them
	// to the service.
	DataVersion string
	Columns     []string
	// Format and Compression are those of the files; empty leaves them to the service.
	Format      ExportFormat
	Compression ExportCompression
	// Partition splits large exports into several files, with a manifest.
	Partition bool
	// Overwrite is what happens to the files of an earlier run; empty leaves it to the service.
	Overwrite OverwriteBehavior
	// Schedule is when the export runs by itself.
	Schedule Schedule
	// Destination is where the files go. Required.
	Destination Destination
	// Description is for people.
	Description string
	// ETag is the version of the export that was read. Where it is set, [Client.PutExport] stores
	// the export only if nobody has changed it since. Where it is empty, PutExport replaces the
	// export without that check, and a change that somebody else has made is lost.
	ETag string

	// ID is the path of the resource. It is not sent.
	ID string
	// NextRun is when the schedule is expected to run the export, in UTC; zero if it is not known.
	// It is not sent.
	NextRun time.Time
	// Raw is the resource as the service sent it. [Client.PutExport] sends those of its properties
	// back for which there is no field here, so that a change loses nothing.
	Raw json.RawMessage
}

// Schedule is when an export runs by itself. The zero value is no schedule: the export only runs
// when [Client.RunExport] starts it.
type Schedule struct {
	// Recurrence is how often the export runs.
	Recurrence Recurrence
	// Start is when the schedule begins, in the future when it is put. Required with Recurrence.
	// End is when it ends; zero stands for never.
	Start, End time.Time
	// Status pauses the schedule; empty is sent as [ScheduleStatusActive].
	Status ScheduleStatus
}

// Destination is a container in Azure Storage.
type Destination struct {
	// ResourceID is the path of the storage account. The resource provider
	// Microsoft.CostManagementExports must be registered in the subscription that holds it.
	ResourceID string
	// Container is the container, which the service creates if there is none, and Folder a path in
	// it.
	Container, Folder string
}

// GetExportOptions are the options of [Client.GetExport]. There are none so far.
type GetExportOptions struct{}

// GetExport returns an export. If there is none of that name, the error matches
// [apierror.ErrNotFound].
func (c *Client) GetExport(ctx context.Context, s Scope, name string, o *GetExportOptions) (Export, error) {
	k, err := exportCall(s, name, http.MethodGet, "", "ExportsClient.Get")
	if err != nil {
		return Export{}, err
	}
	return c.export(ctx, k)
}

// ExportsOptions are the options of [Client.Exports]. There are none so far.
type ExportsOptions struct{}

// Exports lists the exports of a scope.
func (c *Client) Exports(ctx context.Context, s Scope, o *ExportsOptions) iter.Seq2[Export, error] {
	return list(ctx, c, &call{
		what: "exports", api: "ExportsClient.List", method: http.MethodGet, scope: s, path: exportsPath, version: costVersion,
	}, readExport)
}

// PutExportOptions are the options of [Client.PutExport]. There are none so far.
type PutExportOptions struct{}

// PutExport creates an export, or replaces the one of that name, and returns it as the service has
// it then. The service replaces an export only by its ETag. Where e has none, PutExport gets the
// current ETag and sends that. This does not protect against lost updates: the export is replaced
// whatever somebody else has changed in it. To change an export, put one that [Client.GetExport]
// returned.
//
// Where e has an ETag and the export has been changed since, nothing is stored and the error
// matches [apierror.ErrConflict]: get the export again and apply the change to that. An export that
// lacks a required field is an error that matches [ErrInvalidRequest]. With an error, the returned
// export is the zero Export.
func (c *Client) PutExport(ctx context.Context, s Scope, e Export, o *PutExportOptions) (Export, error) {
	k, err := exportCall(s, e.Name, http.MethodPut, "", "ExportsClient.CreateOrUpdate")
	if err != nil {
		return Export{}, err
	}
	k.status = []int{http.StatusOK, http.StatusCreated}
	if k.body, err = e.wire(k.what); err != nil {
		return Export{}, err
	}
	if e.ETag == "" {
		known, err := c.GetExport(ctx, s, e.Name, nil)
		if err != nil && !errors.Is(err, apierror.ErrNotFound) {
			return Export{}, err
		}
		e.ETag = known.ETag
		if k.body, err = e.wire(k.what); err != nil {
			return Export{}, err
		}
	}
	return c.export(ctx, k)
}

// DeleteExportOptions are the options of [Client.DeleteExport]. There are none so far.
type DeleteExportOptions struct{}

// DeleteExport deletes an export. Files that it has delivered stay where they are. If there is no
// export of that name, the error matches [apierror.ErrNotFound].
func (c *Client) DeleteExport(ctx context.Context, s Scope, name string, o *DeleteExportOptions) error {
	k, err := exportCall(s, name, http.MethodDelete, "", "ExportsClient.Delete")
	if err != nil {
		return err
	}
	k.status = []int{http.StatusOK, http.StatusNoContent}
	return c.do(ctx, k, nil)
}

const exportsPath = "/providers/Microsoft.CostManagement/exports"

// exportCall is a call about one export.
func exportCall(s Scope, name, method, below, api string) (*call, error) {
	k := &call{what: "export", api: api, method: method, scope: s, version: costVersion}
	if err := checkName(k.what, name); err != nil {
		return nil, err
	}
	k.what = fmt.Sprintf("export %.64q", name)
	k.path = exportsPath + "/" + url.PathEscape(name) + below
	return k, nil
}

// export makes a call whose response is an export.
func (c *Client) export(ctx context.Context, k *call) (Export, error) {
	var raw json.RawMessage
	if err := c.do(ctx, k, &raw); err != nil {
		return Export{}, conflict(err)
	}
	e, err := readExport(raw)
	if err != nil {
		return Export{}, k.op().Errorf(apierror.ErrMalformed, "response is not an export")
	}
	return e, nil
}

// wirePeriod is a period in the form of Cost Management.
type wirePeriod struct {
	From jsonscalar.Time `json:"from"`
	To   jsonscalar.Time `json:"to"`
}

func readExport(raw json.RawMessage) (Export, error) {
	var r resource[struct {
		Definition struct {
			Type      jsonscalar.Text `json:"type"`
			Timeframe jsonscalar.Text `json:"timeframe"`
			Period    wirePeriod      `json:"timePeriod"`
			DataSet   struct {
				Granularity   jsonscalar.Text `json:"granularity"`
				Configuration struct {
					DataVersion jsonscalar.Text `json:"dataVersion"`
					Columns     []string        `json:"columns"`
				} `json:"configuration"`
			} `json:"dataSet"`
		} `json:"definition"`
		Format       jsonscalar.Text `json:"format"`
		Compression  jsonscalar.Text `json:"compressionMode"`
		Partition    bool            `json:"partitionData"`
		Overwrite    jsonscalar.Text `json:"dataOverwriteBehavior"`
		Description  jsonscalar.Text `json:"exportDescription"`
		NextRun      jsonscalar.Time `json:"nextRunTimeEstimate"`
		DeliveryInfo struct {
			Destination struct {
				ResourceID jsonscalar.Text `json:"resourceId"`
				Container  jsonscalar.Text `json:"container"`
				Folder     jsonscalar.Text `json:"rootFolderPath"`
			} `json:"destination"`
		} `json:"deliveryInfo"`
		Schedule struct {
			Status     jsonscalar.Text `json:"status"`
			Recurrence jsonscalar.Text `json:"recurrence"`
			Period     wirePeriod      `json:"recurrencePeriod"`
		} `json:"schedule"`
	}]
	err := json.Unmarshal(raw, &r)
	p := &r.Properties
	d, destination := &p.Definition, &p.DeliveryInfo.Destination
	e := Export{
		Name: string(r.Name), Type: ExportType(d.Type), Granularity: Granularity(d.DataSet.Granularity),
		DataVersion: string(d.DataSet.Configuration.DataVersion), Columns: d.DataSet.Configuration.Columns,
		Format: ExportFormat(p.Format), Compression: ExportCompression(p.Compression), Partition: p.Partition,
		Overwrite: OverwriteBehavior(p.Overwrite), Description: string(p.Description),
		Schedule: Schedule{
			Recurrence: Recurrence(p.Schedule.Recurrence), Status: ScheduleStatus(p.Schedule.Status),
			Start: p.Schedule.Period.From.Time, End: p.Schedule.Period.To.Time,
		},
		Destination: Destination{string(destination.ResourceID), string(destination.Container), string(destination.Folder)},
		ETag:        string(r.ETag), ID: string(r.ID), NextRun: p.NextRun.Time, Raw: raw,
	}
	if strings.EqualFold(string(d.Timeframe), string(timeframeCustom)) {
		e.Period = Period{d.Period.From.Time, d.Period.To.Time}
	} else {
		e.Timeframe = Timeframe(d.Timeframe)
	}
	return e, err
}

// wire is the export in the form of the service.
func (e *Export) wire(op string) (any, error) {
	var received resource[struct {
		Definition struct {
			Period wirePeriod `json:"timePeriod"`
		} `json:"definition"`
		DeliveryInfo struct {
			Destination struct {
				Account jsonscalar.Text `json:"storageAccount"`
			} `json:"destination"`
		} `json:"deliveryInfo"`
	}]
	const noExport = "Raw is not the JSON of an export"
	if len(e.Raw) > 0 && json.Unmarshal(e.Raw, &received) != nil {
		return nil, invalid(op, noExport)
	}
	definition := object{"type": e.Type, "timeframe": e.Timeframe, "timePeriod": nil}
	switch {
	case e.Type == "":
		return nil, invalid(op, "missing Type, such as ActualCost")
	case e.Destination.Container == "":
		return nil, invalid(op, "missing container of Destination")
	case e.Destination.ResourceID == "" && received.Properties.DeliveryInfo.Destination.Account == "":
		// An account of another tenant is named, with a SAS, in members that have no fields here.
		return nil, invalid(op, "missing resource ID of Destination: the path of a storage account")
	case e.Schedule.Recurrence != "" && e.Schedule.Start.IsZero():
		return nil, invalid(op, "missing start of Schedule")
	case !e.Schedule.End.IsZero() && e.Schedule.End.Before(e.Schedule.Start):
		return nil, invalid(op, "invalid Schedule: its end is before its start")
	case e.Timeframe == "":
		if err := e.Period.checkOr(op, "Timeframe"); err != nil {
			return nil, err
		}
		definition["timeframe"], definition["timePeriod"] = timeframeCustom, e.Period.midnights()
		if known := received.Properties.Definition.Period; e.Period.sameDays(Period{known.From.Time, known.To.Time}) {
			// It stays as it was received, whatever the time of day.
			delete(definition, "timePeriod")
		}
	}
	granularity := e.Granularity
	if granularity == "" {
		granularity = GranularityDaily
	}
	definition["dataSet"] = object{
		"granularity":   granularity,
		"configuration": object{"dataVersion": optional(e.DataVersion), "columns": optionalList(slices.Clone(e.Columns))},
	}
	sent, err := body(e.Raw, e.ETag, object{
		"definition":    definition,
		"partitionData": e.Partition, "format": optional(e.Format), "compressionMode": optional(e.Compression),
		"dataOverwriteBehavior": optional(e.Overwrite), "exportDescription": optional(e.Description),
		"deliveryInfo": object{"destination": object{
			"type": "AzureBlob", "resourceId": optional(e.Destination.ResourceID), "container": e.Destination.Container,
			"rootFolderPath": e.Destination.Folder,
		}},
		"schedule": e.Schedule.wire(), "runHistory": nil, "nextRunTimeEstimate": nil, "systemSuspensionContext": nil,
	})
	if err != nil {
		return nil, invalid(op, noExport)
	}
	return sent, nil
}

func (s *Schedule) wire() any {
	if *s == (Schedule{}) {
		return nil
	}
	status, period := s.Status, any(nil)
	if status == "" {
		status = ScheduleStatusActive
	}
	if !s.Start.IsZero() {
		period = object{"from": s.Start.UTC(), "to": optional(s.End.UTC())}
	}
	return object{"status": status, "recurrence": optional(s.Recurrence), "recurrencePeriod": period}
}
