package blobread

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"

	"github.com/partnerbilling/sdk-go/internal/errtext"
	"github.com/partnerbilling/sdk-go/internal/jsonscalar"
)

// version identifies the content of a blob. The first response settles it; the others must agree.
type version struct {
	etag     string
	encoding string         // Content-Encoding
	length   int64          // -1 until the first response
	promised jsonscalar.Int // length
	place    int            // that the first response came from
	digest   digest
}

func newVersion(b Blob) version {
	return version{length: -1, promised: b.Size, digest: digest{always: b.VerifyMD5}}
}

// known reports whether there was a response.
func (v *version) known() bool { return v.length >= 0 }

// request requests the blob from an offset on, and returns the body of the response. With a
// failure, the body is to be closed, not to be read.
func (v *version) request(ctx context.Context, client *blob.Client, offset int64) (io.ReadCloser, *failure) {
	var raw *http.Response
	ctx = policy.WithCaptureResponse(policy.WithRetryOptions(ctx, noRetry()), &raw)
	o := &blob.DownloadStreamOptions{
		// From offset 0, azblob requests the whole blob without a range.
		Range: blob.HTTPRange{Offset: offset, Count: blob.CountToEnd},
	}
	if v.known() {
		o.AccessConditions = ifMatch(v.etag)
	}
	_, err := client.DownloadStream(ctx, o)
	var body io.ReadCloser
	if raw != nil {
		body = raw.Body
	}
	switch {
	case err != nil:
		return body, deleted(ctx, client, classify(err))
	case body == nil:
		return nil, badResponse("the transport returned no response")
	}
	if f := v.accept(ctx, client, raw, offset); f != nil {
		return body, f
	}
	return body, v.digest.begin(raw.Header, offset)
}

// deleted tells a deleted blob from a changed one: of a blob that does not exist, no version
// matches either.
func deleted(ctx context.Context, client *blob.Client, f *failure) *failure {
	if f.status != http.StatusPreconditionFailed {
		return f
	}
	if _, err := client.GetProperties(ctx, nil); err != nil {
		if other := classify(err); errors.Is(other.kind, ErrBlobMissing) {
			return other
		}
	}
	return f
}

func ifMatch(etag string) *blob.AccessConditions {
	tag := azcore.ETag(etag)
	return &blob.AccessConditions{ModifiedAccessConditions: &blob.ModifiedAccessConditions{IfMatch: &tag}}
}

// accept checks everything by which a response could be a wrong one.
func (v *version) accept(ctx context.Context, client *blob.Client, resp *http.Response, offset int64) *failure {
	etag := resp.Header.Get("ETag")
	encoding := resp.Header.Get("Content-Encoding")
	first := !v.known()
	switch {
	case resp.Uncompressed:
		return badResponse("the transport decompresses responses on its own; set DisableCompression on it")
	case resp.Header.Get("X-Ms-Structured-Body") != "":
		return badResponse("it has a structured body, which was not requested")
	case !strong(etag):
		return badResponse("it has no ETag that identifies the blob's version")
	case !first && etag != v.etag:
		return &failure{kind: ErrBlobChanged, reason: overwritten}
	case !first && encoding != v.encoding:
		return badResponse("its Content-Encoding changed during the read")
	}
	if offset > 0 {
		return v.acceptRange(resp, offset)
	}
	if resp.StatusCode != http.StatusOK {
		return badResponse("the whole blob was requested, and status %d is a part of it", resp.StatusCode)
	}
	length := resp.ContentLength
	if first {
		v.etag, v.encoding = etag, encoding
		if length < 0 {
			var f *failure
			if length, f = v.head(ctx, client); f != nil {
				return f
			}
		}
		v.length = length
		if v.promised.Set && length != v.promised.Value {
			return badResponse("its length is %d, and the manifest says %d; if a later run of the export has overwritten it, use the manifest of that run", length, v.promised.Value)
		}
	}
	if length >= 0 && length != v.length {
		return badResponse("its length is %d and was %d before", length, v.length)
	}
	return nil
}

// acceptRange checks a response that continues at the offset.
func (v *version) acceptRange(resp *http.Response, offset int64) *failure {
	if resp.StatusCode != http.StatusPartialContent {
		return badResponse("bytes from %d on were requested, and status %d is not that range", offset, resp.StatusCode)
	}
	want := fmt.Sprintf("bytes %d-%d/%d", offset, v.length-1, v.length)
	if got := resp.Header.Get("Content-Range"); got != want {
		return badResponse("its range is %q instead of %q", errtext.Clip(got, errtext.CodeLimit), want)
	}
	if n := resp.ContentLength; n >= 0 && n != v.length-offset {
		return badResponse("its length is %d instead of %d", n, v.length-offset)
	}
	return nil
}

// head requests the length that a response did not have.
func (v *version) head(ctx context.Context, client *blob.Client) (int64, *failure) {
	p, err := client.GetProperties(ctx, &blob.GetPropertiesOptions{AccessConditions: ifMatch(v.etag)})
	switch {
	case err != nil:
		return 0, classify(err)
	case p.ETag == nil || string(*p.ETag) != v.etag:
		return 0, &failure{kind: ErrBlobChanged, reason: "it was overwritten while it was opened; start over"}
	case p.ContentLength == nil || *p.ContentLength < 0:
		return 0, badResponse("it has no length, without which a broken connection looks like the end")
	}
	return *p.ContentLength, nil
}

// strong reports whether an ETag stands for one exact sequence of bytes.
func strong(etag string) bool {
	return etag != "" && !strings.HasPrefix(etag, "W/") && !strings.HasPrefix(etag, "w/")
}
