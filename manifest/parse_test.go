package manifest_test

import (
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/partnerbilling/sdk-go/manifest"
)

func TestParseTakesGraphsManifest(t *testing.T) {
	m, err := manifest.Parse[row](document([]string{"part-00123-5a93.c000.json.gz", "sub/part-1"}, nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	info := m.Info()
	if info.ID != "44e8500b-ab92-490e-8ac3-90500a1d3427" || info.ETag != "RwDrn7fbiTXy6UULE" || info.SchemaVersion != "2" ||
		info.DataFormat != "compressedJSON" || info.PartitionType != "default" || info.RootDirectory != root || info.BlobCount != 2 ||
		info.PartnerTenantID != "aaaabbbb-0000-cccc-1111-dddd2222eeee" {
		t.Errorf("attributes are not those of the JSON: %+v", m)
	}
	if want := time.Date(2023, 11, 6, 19, 58, 47, 513e6, time.UTC); !info.Created.Equal(want) {
		t.Errorf("Created = %v, want %v", info.Created, want)
	}
	if want := []manifest.Blob{{Name: "part-00123-5a93.c000.json.gz", PartitionValue: "default"}, {Name: "sub/part-1", PartitionValue: "default"}}; !reflect.DeepEqual(m.Blobs(), want) {
		t.Errorf("Blobs = %v, want %v", m.Blobs(), want)
	}
}

func TestParseIsTolerant(t *testing.T) {
	one := []string{"a"}
	cases := map[string]map[string]any{
		"BLOBCount":                 {"blobCount": nil, "BLOBCount": 1},
		"blobcount":                 {"blobCount": nil, "blobcount": 1},
		"count as text":             {"blobCount": "1"},
		"SASToken":                  {"sasToken": nil, "SASToken": token(time.Hour)},
		"SAS with question mark":    {"sasToken": "?" + token(time.Hour)},
		"SAS as a URL":              {"sasToken": "https://x.blob.core.windows.net/c?" + token(time.Hour)},
		"former host's names":       {"rootDirectory": nil, "rootFolder": root, "sasToken": nil, "rootFolderSAS": root + "?" + token(time.Hour), "schemaVersion": nil, "version": 1},
		"sizes":                     {"sizeInBytes": 12},
		"compressedJSONLines":       {"dataFormat": "compressedJSONLines"},
		"COMPRESSEDJSONLINES":       {"dataFormat": "COMPRESSEDJSONLINES"},
		"no format":                 {"dataFormat": nil},
		"null format":               {"dataFormat": json.RawMessage("null")},
		"other partition type":      {"partitionType": "ItemCount"},
		"time without zone":         {"createdDateTime": "2023-03-09T08:12:53"},
		"malformed time":            {"createdDateTime": "2022-06-1T10-01-03.4Z"},
		"null time":                 {"createdDateTime": json.RawMessage("null")},
		"number for a time":         {"createdDateTime": 5},
		"number for a version":      {"schemaVersion": 2},
		"no id, eTag, tenant":       {"id": nil, "eTag": nil, "partnerTenantId": nil},
		"unknown attributes":        {"@odata.type": "#x", "more": []int{1}},
		"upper-case host, port":     {"rootDirectory": "https://Account.Blob.Core.Windows.net:443/c/d/"},
		"zone of an account":        {"rootDirectory": "https://account.z01.blob.storage.azure.net/c"},
		"escaped blank in the root": {"rootDirectory": root + "/a%20b"},
	}
	for what, changes := range cases {
		if _, err := manifest.Parse[row](document(one, changes), nil); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	m, err := manifest.Parse[row](document(one, cases["time without zone"]), nil)
	if err != nil || !m.Info().Created.Equal(time.Date(2023, 3, 9, 8, 12, 53, 0, time.UTC)) {
		t.Errorf("a time without zone is UTC: got %v, %v", m.Info().Created, err)
	}
}

func TestParseRefuses(t *testing.T) {
	type change = map[string]any
	two := []string{"a", "b"}
	cases := []struct {
		name   string
		names  []string
		change change
		is     error
		field  string
	}{
		{"fewer blobs than promised", two, change{"blobCount": 3}, manifest.ErrIncomplete, "blobCount"},
		{"more blobs than promised", two, change{"blobCount": 1}, manifest.ErrIncomplete, "blobCount"},
		{"negative count", nil, change{"blobCount": -1}, manifest.ErrIncomplete, "blobCount"},
		// Which is 1 where it is truncated to 32 bits.
		{"count of more than 32 bits", []string{"a"}, change{"blobCount": int64(4294967297)}, manifest.ErrIncomplete, "blobCount"},
		{"no count", two, change{"blobCount": nil}, manifest.ErrIncomplete, "blobCount"},
		{"a name twice", []string{"a", "b", "a"}, nil, manifest.ErrIncomplete, "blobs[2].name"},
		{"parquet", two, change{"dataFormat": "parquet"}, manifest.ErrMalformed, "dataFormat"},
		{"count is a word", two, change{"blobCount": "two"}, manifest.ErrMalformed, "manifest"},
		{"blobs is an object", two, change{"blobs": change{}}, manifest.ErrMalformed, "manifest"},
		{"no token", two, change{"sasToken": nil}, manifest.ErrSAS, "sasToken"},
		{"no signature", two, change{"sasToken": "se=2099-01-01T00:00:00Z&sp=rl"}, manifest.ErrSAS, "sasToken"},
		{"empty signature", two, change{"sasToken": "se=2099-01-01T00:00:00Z&sp=rl&sig="}, manifest.ErrSAS, "sasToken"},
		{"no right to read", two, change{"sasToken": "se=2099-01-01T00:00:00Z&sp=l&sig=" + canary}, manifest.ErrSAS, "sasToken"},
		{"no expiry", two, change{"sasToken": "sp=r&sig=" + canary}, manifest.ErrSAS, "sasToken"},
		{"expiry is nonsense", two, change{"sasToken": "sp=r&se=soon&sig=" + canary}, manifest.ErrSAS, "sasToken"},
		{"another operation", two, change{"sasToken": token(time.Hour) + "&comp=list"}, manifest.ErrSAS, "sasToken"},
		{"another operation, escaped", two, change{"sasToken": token(time.Hour) + "&%63omp=list"}, manifest.ErrSAS, "sasToken"},
		{"signature twice", two, change{"sasToken": token(time.Hour) + "&sig=x"}, manifest.ErrSAS, "sasToken"},
		{"line break in the token", two, change{"sasToken": token(time.Hour) + "\r\nHost: evil"}, manifest.ErrSAS, "sasToken"},
		{"fragment in the token", two, change{"sasToken": token(time.Hour) + "#x"}, manifest.ErrSAS, "sasToken"},
		{"no root", two, change{"rootDirectory": nil}, manifest.ErrUntrusted, "rootDirectory"},
	}
	for _, c := range cases {
		_, err := manifest.Parse[row](document(c.names, c.change), nil)
		var refused *manifest.Error
		if !errors.Is(err, c.is) || !errors.As(err, &refused) {
			t.Errorf("%s: error = %v, want an *Error matching %v", c.name, err, c.is)
			continue
		}
		if refused.Field != c.field {
			t.Errorf("%s: Field = %q, want %q", c.name, refused.Field, c.field)
		}
		if strings.Contains(err.Error(), canary) {
			t.Errorf("%s: the error discloses the SAS", c.name)
		}
	}
	for _, data := range []string{"", "null x", "[]", "{", `"` + canary + `"`, `{"sasToken":"` + canary + `",`, "<html>"} {
		if _, err := manifest.Parse[row]([]byte(data), nil); !errors.Is(err, manifest.ErrMalformed) || strings.Contains(err.Error(), canary) {
			t.Errorf("%.20q: error = %v, want ErrMalformed without a quotation", data, err)
		}
	}
}

func TestErrorNamesTheManifestOnce(t *testing.T) {
	_, err := manifest.Parse[row]([]byte("<html>"), nil)
	if want := "manifest: malformed manifest: not a JSON object of the expected shape"; err == nil || err.Error() != want {
		t.Errorf("error = %v, want %s", err, want)
	}
}

func TestErrorNamesTheUnknownFormat(t *testing.T) {
	_, err := manifest.Parse[row](document([]string{"a"}, map[string]any{"dataFormat": "parquet"}), nil)
	if err == nil || !strings.Contains(err.Error(), `"parquet"`) {
		t.Errorf("error = %v, want one that names the format", err)
	}
}

func TestExportWithoutBlobsIsEmpty(t *testing.T) {
	for what, changes := range map[string]map[string]any{
		"complete":          nil,
		"without anything":  {"rootDirectory": nil, "sasToken": nil},
		"blobs are null":    {"blobs": json.RawMessage("null")},
		"blobs are missing": {"blobs": nil},
	} {
		store := newStorage(t)
		m, err := manifest.Parse[row](document(nil, changes), &manifest.Options{})
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		for _, o := range []*manifest.ReadOptions{nil, {Concurrency: 1}, {InOrder: true}} {
			s := stream(t, m, o)
			if ns, err := collect(t.Context(), s); err != nil || len(ns) != 0 {
				t.Errorf("%s: %d rows, error %v, want none", what, len(ns), err)
			}
			if r := s.Report(); !r.Total.Verified || len(r.Blobs) != 0 {
				t.Errorf("%s: report %+v, want an empty, verified one", what, r)
			}
		}
		if len(store.requests) > 0 {
			t.Errorf("%s: something was requested", what)
		}
	}
}

func TestMarshalWithSASIsReadBack(t *testing.T) {
	sas := token(time.Hour)
	m, err := manifest.Parse[row](document([]string{"a", "ü/b c"}, map[string]any{"sasToken": "?" + sas}), nil)
	if err != nil {
		t.Fatal(err)
	}
	data, err := m.MarshalWithSAS()
	if err != nil {
		t.Fatal(err)
	}
	var object map[string]any
	if err := json.Unmarshal(data, &object); err != nil {
		t.Fatal(err)
	}
	if object["sasToken"] != sas {
		t.Error("the token did not survive byte for byte")
	}
	want := strings.Fields("id createdDateTime schemaVersion dataFormat partitionType eTag partnerTenantId rootDirectory sasToken blobCount blobs")
	for _, k := range want {
		if _, ok := object[k]; !ok {
			t.Errorf("%s is missing", k)
		}
	}
	if len(object) != len(want) {
		t.Errorf("attributes are %v, want %v", maps.Keys(object), want)
	}
	again, err := manifest.Parse[row](data, nil)
	if err != nil {
		t.Fatal(err)
	}
	if again.Info() != m.Info() || !reflect.DeepEqual(again.Blobs(), m.Blobs()) || again.SAS().Reveal() != sas || again.Info().BlobCount != 2 {
		t.Errorf("read back %+v, want %+v", again.Info(), m.Info())
	}
}

// What a manifest returns is the reader's to change; the manifest stays as it was checked.
func TestManifestCannotBeChanged(t *testing.T) {
	store := newStorage(t).put(name(0), zipped(lines(0, 3))).put(name(1), zipped(lines(3, 3)))
	m := store.manifest(nil)
	blobs := m.Blobs()
	blobs[0].Name, blobs[1] = "../x", blobs[0]
	if b, ok := m.Blob(name(1)); !ok || b.Name != name(1) || m.Info().ETag == "" || m.Info().BlobCount != 2 {
		t.Errorf("%+v, %+v", b, m.Info())
	}
	if _, ok := m.Blob("../x"); ok {
		t.Error("a blob was added")
	}
	if ns, err := collect(t.Context(), stream(t, m, &manifest.ReadOptions{InOrder: true})); err != nil || !isCount(ns, 6) {
		t.Errorf("rows %v, error %v", ns, err)
	}
}

// The zero Manifest is no export, not even an empty one.
func TestZeroManifestIsRefused(t *testing.T) {
	var m manifest.Manifest[row]
	_, newStream := m.NewStream(nil)
	_, open := m.OpenBlob(t.Context(), manifest.Blob{}, nil)
	_, choose := m.Select("a")
	_, marshal := m.MarshalWithSAS()
	var items error
	for _, err := range m.Items(t.Context(), nil) {
		items = err
	}
	for what, err := range map[string]error{"NewStream": newStream, "OpenBlob": open, "Select": choose, "MarshalWithSAS": marshal, "Items": items} {
		if _, ok := errors.AsType[*manifest.Error](err); !ok || !errors.Is(err, manifest.ErrMalformed) {
			t.Errorf("%s: %v, want an *Error", what, err)
		}
	}
	if m.Info() != (manifest.Info{}) || !m.SAS().IsZero() || len(m.Blobs()) != 0 || m.String() == "" {
		t.Errorf("%v", m)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(document([]string{"a", "b/c"}, nil)))
	f.Add([]byte(document(nil, nil)))
	f.Add([]byte(document([]string{"../a"}, map[string]any{"rootDirectory": "https://x.blob.core.windows.net@evil/c"})))
	f.Add([]byte(`{"blobCount":"1","blobs":[{}],"createdDateTime":1,"eTag":{}}`))
	f.Add([]byte(`{"blobCount":0,"schemaVersion":null}`))
	f.Add([]byte(`{"blobCount":0,"createdDateTime":"0000-01-01T00:00:00+23:00"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := manifest.Parse[row](data, nil)
		if err != nil {
			var refused *manifest.Error
			if !errors.As(err, &refused) || refused.Field == "" || refused.Reason == "" || refused.Err == nil {
				t.Fatalf("error %#v is not a complete *Error", err)
			}
			return
		}
		if m.Info().BlobCount != len(m.Blobs()) {
			t.Fatal("the count is wrong")
		}
		out, err := m.MarshalWithSAS()
		if err != nil {
			t.Fatal(err)
		}
		again, err := manifest.Parse[row](out, nil)
		if err != nil || again.SAS().Reveal() != m.SAS().Reveal() || !reflect.DeepEqual(again.Blobs(), m.Blobs()) {
			t.Fatalf("not read back: %v", err)
		}
	})
}
