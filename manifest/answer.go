package manifest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
)

// request asks for the blob from the offset on, and takes the body of the answer if
// it is exactly that.
func (r *blobReader) request(ctx context.Context) *failure {
	var raw *http.Response
	ctx = policy.WithCaptureResponse(policy.WithRetryOptions(ctx, noRetry()), &raw)
	o := &blob.DownloadStreamOptions{
		// From 0 on, azblob asks for the whole blob without a range.
		Range: blob.HTTPRange{Offset: r.offset, Count: blob.CountToEnd},
	}
	if r.total >= 0 {
		o.AccessConditions = sameVersion(r.etag)
	}
	_, err := r.client.DownloadStream(ctx, o)
	if raw != nil {
		r.body = raw.Body
	}
	switch {
	case err != nil:
		return r.gone(ctx, classify(err))
	case raw == nil || raw.Body == nil:
		return badAnswer("the transport gave no answer")
	}
	return r.accept(ctx, raw)
}

// gone tells a deleted blob from a changed one: of a blob that is not there, no
// version matches either.
func (r *blobReader) gone(ctx context.Context, f *failure) *failure {
	if f.status != http.StatusPreconditionFailed {
		return f
	}
	if _, err := r.client.GetProperties(ctx, nil); err != nil {
		if missing := classify(err); errors.Is(missing.kind, ErrBlobMissing) {
			return missing
		}
	}
	return f
}

func sameVersion(etag string) *blob.AccessConditions {
	tag := azcore.ETag(etag)
	return &blob.AccessConditions{ModifiedAccessConditions: &blob.ModifiedAccessConditions{IfMatch: &tag}}
}

// accept checks everything by which an answer could be the wrong one. The first
// answer settles version, length and encoding; the others must agree with it.
func (r *blobReader) accept(ctx context.Context, resp *http.Response) *failure {
	etag := resp.Header.Get("ETag")
	encoding := resp.Header.Get("Content-Encoding")
	first := r.total < 0
	switch {
	case resp.Uncompressed:
		return badAnswer("the transport inflates answers on its own; set DisableCompression on it")
	case resp.Header.Get("X-Ms-Structured-Body") != "":
		return badAnswer("it comes in a framing that was not asked for")
	case !strong(etag):
		return badAnswer("it has no ETag that identifies the blob's version")
	case !first && etag != r.etag:
		return &failure{kind: ErrBlobChanged, reason: "its rows so far belong to a content that is gone; start over"}
	case !first && encoding != r.encoding:
		return badAnswer("its Content-Encoding changed in mid-read")
	}
	if r.offset > 0 {
		return r.acceptRange(resp)
	}
	if resp.StatusCode != http.StatusOK {
		return badAnswer("the whole blob was asked for, and status %d is a part of it", resp.StatusCode)
	}
	length := resp.ContentLength
	if first {
		r.etag, r.encoding = etag, encoding
		if length < 0 {
			var f *failure
			if length, f = r.length(ctx); f != nil {
				return f
			}
		}
		r.total = length
		if promised := r.source.links[r.name].size; promised > 0 && length != promised {
			return badAnswer("its length is %d, and the manifest says %d", length, promised)
		}
	}
	if length >= 0 && length != r.total {
		return badAnswer("its length is %d and was %d before", length, r.total)
	}
	return nil
}

// acceptRange checks an answer that continues at the offset.
func (r *blobReader) acceptRange(resp *http.Response) *failure {
	if resp.StatusCode != http.StatusPartialContent {
		return badAnswer("bytes from %d on were asked for, and status %d is not that range", r.offset, resp.StatusCode)
	}
	want := fmt.Sprintf("bytes %d-%d/%d", r.offset, r.total-1, r.total)
	if got := resp.Header.Get("Content-Range"); got != want {
		return badAnswer("its range is %q instead of %q", printable(got), want)
	}
	if n := resp.ContentLength; n >= 0 && n != r.total-r.offset {
		return badAnswer("its length is %d instead of %d", n, r.total-r.offset)
	}
	return nil
}

// length asks for a length that the answer did not have.
func (r *blobReader) length(ctx context.Context) (int64, *failure) {
	p, err := r.client.GetProperties(ctx, &blob.GetPropertiesOptions{AccessConditions: sameVersion(r.etag)})
	switch {
	case err != nil:
		return 0, classify(err)
	case p.ETag == nil || string(*p.ETag) != r.etag:
		return 0, &failure{kind: ErrBlobChanged, reason: "it was overwritten while it was opened; start over"}
	case p.ContentLength == nil || *p.ContentLength < 0:
		return 0, badAnswer("its length cannot be learnt, so that its end could not be told from a break")
	}
	return *p.ContentLength, nil
}

// strong reports whether an ETag stands for one exact sequence of bytes.
func strong(etag string) bool {
	return etag != "" && !strings.HasPrefix(etag, "W/") && !strings.HasPrefix(etag, "w/")
}
