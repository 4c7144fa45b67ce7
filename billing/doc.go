// Package billing asks Microsoft Graph for partner billing exports. It is where a
// program starts: a typed request goes in, a poller waits, and the manifest's iterator
// yields typed rows straight from storage.
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
//   - [BilledAggregatedUsage]: usage summed up by the service, rows of lineitem.Record
//
// Graph has no call that lists invoice numbers; they come from Partner Center or Azure's
// billing API. Only invoices of new commerce (G...) can be exported.
//
// # Permissions
//
// The app registration lives in the partner's own tenant and needs Microsoft Graph's
// permission PartnerBilling.Read.All, delegated or application, with the consent of an
// administrator. Microsoft offers the exports in the global cloud only.
//
// # Waiting
//
// An export takes from half a minute to half an hour. The poller's ResumeToken continues
// the waiting in another process; see [BeginExportOptions]. Once the export is done, its
// manifest can be read for an hour or more; a signature that expires in the middle of
// reading is renewed.
//
// # Errors
//
// Errors are matched with errors.Is and errors.As, and their texts say what to do:
//
//   - [ErrInvalidRequest], [ErrLegacyInvoice]: the request cannot be right; nothing was sent
//   - apierror.ErrUnauthenticated: no token, or the service does not accept it
//   - apierror.ErrPermission: the permission or the consent is missing
//   - apierror.ErrNotPartner: the credential belongs to a tenant that is no partner
//   - apierror.ErrNoData: there is nothing for this invoice, period or currency
//   - apierror.ErrExpired: the service has forgotten the export; begin a new one
//   - apierror.ErrUnavailable: the service could not be reached; try again later
//   - *apierror.RequestError, *apierror.OperationError: what the service said, with the
//     request ID that Microsoft's support asks for
//   - *apierror.TimeoutError: the waiting is over, the export is not; it has the resume token
//
// Errors while rows are read are those of packages manifest and lineitem.
//
// # Safety
//
// The bearer token goes to the configured Graph host and nowhere else, the signature of the
// storage to hosts of Azure storage and nowhere else, both over https alone and never
// along a redirect. Neither of them is in any error or log line.
//
// # Testing
//
// Package billingtest has the whole service in memory, for programs that use this one:
// its Server is a Transport and has a credential.
package billing
