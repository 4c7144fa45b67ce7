package manifest_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
)

func TestWrongResponsesAreRefused(t *testing.T) {
	// resumed breaks the first response and changes the second.
	resumed := func(change func(a *response)) func(int, *http.Request, *response) error {
		return func(n int, _ *http.Request, a *response) error {
			if n == 0 {
				a.cut, a.err = 100_000, errReset
			} else {
				change(a)
			}
			return nil
		}
	}
	first := func(change func(a *response)) func(int, *http.Request, *response) error {
		return func(_ int, _ *http.Request, a *response) error {
			change(a)
			return nil
		}
	}
	contentRange := func(value string) func(int, *http.Request, *response) error {
		return resumed(func(a *response) { a.header.Set("Content-Range", value) })
	}
	last, total := len(big)-1, len(big)
	cases := map[string]struct {
		fault func(int, *http.Request, *response) error
		is    error
	}{
		"resume: 200 with the whole blob": {resumed(func(a *response) {
			a.status, a.body, a.length = 200, big, int64(total)
			a.header.Del("Content-Range")
		}), manifest.ErrBadResponse},
		"resume: 200 with the right range": {resumed(func(a *response) { a.status = 200 }), manifest.ErrBadResponse},
		"resume: range starts earlier":     {contentRange(fmt.Sprintf("bytes 99000-%d/%d", last, total)), manifest.ErrBadResponse},
		"resume: range starts later":       {contentRange(fmt.Sprintf("bytes 100001-%d/%d", last, total)), manifest.ErrBadResponse},
		"resume: range ends earlier":       {contentRange(fmt.Sprintf("bytes 100000-%d/%d", last-1, total)), manifest.ErrBadResponse},
		"resume: another total":            {contentRange(fmt.Sprintf("bytes 100000-%d/%d", last, total+1)), manifest.ErrBadResponse},
		"resume: unknown total":            {contentRange(fmt.Sprintf("bytes 100000-%d/*", last)), manifest.ErrBadResponse},
		"resume: no range":                 {resumed(func(a *response) { a.header.Del("Content-Range") }), manifest.ErrBadResponse},
		"resume: multipart": {resumed(func(a *response) {
			a.header.Del("Content-Range")
			a.header.Set("Content-Type", "multipart/byteranges; boundary=x")
		}), manifest.ErrBadResponse},
		"resume: another length":          {resumed(func(a *response) { a.length++ }), manifest.ErrBadResponse},
		"resume: another ETag":            {resumed(func(a *response) { a.header.Set("ETag", `"0x1"`) }), manifest.ErrBlobChanged},
		"resume: weak ETag":               {resumed(func(a *response) { a.header.Set("ETag", `W/`+a.header.Get("ETag")) }), manifest.ErrBadResponse},
		"resume: no ETag":                 {resumed(func(a *response) { a.header.Del("ETag") }), manifest.ErrBadResponse},
		"resume: compressed on the way":   {resumed(func(a *response) { a.header.Set("Content-Encoding", "gzip") }), manifest.ErrBadResponse},
		"resume: 412":                     {resumed(func(a *response) { *a = *refusal(412, "ConditionNotMet"); a.cut, a.stall = -1, -1 }), manifest.ErrBlobChanged},
		"resume: 416":                     {resumed(func(a *response) { *a = *refusal(416, "InvalidRange"); a.cut, a.stall = -1, -1 }), manifest.ErrBlobChanged},
		"resume: 404":                     {resumed(func(a *response) { *a = *refusal(404, "BlobNotFound"); a.cut, a.stall = -1, -1 }), manifest.ErrBlobMissing},
		"resume: 403":                     {resumed(func(a *response) { *a = *refusal(403, "AuthenticationFailed"); a.cut, a.stall = -1, -1 }), manifest.ErrSAS},
		"resume: 304":                     {resumed(func(a *response) { a.status = 304 }), manifest.ErrBadResponse},
		"open: 206":                       {first(func(a *response) { a.status = 206 }), manifest.ErrBadResponse},
		"open: 204":                       {first(func(a *response) { a.status = 204 }), manifest.ErrBadResponse},
		"open: no ETag":                   {first(func(a *response) { a.header.Del("ETag") }), manifest.ErrBadResponse},
		"open: weak ETag":                 {first(func(a *response) { a.header.Set("ETag", `W/"1"`) }), manifest.ErrBadResponse},
		"open: inflated by the transport": {first(func(a *response) { a.inflate = true }), manifest.ErrBadResponse},
		"open: in another framing":        {first(func(a *response) { a.header.Set("X-Ms-Structured-Body", "XSM/1.0; properties=crc64") }), manifest.ErrBadResponse},
		"open: no length anywhere": {first(func(a *response) {
			a.header.Del("Content-Length")
			a.length = -1
		}), manifest.ErrBadResponse},
		"open: length of another version": {func(_ int, req *http.Request, a *response) error {
			if a.header.Del("Content-Length"); req.Method == http.MethodHead {
				a.header.Set("Content-Length", "5")
				a.header.Set("ETag", `"0x1"`)
			}
			a.length = -1
			return nil
		}, manifest.ErrBlobChanged},
		"more bytes than promised": {first(func(a *response) { a.body = append(slices.Clip(a.body), 0) }), manifest.ErrBadResponse},
		"far more than promised":   {first(func(a *response) { a.body = append(slices.Clip(a.body), big...) }), manifest.ErrBadResponse},
		"half the blob with half its length": {first(func(a *response) {
			a.body = a.body[:100_000]
			a.length = 100_000
		}), lineitem.ErrCorrupt},
		"404":          {first(func(a *response) { *a = *refusal(404, "ContainerNotFound"); a.cut, a.stall = -1, -1 }), manifest.ErrBlobMissing},
		"401":          {first(func(a *response) { *a = *refusal(401, "NoAuthenticationInformation"); a.cut, a.stall = -1, -1 }), manifest.ErrSAS},
		"403":          {first(func(a *response) { *a = *refusal(403, "AuthorizationSourceIPMismatch"); a.cut, a.stall = -1, -1 }), manifest.ErrSAS},
		"400":          {first(func(a *response) { *a = *refusal(400, "InvalidUri"); a.cut, a.stall = -1, -1 }), manifest.ErrBadResponse},
		"407":          {first(func(a *response) { *a = *refusal(407, ""); a.cut, a.stall = -1, -1 }), manifest.ErrUnavailable},
		"409":          {first(func(a *response) { *a = *refusal(409, "BlobArchived"); a.cut, a.stall = -1, -1 }), manifest.ErrBadResponse},
		"a login page": {first(func(a *response) { a.body = []byte("<html>log in</html>"); a.length = 19 }), lineitem.ErrNotGzip},
	}
	for what, c := range cases {
		for _, concurrency := range []int{1, 2} {
			out := readOne(t, big, c.fault, &manifest.ReadOptions{Concurrency: concurrency})
			out.refused(t, what, c.is)
			if out.took > 0 || out.requests > 3 {
				t.Errorf("%s: %d requests in %v, want an error at once", what, out.requests, out.took)
			}
		}
	}
}

func TestContinueRequestsTheRestOfTheSameVersion(t *testing.T) {
	var ranges, conditions []string
	out := readOne(t, big, func(n int, req *http.Request, a *response) error {
		for k, v := range req.Header {
			switch http.CanonicalHeaderKey(k) {
			case "X-Ms-Range", "Range":
				ranges = append(ranges, v[0])
			case "If-Match":
				conditions = append(conditions, v[0])
			}
		}
		if n == 0 {
			a.cut, a.err = 77_777, errReset
		}
		return nil
	}, nil)
	out.survived(t, "one break", bigRows)
	if len(ranges) != 1 || ranges[0] != "bytes=77777-" || len(conditions) != 1 || conditions[0] != `"0x1F40"` {
		t.Errorf("ranges %v, conditions %v, want one of each, on the second request", ranges, conditions)
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStorage(t).put(name(0), big)
		store.fault = func(_ int, _ *http.Request, a *response) error {
			a.status = http.StatusFound
			a.header.Set("Location", "https://evil.example/?"+canary)
			return nil
		}
		_, err := collect(t.Context(), stream(t, store.manifest(nil), nil))
		if !errors.Is(err, manifest.ErrBadResponse) {
			t.Errorf("error = %v, want ErrBadResponse", err)
		}
		if store.hosts["evil.example"] != 0 || store.requests[name(0)] != 1 || store.open.Load() != 0 {
			t.Errorf("requests by host %v, %d bodies open, want one request in all and no body", store.hosts, store.open.Load())
		}
	})
}

func TestBlobOverwrittenDuringTheRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStorage(t).put(name(0), big)
		store.fault = func(n int, _ *http.Request, a *response) error {
			if n == 0 {
				a.cut, a.err = 100_000, errReset
				store.blobs[name(0)] = &object{data: big, etag: `"0xNEW"`}
			}
			return nil
		}
		ns, err := collect(t.Context(), stream(t, store.manifest(nil), nil))
		var read *manifest.ReadError
		if !errors.Is(err, manifest.ErrBlobChanged) || !errors.As(err, &read) {
			t.Fatalf("error = %v, want ErrBlobChanged", err)
		}
		if read.StatusCode != 412 || read.Code != "ConditionNotMet" || read.RequestID != "request-1" || read.Offset != 100_000 {
			t.Errorf("error is %+v", read)
		}
		if !isCount(ns, len(ns)) || len(ns) == 0 {
			t.Error("rows before the error are no exact prefix")
		}
	})
}
