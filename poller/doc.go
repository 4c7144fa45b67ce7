// Package poller waits for an export of partner billing data: from the operation which the service names when it accepts the
// request, to the manifest that lists the export's blobs.
//
// Most programs meet it as the result of BeginExport in package billing:
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
// # Why not azcore's poller
//
// [Poller] has the methods of azcore's runtime.Poller and runs on azcore's pipeline, but it is another one. This service answers 200
// while an operation is still running, which azcore's poller takes for success. And azcore's poller sends the bearer token to
// whatever address a Location header names; this one goes only to the scheme, host and port of the configured endpoint, and
// looks at each address anew.
//
// # Waiting
//
// [Poller.PollUntilDone] pauses between polls as the service asks by Retry-After, in seconds or as a date, or else for ten seconds
// that grow to a minute. It looks past lost connections, throttling, failing servers and cut-off answers for up to 15 minutes in a
// row, on top of the retries of the pipeline. It gives up after two hours, or after MaxWait. To do the waiting in a rhythm of your
// own, call [Poller.Poll] until [Poller.Done], and then [Poller.Result].
//
// Cancelling the context ends the waiting, not the operation: the service has no way to cancel one.
//
// # Going on later
//
// [Poller.ResumeToken] is a short text without any secret. Store it, and a later process continues with BeginExport in package
// billing, or with [Resume], at no cost of another export. A [*apierror.TimeoutError] brings it along.
//
// # Errors
//
//	errors.Is / errors.As   what happened                                   what to do
//	---------------------   ---------------------------------------------   --------------------------------------------
//	apierror.ErrNoData               nothing was charged, or no such invoice         treat as empty, or check the input
//	apierror.ErrExpired              the service dropped the operation               begin a new export
//	apierror.ErrUnauthenticated      no token, or a fresh one refused                repair the credential, then resume
//	apierror.ErrPermission           PartnerBilling.Read.All or consent is missing   have an administrator grant it, then resume
//	apierror.ErrNotPartner           the tenant is not a partner's                   use a credential of the partner's tenant
//	*apierror.OperationError         the operation failed                            begin a new export
//	*apierror.TimeoutError           not done in time, or told to wait for longer    resume later with its ResumeToken
//	apierror.ErrUnavailable          no usable answer (Poll and Result only)         call again
//	apierror.ErrMalformed            an answer that makes no sense                   look for a proxy in between; report it
//	apierror.ErrForeignLocation      sent to another host, and not gone there        look for a proxy in between; report it
//	apierror.ErrRedirect             an HTTP redirect, not followed                  look for a proxy in between
//	apierror.ErrCertificate          TLS with an unknown certificate                 install the proxy's root certificate
//	apierror.ErrResumeToken          the token does not fit here                     begin a new export
//	*apierror.RequestError           any refusal, with HTTP status and request-id    as its text says
//
// An error of Result or PollUntilDone can also be a [*manifest.Error]: the export is there, but its manifest cannot be trusted, or
// is not whole. And when ctx ended, it matches ctx's error and cause.
//
// No error holds an access token or a signature, in any form of printing.
package poller
