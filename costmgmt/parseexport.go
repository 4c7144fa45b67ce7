package costmgmt

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/partnerbilling/sdk-go/internal/bloburl"
	"github.com/partnerbilling/sdk-go/internal/errtext"
	"github.com/partnerbilling/sdk-go/internal/exportdoc"
	"github.com/partnerbilling/sdk-go/internal/jsonscalar"
	"github.com/partnerbilling/sdk-go/internal/redact"
	"github.com/partnerbilling/sdk-go/manifest"
)

// ParseExportOptions are the options of [ParseExport]. The zero value and nil are the defaults.
type ParseExportOptions struct {
	// ClientOptions apply to the requests for blobs, as those of manifest.Options do. An
	// Authorization header is not logged even where AllowedHeaders of Logging has it.
	azcore.ClientOptions
	// StorageHosts are admitted in addition to Azure's own blob endpoints, as in manifest.Options.
	StorageHosts []string
	// Container is the URL of the container with the data, for instance
	// https://account.blob.core.windows.net/exports. It is needed where the manifest does not have
	// it, and replaces the one that it has.
	Container string
	// AllowUnverifiedManifest reads files of a format that this version does not know, or another
	// number of files than the manifest says: see manifest.Options. Parquet is known, and refused.
	AllowUnverifiedManifest bool
}

// ParseExport reads the manifest of a configured export (see [Client.PutExport]), which the service
// writes beside the data into a storage account of your own: manifest.json, or _manifest.json of
// older versions. The rows are read with the credential, whose identity needs the role Storage Blob
// Data Reader:
//
//	m, err := costmgmt.ParseExport[costmgmt.CostDetail](data, credential, nil)
//	if err != nil {
//		return err
//	}
//	for row, err := range m.Items(ctx, nil) { ... }
//
// T is a row type of the dataset, [lineitem.Record], or a struct with the columns that are needed.
// Files are CSV, compressed with gzip or not. The length of each file is verified against the
// manifest, and the number of its rows at its end; another number matches [manifest.ErrIncomplete].
// ParseExport does no I/O. The token of the credential is sent to the container's host alone, by
// https. Rows of CSV cannot be resumed from a checkpoint, but [manifest.Manifest.Select] reads
// single files.
//
// An error is a *[manifest.Error] that matches [manifest.ErrMalformed] (not such a manifest, or
// Parquet, which is not supported: have the data delivered as CSV), [manifest.ErrIncomplete]
// (counts that contradict each other) or [manifest.ErrUntrusted] (a location that is not Azure's).
func ParseExport[T any](data []byte, cred azcore.TokenCredential, o *ParseExportOptions) (*manifest.Manifest[T], error) {
	if o == nil {
		o = &ParseExportOptions{}
	}
	if cred == nil {
		return nil, invalid("parse export", "the credential is nil")
	}
	var w exportManifest
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // files may begin with a byte order mark
	if json.Unmarshal(data, &w) != nil || !w.BlobCount.Set && w.Blobs == nil {
		return nil, refusedExport("manifest", manifest.ErrMalformed, "it is not the manifest of an export")
	}
	if err := w.check(o.AllowUnverifiedManifest); err != nil {
		return nil, err
	}
	d, err := w.document(cmp.Or(o.Container, w.Delivery.Container), o.StorageHosts)
	if err != nil {
		return nil, err
	}
	d.Credential = cred
	storage := manifest.Options{ClientOptions: o.ClientOptions, StorageHosts: o.StorageHosts, AllowUnverifiedManifest: o.AllowUnverifiedManifest}
	return manifest.FromDocument[T](d, &storage)
}

// exportManifest is the manifest in both of its forms. The older one has only the counts and the
// blobs.
type exportManifest struct {
	ManifestVersion jsonscalar.Text `json:"manifestVersion"`
	DataFormat      string          `json:"dataFormat"` // of the older form
	exportCounts
	BlobCount jsonscalar.Int `json:"blobCount"`
	Config    struct {
		DataVersion jsonscalar.Text `json:"dataVersion"`
	} `json:"exportConfig"`
	Delivery struct {
		FileFormat      string `json:"fileFormat"`
		CompressionMode string `json:"compressionMode"`
		Container       string `json:"containerUri"`
	} `json:"deliveryConfig"`
	Run struct {
		ID        jsonscalar.Text `json:"runId"`
		Submitted jsonscalar.Time `json:"submittedTime"`
	} `json:"runInfo"`
	Blobs []exportBlob `json:"blobs"`
}

// exportCounts are those of a file, or of all of them.
type exportCounts struct {
	ByteCount jsonscalar.Int `json:"byteCount"`
	RowCount  jsonscalar.Int `json:"dataRowCount"`
}

type exportBlob struct {
	Name string `json:"blobName"`
	exportCounts
}

// readAgain is what to do about a manifest that contradicts itself.
const readAgain = "download the manifest again, or run the export again"

// format returns the format of the files, empty where the manifest does not say it.
func (w *exportManifest) format() string { return cmp.Or(w.Delivery.FileFormat, w.DataFormat) }

// rowFormat is the format in the terms of package manifest.
func (w *exportManifest) rowFormat() string {
	if f := w.format(); f != "" && !strings.EqualFold(f, string(ExportFormatCSV)) {
		return f
	}
	return string(ExportFormatCSV)
}

// check verifies the format, unless that may be an unknown one, and the counts against each other.
func (w *exportManifest) check(unverified bool) error {
	format := w.format()
	if format == "" && len(w.Blobs) > 0 && strings.HasSuffix(strings.ToLower(w.Blobs[0].Name), ".parquet") {
		format = string(ExportFormatParquet)
	}
	compression := w.Delivery.CompressionMode
	switch {
	case strings.EqualFold(format, string(ExportFormatParquet)):
		return refusedExport("deliveryConfig.fileFormat", manifest.ErrMalformed, "Parquet is not supported; have the export delivered as CSV")
	case format != "" && !strings.EqualFold(format, string(ExportFormatCSV)) && !unverified:
		return refusedExport("deliveryConfig.fileFormat", manifest.ErrMalformed, fmt.Sprintf("%q is not supported", errtext.Clip(format, errtext.CodeLimit)))
	case compression != "" && !strings.EqualFold(compression, "none") && !strings.EqualFold(compression, "gzip"):
		return refusedExport("deliveryConfig.compressionMode", manifest.ErrMalformed, fmt.Sprintf("%q is not supported", errtext.Clip(compression, errtext.CodeLimit)))
	}
	var size, rows int64
	hasBytes, hasRows := true, true
	for _, b := range w.Blobs {
		size, rows = size+b.ByteCount.Value, rows+b.RowCount.Value
		hasBytes, hasRows = hasBytes && b.ByteCount.Set, hasRows && b.RowCount.Set
	}
	if w.ByteCount.Set && hasBytes && w.ByteCount.Value != size {
		return refusedExport("byteCount", manifest.ErrIncomplete, fmt.Sprintf("it is %d, but the blobs have %d bytes; %s", w.ByteCount.Value, size, readAgain))
	}
	if w.RowCount.Set && hasRows && w.RowCount.Value != rows {
		return refusedExport("dataRowCount", manifest.ErrIncomplete, fmt.Sprintf("it is %d, but the blobs have %d rows; %s", w.RowCount.Value, rows, readAgain))
	}
	return nil
}

// document describes the export for package manifest.
func (w *exportManifest) document(container string, hosts []string) (exportdoc.Document, error) {
	d := exportdoc.Document{
		Facts: exportdoc.Facts{
			ID: string(w.Run.ID), SchemaVersion: cmp.Or(string(w.Config.DataVersion), string(w.ManifestVersion)),
			DataFormat: w.rowFormat(), Created: w.Run.Submitted.Time,
		},
		BlobCount: w.BlobCount,
	}
	if len(w.Blobs) == 0 {
		return d, nil
	}
	if !strings.HasPrefix(container, "https://") {
		return d, refusedExport("deliveryConfig.containerUri", manifest.ErrUntrusted, "it is not an https URL; set ParseExportOptions.Container")
	}
	root, err := bloburl.ParseRoot(container, hosts)
	if err != nil {
		return d, refusedExport("deliveryConfig.containerUri", manifest.ErrUntrusted, "it "+err.Error())
	}
	for i, b := range w.Blobs {
		url, err := root.Join(b.Name)
		if err != nil {
			return d, refusedExport(fmt.Sprintf("blobs[%d].blobName", i), manifest.ErrUntrusted, "it "+err.Error())
		}
		d.Blobs = append(d.Blobs, exportdoc.Blob{Name: b.Name, Link: redact.New(url), Size: exportdoc.SizeOf(b.ByteCount), Rows: b.RowCount})
	}
	return d, nil
}

func refusedExport(field string, kind error, reason string) *manifest.Error {
	return &manifest.Error{Field: field, Reason: reason, Err: kind}
}
