package faulttest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
	"github.com/partnerbilling/sdk-go/poller"
)

// tokenStore is a store in memory.
type tokenStore struct {
	token string
	save  func() // before a token is saved
}

func (s *tokenStore) Load(context.Context) (string, error) { return s.token, nil }

func (s *tokenStore) Save(ctx context.Context, token string) error {
	s.save()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	s.token = token
	return nil
}

func (s *tokenStore) Forget(context.Context) error {
	s.token = ""
	return nil
}

// twoRuns are a run of a program that ends before it has read the export, and one that reads it.
type twoRuns struct {
	polls    int           // after which the first run ends; if there are fewer, it ends while it reads
	atSave   bool          // it ends before the token is saved
	gone     bool          // it ends because a blob is gone
	unbilled bool          // usage of the current period
	later    time.Duration // when the second run starts
	month    bool          // which is in another month
	exports  int           // how many exports both begin
}

func runTwice(t *testing.T, w *twoRuns) result {
	t.Helper()
	files, ledger := blobs(2, 100, 50)
	e := billingtest.Export{InvoiceID: request.InvoiceID, Files: files}
	if w.unbilled {
		e.InvoiceID, e.BillingPeriod, e.CurrencyCode = "", "current", "EUR"
		if w.month { // the first run is a minute before midnight of its last day
			now := time.Now()
			time.Sleep(time.Date(now.Year(), now.Month()+1, 1, 0, 0, 0, 0, time.UTC).Add(-time.Minute).Sub(now))
		}
	}
	s := serveExport(t, &billingtest.Options{OperationLifetime: 36 * time.Hour}, e)
	s.ledger = ledger
	s.client.Transport = s.transport
	client, err := billing.NewClient(s.credential, &s.client)
	if err != nil {
		t.Fatal(err)
	}
	unbilled := billing.UnbilledUsage{BillingPeriod: billing.BillingPeriodCurrent, CurrencyCode: "EUR"}

	store := &tokenStore{save: func() {}}
	run := func(ctx context.Context, read func(*manifest.Manifest[lineitem.Usage]) error, o *billing.ReadExportOptions) error {
		if w.unbilled {
			return billing.ReadExport(ctx, client, unbilled, store, read, o)
		}
		return billing.ReadExport(ctx, client, request, store, read, o)
	}

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	polls := 0
	first := &billing.ReadExportOptions{Poll: poller.PollUntilDoneOptions{OnProgress: func(poller.Operation) {
		if polls++; polls == w.polls {
			cancel()
		}
	}}}
	switch {
	case w.atSave:
		store.save = cancel
	case w.polls == 0:
		first.OnStart = func(billing.Start) { cancel() }
	}
	ended := errors.New("the run ended")
	if w.gone {
		ended = manifest.ErrBlobMissing
	}
	if err := run(ctx, func(*manifest.Manifest[lineitem.Usage]) error { return ended }, first); !errors.Is(err, ended) && !errors.Is(err, context.Canceled) {
		t.Fatalf("first run: %v", err)
	}
	store.save = func() {}
	time.Sleep(w.later)

	var r result
	err = run(t.Context(), func(m *manifest.Manifest[lineitem.Usage]) error {
		secrets.add(m.SAS().Reveal())
		r = s.rows(t.Context(), manifest.As[numbered](m))
		return r.err
	}, nil)
	if err != nil {
		r = result{err: err, ledger: ledger}
	}
	if n := s.count(billingtest.ExportCall); n != w.exports {
		t.Errorf("%d exports were begun, want %d", n, w.exports)
	}
	if store.token != "" {
		t.Error("the token was not forgotten")
	}
	s.wantClean(t)
	return r
}
