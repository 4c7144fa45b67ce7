//go:build !race

package faulttest

import "time"

const (
	slowMembers = 1024             // of each blob
	slowPause   = time.Millisecond // for each MiB
)
