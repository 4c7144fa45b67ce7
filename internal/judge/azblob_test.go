package judge_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/md5" //nolint:gosec // what Azure Storage computes
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc64"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/billingtest"
)

// TestStorage: the blobs of an export through azblob.
func TestStorage(t *testing.T) {
	s := serve(t)
	j := judge{t, "azblob v1"}
	ctx := t.Context()
	address := firstBlob(ctx, t, s)
	var whole bytes.Buffer
	if err := usage.WriteBlob(&whole, 0); err != nil {
		t.Fatal(err)
	}
	data := whole.Bytes()
	options := &blob.ClientOptions{ClientOptions: s.listener.ClientOptions()}
	options.Retry.RetryDelay = time.Millisecond
	b, err := blob.NewClientWithNoCredential(address, options)
	if err != nil {
		t.Fatal(err)
	}
	sum := md5.Sum(data) //nolint:gosec // as above
	tag := new(blob.GetPropertiesResponse)
	read := func(o *blob.DownloadStreamOptions) ([]byte, blob.DownloadStreamResponse, error) {
		r, err := b.DownloadStream(ctx, o)
		if err != nil {
			return nil, r, err
		}
		body := r.NewRetryReader(ctx, nil)
		got, err := io.ReadAll(body)
		return got, r, errors.Join(err, body.Close())
	}
	j.call("GetProperties", func() (string, error) {
		p, err := b.GetProperties(ctx, nil)
		*tag = p
		return "length, ETag, Last-Modified, Content-MD5", errors.Join(err, same("length", value(p.ContentLength), int64(len(data))),
			same("MD5", string(p.ContentMD5), string(sum[:])), same("ETag and time", p.ETag != nil && p.LastModified != nil, true), same("type", value(p.BlobType), blob.BlobTypeBlockBlob))
	})
	j.call("DownloadStream", func() (string, error) {
		got, r, err := read(nil)
		return fmt.Sprintf("%d bytes, Content-MD5", len(got)), errors.Join(err, same("equal", bytes.Equal(got, data), true), same("MD5", string(r.ContentMD5), string(sum[:])))
	})
	j.call("DownloadStream of a range", func() (string, error) {
		got, r, err := read(&blob.DownloadStreamOptions{Range: blob.HTTPRange{Offset: 100, Count: 50}})
		return value(r.ContentRange), errors.Join(err, same("equal", bytes.Equal(got, data[100:150]), true), same("MD5 of the blob", string(r.BlobContentMD5), string(sum[:])))
	})
	j.call("DownloadStream of a range, MD5", func() (string, error) {
		got, r, err := read(&blob.DownloadStreamOptions{Range: blob.HTTPRange{Offset: 100, Count: 50}, RangeGetContentMD5: new(true)})
		part := md5.Sum(got) //nolint:gosec // as above
		return "Content-MD5 of the range", errors.Join(err, same("MD5", string(r.ContentMD5), string(part[:])))
	})
	j.call("DownloadStream of a range, CRC64", func() (string, error) {
		// azblob has no option for it.
		ctx := policy.WithHTTPHeader(ctx, http.Header{"x-ms-range-get-content-crc64": {"true"}})
		r, err := b.DownloadStream(ctx, &blob.DownloadStreamOptions{Range: blob.HTTPRange{Offset: 100, Count: 50}})
		if err != nil {
			return "", err
		}
		got, err := io.ReadAll(r.Body)
		err = errors.Join(err, r.Body.Close())
		crc := binary.LittleEndian.AppendUint64(nil, crc64.Checksum(got, crc64.MakeTable(0x9A6C9329AC4BC9B5)))
		return "x-ms-content-crc64 of the range", errors.Join(err, same("CRC64", string(r.ContentCRC64), string(crc)))
	})
	j.call("DownloadBuffer in parallel", func() (string, error) {
		buffer := make([]byte, len(data))
		n, err := b.DownloadBuffer(ctx, buffer, &blob.DownloadBufferOptions{BlockSize: 20_000, Concurrency: 4})
		return fmt.Sprintf("%d bytes in blocks of 20 kB", n), errors.Join(err, same("equal", bytes.Equal(buffer, data), true))
	})
	j.call("DownloadFile", func() (string, error) {
		file, err := os.Create(filepath.Join(t.TempDir(), "blob"))
		if err != nil {
			return "", err
		}
		_, err = b.DownloadFile(ctx, file, &blob.DownloadFileOptions{BlockSize: 50_000})
		got, readErr := os.ReadFile(file.Name())
		return fmt.Sprintf("%d bytes", len(got)), errors.Join(err, readErr, file.Close(), same("equal", bytes.Equal(got, data), true))
	})
	j.call("RetryReader over broken connections", func() (string, error) {
		s.Script(billingtest.Step{On: billingtest.BlobCall, For: 3, Do: billingtest.Cut(30_000, billingtest.ErrReset)})
		got, _, err := read(nil)
		return fmt.Sprintf("%d bytes over 3 resets", len(got)), errors.Join(err, s.ScriptDone(), same("equal", bytes.Equal(got, data), true))
	})
	conditions := func(c blob.ModifiedAccessConditions) func() error {
		return func() error {
			_, _, err := read(&blob.DownloadStreamOptions{AccessConditions: &blob.AccessConditions{ModifiedAccessConditions: &c}})
			return err
		}
	}
	past := time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)
	j.call("If-Match", func() (string, error) { return "200", conditions(blob.ModifiedAccessConditions{IfMatch: tag.ETag})() })
	j.call("If-Modified-Since", func() (string, error) {
		return "200", conditions(blob.ModifiedAccessConditions{IfModifiedSince: &past})()
	})
	j.call("If-None-Match of the blob's", func() (string, error) {
		// For azblob, 304 is no error.
		r, err := b.DownloadStream(ctx, &blob.DownloadStreamOptions{AccessConditions: &blob.AccessConditions{ModifiedAccessConditions: &blob.ModifiedAccessConditions{IfNoneMatch: tag.ETag}}})
		return "304 ConditionNotMet, as intended", errors.Join(err, same("code", value(r.ErrorCode), "ConditionNotMet"))
	})
	j.refused("If-Unmodified-Since of the past", http.StatusPreconditionFailed, "ConditionNotMet", conditions(blob.ModifiedAccessConditions{IfUnmodifiedSince: &past}))
	j.refused("range beyond the end", http.StatusRequestedRangeNotSatisfiable, "InvalidRange", func() error {
		_, _, err := read(&blob.DownloadStreamOptions{Range: blob.HTTPRange{Offset: int64(len(data))}})
		return err
	})
	j.refused("blob that does not exist", http.StatusNotFound, "BlobNotFound", func() error {
		u, query, _ := bytes.Cut([]byte(address), []byte("?"))
		other, err := blob.NewClientWithNoCredential(string(u)+"x?"+string(query), options)
		if err != nil {
			return err
		}
		_, err = other.DownloadStream(ctx, nil)
		return err
	})
	j.refused("Upload", http.StatusMethodNotAllowed, "UnsupportedHttpVerb", func() error {
		w, err := blockblob.NewClientWithNoCredential(address, &blockblob.ClientOptions{ClientOptions: options.ClientOptions})
		if err != nil {
			return err
		}
		_, err = w.UploadBuffer(ctx, []byte("x"), nil)
		return err
	})
	j.refused("GetTags", http.StatusNotImplemented, "NotImplemented", func() error { _, err := b.GetTags(ctx, nil); return err })
	s.ExpireSAS()
	j.refused("expired SAS", http.StatusForbidden, "AuthenticationFailed", func() error { _, _, err := read(nil); return err })
}

// firstBlob requests the usage of the invoice and returns the URL of its first blob, with the SAS.
func firstBlob(ctx context.Context, t *testing.T, s service) string {
	t.Helper()
	client, err := billing.NewClient(s.Credential(), &billing.ClientOptions{ClientOptions: s.listener.ClientOptions()})
	if err != nil {
		t.Fatal(err)
	}
	p, err := billing.BeginExport(ctx, client, billing.BilledUsage{InvoiceID: billingtest.DefaultInvoiceID}, nil)
	if err != nil {
		t.Fatal(err)
	}
	m, err := p.PollUntilDone(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	root := m.Info().RootDirectory
	_, directory, _ := bytes.Cut([]byte(root[len("https://"):]), []byte("/"))
	return root + "/" + m.Blobs()[0].Name + "?" + s.SASToken(string(directory), time.Hour)
}

// delivered reads what an export has delivered, through azblob, with a token.
func delivered(ctx context.Context, s service, manifest string) (files int, rows int64, err error) {
	options := &container.ClientOptions{ClientOptions: s.listener.ClientOptions()}
	c, err := container.NewClient("https://contoso.blob.core.windows.net/costs", s.Credential(), options)
	if err != nil {
		return 0, 0, err
	}
	pager := c.NewListBlobsFlatPager(&container.ListBlobsFlatOptions{Prefix: new(filepath.Dir(manifest) + "/"), MaxResults: new(int32(2))})
	for pager.More() {
		page, err := pager.NextPage(ctx)
		if err != nil {
			return files, rows, err
		}
		for _, item := range page.Segment.BlobItems {
			r, err := c.NewBlobClient(*item.Name).DownloadStream(ctx, nil)
			if err != nil {
				return files, rows, err
			}
			data, err := io.ReadAll(r.Body)
			sum := md5.Sum(data) //nolint:gosec // as above
			err = errors.Join(err, r.Body.Close(), same("length", int64(len(data)), *item.Properties.ContentLength), same("MD5", string(item.Properties.ContentMD5), string(sum[:])))
			if err != nil {
				return files, rows, err
			}
			files++
			if *item.Name == manifest {
				continue
			}
			z, err := gzip.NewReader(bytes.NewReader(data))
			if err != nil {
				return files, rows, err
			}
			text, err := io.ReadAll(z)
			if err != nil {
				return files, rows, err
			}
			rows += int64(bytes.Count(text, []byte("\r\n")) - 1)
		}
	}
	return files, rows, nil
}
