package parquetsink

import (
	"fmt"
	"maps"
	"runtime"
	"strconv"
)

// Names of the key-value metadata that every file has.
const (
	// MetadataRows is the number of rows.
	MetadataRows = "partnerbilling.rows"
	// MetadataSums is the exact sums of all amounts by currency, a JSON object of objects:
	// {"BillingPreTaxTotal":{"EUR":"12.5"}}. Only amounts whose [lineitem.Column] has a Currency
	// are in it.
	MetadataSums = "partnerbilling.sums"
)

// Names of key-value metadata for [Options].Metadata, so that files of several programs are alike.
const (
	// MetadataExport says of what the rows are, such as "BilledUsage G016907411".
	MetadataExport = "partnerbilling.export"
	// MetadataETag is the eTag of the export's manifest.
	MetadataETag = "partnerbilling.etag"
)

// TimeUnit is the unit of times in a file.
type TimeUnit int

const (
	// TimeUnitNanosecond keeps every digit of a time, and has the years 1678 to 2261. The service
	// sends times with seven digits, tenths of a microsecond. It is the zero value.
	TimeUnitNanosecond TimeUnit = iota
	// TimeUnitMicrosecond is for readers that do not know nanoseconds, such as Apache Spark. A time
	// with more digits is an error.
	TimeUnitMicrosecond
)

// PossibleTimeUnitValues returns the possible values for the TimeUnit type.
func PossibleTimeUnitValues() []TimeUnit {
	return []TimeUnit{TimeUnitNanosecond, TimeUnitMicrosecond}
}

// String returns the unit's name without the type's: "Nanosecond".
func (u TimeUnit) String() string {
	switch u {
	case TimeUnitNanosecond:
		return "Nanosecond"
	case TimeUnitMicrosecond:
		return "Microsecond"
	}
	return "TimeUnit(" + strconv.Itoa(int(u)) + ")"
}

// DefaultRowGroupRows is the default of [Options].RowGroupRows. It is DuckDB's.
const DefaultRowGroupRows = 122_880

// Options are the options of [NewWriter]. The zero value and nil are the defaults.
type Options struct {
	// RowGroupRows is the number of rows in a row group; 0 means [DefaultRowGroupRows]. Memory
	// grows with it. A row group of 64 MiB ends before that.
	RowGroupRows int
	// Concurrency limits the columns that are encoded at the same time; 0 means GOMAXPROCS.
	Concurrency int
	// TimeUnit is the unit of times; the zero value is [TimeUnitNanosecond].
	TimeUnit TimeUnit
	// Metadata is key-value metadata of the file, such as [MetadataExport] and [MetadataETag]. It
	// must not have the names that the package writes itself.
	Metadata map[string]string
}

// checked returns the options with their defaults.
func (o *Options) checked() (Options, error) {
	var c Options
	if o != nil {
		c = *o
	}
	c.Metadata = maps.Clone(c.Metadata)
	if c.RowGroupRows == 0 {
		c.RowGroupRows = DefaultRowGroupRows
	}
	if c.Concurrency == 0 {
		c.Concurrency = runtime.GOMAXPROCS(0)
	}
	switch {
	case c.RowGroupRows < 0:
		return c, fmt.Errorf("negative RowGroupRows %d", c.RowGroupRows)
	case c.Concurrency < 0:
		return c, fmt.Errorf("negative Concurrency %d", c.Concurrency)
	case c.TimeUnit != TimeUnitNanosecond && c.TimeUnit != TimeUnitMicrosecond:
		return c, fmt.Errorf("unsupported %v; use one of PossibleTimeUnitValues", c.TimeUnit)
	}
	for _, name := range []string{MetadataRows, MetadataSums} {
		if _, is := c.Metadata[name]; is {
			return c, fmt.Errorf("metadata %q is written by the package", name)
		}
	}
	return c, nil
}
