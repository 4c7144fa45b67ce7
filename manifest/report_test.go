package manifest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
)

// report is storage with blobs of CSV, each of which has a SAS of its own.
type report struct {
	*storage
	names  []string
	tokens map[string]string
	sizes  map[string]int64
}

func newReport(tb testing.TB) *report {
	return &report{storage: newStorage(tb), tokens: map[string]string{}, sizes: map[string]int64{}}
}

func (r *report) add(name string, data []byte) *report {
	r.put(name, data)
	end := url.QueryEscape(time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	r.names, r.sizes[name] = append(r.names, name), int64(len(data))
	r.tokens[name] = fmt.Sprintf("sv=2018-03-28&sr=b&sp=r&se=%s&sig=%sof%d", end, canary, len(r.names))
	return r
}

// Do verifies that each blob is requested with its own SAS.
func (r *report) Do(req *http.Request) (*http.Response, error) {
	if want := r.tokens[path.Base(req.URL.Path)]; req.URL.RawQuery != want {
		r.tb.Errorf("%s is requested with another SAS than its own", path.Base(req.URL.Path))
	}
	return r.storage.Do(req)
}

// json is the manifest as a cost details report has it.
func (r *report) json(changes map[string]any) []byte {
	blobs := []map[string]any{}
	total := int64(0)
	for _, n := range r.names {
		blobs = append(blobs, map[string]any{"blobLink": root + "/" + n + "?" + r.tokens[n], "byteCount": r.sizes[n]})
		total += r.sizes[n]
	}
	d := map[string]any{
		"manifestVersion": "2022-05-01", "dataFormat": "Csv", "blobCount": len(blobs), "byteCount": total, "compressData": false,
		"requestContext": map[string]any{"requestScope": "subscriptions/x"}, "blobs": blobs,
	}
	for k, v := range changes {
		if d[k] = v; v == nil {
			delete(d, k)
		}
	}
	data, err := json.Marshal(d)
	if err != nil {
		r.tb.Fatal(err)
	}
	return data
}

func (r *report) manifest(changes map[string]any) *manifest.Manifest[row] {
	r.tb.Helper()
	o := &manifest.Options{}
	o.Transport = r
	m, err := manifest.Parse[row](r.json(changes), o)
	if err != nil {
		r.tb.Fatal(err)
	}
	return m
}

// csvRows makes rows below a header.
func csvRows(header string, first, n int) []byte {
	var b strings.Builder
	b.WriteString(header + "\r\n")
	for i := range n {
		if field := fmt.Sprintf("\"customer, \"\"%d\"\"\n\"", i); strings.HasPrefix(header, "n,") {
			fmt.Fprintf(&b, "%d,%d.%03d,%s\r\n", first+i, i, i%1000, field)
		} else {
			fmt.Fprintf(&b, "%s,%d.%03d,%d\r\n", field, i, i%1000, first+i)
		}
	}
	return []byte(b.String())
}

// TestReport: blobs of CSV with addresses of their own, with headers of another order and
// case, plain and compressed, are read as one export.
func TestReport(t *testing.T) {
	for _, o := range []*manifest.ReadOptions{nil, {Concurrency: 1}, {InOrder: true, Concurrency: 4}} {
		r := newReport(t).
			add("a.csv", csvRows("n,billingPreTaxTotal,CustomerName", 0, 5000)).
			add("b.csv", csvRows("customerName,BillingPreTaxTotal,N", 5000, 20_000)).
			add("c.csv.gz", zipped(csvRows("n,BillingPreTaxTotal,x", 25_000, 3000))).
			add("d.csv", csvRows("n,billingPreTaxTotal,CustomerName", 28_000, 0)).
			add("e.csv", nil)
		m := r.manifest(nil)
		if b := m.Blobs()[1]; m.Info().SchemaVersion != "2022-05-01" || b.Size != r.sizes["b.csv"] || b.URL != root+"/b.csv" {
			t.Errorf("manifest %+v", m)
		}
		s := stream(t, m, o)
		ns, err := collect(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		if slices.Sort(ns); !isCount(ns, 28_000) {
			t.Errorf("%d rows", len(ns))
		}
		if total := s.Report().Total; total.Rows != 28_000 || !total.Verified {
			t.Errorf("report %+v", total)
		}
		if _, err := s.Checkpoint(); !errors.Is(err, manifest.ErrCheckpoint) || !strings.Contains(err.Error(), "CSV has no checkpoints") {
			t.Errorf("checkpoint: %v", err)
		}
		if n := r.open.Load(); n != 0 {
			t.Errorf("%d bodies are open", n)
		}
	}
}

// TestReportContinues: a blob of CSV is continued at the byte, too.
func TestReportContinues(t *testing.T) {
	r := newReport(t).add("a.csv", csvRows("n,billingPreTaxTotal,CustomerName", 0, 50_000))
	r.fault = func(n int, _ *http.Request, a *response) error {
		if a.status < 300 && len(a.body) > 100_000 {
			a.cut, a.err = 100_000+n, io.ErrUnexpectedEOF
		}
		return nil
	}
	ns, err := collect(t.Context(), stream(t, r.manifest(nil), nil))
	if err != nil || !isCount(ns, 50_000) || r.requests["a.csv"] < 10 {
		t.Errorf("%d rows in %d requests, %v", len(ns), r.requests["a.csv"], err)
	}
}

// TestReportRefused: what can be wrong with a report, before and while it is read.
func TestReportRefused(t *testing.T) {
	good := func() *report {
		return newReport(t).add("a.csv", csvRows("n,billingPreTaxTotal,CustomerName", 0, 100)).add("b.csv", csvRows("n,billingPreTaxTotal,CustomerName", 100, 100))
	}
	link := func(address string) map[string]any {
		return map[string]any{"blobCount": 1, "blobs": []any{map[string]any{"blobLink": address}}}
	}
	sas := "?sp=r&se=2099-01-01&sig=" + canary
	for name, tc := range map[string]struct {
		changes map[string]any
		want    error
	}{
		"foreign host":      {link("https://evil.example/container/a.csv" + sas), manifest.ErrUntrusted},
		"plain http":        {link("http://account.blob.core.windows.net/c/a.csv" + sas), manifest.ErrUntrusted},
		"user":              {link("https://u@account.blob.core.windows.net/c/a.csv" + sas), manifest.ErrUntrusted},
		"no container":      {link("https://account.blob.core.windows.net/a.csv" + sas), manifest.ErrUntrusted},
		"climbs":            {link("https://account.blob.core.windows.net/c/../a.csv" + sas), manifest.ErrUntrusted},
		"hidden slash":      {link("https://account.blob.core.windows.net/c/a%2fb.csv" + sas), manifest.ErrUntrusted},
		"no signature":      {link("https://account.blob.core.windows.net/c/a.csv"), manifest.ErrSAS},
		"no right to read":  {link("https://account.blob.core.windows.net/c/a.csv?sp=w&se=2099-01-01&sig=x"), manifest.ErrSAS},
		"no expiry":         {link("https://account.blob.core.windows.net/c/a.csv?sp=r&sig=x"), manifest.ErrSAS},
		"one of two linked": {map[string]any{"blobs": []any{map[string]any{"blobLink": "https://account.blob.core.windows.net/c/a.csv" + sas}, map[string]any{"name": "b"}}}, manifest.ErrUntrusted},
		"twice":             {map[string]any{"blobs": []any{map[string]any{"blobLink": "https://account.blob.core.windows.net/c/a.csv" + sas}, map[string]any{"blobLink": "https://account.blob.core.windows.net/c/a.csv" + sas}}}, manifest.ErrIncomplete},
		"same link, two names": {map[string]any{"blobs": []any{
			map[string]any{"name": "a", "blobLink": "https://account.blob.core.windows.net/c/a.csv" + sas},
			map[string]any{"name": "b", "blobLink": "https://account.blob.core.windows.net/c/a.csv" + sas},
		}}, manifest.ErrIncomplete},
		"same link, written otherwise": {map[string]any{"blobs": []any{
			map[string]any{"name": "a", "blobLink": "https://account.blob.core.windows.net/c/a.csv" + sas},
			map[string]any{"name": "b", "blobLink": "https://ACCOUNT.blob.core.windows.net:443/c/%61.csv?sp=rl&se=2099-01-01&sig=y"},
		}}, manifest.ErrIncomplete},
		"too few":        {map[string]any{"blobCount": 3}, manifest.ErrIncomplete},
		"another format": {map[string]any{"dataFormat": "Parquet"}, manifest.ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := manifest.Parse[row](good().json(tc.changes), nil)
			if e, ok := errors.AsType[*manifest.Error](err); !ok || !errors.Is(err, tc.want) || strings.Contains(err.Error(), canary) {
				t.Errorf("got %v (%v), want %v", err, e, tc.want)
			}
		})
	}
	for name, tc := range map[string]struct {
		report *report
		want   error
		line   int64
	}{
		"cut, as its length says": {newReport(t).add("a.csv", csvRows("n,billingPreTaxTotal,CustomerName", 0, 100)[:2000]), lineitem.ErrCSV, 0},
		"other columns":           {newReport(t).add("a.csv", csvRows("x,y,z", 0, 100)), lineitem.ErrRowMismatch, 1},
		"an error page":           {newReport(t).add("a.csv", []byte("<html>\n<body>no</body>\n")), lineitem.ErrRowMismatch, 1},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := collect(t.Context(), stream(t, tc.report.manifest(nil), &manifest.ReadOptions{OnBadLine: func(e *lineitem.DecodeError) error {
				return e
			}}))
			if e, ok := errors.AsType[*lineitem.DecodeError](err); !ok || !errors.Is(err, tc.want) || tc.line > 0 && e.Line != tc.line || !strings.HasSuffix(e.Blob, "a.csv") {
				t.Errorf("got %v, want %v", err, tc.want)
			}
		})
	}
	r := good()
	r.sizes["b.csv"]++
	if _, err := collect(t.Context(), stream(t, r.manifest(nil), nil)); !errors.Is(err, manifest.ErrBadResponse) {
		t.Errorf("length that was not promised: %v", err)
	}
	r = good()
	r.fault = func(_ int, _ *http.Request, a *response) error {
		*a = *refusal(403, "AuthenticationFailed")
		a.cut, a.stall = -1, -1
		return nil
	}
	if _, err := collect(t.Context(), stream(t, r.manifest(nil), nil)); !errors.Is(err, manifest.ErrSAS) || strings.Contains(err.Error(), canary) {
		t.Errorf("signature refused: %v", err)
	}
}

// TestReportKept: a manifest that was written down is read again, and prints no signature.
func TestReportKept(t *testing.T) {
	r := newReport(t).add("a b.csv", csvRows("n,billingPreTaxTotal,CustomerName", 0, 100))
	m := r.manifest(nil)
	if text := fmt.Sprintf("%v %+v %#v", *m, m.Blobs(), m.Blobs()[0]); strings.Contains(text, canary) {
		t.Error("the signature is printed")
	}
	data, err := m.MarshalWithSAS()
	if err != nil {
		t.Fatal(err)
	}
	o := &manifest.Options{}
	o.Transport = r
	again, err := manifest.Parse[row](data, o)
	if err != nil {
		t.Fatal(err)
	}
	if ns, err := collect(t.Context(), stream(t, again, nil)); err != nil || !isCount(ns, 100) {
		t.Errorf("%d rows, %v", len(ns), err)
	}
}

// TestOpenBlob: the bytes of a blob come as they are, over broken connections.
func TestOpenBlob(t *testing.T) {
	data := zipped(lines(0, 50_000))
	s := newStorage(t).put(name(0), data)
	s.fault = func(_ int, _ *http.Request, a *response) error {
		if len(a.body) > 70_000 {
			a.cut, a.err = 70_000, io.ErrUnexpectedEOF
		}
		return nil
	}
	o := &manifest.Options{}
	o.Transport = s
	m, err := manifest.Parse[row](document([]string{name(0)}, map[string]any{"dataFormat": "zip"}), o)
	if err != nil {
		t.Fatal(err)
	}
	r, err := m.OpenBlob(t.Context(), m.Blobs()[0], nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r)
	if err != nil || string(got) != string(data) {
		t.Errorf("%d of %d bytes, %v", len(got), len(data), err)
	}
	if err := r.Close(); err != nil || s.open.Load() != 0 {
		t.Errorf("close: %v, %d bodies are open", err, s.open.Load())
	}
	if _, err := m.NewStream(nil); !errors.Is(err, manifest.ErrMalformed) {
		t.Errorf("rows of an archive: %v", err)
	}
	if _, err := m.OpenBlob(t.Context(), manifest.Blob{Name: "other"}, nil); !errors.Is(err, manifest.ErrSelection) {
		t.Errorf("a blob that is not in it: %v", err)
	}
}

var _ policy.Transporter = (*report)(nil)
