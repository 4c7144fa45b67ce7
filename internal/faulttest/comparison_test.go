package faulttest

// comparisonOf returns the outcome of azblob's RetryReader or azcore's Location poller for a row.
func comparisonOf(id string) string { return azblobVerdict(id) + azcoreVerdict(id) }
