// Package billingtest is Microsoft's partner billing service in memory: the tokens, Microsoft Graph, and the storage that the exports
// lie in. Programs that read exports are tested against it, as nobody has a partner tenant in CI.
//
// It is written from the documentation and from captured responses alone. It does not know the packages of this SDK that talk to it, so
// that the two cannot share a mistake.
//
// # A server
//
// A [Server] is a policy.Transporter. Handed to a client as its transport it answers the requests to Graph and to storage alike, without
// sockets and without goroutines, so it works inside of a testing/synctest bubble:
//
//	srv := billingtest.NewServer(nil)
//	client, err := billing.NewClient(srv.Credential(), &billing.ClientOptions{
//		ClientOptions: azcore.ClientOptions{Transport: srv},
//	})
//
// Without more ado there is one export of each of the five kinds, under [DefaultInvoiceID], [DefaultBillingPeriod] and [DefaultCurrency].
// [Options] change how long an operation runs, how it names its manifest, how long tokens live. [Server.Listen] serves the same on a
// real TLS listener.
//
// # Exports
//
// [Server.Add] offers an [Export] of one's own. Its rows are made by a generator from nothing but the Export, and look like the
// real ones in width, order, variety and precision. An export may have any number of rows: they are made while they are sent, and the
// server keeps no more than Options.CacheBytes of them. Rows that matter to the letter are given as Export.Lines, and whole
// blobs, good or broken, as Export.Files.
//
// [Export.Truth] says what must come out in the end: rows per blob and per customer, and the exact sum of each decimal attribute in
// each currency. It is counted in integers from the generator's decisions, without a look at the text.
//
//	truth, err := export.Truth()
//	if got := totals.Text("EUR"); got != truth.Sums()["EUR"] {
//		t.Errorf("the sum is %s; want %s", got, truth.Sums()["EUR"])
//	}
//
// An Export can be written without a server, too: [Export.WriteBlob] and [Export.WriteLines], for files and for other storage.
//
// # What a client did
//
// [Server.Requests] has all requests in order. [Server.Violations] has those that no client may ever make, such as one
// with a bearer token to a storage host. [Server.OpenBodies] counts bodies that are not closed. A test of a client ends well with
//
//	if v := srv.Violations(); len(v) > 0 || srv.OpenBodies() != 0 {
//		t.Errorf("violations %v, %d bodies left open", v, srv.OpenBodies())
//	}
//
// # Faults
//
// A script makes things go wrong. A [Step] says which requests it takes, and its [Action] what becomes of them; all others are
// answered as usual:
//
//	srv.Script(
//		billingtest.Step{On: billingtest.OperationCall, Do: billingtest.GraphError(503, "ServiceUnavailable", "Try later.")},
//		billingtest.Step{On: billingtest.BlobCall, Skip: 1, For: 3, Do: billingtest.Cut(100_000, billingtest.ErrReset)},
//		billingtest.Step{On: billingtest.BlobCall, Do: billingtest.Before(srv.ExpireSAS)},
//	)
//	// … the test …
//	if err := srv.ScriptDone(); err != nil {
//		t.Error(err) // a step never happened, so nothing was tested
//	}
//
// Actions are functions around the service, so [Chain] joins them, and new ones are a few lines. [Drop], [Cut], [Stall], [StallAfter] and
// [Dribble] are about the connection; [Respond], [GraphError], [StorageError], [RedirectTo], [Header], [Status] and [EditJSON] about the
// answer; [EditRequest] and [IgnoreRange] about what is asked; [Before] about what happens meanwhile, such as [Server.ExpireSAS],
// [Server.ReplaceBlob] or [Server.Add] of newer data.
package billingtest
