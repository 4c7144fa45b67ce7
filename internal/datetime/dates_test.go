package datetime_test

import (
	"errors"
	"testing"
	"time"

	"github.com/partnerbilling/sdk-go/internal/datetime"
)

// TestDayKeepsItsDate: an offset never makes another calendar day of a day.
func TestDayKeepsItsDate(t *testing.T) {
	for _, tc := range []struct{ in, day, instant string }{
		{"2026-09-01T00:00:00+02:00", "2026-09-01T00:00:00Z", "2026-08-31T22:00:00Z"},
		{"2026-09-01T00:00:00.000-08:00", "2026-09-01T00:00:00Z", "2026-09-01T08:00:00Z"},
		{"2026-09-01 00:00+0530", "2026-09-01T00:00:00Z", "2026-08-31T18:30:00Z"},
		{"2026-09-01T12:00:00+02:00", "2026-09-01T10:00:00Z", "2026-09-01T10:00:00Z"},
		{"2026-09-01T00:00:00Z", "2026-09-01T00:00:00Z", "2026-09-01T00:00:00Z"},
		{"2026-09-01T23:30:00", "2026-09-01T23:30:00Z", "2026-09-01T23:30:00Z"},
		{"2026-09-01T00:00:00+00:00", "2026-09-01T00:00:00Z", "2026-09-01T00:00:00Z"},
		{"2026-09-01T23:59:59-08:00", "", "2026-09-02T07:59:59Z"},
		{"2026-09-01T00:30:00+02:00", "", "2026-08-31T22:30:00Z"},
		{"", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"},
	} {
		var d datetime.Dates
		got, err := d.Parse([]byte(tc.in), true)
		if tc.day == "" {
			if !errors.Is(err, datetime.ErrDay) || !got.IsZero() {
				t.Errorf("%q as a day: %v, %v; want ErrDay", tc.in, got, err)
			}
		} else if err != nil || got.Format(time.RFC3339) != tc.day {
			t.Errorf("%q as a day: %v, %v; want %s", tc.in, got, err, tc.day)
		}
		if got, err := d.Parse([]byte(tc.in), false); err != nil || got.Format(time.RFC3339) != tc.instant {
			t.Errorf("%q: %v, %v; want %s", tc.in, got, err, tc.instant)
		}
	}
}

// TestOrderOfDates: a date with slashes is a day in one order alone, or the order is known.
func TestOrderOfDates(t *testing.T) {
	for _, tc := range []struct {
		in   string
		want [3]string // by order; "" for ErrFormat, "?" for ErrOrder
	}{
		{"9/30/2020", [3]string{"2020-09-30", "2020-09-30", ""}},
		{"30/9/2020", [3]string{"2020-09-30", "", "2020-09-30"}},
		{"9/1/2020", [3]string{"?", "2020-09-01", "2020-01-09"}},
		{"09/01/2020 13:05:00", [3]string{"?", "2020-09-01", "2020-01-09"}},
		{"9/9/2020", [3]string{"2020-09-09", "2020-09-09", "2020-09-09"}},
		{"9/0/2020", [3]string{"", "", ""}},
		{"9/1/20", [3]string{"", "", ""}},
		{"9/1/2020x", [3]string{"", "", ""}},
		{"13/13/2020", [3]string{"", "", ""}},
		{"2020-09-01", [3]string{"2020-09-01", "2020-09-01", "2020-09-01"}},
	} {
		for order, want := range tc.want {
			d := datetime.Dates{Order: datetime.Order(order)}
			got, err := d.Parse([]byte(tc.in), true)
			switch {
			case want == "?" && !errors.Is(err, datetime.ErrOrder), want == "" && !errors.Is(err, datetime.ErrFormat):
				t.Errorf("%q, order %d: %v, %v", tc.in, order, got, err)
			case want != "" && want != "?" && (err != nil || got.Format(time.DateOnly) != want):
				t.Errorf("%q, order %d: %v, %v; want %s", tc.in, order, got, err, want)
			}
		}
	}
}

// TestBothOrders: one read has one order. A date that is the same in both does not tell.
func TestBothOrders(t *testing.T) {
	for first, second := range map[string]string{"9/30/2020": "30/9/2020", "30/9/2020": "9/30/2020"} {
		var d datetime.Dates
		for _, same := range []string{"9/9/2020", first, "9/9/2020", first} {
			if _, err := d.Parse([]byte(same), false); err != nil {
				t.Errorf("%s: %v", same, err)
			}
		}
		if got, err := d.Parse([]byte(second), false); !errors.Is(err, datetime.ErrOrder) || !got.IsZero() {
			t.Errorf("%s after %s: %v, %v", second, first, got, err)
		}
		if want := map[bool]datetime.Order{true: datetime.MonthFirst, false: datetime.DayFirst}[first[0] == '9']; d.Found() != want {
			t.Errorf("%s: found %d, want %d", first, d.Found(), want)
		}
	}
}
