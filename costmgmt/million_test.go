package costmgmt_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"runtime"
	"testing"

	"github.com/partnerbilling/sdk-go/costmgmt"
	"github.com/partnerbilling/sdk-go/internal/costreport"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
)

// reportOf waits for the report, with rows of a type.
func reportOf[T any](tb testing.TB, w *costreport.Report) *manifest.Manifest[T] {
	tb.Helper()
	p, err := costmgmt.BeginCostDetails[T](tb.Context(), client(tb, w), costmgmt.ProfileScope(account, "BP"), costmgmt.CostDetailsRequest{InvoiceID: "G016907411"}, nil)
	if err != nil {
		tb.Fatal(err)
	}
	m, err := p.PollUntilDone(tb.Context(), nil)
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

// TestMillionRows: a report of a million rows of all columns comes out whole, to the last digit, in
// the memory of some batches.
func TestMillionRows(t *testing.T) {
	w := costreport.New(rowsInTest)
	m := reportOf[costmgmt.CostDetail](t, w)
	runtime.GC()
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	var first, last lineitem.Totals
	var rows, most int
	for row, err := range m.Items(t.Context(), nil) {
		if err != nil {
			t.Fatal(err)
		}
		if len(row.Unknown) > 0 || row.CustomerTenantID == "" || row.Date.IsZero() {
			t.Fatalf("%+v", row)
		}
		first.Add(row.BillingCurrency, row.CostInBillingCurrency)
		last.Add(row.BillingCurrency, row.CostInUSD)
		if rows++; rows%(rowsInTest/8) == 0 {
			runtime.GC()
			runtime.ReadMemStats(&now)
			most = max(most, int(now.HeapAlloc)-int(before.HeapAlloc))
		}
	}
	var want lineitem.Totals
	for _, b := range w.Blobs {
		records := csv.NewReader(bytes.NewReader(b.Rows))
		for record, err := records.Read(); !errors.Is(err, io.EOF); record, err = records.Read() {
			if err != nil {
				t.Fatal(err)
			}
			for range b.Times {
				want.Add("EUR", number(t, record[costreport.CostColumn]))
			}
		}
	}
	t.Logf("%d rows, live heap %+.1f MiB", rows, float64(most)/(1<<20))
	if rows != rowsInTest || !first.Equal(&want) || !last.Equal(&want) {
		t.Errorf("%d rows, %v; want %d, %v", rows, &first, rowsInTest, &want)
	}
	if most > 32<<20 {
		t.Errorf("the live heap grew by %d MiB", most>>20)
	}
}
