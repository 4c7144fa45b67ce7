package manifest

import "time"

// Info describes an export. It is informational, except that the eTag tells versions of the data
// apart.
type Info struct {
	// ID is the manifest's id, and that of the run for a configured export; empty where the service
	// returned none.
	ID string
	// ETag changes when the billing data change.
	ETag string
	// SchemaVersion is for instance "2". For a configured export it is the version of the dataset
	// (dataVersion), or that of the manifest where there is none.
	SchemaVersion string
	// DataFormat is "compressedJSON" or "compressedJSONLines", which mean the same: JSON Lines,
	// compressed with gzip. That of a cost details report is "Csv", compressed or not, and that of
	// a price sheet "zip", which has no rows by itself.
	DataFormat string
	// PartitionType says how rows were distributed over the blobs.
	PartitionType string
	// PartnerTenantID is the partner's tenant.
	PartnerTenantID string
	// Created is when the data were prepared, in UTC. That can be days before the export was
	// requested. It is zero where the service returned no valid time.
	Created time.Time
	// RootDirectory is the current URL of the directory of the blobs. It is empty where each blob
	// has a URL of its own, as in a cost details report.
	RootDirectory string
	// BlobCount is how many blobs the export has, whatever part of it the manifest is about.
	BlobCount int
}

// Blob is one blob of an export: a gzip file of JSON Lines, or a file of CSV with a header.
type Blob struct {
	// Name is relative to the root directory. Without one, it is the path.
	Name string
	// PartitionValue is informational; several blobs may have the same.
	PartitionValue string
	// URL is the address of a blob that is in no root directory, without its SAS.
	URL string
	// SAS is that of such a blob. It cannot be refreshed: the service makes it with the report.
	SAS SAS
	// Size is the length of the blob in bytes, where the manifest promises it; else 0. Reading
	// verifies it.
	Size int64
	// Rows is the number of rows, where the manifest promises it; else 0. Reading verifies it.
	Rows int64
}
