// Package billingtest is Microsoft's partner billing service in memory, for tests of programs that
// read exports: tokens, Microsoft Graph, Azure Resource Manager, and storage.
//
// It is written from the documentation and from captured responses alone. It does not import the
// client packages of this SDK, so that client and service cannot share a mistake.
//
// # A server
//
// A [Server] is a policy.Transporter. As the transport of a client it handles the requests to Graph
// and to storage. It needs no sockets and no goroutines, so it works in a testing/synctest bubble:
//
//	srv := billingtest.NewServer(nil)
//	client, err := billing.NewClient(srv.Credential(), &billing.ClientOptions{
//		ClientOptions: azcore.ClientOptions{Transport: srv},
//	})
//
// By default the server has one export of each of the five kinds, under [DefaultInvoiceID],
// [DefaultBillingPeriod] and [DefaultCurrency]. [Options] set how long an operation runs, how it
// names its manifest, and the lifetime of tokens. [Server.Listen] serves the same on a TLS
// listener, for programs in other processes, too: [Dial].
//
// A call that Microsoft has and this service has not is responded to with status 501.
//
// # Exports
//
// [Server.Add] adds an [Export]. Its rows are generated, and equal Exports have equal rows. They
// resemble real rows in width, order, variety and precision. An export may have any number of rows:
// they are generated while they are sent, and the server keeps at most Options.CacheBytes of them.
// Export.Lines sets exact rows, and Export.Files whole blobs, valid or corrupt.
//
// [Export.Truth] returns the expected result: rows per blob and per customer, and the exact sum of
// each decimal attribute in each currency. It is computed in integers, independently of the text of
// the rows.
//
//	truth, err := export.Truth()
//	if got := totals.Text("EUR"); got != truth.Sums()["EUR"] {
//		t.Errorf("the sum is %s; want %s", got, truth.Sums()["EUR"])
//	}
//
// [Export.TruthBy] returns sums by any attributes.
//
// [Export.WriteBlob] and [Export.WriteLines] write an Export without a server, to files or to other
// storage.
//
// # Invoices and costs
//
// [Server.SetAccount] sets a billing account in Resource Manager, with invoices. Its customers and
// subscriptions are those of the exports, and its costs are the rows of the usage exports: those of
// invoices, and unbilled ones of a month without an invoice. The rows are of September and October
// 2024; a requested period that begins in the last month or in this one selects the same rows, and
// so does a word such as TheLastMonth.
//
// A configured export, when it is run, is delivered to a storage account of the tenant, which opens
// with a token of the same credential.
//
// # What a client did
//
// [Server.Requests] returns all requests in order. [Server.Violations] returns what no client may
// do, such as sending a bearer token to a storage host. [Server.OpenBodies] counts the bodies that
// are not closed. End the test of a client with
//
//	if v := srv.Violations(); len(v) > 0 || srv.OpenBodies() != 0 {
//		t.Errorf("violations %v, %d bodies left open", v, srv.OpenBodies())
//	}
//
// # Faults
//
// A script injects faults. A [Step] selects requests, and its [Action] handles them. All other
// requests are handled as usual:
//
//	srv.Script(
//		billingtest.Step{
//			On: billingtest.OperationCall,
//			Do: billingtest.GraphError(503, "ServiceUnavailable", "Try later."),
//		},
//		billingtest.Step{
//			On: billingtest.BlobCall, Skip: 1, For: 3,
//			Do: billingtest.Cut(100_000, billingtest.ErrReset),
//		},
//		billingtest.Step{On: billingtest.BlobCall, Do: billingtest.Before(srv.ExpireSAS)},
//	)
//	// … the test …
//	if err := srv.ScriptDone(); err != nil {
//		t.Error(err) // a step was not applied, so nothing was tested
//	}
//
// Actions are functions that wrap the service, so [Chain] combines them and a new one is a few
// lines. [Drop], [Cut], [Stall], [StallAfter] and [Dribble] affect the connection. [Respond],
// [GraphError], [StorageError], [RedirectTo], [Header], [Status] and [EditJSON] set or change the
// response. [EditRequest] and [IgnoreRange] change the request. [Before] calls a function first,
// such as [Server.ExpireSAS], [Server.ReplaceBlob] or [Server.Add] with newer data.
package billingtest
