// Package faulttest is the fault matrix of this SDK: for everything that can go wrong
// between a partner's program and the service, a row says what the SDK must do, and the
// row's trials do it, through the public API, against the service in memory, on real
// sockets, through a faulty proxy, or on Microsoft's storage emulator.
//
//	make faults
//
// prints the matrix with the outcome of every row. Beside it stands what azblob's
// RetryReader and azcore's Location poller make of the rows that they can run.
//
// A trial ends in one of two ways. Either every row of the export came exactly once, in
// its blob's order, with no error; or there is the error that the matrix names, and
// what came before it is an exact beginning of each blob. The ledger sees to that: it
// knows every row's number. Whatever the outcome, no secret may be in it, no connection
// may stay open and no goroutine may be left.
package faulttest
