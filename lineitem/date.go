package lineitem

import (
	"time"

	"github.com/partnerbilling/sdk-go/internal/datetime"
)

// ErrNotTime is returned for a text that is not a date in a known form.
var ErrNotTime = datetime.ErrFormat

// ParseTime returns the time that s holds, in UTC. It accepts every form that billing data is known to
// carry: a date (2018-11-13), a date and time with up to nine decimals (2023-12-05T21:18:00.8897902Z),
// with an offset (-08:00, +0000) or without a zone, which means UTC, the short form of reconciliation
// files (9/30/2020, month first), and the malformed times of the service's own examples
// (2022-06-1T10-01-03.4Z). The empty string is the zero time, which stands for an absent date.
// Everything else returns [ErrNotTime].
func ParseTime(s string) (time.Time, error) { return datetime.Parse(s) }
