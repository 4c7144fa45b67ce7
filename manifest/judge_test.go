package manifest_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
)

// csvOf makes n rows of CSV, numbered from first.
func csvOf(first, n int) []byte { return csvRows("n,billingPreTaxTotal,CustomerName", first, n) }

// TestUnverifiedManifest: one option admits a format that is not known, by the content of the
// blobs, and another number of blobs than is promised. The report says what was admitted.
func TestUnverifiedManifest(t *testing.T) {
	mark := []byte("\ufeff")
	for _, c := range []struct {
		name    string
		blobs   [][]byte
		changes map[string]any
		rows    int
		notes   []string // parts of what is admitted, in order
		want    error
	}{
		{"nothing unknown", [][]byte{zipped(lines(0, 3000))}, nil, 3000, nil, nil},
		{"JSON Lines", [][]byte{zipped(lines(0, 3000)), zipped(lines(3000, 2000))}, map[string]any{"dataFormat": "brotliJSON"}, 5000, []string{`dataFormat is "brotliJSON"`}, nil},
		{"JSON Lines, plain", [][]byte{lines(0, 3000), append(append(bytes.Clone(mark), "\n \n"...), lines(3000, 10)...)}, map[string]any{"dataFormat": "JSON"}, 3010, []string{`dataFormat is "JSON"`}, nil},
		{"JSON Lines, a few bytes", [][]byte{[]byte(`{"N":0}`)}, map[string]any{"dataFormat": "JSON"}, 1, []string{"dataFormat"}, nil},
		{"CSV", [][]byte{csvOf(0, 3000), append(bytes.Clone(mark), csvOf(3000, 2000)...)}, map[string]any{"dataFormat": "CSV 2"}, 5000, []string{`dataFormat is "CSV 2"`}, nil},
		{"CSV, compressed", [][]byte{zipped(csvOf(0, 3000))}, map[string]any{"dataFormat": "compressedCSV"}, 3000, []string{"dataFormat"}, nil},
		{"no rows", [][]byte{zipped(nil), zipped([]byte("\n")), zipped(lines(0, 5))}, map[string]any{"dataFormat": "JSON"}, 5, []string{"dataFormat"}, nil},
		{"more blobs than promised", [][]byte{zipped(lines(0, 10)), zipped(lines(10, 10))}, map[string]any{"blobCount": 1}, 20, []string{"blobCount does not agree with the 2 blobs"}, nil},
		{"fewer blobs than promised", [][]byte{zipped(lines(0, 10))}, map[string]any{"blobCount": 3}, 10, []string{"blobCount"}, nil},
		{"no number of blobs", [][]byte{zipped(lines(0, 10))}, map[string]any{"blobCount": nil}, 10, []string{"blobCount"}, nil},
		{"both", [][]byte{zipped(lines(0, 10))}, map[string]any{"blobCount": 3, "dataFormat": "x"}, 10, []string{"dataFormat", "blobCount"}, nil},
		{"two formats", [][]byte{zipped(lines(0, 3000)), csvOf(0, 10)}, map[string]any{"dataFormat": "x"}, -1, []string{"dataFormat"}, manifest.ErrMalformed},
		{"Parquet", [][]byte{[]byte("PAR1 and so on")}, map[string]any{"dataFormat": "Parquet"}, 0, []string{"dataFormat"}, manifest.ErrMalformed},
		{"an error page", [][]byte{[]byte("<html>no</html>")}, map[string]any{"dataFormat": "x"}, 0, []string{"dataFormat"}, manifest.ErrMalformed},
		{"an array", [][]byte{zipped([]byte(`[{"N":0}]`))}, map[string]any{"dataFormat": "x"}, 0, []string{"dataFormat"}, manifest.ErrMalformed},
		{"binary", [][]byte{{'P', 'K', 3, 4, 0x14, 0, 0xff}}, map[string]any{"dataFormat": "x"}, 0, []string{"dataFormat"}, manifest.ErrMalformed},
		{"damaged", [][]byte{zipped(lines(0, 10))[:40]}, map[string]any{"dataFormat": "x"}, 0, []string{"dataFormat"}, lineitem.ErrCorrupt},
	} {
		for _, o := range []*manifest.ReadOptions{{Concurrency: 1}, {Concurrency: 4, InOrder: true}} {
			t.Run(fmt.Sprint(c.name, o.Concurrency), func(t *testing.T) {
				st := newStorage(t)
				names := make([]string, len(c.blobs))
				for i, b := range c.blobs {
					names[i] = name(i)
					st.put(name(i), b)
				}
				strict := &manifest.Options{}
				strict.Transport = st
				_, err := manifest.Parse[row](document(names, c.changes), strict)
				if (err == nil) != (c.notes == nil) || err != nil && errors.Is(err, manifest.ErrMalformed) && !strings.Contains(err.Error(), "AllowUnverifiedManifest") {
					t.Errorf("without the option: %v", err)
				}
				lenient := &manifest.Options{AllowUnverifiedManifest: true}
				lenient.Transport = st
				m, err := manifest.Parse[row](document(names, c.changes), lenient)
				if err != nil {
					t.Fatal(err)
				}
				s := stream(t, m, o)
				ns, err := collect(t.Context(), s)
				if c.want == nil && (err != nil || !isCount(ns, c.rows)) || c.want != nil && !errors.Is(err, c.want) || c.want != nil && c.rows == 0 && len(ns) != 0 {
					t.Errorf("%d rows, %v, want %d, %v", len(ns), err, c.rows, c.want)
				}
				report := s.Report()
				if len(report.Admitted) != len(c.notes) || report.Total.Verified != (c.want == nil) {
					t.Errorf("report %+v", report)
				}
				for i := range min(len(c.notes), len(report.Admitted)) {
					if !strings.Contains(report.Admitted[i], c.notes[i]) {
						t.Errorf("admitted: %q, want %q", report.Admitted[i], c.notes[i])
					}
				}
			})
		}
	}
}

// A read of a format that is not known is resumed if it was found to be JSON Lines.
func TestUnverifiedManifestIsResumed(t *testing.T) {
	for format, data := range map[string][]byte{"JSON": zipped(lines(0, 3000)), "CSV": csvOf(0, 3000)} {
		st := newStorage(t).put(name(0), data)
		o := &manifest.Options{AllowUnverifiedManifest: true}
		o.Transport = st
		m, err := manifest.Parse[row](document([]string{name(0)}, map[string]any{"dataFormat": "new"}), o)
		if err != nil {
			t.Fatal(err)
		}
		s := stream(t, m, nil)
		var c *manifest.Checkpoint
		rows := 0
		for _, err := range s.All(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if rows++; rows == 1000 {
				c, err = s.Checkpoint()
				if (err == nil) != (format == "JSON") || err != nil && !errors.Is(err, manifest.ErrCheckpoint) {
					t.Errorf("%s: %v", format, err)
				}
				break
			}
		}
		if c == nil {
			continue
		}
		ns, err := collect(t.Context(), stream(t, m, &manifest.ReadOptions{Resume: c}))
		if err != nil || len(ns) != 2001 || ns[0] != 999 {
			t.Errorf("%s: %d rows, %v", format, len(ns), err)
		}
	}
}
