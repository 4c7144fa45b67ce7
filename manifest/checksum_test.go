package manifest_test

import (
	"bytes"
	"crypto/md5" //nolint:gosec // What storage computes.
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/partnerbilling/sdk-go/manifest"
)

func md5Of(data []byte) string {
	sum := md5.Sum(data) //nolint:gosec // As above.
	return base64.StdEncoding.EncodeToString(sum[:])
}

// TestMD5: what storage says about the bytes is compared with what was read, also over several
// connections: always for text, for gzip, which has a checksum of its own, only where it is wanted.
func TestMD5(t *testing.T) {
	plain := lines(0, 5000)
	packed := zipped(plain)
	damaged := bytes.Clone(plain)
	damaged[len(damaged)-5] ^= 1 // a digit of an amount
	const (
		whole = "Content-Md5"           // of a response with status 200
		blob  = "X-Ms-Blob-Content-Md5" // of the whole blob, with a range
	)
	set := func(name, sum string) func(n int, a *response) {
		return func(_ int, a *response) { a.header.Set(name, sum) }
	}
	// as Azure sends it
	azure := func(sum string) func(n int, a *response) {
		return func(_ int, a *response) {
			if a.status == 206 {
				a.header.Set(blob, sum)
			} else {
				a.header.Set(whole, sum)
			}
		}
	}
	broken := func(change func(n int, a *response)) func(n int, a *response) {
		return func(n int, a *response) {
			change(n, a)
			if len(a.body) > 40_000 {
				a.cut, a.err = 40_000, io.ErrUnexpectedEOF
			}
		}
	}
	ofRange := func(wrong bool) func(n int, a *response) {
		return func(_ int, a *response) {
			if a.status == 206 {
				sum := md5Of(a.body)
				if wrong {
					sum = md5Of(nil)
				}
				a.header.Set(whole, sum)
			}
		}
	}
	for _, c := range []struct {
		name   string
		data   []byte
		change func(n int, a *response)
		always bool
		ok     bool
	}{
		{"none", plain, func(int, *response) {}, true, true},
		{"right", plain, azure(md5Of(plain)), false, true},
		{"wrong", plain, azure(md5Of(nil)), false, false},
		{"malformed", plain, azure("AAAA"), false, false},
		{"damaged on the way", damaged, azure(md5Of(plain)), false, false},
		{"right, in pieces", plain, func(n int, a *response) { azure(md5Of(plain))(n, a); a.slice = 1 + n }, false, true},
		{"right, over several connections", plain, broken(azure(md5Of(plain))), false, true},
		{"damaged, over several connections", damaged, broken(azure(md5Of(plain))), false, false},
		{"another with a range", plain, broken(func(_ int, a *response) {
			if a.header.Set(whole, md5Of(plain)); a.status == 206 {
				a.header.Del(whole)
				a.header.Set(blob, md5Of(damaged))
			}
		}), false, false},
		{"of a range, right", plain, broken(ofRange(false)), false, true},
		{"of a range, wrong", plain, broken(ofRange(true)), false, false},
		{"of the whole and of a range", plain, broken(func(n int, a *response) { azure(md5Of(plain))(n, a); ofRange(false)(n, a) }), false, true},
		{"gzip, right", packed, azure(md5Of(packed)), true, true},
		{"gzip, wrong, not wanted", packed, azure(md5Of(plain)), false, true},
		{"gzip, wrong, in pieces, not wanted", packed, func(n int, a *response) { azure(md5Of(plain))(n, a); a.slice = 1 }, false, true},
		{"gzip, wrong, wanted", packed, azure(md5Of(plain)), true, false},
		{"gzip, of a range, wrong, not wanted", packed, broken(ofRange(true)), false, true},
		{"gzip, of a range, wrong, wanted", packed, broken(ofRange(true)), true, false},
		{"gzip, right, over several connections, wanted", packed, broken(azure(md5Of(packed))), true, true},
		{"one byte, right", []byte("\n"), set(whole, md5Of([]byte("\n"))), false, true},
		{"one byte, wrong", []byte("\n"), set(whole, md5Of(nil)), false, false},
		{"no byte, right", []byte{}, set(whole, md5Of(nil)), false, true},
		{"no byte, wrong", []byte{}, set(whole, md5Of(plain)), false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := &manifest.ReadOptions{AllowPlain: true, AllowEmpty: true, VerifyMD5: c.always}
			fault := func(n int, _ *http.Request, a *response) error { c.change(n, a); return nil }
			want := bytes.Count(c.data, []byte("\n"))
			if want < 2 {
				want = 0
			}
			if bytes.HasPrefix(c.data, packed[:2]) {
				want = 5000
			}
			out := readOne(t, c.data, fault, o)
			if c.ok {
				out.survived(t, c.name, want)
			} else {
				out.refused(t, c.name, manifest.ErrBadResponse)
				if out.report.Verified {
					t.Error("the blob is reported as verified")
				}
			}
			synctest.Test(t, func(t *testing.T) {
				st := newStorage(t).put(name(0), c.data)
				st.fault = fault
				m := st.manifest(nil)
				r, err := m.OpenBlob(t.Context(), m.Blobs()[0], o)
				if err != nil {
					t.Fatal(err)
				}
				data, err := io.ReadAll(r)
				if err := r.Close(); err != nil {
					t.Error(err)
				}
				if c.ok && (err != nil || !bytes.Equal(data, c.data)) || !c.ok && !errors.Is(err, manifest.ErrBadResponse) {
					t.Errorf("OpenBlob: %d bytes, %v", len(data), err)
				}
			})
		})
	}
}
