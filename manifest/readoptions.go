package manifest

import (
	"runtime"
	"time"

	"github.com/partnerbilling/sdk-go/internal/retry"
	"github.com/partnerbilling/sdk-go/lineitem"
)

// The patience of a reader, unless [ReadOptions] say otherwise.
const (
	// DefaultStallTimeout is how long a connection may stay silent.
	DefaultStallTimeout = time.Minute
	// DefaultRetryBudget is how long a blob may get nowhere.
	DefaultRetryBudget = 15 * time.Minute
	// DefaultMaxTries is how often a blob may fail in a row.
	DefaultMaxTries = 8
)

// ReadOptions say how an export is read. The zero value, and nil, are good for nearly
// every program.
type ReadOptions struct {
	// Concurrency is how many blobs are read at once, and how many goroutines work at
	// it: those without a blob of their own help with the others. 0 chooses from
	// GOMAXPROCS, at least 2. With 1, all work is done in the goroutine that ranges, and
	// none is started.
	Concurrency int

	// InOrder yields the blobs in the order of the manifest. Otherwise rows come as
	// they are ready, those of different blobs mixed. Within a blob they are always
	// in line order.
	InOrder bool

	// Resume goes on where an earlier stream of the same export stood when it made the
	// checkpoint; nil begins at the start. If the export's data are not the same any more,
	// the error matches ErrDataChanged.
	Resume *Checkpoint

	// OnBadLine is asked about each line that is not a row. If it returns nil, the
	// line is left out and counted in the Report; an error ends the stream with that
	// error. Where OnBadLine is nil, the first bad line ends the stream.
	//
	// It is called where the rows go: in the goroutine that ranges, after the rows before
	// the line and before those after it. With Parallel, calls come one after the other.
	OnBadLine func(*lineitem.DecodeError) error

	// OnProgress is told how far the stream is: not more often than ten times a
	// second, and once at the end of a whole stream. It is called in the goroutine
	// that ranges, or, with Parallel, in one of them.
	OnProgress func(Progress)

	// MaxLineBytes limits the length of a line; 0 means 16 MiB.
	MaxLineBytes int

	// MaxBlobBytes limits how much text a blob may hold, inflated; 0 means no limit.
	// Memory does not depend on it, so it is for those who do not trust the source: a
	// thousandth of the text is enough to make it.
	MaxBlobBytes int64

	// AllowPlain accepts blobs that are not compressed. Otherwise they are refused
	// with lineitem.ErrNotGzip, since an error page would look like that.
	AllowPlain bool

	// StallTimeout is how long to wait for an answer, or for its next bytes, before
	// the connection is given up and the blob continued on another; 0 means
	// [DefaultStallTimeout], and less than a second is taken as a second. Time spent
	// in the loop body never counts.
	StallTimeout time.Duration

	// RetryBudget is how long a blob may fail without progress, waiting for the
	// service included; 0 means [DefaultRetryBudget].
	RetryBudget time.Duration

	// MaxTries is how many times in a row a blob may fail without progress, where the
	// service does not itself ask for patience with 408, 429 or 5xx; 0 means
	// [DefaultMaxTries]. An outage of a minute is waited for in any case. Progress is
	// 64 KiB.
	MaxTries int
}

// Progress is how far a stream is.
type Progress struct {
	// Rows that the loop has got.
	Rows int64
	// Bytes of the blobs that have been read, compressed.
	Bytes int64
	// TotalBytes of the blobs that have been opened so far; it grows until all are.
	TotalBytes int64
	// BlobsDone is how many blobs are finished and proved whole.
	BlobsDone int
	// Blobs is how many there are.
	Blobs int
}

// withDefaults copies the options and fills in what was left to us.
func (o *ReadOptions) withDefaults() ReadOptions {
	var c ReadOptions
	if o != nil {
		c = *o
	}
	if c.Concurrency <= 0 {
		c.Concurrency = max(2, runtime.GOMAXPROCS(0))
	}
	if c.MaxLineBytes <= 0 {
		c.MaxLineBytes = lineitem.DefaultMaxLineBytes
	}
	if c.StallTimeout <= 0 {
		c.StallTimeout = DefaultStallTimeout
	}
	c.StallTimeout = max(c.StallTimeout, time.Second)
	if c.RetryBudget <= 0 {
		c.RetryBudget = DefaultRetryBudget
	}
	if c.MaxTries <= 0 {
		c.MaxTries = DefaultMaxTries
	}
	return c
}

func (o *ReadOptions) limits(t *throttle) limits {
	return limits{
		stall:    o.StallTimeout,
		budget:   retry.Budget{Tries: o.MaxTries, MinElapsed: time.Minute, MaxElapsed: o.RetryBudget},
		backoff:  retry.Backoff{Base: 500 * time.Millisecond, Max: 30 * time.Second},
		throttle: t,
	}
}
