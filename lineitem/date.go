package lineitem

import (
	"errors"
	"time"
)

// ErrNotTime says that a text is none of the known forms of a date.
var ErrNotTime = errors.New("not a date in a known form (such as 2006-01-02, 2006-01-02T15:04:05Z or 1/2/2006)")

// ParseTime reads a date in any form that billing data is known to carry and
// returns it in UTC: a date alone (2018-11-13), a date and time with up to nine
// decimals (2023-12-05T21:18:00.8897902Z), with an offset (-08:00, +0000) or
// without a zone, which means UTC, the short form of the reconciliation files
// (9/30/2020, month first), and the slips of the service's own examples
// (2022-06-1T10-01-03.4Z). The empty string is the zero time, which stands for an
// absent date. Anything else is [ErrNotTime].
func ParseTime(s string) (time.Time, error) { return parseTime(s) }

func parseTime[S string | []byte](s S) (time.Time, error) {
	if len(s) == 0 {
		return time.Time{}, nil
	}
	c := cursor[S]{s: s}
	first := c.number(1, 4)
	var year, month, day int
	switch {
	case c.take('-') && c.i == 5:
		year, month = first, c.number(1, 2)
		c.need(c.take('-'))
		day = c.number(1, 2)
	case c.i <= 2 && c.take('/'):
		month, day = first, c.number(1, 2)
		c.need(c.take('/'))
		year = c.number(4, 4)
	default:
		return time.Time{}, ErrNotTime
	}
	var hour, minute, second, nanos, offset int
	if c.take('T') || c.take(' ') {
		hour = c.number(1, 2)
		separator := byte(':')
		if !c.take(separator) {
			separator = '-' // one of the slips; an offset may follow the minutes, too
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
		return time.Time{}, ErrNotTime
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, nanos, time.UTC)
	if t.Day() != day || t.Month() != time.Month(month) {
		return time.Time{}, ErrNotTime // the 31st of February moves on
	}
	if offset != 0 {
		t = t.Add(-time.Duration(offset) * time.Minute)
		if t.Year() < 0 || t.Year() > 9999 {
			return time.Time{}, ErrNotTime // no text could hold it
		}
	}
	return t, nil
}

// cursor walks over a date. The first thing that does not fit makes it bad.
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

// fraction reads the digits after the point as nanoseconds; more than nine are
// refused rather than dropped.
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
