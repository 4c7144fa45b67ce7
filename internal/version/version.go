// Package version holds the name and the version under which the SDK sends requests.
package version

const (
	// Module is the name of the SDK in the User-Agent header and in traces.
	Module = "partnerbilling"

	// Version is the latest release; before the first release it is that one. RELEASING.md
	// says when to change it.
	Version = "v0.1.0"
)
