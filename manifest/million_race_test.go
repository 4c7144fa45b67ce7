//go:build race

package manifest_test

// The race detector makes everything an order of magnitude slower.
const rowsInTest = 20_000
