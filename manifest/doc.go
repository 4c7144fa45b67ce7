// Package manifest reads finished partner billing exports: it streams the rows of
// all their blobs straight from Azure Blob Storage, without a disk and in flat
// memory, and hands out every row exactly once or says clearly why it cannot.
//
// # Flow
//
// A [Manifest] says which blobs an export consists of and carries the shared access
// signature, [SAS], that opens them. The poller returns one; [Parse] makes one from
// JSON that was kept. Rows come from an iterator:
//
//	for item, err := range m.Items(ctx, nil) {
//		if err != nil {
//			return err
//		}
//		totals.Add(item.BillingCurrency, item.BillingPreTaxTotal)
//	}
//
// [Manifest.NewStream] gives the same iterator with the position of each row and a
// report about each blob, [Manifest.BlobItems] reads a single blob, and [As] reads
// rows of a type with just the columns that are needed. Where the loop does more with a
// row than reading it takes, [Stream.Parallel] shares the rows among several loops.
//
// A cost details report of Cost Management is a manifest, too: its blobs have an address and a
// signature each, and hold CSV with a header. It is read in the same way, but its signatures
// cannot be renewed, and there is no checkpoint.
//
// # What is promised
//
// A loop that ends without an error has seen the whole export, each row once: there
// were as many blobs as the service promised, no name occurs twice, every blob was
// read to its last byte, and the checksum at the end of each of its gzip members was
// right. Before that end, the rows are real but not the whole; a sum over them counts
// only when the loop is through.
//
// An error comes once, as the last element of the iterator. Rows that precede it in
// its blob have been handed out, so that what the loop got of each blob is an exact
// prefix of it.
//
// Broken, stalled and throttled connections are not errors. The blob is continued at
// the exact byte, and every answer is checked to be that very range of that very
// version of the blob: status, range, length, ETag and encoding. Anything else is an
// error rather than data. How patient that is, is set with [ReadOptions]. A slow loop
// is no stall: only time spent waiting for storage counts.
//
// However the loop is left (break, return, panic, a context that ends), its
// connections are closed and its goroutines have ended before the statement after
// the loop runs. With Concurrency 1 there are none to begin with.
//
// # Secrets
//
// The SAS prints, logs and marshals as REDACTED, alone and inside of anything else.
// It is added to a copy of the request when that leaves the program, behind all
// policies, logs and spans, so no error and no log has it. It goes to https addresses
// below the root directory only, on Azure's hosts and those that
// [Options.StorageHosts] admits; redirects are never followed. [SAS.Reveal] and
// [Manifest.MarshalWithSAS] are the ways to get it out on purpose.
//
// A SAS often lives for just one hour. With [Options.Refresh], which the poller sets,
// an export is read beyond that: a fresh one is asked for, once for all workers, and
// taken if the service still describes the same data. Where the export had to be made
// again for that, and lies elsewhere by now, each blob goes on at its byte if it is the
// same blob there. If it is not, it is read again from its start, and what was read before
// must be the same text, by its checksum.
//
// # Going on in another process
//
// [Stream.Checkpoint] tells how far a loop has come, and [ReadOptions.Resume] begins
// there. Kept in one transaction with the rows, it makes each row come exactly once,
// however often the program is killed.
//
// # Errors
//
// Refusals of a manifest are [*Error]. Blobs that cannot be read are [*ReadError]:
//
//	ErrMalformed    no manifest, or an unknown data format
//	ErrIncomplete   blobs are missing from the list, or listed twice: ask again
//	ErrUntrusted    it points to where an export cannot be: see Options.StorageHosts
//	ErrSAS          unusable, expired or refused: poll the operation again
//	ErrDataChanged  the service has other data by now: start over with a new export
//	ErrBlobChanged  a blob was overwritten: start over
//	ErrBlobMissing  a blob is gone: make a new export
//	ErrBadAnswer    something on the way changes answers: look for a proxy
//	ErrUnavailable  storage did not answer within the budget: read again later
//	ErrCheckpoint   damaged, or of another version: start over
//	ErrBlobTooLarge over ReadOptions.MaxBlobBytes
//	ErrLeft         a loop of Parallel was left early: not all rows were read
//	ErrUsed         a Stream was ranged over twice: make a new one
//
// Lines that are no rows, and blobs that are damaged, are *lineitem.DecodeError with
// blob, line and byte offset.
//
// # Design
//
// Each worker reads one blob, inflates it into blocks of lines, and decodes them, unless
// another worker has nothing to do: then that one does. So a single large blob keeps all
// cores busy as well as many small ones, and an ordered read is not much slower than
// another. A block that another worker decodes is queued before, which keeps them in order;
// everything but the rows stays with the core that has it in its cache. Workers make way
// for the loop when much is queued: to wake those that sleep takes longer than to decode.
package manifest
