package retry

import "time"

// Budget limits retries without progress, by the number of consecutive failures and by the time
// spent on them. Progress resets both counts. A limit of zero is no limit. A Budget is not safe for
// concurrent use.
type Budget struct {
	// Tries is how many consecutive failures exhaust the budget, once MinElapsed has been spent.
	Tries int
	// MinElapsed is the least time to spend before Tries applies. Without it, requests that fail
	// immediately would exhaust the budget in a short outage.
	MinElapsed time.Duration
	// MaxElapsed is how much time without progress exhausts the budget.
	MaxElapsed time.Duration

	failures int
	spent    time.Duration
}

// Reset resets the counts after progress.
func (b *Budget) Reset() { b.failures, b.spent = 0, 0 }

// Spend counts time without progress. Time that the caller uses for its own work does not belong
// here.
func (b *Budget) Spend(d time.Duration) { b.spent += d }

// Fail counts a failure and reports whether the budget allows another try.
func (b *Budget) Fail() bool {
	b.failures++
	return !b.Exhausted()
}

// Exhausted reports whether a limit has been reached.
func (b *Budget) Exhausted() bool {
	return b.Tries > 0 && b.failures >= b.Tries && b.spent >= b.MinElapsed ||
		b.MaxElapsed > 0 && b.spent >= b.MaxElapsed
}

// Failures returns the number of failures since the last reset.
func (b *Budget) Failures() int { return b.failures }

// Spent returns the time counted since the last reset.
func (b *Budget) Spent() time.Duration { return b.spent }

// Allows reports whether a delay of d stays within MaxElapsed.
func (b *Budget) Allows(d time.Duration) bool {
	return b.MaxElapsed <= 0 || d <= b.MaxElapsed-b.spent
}
