package parquetsink_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"

	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/sink/parquetsink"
)

type shape struct {
	Text   *string
	Amount *lineitem.Decimal
	N      *int
	Is     *bool
	Day    *time.Time `json:"UsageDate"`
}

// TestPages writes columns whose values repeat, do not, begin to, and end to, with nulls of all
// kinds, over several pages and row groups.
func TestPages(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	long := strings.Repeat("x", 3000)
	s := schemaOf[shape](t, nil)
	for name, value := range map[string]func(i int) int{ // -1 is null
		"one":         func(int) int { return 7 },
		"null":        func(int) int { return -1 },
		"unique":      func(i int) int { return i },
		"few":         func(int) int { return random.IntN(300) },
		"many":        func(int) int { return random.IntN(9000) },
		"then unique": func(i int) int { return max(i-22_000, 0) },
		"then few":    func(i int) int { return min(i, 21_000) },
		"half null":   func(i int) int { return i%2*random.IntN(50) - 1 },
		"null first":  func(i int) int { return max(i-25_000, -1) % 100 },
		"runs":        func(i int) int { return i / 11 % 5 },
	} {
		t.Run(name, func(t *testing.T) {
			rows := make([]shape, 45_000)
			for i := range rows {
				n := value(i)
				if n < 0 {
					continue
				}
				text, is, day := fmt.Sprint("text ", n), n%2 == 0, time.Unix(int64(n)*24*60*60, 0).UTC()
				if name == "many" || name == "then unique" {
					text += long[:n%500] // more than a dictionary may have
				}
				d, err := lineitem.NewDecimal(int64(n), -2)
				if err != nil {
					t.Fatal(err)
				}
				rows[i] = shape{&text, &d, &n, &is, &day}
			}
			compare(t, written(t, &parquetsink.Options{RowGroupRows: 42_000}, s, rows, 7001), s, rows)
		})
	}
}

// TestLongTexts: pages end before they are much larger than the limit.
func TestLongTexts(t *testing.T) {
	type row struct{ A, B string }
	rows := make([]row, 200)
	for i := range rows {
		rows[i] = row{strings.Repeat(fmt.Sprint(i), 30_000), strings.Repeat(fmt.Sprint(i%2), 300_000)}
	}
	s := schemaOf[row](t, nil)
	compare(t, written(t, nil, s, rows, 200), s, rows)
}

// TestDictionaries: texts that repeat are in a dictionary, and those that do not are not.
func TestDictionaries(t *testing.T) {
	e := billingtest.Export{InvoiceID: "G1", Rows: 30_000, Blobs: 1, Shuffled: true}
	s, rows := schemaOf[lineitem.Usage](t, nil), read[lineitem.Usage](t, e, 0)
	data := written(t, nil, s, rows, 1000)
	r, err := file.NewParquetReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range s.Columns() {
		chunk, err := r.MetaData().RowGroup(0).ColumnChunk(i)
		if err != nil {
			t.Fatal(err)
		}
		seen := make(map[string]bool)
		for i2 := range rows {
			if v, ok := s.Text(&rows[i2], i); ok {
				seen[v] = true
			}
		}
		if few := len(seen) > 0 && len(seen) < 1000; few && !chunk.HasDictionaryPage() {
			t.Errorf("%s: no dictionary for %d values", c.Name, len(seen))
		} else if len(seen) > 20_000 && chunk.HasDictionaryPage() {
			t.Errorf("%s: a dictionary for %d values", c.Name, len(seen))
		}
		if chunk.Compression().String() != "ZSTD" {
			t.Errorf("%s: compressed with %v", c.Name, chunk.Compression())
		}
	}
	if perRow := len(data) / len(rows); perRow > 300 {
		t.Errorf("%d bytes a row", perRow)
	}
	if physical := r.MetaData().Schema.Column(0).PhysicalType(); physical != parquet.Types.ByteArray {
		t.Errorf("texts are of type %v", physical)
	}
}

func TestNoRows(t *testing.T) {
	s := schemaOf[lineitem.Usage](t, nil)
	j := compare(t, written(t, nil, s, nil, 1), s, nil)
	if n := j.reader.NumRowGroups(); n != 0 {
		t.Errorf("%d row groups", n)
	}
}

// TestEqualFiles: the places of texts in memory do not matter.
func TestEqualFiles(t *testing.T) {
	e := billingtest.Export{InvoiceID: "G1", Rows: 2000, Blobs: 1}
	s, rows := schemaOf[lineitem.Usage](t, nil), read[lineitem.Usage](t, e, 0)
	first := written(t, nil, s, rows, 300)
	for i := range rows {
		rows[i].MeterName = strings.Clone(rows[i].MeterName)
		rows[i].CustomerName = strings.Clone(rows[i].CustomerName)
	}
	if !bytes.Equal(written(t, nil, s, rows, 300), first) {
		t.Error("the file is another one")
	}
}

// TestMemoryIsFlat: five times the rows need no more memory than its row groups.
func TestMemoryIsFlat(t *testing.T) {
	s := schemaOf[lineitem.Usage](t, nil)
	rows := read[lineitem.Usage](t, billingtest.Export{InvoiceID: "G1", Rows: 20_000, Blobs: 1, Shuffled: true}, 0)
	peak := func(times int) (most uint64) {
		w, err := parquetsink.NewWriter(io.Discard, s, &parquetsink.Options{RowGroupRows: 10_000})
		if err != nil {
			t.Fatal(err)
		}
		for range times {
			for start := 0; start < len(rows); start += 1000 {
				if err := w.Write(rows[start:][:1000]); err != nil {
					t.Fatal(err)
				}
			}
			most = max(most, heap())
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return most - heap()
	}
	defer runtime.KeepAlive(rows)
	peak(1)
	few, many := peak(2), peak(10)
	if many > few+few/10+1<<20 {
		t.Errorf("%d bytes for 40,000 rows, %d for 200,000", few, many)
	}
}

// heap returns the size of what is reachable.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestRowsDoNotAllocate: no row allocates; pages and goroutines do.
func TestRowsDoNotAllocate(t *testing.T) {
	rows := read[lineitem.Usage](t, billingtest.Export{InvoiceID: "G1", Rows: 5000, Blobs: 1}, 0)
	w, err := parquetsink.NewWriter(io.Discard, schemaOf[lineitem.Usage](t, nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(5, func() {
		if err := w.Write(rows); err != nil {
			t.Fatal(err)
		}
	}); n > 0.2*float64(len(rows)) {
		t.Errorf("%v allocations for %d rows", n, len(rows))
	}
}
