package retry

import "time"

// Budget bounds trying without getting anywhere, by the number of failures in a row
// and by the time spent on them. Progress starts both counts anew. A zero limit is
// none. It is not safe for concurrent use.
type Budget struct {
	// Tries is how many failures in a row end it, but not before Patience is spent.
	Tries int
	// Patience keeps tries that fail at once from using up a budget in the middle of
	// a short outage.
	Patience time.Duration
	// Elapsed is how much time without progress ends it.
	Elapsed time.Duration

	failures int
	spent    time.Duration
}

// Progress forgives all that was counted.
func (b *Budget) Progress() { b.failures, b.spent = 0, 0 }

// Spend counts time in which nothing came forward. Time that a caller takes for
// itself should not be spent here.
func (b *Budget) Spend(d time.Duration) { b.spent += d }

// Fail counts a failure and reports whether another try is within the limits.
func (b *Budget) Fail() bool {
	b.failures++
	return !b.Exhausted()
}

// Exhausted reports whether a limit has been reached.
func (b *Budget) Exhausted() bool {
	return b.Tries > 0 && b.failures >= b.Tries && b.spent >= b.Patience ||
		b.Elapsed > 0 && b.spent >= b.Elapsed
}

// Failures is how many there were since the last progress.
func (b *Budget) Failures() int { return b.failures }

// Spent is how much time was counted since the last progress.
func (b *Budget) Spent() time.Duration { return b.spent }

// Allows reports whether a pause of d would stay within the time.
func (b *Budget) Allows(d time.Duration) bool {
	return b.Elapsed <= 0 || d <= b.Elapsed-b.spent
}
