package lro_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"go.uber.org/goleak"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/internal/lro"
	"github.com/partnerbilling/sdk-go/internal/origin"
	"github.com/partnerbilling/sdk-go/internal/rest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const root = "https://host.example/v1.0"

func endpoint(t testing.TB) origin.Endpoint {
	t.Helper()
	e, err := origin.Parse(root)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// transport responds with a function.
type transport func(*http.Request) (*http.Response, error)

func (f transport) Do(r *http.Request) (*http.Response, error) { return f(r) }

func respond(r *http.Request, status int, body string, headers ...string) (*http.Response, error) {
	h := http.Header{}
	for i := 1; i < len(headers); i += 2 {
		h.Set(headers[i-1], headers[i])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

func pipeline(tr transport) runtime.Pipeline {
	return runtime.NewPipeline("test", "v0.0.0", runtime.PipelineOptions{}, &azcore.ClientOptions{Transport: tr, Retry: policy.RetryOptions{MaxRetries: -1}})
}

func request(ctx context.Context, t testing.TB, method, url string) *policy.Request {
	t.Helper()
	req, err := runtime.NewRequest(ctx, method, url)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

// response is a response as rest reads it.
func response(t *testing.T, status int, body string) *rest.Response {
	t.Helper()
	r, err := rest.Do(t.Context(), pipeline(func(r *http.Request) (*http.Response, error) {
		return respond(r, status, body, "request-id", "r1")
	}), request(t.Context(), t, http.MethodGet, root+"/op/1"), rest.Op{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// describe writes a state as a word and what it carries.
func describe(s lro.State) string {
	switch s := s.(type) {
	case lro.Pending:
		return "pending"
	case lro.Failed:
		return fmt.Sprintf("failed: %v", s.Err)
	case lro.Succeeded:
		if s.Link != nil {
			return "succeeded: " + s.Link.String()
		}
		return "succeeded: " + s.Embedded.Reveal()
	}
	return "none"
}

// TestDecoders: each service's responses mean a state, without an intermediate form.
func TestDecoders(t *testing.T) {
	graph := lro.Graph{Endpoint: endpoint(t)}
	const noDataAdvice = "check the input"
	// An operation whose result is not used, although it has one.
	const (
		unclear     = "failed: poller: operation failed "
		onlySuccess = "; it has a result, but does not say that it succeeded, so rows may be missing; begin a new export [request-id r1]"
	)
	for _, c := range []struct {
		name    string
		decoder lro.Decoder
		status  int
		body    string
		word    string // Status.Status
		want    string
		kind    error // of Decode's error or of the failure
	}{
		{"Graph: accepted", graph, 202, "", "", "pending", nil},
		{"Graph: running", graph, 200, `{"status":"running"}`, "running", "pending", nil},
		{"Graph: embedded", graph, 200, `{"status":"succeeded","resourceLocation":{"blobs":[]}}`, "succeeded", `succeeded: {"blobs":[]}`, nil},
		{"Graph: link", graph, 200, `{"status":"completed","resourceLocation":"m/1"}`, "completed", "succeeded: " + root + "/m/1", nil},
		{"Graph: ID", graph, 200, `{"status":"succeeded","resourceLocation":{"id":"7"}}`, "succeeded", "succeeded: " + root + "/reports/partners/billing/manifests/7", nil},
		{"Graph: empty", graph, 200, `{"status":"succeeded"}`, "succeeded", "succeeded: ", nil},
		{"Graph: no data", graph, 200, `{"status":"failed","error":{"code":5000}}`, "failed", "failed: poller: operation failed: no data for this request (service error 5000); check the input [request-id r1]", apierror.ErrNoData},
		{"Graph: foreign", graph, 200, `{"status":"succeeded","resourceLocation":"https://evil.example"}`, "", "none", apierror.ErrForeignLocation},
		{"Graph: canceled, with a manifest", graph, 200, `{"status":"Cancelled","resourceLocation":{"blobs":[]}}`, "Cancelled", unclear + "(status Cancelled)" + onlySuccess, nil},
		{"Graph: canceled, American, with a manifest", graph, 200, `{"status":"canceled","resourceLocation":{"blobs":[]}}`, "canceled", unclear + "(status canceled)" + onlySuccess, nil},
		{"Graph: expired, with a manifest", graph, 200, `{"status":"expired","resourceLocation":{"blobs":[]}}`, "expired", unclear + "(status expired)" + onlySuccess, nil},
		{"Graph: in part, with a link", graph, 200, `{"status":"partiallySucceeded","resourceLocation":"m/1"}`, "partiallySucceeded", unclear + "(status partiallySucceeded)" + onlySuccess, nil},
		{"Graph: sentinel, with a manifest", graph, 200, `{"status":"unknownFutureValue","resourceLocation":{"blobs":[]}}`, "unknownFutureValue", unclear + "(status unknownFutureValue)" + onlySuccess, nil},
		{"Graph: sentinel alone", graph, 200, `{"status":"unknownFutureValue"}`, "unknownFutureValue", "pending", nil},
		{"Graph: expired alone", graph, 200, `{"status":"expired"}`, "expired", `failed: poller: operation failed (service error "{\"status\":\"expired\"}"); begin a new export [request-id r1]`, nil},
		{"Graph: no status, with a manifest", graph, 200, `{"resourceLocation":{"blobs":[]}}`, "", "failed: poller: operation failed" + onlySuccess, nil},
		{"Graph: null, of the type of a success", graph, 200, `{"@odata.type":"#microsoft.graph.partners.billing.exportSuccessOperation","status":null,"resourceLocation":{"blobs":[]}}`, "", `succeeded: {"blobs":[]}`, nil},
		{"Graph: canceled, of the type of a success", graph, 200, `{"@odata.type":"#microsoft.graph.partners.billing.exportSuccessOperation","status":"canceled","resourceLocation":{"blobs":[]}}`, "canceled", unclear + "(status canceled)" + onlySuccess, nil},
		{"Graph: succeeded, with an error", graph, 200, `{"status":"succeeded","resourceLocation":{"blobs":[]},"error":{"code":"X","message":"half of it"}}`, "succeeded", `failed: poller: operation failed (service error X "half of it"); begin a new export [request-id r1]`, nil},
		{"Graph: succeeded, with an error of another form", graph, 200, `{"status":"succeeded","resourceLocation":{"blobs":[]},"error":{"target":"blobs"}}`, "succeeded", unclear + `(status succeeded)` + onlySuccess, nil},
		{"Graph: succeeded, with a blank error", graph, 200, `{"status":"succeeded","resourceLocation":{"blobs":[]},"error":{"code":null,"message":"","details":[],"innerError":{}}}`, "succeeded", `succeeded: {"blobs":[]}`, nil},
		{"Graph: running, with an error", graph, 200, `{"status":"running","error":{"code":"X"}}`, "running", "pending", nil},
		{"Graph: 204", graph, 204, "", "", "none", apierror.ErrMalformed},

		{"report: accepted", lro.CostDetails{}, 202, "", "", "pending", nil},
		{"report: in progress", lro.CostDetails{}, 200, `{"status":"InProgress"}`, "InProgress", "pending", nil},
		{"report: completed", lro.CostDetails{}, 200, `{"status":"Completed","manifest":{"blobs":[]}}`, "Completed", `succeeded: {"blobs":[]}`, nil},
		{"report: without a status", lro.CostDetails{}, 200, `{"manifest":{}}`, "", `succeeded: {}`, nil},
		{"report: no manifest", lro.CostDetails{}, 200, `{"status":"Completed","manifest":null}`, "Completed", `succeeded: `, nil},
		{"report: manifest is text", lro.CostDetails{}, 200, `{"status":"Completed","manifest":"https://evil.example"}`, "Completed", `succeeded: `, nil},
		{"report: 204", lro.CostDetails{}, 204, "", "", "failed: poller: operation failed: no data for this request; check the input [request-id r1]", apierror.ErrNoData},
		{"report: no data", lro.CostDetails{}, 200, `{"status":"NoDataFound"}`, "NoDataFound", `failed: poller: operation failed: no data for this request; check the input [request-id r1]`, apierror.ErrNoData},
		{"report: failed", lro.CostDetails{}, 200, `{"status":"Failed","error":{"code":"X","message":"Y"}}`, "Failed", `failed: poller: operation failed (service error X "Y"); begin a new export [request-id r1]`, nil},
		{"report: canceled", lro.CostDetails{}, 200, `{"status":"Cancelled","error":{"code":"X"}}`, "Cancelled", `failed: poller: operation failed (service error X); begin a new export [request-id r1]`, nil},
		{"report: expired", lro.CostDetails{}, 200, `{"status":"Expired","manifest":{"blobs":[]}}`, "Expired", unclear + "(status Expired)" + onlySuccess, nil},
		{"report: in part", lro.CostDetails{}, 200, `{"status":"PartiallySucceeded","manifest":{"blobs":[]}}`, "PartiallySucceeded", unclear + "(status PartiallySucceeded)" + onlySuccess, nil},
		{"report: unknown, with a manifest", lro.CostDetails{}, 200, `{"status":"Finished","manifest":{"blobs":[]}}`, "Finished", unclear + "(status Finished)" + onlySuccess, nil},
		{"report: unknown", lro.CostDetails{}, 200, `{"status":"Finished"}`, "Finished", "pending", nil},
		{"report: in progress, with a manifest", lro.CostDetails{}, 200, `{"status":"InProgress","manifest":{"blobs":[]}}`, "InProgress", "pending", nil},
		{"report: completed, with an error", lro.CostDetails{}, 200, `{"status":"Completed","manifest":{"blobs":[]},"error":{"code":"X","message":"Y"}}`, "Completed", `failed: poller: operation failed (service error X "Y"); begin a new export [request-id r1]`, nil},
		{"report: without a status, with an error", lro.CostDetails{}, 200, `{"manifest":{"blobs":[]},"error":{"code":"X"}}`, "", `failed: poller: operation failed (service error X); begin a new export [request-id r1]`, nil},
		{"report: completed, with a blank error", lro.CostDetails{}, 200, `{"status":"Completed","manifest":{},"error":{"code":"","message":null}}`, "Completed", `succeeded: {}`, nil},
		{"report: HTML", lro.CostDetails{}, 200, `<html>`, "", "none", apierror.ErrMalformed},
		{"report: empty", lro.CostDetails{}, 200, ``, "", "none", apierror.ErrUnavailable},
		{"report: cut short", lro.CostDetails{}, 200, `{"status":"Comp`, "", "none", apierror.ErrUnavailable},
		{"report: too long", lro.CostDetails{}, 200, `{"x":"` + strings.Repeat("x", 4<<20) + `"}`, "", "none", apierror.ErrMalformed},

		{"price sheet: accepted", lro.PriceSheet{}, 202, "", "", "pending", nil},
		{"price sheet: in progress", lro.PriceSheet{}, 200, `{"status":"InProgress"}`, "InProgress", "pending", nil},
		{"price sheet: flat", lro.PriceSheet{}, 200, `{"downloadUrl":"https://h/b?sig=x"}`, "", "succeeded: https://h/b?sig=x", nil},
		{"price sheet: nested", lro.PriceSheet{}, 200, `{"status":"Completed","properties":{"downloadUrl":"https://h/b?sig=x"}}`, "Completed", "succeeded: https://h/b?sig=x", nil},
		{"price sheet: no link", lro.PriceSheet{}, 200, `{"status":"Completed","properties":{}}`, "Completed", "succeeded: ", nil},
		{"price sheet: failed, with a link", lro.PriceSheet{}, 200, `{"status":"Failed","downloadUrl":"https://h/b?sig=x","error":{"code":"X"}}`, "Failed", "failed: poller: operation failed (service error X); begin a new export [request-id r1]", nil},
		{"price sheet: completed, with an error", lro.PriceSheet{}, 200, `{"status":"Completed","properties":{"downloadUrl":"https://h/b?sig=x","error":{"code":"X"}}}`, "Completed", "failed: poller: operation failed (service error X); begin a new export [request-id r1]", nil},
		{"price sheet: expired, with a link", lro.PriceSheet{}, 200, `{"status":"Expired","downloadUrl":"https://h/b?sig=x"}`, "Expired", unclear + "(status Expired)" + onlySuccess, nil},
		{"price sheet: unknown, with a link", lro.PriceSheet{}, 200, `{"status":"Finished","downloadUrl":"https://h/b?sig=x"}`, "Finished", unclear + "(status Finished)" + onlySuccess, nil},
		{"price sheet: in progress, with a link", lro.PriceSheet{}, 200, `{"status":"InProgress","downloadUrl":"https://h/b?sig=x"}`, "InProgress", "pending", nil},
		{"price sheet: 204", lro.PriceSheet{}, 204, "", "", "failed: poller: operation failed: no data for this request; check the input [request-id r1]", apierror.ErrNoData},
	} {
		t.Run(c.name, func(t *testing.T) {
			op := rest.Op{Name: "poller: operation", Advice: map[error]string{apierror.ErrNoData: noDataAdvice}}
			status, state, err := c.decoder.Decode(response(t, c.status, c.body), op)
			if failed, is := state.(lro.Failed); is {
				if failure, is := errors.AsType[*apierror.OperationError](failed.Err); is && strings.Contains(c.want, "(status ") {
					failure.Status = status.Status // as the operation sets it
				}
			}
			if failed, is := state.(lro.Failed); is && c.kind != nil && !errors.Is(failed.Err, c.kind) {
				t.Errorf("%v does not match %v", failed.Err, c.kind)
			}
			if got := describe(state); got != c.want || err == nil && status.Status != c.word {
				t.Errorf("status %q\ngot  %s\nwant %s", status.Status, got, c.want)
			}
			if (err != nil) != (c.want == "none") || err != nil && !errors.Is(err, c.kind) {
				t.Errorf("error %v, want %v", err, c.kind)
			}
		})
	}
}
