package billingtest

import (
	"cmp"
	"strings"
	"time"
)

// period is a range of days, both included. The zero value is all days.
type period struct{ from, to time.Time }

func (p period) contains(day time.Time) bool {
	return p == period{} || !day.Before(p.from) && !day.After(p.to)
}

// ofRows returns the days of the rows that a requested period selects. The rows do not depend on
// the clock: a period that begins in this month or the one before selects those of the current or
// the last period. Any other one selects by the dates of the rows.
func (p period) ofRows(now time.Time) period {
	months := func(t time.Time) int { return t.Year()*12 + int(t.Month()) }
	ago := months(now.UTC()) - months(p.from)
	if ago != 0 && ago != 1 {
		return p
	}
	shift := months(now.UTC()) - months(today)
	move := func(t time.Time) time.Time {
		first := time.Date(t.Year(), t.Month()-time.Month(shift), 1, 0, 0, 0, 0, time.UTC)
		return first.AddDate(0, 0, min(t.Day(), first.AddDate(0, 1, -1).Day())-1)
	}
	return period{move(p.from), move(p.to)}
}

// today is the last day of the rows. Relative periods such as MonthToDate refer to it, as the rows
// do not depend on the clock.
var today = time.Date(year, currentMonth, 31, 0, 0, 0, 0, time.UTC)

// currentMonth is the month of the unbilled exports of the current period.
const currentMonth = 10

// timeframe returns the period that Cost Management has a word for.
func timeframe(word string) (period, bool) {
	first := today.AddDate(0, 0, 1-today.Day())
	switch strings.ToLower(word) {
	case "monthtodate", "billingmonthtodate", "thecurrentmonth":
		return period{first, today}, true
	case "thelastmonth", "thelastbillingmonth":
		return period{first.AddDate(0, -1, 0), first.AddDate(0, 0, -1)}, true
	case "weektodate":
		return period{today.AddDate(0, 0, -int(today.Weekday())), today}, true
	case "thelastweek":
		sunday := today.AddDate(0, 0, -int(today.Weekday()))
		return period{sunday.AddDate(0, 0, -7), sunday.AddDate(0, 0, -1)}, true
	case "yeartodate", "thecurrentyear":
		return period{first.AddDate(0, 1-int(first.Month()), 0), today}, true
	case "thelastyear":
		return period{first.AddDate(-1, 1-int(first.Month()), 0), first.AddDate(0, 1-int(first.Month()), -1)}, true
	default:
		return period{}, false
	}
}

// requestedPeriod is the period of a query, a report or an export. Names of its ends differ.
type requestedPeriod struct {
	From  string `json:"from"`
	To    string `json:"to"`
	Start string `json:"start"`
	End   string `json:"end"`
}

func (p *requestedPeriod) days() (period, bool) {
	from, err1 := time.Parse(time.DateOnly, firstDay(cmp.Or(p.From, p.Start)))
	to, err2 := time.Parse(time.DateOnly, firstDay(cmp.Or(p.To, p.End)))
	if err1 != nil || err2 != nil || to.Before(from) {
		return period{}, false
	}
	return period{from, to}.ofRows(time.Now()), true
}

// firstDay cuts a time off after its date.
func firstDay(text string) string { return text[:min(len(text), len(time.DateOnly))] }

// requestedDays returns the period of a request: a word for it, or its ends.
func requestedDays(word string, p *requestedPeriod) (period, bool) {
	if strings.EqualFold(word, "Custom") || word == "" {
		if p == nil {
			return period{}, false
		}
		return p.days()
	}
	return timeframe(word)
}
