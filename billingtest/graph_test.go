package billingtest_test

import (
	"encoding/json"
	"net/http"
	"os"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/partnerbilling/sdk-go/billingtest"
)

func TestDefaultExports(t *testing.T) {
	for path, body := range map[string]string{
		"usage/billed/export":                                           `{"invoiceId":"G016907411","attributeSet":"full"}`,
		"usage/unbilled/export":                                         `{"currencyCode":"EUR","billingPeriod":"current","attributeSet":"basic"}`,
		"reconciliation/billed/export":                                  `{"InvoiceId":"g016907411","AttributeSet":"Full"}`,
		"reconciliation/unbilled/export":                                `{"currencyCode":"eur","billingPeriod":"Current"}`,
		"reconciliation/billed/microsoft.graph.partners.billing.export": `{"invoiceId":"G016907411"}`,
	} {
		s := billingtest.NewServer(nil)
		o := finish(t, s, begin(t, s, path, body))
		if o["status"] != "succeeded" {
			t.Errorf("%s: %v", path, o)
		}
		for _, url := range urlsOf(t, manifestOf(t, o)) {
			if n := strings.Count(inflate(t, read(t, s, url, "", http.StatusOK)), "\n"); n != billingtest.DefaultRows/4 {
				t.Errorf("%s: a blob has %d rows", path, n)
			}
		}
		if v := s.Violations(); len(v) > 0 || s.OpenBodies() != 0 {
			t.Errorf("violations %v, open bodies %d", v, s.OpenBodies())
		}
	}
	s := billingtest.NewServer(nil)
	response, _ := callGraph(t, s, http.MethodPost, beta+report+"aggregatedUsage/billed/export", `{"invoiceId":"G016907411"}`)
	if o := finish(t, s, response.Header.Get("Location")); o["status"] != "succeeded" {
		t.Errorf("aggregated: %v", o)
	}
}

func TestExportRequestsAreValidated(t *testing.T) {
	long := `"currencyCode":"EUR","billingPeriod":"current"`
	for _, c := range []struct{ name, url, body, code, message string }{
		{"no invoice", graph + report + "usage/billed/export", `{}`, "BadRequest", "invoiceId"},
		{"invoice is not a string", graph + report + "usage/billed/export", `{"invoiceId":7}`, "BadRequest", "invoiceId"},
		{"unknown key", graph + report + "usage/billed/export", `{"invoiceId":"G1","top":"1"}`, "BadRequest", "'top'"},
		{"attribute set", graph + report + "usage/billed/export", `{"invoiceId":"G1","attributeSet":"all"}`, "BadRequest", "attributeSet"},
		{"not JSON", graph + report + "usage/billed/export", `invoiceId=G1`, "BadRequest", "JSON"},
		{"no currency", graph + report + "usage/unbilled/export", `{"billingPeriod":"last"}`, "BadRequest", "currencyCode"},
		{"invalid currency code", graph + report + "usage/unbilled/export", `{"billingPeriod":"last","currencyCode":"Euro"}`, "BadRequest", "currencyCode"},
		{"no period", graph + report + "usage/unbilled/export", `{"currencyCode":"EUR"}`, "BadRequest", "billingPeriod"},
		{"period", graph + report + "usage/unbilled/export", `{"currencyCode":"EUR","billingPeriod":"previous"}`, "BadRequest", "billingPeriod"},
		{"invoice of unbilled", graph + report + "reconciliation/unbilled/export", `{"invoiceId":"G1",` + long + `}`, "BadRequest", "'invoiceId'"},
		{"attribute set of aggregated", beta + report + "aggregatedUsage/billed/export", `{"invoiceId":"G1","attributeSet":"full"}`, "BadRequest", "'attributeSet'"},
		{"aggregated in v1.0", graph + report + "aggregatedUsage/billed/export", `{"invoiceId":"G1"}`, "BadRequest", "'aggregatedUsage'"},
		{"unknown path", graph + report + "usage/export", `{"invoiceId":"G1"}`, "BadRequest", "'usage'"},
		{"other path", graph + "/me", `{}`, "BadRequest", "not found"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := billingtest.NewServer(nil)
			response, object := callGraph(t, s, http.MethodPost, c.url, c.body)
			checkGraphError(t, response, object, http.StatusBadRequest, c.code, c.message)
		})
	}
}

// checkGraphError asserts an error in the format of the captured one.
func checkGraphError(t *testing.T, response *http.Response, object map[string]any, status int, code, message string) {
	t.Helper()
	e, _ := object["error"].(map[string]any)
	text, _ := e["message"].(string)
	inner, _ := e["innerError"].(map[string]any)
	if response.StatusCode != status || e["code"] != code || !strings.Contains(text, message) {
		t.Errorf("status %d, %v; want %d, %s, %s", response.StatusCode, object, status, code, message)
	}
	if inner["date"] == nil || inner["request-id"] != response.Header.Get("Request-Id") || inner["client-request-id"] != response.Header.Get("Client-Request-Id") {
		t.Errorf("innerError is %v; header %v", inner, response.Header)
	}
}

func TestTenantThatIsNotAPartner(t *testing.T) {
	s := billingtest.NewServer(&billingtest.Options{NotAPartner: true})
	response, object := callGraph(t, s, http.MethodPost, graph+report+"usage/billed/export", `{"invoiceId":"G016907411"}`)
	checkGraphError(t, response, object, http.StatusBadRequest, "BadRequest", "(no addressUrl for Microsoft.Partner.Billing,False)")
}

func TestBearerToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := billingtest.NewServer(nil)
		good := bearer(t, s)
		for want, header := range map[string]string{
			"empty":              "",
			"empty.":             "Basic abc",
			"CompactToken":       "Bearer abc.def.ghi",
			"validation failed":  "Bearer " + bearer(t, billingtest.NewServer(nil)),
			"failed: signature":  "Bearer " + good[:len(good)-4] + "AAAA",
			"CompactToken valid": "Bearer nothing",
		} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, graph+report+"operations/x", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", header)
			response, object := send(t, s, r)
			checkGraphError(t, response, object, http.StatusUnauthorized, "InvalidAuthenticationToken", want)
			if response.Header.Get("WWW-Authenticate") == "" {
				t.Error("no challenge")
			}
		}
		time.Sleep(time.Hour)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, graph+report+"operations/x", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+good)
		response, object := send(t, s, r)
		checkGraphError(t, response, object, http.StatusUnauthorized, "InvalidAuthenticationToken", "expired")
	})
}

func TestOperationStates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := billingtest.NewServer(&billingtest.Options{RunningPolls: 3, PollDelay: 10 * time.Second, SuccessStatus: "completed"})
		url := begin(t, s, "usage/billed/export", `{"invoiceId":"G016907411"}`)
		if !strings.HasPrefix(url, graph+report+"operations/") {
			t.Errorf("Location is %s", url)
		}
		var states []any
		for range 6 {
			response, o := callGraph(t, s, http.MethodGet, url, "")
			states = append(states, o["status"])
			if done := o["status"] == "completed"; done == (response.Header.Get("Retry-After") == "10") {
				t.Errorf("status %v with Retry-After %q", o["status"], response.Header.Get("Retry-After"))
			}
			time.Sleep(10 * time.Second)
		}
		if want := []any{"notStarted", "running", "running", "running", "completed", "completed"}; !reflect.DeepEqual(states, want) {
			t.Errorf("states %v; want %v", states, want)
		}
	})
}

func TestOperationDoneAtFirstPollAndWithoutRetryAfter(t *testing.T) {
	s := billingtest.NewServer(&billingtest.Options{RunningPolls: -1})
	_, o := callGraph(t, s, http.MethodGet, begin(t, s, "usage/billed/export", `{"invoiceId":"G016907411"}`), "")
	if o["status"] != "succeeded" {
		t.Errorf("%v", o)
	}
	s = billingtest.NewServer(&billingtest.Options{PollDelay: -1})
	response, o := callGraph(t, s, http.MethodGet, begin(t, s, "usage/billed/export", `{"invoiceId":"G016907411"}`), "")
	if o["status"] != "notStarted" || response.Header.Get("Retry-After") != "" {
		t.Errorf("%v %v", o, response.Header)
	}
}

// TestBodiesHaveTheCapturedShape: bodies have the properties, and their types, of captured bodies.
func TestBodiesHaveTheCapturedShape(t *testing.T) {
	s := billingtest.NewServer(nil)
	got := finish(t, s, begin(t, s, "usage/billed/export", `{"invoiceId":"G016907411"}`))
	sameShape(t, "succeeded", got, `{"@odata.context":"","@odata.type":"","id":"","createdDateTime":"","lastActionDateTime":"","status":"","resourceLocation":
		{"id":"","createdDateTime":"","schemaVersion":"","dataFormat":"","partitionType":"","eTag":"","partnerTenantId":"","rootDirectory":"","sasToken":"","blobCount":1,
		"blobs":[{"name":"","partitionValue":""}]}}`)
	if got["@odata.type"] != "#microsoft.graph.partners.billing.exportSuccessOperation" {
		t.Errorf("type %v", got["@odata.type"])
	}
	failed := finish(t, s, begin(t, s, "usage/billed/export", `{"invoiceId":"G999"}`))
	sameShape(t, "failed", failed, `{"@odata.context":"","@odata.type":"","id":"","createdDateTime":"","lastActionDateTime":"","status":"","error":{"code":"","message":""}}`)
}

func sameShape(t *testing.T, name string, got any, want string) {
	t.Helper()
	var w any
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatal(err)
	}
	if g, w := shape(got), shape(w); !reflect.DeepEqual(g, w) {
		t.Errorf("%s has shape %v; want %v", name, g, w)
	}
}

// shape replaces each value with the name of its type.
func shape(v any) any {
	switch v := v.(type) {
	case map[string]any:
		m := map[string]any{}
		for key, value := range v {
			m[key] = shape(value)
		}
		return m
	case []any:
		return []any{shape(v[0])}
	default:
		return reflect.TypeOf(v).String()
	}
}

func TestUnknownExportHasNoData(t *testing.T) {
	s := billingtest.NewServer(nil)
	for path, c := range map[string]struct{ body, message string }{
		"usage/billed/export":            {`{"invoiceId":"G000000001"}`, "No data available"},
		"reconciliation/billed/export":   {`{"invoiceId":"D012345678"}`, "No reconciliation data available currently for Invoice D012345678"},
		"usage/unbilled/export":          {`{"currencyCode":"USD","billingPeriod":"current"}`, "No data available"},
		"reconciliation/unbilled/export": {`{"currencyCode":"EUR","billingPeriod":"last"}`, "No data available"},
	} {
		o := finish(t, s, begin(t, s, path, c.body))
		if e, _ := o["error"].(map[string]any); o["status"] != "failed" || e["code"] != "5000" || e["message"] != c.message {
			t.Errorf("%s: %v", path, o)
		}
	}
}

func TestManifestByLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for form, where := range map[billingtest.LocationForm]string{billingtest.LocationNavigationLink: "resourceLocation@odata.navigationLink", billingtest.LocationURI: "resourceLocation"} {
			s := billingtest.NewServer(&billingtest.Options{ResourceLocation: form, OperationLifetime: 3 * time.Hour})
			operation := begin(t, s, "usage/billed/export", `{"invoiceId":"G016907411"}`)
			link, _ := finish(t, s, operation)[where].(string)
			_, first := callGraph(t, s, http.MethodGet, link, "")
			time.Sleep(time.Hour)
			_, second := callGraph(t, s, http.MethodGet, link, "")
			if first["sasToken"] == second["sasToken"] || first["eTag"] != second["eTag"] || first["rootDirectory"] != second["rootDirectory"] {
				t.Errorf("first %v, second %v", first, second)
			}
			if got := read(t, s, urlsOf(t, second)[0], "", http.StatusOK); len(got) == 0 {
				t.Error("no bytes")
			}
			time.Sleep(2 * time.Hour)
			for _, url := range []string{operation, link} {
				response, object := callGraph(t, s, http.MethodGet, url, "")
				checkGraphError(t, response, object, http.StatusGone, "Gone", "no longer available")
				response, object = callGraph(t, s, http.MethodGet, url+"0", "")
				checkGraphError(t, response, object, http.StatusNotFound, "NotFound", "not found")
			}
		}
	})
}

func TestEditFunctionsAndNewerData(t *testing.T) {
	s := billingtest.NewServer(nil)
	e := billingtest.Export{
		InvoiceID: invoice, Rows: 40,
		EditManifest:  func(m map[string]any) { m["blobCount"] = 7 },
		EditOperation: func(o map[string]any) { o["odd"] = true },
	}
	if err := s.Add(e); err != nil {
		t.Fatal(err)
	}
	operation := begin(t, s, "usage/billed/export", `{"invoiceId":"G016907411"}`)
	o := finish(t, s, operation)
	old := manifestOf(t, o)
	if old["blobCount"] != 7.0 || o["odd"] != true {
		t.Errorf("unedited: %v", o)
	}
	again := func() map[string]any {
		return manifestOf(t, finish(t, s, begin(t, s, "usage/billed/export", `{"invoiceId":"G016907411"}`)))
	}
	otherwise := e
	otherwise.EditManifest = func(m map[string]any) { m["blobCount"] = 8 }
	if err := s.Add(otherwise); err != nil {
		t.Fatal(err)
	}
	if edited := again(); edited["blobCount"] != 8.0 {
		t.Errorf("the same data with another edit function: %v", edited)
	}
	e.Version = "202412312359"
	if err := s.Add(e); err != nil {
		t.Fatal(err)
	}
	moved := again()
	if moved["eTag"] != old["eTag"] || moved["rootDirectory"] == old["rootDirectory"] || !reflect.DeepEqual(moved["blobs"], old["blobs"]) || moved["id"] == old["id"] {
		t.Errorf("another version of equal data is %v; was %v", moved, old)
	}
	e.Seed = 5
	if err := s.Add(e); err != nil {
		t.Fatal(err)
	}
	if newer := again(); newer["eTag"] == old["eTag"] || newer["rootDirectory"] != moved["rootDirectory"] {
		t.Errorf("newer data are %v; were %v", newer, moved)
	}
	if still := manifestOf(t, finish(t, s, operation)); still["eTag"] != old["eTag"] || len(read(t, s, urlsOf(t, still)[0], "", http.StatusOK)) == 0 {
		t.Errorf("the old operation has %v; had %v", still, old)
	}
}

func TestTablesHaveTheDocumentedNumberOfAttributes(t *testing.T) {
	for name, rows := range map[string]int{"usage": 55, "reconciliation": 47} {
		text, err := os.ReadFile("testdata/" + name + ".csv")
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(strings.TrimSpace(string(text)), "\n"); got != rows {
			t.Errorf("%s has %d attributes; want %d", name, got, rows)
		}
	}
}
