// Package costmgmt makes the calls that surround a partner billing export: who is billed, which
// invoices there are, what the costs are made of. They go to Azure Resource Manager, Billing and
// Cost Management, while the exports themselves come from Microsoft Graph by package billing.
//
//	client, err := costmgmt.NewClient(cred, nil)
//	account, err := client.PartnerAccount(ctx)
//	for invoice, err := range client.Invoices(ctx, account.Name, costmgmt.LastMonth(time.Now())) {
//		if err != nil {
//			return err
//		}
//		... billing.BilledUsage{InvoiceID: invoice.Number} ...
//	}
//
// # Calls
//
//   - [Client.BillingAccounts], [Client.PartnerAccount], [Client.Customers], [Client.Subscriptions]
//   - [Client.Invoices]: the numbers that Graph wants
//   - [BeginCostDetails]: a report of CSV blobs, read by package manifest as an export is
//   - [Client.BeginPriceSheet], [OpenPriceSheet]
//   - [Client.Query]: aggregated costs, every page of them
//   - [Client.PutBudget], [Client.DeleteBudget]
//   - [Client.CostPolicy], [Client.SetCostPolicy]: whether a customer sees costs
//   - [Client.PutExport], [Client.RunExport], [Client.WaitExportRun]
//   - [Client.UsageDetails]: legacy
//
// Lists are iterators that follow all pages. An error comes once, as the last element.
//
// # Identity and roles
//
// The credential gets a token for https://management.azure.com/.default, which is another audience
// than that of Graph, and often another identity has the right roles. For the billing scopes of a
// partner account, Microsoft documents users in the roles Global admin and Admin agent of the
// partner's tenant; for service principals it documents nothing, and members of the community add
// them to the group AdminAgents. An identity without a role gets empty lists, not a refusal:
// [Client.PartnerAccount] makes [ErrNoPartnerAccount] of that. Customers and resellers see the costs
// of their subscriptions only after [Client.SetCostPolicy] has allowed it.
//
// # Limits of the service
//
// Cost Management throttles hard: 12 query units in 10 seconds, 60 a minute and 600 an hour for a
// tenant, one for each month of data that a query asks for. Group by customer at the account's scope
// instead of asking for each customer. What it asks to wait, in whichever of its headers, is waited,
// up to [ClientOptions.MaxThrottleWait]. A cost details report covers a month at most, reaches back
// 13 months, and is not meant for more than 2 GB; data are refreshed every four hours. Amounts at the
// account's scope are in USD by default, at a billing profile's scope in its billing currency.
//
// # Why not Azure's own modules
//
// armbilling holds amounts as float32 and fails a whole page over one plain date; the query client
// of armcostmanagement returns the first page only; both follow links to any host, with the token.
// So each call is made here, on the pipeline that these modules use, with types of our own: amounts
// are [lineitem.Decimal], dates are read in every form that was seen. Requests are held against those
// modules' fakes in the tests. For what is missing here, [ARMOptions] lets any of Azure's clients
// wait as this one does.
//
// # Errors
//
// A refusal is a [*apierror.RequestError]; it matches [apierror.ErrPermission], [apierror.ErrUnauthenticated],
// [apierror.ErrNotFound] or [apierror.ErrUnavailable] where it is one of these. [ErrInvalidRequest] comes before
// anything is sent. An answer without data is [apierror.ErrNoData], never an empty success. No error
// holds a token or a signature.
package costmgmt
