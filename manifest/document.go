package manifest

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/partnerbilling/sdk-go/lineitem"
)

// document is the manifest as it travels, that of Microsoft Graph and that of a cost details
// report in one. encoding/json matches its names in any
// case, which takes in the spellings BLOBCount and SASToken; the other aliases are
// those of the service's former host.
type document struct {
	ID              string       `json:"id,omitempty"`
	Created         looseTime    `json:"createdDateTime,omitzero"`
	SchemaVersion   looseText    `json:"schemaVersion,omitempty"`
	DataFormat      string       `json:"dataFormat,omitempty"`
	PartitionType   string       `json:"partitionType,omitempty"`
	ETag            looseText    `json:"eTag,omitempty"`
	PartnerTenantID string       `json:"partnerTenantId,omitempty"`
	RootDirectory   string       `json:"rootDirectory"`
	SASToken        string       `json:"sasToken"`
	BlobCount       looseCount   `json:"blobCount"`
	Blobs           []blobObject `json:"blobs"`

	ManifestVersion looseText `json:"manifestVersion,omitempty"` // of a cost details report

	FormerVersion  looseText `json:"version,omitempty"`
	FormerCreated  looseTime `json:"utcCreatedDateTime,omitzero"`
	FormerRoot     string    `json:"rootFolder,omitempty"`
	FormerSASToken string    `json:"rootFolderSAS,omitempty"`
}

type blobObject struct {
	Name           string    `json:"name,omitempty"`
	PartitionValue looseText `json:"partitionValue,omitempty"`

	// Of a cost details report, where each blob has its own address:
	BlobLink  string     `json:"blobLink,omitempty"`
	ByteCount looseCount `json:"byteCount,omitzero"`
}

// parseDocument reads the JSON and settles the aliases; it judges nothing.
func parseDocument(data []byte) (*document, error) {
	var d document
	if err := json.Unmarshal(data, &d); err != nil {
		// The text of a JSON error may quote the input, and the SAS is in there.
		return nil, &Error{Field: "manifest", Reason: "it is not the JSON object that was expected", Err: ErrMalformed}
	}
	d.SchemaVersion = firstOf(firstOf(d.SchemaVersion, d.FormerVersion), d.ManifestVersion)
	d.RootDirectory = firstOf(d.RootDirectory, d.FormerRoot)
	d.SASToken = firstOf(d.SASToken, d.FormerSASToken)
	if d.Created.IsZero() {
		d.Created = d.FormerCreated
	}
	return &d, nil
}

func firstOf[S ~string](a, b S) S {
	if a != "" {
		return a
	}
	return b
}

// looseText takes a string or a number, of which it keeps the literal.
type looseText string

func (t *looseText) UnmarshalJSON(data []byte) error {
	if data[0] == '"' {
		return json.Unmarshal(data, (*string)(t))
	}
	var n json.Number
	if err := json.Unmarshal(data, &n); err != nil {
		return err
	}
	*t = looseText(n)
	return nil
}

// looseCount takes a number, also one in quotes. It knows whether it was there.
type looseCount struct {
	n     int64
	known bool
}

func (c *looseCount) UnmarshalJSON(data []byte) error {
	s := strings.Trim(string(data), `"`)
	if s == "null" || s == "" {
		return nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return err
	}
	*c = looseCount{n: n, known: true}
	return nil
}

func (c looseCount) MarshalJSON() ([]byte, error) { return strconv.AppendInt(nil, c.n, 10), nil }

// looseTime takes every form of time the service was seen to write. No date is worth
// failing an export for: what cannot be read is the zero time.
type looseTime struct{ time.Time }

func (t *looseTime) UnmarshalJSON(data []byte) error {
	if parsed, err := lineitem.ParseTime(strings.Trim(string(data), `"`)); err == nil {
		t.Time = parsed
	}
	return nil
}
