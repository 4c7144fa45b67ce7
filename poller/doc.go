// Package poller waits for an export of partner billing data: from the operation that the service
// names when it accepts the request, to the manifest that lists the export's blobs.
//
// BeginExport in package billing returns a [Poller], and so does BeginCostDetails in package
// costmgmt:
//
//	p, err := billing.BeginExport(ctx, client, billing.BilledUsage{InvoiceID: "G016907411"}, nil)
//	if err != nil {
//		return err
//	}
//	m, err := p.PollUntilDone(ctx, nil)
//	if err != nil {
//		return err
//	}
//	for item, err := range m.Items(ctx, nil) { ... }
//
// # Differences from azcore's poller
//
// [Poller] has the methods of azcore's runtime.Poller and runs on azcore's pipeline, but it is
// another type. Microsoft Graph responds with status 200 while an operation is still running, which
// azcore's poller takes for success. And azcore's poller sends the bearer token to any address that
// a Location header names; this one sends requests only to the scheme, host and port of the
// configured endpoint.
//
// # Waiting
//
// [Poller.PollUntilDone] pauses between polls as the service asks with Retry-After, in seconds or
// as a date, or else for ten seconds, growing to a minute. It retries after lost connections,
// throttling, server errors and truncated responses for up to 15 minutes without a usable response,
// on top of the retries of the pipeline. It also retries for about a minute where the service does
// not find an operation that it has just accepted, or a manifest that it has just named. It gives
// up after two hours, or after MaxWait. To poll at times of your own, call [Poller.Poll] until
// [Poller.Done] reports true, and then [Poller.Result].
//
// Canceling the context ends the wait, not the operation: the service has no way to cancel one.
//
// # Resuming
//
// [Poller.ResumeToken] is a short text without secrets. Store it, and a later process continues
// with it, without another export; see BeginExportOptions of package billing. An
// *apierror.TimeoutError has one, too. ReadExport of package billing does that with a [TokenStore].
//
// # Errors
//
// Package [github.com/partnerbilling/sdk-go/apierror] lists the errors and what to do about each.
// An error of Result or PollUntilDone can also be a
// [*github.com/partnerbilling/sdk-go/manifest.Error]: the export is done, but its manifest is
// incomplete or cannot be trusted. No error holds an access token or a signature, in any form of
// printing.
package poller
