package main

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/partnerbilling/sdk-go/billingtest"
	"github.com/partnerbilling/sdk-go/examples/internal/cli"
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

func parse(c *cli.Call) (*settings, error) {
	var s settings
	names := strings.Join(slices.Sorted(maps.Keys(exports)), ", ")
	f := c.Flags
	f.BoolVar(&s.live, "live", false, "call Microsoft instead of the in-memory service, with DefaultAzureCredential")
	f.StringVar(&s.dataset, "dataset", "billed-usage", "`name` of a dataset, one of "+names)
	f.StringVar(&s.invoice, "invoice", "", "`number` of an invoice, for billed datasets")
	f.StringVar(&s.period, "period", "current", "current or last `period`, for unbilled datasets")
	f.StringVar(&s.currency, "currency", "", "billing currency `code` such as EUR, for unbilled datasets")
	f.StringVar(&s.attributes, "attributes", "full", "full or basic `set` of attributes; not for "+aggregated)
	f.IntVar(&s.rows, "rows", 200_000, "`number` of rows that the in-memory service generates")
	if err := c.Parse(); err != nil {
		return nil, err
	}
	s.currency = strings.ToUpper(s.currency)
	if err := s.check(c); err != nil {
		return nil, err
	}
	if s.invoice == "" {
		s.invoice = billingtest.DefaultInvoiceID
	}
	if s.currency == "" {
		s.currency = billingtest.DefaultCurrency
	}
	return &s, nil
}

var currencyCode = regexp.MustCompile("^[A-Z]{3}$")

// check returns an error if a flag has an unsupported value, or would have no effect.
func (s *settings) check(c *cli.Call) error {
	switch {
	case exports[s.dataset] == nil:
		return cli.Usagef("unsupported dataset %q; supported are %s", s.dataset, strings.Join(slices.Sorted(maps.Keys(exports)), ", "))
	case s.rows <= 0:
		return cli.Usagef("-rows must be positive")
	case s.attributes != "full" && s.attributes != "basic":
		return cli.Usagef("unsupported -attributes %q; supported are full and basic", s.attributes)
	case s.period != "current" && s.period != "last":
		return cli.Usagef("unsupported -period %q; supported are current and last", s.period)
	case c.IsSet("currency") && !currencyCode.MatchString(s.currency):
		return cli.Usagef("unsupported -currency %q; want an ISO 4217 code such as EUR", s.currency)
	case s.billed() && c.IsSet("period"):
		return cli.Usagef("-period has no effect on %s, which has the period of its invoice", s.dataset)
	case s.billed() && c.IsSet("currency"):
		return cli.Usagef("-currency has no effect on %s, which has the currencies of its invoice", s.dataset)
	case !s.billed() && c.IsSet("invoice"):
		return cli.Usagef("-invoice has no effect on %s, which is not invoiced yet; use -period and -currency", s.dataset)
	case s.dataset == aggregated && c.IsSet("attributes"):
		return cli.Usagef("-attributes has no effect on %s, which has one set of attributes", s.dataset)
	case s.live && c.IsSet("rows"):
		return cli.Usagef("-rows has no effect with -live")
	case s.live && s.billed() && s.invoice == "":
		return cli.Usagef("a billed dataset needs -invoice, such as -invoice G016907411; Partner Center shows the number under Billing")
	case s.live && !s.billed() && s.currency == "":
		return cli.Usagef("an unbilled dataset needs -currency, the currency that Microsoft bills you in, such as -currency EUR")
	}
	return nil
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
