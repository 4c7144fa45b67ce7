package billing_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/partnerbilling/sdk-go/apierror"
	"github.com/partnerbilling/sdk-go/billing"
	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/lineitem"
	"github.com/partnerbilling/sdk-go/manifest"
)

// service returns a service in memory and a client of it.
func service(t *testing.T, o *billingtest.Options, version string, exports ...billingtest.Export) (*billingtest.Server, *billing.Client) {
	t.Helper()
	s := billingtest.NewServer(o)
	if err := s.Add(exports...); err != nil {
		t.Fatal(err)
	}
	c, err := billing.NewClient(s.Credential(), &billing.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: s, APIVersion: version}})
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}

// export runs an export to its end and sums it up.
func export[T any](ctx context.Context, c *billing.Client, r billing.Request[T], amount func(T) (string, lineitem.Decimal)) (rows int, totals *lineitem.Totals, err error) {
	p, err := billing.BeginExport(ctx, c, r, nil)
	if err != nil {
		return 0, nil, err
	}
	m, err := p.PollUntilDone(ctx, nil)
	if err != nil {
		return 0, nil, err
	}
	totals = new(lineitem.Totals)
	for row, err := range m.Items(ctx, nil) {
		if err != nil {
			return rows, nil, err
		}
		totals.Add(amount(row))
		rows++
	}
	return rows, totals, nil
}

func usage(u lineitem.Usage) (string, lineitem.Decimal) {
	return u.BillingCurrency, u.BillingPreTaxTotal
}

func reconciliation(r lineitem.Reconciliation) (string, lineitem.Decimal) {
	return r.Currency, r.Total
}

// TestEveryExport runs all five exports on both versions, both sets and all forms in which
// the service names its manifest, and holds rows and sums against what the service
// generated.
func TestEveryExport(t *testing.T) {
	const invoice = "G016907411"
	usages := billingtest.Export{Dataset: billingtest.Usage, InvoiceID: invoice, Rows: 700, Blobs: 3, Currencies: []string{"USD", "EUR"}, Seed: 1}
	unbilledUsages := billingtest.Export{Dataset: billingtest.Usage, BillingPeriod: "last", CurrencyCode: "CHF", Rows: 300, Seed: 2}
	lines := billingtest.Export{Dataset: billingtest.Reconciliation, InvoiceID: invoice, Rows: 500, Seed: 3}
	unbilledLines := billingtest.Export{Dataset: billingtest.Reconciliation, BillingPeriod: "current", CurrencyCode: "GBP", Rows: 200, Seed: 4}
	aggregated := billingtest.Export{Dataset: billingtest.AggregatedUsage, InvoiceID: invoice, Rows: 100, Seed: 5}

	for _, version := range []string{"", "v1.0", "beta"} {
		for _, form := range []billingtest.LocationForm{billingtest.LocationEmbedded, billingtest.LocationNavigationLink, billingtest.LocationURI} {
			for _, word := range []string{"succeeded", "Completed"} {
				t.Run(fmt.Sprintf("%s %d %s", version, form, word), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						s, c := service(t, &billingtest.Options{ResourceLocation: form, SuccessStatus: word, AggregatedInV1: true, PollDelay: 10 * time.Second}, version,
							usages, unbilledUsages, lines, unbilledLines, aggregated)
						for _, set := range billing.PossibleAttributeSetValues() {
							rows, totals, err := export(t.Context(), c, billing.BilledUsage{InvoiceID: invoice, AttributeSet: set}, usage)
							same(t, usages, rows, totals, err)
							rows, totals, err = export(t.Context(), c, billing.UnbilledUsage{BillingPeriod: "last", CurrencyCode: "chf", AttributeSet: set}, usage)
							same(t, unbilledUsages, rows, totals, err)
							rows, totals, err = export(t.Context(), c, billing.BilledReconciliation{InvoiceID: invoice, AttributeSet: set}, reconciliation)
							same(t, lines, rows, totals, err)
							rows, totals, err = export(t.Context(), c, billing.UnbilledReconciliation{BillingPeriod: "current", CurrencyCode: "GBP", AttributeSet: set}, reconciliation)
							same(t, unbilledLines, rows, totals, err)
						}
						rows, _, err := export(t.Context(), c, billing.BilledAggregatedUsage{InvoiceID: invoice}, func(r lineitem.Record) (string, lineitem.Decimal) {
							if r.Len() == 0 {
								t.Error("a record without attributes")
							}
							return "", lineitem.Decimal{}
						})
						if err != nil || rows != aggregated.Rows {
							t.Errorf("aggregated: %d rows, %v", rows, err)
						}
						clean(t, s)
					})
				})
			}
		}
	}
}

// same holds what was read against what was generated.
func same(t *testing.T, e billingtest.Export, rows int, totals *lineitem.Totals, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	truth, err := e.Truth()
	if err != nil {
		t.Fatal(err)
	}
	if rows != e.Rows {
		t.Errorf("%d rows, want %d", rows, e.Rows)
	}
	for currency, sum := range truth.Sums() {
		if got := totals.Text(currency); !equal(t, got, sum) {
			t.Errorf("%s %s, want %s", currency, got, sum)
		}
	}
	if len(totals.Currencies()) != len(truth.Sums()) {
		t.Errorf("currencies %v", totals.Currencies())
	}
}

func equal(t *testing.T, a, b string) bool {
	t.Helper()
	x, errX := lineitem.ParseDecimal(a)
	y, errY := lineitem.ParseDecimal(b)
	if err := errors.Join(errX, errY); err != nil {
		t.Fatal(err)
	}
	return x.Cmp(y) == 0
}

// clean sees to it that nothing was sent that must not be, and no body is left open.
func clean(t *testing.T, s *billingtest.Server) {
	t.Helper()
	if v := s.Violations(); len(v) > 0 {
		t.Errorf("violations: %v", v)
	}
	if n := s.OpenBodies(); n != 0 {
		t.Errorf("%d bodies are open", n)
	}
	hosts := make(map[string]bool)
	for _, r := range s.Requests() {
		hosts[r.Host] = true
	}
	if len(hosts) != 2 || !hosts["graph.microsoft.com"] {
		t.Errorf("hosts reached: %v", hosts)
	}
}

// A client that NewClient did not make, and no request, are errors and no panic.
func TestExportOfNoClient(t *testing.T) {
	for name, client := range map[string]*billing.Client{"nil": nil, "zero": {}} {
		if _, err := billing.BeginExport(t.Context(), client, billing.BilledUsage{InvoiceID: "G1"}, nil); !errors.Is(err, billing.ErrInvalidRequest) {
			t.Errorf("%s client: %v", name, err)
		}
	}
	client := retrying(t, &fixed{token: canary}, &wire{respond: accepted})
	if _, err := billing.BeginExport[lineitem.Usage](t.Context(), client, nil, nil); !errors.Is(err, billing.ErrInvalidRequest) {
		t.Errorf("no request: %v", err)
	}
}

func TestResumeInAnotherProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := billingtest.Export{InvoiceID: "G1", Rows: 10}
		s, first := service(t, &billingtest.Options{RunningPolls: 3}, "", e)
		p, err := billing.BeginExport(t.Context(), first, billing.BilledUsage{InvoiceID: "G1"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Poll(t.Context()); err != nil {
			t.Fatal(err)
		}
		token, err := p.ResumeToken()
		if err != nil {
			t.Fatal(err)
		}
		second, err := billing.NewClient(s.Credential(), &billing.ClientOptions{ClientOptions: azcore.ClientOptions{Transport: s}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := billing.BeginExport(t.Context(), second, billing.BilledReconciliation{InvoiceID: "G1"}, &billing.BeginExportOptions{ResumeToken: token}); !errors.Is(err, apierror.ErrResumeToken) {
			t.Errorf("the token of a usage export was taken for reconciliation: %v", err)
		}
		again, err := billing.BeginExport(t.Context(), second, billing.BilledUsage{InvoiceID: "G1"}, &billing.BeginExportOptions{ResumeToken: token})
		if err != nil {
			t.Fatal(err)
		}
		m, err := again.PollUntilDone(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		rows := 0
		for _, err := range m.Items(t.Context(), nil) {
			if err != nil {
				t.Fatal(err)
			}
			rows++
		}
		if rows != 10 {
			t.Errorf("%d rows", rows)
		}
		posts := 0
		for _, r := range s.Requests() {
			if r.Method == "POST" {
				posts++
			}
		}
		if posts != 1 {
			t.Errorf("%d exports were begun", posts)
		}
		clean(t, s)
	})
}

func TestNarrowRows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := billingtest.Export{InvoiceID: "G1", Rows: 100}
		s, c := service(t, nil, "", e)
		p, err := billing.BeginExport(t.Context(), c, billing.BilledUsage{InvoiceID: "G1", AttributeSet: billing.AttributeSetBasic}, nil)
		if err != nil {
			t.Fatal(err)
		}
		m, err := p.PollUntilDone(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		rows := 0
		for row, err := range manifest.As[lineitem.UsageBasic](m).Items(t.Context(), nil) {
			if err != nil {
				t.Fatal(err)
			}
			if len(row.Unknown) > 0 || row.CustomerID == "" {
				t.Fatalf("row %+v", row)
			}
			rows++
		}
		if rows != 100 {
			t.Errorf("%d rows", rows)
		}
		clean(t, s)
	})
}

func TestServiceErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c := service(t, nil, "", billingtest.Export{InvoiceID: "G1", Rows: 1})
		_, _, err := export(t.Context(), c, billing.BilledUsage{InvoiceID: "G999"}, usage)
		var failed *apierror.OperationError
		if !errors.Is(err, apierror.ErrNoData) || !errors.As(err, &failed) || failed.Code != "5000" {
			t.Errorf("unknown invoice: %v", err)
		}
		_, _, err = export(t.Context(), c, billing.BilledUsage{InvoiceID: "D0400", AllowLegacy: true}, usage)
		if !errors.Is(err, apierror.ErrNoData) {
			t.Errorf("legacy invoice: %v", err)
		}
		_, stranger := service(t, &billingtest.Options{NotAPartner: true}, "", billingtest.Export{InvoiceID: "G1", Rows: 1})
		_, _, err = export(t.Context(), stranger, billing.BilledUsage{InvoiceID: "G1"}, usage)
		if !errors.Is(err, apierror.ErrNotPartner) {
			t.Errorf("not a partner: %v", err)
		}
		_, slow := service(t, &billingtest.Options{OperationLifetime: time.Second, PollDelay: 10 * time.Second}, "", billingtest.Export{InvoiceID: "G1", Rows: 1})
		_, _, err = export(t.Context(), slow, billing.BilledUsage{InvoiceID: "G1"}, usage)
		if !errors.Is(err, apierror.ErrExpired) {
			t.Errorf("expired: %v", err)
		}
	})
}
