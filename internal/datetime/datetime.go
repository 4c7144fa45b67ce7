// Package datetime parses dates and times in every form that Microsoft's billing services are known
// to write. It has one home because rows, manifests, operations and lists all carry them.
package datetime

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

var (
	// ErrFormat is returned for a text that is in none of the known forms.
	ErrFormat = errors.New("unsupported date format (supported are 2006-01-02, 2006-01-02T15:04:05Z, 1/2/2006 and variants)")
	// ErrOrder is returned for a date with slashes that can be two different days.
	ErrOrder = errors.New("order of day and month in a date with slashes is unknown")
	// ErrDay is returned for a time that is another day in UTC than the one that is written.
	ErrDay = errors.New("time with an offset is another day in UTC")

	errAmbiguous = fmt.Errorf("%w: either part can be the month; set DateOrder to the order of the data", ErrOrder)
	errMixed     = fmt.Errorf("%w: some dates have the day first, and others the month; correct the data", ErrOrder)
)

// Order is the order of day and month in dates with slashes.
type Order int

// The orders.
const (
	Unspecified Order = iota
	MonthFirst
	DayFirst
)

// Dates parses the dates of one read. The zero value does not know their order: it accepts a date
// with slashes that is a day in one order alone, or the same day in both.
type Dates struct {
	Order Order // that dates have; it need not be known
	found Order // that dates had
}

// Found returns the order that dates with slashes had, as far as they tell.
func (d *Dates) Found() Order { return d.found }

// Parse is the function Parse with dates with slashes in the order that is known. A day is a value
// that stands for a calendar day, which an offset must not change: midnight is midnight of that day
// in UTC, whatever the offset, and another time is [ErrDay] if it is another day in UTC.
func (d *Dates) Parse(s []byte, day bool) (time.Time, error) {
	if t, ok := canonical(s); ok {
		return t, nil
	}
	return d.other(s, day)
}

// other is Parse for a text that is not canonical.
func (d *Dates) other(s []byte, day bool) (time.Time, error) {
	if len(s) == 0 {
		return time.Time{}, nil
	}
	t, written, found, err := parse(s, d.Order)
	switch {
	case err != nil:
		return time.Time{}, err
	case d.found != Unspecified && found != Unspecified && found != d.found:
		return time.Time{}, errMixed
	case found != Unspecified:
		d.found = found
	}
	if y, m, on := t.Date(); day && !t.Equal(written) {
		if h, minute, second := written.Clock(); h+minute+second+written.Nanosecond() == 0 {
			return written, nil
		}
		if wy, wm, won := written.Date(); y != wy || m != wm || on != won {
			return time.Time{}, ErrDay
		}
	}
	return t, nil
}

// Parse returns the time of s in UTC. It accepts a date (2018-11-13), a date and time with up to
// nine decimals (2023-12-05T21:18:00.8897902Z), with an offset (-08:00, +0000) or without a zone,
// which means UTC, a date with slashes, month first (9/30/2020), and the malformed times of the
// service's own examples (2022-06-1T10-01-03.4Z). The empty string is the zero time. Everything
// else is [ErrFormat].
func Parse[S string | []byte](s S) (time.Time, error) {
	if len(s) == 0 {
		return time.Time{}, nil
	}
	if t, ok := canonical([]byte(s)); ok {
		return t, nil
	}
	t, _, _, err := parse(s, MonthFirst)
	return t, err
}

// parse returns the time, the time as it is written, without its offset, and the order that a date
// with slashes has, if it tells.
func parse[S string | []byte](s S, order Order) (t, written time.Time, found Order, err error) {
	c := cursor[S]{s: s}
	first := c.number(1, 4)
	var year, month, day int
	ambiguous := false
	switch {
	case c.take('-') && c.i == 5:
		year, month = first, c.number(1, 2)
		c.need(c.take('-'))
		day = c.number(1, 2)
	case c.i <= 2 && c.take('/'):
		month, day = first, c.number(1, 2)
		c.need(c.take('/'))
		year = c.number(4, 4)
		ambiguous = order == Unspecified && month <= 12 && day <= 12 && month != day
		switch {
		case order == DayFirst, order == Unspecified && month > 12:
			month, day, found = day, month, DayFirst
		default:
			found = MonthFirst
		}
		if order == Unspecified && month == day {
			found = Unspecified
		}
	default:
		return t, written, found, ErrFormat
	}
	var hour, minute, second, nanos, offset int
	if c.take('T') || c.take(' ') {
		hour = c.number(1, 2)
		separator := byte(':')
		if !c.take(separator) {
			separator = '-' // as in some of the service's examples; an offset may follow the minutes
			c.need(c.take(separator))
		}
		minute = c.number(1, 2)
		if c.take(separator) {
			second = c.number(1, 2)
			if c.take('.') {
				nanos = c.fraction()
			}
		}
		offset = c.zone()
	}
	if c.bad || c.i != len(s) || hour > 23 || minute > 59 || second > 59 {
		return t, written, found, ErrFormat
	}
	written = time.Date(year, time.Month(month), day, hour, minute, second, nanos, time.UTC)
	if written.Day() != day || written.Month() != time.Month(month) {
		return t, written, found, ErrFormat // time.Date normalizes the 31st of February
	}
	if ambiguous {
		return t, written, found, errAmbiguous
	}
	t = written.Add(-time.Duration(offset) * time.Minute)
	if t.Year() < 0 || t.Year() > 9999 {
		return time.Time{}, written, found, ErrFormat // RFC 3339 cannot express it
	}
	return t, written, found, nil
}

// canonical parses the forms that nearly all values have: 2018-11-13, 2018-11-13T21:18:00Z, and
// with milliseconds. It is several times as fast as the general way, since it takes eight bytes at
// once.
func canonical(s []byte) (t time.Time, ok bool) {
	if len(s) != 10 && len(s) != 20 && len(s) != 24 {
		return t, false
	}
	date, ok := pairs(s, datePattern, dateSeparators)
	day, digits := two(s[8], s[9])
	year, month := int(date&0xff*100+date>>16&0xff), int(date>>40&0xff)
	if !ok || !digits || year == 0 || month < 1 || month > 12 || day < 1 || day > 28 && day > daysIn(year, month) {
		return t, false // the general way says what is wrong
	}
	var clock uint64
	var nanos int64
	if len(s) > 10 {
		if clock, ok = pairs(s[11:], clockPattern, clockSeparators); !ok || s[10] != 'T' || s[len(s)-1] != 'Z' || clock&0xff > 23 || clock>>24&0xff > 59 || clock>>48&0xff > 59 {
			return t, false
		}
	}
	if len(s) > 20 {
		tens, ok := two(s[20], s[21])
		units := s[22] - '0'
		if !ok || units > 9 || s[19] != '.' {
			return t, false
		}
		nanos = int64(tens*10+int(units)) * 1e6
	}
	// Years begin with March here, so that a leap day is the last of its year.
	if month -= 3; month < 0 {
		month += 12
		year--
	}
	const untilUnix = 719468 // days from 1 March of year 0 to 1 January 1970
	days := 365*year + year/4 - year/100 + year/400 + (153*month+2)/5 + day - 1 - untilUnix
	seconds := int64(clock&0xff*3600 + clock>>24&0xff*60 + clock>>48&0xff)
	return time.Unix(int64(days)*86400+seconds, nanos).UTC(), true
}

// Eight bytes of a date and of a clock time, and where their separators are.
const (
	datePattern, dateSeparators   = 0x2d30302d30303030, 0xff0000ff00000000 // 0000-00-
	clockPattern, clockSeparators = 0x30303a30303a3030, 0x0000ff0000ff0000 // 00:00:00
)

// pairs reads eight bytes in a pattern of zeros, which stand for digits, and separators. Each byte
// at which two digits begin becomes their value.
func pairs(s []byte, pattern, separators uint64) (values uint64, ok bool) {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	w := binary.LittleEndian.Uint64(s) ^ pattern // digits become 0 to 9, separators 0
	return w*10 + w>>8, w&separators|((w+ones*(0x80-10))|w)&highs == 0
}

// two returns the value of two digits.
func two(tens, units byte) (value int, ok bool) {
	tens -= '0'
	units -= '0'
	return int(tens)*10 + int(units), tens <= 9 && units <= 9
}

// daysIn returns the number of days in a month.
func daysIn(year, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// cursor reads a date from left to right. The first part that does not fit sets bad.
type cursor[S string | []byte] struct {
	s   S
	i   int
	bad bool
}

func (c *cursor[S]) need(ok bool) { c.bad = c.bad || !ok }

func (c *cursor[S]) take(b byte) bool {
	if c.i < len(c.s) && c.s[c.i] == b {
		c.i++
		return true
	}
	return false
}

// number reads between least and most digits.
func (c *cursor[S]) number(least, most int) int {
	n, start := 0, c.i
	for c.i < len(c.s) && c.i-start < most {
		d := c.s[c.i] - '0'
		if d > 9 {
			break
		}
		n = n*10 + int(d)
		c.i++
	}
	c.need(c.i-start >= least)
	return n
}

// fraction reads the digits after the decimal point as nanoseconds. More than nine digits are an
// error: none is dropped.
func (c *cursor[S]) fraction() int {
	start := c.i
	n := c.number(1, 9)
	for range 9 - (c.i - start) {
		n *= 10
	}
	return n
}

// zone reads Z, an offset in minutes, or nothing.
func (c *cursor[S]) zone() int {
	if c.take('Z') || c.take('z') {
		return 0
	}
	sign := 1
	switch {
	case c.take('+'):
	case c.take('-'):
		sign = -1
	default:
		return 0
	}
	hours := c.number(2, 2)
	c.take(':')
	minutes := c.number(2, 2)
	c.need(hours < 24 && minutes < 60)
	return sign * (hours*60 + minutes)
}
