//go:build !race

package faulttest

import "time"

const (
	slowMembers = 1024             // of each blob
	slowPause   = time.Millisecond // for each MiB
	sweptRows   = 1000             // of which one is changed
	sweptEvery  = 1                // attribute
)
