//go:build !race

package manifest_test

const rowsInTest = 1_000_000
