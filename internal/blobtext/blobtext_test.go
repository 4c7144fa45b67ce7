package blobtext_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/partnerbilling/sdk-go/internal/blobread"
	"github.com/partnerbilling/sdk-go/internal/blobtext"
	"github.com/partnerbilling/sdk-go/internal/checksum"
	"github.com/partnerbilling/sdk-go/internal/gunzip"
)

const address = "https://account.blob.core.windows.net/c/blob"

// stored is storage with one blob.
type stored []byte

// Do implements policy.Transporter.
func (s stored) Do(req *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Etag": {`"0x1"`}}, Request: req,
		ContentLength: int64(len(s)), Body: io.NopCloser(bytes.NewReader(s)),
	}, nil
}

func open(t *testing.T, data []byte, compressed bool, known blobtext.Known) *blobtext.Reader {
	t.Helper()
	link, name, err := blobread.ParseLink(address+"?sp=r&se=2099-01-01&sig=x", nil)
	if err != nil {
		t.Fatal(err)
	}
	source := blobread.NewFixed(map[string]blobread.Link{name: link}, nil, azcore.ClientOptions{Transport: stored(data)})
	blob := blobread.Open(t.Context(), source, blobread.Blob{Name: name}, blobread.Limits{}, blobread.NewThrottle(1))
	return blobtext.New(blob, new(gunzip.Reader), compressed, known)
}

func gzipped(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// The known part of a text is verified and not returned again, from its offset on.
func TestKnownText(t *testing.T) {
	text := strings.Repeat("0123456789", 2000)
	for _, length := range []int{0, 1, 4095, 4096, 4097, 10_000, len(text)} {
		for _, back := range []int{0, 1, 5000} {
			offset := max(0, length-back)
			known := blobtext.Known{Sum: checksum.Of([]byte(text[:length])), Offset: int64(offset)}
			for compressed, data := range map[bool][]byte{false: []byte(text), true: gzipped(t, text)} {
				r := open(t, data, compressed, known)
				got, err := io.ReadAll(iotest.OneByteReader(r))
				if err != nil || string(got) != text[offset:] {
					t.Errorf("%d bytes known, from %d, compressed %t: %d bytes, %v", length, offset, compressed, len(got), err)
				}
				if r.Sum() != checksum.Of([]byte(text)) || !r.Blob().Complete() {
					t.Errorf("%d bytes known: sum %+v, complete %t", length, r.Sum(), r.Blob().Complete())
				}
				if err := r.Close(); err != nil {
					t.Error(err)
				}
			}
		}
	}
}

// The sum is that of the text that was returned and of what was known before it.
func TestSumOfAPart(t *testing.T) {
	text := strings.Repeat("0123456789", 2000)
	r := open(t, gzipped(t, text), true, blobtext.Known{Sum: checksum.Of([]byte(text[:6000])), Offset: 5000})
	defer func() { _ = r.Close() }()
	p := make([]byte, 700)
	if _, err := io.ReadFull(r, p); err != nil || string(p) != text[5000:5700] || r.Sum() != checksum.Of([]byte(text[:5700])) {
		t.Errorf("%q, sum %+v, %v", p, r.Sum(), err)
	}
}

func TestOtherText(t *testing.T) {
	text := strings.Repeat("0123456789", 2000)
	known := blobtext.Known{Sum: checksum.Of([]byte(text)), Offset: int64(len(text))}
	for what, c := range map[string]struct {
		data       []byte
		compressed bool
		known      blobtext.Known
		want       error
	}{
		"another byte":   {gzipped(t, "x"+text[1:]), true, known, blobread.ErrDataChanged},
		"a shorter text": {gzipped(t, text[1:]), true, known, blobread.ErrDataChanged},
		"no text":        {nil, false, known, blobread.ErrDataChanged},
		"not compressed": {[]byte(text), true, blobtext.Known{}, gunzip.ErrNotGzip},
		"cut":            {gzipped(t, text)[:30], true, blobtext.Known{}, gunzip.ErrCorrupt},
	} {
		r := open(t, c.data, c.compressed, c.known)
		got, err := io.ReadAll(r)
		if !errors.Is(err, c.want) || errors.Is(c.want, blobread.ErrDataChanged) && len(got) != 0 {
			t.Errorf("%s: %d bytes, %v, want %v", what, len(got), err, c.want)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}
