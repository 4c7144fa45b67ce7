// Package billing exports partner billing data from Microsoft Graph: daily rated usage and invoice
// line items. It is for programs of Cloud Solution Provider partners. [BeginExport] sends a typed
// request, a poller waits for the export, and the manifest's iterator yields typed rows from
// storage.
//
//	cred, err := azidentity.NewDefaultAzureCredential(nil)
//	client, err := billing.NewClient(cred, nil)
//
//	p, err := billing.BeginExport(ctx, client, billing.BilledUsage{InvoiceID: "G016907411"}, nil)
//	m, err := p.PollUntilDone(ctx, nil)
//
//	var totals lineitem.Totals
//	for item, err := range m.Items(ctx, nil) { // item is a lineitem.Usage
//		if err != nil {
//			return err
//		}
//		totals.Add(item.BillingCurrency, item.BillingPreTaxTotal)
//	}
//
// # Requests
//
//   - [BilledUsage] and [UnbilledUsage]: daily rated usage, rows of lineitem.Usage
//   - [BilledReconciliation] and [UnbilledReconciliation]: invoice line items, rows of
//     lineitem.Reconciliation
//   - [BilledAggregatedUsage]: usage aggregated by the service, rows of lineitem.Record
//
// Usage and line items of an invoice do not add up to the same amount: the lines are rounded, and
// have what is no usage. How to compare them with each other and with the invoice:
// https://github.com/partnerbilling/sdk-go/blob/main/docs/reconciliation.md
//
// Graph has no call that lists invoice numbers; they come from package costmgmt or Partner Center.
// Only invoices of new commerce (G...) can be exported.
//
// # Permissions
//
// The app registration is in the partner's own tenant and needs Microsoft Graph's permission
// PartnerBilling.Read.All, delegated or application, with the consent of an administrator. The
// access token is requested for the scope https://graph.microsoft.com/.default, and so has what was
// consented to; it is not the token of package costmgmt. A user signs in with a work or school
// account: Microsoft does not support personal accounts. The exports are offered in the global
// cloud only.
//
// # How fresh the data are
//
// Daily rated usage normally shows up within a day. In the first days of a month the service makes
// the billed data of the month before first: until they are out, unbilled usage of the new month,
// [BillingPeriodCurrent], can be late or missing, which is an export with fewer rows, one without
// rows, or [github.com/partnerbilling/sdk-go/apierror.ErrNoData]. None of them means that there was
// no usage; export again later.
//
// # Waiting and resuming
//
// An export takes between half a minute and half an hour. [ReadExport] continues it after a crash
// or an interruption, with a store for its resume token; the poller's ResumeToken does so where the
// program keeps the token itself; if you have no token, the operation's ID or URL is enough. See
// [BeginExportOptions]. Once the export is done, its manifest can be read for an hour or more; a
// SAS that expires during a read is refreshed.
//
// # Errors
//
// [ErrInvalidRequest] and [ErrLegacyInvoice] mean that nothing was sent. What a call to the service
// can fail with is listed in package [github.com/partnerbilling/sdk-go/apierror], with what to do
// about it; the text of each error says so, too. Errors of reading rows are those of packages
// manifest and lineitem.
//
// # Security
//
// The bearer token is sent only to the configured Graph host, a SAS only to hosts of Azure storage,
// both only over HTTPS and never along a redirect. Neither is in any error or log line.
//
// # Testing
//
// Package billingtest is the service in memory, for tests of programs that use this package: its
// Server is a Transport and has a credential.
package billing
