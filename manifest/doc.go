// Package manifest reads finished partner billing exports: it streams the rows of all their blobs
// straight from Azure Blob Storage, without temporary files and in constant memory, and delivers
// every row exactly once or returns a clear error.
//
// # Flow
//
// A [Manifest] lists the blobs of an export and holds the shared access signature, [SAS], with
// which they are read. The poller returns one; [Parse] makes one from JSON that was kept. Rows come
// from an iterator:
//
//	for item, err := range m.Items(ctx, nil) {
//		if err != nil {
//			return err
//		}
//		totals.Add(item.BillingCurrency, item.BillingPreTaxTotal)
//	}
//
// [Manifest.NewStream] returns the same iterator with the position of each row and a report about
// each blob, [Manifest.BlobItems] reads a single blob, [Manifest.Select] makes a manifest of some
// of the blobs, and [As] reads rows of a type with just the columns that are needed.
// [Stream.Batches] yields many rows at a time, for a database or a file. Where the loop does more
// with a row than reading it takes, [Stream.Parallel] distributes the rows over several loops.
//
// A cost details report of Cost Management is a manifest, too: each of its blobs has a URL and a
// SAS of its own, and holds CSV with a header. It is read in the same way, but its SAS cannot be
// refreshed, and there is no checkpoint. The same holds for what a configured export delivers into
// a storage account of your own, which is read with a credential (see costmgmt.ParseExport).
//
// # Guarantees
//
// A loop that ends without an error has read the whole export, each row once: there were as many
// blobs as the service promised, no name occurred twice, every blob was read to its last byte, and
// the checksum at the end of each of its gzip members was right. The MD5 that storage has of a blob
// is compared where the blob is not compressed, or [ReadOptions.VerifyMD5] is set. Before that end,
// the rows are not complete, and in a damaged blob they may be wrong; use a sum over them only
// after the loop.
//
// Complete rows may still lack what matters: where an amount or its currency was renamed by the
// service, or is always null, a sum would be zero. After a whole export in which one of them has a
// value in no row, the loop ends with [ErrAttributeMissing], also where a struct of your own has a
// field for them. What else it needs is named by a tag, such as
//
//	Customer string `json:"CustomerId" lineitem:"required"`
//
// or by [ReadOptions.Require]. In rows that are not of a known dataset, such as those of a report
// of costs, only tag and option count. [Stream.Report] says how many rows have a value of each
// attribute, and which attributes came that the row type does not have. Where an export is read in
// parts, such as by [Manifest.BlobItems] or by several processes, [Report.Merge] adds the reports
// up, and [Report.CheckAttributes] judges the whole.
//
// An error comes once, as the last element of the iterator. Rows that precede it in its blob were
// delivered, so that what was delivered of each blob is an exact prefix of it.
//
// Broken, stalled and throttled connections are retried. The blob is continued at the exact byte,
// and every response is checked to be that range of that version of the blob: status, range,
// length, ETag and encoding. Anything else is an error rather than data. Configure retries with
// [ReadOptions]. A slow loop does not count as a stall: only time spent waiting for storage does.
//
// However the loop is left (break, return, panic, a canceled context), its connections are closed
// and its goroutines have ended before the statement after the loop runs. With Concurrency 1 there
// are no goroutines.
//
// # Secrets
//
// A SAS is printed, logged and marshaled as REDACTED, alone and inside of anything else. It is
// added to a copy of the request after all policies, logs and spans, so no error and no log has it.
// It is sent by https only, below the root directory, to Azure's hosts and those that
// [Options.StorageHosts] admits; redirects are not followed. The method Reveal of [SAS] and
// [Manifest.MarshalWithSAS] are the ways to get it on purpose.
//
// A SAS often lives for just one hour. With [Options.Refresh], which the poller sets, an export can
// be read for longer: a fresh one is requested, once for all workers, and used if the service still
// describes the same data. Where the export had to be made again for that, and has another root
// directory by now, each blob is continued at its byte if it is the same blob there. If it is not,
// it is read again from its start, and what was read before must be the same text, by its checksum.
//
// # Resuming in another process
//
// [Stream.Checkpoint] returns how far a loop has come, and [ReadOptions.Resume] begins there.
// Stored in one transaction with the rows, it makes each row come exactly once, however often the
// program is killed. [Batch.Checkpoint] is the simplest way to that.
//
// # Errors
//
// A manifest that is refused is an [*Error]. A blob that cannot be read is a [*ReadError]:
//
//	ErrMalformed    not a manifest, or an unsupported data format
//	ErrIncomplete   blobs or rows are missing, or a blob listed twice: run the export again
//	ErrUntrusted    it names a location where an export cannot be: see Options.StorageHosts
//	ErrSAS          unusable, expired or refused: poll the operation again
//	ErrDenied       storage refused the credential: grant its identity access
//	ErrDataChanged  the service has other data by now: start over with a new export
//	ErrBlobChanged  a blob was overwritten: start over
//	ErrBlobMissing  a blob does not exist: make a new export
//	ErrBadResponse  a proxy changes responses: let storage bypass it
//	ErrUnavailable  the retry budget is exhausted: read again later
//	ErrSelection    Select or BlobItems with a name that is not there: see Blobs
//	ErrCheckpoint   damaged, of another version or selection: start over
//	ErrBlobTooLarge over ReadOptions.MaxBlobBytes
//	ErrLeft         a loop of Parallel was left early: not all rows were read
//	ErrUsed         a Stream was ranged over twice: make a new one
//
// Lines that are not rows, and blobs that are damaged, are *lineitem.DecodeError with blob, line
// and byte offset.
//
// # Design
//
// The bytes of a blob come from internal/blobread and their text from internal/blobtext, which know
// nothing of rows. An export is checked once, when it is parsed; manifests, selections and streams
// share it and cannot change it.
//
// Each worker reads one blob, decompresses it into blocks of lines, and decodes them, unless
// another worker has nothing to do: then that one does. So a single large blob keeps all cores busy
// as well as many small ones, and an ordered read is not much slower than another. A block that
// another worker decodes is queued first, which keeps them in order; everything but the rows stays
// with the core that has it in its cache. Workers yield when the queue is half full: waking a
// blocked goroutine costs more than decoding a batch.
package manifest
