package billingtest_test

import (
	"crypto/md5" //nolint:gosec // what Azure Storage computes
	"encoding/base64"
	"encoding/binary"
	"hash/crc64"
	"io"
	"net/http"
	"testing"

	"github.com/partnerbilling/sdk-go/billingtest"
)

// TestChecksums: storage sends checksums of ranges where they are asked for, and that of the whole
// blob where the blob has one.
func TestChecksums(t *testing.T) {
	e := small
	e.Rows = 40_000
	whole := packed(t, e, 0)
	if len(whole) < 5<<20/2 {
		t.Fatalf("the blob has %d bytes", len(whole))
	}
	encode := base64.StdEncoding.EncodeToString
	sum := func(data []byte) string {
		s := md5.Sum(data) //nolint:gosec // as above
		return encode(s[:])
	}
	crc := encode(binary.LittleEndian.AppendUint64(nil, crc64.Checksum(whole[5:1000], crc64.MakeTable(0x9A6C9329AC4BC9B5))))
	long := billingtest.Export{InvoiceID: invoice, Files: []billingtest.File{{Raw: make([]byte, 5<<20)}}}
	for _, c := range []struct {
		name             string
		export           billingtest.Export
		property         bool
		header           map[string]string
		status           int
		code             string
		md5, blob, crc64 string
	}{
		{"no property", e, false, nil, 200, "", "", "", ""},
		{"property", e, true, nil, 200, "", sum(whole), "", ""},
		{"range", e, true, map[string]string{"Range": "bytes=5-999"}, 206, "", "", sum(whole), ""},
		{"range with MD5", e, false, map[string]string{"Range": "bytes=5-999", "x-ms-range-get-content-md5": "true"}, 206, "", sum(whole[5:1000]), "", ""},
		{"range with MD5, property", e, true, map[string]string{"Range": "bytes=5-999", "x-ms-range-get-content-md5": "true"}, 206, "", sum(whole[5:1000]), sum(whole), ""},
		{"range with CRC64", e, false, map[string]string{"x-ms-range": "bytes=5-999", "x-ms-range-get-content-crc64": "true"}, 206, "", "", "", crc},
		{"MD5 without a range", e, false, map[string]string{"x-ms-range-get-content-md5": "true"}, 400, "InvalidHeaderValue", "", "", ""},
		{"CRC64 without a range", e, false, map[string]string{"x-ms-range-get-content-crc64": "true"}, 400, "InvalidHeaderValue", "", "", ""},
		{"both", e, false, map[string]string{"Range": "bytes=5-999", "x-ms-range-get-content-crc64": "true", "x-ms-range-get-content-md5": "true"}, 400, "InvalidHeaderValue", "", "", ""},
		{"longest range", long, false, map[string]string{"Range": "bytes=0-4194303", "x-ms-range-get-content-md5": "true"}, 206, "", sum(make([]byte, 4<<20)), "", ""},
		{"too long a range", long, false, map[string]string{"Range": "bytes=0-4194304", "x-ms-range-get-content-md5": "true"}, 400, "InvalidHeaderValue", "", "", ""},
		{"not asked for", long, false, map[string]string{"Range": "bytes=0-4194304", "x-ms-range-get-content-md5": "false"}, 206, "", "", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, urls := serve(t, &billingtest.Options{ContentMD5: c.property}, c.export)
			header := http.Header{}
			for name, value := range c.header {
				header.Set(name, value)
			}
			response := get(t, s, urls[0], header)
			if c.code != "" {
				checkStorageError(t, response, c.status, c.code)
				return
			}
			_, err := io.Copy(io.Discard, response.Body)
			if err != nil || response.Body.Close() != nil || response.StatusCode != c.status {
				t.Errorf("status %d, %v", response.StatusCode, err)
			}
			h := response.Header
			if h.Get("Content-MD5") != c.md5 || h.Get("x-ms-blob-content-md5") != c.blob || h.Get("x-ms-content-crc64") != c.crc64 {
				t.Errorf("%v; want %q, %q, %q", h, c.md5, c.blob, c.crc64)
			}
		})
	}
}
