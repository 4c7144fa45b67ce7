package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
)

// invoice is the number of the invoice that most tables read.
const invoice = "G016907411"

// shuffled describes the rows of most tables: full daily usage of all customers, mixed.
func shuffled(rows, blobs int) billingtest.Export {
	return billingtest.Export{InvoiceID: invoice, Rows: rows, Blobs: blobs, Seed: 1, Shuffled: true}
}

// dataset is an export, ready to be read, and what must come out.
type dataset struct {
	export   billingtest.Export
	truth    *billingtest.Truth
	manifest *manifest.Manifest[lineitem.Usage]
	// transport sends requests to the service.
	transport policy.Transporter

	blobs [][]byte // the bytes that the server sends, if serveBytes made the dataset
	plain int64    // their length, inflated
}

// cacheBytes is more than any run needs: the server generates again what does not fit, and nothing
// may be generated while it is measured.
const cacheBytes = 16 << 30

// serve adds exports to one in-memory service, generates all their bytes, and polls for their
// manifests as any program would.
func serve(ctx context.Context, exports ...billingtest.Export) ([]*dataset, error) {
	server := billingtest.NewServer(&billingtest.Options{CacheBytes: cacheBytes, RunningPolls: -1})
	if err := server.Add(exports...); err != nil {
		return nil, err
	}
	if err := server.Prepare(ctx); err != nil {
		return nil, err
	}
	client, err := billing.NewClient(server.Credential(), &billing.ClientOptions{
		ClientOptions: azcore.ClientOptions{Transport: server},
	})
	if err != nil {
		return nil, err
	}
	var all []*dataset
	for _, export := range exports {
		d := &dataset{export: export, transport: server}
		if d.truth, err = export.Truth(); err != nil {
			return nil, err
		}
		p, err := billing.BeginExport(ctx, client, billing.BilledUsage{InvoiceID: export.InvoiceID}, nil)
		if err != nil {
			return nil, err
		}
		if d.manifest, err = p.PollUntilDone(ctx, nil); err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	return all, nil
}

// serveBytes is serve for one export; the dataset has the bytes of the blobs, too.
func serveBytes(ctx context.Context, export billingtest.Export) (*dataset, error) {
	doing("generating %s in %s", plural(export.Rows, "row"), plural(export.Blobs, "blob"))
	all, err := serve(ctx, export)
	if err != nil {
		return nil, err
	}
	d := all[0]
	d.blobs = make([][]byte, export.Blobs)
	errs := make([]error, export.Blobs)
	var writers sync.WaitGroup
	for i := range d.blobs {
		writers.Go(func() {
			var buffer bytes.Buffer
			errs[i] = export.WriteBlob(&buffer, i)
			d.blobs[i] = bytes.Clone(buffer.Bytes())
		})
	}
	writers.Wait()
	for _, blob := range d.blobs {
		d.plain += inflatedLength(blob)
	}
	return d, errors.Join(errs...)
}

// inflatedLength returns the length in the trailer of a gzip file. It is right for files of one
// member and less than 4 GiB, as these are.
func inflatedLength(blob []byte) int64 {
	if len(blob) < 4 {
		return 0
	}
	return int64(binary.LittleEndian.Uint32(blob[len(blob)-4:]))
}

// packed returns the compressed length of all blobs.
func (d *dataset) packed() int64 {
	var n int64
	for _, blob := range d.blobs {
		n += int64(len(blob))
	}
	return n
}

// writeFiles writes the blobs into a new folder for programs that read files. The operating system
// then has them in its cache. The caller removes the folder.
func (d *dataset) writeFiles() (folder string, files []string, err error) {
	folder, err = os.MkdirTemp("", "bench-")
	if err != nil {
		return "", nil, err
	}
	names, err := d.export.BlobNames()
	if err != nil {
		return folder, nil, err
	}
	for i, name := range names {
		file := filepath.Join(folder, name)
		//nolint:gosec // The folder is new, and the names are generated.
		if err := os.WriteFile(file, d.blobs[i], 0o600); err != nil {
			return folder, nil, err
		}
		files = append(files, file)
	}
	return folder, files, nil
}

func (d *dataset) String() string {
	return fmt.Sprintf("%s, %s, %.1f MB compressed, %.1f MB inflated",
		plural(d.export.Rows, "row"), plural(d.export.Blobs, "blob"), float64(d.packed())/1e6, float64(d.plain)/1e6)
}
