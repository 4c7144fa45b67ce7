package blobread

import "time"

// The limits of a [Reader] unless its [Limits] say otherwise.
const (
	DefaultStallTimeout = time.Minute
	DefaultRetryBudget  = 15 * time.Minute
	DefaultMaxTries     = 8
)

// Limits say when a reader gives up. Zero fields are the defaults.
type Limits struct {
	// StallTimeout is how long a connection may be silent before it is replaced; at least a second.
	StallTimeout time.Duration
	// RetryBudget is how long a blob may fail without progress.
	RetryBudget time.Duration
	// MaxTries is how many times in a row a blob may fail without progress, once a minute has
	// passed.
	MaxTries int
}

func (l Limits) withDefaults() Limits {
	if l.StallTimeout <= 0 {
		l.StallTimeout = DefaultStallTimeout
	}
	l.StallTimeout = max(l.StallTimeout, time.Second)
	if l.RetryBudget <= 0 {
		l.RetryBudget = DefaultRetryBudget
	}
	if l.MaxTries <= 0 {
		l.MaxTries = DefaultMaxTries
	}
	return l
}
