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

// A resumed read has the order of the read before it: the rows of one export do not have two.
func TestDateOrderOfAResumedRead(t *testing.T) {
	export := func(dates ...string) *manifest.Manifest[usedOn] {
		store := newStorage(t)
		for i, date := range dates {
			store.put(name(i), zipped([]byte(fmt.Sprintf("{\"N\":%d,\"UsageDate\":%q}\n", i, date))))
		}
		return manifest.As[usedOn](store.manifest(nil))
	}
	// first reads the first row, and returns a checkpoint behind it.
	first := func(t *testing.T, m *manifest.Manifest[usedOn], order lineitem.DateOrder) *manifest.Checkpoint {
		t.Helper()
		s, err := m.NewStream(&manifest.ReadOptions{Concurrency: 1, InOrder: true, DateOrder: order})
		if err != nil {
			t.Fatal(err)
		}
		for row, err := range s.All(t.Context()) {
			if row.N == 1 || err != nil {
				break
			}
		}
		c, err := s.Checkpoint()
		if err == nil {
			c, err = manifest.ParseCheckpoint(c.String())
		}
		if err != nil || c.Rows() != 1 {
			t.Fatalf("%v, %v", c, err)
		}
		return c
	}
	const monthFirst, dayFirst = lineitem.DateOrderMonthFirst, lineitem.DateOrderDayFirst
	for _, tc := range []struct {
		name          string
		first, second string
		before, after lineitem.DateOrder
		want          string // of the last row; "" for lineitem.ErrDateOrder
	}{
		{"found again", "9/30/2026", "9/29/2026", 0, 0, "2026-09-29"},
		{"named again", "9/1/2026", "9/2/2026", dayFirst, dayFirst, "2026-02-09"},
		{"named later", "9/30/2026", "9/2/2026", 0, monthFirst, "2026-09-02"},
		{"named before", "9/1/2026", "9/30/2026", monthFirst, 0, "2026-09-30"},
		{"named after days that are the same", "9/9/2026", "9/1/2026", 0, dayFirst, "2026-01-09"},
		{"other order found", "9/1/2026", "30/9/2026", monthFirst, 0, ""},
		{"other order named", "9/1/2026", "9/2/2026", monthFirst, dayFirst, ""},
		{"other order named than found", "9/30/2026", "9/2/2026", 0, dayFirst, ""},
		{"other order named, no such dates follow", "30/9/2026", "2026-09-30", 0, monthFirst, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m := export(tc.first, tc.second)
			s, err := m.NewStream(&manifest.ReadOptions{Resume: first(t, m, tc.before), DateOrder: tc.after})
			var last usedOn
			if err == nil {
				for row, e := range s.All(t.Context()) {
					if err = e; err == nil {
						last = row
					}
				}
			}
			switch got := last.Date.Format(time.DateOnly); {
			case tc.want == "" && !errors.Is(err, lineitem.ErrDateOrder):
				t.Errorf("%s, %v; want ErrDateOrder", got, err)
			case tc.want != "" && (err != nil || got != tc.want || last.N != 1):
				t.Errorf("row %d is of %s, %v; want %s", last.N, got, err, tc.want)
			}
		})
	}
}
