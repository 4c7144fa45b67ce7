// Package costmgmt calls Microsoft's Billing and Cost Management services for what surrounds a
// partner billing export: billing accounts, customers, invoices, costs, budgets and configured
// exports. They are part of Azure Resource Manager, while the partner billing exports themselves
// come from Microsoft Graph, through package billing.
//
//	client, err := costmgmt.NewClient(cred, nil)
//	account, err := client.PartnerAccount(ctx, nil)
//	month := costmgmt.LastMonth(time.Now())
//	for invoice, err := range client.Invoices(ctx, account.Name, month, nil) {
//		if err != nil {
//			return err
//		}
//		... billing.BilledUsage{InvoiceID: invoice.Number} ...
//	}
//
// # Calls
//
//   - [Client.BillingAccounts], [Client.PartnerAccount], [Client.Customers], [Client.Subscriptions]
//   - [Client.Invoices]: the invoice numbers that Microsoft Graph exports
//   - [BeginCostDetails]: a report of costs as CSV blobs, read by package manifest
//   - [Client.BeginPriceSheet], [OpenPriceSheet], [Prices]
//   - [Client.Query]: aggregated costs
//   - [Client.GetBudget], [Client.Budgets], [Client.PutBudget], [Client.DeleteBudget]
//   - [Client.GetCostPolicy], [Client.SetCostPolicy]: whether a customer sees costs
//   - [Client.GetExport], [Client.Exports], [Client.PutExport], [Client.DeleteExport]: exports into
//     a storage account of your own
//   - [Client.RunExport], [Client.ExportRuns]: runs of such exports
//   - [ParseExport]: reads what such an export delivers, by package manifest
//   - [Client.UsageDetails]: usage by the legacy API
//
// Lists are iterators over all pages; no request is sent before the loop begins. An error is
// yielded once, as the last element. Every call takes a pointer to options last, and nil stands for
// the defaults.
//
// # Changes
//
// To change a budget or an export, get it, change its fields, and put it. The ETag makes sure that
// no other change is lost: where somebody else has changed it in between, nothing is stored and the
// error matches [apierror.ErrConflict]. Then get it again and apply the change to that:
//
//	for try := 1; ; try++ {
//		budget, err := client.GetBudget(ctx, scope, "cloud", nil)
//		if err != nil {
//			return err
//		}
//		budget.Amount = amount
//		_, err = client.PutBudget(ctx, scope, budget, nil)
//		if !errors.Is(err, apierror.ErrConflict) || try == 3 {
//			return err // nil: the change is stored
//		}
//	}
//
// Properties that this package has no field for are sent back as they were received.
//
// # Enumerations
//
// The values of enumerations are strings. The constants are those that Microsoft documents for the
// API versions of this package. A value that the service sends is kept, known or not, and a value
// to be sent is passed on, so that one that Microsoft adds can be used by a conversion, such as
// ExportType("New"). Three are checked, because others cannot work: the [Metric] of
// [BeginCostDetails], whose number of reports is limited; the [ViewCharges] of
// [Client.SetCostPolicy]; and the [Provider] of a budget, which is part of the path.
//
// # Identity and roles
//
// The client requests a token for Azure Resource Manager,
// https://management.azure.com/.default, which is not that of Microsoft Graph; often the roles
// belong to another identity, too. For the billing scopes of a partner's account, Microsoft
// documents users with the role Global admin or Admin agent in the partner's tenant, and does not
// mention service principals. Whether a service principal is accepted there, for instance as a
// member of the group AdminAgents, is not verified against the real service. An identity without a
// role gets empty lists and no error; [Client.PartnerAccount] returns [ErrNoPartnerAccount] then.
// Customers and resellers see the costs of their subscriptions only after [Client.SetCostPolicy]
// has allowed it.
//
// # Limits of the service
//
// Cost Management throttles: a tenant has 12 query units in 10 seconds, 60 in a minute and 600 in
// an hour, and one month of data in one query is one unit. Group by customer at the scope of the
// account instead of querying each customer. The client honors the delays that the service
// requests, in whichever header, up to [ClientOptions.MaxThrottleWait]. A cost details report
// covers a month at most, reaches back 13 months, and is meant for 2 GB at most; data are refreshed
// every four hours. Costs are in USD by default at the scope of an account, and in the billing
// currency at the scope of a billing profile.
//
// # Azure's own modules
//
// This package does not build on armbilling and armcostmanagement, whose requests it is tested
// against: armbilling reads amounts as float32 and rejects a whole page for one date without a
// time, the query client of armcostmanagement returns the first page alone, and both follow links
// to other hosts with the token. Here amounts are exact [lineitem.Decimal] values, and dates are
// parsed in every form that has been seen. Use those modules for calls that are missing here. They
// ignore the headers by which Cost Management requests delays, other than Retry-After.
//
// # Errors
//
// What a call can fail with is in package apierror. A rejected request is an
// [*apierror.RequestError]; it matches [apierror.ErrPermission], [apierror.ErrUnauthenticated],
// [apierror.ErrNotFound], [apierror.ErrConflict] or [apierror.ErrUnavailable] where one of them
// applies. A response without data is [apierror.ErrNoData], never an empty result. The errors of
// this package itself are:
//
//   - [ErrInvalidRequest]: the request cannot be right; nothing was sent
//   - [ErrNoPartnerAccount], [ErrSeveralPartnerAccounts]: of [Client.PartnerAccount]
//   - [ErrRunFailed]: of [ExportRun.Wait]
//   - [ErrTooLarge]: of [OpenPriceSheet]
//
// No error holds an access token or a signature.
package costmgmt
