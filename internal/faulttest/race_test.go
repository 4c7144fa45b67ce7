//go:build race

package faulttest

import "time"

// The race detector makes everything an order of magnitude slower.
const (
	slowMembers = 32                    // of each blob
	slowPause   = 20 * time.Millisecond // for each MiB
	sweptRows   = 100                   // of which one is changed
	sweptEvery  = 4                     // attribute; the mutations sweep each
)
