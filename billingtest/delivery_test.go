package billingtest_test

import (
	"bytes"
	"compress/gzip"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/partnerbilling/sdk-go/billingtest"
)

const exportID = profileID + "/providers/Microsoft.CostManagement/exports/daily"

// putExport puts an export of the last month with further properties.
func putExport(t testing.TB, s *billingtest.Server, kind, properties string) {
	t.Helper()
	_, known := callARM(t, s, http.MethodGet, exportID, "")
	tag, _ := known["eTag"].(string)
	body := fmt.Sprintf(`{"eTag":%q,"properties":{"definition":{"type":%q,"timeframe":"TheLastMonth"},"format":"Csv",`+properties+
		`"deliveryInfo":{"destination":{"resourceId":"/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/Contoso","container":"costs","rootFolderPath":"a/b"}}}}`, tag, kind)
	if response, object := callARM(t, s, http.MethodPut, exportID, body); response.StatusCode >= 300 {
		t.Fatalf("PUT: status %d, %v", response.StatusCode, object)
	}
}

// runs runs the export and returns its newest run, which has ended.
func runs(t testing.TB, s *billingtest.Server, parameters string) map[string]any {
	t.Helper()
	if response, object := callARM(t, s, http.MethodPost, exportID+"/run", parameters); response.StatusCode != http.StatusOK {
		t.Fatalf("run: status %d, %v", response.StatusCode, object)
	}
	for range 5 {
		list, _ := armList(t, s, exportID+"/runHistory")
		if run := as[map[string]any](t, list[0]["properties"]); run["status"] != "Queued" && run["status"] != "InProgress" {
			return run
		}
	}
	t.Fatal("the run never ends")
	return nil
}

// fromContainer reads a blob, or lists them, with a token for a scope; none if it is empty.
func fromContainer(t testing.TB, s *billingtest.Server, path, scope string) (*http.Response, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://contoso.blob.core.windows.net/"+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if scope != "" {
		token, err := s.Credential().GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{scope}})
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token.Token)
	}
	response, err := s.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, data
}

const storageScope = "https://storage.azure.com/.default"

// TestDelivery: a run of an export writes files and a manifest, which a token for storage opens.
func TestDelivery(t *testing.T) {
	usage := billingtest.Export{InvoiceID: invoice, Rows: 500, Blobs: 2, Customers: 5}
	s := withAccount(t, nil, billingtest.Account{}, usage)
	for properties, kind := range map[string]string{``: "ActualCost", `"compressionMode":"gzip",`: "FocusCost", `"compressionMode":"none","partitionData":true,`: "Usage"} {
		putExport(t, s, kind, properties)
		run := runs(t, s, "")
		path, _ := run["manifestFile"].(string)
		if run["status"] != "Completed" || !strings.HasPrefix(path, "a/b/daily/20240901-20240930/") {
			t.Fatalf("run %v", run)
		}
		response, data := fromContainer(t, s, "costs/"+path, storageScope)
		if response.StatusCode != http.StatusOK {
			t.Fatalf("status %d: %s", response.StatusCode, data)
		}
		m := object(t, data)
		size, rows := 0, 0
		for _, b := range as[[]any](t, m["blobs"]) {
			blob := as[map[string]any](t, b)
			response, data := fromContainer(t, s, "costs/"+as[string](t, blob["blobName"]), "https://contoso.blob.core.windows.net/.default")
			if response.StatusCode != http.StatusOK || as[float64](t, blob["byteCount"]) != float64(len(data)) || response.Header.Get("Content-MD5") == "" {
				t.Errorf("status %d, %d bytes of %v", response.StatusCode, len(data), blob)
			}
			size += len(data)
			if strings.Contains(properties, "gzip") {
				data = []byte(inflate(t, data))
			}
			n := bytes.Count(data, []byte("\r\n")) - 1
			if as[float64](t, blob["dataRowCount"]) != float64(n) {
				t.Errorf("%d rows of %v", n, blob)
			}
			if column := map[bool]string{true: "BilledCost", false: "costInBillingCurrency"}[kind == "FocusCost"]; !bytes.Contains(bytes.ToLower(data[:1000]), []byte(strings.ToLower(column))) {
				t.Errorf("%s: no column %s: %s", kind, column, data[:1000])
			}
			rows += n
		}
		if rows != 500 || m["dataRowCount"] != 500.0 || m["byteCount"] != float64(size) || m["blobCount"] != 2.0 ||
			as[map[string]any](t, m["deliveryConfig"])["containerUri"] != "https://contoso.blob.core.windows.net/costs" {
			t.Errorf("%d rows, manifest %v", rows, m)
		}
	}
	if v := s.Violations(); len(v) != 0 {
		t.Errorf("violations %v", v)
	}
}

// TestDeliveredFilesAreListed: manifests are found by listing, since their folders are no contract.
func TestDeliveredFilesAreListed(t *testing.T) {
	s := withAccount(t, &billingtest.Options{RunningPolls: -1}, billingtest.Account{})
	list := func(query string) (names []string, marker string) {
		response, data := fromContainer(t, s, "costs?restype=container&comp=list&"+query, storageScope)
		var result struct {
			Names      []string `xml:"Blobs>Blob>Name"`
			NextMarker string
		}
		if err := xml.Unmarshal(data, &result); err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("status %d, %v: %s", response.StatusCode, err, data)
		}
		return result.Names, result.NextMarker
	}
	putExport(t, s, "ActualCost", "")
	first := as[string](t, runs(t, s, "")["manifestFile"])
	runs(t, s, "")
	if all, _ := list("prefix=a/b/daily/"); len(all) != 6 || !slices.Contains(all, first) || !slices.IsSorted(all) {
		t.Errorf("two runs: %q", all)
	}
	one, marker := list("prefix=a/b/&maxresults=4")
	two, end := list("prefix=a/b/&maxresults=4&marker=" + marker)
	if len(one) != 4 || len(two) != 2 || end != "" {
		t.Errorf("pages %q, %q", one, two)
	}
	if none, _ := list("prefix=b"); len(none) != 0 {
		t.Errorf("%q", none)
	}
	putExport(t, s, "ActualCost", `"dataOverwriteBehavior":"OverwritePreviousReport",`)
	last := as[string](t, runs(t, s, "")["manifestFile"])
	if all, _ := list(""); len(all) != 3 || !slices.Contains(all, last) {
		t.Errorf("overwritten: %q", all)
	}
}

// TestRefusedDeliveries: what is not delivered, and who may not read.
func TestRefusedDeliveries(t *testing.T) {
	s := withAccount(t, nil, billingtest.Account{})
	for properties, kind := range map[string]string{``: "ReservationDetails", `"format":"Parquet",`: "ActualCost", `"compressionMode":"snappy",`: "ActualCost"} {
		putExport(t, s, kind, properties)
		if response, object := callARM(t, s, http.MethodPost, exportID+"/run", ""); response.StatusCode != http.StatusNotImplemented {
			t.Errorf("%s %s: status %d, %v", kind, properties, response.StatusCode, object)
		}
	}
	putExport(t, s, "ActualCost", "")
	if run := runs(t, s, `{"timePeriod":{"from":"2023-01-01T00:00:00Z","to":"2023-01-31T00:00:00Z"}}`); run["status"] != "DataNotAvailable" {
		t.Errorf("run without data: %v", run)
	}
	path := "costs/" + as[string](t, runs(t, s, "")["manifestFile"])
	_, expanded := callARM(t, s, http.MethodGet, exportID+"?$expand=runHistory", "")
	history := as[map[string]any](t, as[map[string]any](t, expanded["properties"])["runHistory"])
	if len(as[[]any](t, history["value"])) != 2 {
		t.Errorf("history %v", history)
	}
	for _, c := range []struct {
		path, scope string
		status      int
		code        string
	}{
		{path, storageScope, 200, ""},
		{path, "", 409, "PublicAccessNotPermitted"},
		{path, "https://graph.microsoft.com/.default", 401, "InvalidAuthenticationInfo"},
		{path, "https://management.azure.com/.default", 401, "InvalidAuthenticationInfo"},
		{path, "https://other.blob.core.windows.net/.default", 401, "InvalidAuthenticationInfo"},
		{path + "x", storageScope, 404, "BlobNotFound"},
		{"others/x", storageScope, 404, "ContainerNotFound"},
		{path + "?comp=metadata", storageScope, 501, "NotImplemented"},
		{"costs?restype=container&comp=list&delimiter=/", storageScope, 501, "NotImplemented"},
		{"costs?restype=container&comp=list&maxresults=0", storageScope, 400, "OutOfRangeQueryParameterValue"},
	} {
		if response, data := fromContainer(t, s, c.path, c.scope); response.StatusCode != c.status || response.Header.Get("X-Ms-Error-Code") != c.code {
			t.Errorf("%s with %q: status %d, %s", c.path, c.scope, response.StatusCode, data)
		}
	}
}

// TestDeliveryThroughListener: storage accounts of the tenant are served under their names.
func TestDeliveryThroughListener(t *testing.T) {
	s := withAccount(t, &billingtest.Options{RunningPolls: -1}, billingtest.Account{})
	putExport(t, s, "ActualCost", `"compressionMode":"gzip",`)
	run := runs(t, s, "")
	token, err := s.Credential().GetToken(t.Context(), policy.TokenRequestOptions{Scopes: []string{storageScope}})
	if err != nil {
		t.Fatal(err)
	}
	header := http.Header{"Authorization": {"Bearer " + token.Token}}
	response, data, err := roundTrip(t, listen(t, s).Client, http.MethodGet, "https://contoso.blob.core.windows.net/costs/"+as[string](t, run["fileName"]), "", header)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%v, %v", response, err)
	}
	if _, err := gzip.NewReader(bytes.NewReader(data)); err != nil {
		t.Error(err)
	}
	if v := s.Violations(); len(v) != 0 {
		t.Errorf("violations %v", v)
	}
}
