package exportdoc_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/partnerbilling/sdk-go/internal/exportdoc"
	"github.com/partnerbilling/sdk-go/internal/jsonscalar"
)

const canary = "canaryOfTheSignature"

// The same export in the spellings of Graph, of Graph's former host and of a cost details report.
func TestDecode(t *testing.T) {
	created := time.Date(2023, 3, 9, 8, 12, 53, 0, time.UTC)
	for what, data := range map[string]string{
		"Graph": `{"id":"1","createdDateTime":"2023-03-09T08:12:53","schemaVersion":"2","eTag":"e","rootDirectory":"r","sasToken":"s",
			"blobCount":2,"blobs":[{"name":"a","partitionValue":"p"},{"name":"b"}]}`,
		"other case": `{"ID":"1","createddatetime":"2023-03-09T08:12:53Z","schemaVersion":2,"ETag":"e","RootDirectory":"r","SASToken":"s",
			"BLOBCount":"2","Blobs":[{"Name":"a","partitionValue":"p"},{"name":"b","partitionValue":null}]}`,
		"former host": `{"id":"1","utcCreatedDateTime":"2023-03-09T08:12:53","version":2,"eTag":"e","rootFolder":"r","rootFolderSAS":"s",
			"blobCount":2,"blobs":[{"name":"a","partitionValue":"p"},{"name":"b"}],"more":[{}]}`,
	} {
		d, err := exportdoc.Decode([]byte(data))
		if err != nil || d.ID != "1" || !d.Created.Equal(created) || d.SchemaVersion != "2" || d.ETag != "e" || d.RootDirectory != "r" ||
			d.SASToken.Reveal() != "s" || !d.BlobCount.Set || d.BlobCount.Value != 2 || d.Credential != nil {
			t.Errorf("%s: %+v, %v", what, d, err)
		}
		if want := []exportdoc.Blob{{Name: "a", PartitionValue: "p"}, {Name: "b"}}; !reflect.DeepEqual(d.Blobs, want) {
			t.Errorf("%s: blobs %+v", what, d.Blobs)
		}
	}
	d, err := exportdoc.Decode([]byte(`{"manifestVersion":"2022-05-01","dataFormat":"Csv","blobCount":2,"blobs":[{"blobLink":"https://h/c/1?sig=x","byteCount":7},{"blobLink":"l","byteCount":-1}]}`))
	if err != nil || d.SchemaVersion != "2022-05-01" || d.DataFormat != "Csv" || len(d.Blobs) != 2 ||
		d.Blobs[0].Link.Reveal() != "https://h/c/1?sig=x" || d.Blobs[0].Size != (jsonscalar.Int{Value: 7, Set: true}) || d.Blobs[0].Rows.Set || d.Blobs[1].Size.Set {
		t.Errorf("report: %+v, %v", d, err)
	}
	for _, data := range []string{"{}", "null"} {
		if d, err := exportdoc.Decode([]byte(data)); err != nil || d.BlobCount.Set || len(d.Blobs) != 0 || !d.SASToken.IsZero() {
			t.Errorf("%s: %+v, %v", data, d, err)
		}
	}
}

// The error does not quote its input, which has a secret.
func TestDecodeRefuses(t *testing.T) {
	for _, data := range []string{
		"", "null x", "[]", "{", "<html>", `"` + canary + `"`, `{"sasToken":"` + canary + `",`, `{"sasToken":["` + canary + `"]}`,
		`{"blobCount":"` + canary + `"}`, `{"blobs":{"` + canary + `":1}}`, `{"eTag":{"` + canary + `":1}}`,
	} {
		d, err := exportdoc.Decode([]byte(data))
		if !errors.Is(err, exportdoc.ErrShape) || strings.Contains(fmt.Sprintf("%v %+v", err, err), canary) || !reflect.DeepEqual(d, exportdoc.Document{}) {
			t.Errorf("%.20q: %+v, %v", data, d, err)
		}
	}
}

func TestMarshalIsReadBack(t *testing.T) {
	for _, data := range []string{
		`{"id":"1","createdDateTime":"2023-03-09T08:12:53.5Z","schemaVersion":"2","dataFormat":"f","partitionType":"t","eTag":"e","partnerTenantId":"p",
			"rootDirectory":"r","sasToken":"sig=` + canary + `","blobCount":1,"blobs":[{"name":"a","partitionValue":"p"}]}`,
		`{"manifestVersion":"2022-05-01","blobCount":2,"blobs":[{"blobLink":"https://h/c/1?sig=` + canary + `","byteCount":7},{"name":"b","blobLink":"l"}]}`,
	} {
		d, err := exportdoc.Decode([]byte(data))
		if err != nil {
			t.Fatal(err)
		}
		text, err := d.Marshal()
		if err != nil || !strings.Contains(string(text), canary) {
			t.Fatalf("%s, %v", text, err)
		}
		again, err := exportdoc.Decode(text)
		if err != nil {
			t.Fatal(err)
		}
		if again.Facts != d.Facts || again.SASToken.Reveal() != d.SASToken.Reveal() || again.BlobCount != d.BlobCount || len(again.Blobs) != len(d.Blobs) {
			t.Errorf("%+v, was %+v", again, d)
		}
		for i, b := range again.Blobs {
			if was := d.Blobs[i]; b.Name != was.Name || b.PartitionValue != was.PartitionValue || b.Size != was.Size || b.Link.Reveal() != was.Link.Reveal() {
				t.Errorf("blob %+v, was %+v", b, was)
			}
		}
		if printed := fmt.Sprintf("%v %+v %#v", d, d, d); strings.Contains(printed, canary) {
			t.Error("printing a document discloses the SAS")
		}
	}
}
