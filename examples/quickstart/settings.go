package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/partnerbilling/sdk-go/billingtest"
)

// settings are the values of the flags.
type settings struct {
	live       bool
	dataset    string
	invoice    string
	period     string
	currency   string
	attributes string
	rows       int
}

func parse(args []string, help io.Writer) (*settings, error) {
	var s settings
	names := strings.Join(slices.Sorted(maps.Keys(exports)), ", ")
	f := flag.NewFlagSet("quickstart", flag.ContinueOnError)
	f.SetOutput(help)
	f.BoolVar(&s.live, "live", false, "call Microsoft instead of the in-memory service, with DefaultAzureCredential")
	f.StringVar(&s.dataset, "dataset", "billed-usage", "one of "+names)
	f.StringVar(&s.invoice, "invoice", "", "invoice number, for billed datasets")
	f.StringVar(&s.period, "period", "current", "current or last, for unbilled datasets")
	f.StringVar(&s.currency, "currency", "", "billing currency such as EUR, for unbilled datasets")
	f.StringVar(&s.attributes, "attributes", "full", "full or basic")
	f.IntVar(&s.rows, "rows", 200_000, "number of rows that the in-memory service generates")
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	switch {
	case f.NArg() > 0:
		return nil, fmt.Errorf("unexpected argument %q; see -help", f.Arg(0))
	case exports[s.dataset] == nil:
		return nil, fmt.Errorf("unsupported dataset %q; supported are %s", s.dataset, names)
	case s.rows <= 0:
		return nil, errors.New("-rows must be positive")
	case s.attributes != "full" && s.attributes != "basic":
		return nil, fmt.Errorf("unsupported -attributes %q; supported are full and basic", s.attributes)
	case s.period != "current" && s.period != "last":
		return nil, fmt.Errorf("unsupported -period %q; supported are current and last", s.period)
	case s.live && s.billed() && s.invoice == "":
		return nil, errors.New("a billed dataset needs -invoice, such as -invoice G016907411; Partner Center shows the number under Billing")
	case s.live && !s.billed() && s.currency == "":
		return nil, errors.New("an unbilled dataset needs -currency, the currency that Microsoft bills you in, such as -currency EUR")
	}
	if s.invoice == "" {
		s.invoice = billingtest.DefaultInvoiceID
	}
	if s.currency == "" {
		s.currency = billingtest.DefaultCurrency
	}
	return &s, nil
}

func (s *settings) billed() bool { return strings.HasPrefix(s.dataset, "billed-") }

func (s *settings) title() string {
	name := strings.ReplaceAll(s.dataset, "-", " ")
	if s.billed() {
		return name + " of invoice " + s.invoice
	}
	return fmt.Sprintf("%s of the %s period in %s", name, s.period, s.currency)
}

// generated is the export that the in-memory service generates for these settings.
func (s *settings) generated() billingtest.Export {
	e := billingtest.Export{AttributeSet: s.attributes, Rows: s.rows, Blobs: 20}
	switch {
	case strings.HasSuffix(s.dataset, "-reconciliation"):
		e.Dataset = billingtest.Reconciliation
	case strings.HasSuffix(s.dataset, "-aggregated-usage"):
		e.Dataset = billingtest.AggregatedUsage
	}
	if s.billed() {
		e.InvoiceID = s.invoice
		e.Currencies = []string{"EUR", "USD", "JPY"}
	} else {
		e.BillingPeriod, e.CurrencyCode = s.period, s.currency
	}
	return e
}
