// Package exportdoc describes a finished export as a service reports it, in a form that does not
// depend on the service. Package manifest is made from it.
package exportdoc

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/partnerbilling/sdk-go/internal/jsonscalar"
	"github.com/partnerbilling/sdk-go/internal/redact"
)

// Document is a finished export. Nothing in it was checked.
type Document struct {
	Facts
	SASToken  redact.Secret // for all blobs below the root directory
	BlobCount jsonscalar.Int
	Blobs     []Blob
	// Credential authorizes requests for blobs whose URLs have no SAS; nil: they need one.
	Credential azcore.TokenCredential
}

// Facts are the descriptive attributes of an export.
type Facts struct {
	ID              string
	ETag            string
	SchemaVersion   string
	DataFormat      string
	PartitionType   string
	PartnerTenantID string
	Created         time.Time
	RootDirectory   string
}

// Blob is one blob of an export.
type Blob struct {
	Name           string
	PartitionValue string
	Link           redact.Secret  // its URL, mostly with a SAS; none: it is below the root directory
	Size           jsonscalar.Int // in bytes, where the service promises it; not negative
	Empty          bool           // the service says in another way that it has no bytes
	Rows           jsonscalar.Int // where the service promises a number
}

// ErrShape is returned for data that is not the expected JSON object. The text of a JSON error may
// quote its input, and secrets are part of that.
var ErrShape = errors.New("not a JSON object of the expected shape")

// wire is the JSON of Microsoft Graph and that of a cost details report. encoding/json matches
// names in any case, which includes the spellings BLOBCount and SASToken.
type wire struct {
	ID              string          `json:"id,omitempty"`
	Created         jsonscalar.Time `json:"createdDateTime,omitzero"`
	SchemaVersion   jsonscalar.Text `json:"schemaVersion,omitempty"`
	DataFormat      string          `json:"dataFormat,omitempty"`
	PartitionType   string          `json:"partitionType,omitempty"`
	ETag            jsonscalar.Text `json:"eTag,omitempty"`
	PartnerTenantID string          `json:"partnerTenantId,omitempty"`
	RootDirectory   string          `json:"rootDirectory"`
	SASToken        string          `json:"sasToken"`
	BlobCount       jsonscalar.Int  `json:"blobCount"`
	Blobs           []wireBlob      `json:"blobs"`
	aliases
}

// aliases are names of the same attributes in a cost details report, and of the former host of
// Graph's API.
type aliases struct {
	ManifestVersion jsonscalar.Text `json:"manifestVersion,omitempty"`
	Version         jsonscalar.Text `json:"version,omitempty"`
	UTCCreated      jsonscalar.Time `json:"utcCreatedDateTime,omitzero"`
	RootFolder      string          `json:"rootFolder,omitempty"`
	RootFolderSAS   string          `json:"rootFolderSAS,omitempty"`
}

type wireBlob struct {
	Name           string          `json:"name,omitempty"`
	PartitionValue jsonscalar.Text `json:"partitionValue,omitempty"`
	// In a cost details report, where each blob has its own URL:
	BlobLink  string         `json:"blobLink,omitempty"`
	ByteCount jsonscalar.Int `json:"byteCount,omitzero"`
	// On the former host of Graph's API. What it counts is not documented, except for 0.
	SizeInBytes jsonscalar.Int `json:"sizeInBytes,omitzero"`
}

// Decode reads the JSON of a service. The error is [ErrShape].
func Decode(data []byte) (Document, error) {
	var w wire
	if json.Unmarshal(data, &w) != nil {
		return Document{}, ErrShape
	}
	d := Document{
		Facts: Facts{
			ID: w.ID, ETag: string(w.ETag),
			SchemaVersion: firstOf(string(w.SchemaVersion), string(w.Version), string(w.ManifestVersion)),
			DataFormat:    w.DataFormat, PartitionType: w.PartitionType, PartnerTenantID: w.PartnerTenantID,
			Created: w.Created.Time, RootDirectory: firstOf(w.RootDirectory, w.RootFolder),
		},
		SASToken:  redact.New(firstOf(w.SASToken, w.RootFolderSAS)),
		BlobCount: w.BlobCount,
		Blobs:     make([]Blob, len(w.Blobs)),
	}
	if d.Created.IsZero() {
		d.Created = w.UTCCreated.Time
	}
	for i, b := range w.Blobs {
		d.Blobs[i] = Blob{
			Name: b.Name, PartitionValue: string(b.PartitionValue), Link: redact.New(b.BlobLink), Size: SizeOf(b.ByteCount),
			Empty: b.SizeInBytes == jsonscalar.Int{Set: true},
		}
	}
	return d, nil
}

// SizeOf returns the size that a service promises. A negative one is none.
func SizeOf(n jsonscalar.Int) jsonscalar.Int {
	if n.Value < 0 {
		return jsonscalar.Int{}
	}
	return n
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// Marshal returns the document in the form of Microsoft Graph, secrets included. Decode reads it
// back.
func (d Document) Marshal() ([]byte, error) {
	w := wire{
		ID: d.ID, Created: jsonscalar.Time{Time: d.Created}, SchemaVersion: jsonscalar.Text(d.SchemaVersion),
		DataFormat: d.DataFormat, PartitionType: d.PartitionType, ETag: jsonscalar.Text(d.ETag),
		PartnerTenantID: d.PartnerTenantID, RootDirectory: d.RootDirectory, SASToken: d.SASToken.Reveal(),
		BlobCount: d.BlobCount, Blobs: make([]wireBlob, len(d.Blobs)),
	}
	for i, b := range d.Blobs {
		w.Blobs[i] = wireBlob{
			Name: b.Name, PartitionValue: jsonscalar.Text(b.PartitionValue), BlobLink: b.Link.Reveal(),
			ByteCount: b.Size, SizeInBytes: jsonscalar.Int{Set: b.Empty},
		}
	}
	return json.Marshal(w)
}
