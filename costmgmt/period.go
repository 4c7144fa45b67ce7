package costmgmt

import (
	"time"

	"github.com/partnerbilling/sdk-go/internal/jsonscalar"
)

// Period is a range of days, Start and End included. Only the dates count, in the location of each
// time; the time of day is ignored.
type Period struct{ Start, End time.Time }

// MonthOf returns the calendar month, in UTC, that contains t.
func MonthOf(t time.Time) Period {
	year, month, _ := t.UTC().Date()
	first := time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
	return Period{first, first.AddDate(0, 1, -1)}
}

// LastMonth returns the calendar month before now, in UTC. Its invoices are published in the first
// days of the following month: an empty list may only mean that it is too early.
func LastMonth(now time.Time) Period { return LastMonths(now, 1) }

// LastMonths returns the n calendar months before now, in UTC. The result is an invalid period
// where n is less than 1.
func LastMonths(now time.Time, n int) Period {
	first := MonthOf(now).Start
	return Period{first.AddDate(0, -n, 0), first.AddDate(0, 0, -1)}
}

// check refuses a period that has no days.
func (p Period) check(op string) error { return p.checkOr(op, "") }

// checkOr is check where another field can be set instead of the period.
func (p Period) checkOr(op, instead string) error {
	switch {
	case (p.Start.IsZero() || p.End.IsZero()) && instead != "":
		return invalid(op, "invalid period: missing start or end; set both, or set "+instead)
	case p.Start.IsZero() || p.End.IsZero():
		return invalid(op, "invalid period: missing start or end")
	case midnight(p.End).Before(midnight(p.Start).Time):
		return invalid(op, "invalid period: end is before start")
	}
	return nil
}

const day = time.DateOnly

// midnights is a period in the form of Cost Management: with times.
func (p Period) midnights() map[string]any {
	return map[string]any{"from": p.Start.Format(day) + "T00:00:00Z", "to": p.End.Format(day) + "T00:00:00Z"}
}

// sameDays reports whether p and other are the same range of days.
func (p Period) sameDays(other Period) bool {
	return midnight(p.Start) == midnight(other.Start) && midnight(p.End) == midnight(other.End)
}

// midnight returns the date of t at midnight UTC, the zero time for the zero time.
func midnight(t time.Time) jsonscalar.Time {
	if t.IsZero() {
		return jsonscalar.Time{}
	}
	year, month, day := t.Date()
	return jsonscalar.Time{Time: time.Date(year, month, day, 0, 0, 0, 0, time.UTC)}
}
