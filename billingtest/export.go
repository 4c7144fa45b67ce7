package billingtest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Dataset says what kind of rows an export has.
type Dataset int

// The datasets. Usage and Reconciliation have a billed form (InvoiceID) and an unbilled one (BillingPeriod and CurrencyCode).
const (
	Usage           Dataset = iota // daily rated usage, 55 attributes
	Reconciliation                 // invoice reconciliation, 47 attributes
	AggregatedUsage                // billed aggregated usage; its attributes are not published and those used here are invented
)

// String returns the dataset's word in the paths of the service.
func (d Dataset) String() string {
	switch d {
	case Usage:
		return "usage"
	case Reconciliation:
		return "reconciliation"
	case AggregatedUsage:
		return "aggregatedUsage"
	default:
		return "unknown dataset"
	}
}

// What the exports of a server without exports of its own are called, and the values that stand for a zero field of [Export].
const (
	DefaultInvoiceID     = "G016907411"
	DefaultBillingPeriod = "current"
	DefaultCurrency      = "EUR"
	DefaultRows          = 10_000
)

// Export describes one export: how it is asked for, and what is in it. The same description always gives the same bytes.
//
// An export with an InvoiceID is billed; one without is unbilled, and asked for by BillingPeriod and CurrencyCode.
// Its rows come from the generator unless Lines or Files are set.
type Export struct {
	Dataset Dataset

	InvoiceID     string // billed: number of the invoice, such as G016907411
	BillingPeriod string // unbilled: "current" or "last"; empty: current
	CurrencyCode  string // unbilled: the partner's billing currency; empty: the first of Currencies

	// AttributeSet is "full" or "basic" and used by the methods of Export. On a server the request chooses, and
	// this field is not looked at. Empty: full.
	AttributeSet string

	Rows       int      // generated rows; 0: DefaultRows, negative: none
	Blobs      int      // blobs they are spread over; 0: 4, negative: none
	Seed       uint64   // other seed, other data
	Customers  int      // customers of the partner, a few of them with most of the rows; 0: 200
	Currencies []string // billing currencies; each customer has one of them; nil: CurrencyCode, or else DefaultCurrency
	Shuffled   bool     // rows of all customers mixed; default: sorted by customer
	Level      int      // deflate level 1 to 9; 0: 1

	Lines []string // exactly these lines instead of generated rows; non-nil and empty: no rows
	Files []File   // exactly these blobs instead of Lines and generated rows; non-nil and empty: no blobs

	// Version is the timestamp in the directory's name, such as 202410080713. Another version of equal data has another
	// directory and other blob ETags, but the manifest's eTag stays. Empty: made from Seed.
	Version string

	// EditManifest and EditOperation, where set, change the JSON object of a manifest or operation before it is sent, each time
	// it is sent. A manifest inside an operation goes through EditManifest, too. They are called by several goroutines at once.
	EditManifest  func(manifest map[string]any)
	EditOperation func(operation map[string]any)
}

// File is one blob with given content.
type File struct {
	Name  string   // empty: a name as Spark gives them
	Lines []string // compressed, one line each
	Raw   []byte   // served as it is, where non-nil
}

// Billed reports whether the export belongs to an invoice.
func (e Export) Billed() bool { return e.InvoiceID != "" }

// normal returns the export with its defaults filled in, or says what is wrong with it.
func (e Export) normal() (Export, error) {
	e.Currencies = slices.Clone(e.Currencies)
	if e.CurrencyCode != "" && len(e.Currencies) == 0 {
		e.Currencies = []string{e.CurrencyCode}
	}
	if len(e.Currencies) == 0 {
		e.Currencies = []string{DefaultCurrency}
	}
	if !e.Billed() {
		setDefault(&e.BillingPeriod, DefaultBillingPeriod)
		setDefault(&e.CurrencyCode, e.Currencies[0])
	}
	setDefault(&e.AttributeSet, "full")
	setDefault(&e.Level, 1)
	setDefault(&e.Customers, 200)
	setDefault(&e.Rows, DefaultRows)
	e.Rows = max(e.Rows, 0)
	if e.Blobs == 0 {
		e.Blobs = 4
		if e.Lines != nil {
			e.Blobs = 1
		}
	}
	e.Blobs = max(e.Blobs, 0)
	if e.Blobs == 0 {
		e.Rows, e.Lines = 0, nil
	}
	e.AttributeSet = strings.ToLower(e.AttributeSet)
	return e, e.check()
}

func (e Export) check() error {
	var errs []error
	refuse := func(wrong bool, format string, arguments ...any) {
		if wrong {
			errs = append(errs, fmt.Errorf("billingtest: Export."+format, arguments...))
		}
	}
	refuse(e.Dataset < Usage || e.Dataset > AggregatedUsage, "Dataset %d does not exist", e.Dataset)
	refuse(e.Dataset == AggregatedUsage && !e.Billed(), "InvoiceID is missing; aggregated usage is always billed")
	refuse(e.Billed() && e.BillingPeriod != "", "BillingPeriod and InvoiceID exclude each other")
	refuse(!e.Billed() && e.BillingPeriod != "current" && e.BillingPeriod != "last", "BillingPeriod %q is neither current nor last", e.BillingPeriod)
	refuse(e.AttributeSet != "full" && e.AttributeSet != "basic", "AttributeSet %q is neither full nor basic", e.AttributeSet)
	refuse(e.Customers < 1, "Customers %d is below 1", e.Customers)
	refuse(e.Level < 1 || e.Level > 9, "Level %d is not in 1 to 9", e.Level)
	for _, currency := range e.Currencies {
		refuse(len(currency) != 3 || strings.ToUpper(currency) != currency, "Currencies has %q; want ISO 4217 codes such as EUR", currency)
	}
	return errors.Join(errs...)
}

// setDefault gives a zero field its default.
func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// address is what a request names: the same for the two attribute sets.
func (e Export) address() string {
	if e.Billed() {
		return e.Dataset.String() + "/billed/" + strings.ToUpper(e.InvoiceID)
	}
	return e.Dataset.String() + "/unbilled/" + e.BillingPeriod + "/" + strings.ToUpper(e.CurrencyCode)
}

// year and month are the billing period, fixed so that rows do not depend on the clock.
const year = 2024

func (e Export) month() int {
	if e.BillingPeriod == "current" {
		return 10
	}
	return 9
}

// identity is the seed of everything that changes when the data change.
func (e Export) identity() uint64 {
	h := hash(e.Seed, e.address(), strings.Join(e.Currencies, " "), fmt.Sprint(e.Rows, e.Blobs, e.Customers, e.Shuffled))
	for _, line := range e.Lines {
		h = hash(h, line)
	}
	for _, file := range e.Files {
		h = hash(h, file.Name, string(file.Raw))
		h = hash(h, file.Lines...)
	}
	return h
}

// defaultExports is what a server offers to which nothing was added: one of each of the five kinds.
func defaultExports() []Export {
	return []Export{
		{Dataset: Usage, InvoiceID: DefaultInvoiceID, Seed: 1},
		{Dataset: Usage, CurrencyCode: DefaultCurrency, Seed: 2},
		{Dataset: Reconciliation, InvoiceID: DefaultInvoiceID, Seed: 3},
		{Dataset: Reconciliation, CurrencyCode: DefaultCurrency, Seed: 4},
		{Dataset: AggregatedUsage, InvoiceID: DefaultInvoiceID, Seed: 5},
	}
}
