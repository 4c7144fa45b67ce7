package poller_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/manifest"
	"github.com/partnerbilling/sdk-go/poller"
)

func TestPollStates(t *testing.T) {
	whole := manifestOf(t)
	for _, c := range []struct {
		name, body string
		status     string
		done       bool
	}{
		{"not started", sample(t, "operation-notstarted"), "notstarted", false},
		{"running", sample(t, "operation-running"), "running", false},
		{"running without a type", sample(t, "operation-running-untyped"), "running", false},
		{"failed", sample(t, "operation-failed"), "failed", true},
		{"embedded", finished(t), "succeeded", true},
		{"link", sample(t, "operation-succeeded-link"), "succeeded", true},
		{"URI", sample(t, "operation-succeeded-uri"), "completed", true},
		{"upper case", `{"status":"SUCCEEDED","resourceLocation":` + whole + `}`, "SUCCEEDED", true},
		{"processing", `{"status":"Processing"}`, "Processing", false},
		{"sentinel", `{"status":"unknownFutureValue"}`, "unknownFutureValue", false},
		{"null", `{"status":null}`, "", false},
		{"missing", `{}`, "", false},
		{"number", `{"status":2}`, "2", false},
		{"nulls everywhere", `{"status":null,"error":null,"resourceLocation":null,"resourceLocation@odata.navigationLink":null,"@odata.type":null}`, "", false},
		{"empty error", `{"status":"new","error":{}}`, "new", false},
		{"unknown with manifest", `{"status":"finished","resourceLocation":` + whole + `}`, "finished", true},
		{"unknown with link", `{"status":"finished","resourceLocation@odata.navigationLink":"` + manifestURL + `"}`, "finished", true},
		{"unknown with error", `{"status":"broken","error":{"code":"1"}}`, "broken", true},
		{"unknown with error as text", `{"status":"broken","error":"1"}`, "broken", true},
		{"unknown with both", `{"status":"finished","error":{"code":"1"},"resourceLocation":` + whole + `}`, "finished", true},
		{"type failed", `{"@odata.type":"#microsoft.graph.partners.billing.failedOperation"}`, "", true},
		{"type success without manifest", `{"@odata.type":"#microsoft.graph.partners.billing.exportSuccessOperation"}`, "", false},
		{"running with manifest", `{"status":"running","resourceLocation":` + whole + `}`, "running", false},
		{"byte order mark", "\xef\xbb\xbf" + `{"status":"running"}`, "running", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := accepted(t, play(respond(200, c.body)))
			op, err := p.Poll(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if op.Status != c.status || p.Done() != c.done {
				t.Errorf("status %q, done %v", op.Status, p.Done())
			}
			again, err := p.Poll(t.Context())
			if err != nil || again != op {
				t.Errorf("sent again: %+v, %v", again, err)
			}
		})
	}
}

func TestPollReportsTheOperation(t *testing.T) {
	p := accepted(t, play(respond(200, sample(t, "operation-succeeded-embedded"), "Retry-After", "12")))
	op, err := p.Poll(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := poller.Operation{
		ID: "f2170b13-6a8e-47d6-b481-6988490dc0cb", Status: "succeeded", RetryAfter: 12 * time.Second,
		Created: time.Date(2023, 12, 5, 21, 17, 29, 0, time.UTC), LastAction: time.Date(2023, 12, 5, 21, 18, 0, 889790200, time.UTC),
	}
	if op != want {
		t.Errorf("got  %+v\nwant %+v", op, want)
	}
}

func TestPollToleratesInvalidTimes(t *testing.T) {
	for value, want := range map[string]time.Time{
		`"2023-03-09T08:12:53"`:       time.Date(2023, 3, 9, 8, 12, 53, 0, time.UTC),
		`"2023-03-09T08:12:53+02:00"`: time.Date(2023, 3, 9, 6, 12, 53, 0, time.UTC),
		`"2022-06-1T10-01-03.4Z"`:     time.Date(2022, 6, 1, 10, 1, 3, 400_000_000, time.UTC),
		`"0001-01-01T00:00:00Z"`:      {},
		`"soon"`:                      {},
		`null`:                        {},
		`17`:                          {},
		`{"a":1}`:                     {},
	} {
		p := accepted(t, play(respond(200, `{"status":"running","createdDateTime":`+value+`,"lastActionDateTime":`+value+`}`)))
		op, err := p.Poll(t.Context())
		if err != nil || !op.Created.Equal(want) || !op.LastAction.Equal(want) {
			t.Errorf("%s: %+v, %v", value, op, err)
		}
	}
}

func TestPollFaults(t *testing.T) {
	for _, c := range []struct {
		name  string
		reply reply
		want  error
		done  bool
	}{
		{"404, which may be lag", respond(404, `{}`), apierror.ErrUnavailable, false},
		{"404 with code 5000", respond(404, `{"error":{"code":"5000"}}`), apierror.ErrNoData, true},
		{"410", respond(410, `{}`), apierror.ErrExpired, true},
		{"401", respond(401, `{}`), apierror.ErrUnauthenticated, false},
		{"403", respond(403, `{}`), apierror.ErrPermission, false},
		{"408", respond(408, `{}`), apierror.ErrUnavailable, false},
		{"429", respond(429, `{}`), apierror.ErrUnavailable, false},
		{"500", respond(500, `{}`), apierror.ErrUnavailable, false},
		{"cut by the connection", breaks(`{"status":"succ`, io.ErrUnexpectedEOF), apierror.ErrUnavailable, false},
		{"cut in silence", respond(200, `{"status":"succ`), apierror.ErrUnavailable, false},
		{"empty", respond(200, ``), apierror.ErrUnavailable, false},
		{"not JSON", respond(200, `{"status":running}`), apierror.ErrMalformed, false},
		{"array", respond(200, `[]`), apierror.ErrMalformed, false},
		{"HTML", respond(200, `<html>`), apierror.ErrMalformed, false},
		{"204", respond(204, ``), apierror.ErrMalformed, false},
		{"too long", respond(200, `{"status":"running","x":"`+strings.Repeat("x", 4<<20)+`"}`), apierror.ErrMalformed, false},
		{"endless", endless(), apierror.ErrMalformed, false},
		{"foreign link", respond(200, `{"status":"succeeded","resourceLocation":"https://evil.example/m"}`), apierror.ErrForeignLocation, false},
		{"foreign nested link", respond(200, `{"status":"succeeded","resourceLocation":{"@odata.id":"https://evil.example/m"}}`), apierror.ErrForeignLocation, false},
		{"climbing manifest id", respond(200, `{"status":"succeeded","resourceLocation":{"id":".."}}`), apierror.ErrForeignLocation, false},
		{"foreign move", respond(200, `{"status":"running"}`, "Location", "https://evil.example/op"), apierror.ErrForeignLocation, false},
		{"foreign move with 202", respond(202, ``, "Location", "http://graph.microsoft.com/op"), apierror.ErrForeignLocation, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := play(c.reply)
			p := accepted(t, s)
			_, err := p.Poll(t.Context())
			if !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			mustNotLeak(t, err)
			if p.Done() != c.done {
				t.Errorf("done: %v", p.Done())
			}
			if c.done {
				if _, again := p.Result(t.Context()); !errors.Is(again, c.want) {
					t.Errorf("Result returned %v", again)
				}
				if _, again := p.ResumeToken(); !errors.Is(again, c.want) {
					t.Errorf("ResumeToken returned %v", again)
				}
			}
			if len(s.hosts) != 1 || s.hosts["graph.microsoft.com"] != 2 || s.open != 0 {
				t.Errorf("hosts %v, %d open bodies", s.hosts, s.open)
			}
		})
	}
}

func TestErrorsQuoteAtMost256BytesOfHTML(t *testing.T) {
	page := "<html>Bearer " + tokenCanary + ` <a href="https://h/?sig=` + sasCanary + `">` + strings.Repeat("ü\x00", 5000)
	p := accepted(t, play(respond(200, page, "Content-Type", "text/html")))
	_, err := p.Poll(t.Context())
	mustNotLeak(t, err)
	_, quoted, _ := strings.Cut(err.Error(), `"<html>`)
	if len(quoted) < 100 || len(quoted) > 256 {
		t.Errorf("%d bytes are quoted: %v", len(quoted), err)
	}
}

func TestPollFollowsTheServiceOnItsHost(t *testing.T) {
	s := play(respond(202, ``, "Location", "/v1.0/moved/1"), respond(200, `{"status":"running"}`, "Location", "2"), respond(200, `{"status":"running"}`))
	p := accepted(t, s)
	for range 3 {
		if _, err := p.Poll(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if s.sent[2] != "GET https://graph.microsoft.com/v1.0/moved/1" || s.sent[3] != "GET https://graph.microsoft.com/v1.0/moved/2" {
		t.Errorf("sent %v", s.sent)
	}
}

func TestFailedOperation(t *testing.T) {
	for _, c := range []struct {
		name, body, code, message string
		noData                    bool
	}{
		{"no data", sample(t, "operation-failed"), "5000", "No data available", true},
		{"number", `{"status":"failed","error":{"code":5000,"message":"No reconciliation data"}}`, "5000", "No reconciliation data", true},
		{"other code", `{"status":"Failed","error":{"code":"7","message":"at https://h/?sig=` + sasCanary + `"}}`, "7", "at https://h/?REDACTED", false},
		{"error as text", `{"status":"failed","error":"out of order"}`, "", "out of order", false},
		{"no error", `{"status":"failed","id":"x"}`, "", `{"status":"failed","id":"x"}`, false},
		{"fields of other types", `{"status":"failed","error":{"code":["x"],"message":{"a":1},"innerError":3}}`, "", `{"code":["x"],"message":{"a":1},"innerError":3}`, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := accepted(t, play(respond(200, c.body, "request-id", "r-1")))
			if _, err := p.Poll(t.Context()); err != nil {
				t.Fatal(err)
			}
			_, err := p.Result(t.Context())
			mustNotLeak(t, err)
			var failure *apierror.OperationError
			if !errors.As(err, &failure) {
				t.Fatalf("got %v", err)
			}
			if failure.Code != c.code || failure.Message != c.message || failure.RequestID != "r-1" || failure.OperationID == "" {
				t.Errorf("%+v", failure)
			}
			if errors.Is(err, apierror.ErrNoData) != c.noData {
				t.Errorf("ErrNoData: %v", !c.noData)
			}
			var response *azcore.ResponseError
			if !errors.As(err, &response) || response.ErrorCode != c.code {
				t.Errorf("no azcore.ResponseError: %v", response)
			}
		})
	}
}

func TestResultFindsTheManifest(t *testing.T) {
	whole := manifestOf(t)
	for _, c := range []struct {
		name, operation, want string
	}{
		{"embedded", finished(t), ""},
		{"link", sample(t, "operation-succeeded-link"), manifestURL},
		{"URI", sample(t, "operation-succeeded-uri"), manifestURL},
		{"path", `{"status":"succeeded","resourceLocation":"/v1.0/m/1"}`, "https://graph.microsoft.com/v1.0/m/1"},
		{"relative to the service's root", `{"status":"succeeded","resourceLocation":"reports/m/1"}`, "https://graph.microsoft.com/v1.0/reports/m/1"},
		{"link inside", `{"status":"succeeded","resourceLocation":{"@odata.id":"` + manifestURL + `"}}`, manifestURL},
		{"id inside", `{"status":"succeeded","resourceLocation":{"id":"44e8500b-ab92-490e-8ac3-90500a1d3427"}}`, manifestURL},
		{"object without blobs next to a link", `{"status":"succeeded","resourceLocation":{"id":"x"},"resourceLocation@odata.navigationLink":"` + manifestURL + `"}`, manifestURL},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := play(respond(200, c.operation), respond(200, whole))
			p := accepted(t, s)
			if _, err := p.Result(t.Context()); !errors.Is(err, apierror.ErrNotDone) {
				t.Errorf("before: %v", err)
			}
			if _, err := p.Poll(t.Context()); err != nil {
				t.Fatal(err)
			}
			m, err := p.Result(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if m.Info().ETag != "RwDrn7fbiTXy6UULE" || len(m.Blobs()) != 1 || !strings.Contains(m.SAS().Reveal(), sasCanary) {
				t.Errorf("%+v", m)
			}
			if sent := s.sent[2:]; (c.want == "") != (len(sent) == 0) || c.want != "" && sent[0] != "GET "+c.want {
				t.Errorf("sent %v", sent)
			}
			if again, err := p.Result(t.Context()); again != m || err != nil {
				t.Errorf("again: %v", err)
			}
		})
	}
}

func TestResultFaults(t *testing.T) {
	for _, c := range []struct {
		name  string
		reply reply
		want  error
	}{
		{"410", respond(410, ``), apierror.ErrExpired},
		{"404, which may be lag", respond(404, ``), apierror.ErrUnavailable},
		{"503", respond(503, ``), apierror.ErrUnavailable},
		{"cut off", respond(200, `{"sasToken":"sig=`+sasCanary), apierror.ErrUnavailable},
		{"HTML", respond(200, `<html>`), apierror.ErrMalformed},
		{"broken", respond(200, `{"sasToken":"sig=`+sasCanary+`"]`), apierror.ErrMalformed},
		{"endless", endless(), apierror.ErrMalformed},
		{"incomplete", respond(200, strings.Replace(manifestOf(t), `"blobCount": 1`, `"blobCount": 2`, 1)), manifest.ErrIncomplete},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := play(respond(200, sample(t, "operation-succeeded-link")), c.reply)
			p := accepted(t, s)
			if _, err := p.Poll(t.Context()); err != nil {
				t.Fatal(err)
			}
			_, err := p.Result(t.Context())
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			mustNotLeak(t, err)
			if s.open != 0 {
				t.Errorf("%d bodies are open", s.open)
			}
		})
	}
}

func TestEmbeddedManifestMayBeLong(t *testing.T) {
	long := strings.Replace(finished(t), `"dataFormat"`, `"comment":"`+strings.Repeat("x", 5<<20)+`","dataFormat"`, 1)
	p := accepted(t, play(respond(200, long)))
	if _, err := p.Poll(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Result(t.Context()); err != nil {
		t.Error(err)
	}
}

func endless() reply {
	return func(r *http.Request) (*http.Response, error) {
		resp, err := respond(200, "")(r)
		resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"x":"`), zeros{}))
		return resp, err
	}
}

var block = bytes.Repeat([]byte("0"), 1<<20)

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	return copy(p, block), nil
}
