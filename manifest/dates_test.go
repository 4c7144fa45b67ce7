package manifest_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
)

// usedOn is a row with a day.
type usedOn struct {
	N    int       `json:"N"`
	Date time.Time `json:"UsageDate"`
}

// TestDateOrderOfAnExport: dates with slashes have one order in all blobs, also where each is read
// by a decoder of its own. In a report of Cost Management it is month first.
func TestDateOrderOfAnExport(t *testing.T) {
	graph := func(dates ...string) *manifest.Manifest[usedOn] {
		s := newStorage(t)
		for i, date := range dates {
			s.put(name(i), zipped([]byte(fmt.Sprintf("{\"N\":%d,\"UsageDate\":%q}\n", i, date))))
		}
		return manifest.As[usedOn](s.manifest(nil))
	}
	costs := func(dates ...string) *manifest.Manifest[usedOn] {
		r := newReport(t)
		for i, date := range dates {
			r.add(fmt.Sprintf("part%d.csv", i), []byte(fmt.Sprintf("n,usageDate\n%d,%s\n", i, date)))
		}
		return manifest.As[usedOn](r.manifest(nil))
	}
	if _, err := graph("2026-09-01").NewStream(&manifest.ReadOptions{DateOrder: 7}); err == nil {
		t.Error("an order that does not exist was accepted")
	}
	for _, tc := range []struct {
		name  string
		m     *manifest.Manifest[usedOn]
		order lineitem.DateOrder
		want  string // of the last row; "" for lineitem.ErrDateOrder
	}{
		{"one order", graph("9/9/2026", "30/9/2026", "29/9/2026"), 0, "2026-09-29"},
		{"both orders", graph("9/30/2026", "30/9/2026", "29/9/2026"), 0, ""},
		{"unknown order", graph("9/1/2026"), 0, ""},
		{"named order", graph("9/1/2026"), lineitem.DateOrderDayFirst, "2026-01-09"},
		{"Cost Management", costs("9/30/2026", "9/1/2026"), 0, "2026-09-01"},
		{"Cost Management, named order", costs("30/9/2026", "9/1/2026"), lineitem.DateOrderDayFirst, "2026-01-09"},
	} {
		for _, workers := range []int{1, 4} {
			t.Run(fmt.Sprintf("%s, %d workers", tc.name, workers), func(t *testing.T) {
				var last usedOn
				var err error
				for row, e := range tc.m.Items(t.Context(), &manifest.ReadOptions{Concurrency: workers, InOrder: true, DateOrder: tc.order}) {
					if err = e; err == nil {
						last = row
					}
				}
				switch {
				case tc.want == "" && !errors.Is(err, lineitem.ErrDateOrder):
					t.Errorf("%v, %v; want ErrDateOrder", last, err)
				case tc.want != "" && (err != nil || last.Date.Format(time.DateOnly) != tc.want):
					t.Errorf("%v, %v; want %s", last, err, tc.want)
				}
			})
		}
	}
}
