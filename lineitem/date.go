package lineitem

import (
	"fmt"
	"time"

	"github.com/partnerbilling/sdk-go/internal/datetime"
)

var (
	// ErrNotTime is returned when a text is not a date or time in a supported format.
	ErrNotTime = datetime.ErrFormat

	// ErrDateOrder is returned for a row with a date with slashes that can be two days, such as
	// 9/1/2026, unless its [DateOrder] is known, and for one with another order than the dates
	// before it.
	ErrDateOrder = datetime.ErrOrder

	// ErrDay is returned when the attribute is a day, and its value a time that is another day in
	// UTC than the one that is written: 2026-09-01T23:30:00-08:00. Midnight, with any offset, is
	// that day.
	ErrDay = datetime.ErrDay
)

// DateOrder is the order of day and month in dates with slashes.
type DateOrder int

const (
	// DateOrderUnspecified reads a date with slashes only where it does not matter or tells: it is
	// a date in one order alone (9/30/2026), or the same in both (9/9/2026). Others, and both
	// orders in one read, are [ErrDateOrder]. It is the zero value.
	DateOrderUnspecified DateOrder = iota
	// DateOrderMonthFirst reads 9/1/2026 as 1 September. It is the order of Cost Management.
	DateOrderMonthFirst
	// DateOrderDayFirst reads 9/1/2026 as 9 January.
	DateOrderDayFirst
)

// PossibleDateOrderValues returns the possible values for the DateOrder type.
func PossibleDateOrderValues() []DateOrder {
	return []DateOrder{DateOrderUnspecified, DateOrderMonthFirst, DateOrderDayFirst}
}

// String returns the order's name without the type's: "MonthFirst".
func (o DateOrder) String() string {
	switch o {
	case DateOrderUnspecified:
		return "Unspecified"
	case DateOrderMonthFirst:
		return "MonthFirst"
	case DateOrderDayFirst:
		return "DayFirst"
	}
	return fmt.Sprintf("DateOrder(%d)", int(o))
}

// ParseTime parses a date or time and returns it in UTC. It accepts every format that is known from
// billing data: a date (2018-11-13), a date and time with up to nine decimals
// (2023-12-05T21:18:00.8897902Z), with an offset (-08:00, +0000) or without a zone, which means
// UTC, the short format of reconciliation files (9/30/2020, month first), and the malformed times
// of the service's own examples (2022-06-1T10-01-03.4Z). The empty string, which is an absent date,
// is the zero time. The error matches [ErrNotTime].
func ParseTime(s string) (time.Time, error) {
	t, err := datetime.Parse(s)
	return t, opError("parse time", err)
}
