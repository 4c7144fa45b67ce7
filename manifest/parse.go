package manifest

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/partnerbilling/sdk-go/lineitem"
)

// Parse reads the manifest's JSON as Microsoft Graph sends it, as a cost details report of
// Cost Management has it, and as [Manifest.MarshalWithSAS] writes it. It is tolerant about spelling and dates, and
// strict about everything on which money or a secret depends. It does no I/O.
//
// An error is an [*Error] which matches, with errors.Is,
//   - [ErrMalformed]: no JSON object, or a dataFormat that is unknown;
//   - [ErrIncomplete]: blobCount is missing or differs from the list of blobs, or a
//     name is listed twice;
//   - [ErrUntrusted]: the root directory or a blob's name points elsewhere;
//   - [ErrSAS]: the token cannot work, or has expired and there is no
//     [Options.Refresh] to get another.
//
// An export without blobs is valid and has no rows.
func Parse[T any](data []byte, o *Options) (*Manifest[T], error) {
	d, err := parseDocument(data)
	if err != nil {
		return nil, err
	}
	if !d.BlobCount.known {
		return nil, &Error{Field: "blobCount", Reason: "it is missing, so that the list of blobs cannot be checked against it", Err: ErrIncomplete}
	}
	m := &Manifest[T]{
		ID:              d.ID,
		ETag:            string(d.ETag),
		SchemaVersion:   string(d.SchemaVersion),
		DataFormat:      d.DataFormat,
		PartitionType:   d.PartitionType,
		PartnerTenantID: d.PartnerTenantID,
		Created:         d.Created.Time,
		RootDirectory:   d.RootDirectory,
		BlobCount:       int(d.BlobCount.n),
		Blobs:           make([]Blob, len(d.Blobs)),
		options:         o.clone(),
	}
	for i, b := range d.Blobs {
		m.Blobs[i] = Blob{Name: b.Name, PartitionValue: string(b.PartitionValue), Size: b.ByteCount.n}
		if b.BlobLink == "" {
			continue
		}
		l, name, err := newLink(b.BlobLink, m.options.StorageHosts)
		if err != nil {
			err.Field = fmt.Sprintf("blobs[%d].blobLink", i)
			return nil, err
		}
		m.Blobs[i].Name, m.Blobs[i].URL, m.Blobs[i].SAS = firstOf(b.Name, name), l.url, l.sas
	}
	if d.SASToken != "" || len(m.Blobs) > 0 && !m.linked() {
		if m.SAS, err = NewSAS(d.SASToken); err != nil {
			return nil, err
		}
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	m.source = m.reach()
	if sas, _ := m.source.current(); len(m.Blobs) > 0 && m.source.refresh == nil && !sas.Expires().After(time.Now()) {
		return nil, sasError(fmt.Sprintf("it expired at %s; poll the operation again for a fresh one, or make a new export",
			sas.Expires().Format(time.RFC3339)))
	}
	return m, nil
}

// check is what must hold before a single byte is asked for. It is repeated for
// every stream, because the fields are the caller's to change.
func (m *Manifest[T]) check() error {
	switch strings.ToLower(m.DataFormat) {
	case "", "compressedjson", "compressedjsonlines", formatCSV, formatZIP:
	default:
		return &Error{Field: "dataFormat", Reason: fmt.Sprintf("%q is not known to this version", clip(m.DataFormat)), Err: ErrMalformed}
	}
	if m.BlobCount != len(m.Blobs) {
		return &Error{Field: "blobCount", Reason: fmt.Sprintf("it says %d, but %d blobs are listed", m.BlobCount, len(m.Blobs)), Err: ErrIncomplete}
	}
	if len(m.Blobs) == 0 {
		return nil
	}
	linked := m.linked()
	var root *location
	if !linked {
		var err error
		if root, err = newLocation(m.RootDirectory, m.options.StorageHosts); err != nil {
			return err
		}
	}
	seen := make(map[string]int, len(m.Blobs))
	for i, b := range m.Blobs {
		field := fmt.Sprintf("blobs[%d].name", i)
		if linked {
			if err := m.checkLink(i); err != nil {
				return err
			}
		} else if _, reason := root.join(b.Name); reason != "" {
			return &Error{Field: field, Reason: "it " + reason, Err: ErrUntrusted}
		}
		if first, twice := seen[b.Name]; twice {
			return &Error{Field: field, Reason: fmt.Sprintf("it is the same as blobs[%d].name; its rows would count twice", first), Err: ErrIncomplete}
		}
		seen[b.Name] = i
	}
	if m.SAS.IsZero() && !linked {
		return sasError("it is missing")
	}
	return nil
}

// Formats that are not partner billing exports, in lower case.
const (
	formatCSV = "csv"
	formatZIP = "zip"
)

// format is how the rows are written down.
func (m *Manifest[T]) format() (lineitem.Format, error) {
	switch strings.ToLower(m.DataFormat) {
	case formatCSV:
		return lineitem.FormatCSV, nil
	case formatZIP:
		return 0, &Error{Field: "dataFormat", Reason: "an archive has no rows of its own; read its bytes with OpenBlob", Err: ErrMalformed}
	}
	return lineitem.FormatJSONLines, nil
}

// clip bounds what a foreign text may contribute to an error.
func clip(s string) string {
	const limit = 64
	if len(s) > limit {
		return s[:limit] + "..."
	}
	return s
}

// MarshalWithSAS gives the manifest as JSON in the form of Microsoft Graph, with
// the SAS in it, for a store or another machine; [Parse] reads it back. Who holds
// the result can read the export until the SAS expires: treat it as a secret.
func (m *Manifest[T]) MarshalWithSAS() ([]byte, error) {
	d := document{
		ID:              m.ID,
		Created:         looseTime{m.Created},
		SchemaVersion:   looseText(m.SchemaVersion),
		DataFormat:      m.DataFormat,
		PartitionType:   m.PartitionType,
		ETag:            looseText(m.ETag),
		PartnerTenantID: m.PartnerTenantID,
		RootDirectory:   m.RootDirectory,
		BlobCount:       looseCount{n: int64(m.BlobCount), known: true},
		Blobs:           make([]blobObject, len(m.Blobs)),
	}
	sas := m.SAS
	if m.source != nil && m.source.describes(m.origin(), sas) {
		d.RootDirectory, sas = m.source.latest() // a stream may have got a fresher one
	}
	d.SASToken = sas.Reveal()
	for i, b := range m.Blobs {
		d.Blobs[i] = blobObject{Name: b.Name, PartitionValue: looseText(b.PartitionValue), ByteCount: looseCount{n: b.Size, known: b.Size > 0}}
		if b.URL != "" {
			d.Blobs[i].BlobLink = b.URL + "?" + b.SAS.Reveal()
		}
	}
	data, err := json.Marshal(&d)
	if err != nil {
		return nil, fmt.Errorf("manifest: marshal: %w", err)
	}
	return data, nil
}
