// Package faulttest is the fault matrix of this SDK. A row is a fault between a program and the
// service. Its trials inject the fault and check the outcome, through the public API: against the
// in-memory service, on real sockets, through a fault-injecting proxy, or on Microsoft's storage
// emulator.
//
//	make faults
//
// prints the matrix with the outcome of every row. A column compares them with azblob's RetryReader
// and azcore's Location poller, for the rows that these can run.
//
// A trial has one of two outcomes. Either every row of the export was delivered exactly once, in
// the order of its blob, without an error. Or the reader returned the error that the matrix names,
// and the rows delivered before it are the first rows of each blob. The ledger checks that by the
// numbers of the rows. In any case no error may contain a secret, no connection may stay open and
// no goroutine may be left.
package faulttest
