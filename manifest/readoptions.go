package manifest

import (
	"fmt"
	"runtime"
	"time"

	"github.com/partnerbilling/sdk-go/internal/blobread"
	"github.com/partnerbilling/sdk-go/lineitem"
)

// The limits of a read, unless [ReadOptions] say otherwise.
const (
	// DefaultStallTimeout is how long a connection may be silent: one minute.
	DefaultStallTimeout = blobread.DefaultStallTimeout
	// DefaultRetryBudget is how long a blob may make no progress: 15 minutes.
	DefaultRetryBudget = blobread.DefaultRetryBudget
	// DefaultMaxTries is how many times in a row a blob may fail: 8.
	DefaultMaxTries = blobread.DefaultMaxTries
)

// ReadOptions say how an export is read. The zero value and nil are the defaults, which suit nearly
// every program. Numbers and durations that are negative are an error of what they are passed to.
type ReadOptions struct {
	// Concurrency is how many blobs are read at once, and how many goroutines do it: those without
	// a blob of their own decode for the others. 0 means GOMAXPROCS, at least 2. With 1, all work
	// is done in the goroutine that ranges, and no other is started.
	Concurrency int

	// InOrder yields the blobs in the order of the manifest. Otherwise rows are yielded as they
	// become available, those of different blobs mixed. Within a blob they are always in line
	// order.
	InOrder bool

	// Resume begins where an earlier stream of the same export was when it made the checkpoint; nil
	// begins at the start. If the export's data have changed since, the error matches
	// ErrDataChanged.
	Resume *Checkpoint

	// OnBadLine is called for each line that is not a row. If it returns nil, the line is skipped
	// and counted in the Report; an error ends the stream with that error. Without OnBadLine, the
	// first bad line ends the stream.
	//
	// It is called where the rows are consumed: in the goroutine that ranges, after the rows before
	// the line and before those after it. With Parallel, calls come one after the other.
	OnBadLine func(*lineitem.DecodeError) error

	// OnProgress is called with the progress of the stream: not more often than ten times a second,
	// and once at the end of a complete stream. It is called in the goroutine that ranges, or, with
	// Parallel, in one of them.
	OnProgress func(Progress)

	// AllowUnknownAttributes accepts a struct with fields for attributes that this version does not
	// know in the export's dataset, such as one that the service has added since: they are decoded
	// where rows have them. Otherwise such a struct is refused with lineitem.ErrUnknownAttribute,
	// since a misspelled name would leave its field zero.
	AllowUnknownAttributes bool

	// DateOrder is the order of day and month in dates with slashes. By default it is month first
	// in files of Cost Management, as documented. Elsewhere a date that can be two days, and dates
	// in both orders, are errors that match lineitem.ErrDateOrder. So is another order than that of
	// the rows before the checkpoint in Resume.
	DateOrder lineitem.DateOrder

	// MaxLineBytes limits the length of a line; 0 means 16 MiB.
	MaxLineBytes int

	// MaxBlobBytes limits how much text a blob may hold, decompressed; 0 means no limit. Memory
	// does not depend on it, so it is for those who do not trust the source: gzip needs only a
	// thousandth of the length of a text.
	MaxBlobBytes int64

	// AllowPlain accepts blobs that are not compressed. Otherwise they are refused with
	// lineitem.ErrNotGzip, since an error page would look like that.
	AllowPlain bool

	// AllowEmpty accepts blobs of zero bytes. Otherwise they are refused with [ErrIncomplete]
	// unless the manifest gives their size as 0, since an upload that failed leaves such a blob. A
	// blob without rows is not one: it is the gzip of nothing, or has a header.
	AllowEmpty bool

	// Require names attributes of the row type without which the export cannot be used, in addition
	// to those with the tag lineitem:"required" (see [lineitem.Attribute]), and to the amounts and
	// currencies of a known dataset for which the row type has a field (see
	// [lineitem.AttributesIn]). A read of a whole export in which one of them has a value in no row
	// ends with [ErrAttributeMissing]. A read of a part only has it in the Report, and so has one
	// that resumes from a checkpoint without counts.
	Require []string

	// AllowMissing accepts an export in which a required attribute has a value in no row, an amount
	// for instance, of which the sum is then zero. The Report tells.
	AllowMissing bool

	// VerifyMD5 also compares the MD5 of blobs that are compressed with gzip with the one that
	// storage has, where it has one. That of other blobs is always compared. gzip has a checksum of
	// its own, which is always verified, and MD5 costs a core about a second for 800 MB.
	VerifyMD5 bool

	// StallTimeout is how long to wait for a response, or for its next bytes, before the connection
	// is closed and the blob continued on another, at least one second; 0 means
	// [DefaultStallTimeout]. Time spent in the loop body does not count.
	StallTimeout time.Duration

	// RetryBudget is how long a blob may fail without progress, delays requested by the service
	// included; 0 means [DefaultRetryBudget].
	RetryBudget time.Duration

	// MaxTries is how many times in a row a blob may fail without progress, responses 408, 429 and
	// 5xx not counted; 0 means [DefaultMaxTries]. An outage of a minute is waited for in any case.
	// Progress is 64 KiB.
	MaxTries int
}

// Progress is how far a stream is.
type Progress struct {
	// Rows is how many were delivered.
	Rows int64
	// Bytes is how many bytes of the blobs were read, compressed.
	Bytes int64
	// TotalBytes is the size of the blobs opened so far; it grows until all are.
	TotalBytes int64
	// BlobsDone is how many blobs were read completely and verified.
	BlobsDone int
	// Blobs is how many there are.
	Blobs int
}

// check refuses what cannot be meant.
func (o *ReadOptions) check() error {
	if o == nil {
		return nil
	}
	name := ""
	switch {
	case o.Concurrency < 0:
		name = "Concurrency"
	case o.MaxLineBytes < 0:
		name = "MaxLineBytes"
	case o.MaxBlobBytes < 0:
		name = "MaxBlobBytes"
	case o.MaxTries < 0:
		name = "MaxTries"
	case o.RetryBudget < 0:
		name = "RetryBudget"
	}
	if name != "" {
		return fmt.Errorf("manifest: ReadOptions.%s is negative; leave it 0 for the default", name)
	}
	if o.StallTimeout != 0 && o.StallTimeout < time.Second {
		return fmt.Errorf("manifest: ReadOptions.StallTimeout is %v; it must be a second at least, and 0 is the default", o.StallTimeout)
	}
	return nil
}

// withDefaults returns a copy of the options without zero values.
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
	return c
}

func (o *ReadOptions) limits() blobread.Limits {
	return blobread.Limits{StallTimeout: o.StallTimeout, RetryBudget: o.RetryBudget, MaxTries: o.MaxTries}
}
