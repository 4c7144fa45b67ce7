package costmgmt_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/costmgmt"
)

const exportPath = accountPath + "/providers/Microsoft.CostManagement/exports/e"

func export() costmgmt.Export {
	return costmgmt.Export{
		Name: "e", Type: costmgmt.ExportTypeFocusCost, Timeframe: costmgmt.TimeframeTheLastMonth, Granularity: costmgmt.GranularityDaily, DataVersion: "1.0",
		Format: costmgmt.ExportFormatCSV, Compression: costmgmt.ExportCompressionGzip, Partition: true, Overwrite: costmgmt.OverwriteBehaviorCreateNewReport,
		Destination: costmgmt.Destination{ResourceID: "/subscriptions/s/storage", Container: "c", Folder: "f"},
		Schedule: costmgmt.Schedule{
			Recurrence: costmgmt.RecurrenceMonthly, Status: costmgmt.ScheduleStatusActive, Start: on(2024, 10, 1).Add(8 * time.Hour), End: on(2025, 10, 1),
		},
	}
}

const exportProperties = `"properties":{"definition":{"type":"FocusCost","timeframe":"TheLastMonth","dataSet":{"granularity":"Daily","configuration":{"dataVersion":"1.0"}}},"partitionData":true,"format":"Csv","compressionMode":"gzip","dataOverwriteBehavior":"CreateNewReport",` +
	`"deliveryInfo":{"destination":{"type":"AzureBlob","resourceId":"/subscriptions/s/storage","container":"c","rootFolderPath":"f"}},"schedule":{"status":"Active","recurrence":"Monthly","recurrencePeriod":{"from":"2024-10-01T08:00:00Z","to":"2025-10-01T00:00:00Z"}}}`

func TestPutExport(t *testing.T) {
	s := serve(t,
		ok(`{"name":"e","eTag":"\"7\"","properties":{"ofTomorrow":1}}`), ok(`{"id":"`+exportPath+`","name":"e","eTag":"\"8\""}`), // changed
		response{404, nil, `{"error":{"code":"NotFound"}}`}, response{201, nil, `{"name":"e"}`}, // made
		ok(`{"name":"e","eTag":"\"10\""}`), // changed by its eTag
		response{403, nil, `{"error":{"code":"AuthorizationFailed"}}`},
		response{200, nil, ""}, response{204, nil, ""}, response{404, nil, `{"error":{"code":"NotFound"}}`})
	c := client(t, s)
	scope := costmgmt.AccountScope(account)
	if e, err := c.PutExport(t.Context(), scope, export(), nil); err != nil || e.ETag != `"8"` || e.ID != exportPath {
		t.Errorf("%+v, %v", e, err)
	}
	s.sent("PUT", exportPath, costVersion, `{"eTag":"\"7\"",`+exportProperties+`}`)
	if _, err := c.PutExport(t.Context(), scope, export(), nil); err != nil {
		t.Error(err)
	}
	s.sent("PUT", exportPath, costVersion, `{`+exportProperties+`}`)
	known := export()
	known.ETag = `"9"`
	known.Schedule = costmgmt.Schedule{Recurrence: costmgmt.RecurrenceDaily, Start: on(2024, 10, 1)}
	known.Timeframe, known.Period, known.Granularity = "", costmgmt.MonthOf(on(2024, 9, 1)), ""
	known.Type = "OfTomorrow" // a value that this package does not know is sent all the same
	if e, err := c.PutExport(t.Context(), scope, known, nil); err != nil || e.ETag != `"10"` {
		t.Errorf("%+v, %v", e, err)
	}
	if len(s.requests) != 5 {
		t.Errorf("%d requests: an export with an eTag was read first", len(s.requests))
	}
	s.sent("PUT", exportPath, costVersion, `{"eTag":"\"9\"",`+strings.NewReplacer(
		`"FocusCost"`, `"OfTomorrow"`, `"timeframe":"TheLastMonth"`, `"timeframe":"Custom","timePeriod":{"from":"2024-09-01T00:00:00Z","to":"2024-09-30T00:00:00Z"}`,
		`"Monthly"`, `"Daily"`, `"2024-10-01T08:00:00Z","to":"2025-10-01T00:00:00Z"`, `"2024-10-01T00:00:00Z"`).Replace(exportProperties)+`}`)
	if _, err := c.PutExport(t.Context(), scope, export(), nil); !errors.Is(err, apierror.ErrPermission) {
		t.Errorf("the eTag cannot be read: %v", err)
	}
	for _, want := range []error{nil, nil, apierror.ErrNotFound} {
		if err := c.DeleteExport(t.Context(), scope, "e", nil); !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
	s.sent("DELETE", exportPath, costVersion, "")
	for name, spoil := range map[string]func(*costmgmt.Export){
		"invalid name":                             func(e *costmgmt.Export) { e.Name = "" },
		"missing Type":                             func(e *costmgmt.Export) { e.Type = "" },
		"missing container":                        func(e *costmgmt.Export) { e.Destination.Container = "" },
		"missing resource ID":                      func(e *costmgmt.Export) { e.Destination.ResourceID = "" },
		"missing start of Schedule":                func(e *costmgmt.Export) { e.Schedule.Start = time.Time{} },
		"end is before its start":                  func(e *costmgmt.Export) { e.Schedule.End = e.Schedule.Start.Add(-time.Second) },
		"start or end; set both, or set Timeframe": func(e *costmgmt.Export) { e.Timeframe = "" },
		"Raw is not the JSON of an ex":             func(e *costmgmt.Export) { e.Raw = json.RawMessage("[]") },
	} {
		bad := export()
		spoil(&bad)
		if _, err := c.PutExport(t.Context(), scope, bad, nil); !errors.Is(err, costmgmt.ErrInvalidRequest) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestExportRoundTrip: what was put is what is read, and what is put again has all that was
// received.
func TestExportRoundTrip(t *testing.T) {
	received := `{"id":"/e","name":"e","eTag":"\"1\"","identity":{"type":"SystemAssigned"},"location":"westeurope","systemData":{},` +
		strings.NewReplacer(`"partitionData"`, `"ofTomorrow":[1.10],"runHistory":{"value":[]},"nextRunTimeEstimate":"2024-11-01T08:00:00Z","partitionData"`,
			`"dataVersion":"1.0"`, `"dataVersion":"1.0","filters":[{"name":"x"}]`, `"type":"AzureBlob"`, `"type":"AzureBlob","sasToken":"***","storageAccount":"a"`).Replace(exportProperties) + `}`
	s := serve(t, ok(received), ok(received), ok(`{"value":[`+received+`]}`), ok(received))
	c := client(t, s)
	scope := costmgmt.AccountScope(account)
	e, err := c.GetExport(t.Context(), scope, "e", nil)
	if err != nil {
		t.Fatal(err)
	}
	s.sent("GET", exportPath, costVersion, "")
	want := export()
	want.ETag, want.ID, want.NextRun, want.Raw = `"1"`, "/e", on(2024, 11, 1).Add(8*time.Hour), json.RawMessage(received)
	if !reflect.DeepEqual(e, want) {
		t.Errorf("got  %+v\nwant %+v", e, want)
	}
	e.Schedule.Status = costmgmt.ScheduleStatusInactive
	e.DataVersion, e.Description = "", "paused"
	e.Destination.ResourceID = "" // the destination is an account of another tenant, by its SAS
	if _, err := c.PutExport(t.Context(), scope, e, nil); err != nil {
		t.Fatal(err)
	}
	s.sent("PUT", exportPath, costVersion, `{"eTag":"\"1\"","identity":{"type":"SystemAssigned"},"location":"westeurope",`+strings.NewReplacer(
		`"partitionData"`, `"ofTomorrow":[1.10],"exportDescription":"paused","partitionData"`, `"dataVersion":"1.0"`, `"filters":[{"name":"x"}]`,
		`"resourceId":"/subscriptions/s/storage"`, `"sasToken":"***","storageAccount":"a"`, `"status":"Active"`, `"status":"Inactive"`).Replace(exportProperties)+`}`)
	list, err := all(c.Exports(t.Context(), scope, nil))
	if err != nil || len(list) != 1 || !reflect.DeepEqual(list[0], want) {
		t.Errorf("%+v, %v", list, err)
	}
	s.sent("GET", strings.TrimSuffix(exportPath, "/e"), costVersion, "")
	// Without Raw, the export is replaced as a whole.
	want.Raw = nil
	if _, err := c.PutExport(t.Context(), scope, want, nil); err != nil {
		t.Fatal(err)
	}
	s.sent("PUT", exportPath, costVersion, `{"eTag":"\"1\"",`+exportProperties+`}`)
}

// TestRoundTripOfPeriod: the period that was received is sent back to the second, and another one
// at midnight.
func TestRoundTripOfPeriod(t *testing.T) {
	const received = `{"name":"e","properties":{"definition":{"type":"Usage","timeframe":"Custom","timePeriod":{"from":"2024-09-01T00:00:00Z","to":"2024-09-30T23:59:59Z"}},"schedule":{"status":"Inactive"},"deliveryInfo":{"destination":{"resourceId":"/s","container":"c"}}}}`
	s := serve(t, ok(received), ok(received), ok(received), ok(received), ok(received))
	c := client(t, s)
	e, err := c.GetExport(t.Context(), costmgmt.SubscriptionScope("s"), "e", nil)
	if err != nil || e.Timeframe != "" || !e.Period.Start.Equal(on(2024, 9, 1)) || e.Period.End.Day() != 30 || e.Schedule != (costmgmt.Schedule{Status: costmgmt.ScheduleStatusInactive}) {
		t.Fatalf("%+v, %v", e, err)
	}
	if _, err := c.PutExport(t.Context(), costmgmt.SubscriptionScope("s"), e, nil); err != nil {
		t.Fatal(err)
	}
	const (
		path = "/subscriptions/s/providers/Microsoft.CostManagement/exports/e"
		sent = `{"properties":{"definition":{"type":"Usage","timeframe":"Custom","timePeriod":{"from":"2024-09-01T00:00:00Z","to":"2024-09-30T23:59:59Z"},"dataSet":{"granularity":"Daily"}},"partitionData":false,"schedule":{"status":"Inactive"},"deliveryInfo":{"destination":{"type":"AzureBlob","resourceId":"/s","container":"c","rootFolderPath":""}}}}`
	)
	s.sent("PUT", path, costVersion, sent)
	e.Period.End = on(2024, 9, 29)
	if _, err := c.PutExport(t.Context(), costmgmt.SubscriptionScope("s"), e, nil); err != nil {
		t.Fatal(err)
	}
	s.sent("PUT", path, costVersion, strings.Replace(sent, "2024-09-30T23:59:59Z", "2024-09-29T00:00:00Z", 1))
}

// runs is a history of runs: ID, status, time of submission, and what started it.
func runs(list ...[4]string) response {
	var values []string
	for _, r := range list {
		values = append(values, fmt.Sprintf(`{"name":"%s","properties":{"status":"%s","submittedTime":"%s","executionType":"%s","manifestFile":"m/manifest.json","error":{"code":"C","message":"M sig=`+signature+`"}}}`, r[0], r[1], r[2], r[3]))
	}
	return ok(`{"value":[null,` + strings.Join(values, ",") + `]}`)
}

func TestRunExport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const now = "2000-01-01T00:00:01Z"
		old := [4]string{"old", "Completed", "1999-12-31T00:00:00Z", ""}
		s := serve(t, response{202, nil, ""}, runs(old), runs(old, [4]string{"r", "InProgress", now, ""}), runs([4]string{"r", "completed", now, ""}, old))
		c := client(t, s)
		scope := costmgmt.AccountScope(account)
		run, err := c.RunExport(t.Context(), scope, "e", &costmgmt.RunExportOptions{Period: costmgmt.MonthOf(on(2024, 9, 1))})
		if err != nil {
			t.Fatal(err)
		}
		s.sent("POST", exportPath+"/run", costVersion, `{"timePeriod":{"from":"2024-09-01T00:00:00Z","to":"2024-09-30T00:00:00Z"}}`)
		start := time.Now()
		var seen []string
		r, err := run.Wait(t.Context(), &costmgmt.ExportRunWaitOptions{OnProgress: func(i costmgmt.ExportRunInfo) { seen = append(seen, string(i.Status)) }})
		if err != nil || r.ID != "r" || r.Manifest != "m/manifest.json" || time.Since(start) < 20*time.Second || time.Since(start) > 30*time.Second || !r.Done() || !reflect.DeepEqual(seen, []string{"", "InProgress", "completed"}) {
			t.Errorf("%+v after %v, seen %q, %v", r, time.Since(start), seen, err)
		}
		s.sent("GET", exportPath+"/runHistory", costVersion, "")
	})
}

func TestExportRunEnds(t *testing.T) {
	for name, tc := range map[string]struct {
		status string
		want   error
		text   string
	}{
		"failed":    {"Failed", costmgmt.ErrRunFailed, `C "M`},
		"timeout":   {"Timeout", costmgmt.ErrRunFailed, "run r"},
		"canceled":  {"Cancelled", costmgmt.ErrRunFailed, "Cancelled"},
		"no data":   {"DataNotAvailable", apierror.ErrNoData, "DataNotAvailable"},
		"none new":  {"newdatanotavailable", apierror.ErrNoData, "run r"},
		"completed": {"Completed", nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				run, err := client(t, serve(t, response{200, nil, ""}, runs([4]string{"r", tc.status, "2000-01-01T00:00:01Z", "OnDemand"}))).RunExport(t.Context(), costmgmt.AccountScope(account), "e", nil)
				if err != nil {
					t.Fatal(err)
				}
				r, err := run.Wait(t.Context(), nil)
				if !errors.Is(err, tc.want) || r.ID != "r" || err != nil && (!strings.Contains(err.Error(), tc.text) || strings.Contains(err.Error(), signature)) {
					t.Errorf("%+v, %v", r, err)
				}
			})
		})
	}
}

// TestExportRunStart: the run is recognized by the clock of the service, whatever the local clock
// says, and other runs are ignored.
func TestExportRunStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// The response comes ten seconds after the request was sent, and the run was submitted in
		// between.
		date := time.Date(2024, 10, 2, 12, 0, 5, 0, time.UTC)
		s := serve(t, response{429, map[string]string{"Retry-After": "10"}, ""}, response{200, map[string]string{"Date": date.Format(http.TimeFormat)}, ""},
			runs([4]string{"before", "Completed", "2024-10-02T11:59:00Z", "OnDemand"}, [4]string{"later", "Completed", "2024-10-02T12:10:00Z", "OnDemand"},
				[4]string{"r", "InProgress", "2024-10-02T11:59:56.5Z", "OnDemand"}, [4]string{"scheduled", "Completed", "2024-10-02T12:00:01Z", "Scheduled"}),
			runs([4]string{"earlier", "Completed", "2024-10-02T11:59:56Z", "OnDemand"}, [4]string{"r", "Completed", "2024-10-02T11:59:56.5Z", "OnDemand"}))
		c := client(t, s)
		scope := costmgmt.AccountScope(account)
		run, err := c.RunExport(t.Context(), scope, "e", nil)
		if err != nil {
			t.Fatal(err)
		}
		if r, err := run.Poll(t.Context(), nil); err != nil || r.ID != "r" || r.Done() || r.Trigger != costmgmt.RunTriggerOnDemand {
			t.Errorf("%+v, %v", r, err)
		}
		token, err := run.ResumeToken()
		if err != nil {
			t.Fatal(err)
		}
		resumed, err := c.RunExport(t.Context(), scope, "e", &costmgmt.RunExportOptions{ResumeToken: token})
		if err != nil {
			t.Fatal(err)
		}
		if r, err := resumed.Wait(t.Context(), nil); err != nil || r.ID != "r" || r.Status != costmgmt.RunStatusCompleted {
			t.Errorf("%+v, %v", r, err)
		}
		for _, bad := range []string{token[:len(token)/2], token[:len(token)-1], token[:20] + "A" + token[21:], "x", "!", "e30"} {
			if run, err := c.RunExport(t.Context(), scope, "e", &costmgmt.RunExportOptions{ResumeToken: bad}); run != nil || !errors.Is(err, apierror.ErrResumeToken) || !strings.HasSuffix(err.Error(), "; start another run") {
				t.Errorf("token %q: %v, %v", bad, run, err)
			}
		}
		if _, err := c.RunExport(t.Context(), scope, "other", &costmgmt.RunExportOptions{ResumeToken: token}); !errors.Is(err, apierror.ErrResumeToken) || !strings.Contains(err.Error(), `made for the export "e" at scope "`+string(scope)+`"; use it with these`) {
			t.Errorf("token of another export: %v", err)
		}
		china := client(t, s, func(o *costmgmt.ClientOptions) { o.Cloud = cloud.AzureChina })
		if _, err := china.RunExport(t.Context(), scope, "e", &costmgmt.RunExportOptions{ResumeToken: token}); !errors.Is(err, apierror.ErrResumeToken) {
			t.Errorf("token of another endpoint: %v", err)
		}
		encoded, sum, _ := strings.Cut(token, ".")
		if len(sum) != 8 {
			t.Errorf("no checksum: %s", token)
		}
		text, err := base64.RawURLEncoding.DecodeString(encoded)
		if err != nil || !strings.Contains(string(text), `"v":1`) {
			t.Fatalf("%s, %v", text, err)
		}
		newer := base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(text), `"v":1`, `"v":2`, 1)))
		if _, err := c.RunExport(t.Context(), scope, "e", &costmgmt.RunExportOptions{ResumeToken: newer}); !errors.Is(err, apierror.ErrResumeToken) {
			t.Errorf("token of another version: %v", err)
		}
		if _, err := c.RunExport(t.Context(), costmgmt.CustomerScope(account, "c"), "e", &costmgmt.RunExportOptions{ResumeToken: token}); !errors.Is(err, apierror.ErrResumeToken) {
			t.Errorf("token of another scope: %v", err)
		}
	})
}

// TestExportRunWithoutSubmittedTime: a run whose entry lacks the time of its submission is
// recognized by when it was processed, or as one that has not ended; an older one is not taken for
// it.
func TestExportRunWithoutSubmittedTime(t *testing.T) {
	entry := func(id, status, more string) string {
		return `{"name":"` + id + `","properties":{"status":"` + status + `","executionType":"OnDemand"` + more + `}}`
	}
	const started, before = `,"processingStartTime":"2024-10-02T12:00:09Z"`, `,"processingStartTime":"2024-10-02T11:00:09Z"`
	for name, tc := range map[string]struct{ history, want string }{
		"started":              {entry("old", "Completed", before) + "," + entry("r", "InProgress", started), "r"},
		"ended":                {entry("r", "Completed", `,"submittedTime":null,"processingEndTime":"2024-10-02T12:00:10Z"`), "r"},
		"queued":               {entry("old", "Completed", "") + "," + entry("r", "Queued", ""), "r"},
		"ended, without times": {entry("old", "Completed", ""), ""},
		"earlier":              {entry("old", "InProgress", before), ""},
		"of two, the first":    {entry("later", "InProgress", `,"submittedTime":"2024-10-02T12:00:30Z"`) + "," + entry("r", "InProgress", started), "r"},
		"with a time first":    {entry("x", "Queued", "") + "," + entry("r", "InProgress", started), "r"},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := serve(t, response{202, map[string]string{"Date": "Wed, 02 Oct 2024 12:00:00 GMT"}, ""}, ok(`{"value":[`+tc.history+`]}`))
			run, err := client(t, s).RunExport(t.Context(), costmgmt.AccountScope(account), "e", nil)
			if err != nil {
				t.Fatal(err)
			}
			if r, err := run.Poll(t.Context(), nil); err != nil || r.ID != tc.want {
				t.Errorf("%s: run %q, %v; want %q", name, r.ID, err, tc.want)
			}
		})
	}
}

// TestExportRunKeepsItsID: a run that is missing in a response is not taken for another one.
func TestExportRunKeepsItsID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := [4]string{"r", "InProgress", "2000-01-01T00:00:01Z", "OnDemand"}
		other := [4]string{"other", "Completed", "2000-01-01T00:00:02Z", "OnDemand"}
		s := serve(t, response{200, nil, ""}, runs(first, other), runs(other), runs(other), runs(first, other))
		run, err := client(t, s).RunExport(t.Context(), costmgmt.AccountScope(account), "e", nil)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []string{"r", "", "", "r"} {
			if r, err := run.Poll(t.Context(), nil); err != nil || r.ID != want {
				t.Errorf("poll %d: %+v, %v; want run %q", i, r, err, want)
			}
		}
	})
}

// TestExportRunWaits: a service that is unavailable is tolerated for a quarter of an hour.
func TestExportRunWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		started := false
		down := time.Now().Add(10 * time.Minute)
		c := client(t, policyTransport(func(r *http.Request) (*http.Response, error) {
			s := serve(t, response{503, nil, ""})
			switch {
			case !started:
				started, s.script[0] = true, response{200, nil, ""}
			case time.Now().After(down):
				s.script[0] = runs([4]string{"r", "Completed", "2000-01-01T00:09:00Z", ""})
			}
			return s.Do(r)
		}))
		run, err := c.RunExport(t.Context(), costmgmt.AccountScope(account), "e", nil)
		if err != nil {
			t.Fatal(err)
		}
		if r, err := run.Wait(t.Context(), nil); err != nil || r.ID != "r" {
			t.Errorf("%+v, %v", r, err)
		}
		down = time.Now().Add(24 * time.Hour)
		start := time.Now()
		if _, err := run.Wait(t.Context(), nil); !errors.Is(err, apierror.ErrUnavailable) || time.Since(start) < 15*time.Minute || time.Since(start) > 20*time.Minute {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
	})
}

// TestExportRunWaitCanceled: the error says which run it is and how to wait on, and the last
// response is not lost.
func TestExportRunWaitCanceled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, response{202, nil, ""}, ok(`{"value":[]}`), runs([4]string{"r", "InProgress", "2000-01-01T00:00:01Z", ""}), runs([4]string{"r", "Completed", "2000-01-01T00:00:01Z", ""}))
		run, err := client(t, s).RunExport(t.Context(), costmgmt.AccountScope(account), "e", nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []struct {
			id, text string
		}{
			{"", `costmgmt: export "e": run: context canceled: enough; the run continues in the service: wait for it later with its ResumeToken`},
			{"r", `costmgmt: export "e": run r: context canceled: enough; the run continues in the service: wait for it later with its ResumeToken`},
		} {
			enough := errors.New("enough")
			ctx, cancel := context.WithCancelCause(t.Context())
			r, err := run.Wait(ctx, &costmgmt.ExportRunWaitOptions{OnProgress: func(costmgmt.ExportRunInfo) { cancel(enough) }})
			if r.ID != want.id || !errors.Is(err, context.Canceled) || !errors.Is(err, enough) || err.Error() != want.text {
				t.Errorf("%+v, %v", r, err)
			}
		}
		if r, err := run.Wait(t.Context(), nil); err != nil || r.Status != costmgmt.RunStatusCompleted {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

func TestExportRuns(t *testing.T) {
	s := serve(t, runs([4]string{"a", "Completed", "2024-10-01T00:00:00Z", "Scheduled"}, [4]string{"b", "of tomorrow", "", "OnDemand"}))
	got, err := all(client(t, s).ExportRuns(t.Context(), costmgmt.AccountScope(account), "e", nil))
	if err != nil || len(got) != 2 || got[0].Trigger != costmgmt.RunTriggerScheduled || !got[0].Submitted.Equal(on(2024, 10, 1)) || got[1].Status != "of tomorrow" || got[1].Done() || len(got[1].Raw) == 0 {
		t.Errorf("%+v, %v", got, err)
	}
	s.sent("GET", exportPath+"/runHistory", costVersion, "")
}
