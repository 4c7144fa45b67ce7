//go:build !unix

package main

import "time"

var started = time.Now()

// cpuTime returns the time since the start, which is the same on a machine that does nothing else.
func cpuTime() (time.Duration, error) { return time.Since(started), nil }
