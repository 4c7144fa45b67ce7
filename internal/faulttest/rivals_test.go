package faulttest

// rivalsOf says what azblob's RetryReader or azcore's Location poller makes of a row.
func rivalsOf(id string) string { return azblobSays(id) + azcoreSays(id) }
