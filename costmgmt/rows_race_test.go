//go:build race

package costmgmt_test

// The race detector makes everything an order of magnitude slower.
const rowsInTest = 20_000
