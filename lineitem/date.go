package lineitem

import (
	"time"

	"github.com/partnerbilling/sdk-go/internal/datetime"
)

// ErrNotTime is returned when a text is not a date or time in a supported format.
var ErrNotTime = datetime.ErrFormat

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
