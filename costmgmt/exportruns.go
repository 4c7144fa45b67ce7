package costmgmt

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"iter"
	"net/http"
	"strings"
	"time"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/internal/errtext"
	"github.com/partnerbilling/sdk-go/internal/jsonscalar"
	"github.com/partnerbilling/sdk-go/internal/lro"
)

// ExportRunInfo is what the service reports about a run of an export.
type ExportRunInfo struct {
	// ID identifies the run among those of its export.
	ID string
	// Status is the state of the run.
	Status RunStatus
	// Trigger is what started the run.
	Trigger RunTrigger
	// Submitted, Started and Ended are in UTC; zero where they are not known.
	Submitted, Started, Ended time.Time
	// File and Manifest are paths in the destination's container.
	File, Manifest string
	// Code and Message say why the run failed; secrets are redacted, and the length is bounded.
	Code, Message string
	// Raw is the resource as the service sent it.
	Raw json.RawMessage
}

// Done reports whether the run has ended, successfully or not.
func (i ExportRunInfo) Done() bool {
	switch i.Status.canonical() {
	case RunStatusCompleted, RunStatusFailed, RunStatusTimeout, RunStatusDataNotAvailable, RunStatusNewDataNotAvailable, runStatusCanceled:
		return true
	default:
		return false
	}
}

// begun returns when the run was submitted or, where that is not known, a later time; zero if
// nothing is known.
func (i ExportRunInfo) begun() time.Time {
	return cmp.Or(i.Submitted, i.Started, i.Ended)
}

// runStatusCanceled is undocumented, in either spelling.
const runStatusCanceled RunStatus = "Canceled"

// canonical returns the documented value that s differs from by case only.
func (s RunStatus) canonical() RunStatus {
	if strings.EqualFold(string(s), "cancelled") {
		return runStatusCanceled
	}
	for _, known := range append(PossibleRunStatusValues(), runStatusCanceled) {
		if strings.EqualFold(string(s), string(known)) {
			return known
		}
	}
	return s
}

// ExportRunsOptions are the options of [Client.ExportRuns]. There are none so far.
type ExportRunsOptions struct{}

// ExportRuns lists the runs of an export, on demand and by its schedule, for as long as the service
// keeps them.
func (c *Client) ExportRuns(ctx context.Context, s Scope, name string, o *ExportRunsOptions) iter.Seq2[ExportRunInfo, error] {
	k, err := exportCall(s, name, http.MethodGet, "/runHistory", "ExportsClient.GetExecutionHistory")
	if err != nil {
		return func(yield func(ExportRunInfo, error) bool) { yield(ExportRunInfo{}, err) }
	}
	return list(ctx, c, k, readRun)
}

func readRun(raw json.RawMessage) (ExportRunInfo, error) {
	var r resource[struct {
		Status    jsonscalar.Text `json:"status"`
		Trigger   jsonscalar.Text `json:"executionType"`
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
	err := json.Unmarshal(raw, &r)
	p := &r.Properties
	return ExportRunInfo{
		ID: errtext.Clip(string(r.Name), errtext.CodeLimit), Status: RunStatus(p.Status), Trigger: RunTrigger(p.Trigger),
		Submitted: p.Submitted.Time, Started: p.Started.Time, Ended: p.Ended.Time, File: string(p.File), Manifest: string(p.Manifest),
		Code:    errtext.Clip(string(p.Error.Code), errtext.CodeLimit),
		Message: errtext.Clip(string(p.Error.Message), errtext.MessageLimit), Raw: raw,
	}, err
}

// RunExportOptions are the options of [Client.RunExport]. The zero value and nil are the defaults.
type RunExportOptions struct {
	// Period is the period to export; the zero value stands for the export's own.
	Period Period
	// ResumeToken continues with a run that was started before, here or in another process, instead
	// of starting one. It is what [ExportRun.ResumeToken] returned, for the same scope and export.
	ResumeToken string
}

// RunExport starts a run of an export and returns a handle to wait for it. The first run of an
// export can take hours. A token that was made for another export, or is damaged, is an error that
// matches [apierror.ErrResumeToken].
func (c *Client) RunExport(ctx context.Context, s Scope, name string, o *RunExportOptions) (*ExportRun, error) {
	if o == nil {
		o = &RunExportOptions{}
	}
	k, err := exportCall(s, name, http.MethodPost, "/run", "ExportsClient.Execute")
	if err != nil {
		return nil, err
	}
	if err := c.ready(k.what); err != nil {
		return nil, err
	}
	run := &ExportRun{client: c, token: runToken{Version: runTokenVersion, Endpoint: c.endpoint.String(), Scope: s, Export: name}}
	if o.ResumeToken != "" {
		if err := run.resume(k.what, o.ResumeToken); err != nil {
			return nil, err
		}
		return run, nil
	}
	k.status = []int{http.StatusOK, http.StatusAccepted}
	if o.Period != (Period{}) {
		if err := o.Period.check(k.what); err != nil {
			return nil, err
		}
		k.body = object{"timePeriod": o.Period.midnights()}
	}
	req, err := c.request(ctx, k)
	if err != nil {
		return nil, err
	}
	sent := time.Now()
	header, err := c.send(ctx, req, k, nil)
	if err != nil {
		return nil, err
	}
	run.token.Since = submittedSince(sent, header)
	return run, nil
}

// submittedSince returns a time before which the run of a request was not submitted, by the clock
// of the service: the date of the response, which is cut off to seconds, less the time since the
// request was sent, and some allowance for clocks that differ between its machines.
func submittedSince(sent time.Time, header http.Header) time.Time {
	const allowance = 2 * time.Second
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return sent.UTC().Add(-allowance)
	}
	return date.UTC().Add(-time.Since(sent) - allowance)
}

// ExportRun is a handle of a run that [Client.RunExport] started. It is not safe for concurrent
// use.
type ExportRun struct {
	client *Client
	token  runToken
}

// runToken is what a resume token says. The response to a request for a run has no ID: the run is
// the first one on demand that was submitted since the request, and has an ID once it has been
// seen.
type runToken struct {
	Version  int       `json:"v"`
	Endpoint string    `json:"endpoint"`
	Scope    Scope     `json:"scope"`
	Export   string    `json:"export"`
	Since    time.Time `json:"since"`
	ID       string    `json:"id,omitempty"`
}

const runTokenVersion = 1

// ResumeToken returns a text with which [Client.RunExport] continues with this run later or
// elsewhere. It contains no secret.
func (r *ExportRun) ResumeToken() (string, error) {
	if err := r.ready(); err != nil {
		return "", err
	}
	data, err := json.Marshal(r.token)
	if err != nil {
		return "", failed("export run", "%v", []any{err}, err)
	}
	return fmt.Sprintf("%s.%08x", base64.RawURLEncoding.EncodeToString(data), crc32.ChecksumIEEE(data)), nil
}

func (r *ExportRun) resume(op, token string) error {
	var t runToken
	encoded, sum, checked := strings.Cut(token, ".") // the first tokens had no checksum
	data, err := base64.RawURLEncoding.DecodeString(encoded)
	refuse := func(reason string) error {
		return failed(op, "%v: %s", []any{apierror.ErrResumeToken, reason}, apierror.ErrResumeToken)
	}
	switch {
	case err != nil || checked && sum != fmt.Sprintf("%08x", crc32.ChecksumIEEE(data)) || json.Unmarshal(data, &t) != nil || t.Since.IsZero():
		return refuse("damaged, truncated or not a token of ExportRun.ResumeToken; start another run")
	case t.Version != runTokenVersion:
		return refuse("made by another version of this SDK; use that version, or start another run")
	case !strings.EqualFold(string(t.Scope), string(r.token.Scope)) || !strings.EqualFold(t.Export, r.token.Export):
		return refuse(fmt.Sprintf("made for the export %.64q at scope %s; use it with these, or start another run", t.Export, clipped(string(t.Scope))))
	case t.Endpoint != r.token.Endpoint:
		return refuse(fmt.Sprintf("made for another endpoint than %s; use a client of that endpoint, or start another run", r.token.Endpoint))
	}
	r.token = t
	return nil
}

// ready refuses a handle that RunExport did not return.
func (r *ExportRun) ready() error {
	if r == nil || r.client == nil {
		return invalid("export run", "the ExportRun was not returned by RunExport")
	}
	return nil
}

// ExportRunPollOptions are the options of [ExportRun.Poll]. There are none so far.
type ExportRunPollOptions struct{}

// Poll returns what the service reports about the run now. Its ID and Status are empty where the
// run is not in the history of the export, in particular shortly after it was started.
func (r *ExportRun) Poll(ctx context.Context, o *ExportRunPollOptions) (ExportRunInfo, error) {
	if err := r.ready(); err != nil {
		return ExportRunInfo{}, err
	}
	var found, undated ExportRunInfo
	for run, err := range r.client.ExportRuns(ctx, r.token.Scope, r.token.Export, nil) {
		switch {
		case err != nil:
			return ExportRunInfo{}, err
		case r.token.ID != "":
			if run.ID == r.token.ID {
				return run, nil
			}
		case strings.EqualFold(string(run.Trigger), string(RunTriggerScheduled)):
		case run.begun().IsZero():
			// One that has ended may be of any time.
			if undated.ID == "" && !run.Done() {
				undated = run
			}
		case run.begun().Before(r.token.Since):
		case found.ID == "" || run.begun().Before(found.begun()):
			found = run
		}
	}
	if found.ID == "" {
		found = undated
	}
	if found.ID != "" {
		r.token.ID = found.ID
	}
	return found, nil
}

// ExportRunWaitOptions are the options of [ExportRun.Wait]. The zero value and nil are the
// defaults.
type ExportRunWaitOptions struct {
	// OnProgress is called after each poll, in the goroutine that waits.
	OnProgress func(ExportRunInfo)
}

// Wait waits until the run has ended and returns what the service reports then. Only ctx limits the
// time. The service being unavailable ([apierror.ErrUnavailable]) is tolerated for a quarter of an
// hour. When ctx ends, the error matches ctx's error and its cause; the run continues in the
// service, and ResumeToken still works. With an error, the returned info is the last that the
// service reported.
//
// If the run failed, the error matches [ErrRunFailed]; if there was no data to export,
// [apierror.ErrNoData].
func (r *ExportRun) Wait(ctx context.Context, o *ExportRunWaitOptions) (ExportRunInfo, error) {
	var options ExportRunWaitOptions
	if o != nil {
		options = *o
	}
	if err := r.ready(); err != nil {
		return ExportRunInfo{}, err
	}
	k, err := exportCall(r.token.Scope, r.token.Export, http.MethodGet, "/runHistory", "ExportsClient.GetExecutionHistory")
	if err != nil {
		return ExportRunInfo{}, err
	}
	var last ExportRunInfo
	var pace lro.Pace
	err = pace.Repeat(ctx, func(ctx context.Context) (bool, time.Duration, error) {
		run, err := r.Poll(ctx, nil)
		if err != nil {
			return false, 0, err
		}
		if run.ID != "" || last.ID == "" {
			last = run
		}
		if options.OnProgress != nil {
			options.OnProgress(run)
		}
		return run.Done(), 0, nil
	})
	switch {
	case err != nil && ctx.Err() != nil:
		op := k.op()
		op.Name += ": run"
		if r.token.ID != "" {
			op.Name += " " + r.token.ID
		}
		return last, fmt.Errorf("%w; the run continues in the service: wait for it later with its ResumeToken", op.EndedAfter(ctx, pace.Last()))
	case err != nil:
		return last, err
	}
	return last, last.failure(k.what)
}

// failure returns the error of a run that has ended, nil if it has delivered its files.
func (i ExportRunInfo) failure(op string) error {
	details := "status " + errtext.Clip(string(i.Status), errtext.CodeLimit)
	if i.Code != "" || i.Message != "" {
		details += fmt.Sprintf(", %s %q", i.Code, i.Message)
	}
	switch i.Status.canonical() {
	case RunStatusCompleted:
		return nil
	case RunStatusDataNotAvailable, RunStatusNewDataNotAvailable:
		return failed(op, "run %s: %v (%s)", []any{i.ID, apierror.ErrNoData, details}, apierror.ErrNoData)
	default:
		return failed(op, "run %s: %v (%s); start another run", []any{i.ID, ErrRunFailed, details}, ErrRunFailed)
	}
}
