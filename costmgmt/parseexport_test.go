package costmgmt_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/log"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/partnerbilling/sdk-go/costmgmt"
	"github.com/partnerbilling/sdk-go/internal/azurite"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
)

const (
	exportContainer = "https://account.blob.core.windows.net/exports"
	exportToken     = "eyJhbGciOiJub25lIn0.canaryOfTheToken.x"
)

// credentialFunc is a credential that is a function.
type credentialFunc func(policy.TokenRequestOptions) (azcore.AccessToken, error)

func (f credentialFunc) GetToken(_ context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return f(o)
}

func tokenOf(text string) azcore.TokenCredential {
	return credentialFunc(func(policy.TokenRequestOptions) (azcore.AccessToken, error) {
		return azcore.AccessToken{Token: text, ExpiresOn: time.Now().Add(time.Hour)}, nil
	})
}

// delivered is a container with a file for each blob, which admits one bearer token.
type delivered struct {
	t     *testing.T
	mu    sync.Mutex
	files map[string][]byte
	// respond may replace a response.
	respond func(*http.Request, *http.Response)
	sent    []string
}

// Do implements policy.Transporter.
func (d *delivered) Do(req *http.Request) (*http.Response, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sent = append(d.sent, req.Method+" "+req.URL.String())
	resp := &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Etag": {`"0x1"`}}, Request: req, Body: http.NoBody}
	name, below := strings.CutPrefix(req.URL.String(), exportContainer+"/")
	data, found := d.files[name]
	switch wanted := strings.Join(req.Header["x-ms-range"], ""); {
	case !below:
		d.t.Errorf("request for %s", req.URL)
	case req.Header.Get("Authorization") != "Bearer "+exportToken:
		resp.StatusCode, resp.Header = http.StatusForbidden, http.Header{"X-Ms-Error-Code": {"AuthorizationPermissionMismatch"}, "X-Ms-Request-Id": {"request-1"}}
	case !found:
		resp.StatusCode = http.StatusNotFound
	case wanted != "":
		start, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(wanted, "bytes="), "-"))
		if err != nil {
			d.t.Errorf("range %q", wanted)
		}
		resp.StatusCode = http.StatusPartialContent
		resp.Header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", start, len(data)-1, len(data)))
		data = data[start:]
		fallthrough
	default:
		resp.ContentLength, resp.Body = int64(len(data)), io.NopCloser(bytes.NewReader(data))
	}
	if d.respond != nil {
		d.respond(req, resp)
	}
	return resp, nil
}

// csvFile has n rows below a header.
func csvFile(first, n int) []byte {
	var b bytes.Buffer
	b.WriteString("\ufeffInvoiceId,N,CostInBillingCurrency\r\n")
	for i := range n {
		fmt.Fprintf(&b, "\"G, %d\",%d,0.%02d\r\n", i, first+i, i%100)
	}
	return b.Bytes()
}

func gzipped(data []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil || w.Close() != nil {
		panic("cannot compress")
	}
	return b.Bytes()
}

// exportJSON is a manifest of the files, with their rows; changes replace attributes.
func exportJSON(files map[string][]byte, rows map[string]int, changes map[string]any) []byte {
	total, size := 0, 0
	blobs := []any{}
	for name, data := range files {
		total, size = total+rows[name], size+len(data)
		blobs = append(blobs, map[string]any{"blobName": name, "byteCount": len(data), "dataRowCount": rows[name]})
	}
	d := map[string]any{
		"manifestVersion": "2024-04-01", "byteCount": size, "blobCount": len(files), "dataRowCount": total,
		"exportConfig": map[string]any{"exportName": "e", "dataVersion": "2023-05-01", "type": "ActualCost", "granularity": nil},
		"deliveryConfig": map[string]any{
			"partitionData": true, "dataOverwriteBehavior": "CreateNewReport", "fileFormat": "Csv", "compressionMode": "None",
			"containerUri": exportContainer, "rootFolderPath": "folder",
		},
		"runInfo": map[string]any{"runId": "run-1", "submittedTime": "2024-01-10T18:33:39.8932929Z", "startDate": "2023-12-01T00:00:00"},
		"blobs":   blobs,
	}
	maps.Copy(d, changes)
	data, err := json.Marshal(d)
	if err != nil {
		panic(err)
	}
	return data
}

type exportRow struct {
	N    int              `json:"N"`
	Cost lineitem.Decimal `json:"costInBillingCurrency"`
}

func parsed(t *testing.T, d *delivered, data []byte, o *costmgmt.ParseExportOptions) *manifest.Manifest[exportRow] {
	t.Helper()
	if o == nil {
		o = &costmgmt.ParseExportOptions{}
	}
	o.Transport = d
	m, err := costmgmt.ParseExport[exportRow](data, tokenOf(exportToken), o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func rowsOf(t *testing.T, m *manifest.Manifest[exportRow], o *manifest.ReadOptions) (map[int]bool, error) {
	t.Helper()
	seen := map[int]bool{}
	for row, err := range m.Items(t.Context(), o) {
		if err != nil {
			return seen, err
		}
		if seen[row.N] {
			t.Errorf("row %d came twice", row.N)
		}
		seen[row.N] = true
	}
	return seen, nil
}

func TestParseExport(t *testing.T) {
	plain := map[string][]byte{"folder/e/part 0.csv": csvFile(0, 2000), "folder/e/part_1.csv": csvFile(2000, 500)}
	packed := map[string][]byte{"folder/e/part 0.csv": gzipped(plain["folder/e/part 0.csv"]), "folder/e/part_1.csv": gzipped(plain["folder/e/part_1.csv"])}
	rows := map[string]int{"folder/e/part 0.csv": 2000, "folder/e/part_1.csv": 500}
	delivery := func(compression string) map[string]any {
		return map[string]any{"deliveryConfig": map[string]any{"fileFormat": "Csv", "compressionMode": compression, "containerUri": exportContainer}}
	}
	for what, c := range map[string]struct {
		files   map[string][]byte
		changes map[string]any
		o       *costmgmt.ParseExportOptions
	}{
		"plain":       {plain, nil, nil},
		"gzip":        {packed, delivery("gzip"), nil},
		"GZip":        {packed, delivery("GZip"), nil},
		"no counts":   {plain, map[string]any{"byteCount": nil, "dataRowCount": nil}, nil},
		"resource ID": {plain, map[string]any{"deliveryConfig": map[string]any{"containerUri": "/subscriptions/x"}}, &costmgmt.ParseExportOptions{Container: exportContainer}},
		"new format":  {plain, map[string]any{"deliveryConfig": map[string]any{"fileFormat": "Csv2", "containerUri": exportContainer}}, &costmgmt.ParseExportOptions{AllowUnverifiedManifest: true}},
		"other count": {plain, map[string]any{"blobCount": 3}, &costmgmt.ParseExportOptions{AllowUnverifiedManifest: true}},
		"older form":  {plain, map[string]any{"deliveryConfig": nil, "runInfo": nil, "exportConfig": nil, "manifestVersion": nil, "dataFormat": "csv"}, &costmgmt.ParseExportOptions{Container: exportContainer + "/"}},
	} {
		for _, o := range []*manifest.ReadOptions{nil, {Concurrency: 1}} {
			files := map[string][]byte{}
			for name, data := range c.files {
				files[strings.ReplaceAll(name, " ", "%20")] = data
			}
			d := &delivered{t: t, files: files}
			m := parsed(t, d, exportJSON(c.files, rows, c.changes), c.o)
			seen, err := rowsOf(t, m, o)
			if err != nil || len(seen) != 2500 {
				t.Errorf("%s: %d rows, %v", what, len(seen), err)
			}
			if b, ok := m.Blob("folder/e/part 0.csv"); !ok || b.Rows != 2000 || b.Size != int64(len(c.files["folder/e/part 0.csv"])) {
				t.Errorf("%s: %+v", what, b)
			}
			if _, err := m.MarshalWithSAS(); !errors.Is(err, manifest.ErrSAS) {
				t.Errorf("%s: MarshalWithSAS: %v", what, err)
			}
			if len(d.sent) != 2 || strings.Contains(fmt.Sprintf("%v %+v %#v %s", m, *m, m, d.sent), "canary") {
				t.Errorf("%s: %s", what, d.sent)
			}
		}
	}
	m := parsed(t, &delivered{t: t}, exportJSON(plain, rows, nil), nil)
	if i := m.Info(); i.ID != "run-1" || i.SchemaVersion != "2023-05-01" || i.Created.IsZero() || i.DataFormat != "Csv" || i.BlobCount != 2 {
		t.Errorf("%+v", i)
	}
	marked := parsed(t, &delivered{t: t}, append([]byte("\ufeff"), exportJSON(plain, rows, nil)...), nil)
	if marked.Info() != m.Info() {
		t.Errorf("with a byte order mark: %+v", marked.Info())
	}
	empty := parsed(t, &delivered{t: t}, exportJSON(nil, nil, nil), nil)
	if seen, err := rowsOf(t, empty, nil); err != nil || len(seen) != 0 {
		t.Errorf("no blobs: %d rows, %v", len(seen), err)
	}
}

// A file of an export is continued at the byte.
func TestParseExportContinues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		files := map[string][]byte{"a.csv": csvFile(0, 50_000)}
		d := &delivered{t: t, files: files}
		d.respond = func(_ *http.Request, resp *http.Response) {
			resp.Body = io.NopCloser(io.LimitReader(resp.Body, 200_000))
		}
		seen, err := rowsOf(t, parsed(t, d, exportJSON(files, map[string]int{"a.csv": 50_000}, nil), nil), nil)
		if err != nil || len(seen) != 50_000 || len(d.sent) < 3 {
			t.Errorf("%d rows in %d requests, %v", len(seen), len(d.sent), err)
		}
	})
}

// Another number of bytes or rows than the manifest promises is an error.
func TestParseExportVerifiesCounts(t *testing.T) {
	files := map[string][]byte{"a.csv": csvFile(0, 1000), "b.csv": csvFile(1000, 1000)}
	for what, c := range map[string]struct {
		rows   map[string]int
		stored []byte
		want   error
		bad    bool
	}{
		"as promised":      {map[string]int{"a.csv": 1000, "b.csv": 1000}, files["a.csv"], nil, false},
		"a row more":       {map[string]int{"a.csv": 1001, "b.csv": 1000}, files["a.csv"], manifest.ErrIncomplete, false},
		"a row less":       {map[string]int{"a.csv": 999, "b.csv": 1000}, files["a.csv"], manifest.ErrIncomplete, false},
		"no rows promised": {map[string]int{"a.csv": 0, "b.csv": 1000}, files["a.csv"], manifest.ErrIncomplete, false},
		"a byte more":      {map[string]int{"a.csv": 1000, "b.csv": 1000}, append(bytes.Clone(files["a.csv"]), '\n'), manifest.ErrBadResponse, false},
		"a bad row":        {map[string]int{"a.csv": 1000, "b.csv": 1000}, bytes.Replace(files["a.csv"], []byte(",0.07"), []byte(",bad7"), 1), nil, true},
	} {
		for _, o := range []manifest.ReadOptions{{}, {Concurrency: 1}, {InOrder: true}} {
			bad := 0
			o.OnBadLine = func(*lineitem.DecodeError) error { bad++; return nil }
			d := &delivered{t: t, files: map[string][]byte{"a.csv": c.stored, "b.csv": files["b.csv"]}}
			m := parsed(t, d, exportJSON(files, c.rows, nil), nil)
			s, err := m.NewStream(&o)
			if err != nil {
				t.Fatal(err)
			}
			n, last := 0, error(nil)
			for _, err := range s.All(t.Context()) {
				if last = err; err == nil {
					n++
				}
			}
			if !errors.Is(last, c.want) || c.want == nil && (last != nil || n+bad != 2000 || c.bad != (bad == 1)) {
				t.Errorf("%s: %d rows, %d bad, %v, want %v", what, n, bad, last, c.want)
			}
			if read, ok := errors.AsType[*manifest.ReadError](last); last != nil && (!ok || read.Blob != "a.csv") {
				t.Errorf("%s: %v does not name the blob", what, last)
			}
			if s.Report().Total.Verified != (c.want == nil) {
				t.Errorf("%s: report %+v", what, s.Report())
			}
			if c.want == nil {
				continue
			}
			s, err = m.NewStream(&o)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Parallel(t.Context(), 3, func(rows *manifest.Share[exportRow]) error {
				for _, err := range rows.All() {
					if err != nil {
						return err
					}
				}
				return nil
			}); !errors.Is(err, c.want) {
				t.Errorf("%s: Parallel returns %v, want %v", what, err, c.want)
			}
		}
	}
}

func TestParseExportRefuses(t *testing.T) {
	files := map[string][]byte{"a.csv": csvFile(0, 10)}
	rows := map[string]int{"a.csv": 10}
	delivery := func(format, compression, container string) map[string]any {
		return map[string]any{"deliveryConfig": map[string]any{"fileFormat": format, "compressionMode": compression, "containerUri": container}}
	}
	blob := func(name string) map[string]any {
		return map[string]any{"blobs": []any{map[string]any{"blobName": name, "byteCount": len(files["a.csv"]), "dataRowCount": 10}}}
	}
	for what, c := range map[string]struct {
		data []byte
		want error
	}{
		"not JSON":             {[]byte("x"), manifest.ErrMalformed},
		"another object":       {[]byte(`{"value":[]}`), manifest.ErrMalformed},
		"Parquet":              {exportJSON(files, rows, delivery("Parquet", "snappy", exportContainer)), manifest.ErrMalformed},
		"Parquet by its name":  {exportJSON(files, rows, map[string]any{"deliveryConfig": nil, "blobs": []any{map[string]any{"blobName": "a.snappy.parquet"}}}), manifest.ErrMalformed},
		"another format":       {exportJSON(files, rows, delivery("Orc", "", exportContainer)), manifest.ErrMalformed},
		"another compression":  {exportJSON(files, rows, delivery("Csv", "snappy", exportContainer)), manifest.ErrMalformed},
		"fewer blobs":          {exportJSON(files, rows, map[string]any{"blobCount": 2}), manifest.ErrIncomplete},
		"no number of blobs":   {exportJSON(files, rows, map[string]any{"blobCount": nil}), manifest.ErrIncomplete},
		"other bytes":          {exportJSON(files, rows, map[string]any{"byteCount": 1}), manifest.ErrIncomplete},
		"other rows":           {exportJSON(files, rows, map[string]any{"dataRowCount": 11}), manifest.ErrIncomplete},
		"a blob twice":         {exportJSON(files, rows, map[string]any{"blobCount": 2, "byteCount": nil, "dataRowCount": nil, "blobs": []any{map[string]any{"blobName": "a.csv"}, map[string]any{"blobName": "a.csv"}}}), manifest.ErrIncomplete},
		"no container":         {exportJSON(files, rows, delivery("Csv", "", "")), manifest.ErrUntrusted},
		"a resource ID":        {exportJSON(files, rows, delivery("Csv", "", "/subscriptions/x")), manifest.ErrUntrusted},
		"a foreign host":       {exportJSON(files, rows, delivery("Csv", "", "https://evil.example/exports")), manifest.ErrUntrusted},
		"plain http":           {exportJSON(files, rows, delivery("Csv", "", "http://account.blob.core.windows.net/exports")), manifest.ErrUntrusted},
		"a container with SAS": {exportJSON(files, rows, delivery("Csv", "", exportContainer+"?sig=x")), manifest.ErrUntrusted},
		"a name that climbs":   {exportJSON(files, rows, blob("../x.csv")), manifest.ErrUntrusted},
		"an empty name":        {exportJSON(files, rows, blob("")), manifest.ErrUntrusted},
	} {
		_, err := costmgmt.ParseExport[exportRow](c.data, tokenOf(exportToken), nil)
		if refused, ok := errors.AsType[*manifest.Error](err); !ok || !errors.Is(err, c.want) || refused.Field == "" || strings.Contains(err.Error(), "sig=x") {
			t.Errorf("%s: %v, want %v", what, err, c.want)
		}
	}
	if _, err := costmgmt.ParseExport[exportRow](exportJSON(files, rows, nil), nil, nil); !errors.Is(err, costmgmt.ErrInvalidRequest) {
		t.Errorf("no credential: %v", err)
	}
	for _, changed := range []string{"byteCount", "dataRowCount"} {
		_, err := costmgmt.ParseExport[exportRow](exportJSON(files, rows, map[string]any{changed: 11}), tokenOf(exportToken), nil)
		if err == nil || !strings.HasSuffix(err.Error(), "; download the manifest again, or run the export again") {
			t.Errorf("%s: %v", changed, err)
		}
	}
	_, err := costmgmt.ParseExport[exportRow](exportJSON(files, rows, delivery("Parquet", "snappy", exportContainer)), tokenOf(exportToken), nil)
	if err == nil || !strings.Contains(err.Error(), "Parquet is not supported; have the export delivered as CSV") {
		t.Errorf("Parquet: %v", err)
	}
}

// finalError is an error that retrying cannot fix, as those of package azidentity.
type finalError struct{ error }

func (finalError) NonRetriable() {}

// Storage may refuse the credential, and the credential may have no token. Neither error has the
// token.
func TestParseExportDenied(t *testing.T) {
	files := map[string][]byte{"a.csv": csvFile(0, 10)}
	data := exportJSON(files, map[string]int{"a.csv": 10}, nil)
	var scopes []string
	for what, c := range map[string]struct {
		cred azcore.TokenCredential
		want error
		text string
	}{
		"another identity": {tokenOf("another"), manifest.ErrDenied, "Storage Blob Data Reader"},
		"no token": {credentialFunc(func(o policy.TokenRequestOptions) (azcore.AccessToken, error) {
			scopes = append(scopes, o.Scopes...)
			return azcore.AccessToken{}, finalError{errors.New("no token, only " + exportToken)}
		}), manifest.ErrDenied, "no access token"},
	} {
		d := &delivered{t: t, files: files}
		o := &costmgmt.ParseExportOptions{}
		o.Transport = d
		m, err := costmgmt.ParseExport[exportRow](data, c.cred, o)
		if err != nil {
			t.Fatal(err)
		}
		_, err = rowsOf(t, m, nil)
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) || strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), "canary") || len(d.sent) > 1 {
			t.Errorf("%s: %v after %s", what, err, d.sent)
		}
	}
	if len(scopes) != 1 || scopes[0] != "https://storage.azure.com/.default" {
		t.Errorf("scopes %v", scopes)
	}
}

// No policy can have the token sent elsewhere.
func TestParseExportKeepsTheToken(t *testing.T) {
	files := map[string][]byte{"a.csv": csvFile(0, 10)}
	for what, change := range map[string]func(*http.Request){
		"another host":      func(r *http.Request) { r.URL.Host = "evil.example" },
		"another account":   func(r *http.Request) { r.URL.Host = "other.blob.core.windows.net" },
		"another container": func(r *http.Request) { r.URL.Path = "/other/a.csv" },
		"plain http":        func(r *http.Request) { r.URL.Scheme = "http" },
	} {
		d := &delivered{t: t, files: files}
		o := &costmgmt.ParseExportOptions{}
		o.PerRetryPolicies = []policy.Policy{policyFunc(func(req *policy.Request) (*http.Response, error) {
			change(req.Raw())
			return req.Next()
		})}
		if _, err := rowsOf(t, parsed(t, d, exportJSON(files, map[string]int{"a.csv": 10}, nil), o), nil); err == nil || len(d.sent) != 0 {
			t.Errorf("%s: %v, requests %s", what, err, d.sent)
		}
	}
}

// The log never has the token, even where the caller allows the header.
func TestParseExportLogsNoToken(t *testing.T) {
	files := map[string][]byte{"a.csv": csvFile(0, 10)}
	var mu sync.Mutex
	var logged strings.Builder
	log.SetListener(func(_ log.Event, text string) {
		mu.Lock()
		defer mu.Unlock()
		logged.WriteString(text)
	})
	defer log.SetListener(nil)
	o := &costmgmt.ParseExportOptions{}
	o.Logging.AllowedHeaders = []string{"Authorization"}
	m := parsed(t, &delivered{t: t, files: files}, exportJSON(files, map[string]int{"a.csv": 10}, nil), o)
	if seen, err := rowsOf(t, m, nil); err != nil || len(seen) != 10 {
		t.Fatalf("%d rows, %v", len(seen), err)
	}
	mu.Lock()
	defer mu.Unlock()
	if text := logged.String(); !strings.Contains(text, "a.csv") || strings.Contains(text, exportToken) {
		t.Errorf("no request is logged, or one with its token:\n%s", text)
	}
}

type policyFunc func(*policy.Request) (*http.Response, error)

func (f policyFunc) Do(req *policy.Request) (*http.Response, error) { return f(req) }

// Microsoft's emulator accepts bearer tokens by their claims.
func TestAzuriteParseExport(t *testing.T) {
	s := azurite.Shared(t)
	container := s.NewContainer()
	files := map[string][]byte{"folder/a.csv": csvFile(0, 1000), "folder/b.csv.gz": gzipped(csvFile(1000, 3000))}
	for name, data := range files {
		s.PutBlob(container, name, data, nil)
	}
	delivery := map[string]any{"deliveryConfig": map[string]any{"fileFormat": "Csv", "containerUri": strings.TrimSuffix(s.BlobURL(container, "x"), "/x")}}
	data := exportJSON(files, map[string]int{"folder/a.csv": 1000, "folder/b.csv.gz": 3000}, delivery)
	for what, c := range map[string]struct {
		audience string
		want     error
	}{"a token for storage": {"https://storage.azure.com", nil}, "a token for another service": {"https://graph.microsoft.com", manifest.ErrDenied}} {
		o := &costmgmt.ParseExportOptions{StorageHosts: []string{s.Host}}
		o.Transport = s.Client
		m, err := costmgmt.ParseExport[exportRow](data, tokenOf(unsigned(c.audience)), o)
		if err != nil {
			t.Fatal(err)
		}
		if seen, err := rowsOf(t, m, nil); !errors.Is(err, c.want) || c.want == nil && len(seen) != 4000 {
			t.Errorf("%s: %d rows, %v", what, len(seen), err)
		}
	}
}

// unsigned is a JSON web token without a valid signature.
func unsigned(audience string) string {
	part := func(v any) string {
		data, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		return base64.RawURLEncoding.EncodeToString(data)
	}
	now := time.Now().Unix()
	return part(map[string]any{"alg": "RS256", "typ": "JWT"}) + "." + part(map[string]any{
		"aud": audience, "iss": "https://sts.windows.net/00000000-0000-0000-0000-000000000000/", "iat": now - 60, "nbf": now - 60, "exp": now + 3600,
	}) + ".c2ln"
}
