//go:build !race

package costmgmt_test

const rowsInTest = 1_000_000
